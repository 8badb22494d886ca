//! What a prompt asks to do, in its own words: the verb, and what it is about.

use std::sync::LazyLock;

use regex::Regex;

use super::conditions::Condition;
use super::vocabulary::is_in;

/// Words that a subject has at most.
const SUBJECT_WORDS: usize = 4;

static LOGIN_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:first,? |please |after |once |begin by |start by )*(?:log(?:ging|ged)?[ -]?in(?:to)?|login|sign(?:ing|ed)?[ -]?in(?:to)?|authenticat\w*|initiate a session)\b",
    )
});
static POLITE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:\W+|(?:please|kindly|can you|could you|i want to|i['’]d like to|i would like to|i need to|i need|let me|let['’]s|help me|the user|user|now|next|just|also|and|then|after that|afterwards|once (?:logged in|authenticated)|go ahead and|first|try to|you should)\b)+",
    )
});
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\d][\p{L}\d'’&-]*"));

/// Words between a verb and what it is about.
const FILLERS: &str = "up out for to on the a an my your our this that these those all me us any some in into at back from down \
    of over about only every each its their please it";
/// Words with which something else begins.
const ENDS: &str = "where whose with that which who by in on at from for and then if so to when while until using than into \
    is are not equals contains of as but or please named called titled rated priced";

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// Where the prompt's main clause begins, with its verb: behind "please", and behind the login that it may ask for first.
pub fn main_clause(prompt: &str, conditions: &[Condition]) -> usize {
    let has_words = |at: &usize| WORD.is_match(&prompt[*at..]);
    let login = conditions.iter().find(|found| found.field == "password").map(|found| found.said.end);
    let begin = login.filter(|_| LOGIN_FIRST.is_match(prompt)).filter(has_words).unwrap_or(0);
    let polite = POLITE.find(&prompt[begin..]).map(|polite| begin + polite.end());
    polite.filter(has_words).unwrap_or(begin)
}

/// `{verb}` and `{subject}` of the clause that begins at `offset`. Neither is empty when it has a word in it.
pub fn verb_and_subject(prompt: &str, offset: usize, conditions: &[Condition]) -> (String, String) {
    let clause = &prompt[offset..];
    let is_value = |at: usize| {
        conditions.iter().any(|found| found.said.is_certain && found.said.meets(offset + at, offset + at + 1))
    };
    let mut words = WORD.find_iter(clause).filter(|word| !is_value(word.start()));
    let Some(verb) = words.next() else { return (String::new(), String::new()) };
    let mut subject: Option<(usize, usize)> = None;
    for (count, word) in words.enumerate() {
        let lower = word.as_str().to_lowercase();
        match subject {
            None if is_in(FILLERS, &lower) => {}
            None => subject = Some((word.start(), word.end())),
            // Something stands between that is no space: a comma, a value.
            Some((start, end))
                if is_in(ENDS, &lower)
                    || !clause[end..word.start()].trim().is_empty()
                    || count >= 2 * SUBJECT_WORDS =>
            {
                subject = Some((start, end));
                break;
            }
            Some((start, _)) => subject = Some((start, word.end())),
        }
        if subject.is_some_and(|(start, end)| clause[start..end].split(' ').count() >= SUBJECT_WORDS) {
            break;
        }
    }
    let subject = subject.map_or_else(|| verb.as_str(), |(start, end)| &clause[start..end]);
    (verb.as_str().to_owned(), subject.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::conditions::conditions;
    use super::*;

    #[test]
    fn verb_and_subject_are_those_of_the_main_clause() {
        for (prompt, verb, subject) in [
            ("Open my notifications.", "Open", "notifications"),
            ("Please show me all restaurants", "show", "restaurants"),
            ("I'd like to book the mountain view lodge, please", "book", "mountain view lodge"),
            ("User clicks jobs to view all jobs.", "clicks", "jobs"),
            ("Log in with username 'a' and password 'b', then remove your movie", "remove", "movie"),
            ("After logging in with username <u> and password <password>, delete the film", "delete", "film"),
            ("Delete the email with subject 'Minutes'", "Delete", "email"),
            (
                "Begin by signing into the site with username <u> and password 'b', and open the cart, then pay",
                "open",
                "cart",
            ),
            ("View a film named 'Dune'", "View", "film"),
            ("Click 'Help'", "Click", "Click"),
            ("Jump to today please.", "Jump", "today"),
            ("???", "", ""),
        ] {
            let found = verb_and_subject(prompt, main_clause(prompt, &conditions(prompt)), &conditions(prompt));
            assert_eq!((found.0.as_str(), found.1.as_str()), (verb, subject), "{prompt}");
        }
    }
}
