//! Conditions: `rating is at least 4.5` is the field `rating`, the operator `greater_equal` and the value `4.5`.
//!
//! A value belongs to the words before it, back to the value before that. What stands next to it is the operator (`equals`,
//! `not in list`, `cheaper than`; none at all in `password 'x'`), and before that the field. Clear operators take any word as
//! their field, vague ones (`is`, `to`, `for`) only words that name fields in forms everywhere.

use std::sync::LazyLock;

use regex::Regex;

use super::values::{self, Kind, Said, add};
use super::vocabulary::{FIELDS, QUALIFIERS, STOP, SYNONYMS, UNITS, is_in};

/// Bytes of a prompt in which values are looked for.
const READ_BYTES: usize = 16 * 1024;
/// Bytes before a value that may belong to it.
const REACH_BYTES: usize = 90;

/// Every operator, as `{operator}` gives it.
pub const OPERATORS: [&str; 10] = [
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "in",
    "not_in",
];

/// A value with what is said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The value.
    pub said: Said,
    /// Its field in snake case; empty when none is named.
    pub field: String,
    /// One of [`OPERATORS`].
    pub operator: &'static str,
}

/// How much an operator says about the word before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// That word is a field.
    Clear,
    /// The same, and only numbers, dates and times can follow.
    Ordering,
    /// That word is a field if it often is one.
    Vague,
}

struct Operator {
    pattern: Regex,
    name: &'static str,
    strength: Strength,
}

/// In order: the first that stands right before the value.
static OPERATOR_WORDS: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    use Strength::{Clear, Ordering, Vague};
    let more = "(?:greater|more|higher|larger|later|longer|newer)";
    let less = "(?:less|lower|fewer|cheaper|earlier|shorter|smaller|older)";
    [
        ("not_in", Clear, "not[ _]in(?:[ _]the)?(?:[ _]list)?|none of|not one of"),
        ("in", Clear, "in(?:[ _]the)?[ _]list(?: of)?|one of|any of|either"),
        (
            "not_contains",
            Clear,
            "(?:does(?: not|n['’]t) |do(?: not|n['’]t) |not[ _])(?:contains?|includ(?:e|es|ing)|\
             containing|have)|without|excludes?",
        ),
        (
            "not_equals",
            Clear,
            "not[ _]equals?(?: to)?|does(?: not|n['’]t) equal|not|isn['’]t|aren['’]t|!=|≠|\
             other than|different from|except(?: for)?|excluding",
        ),
        (
            "greater_equal",
            Ordering,
            &format!(
                "{more}[ _]?(?:than)?[ _](?:or[ _])?equals?(?:[ _]to|[ _]than)?|\
                 at least|>=|≥|minimum(?: of)?|no less than"
            ),
        ),
        (
            "less_equal",
            Ordering,
            &format!(
                "{less}[ _]?(?:than)?[ _](?:or[ _])?equals?(?:[ _]to|[ _]than)?|\
                 at most|<=|≤|up to|maximum(?: of)?|no more than"
            ),
        ),
        ("greater", Ordering, &format!("{more}[ _]than|above|over|after|exceed(?:s|ing)|since|>")),
        ("less", Ordering, &format!("{less}[ _]than|below|under|before|<")),
        ("contains", Clear, "contain(?:s|ing)?|includ(?:es|ing)|like|match(?:es|ing)"),
        ("equals", Clear, "equals?(?: to)?|equal to|set to|==?"),
        ("equals", Vague, "is|are|was|becomes?|be|to|as|of|:"),
    ]
    .into_iter()
    .map(|(name, strength, words)| {
        let pattern = format!(r"(?i)(?:^|[\s(]|\b)(?:is |are |be |exactly )*(?:{words})$");
        let pattern = Regex::new(&pattern).expect("a constant pattern");
        Operator { pattern, name, strength }
    })
    .collect()
});

/// Words without quotes that a clear operator gives as a value: `genre contains science fiction and …`.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    let operator =
        r"(?:not[ _])?(?:equals?(?: to)?|contains?)|(?:is|are) (?:not )?(?:equal to|one of|set to)|containing";
    let word = r"[a-zA-Z][\w'-]*";
    Regex::new(&format!(
        r"(?i)\b(?:{operator})\s+((?:{word})(?: {word}){{0,3}}?)(?:\s+(?:and|or|where|with|but)\b|[.,;!?)]|\s*$)"
    ))
    .expect("a constant pattern")
});

