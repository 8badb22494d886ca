//! Runs of letters and digits: numbers, dates, times, decades, identifiers, each in one canonical form.

use super::kind::Kind;
use super::lexicon::{UNITS, WORDS, Word};
use super::table::{hash, mix, more};

/// A typed value: its kind, the hash of its canonical form, and the whole number if it is one below a million.
pub(super) type Typed = (Kind, u64, Option<u32>);

/// A part of a run, in bytes of it. Without a value it is a word.
pub(super) struct Piece {
    pub start: usize,
    pub end: usize,
    pub what: Option<Typed>,
}

/// The parts of a run with a digit in it. `after` is the text behind it, for "am" and "pm". Part of the last piece may
/// lie in it.
pub(super) fn pieces(run: &str, after: &str) -> Vec<Piece> {
    let bytes = run.as_bytes();
    let one = |what| vec![Piece { start: 0, end: run.len(), what: Some(what) }];
    if let Some(found) = date(bytes).or_else(|| decade(bytes)) {
        return one(found);
    }
    if let Some((found, len)) = time(run, after) {
        return vec![Piece { start: 0, end: len, what: Some(found) }];
    }
    if let Some(found) = number(bytes) {
        return one(found);
    }
    if bytes[0].is_ascii_digit() {
        // 12-15, 5/6: two numbers. 5km, 2-hour: a number and its unit.
        let head = bytes.iter().take_while(|byte| byte.is_ascii_digit() || b".,".contains(byte)).count();
        let (tail, mark) = (&bytes[head..], bytes.get(head).copied().unwrap_or(b' '));
        let first = number(&bytes[..head]);
        if let (Some(first), b'-' | b'/') = (first, mark)
            && let Some(second) = number(&tail[1..])
        {
            return vec![
                Piece { start: 0, end: head, what: Some(first) },
                Piece { start: head + 1, end: run.len(), what: Some(second) },
            ];
        }
        let word = if mark == b'-' { &tail[1..] } else { tail };
        let unit = mark == b'-' && word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-' || *byte >= 0x80);
        if let Some(first) = first
            && (unit || UNITS.get(hash(word)).is_some())
        {
            return vec![
                Piece { start: 0, end: head, what: Some(first) },
                Piece { start: run.len() - word.len(), end: run.len(), what: None },
            ];
        }
    }
    one((Kind::Identifier, hash(bytes), None))
}

/// The typed value of a quoted text that is nothing but one, written in the canonical form: '4.5' is 4.5, but '4.50' is
/// what it is.
pub(super) fn plain(value: &str) -> Option<Typed> {
    let bytes = value.as_bytes();
    if !bytes[0].is_ascii_digit() || value.len() > 10 {
        return None;
    }
    let shortest = |bytes: &[u8]| {
        bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
            && (bytes.len() == 1 || bytes[0] != b'0' || bytes[1] == b'.')
            && !(bytes.contains(&b'.') && bytes.ends_with(b"0"))
    };
    if value.len() == 10 && bytes[4] == b'-' {
        return date(bytes);
    }
    if bytes.contains(&b':') {
        return time(value, "").filter(|(_, len)| *len == value.len() && value.len() == 5).map(|(found, _)| found);
    }
    shortest(bytes).then(|| number(bytes)).flatten()
}

/// Whether `,` at the start of `bytes` separates thousands: three digits and no fourth.
pub(super) fn thousands(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && bytes[1..4].iter().all(u8::is_ascii_digit) && !bytes.get(4).is_some_and(u8::is_ascii_digit)
}

/// Whether a word joined by `_` or `-` is really two: an operator (not_contains, in-list) or a number (twenty-five).
pub(super) fn splits(head: &[u8], tail: &[u8]) -> bool {
    let last = tail.rsplit(|byte| matches!(byte, b'_' | b'-')).next().unwrap_or(tail);
    let last = WORDS.get(hash(last));
    match WORDS.get(hash(head)) {
        Some(Word::Count(tens)) => tens >= 20 && matches!(last, Some(Word::Count(1..=9) | Word::One)),
        Some(
            Word::Not
            | Word::Comparative(_)
            | Word::With(_)
            | Word::Is
            | Word::Operator(_)
            | Word::Bound(_)
            | Word::At
            | Word::Other,
        ) => {
            matches!(
                last,
                Some(
                    Word::Operator(_)
                        | Word::Is
                        | Word::Empty
                        | Word::To
                        | Word::Other
                        | Word::Comparative(_)
                        | Word::With(_)
                )
            ) || last_is_list(tail)
        }
        _ => head.eq_ignore_ascii_case(b"in") && last_is_list(tail),
    }
}

fn last_is_list(tail: &[u8]) -> bool {
    tail.len() >= 4 && tail[tail.len() - 4..].eq_ignore_ascii_case(b"list") || tail.eq_ignore_ascii_case(b"in")
}

/// A date from its parts; an absent one is 0.
pub(super) const fn date_of(year: u32, month: u32, day: u32) -> u64 {
    mix(hash(b"date"), ((year as u64) << 16) | ((month as u64) << 8) | day as u64)
}

/// A time of day, in seconds.
fn time_of(seconds: u32) -> u64 {
    mix(hash(b"time"), u64::from(seconds))
}

/// A whole number as the same number in digits would hash.
pub(super) fn whole_of(mut value: u32) -> u64 {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return hash(&digits[at..]);
        }
    }
}

/// The ten years from `first`.
pub(super) fn decade_of(first: u32) -> u64 {
    // 90s and 1990s are the same; other centuries are said in full.
    let first = if (1900..2000).contains(&first) { first - 1900 } else { first };
    mix(hash(b"decade"), u64::from(first))
}

