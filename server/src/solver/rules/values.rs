//! The values that a prompt names: what stands in quotes, lists, e-mail addresses, dates, times, numbers, placeholders, and
//! names written with capitals.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::slot::SlotType;

/// Values that are read from one prompt at most.
pub const MAX_VALUES: usize = 32;
/// Longest text between quotes, bytes.
const QUOTED_BYTES: usize = 400;

/// What stands without quotes and is a value all the same.
static TYPED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?xi)
          (?P<url> https?://[^\s'\x22,]+ )
        | (?P<email> [\w.+<>-]+ @ [\w<>-]+ (?:\.[\w-]+)+ )
        | (?P<placeholder> [\w.+-]* <\w{1,40}> [\w.@-]* )
        | (?P<date>
              \b \d{4}-\d{2}-\d{2} (?: [T\ ]\d{2}:\d{2} (?::\d{2})? (?:Z|[+-]\d{2}:?\d{2})? )? \b
            | \b MONTH\ \d{1,2}(?:st|nd|rd|th)? (?:,?\ \d{4})? \b
            | \b \d{1,2}(?:st|nd|rd|th)?\ (?:of\ )?MONTH (?:,?\ \d{4})? \b
            | \b \d{1,2}/\d{1,2}/\d{2,4} \b
          )
        | (?P<time> \b \d{1,2}:\d{2}(?:\ ?[ap]m)? \b | \b \d{1,2}\ ?[ap]m \b )
        | (?P<number> \b \d[\d,]* (?:\.\d+)? (?:[a-z]{1,2})? \b )";
    let month = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?";
    Regex::new(&pattern.replace("MONTH", month)).expect("a constant pattern")
});

/// Words with capitals, and small words between them.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let word = r"(?:(?:Dr|Mr|Mrs|Ms|St)\.|[A-Z][\w'’&-]*)";
    Regex::new(&format!(r"\b{word}(?: (?:(?:of|the|de|la|&) )*(?:{word}|\d+\b))*")).expect("a constant pattern")
});

/// Words with capitals that name nothing.
const NO_NAMES: [&str; 16] = [
    "I", "I'm", "I'd", "I'll", "I've", "NOT", "AND", "OR", "Please", "Then", "First", "After", "Log", "Login", "Sign",
    "The",
];

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text in quotes, a word after an operator, a placeholder, an address of a page.
    Text,
    /// A number.
    Number,
    /// A day, as it is written.
    Date,
    /// A time of day, as it is written.
    Time,
    /// An e-mail address.
    Email,
    /// Words with capitals.
    Name,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Without quotes.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Where it begins in the prompt, its quote included, bytes.
    pub start: usize,
    /// Where it ends, its quote included.
    pub end: usize,
    /// Whether it is a value by its form alone: in quotes or typed, not a name or a word.
    pub is_certain: bool,
}

impl Said {
    /// Whether it stands within `start..end` in part.
    pub fn meets(&self, start: usize, end: usize) -> bool {
        self.start < end && start < self.end
    }
}

/// The values of a prompt in order, 32 at most.
pub fn values(prompt: &str) -> Vec<Said> {
    let mut found = quoted(prompt);
    for typed in TYPED.captures_iter(prompt) {
        let whole = typed.get(0).expect("group 0 is the match");
        let kind = ["email", "date", "time", "number"].into_iter().find(|name| typed.name(name).is_some());
        let kind = match kind {
            Some("email") => Kind::Email,
            Some("date") => Kind::Date,
            Some("time") => Kind::Time,
            Some(_) => Kind::Number,
            None => Kind::Text,
        };
        let text = whole.as_str().trim_end_matches(['.', '!', '?', ')']);
        add(&mut found, text, kind, whole.start(), whole.start() + text.len(), true);
    }
    for name in NAME.find_iter(prompt) {
        let (text, start) = without_sentence_start(prompt, name.as_str(), name.start());
        if !text.is_empty() && !NO_NAMES.contains(&text) {
            add(&mut found, text, Kind::Name, start, start + text.len(), false);
        }
    }
    found.sort_by_key(|value| value.start);
    found.truncate(MAX_VALUES);
    found
}

/// Adds a value where no other stands.
pub fn add(found: &mut Vec<Said>, text: &str, kind: Kind, start: usize, end: usize, is_certain: bool) {
    if found.len() < 4 * MAX_VALUES && !found.iter().any(|value| value.meets(start, end)) {
        found.push(Said { text: text.to_owned(), kind, start, end, is_certain });
    }
}

/// Texts in quotes, and the items of lists in brackets.
fn quoted(prompt: &str) -> Vec<Said> {
    let mut found = Vec::new();
    let (mut at, mut before) = (0, ' ');
    while let Some(char) = prompt[at..].chars().next() {
        let inside = at + char.len_utf8();
        let closed = match (closing(char), char) {
            (Some(_), _) if before.is_alphanumeric() => None,
            (Some(close), _) if prompt[inside..].starts_with('[') => list(prompt, inside, &mut found, at).map(|end| {
                // `'['a', 'b']'`
                end + prompt[end..].chars().next().filter(|next| *next == close).map_or(0, char::len_utf8)
            }),
            (Some(close), _) => text_end(prompt, inside, close).map(|end| {
                let text = prompt[inside..end].trim();
                let end = end + close.len_utf8();
                push_quoted(&mut found, text, at, end);
                end
            }),
            (None, '[') => list(prompt, at, &mut found, at),
            (None, _) => None,
        };
        before = char;
        at = closed.unwrap_or(inside);
        if found.len() >= MAX_VALUES {
            break;
        }
    }
    found
}