static LAST_WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"([A-Za-z][\w-]*)$").expect("a constant pattern"));
static AUXILIARY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|\s)(?:is|are|was|were|be|has|have|having|a|an|the|that|which|value|must|should|exactly|of|its|it)$",
    )
    .expect("a constant pattern")
});
static AGENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(not )?(directed|written|authored|posted|sent|created) by$").expect("a constant pattern")
});
static LOG_IN_AS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:log|sign)[ -]?in as$").expect("a constant pattern"));
static WHERE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)\b(?:where|whose)\b").expect("a constant pattern"));
static UNIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[ -]?([a-z]+)").expect("a constant pattern"));

/// The values of a prompt's first 16 KiB with their fields and operators, in order; 32 at most.
pub fn conditions(prompt: &str) -> Vec<Condition> {
    let prompt = &prompt[..prompt.floor_char_boundary(READ_BYTES)];
    let mut said = values::values(prompt);
    for bare in BARE.captures_iter(prompt) {
        let word = bare.get(1).expect("the pattern has a group");
        add(&mut said, word.as_str(), Kind::Text, word.start(), word.end(), false);
    }
    said.sort_by_key(|value| value.start);
    said.truncate(values::MAX_VALUES);
    let mut before = 0;
    let mut last: Option<(usize, String, &'static str)> = None;
    let read = |said: Said| {
        // The items of one list stand at one place.
        let (field, operator) = match &last {
            Some((start, field, operator)) if *start == said.start => (field.clone(), *operator),
            _ => read_condition(prompt, &said, before),
        };
        before = said.end;
        last = Some((said.start, field.clone(), operator));
        Condition { said, field, operator }
    };
    said.into_iter().map(read).collect()
}

fn read_condition(prompt: &str, said: &Said, before: usize) -> (String, &'static str) {
    let from = prompt.ceil_char_boundary(before.max(said.start.saturating_sub(REACH_BYTES)).min(said.start));
    let tail = prompt[from..said.start].trim_end_matches(|char: char| char.is_whitespace() || "$€£#(".contains(char));
    if let Some(agent) = AGENT.captures(tail) {
        let operator = if agent.get(1).is_some() { "not_equals" } else { "equals" };
        return (agent_field(&agent[2].to_ascii_lowercase()).to_owned(), operator);
    }
    let is_ordered = matches!(said.kind, Kind::Number | Kind::Date | Kind::Time);
    let tail = tail.strip_suffix(" the").or_else(|| tail.strip_suffix(" a")).unwrap_or(tail);
    let found = OPERATOR_WORDS
        .iter()
        .filter(|operator| operator.strength != Strength::Ordering || is_ordered)
        .find_map(|operator| Some((operator, operator.pattern.find(tail)?)));
    let (mut name, strength, words, rest) = match found {
        Some((operator, words)) => (operator.name, operator.strength, words.as_str(), &tail[..words.start()]),
        None => ("equals", Strength::Vague, "", tail),
    };
    // `where … the client is 'Ana'` says clearly what it is about, `my favourite is 'Ana'` does not.
    let is_clause = matches!(words.trim(), "is" | "are") && WHERE.is_match(&prompt[..said.start]);
    let strength = if is_clause { Strength::Clear } else { strength };
    // `an email to 'ana@example.org'` names no field `email`, `the quantity of 'Tea'` none of the tea's.
    let is_addressed = matches!((words.trim(), said.kind), ("to", Kind::Email) | ("of", Kind::Text | Kind::Name));
    let field = (if is_addressed { None } else { named_field(rest, strength, true) })
        .or_else(|| implied_field(prompt, said, words))
        .or_else(|| if is_addressed { None } else { named_field(rest, strength, false) })
        .or_else(|| usual_field(prompt, said, words, tail))
        .unwrap_or_default();
    // `not called 'X'`, `to not be 'X'`.
    if name == "equals" && ends_with_not_named(rest) {
        name = "not_equals";
    }
    (field, name)
}

fn agent_field(verb: &str) -> &'static str {
    match verb {
        "directed" => "director",
        "sent" => "sender",
        _ => "author",
    }
}