fn digits_value(bytes: &[u8]) -> Option<u32> {
    (!bytes.is_empty() && bytes.len() <= 6 && bytes.iter().all(u8::is_ascii_digit))
        .then(|| bytes.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0')))
}

/// 2025-09-20, with `-`, `/` or `.` between. Other orders are not told apart and stay identifiers.
fn date(bytes: &[u8]) -> Option<Typed> {
    if bytes.len() != 10 || bytes[4] != bytes[7] || !b"-/.".contains(&bytes[4]) {
        return None;
    }
    let (year, month, day) = (digits_value(&bytes[..4])?, digits_value(&bytes[5..7])?, digits_value(&bytes[8..])?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| (Kind::Date, date_of(year, month, day), None))
}

/// 90s, 1990s.
fn decade(bytes: &[u8]) -> Option<Typed> {
    let digits = bytes.strip_suffix(b"s").or_else(|| bytes.strip_suffix(b"S"))?;
    let digits = digits.strip_suffix(b"'").unwrap_or(digits);
    let first = digits_value(digits)?;
    ((digits.len() == 2 || digits.len() == 4) && first % 10 == 0).then(|| (Kind::Decade, decade_of(first), None))
}

/// 10:00, 10:00:30, 1:30pm, 10 am. With how much of the text it takes, from the start of the run.
fn time(run: &str, after: &str) -> Option<(Typed, usize)> {
    let bytes = run.as_bytes();
    let clock = bytes.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
    let (clock, suffix) = bytes.split_at(clock);
    let mut parts = clock.split(|byte| *byte == b':');
    let hour = parts.next().filter(|part| part.len() <= 2).and_then(digits_value)?;
    let colon = clock.len() > 2;
    let mut part =
        || parts.next().map_or(Some(0), |part| digits_value(part).filter(|value| part.len() == 2 && *value < 60));
    let (minute, second) = (part()?, part()?);
    if parts.next().is_some() {
        return None;
    }
    let (half, len) = if suffix.is_empty() {
        half(after).map_or((None, run.len()), |(half, len)| (Some(half), run.len() + len))
    } else {
        let (found, len) = half(std::str::from_utf8(suffix).ok()?)?;
        (Some(found), clock.len() + len)
    };
    if !suffix.is_empty() && len < run.len() {
        return None;
    }
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        None if colon && hour < 24 => hour,
        _ => return None,
    };
    Some(((Kind::Time, time_of(hour * 3600 + minute * 60 + second), None), len))
}

/// "am", " p.m.": the hours to add, and the length with the blanks before it.
fn half(text: &str) -> Option<(u32, usize)> {
    let trimmed = text.trim_start();
    let bytes = trimmed.as_bytes();
    let add = match bytes.first()? {
        b'a' | b'A' => 0,
        b'p' | b'P' => 12,
        _ => return None,
    };
    let dotted = bytes.get(1) == Some(&b'.');
    let m = if dotted { 2 } else { 1 };
    let whole = bytes.get(m).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'm'))
        && !trimmed.get(m + 1..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
    let end = m + 1 + usize::from(dotted && bytes.get(m + 1) == Some(&b'.'));
    whole.then(|| (add, text.len() - trimmed.len() + end))
}

/// 5, 1,000, 4.50, 3rd, 10k: the digits without separators, leading and trailing zeros.
fn number(bytes: &[u8]) -> Option<Typed> {
    let body = bytes.iter().take_while(|byte| byte.is_ascii_digit() || b".,".contains(byte)).count();
    let (body, suffix) = bytes.split_at(body);
    let zeros = match suffix {
        b"" => 0,
        _ if [&b"st"[..], b"nd", b"rd", b"th"].iter().any(|ending| suffix.eq_ignore_ascii_case(ending)) => 0,
        b"k" | b"K" => 3,
        b"mn" | b"M" => 6,
        b"bn" => 9,
        _ => return None,
    };
    if !body.first()?.is_ascii_digit() || !body.last()?.is_ascii_digit() {
        return None;
    }
    let mut halves = body.split(|byte| *byte == b'.');
    let (whole, fraction) = (halves.next()?, halves.next().unwrap_or(b""));
    if halves.next().is_some() || fraction.contains(&b',') {
        return None;
    }
    // The digits in order, `zeros` of them moved before the point.
    let digits = whole.iter().filter(|byte| **byte != b',').chain(fraction);
    let count = whole.iter().filter(|byte| **byte != b',').count();
    let point = count + zeros;
    let mut canonical = hash(b"");
    let (mut started, mut pointed, mut held) = (false, false, 0_usize);
    let mut value = Some(0_u32);
    let zeros = std::iter::repeat_n(b'0', point.saturating_sub(count + fraction.len()));
    for (at, digit) in digits.copied().chain(zeros).enumerate() {
        if at >= point {
            // In the fraction: zeros count only when another digit follows.
            if digit == b'0' {
                held += 1;
            } else {
                if !started {
                    canonical = more(canonical, b"0");
                    started = true;
                }
                if !pointed {
                    canonical = more(canonical, b".");
                    pointed = true;
                    value = None;
                }
                for _ in 0..held {
                    canonical = more(canonical, b"0");
                }
                held = 0;
                canonical = more(canonical, &[digit]);
            }
        } else {
            started |= digit != b'0';
            if started {
                canonical = more(canonical, &[digit]);
            }
            value = value.and_then(|value| value.checked_mul(10)?.checked_add(u32::from(digit - b'0')));
        }
    }
    if !started {
        canonical = more(canonical, b"0");
    }
    let whole = value.filter(|value| *value < 1_000_000);
    Some((Kind::Number, canonical, whole))
}