fn push_quoted(found: &mut Vec<Said>, text: &str, start: usize, end: usize) {
    if !text.is_empty() {
        found.push(Said { text: text.to_owned(), kind: kind_of(text), start, end, is_certain: true });
    }
}

/// The kind of a text in quotes.
fn kind_of(text: &str) -> Kind {
    [
        (SlotType::Number, Kind::Number),
        (SlotType::Date, Kind::Date),
        (SlotType::Time, Kind::Time),
        (SlotType::Email, Kind::Email),
    ]
    .into_iter()
    .find(|(slot, _)| slot.read(text).is_some())
    .map_or(Kind::Text, |(_, kind)| kind)
}

fn closing(open: char) -> Option<char> {
    Some(match open {
        '\'' | '"' | '`' => open,
        '‘' => '’',
        '“' => '”',
        _ => return None,
    })
}

/// Where the quote ends: at the next such mark that no letter follows, so that `'Men's shoes'` is one text.
fn text_end(prompt: &str, start: usize, close: char) -> Option<usize> {
    prompt[start..]
        .char_indices()
        .take_while(|(at, char)| *at <= QUOTED_BYTES && *char != '\n')
        .filter(|(_, char)| *char == close)
        .map(|(at, char)| (start + at, start + at + char.len_utf8()))
        .find(|(_, after)| !prompt[*after..].chars().next().is_some_and(char::is_alphanumeric))
        .map(|(at, _)| at)
}

/// Adds the items of the list that opens at `open`; where it ends.
fn list(prompt: &str, open: usize, found: &mut Vec<Said>, start: usize) -> Option<usize> {
    let inside = open + 1;
    let reach = &prompt[inside..prompt.floor_char_boundary(inside + QUOTED_BYTES)];
    let length = reach.find(']')?;
    let end = inside + length + 1;
    for item in prompt[inside..inside + length].split(',') {
        push_quoted(found, item.trim().trim_matches(['\'', '"', '‘', '’', '“', '”']), start, end);
    }
    Some(end)
}

/// The name without the word with which a sentence begins: that one has its capital anyway.
fn without_sentence_start<'a>(prompt: &str, name: &'a str, start: usize) -> (&'a str, usize) {
    let begins = prompt[..start].trim_end().chars().next_back().is_none_or(|char| ".!?:;—".contains(char));
    match (begins, name.split_once(' ')) {
        (false, _) => (name, start),
        (true, None) => ("", start),
        (true, Some((first, rest))) => {
            // `Show the Copper Pot` leaves `the` in front.
            let rest_name = rest.trim_start_matches(|char: char| !char.is_uppercase() && !char.is_ascii_digit());
            (rest_name, start + first.len() + 1 + (rest.len() - rest_name.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(prompt: &str) -> Vec<(String, Kind)> {
        values(prompt).into_iter().map(|value| (value.text, value.kind)).collect()
    }

    fn one(text: &str, kind: Kind) -> (String, Kind) {
        (text.to_owned(), kind)
    }

    #[test]
    fn quotes_of_all_forms_hold_values_and_apostrophes_do_not() {
        assert_eq!(
            said("I'm the users' guest: find 'Men's shoes', \"O'Hara\" and “two words” (‘x’)"),
            ["Men's shoes", "O'Hara", "two words", "x"].map(|text| one(text, Kind::Text))
        );
        assert!(said("don't take 'an open end").is_empty());
    }

    #[test]
    fn lists_are_several_values() {
        assert_eq!(said("genre in list ['Sci-Fi', 'Drama']"), ["Sci-Fi", "Drama"].map(|text| one(text, Kind::Text)));
        assert_eq!(said("not in '['a b', 'c']'."), ["a b", "c"].map(|text| one(text, Kind::Text)));
    }

    #[test]
    fn typed_values_need_no_quotes() {
        assert_eq!(
            said(
                "mail ana@example.org on 2026-12-01 at 7:30 pm, pay $1,200.50 for 2 of the 2010s as user<id> by May 5, 2027."
            ),
            [
                one("ana@example.org", Kind::Email),
                one("2026-12-01", Kind::Date),
                one("7:30 pm", Kind::Time),
                one("1,200.50", Kind::Number),
                one("2", Kind::Number),
                one("2010s", Kind::Number),
                one("user<id>", Kind::Text),
                one("May 5, 2027", Kind::Date),
            ]
        );
        assert_eq!(said("on '2026-12-01' for '4'"), [one("2026-12-01", Kind::Date), one("4", Kind::Number)]);
    }

    #[test]
    fn names_have_capitals_that_no_sentence_gives_them() {
        assert_eq!(
            said("Show Interstellar by Christopher Nolan. Open the Help page for Dr. Alice Thompson"),
            ["Interstellar", "Christopher Nolan", "Help", "Dr. Alice Thompson"].map(|text| one(text, Kind::Name))
        );
        assert!(said("Open my cart. Then pay").is_empty());
    }

    #[test]
    fn a_prompt_full_of_values_gives_so_many_and_no_more() {
        assert_eq!(values(&"'a' 1 Bob ".repeat(500)).len(), MAX_VALUES);
    }
}