fn ends_with_not_named(rest: &str) -> bool {
    let mut words = rest.split_ascii_whitespace().rev();
    words.next().is_some_and(|word| SYNONYMS.iter().any(|(known, _)| known.eq_ignore_ascii_case(word)))
        && words.next().is_some_and(|word| word.eq_ignore_ascii_case("not"))
}

/// The field whose name ends `rest`; with `known`, only one that often is a field.
fn named_field(rest: &str, strength: Strength, known: bool) -> Option<String> {
    let mut rest = rest.trim_end();
    if strength != Strength::Vague {
        while let Some(auxiliary) = AUXILIARY.find(rest) {
            rest = rest[..auxiliary.start()].trim_end();
        }
    }
    let word = LAST_WORD.find(rest)?;
    let before = rest[..word.start()].trim_end();
    let word = lower_name(word.as_str());
    let qualifier = || LAST_WORD.find(before).map(|found| lower_name(found.as_str()));
    if let Some((_, field)) = SYNONYMS.iter().find(|(known, _)| *known == word) {
        return Some(match qualifier().filter(|first| is_in(QUALIFIERS, first)) {
            Some(first) => snake(&format!("{first}_{field}")),
            None => (*field).to_owned(),
        });
    }
    // `where from equals …` and `to contains …` are fields of mail.
    if strength == Strength::Clear && (word == "from" || word == "to") {
        return Some(word);
    }
    let is_known = is_in(FIELDS, &word) || word.contains('_');
    if is_in(STOP, &word) {
        return None;
    }
    match (is_known, strength) {
        (true, _) => Some(match qualifier().filter(|first| is_in(QUALIFIERS, first) && !word.contains('_')) {
            Some(first) => snake(&format!("{first}_{word}")),
            None => snake(&word),
        }),
        (false, Strength::Vague) => None,
        (false, _) if known => None,
        (false, _) => Some(match qualifier().filter(|first| !is_in(STOP, first) && !is_in(FIELDS, first)) {
            Some(first) if strength == Strength::Clear && !first.contains('_') => snake(&format!("{first}_{word}")),
            _ => snake(&word),
        }),
    }
}

/// The field that the words around a number speak of: `cheaper than 20`, `$20`, `4 people`.
fn implied_field(prompt: &str, said: &Said, operator: &str) -> Option<String> {
    let operator = operator.trim().to_ascii_lowercase();
    let unit = UNIT.captures(&prompt[said.end..]).filter(|_| said.kind == Kind::Number);
    let unit = unit.and_then(|unit| UNITS.iter().find(|(known, _)| *known == &unit[1]));
    let is_amount = prompt[..said.start].ends_with(['$', '€', '£']);
    let field = match unit {
        _ if operator.starts_with("cheaper") || is_amount => "price",
        Some((_, field)) => field,
        None if operator.starts_with("longer") || operator.starts_with("shorter") => "duration",
        None => return None,
    };
    Some(field.to_owned())
}

/// A field that is named elsewhere, or that such a value mostly belongs to.
fn usual_field(prompt: &str, said: &Said, operator: &str, tail: &str) -> Option<String> {
    if LOG_IN_AS.is_match(tail) {
        return Some("username".to_owned());
    }
    if operator.trim() == "to" && !matches!(said.kind, Kind::Email | Kind::Name) {
        // `change the quantity of 'X' to 2`
        let from = prompt.ceil_char_boundary(said.start.saturating_sub(REACH_BYTES));
        let mut words = prompt[from..said.start].split_ascii_whitespace().rev().map(lower_name);
        return words.find(|word| !is_in(STOP, word) && is_in(FIELDS, word)).map(|word| snake(&word));
    }
    match said.kind {
        Kind::Email => Some(["from", "to"].into_iter().find(|word| tail.ends_with(word)).unwrap_or("email").to_owned()),
        Kind::Date => Some("date".to_owned()),
        Kind::Time => Some("time".to_owned()),
        Kind::Text => said.text.strip_prefix('<').and_then(|name| name.strip_suffix('>')).map(snake),
        Kind::Number | Kind::Name => None,
    }
}

