//! Types of slots: what a capture must be, and how it is written in an answer.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[$€£]?\s*(-?\d{1,3}(?:,\d{3})+|-?\d+)(\.\d+)?\s*%?$"));
static ISO_DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})-(\d{2})-(\d{2})$"));
static MONTH_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$"));
static DAY_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(\d{1,2})(?:st|nd|rd|th)? (?:of )?([a-z]{3,9})\.?,? (\d{4})$"));
static TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(\d{1,2})(?::(\d{2}))? ?(?:([ap])\.?m\.?)?$"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\s@]+@[^\s@]+\.[^\s@.]+$"));

const SMALL: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// What a slot may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlotType {
    /// Anything but nothing, without the white space around it.
    Text,
    /// A whole number, in digits or as a word up to twelve: `4`.
    Integer,
    /// A number, without currency and thousands separators: `1299.50`.
    Number,
    /// A day of a year: `2026-12-01`. Days in digits with strokes are refused: nobody knows which is the month.
    Date,
    /// A time of day, on 24 hours: `19:30`.
    Time,
    /// An address.
    Email,
}

impl SlotType {
    /// `text` as an answer writes it; nothing when it is none of this type.
    pub fn read(self, text: &str) -> Option<String> {
        let text = text.trim();
        match self {
            Self::Text => (!text.is_empty()).then(|| text.to_owned()),
            Self::Integer => integer(text),
            Self::Number => number(text),
            Self::Date => date(text),
            Self::Time => time(text),
            Self::Email => EMAIL.is_match(text).then(|| text.to_owned()),
        }
    }
}

fn integer(text: &str) -> Option<String> {
    if let Some(value) = SMALL.iter().position(|word| word.eq_ignore_ascii_case(text)) {
        return Some(value.to_string());
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.parse().ok()).flatten().map(|value: i64| value.to_string())
}

fn number(text: &str) -> Option<String> {
    let found = NUMBER.captures(text)?;
    Some(found[1].replace(',', "") + found.get(2).map_or("", |part| part.as_str()))
}

fn date(text: &str) -> Option<String> {
    let (year, month, day) = if let Some(found) = ISO_DATE.captures(text) {
        (found[1].to_owned(), found[2].parse().ok()?, &found[3].to_owned())
    } else if let Some(found) = MONTH_FIRST.captures(text) {
        (found[3].to_owned(), month(&found[1])?, &found[2].to_owned())
    } else {
        let found = DAY_FIRST.captures(text)?;
        (found[3].to_owned(), month(&found[2])?, &found[1].to_owned())
    };
    let (year_number, day): (u16, u8) = (year.parse().ok()?, day.parse().ok()?);
    let is_leap =
        year_number.is_multiple_of(4) && (!year_number.is_multiple_of(100) || year_number.is_multiple_of(400));
    let days = match month {
        2 => 28 + u8::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then(|| format!("{year}-{month:02}-{day:02}"))
}

/// From its name, or the first three letters of it.
fn month(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    let at = MONTHS
        .iter()
        .position(|month| *month == name || month[..3] == name || (name == "sept" && *month == "september"))?;
    u8::try_from(at + 1).ok()
}

fn time(text: &str) -> Option<String> {
    let found = TIME.captures(text)?;
    let hour: u8 = found[1].parse().ok()?;
    let minute: u8 = found.get(2).map_or(Some(0), |part| part.as_str().parse().ok())?;
    let hour = match found.get(3).map(|half| half.as_str().eq_ignore_ascii_case("p")) {
        // A number alone is no time.
        None if found.get(2).is_none() => return None,
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(is_afternoon) => hour % 12 + if is_afternoon { 12 } else { 0 },
    };
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_written_in_one_way() {
        for (kind, text, read) in [
            (SlotType::Text, "  a b ", "a b"),
            (SlotType::Integer, "007", "7"),
            (SlotType::Integer, "Two", "2"),
            (SlotType::Number, "$1,299.50", "1299.50"),
            (SlotType::Number, "45%", "45"),
            (SlotType::Date, "2026-12-01", "2026-12-01"),
            (SlotType::Date, "December 1st, 2026", "2026-12-01"),
            (SlotType::Date, "29 of Feb 2028", "2028-02-29"),
            (SlotType::Time, "7:30 pm", "19:30"),
            (SlotType::Time, "12 a.m.", "00:00"),
            (SlotType::Time, "9:05", "09:05"),
            (SlotType::Email, "ana@example.org", "ana@example.org"),
        ] {
            assert_eq!(kind.read(text).as_deref(), Some(read), "{kind:?} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (kind, text) in [
            (SlotType::Text, "  "),
            (SlotType::Integer, "4.5"),
            (SlotType::Integer, "many"),
            (SlotType::Integer, "99999999999999999999"),
            (SlotType::Number, "12k"),
            (SlotType::Number, "1,2"),
            (SlotType::Date, "2026-02-29"),
            (SlotType::Date, "2026-13-01"),
            (SlotType::Date, "01/02/2026"),
            (SlotType::Date, "Smarch 1, 2026"),
            (SlotType::Time, "25:00"),
            (SlotType::Time, "13 pm"),
            (SlotType::Time, "9"),
            (SlotType::Email, "ana at example.org"),
        ] {
            assert_eq!(kind.read(text), None, "{kind:?} {text}");
        }
    }
}
