//! Whether a text asks or wants something done.

use super::lexicon::{Question, WORDS, Word};
use super::scan::{Tok, Token};

/// What the text asks, and whether it is a question to be answered rather than a task to be done.
pub(super) fn register(text: &str, tokens: &[Token]) -> (Option<Question>, bool) {
    let words = || tokens.iter().take(4).filter(|token| token.tok == Tok::Word);
    let question = words().find_map(|token| match WORDS.get(token.hash) {
        Some(Word::Question(question)) => Some(question),
        Some(Word::Clause) if text.as_bytes()[token.start..token.end].eq_ignore_ascii_case(b"where") => {
            Some(Question::Where)
        }
        Some(Word::Clause) if text.as_bytes()[token.start..token.end].eq_ignore_ascii_case(b"which") => {
            Some(Question::What)
        }
        _ => None,
    });
    let is = |token: &Token, list: &[&str]| {
        list.iter().any(|word| text.as_bytes()[token.start..token.end].eq_ignore_ascii_case(word.as_bytes()))
    };
    let mut words = words();
    let Some(first) = words.next() else { return (question, false) };
    let second = words.next();
    let yes_or_no = [
        "is", "are", "was", "were", "do", "does", "did", "can", "could", "should", "will", "would", "has", "have", "am",
    ];
    let asked_to = is(first, &["can", "could", "would", "will"])
        && second.is_some_and(|second| is(second, &["you", "u", "please"]));
    if asked_to {
        return (None, false);
    }
    let starts = is(first, &["who", "what", "when", "where", "why", "how", "which", "what's", "who's"]);
    if question.is_none() && is(first, &yes_or_no) {
        return (Some(Question::Whether), true);
    }
    (question, starts || text.trim_end().ends_with('?'))
}
