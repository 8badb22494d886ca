//! Figures as an operator reads them. Pure: time zones and the present moment come from [`crate::clock`].

/// What stands where a figure has not been measured.
pub const NO_DATA: &str = "no data yet";
/// The same where there is no room for words: a table cell.
pub const DASH: &str = "–";

/// A whole number with thousands separated: `7,104,233`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A large amount in few characters: `1.21 M`, `988 k`, `402`.
pub fn compact(value: f64) -> String {
    if value >= 999_500.0 {
        format!("{:.2} M", value / 1e6)
    } else if value >= 1_000.0 {
        format!("{:.0} k", value / 1e3)
    } else {
        format!("{value:.0}")
    }
}

/// An amount of alpha, with more digits the smaller it is: `1,204`, `3.42`, `0.0312`.
pub fn alpha(value: f64) -> String {
    if value >= 1_000.0 {
        count(value.round() as u64)
    } else if value >= 1.0 || value == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

/// A share in percent without its sign, with one digit: `96.0`.
pub fn percent(value: f64) -> String {
    format!("{value:.1}")
}

/// A response time as figure and unit: fast answers in milliseconds, so that 4 ms does not read as 0.00 s.
pub fn response(seconds: f64) -> (String, &'static str) {
    if seconds < 0.0995 {
        (format!("{:.0}", seconds * 1e3), "ms")
    } else if seconds < 10.0 {
        (format!("{seconds:.2}"), "s")
    } else {
        (format!("{seconds:.1}"), "s")
    }
}

/// A response time in one piece: `41 ms`, `0.82 s`.
pub fn response_text(seconds: f64) -> String {
    let (figure, unit) = response(seconds);
    format!("{figure} {unit}")
}

/// How long ago, in its largest unit: `38 s`, `2 h`.
pub fn age(ms: u64) -> String {
    match ms / 1_000 {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A length of time in its two largest units: `12 d 4 h`, `2 min 10 s`.
pub fn span(seconds: u64) -> String {
    let (large, large_unit, small, small_unit) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3_600 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// A size: `640 B`, `12.4 kB`, `3.1 MB`.
pub fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{:.1} kB", size as f64 / 1e3),
        _ => format!("{:.1} MB", size as f64 / 1e6),
    }
}

/// An amount of US dollars, with more digits the smaller it is: `$ 6.41`, `$ 0.0031`.
pub fn dollars(value: f64) -> String {
    if value >= 1.0 || value == 0.0 { format!("$ {value:.2}") } else { format!("$ {value:.4}") }
}

/// An SS58 address by its two ends, as block explorers shorten it: `5F3sa2…w9Kc`.
pub fn short_key(key: &str) -> String {
    // Counted in characters: an address is ASCII, but whatever the server sends must not panic the page.
    let length = key.chars().count();
    if length <= 12 {
        return key.into();
    }
    let head: String = key.chars().take(6).collect();
    let tail: String = key.chars().skip(length - 4).collect();
    format!("{head}…{tail}")
}

/// A number as a person types it: `1.5`, `-3`, `.25`. Up to 15 digits, which a float holds exactly; no exponents, and
/// neither `inf` nor `nan`, which are no numbers to a person. Small on purpose: the standard library's parser brings
/// 10 kB of tables along.
pub fn number(text: &str) -> Option<f64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let count = whole.len() + part.len();
    let is_number = whole.bytes().chain(part.bytes()).all(|digit| digit.is_ascii_digit());
    if !is_number || !(1..=15).contains(&count) {
        return None;
    }
    let value = whole.bytes().chain(part.bytes()).fold(0, |value: u64, digit| value * 10 + u64::from(digit - b'0'));
    let scale = (0..part.len()).fold(1.0, |scale, _| scale * 10.0);
    // Both are exact, so that their quotient is the nearest float there is.
    Some(sign * (value as f64 / scale))
}

/// A number as a person would type it back into a field: no digits that say nothing.
pub fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// A reason's wire name in words: `solver_error` is read as `solver error`.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_the_standard_library_reads_it() {
        for text in
            ["1.5", "-3", ".25", "5.", "0.1", "0.9999", "604800", "123456789012345", "0.00000000000001", "-0.05"]
        {
            assert_eq!(number(text), Some(text.parse().expect("a number")), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_to_a_person_is_none() {
        for text in ["", ".", "-", "1e3", "inf", "NaN", "1,5", " 1", "0x10", "1.2.3", "1234567890123456"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn thousands_are_separated_and_small_numbers_are_not() {
        assert_eq!([count(0), count(999), count(1_000), count(7_104_233)], ["0", "999", "1,000", "7,104,233"]);
    }

    #[test]
    fn a_stake_fits_a_narrow_column() {
        assert_eq!([compact(402.4), compact(988_000.0), compact(1_210_000.0)], ["402", "988 k", "1.21 M"]);
        assert_eq!(compact(999_700.0), "1.00 M", "never 1000 k");
    }

    #[test]
    fn small_amounts_of_alpha_keep_their_digits() {
        assert_eq!([alpha(0.0), alpha(0.0312), alpha(3.416), alpha(1_204.4)], ["0.00", "0.0312", "3.42", "1,204"]);
    }

    #[test]
    fn a_fast_answer_is_told_in_milliseconds() {
        assert_eq!([response_text(0.004), response_text(0.82), response_text(12.34)], ["4 ms", "0.82 s", "12.3 s"]);
        assert_eq!(response_text(0.0996), "0.10 s", "never 100 ms beside 0.10 s");
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        assert_eq!(
            [age(999), age(38_000), age(61_000), age(7_200_000), age(200_000_000)],
            ["0 s", "38 s", "1 min", "2 h", "2 d"]
        );
    }

    #[test]
    fn a_span_has_two_units_unless_the_second_is_nothing() {
        assert_eq!(
            [span(45), span(130), span(120), span(15_120), span(1_051_200)],
            ["45 s", "2 min 10 s", "2 min", "4 h 12 min", "12 d 4 h"]
        );
    }

    #[test]
    fn a_hotkey_is_known_by_its_two_ends() {
        assert_eq!(short_key("5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"), "5F3sa2…YjQX");
        assert_eq!(short_key("short"), "short");
        assert_eq!(short_key("ααααααααααααα"), "αααααα…αααα", "counted in characters, not bytes");
    }

    #[test]
    fn a_number_goes_back_into_its_field_as_it_was_typed() {
        assert_eq!(
            [plain(1.5), plain(85.0), plain(0.0), plain(100.0), plain(0.125)],
            ["1.5", "85", "0", "100", "0.125"]
        );
    }

    #[test]
    fn sizes_have_one_digit_after_the_point() {
        assert_eq!([bytes(640), bytes(12_400), bytes(3_100_000)], ["640 B", "12.4 kB", "3.1 MB"]);
    }
}