fn lower_name(word: &str) -> String {
    word.trim_matches(|char: char| !char.is_alphanumeric()).to_ascii_lowercase()
}

/// Of letters, digits and underscores alone: a field may stand in a selector.
fn snake(name: &str) -> String {
    name.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(prompt: &str) -> Vec<(String, &'static str, String)> {
        conditions(prompt).into_iter().map(|found| (found.field, found.operator, found.said.text)).collect()
    }

    #[test]
    fn every_way_to_compare_is_read() {
        for (prompt, field, operator, value) in [
            ("Show films where name equals 'Dune'", "name", "equals", "Dune"),
            ("whose title is not 'Dune'", "title", "not_equals", "Dune"),
            ("a film not called 'Dune'", "name", "not_equals", "Dune"),
            ("not directed by 'Ann Lee'", "director", "not_equals", "Ann Lee"),
            ("genre contains 'Sci-Fi'", "genre", "contains", "Sci-Fi"),
            ("description does not contain 'war'", "description", "not_contains", "war"),
            ("year less than 2000", "year", "less", "2000"),
            ("rating greater or equal 4", "rating", "greater_equal", "4"),
            ("rating greater than or equal to 4.5", "rating", "greater_equal", "4.5"),
            ("the rating is at least 4.5", "rating", "greater_equal", "4.5"),
            ("total_weight greater_than 500", "total_weight", "greater", "500"),
            ("from email equals 'a@example.org'", "from_email", "equals", "a@example.org"),
            ("release date after 2020-01-01", "release_date", "greater", "2020-01-01"),
            ("lamps cheaper than $99.50", "price", "less", "99.50"),
            ("a table for 4 people", "people", "equals", "4"),
            ("set the year to 1976", "year", "equals", "1976"),
            ("change the quantity of this lamp to 2", "quantity", "equals", "2"),
            ("password: 'x y'", "password", "equals", "x y"),
            ("where the client is 'Ana'", "client", "equals", "Ana"),
            ("my favourite is 'Ana'", "", "equals", "Ana"),
            ("Sign in as 'ana'", "username", "equals", "ana"),
            ("Send an email to 'a@example.org'", "to", "equals", "a@example.org"),
            ("where to equals 'a@example.org'", "to", "equals", "a@example.org"),
            ("the email from a@example.org", "from", "equals", "a@example.org"),
            ("username:<username>", "username", "equals", "<username>"),
            ("with the subject 'Minutes'", "subject", "equals", "Minutes"),
            ("mode equals delivery and nothing else", "mode", "equals", "delivery"),
            ("starting on 2026-12-01", "date", "equals", "2026-12-01"),
            ("the quantity of 'Tea'", "", "equals", "Tea"),
            ("weight class equals 'heavy'", "weight_class", "equals", "heavy"),
        ] {
            assert_eq!(read(prompt), [(field.to_owned(), operator, value.to_owned())], "{prompt}");
        }
    }

    #[test]
    fn conditions_stand_side_by_side_and_lists_repeat_theirs() {
        let expected = [
            ("year", "less", "2000"),
            ("genre", "not_in", "War"),
            ("genre", "not_in", "Crime"),
            ("", "equals", "Dune"),
        ];
        assert_eq!(
            read("Films with year less than 2000 and genre not in list ['War', 'Crime'], then click 'Dune'"),
            expected.map(|(field, operator, value)| (field.to_owned(), operator, value.to_owned()))
        );
    }

    #[test]
    fn a_value_without_a_field_is_none_the_less_a_value() {
        for prompt in ["Search for 'Dune'", "Click 'Dune'", "Open 'Dune' now", "Give me 'Dune'"] {
            assert_eq!(read(prompt), [(String::new(), "equals", "Dune".to_owned())], "{prompt}");
        }
    }

    #[test]
    fn operators_are_those_that_rules_may_name() {
        assert!(OPERATOR_WORDS.iter().all(|operator| OPERATORS.contains(&operator.name)));
        assert!(OPERATORS.iter().all(|name| OPERATOR_WORDS.iter().any(|operator| operator.name == *name)));
    }
}
