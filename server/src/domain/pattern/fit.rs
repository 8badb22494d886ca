//! Whether a prompt fits a template, and with which values in its slots.

use std::ops::Range;

use super::template::{Element, Template};
use super::token::{Kind, Token, joined};

/// Tokens that a run of bare words may have.
pub(super) const MAX_RUN: usize = 8;
/// Comparisons before a template gives up on a prompt.
const MAX_STEPS: usize = 2_048;
/// Ways of cutting a prompt that are looked at.
const MAX_WAYS: usize = 8;
/// Bytes of a value: longer ones are texts, not values.
const MAX_VALUE: usize = 1_024;

/// A value found in a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// As it is written, white space between tokens normalised.
    pub text: String,
    /// How it is written: a letter per token, with a blank where white space stood.
    pub shape: String,
    /// Its tokens.
    pub words: Vec<String>,
}

impl Literal {
    fn new(tokens: &[Token<'_>], run: Range<usize>) -> Self {
        let text = joined(tokens, run.clone());
        let mut shape = String::new();
        for (place, token) in tokens[run.clone()].iter().enumerate() {
            if place > 0 && token.spaced {
                shape.push(' ');
            }
            shape.push(letter(token));
        }
        Self { text, shape, words: tokens[run].iter().map(|token| token.text.to_owned()).collect() }
    }
}

/// How a token is written. Told apart is what an answer may not simply repeat: signs that a query, a path or a quoted
/// string escapes, numbers that JSON writes otherwise (`007`, `1.50`, `1,000`), words that it has of its own; and what one
/// of the forms changes: capitals, letters beyond ASCII, signs, blanks.
fn letter(token: &Token<'_>) -> char {
    const OWN: [&str; 5] = ["true", "false", "null", "none", "nan"];
    let text = token.text;
    let own = || OWN.iter().any(|own| text.eq_ignore_ascii_case(own));
    let escaped = || text.contains(['\'', '’', '"', '`', '\\', '<', '>', '&', '{', '}', '$', '%', '#', '+']);
    match token.kind {
        Kind::Word if own() => 't',
        Kind::Word if escaped() => 'o',
        Kind::Word => char::from(b'a' + classes(text)),
        Kind::Email => char::from(b'i' + (classes(text) & 1)),
        Kind::Origin => char::from(b'u' + (classes(text) & 1)),
        Kind::Sign => text.chars().next().unwrap_or(' '),
        Kind::Quoted if own() => 'T',
        Kind::Quoted if escaped() || is_odd(text) => 'Q',
        Kind::Quoted if is_numeric(text) => number(text).to_ascii_uppercase(),
        Kind::Quoted => char::from(b'A' + classes(text)),
        Kind::Number => number(text),
    }
}

/// Which kinds of characters stand in a text, as a number below 16, below 8 without a blank.
fn classes(text: &str) -> u8 {
    text.chars().fold(0, |classes, char| {
        classes
            | match char {
                'a'..='z' | '0'..='9' => 0,
                'A'..='Z' => 1,
                _ if char.is_whitespace() => 8,
                _ if char.is_ascii() => 2,
                _ => 4,
            }
    })
}

/// Whether a shape has bare words in it.
pub(super) fn is_bare(shape: &str) -> bool {
    shape.contains(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'o', 't'])
}

/// Control signs, and white space that an answer may leave out.
fn is_odd(text: &str) -> bool {
    text.contains(char::is_control) || text.ends_with(char::is_whitespace) || text.contains("  ")
}

/// Whether a program might take it for a number, a date or a time.
fn is_numeric(text: &str) -> bool {
    text.trim_start_matches(['-', '+', '.']).starts_with(|char: char| char.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b".,:/-+eE".contains(&byte))
}

/// A whole number, a decimal one, or anything else of digits.
fn number(text: &str) -> char {
    match is_plain(text) {
        true if text.contains('.') => 'y',
        true => 'x',
        false => 'z',
    }
}

/// Whether every program writes this number so: no leading or trailing zeros, no exponent, exact in a double.
pub(super) fn is_plain(text: &str) -> bool {
    let (whole, part) =
        text.strip_prefix('-').unwrap_or(text).split_once('.').unwrap_or((text.trim_start_matches('-'), "1"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = whole.len() > 1 && whole.starts_with('0') || part.ends_with('0');
    digits(whole) && digits(part) && !zeros && text.len() <= 15 && text != "-0" && !text.starts_with("--")
}

/// Every way in which `tokens` fit `template`: the values by slot. Nothing when there are too many to look at.
pub(super) fn ways(template: &Template, tokens: &[Token<'_>]) -> Option<Vec<Vec<Literal>>> {
    let mut search = Search { template, tokens, steps: 0, ways: Vec::new() };
    search.from(0, 0, vec![None; template.slots])?;
    let values = |way: Vec<Range<usize>>| way.into_iter().map(|run| Literal::new(tokens, run)).collect();
    Some(search.ways.into_iter().map(values).collect())
}

/// Whether the tokens of `run` can be the value of an open slot: no quoted value in it, signs only inside and without
/// white space around them, so that it never reaches over the end of a clause.
pub(super) fn is_run(tokens: &[Token<'_>], run: Range<usize>) -> bool {
    let (start, end) = (run.start, run.end);
    run.clone().all(|place| match tokens[place].kind {
        Kind::Quoted => false,
        Kind::Sign => place > start && place + 1 < end && !tokens[place].spaced && !tokens[place + 1].spaced,
        _ => true,
    })
}

struct Search<'s> {
    template: &'s Template,
    tokens: &'s [Token<'s>],
    steps: usize,
    ways: Vec<Vec<Range<usize>>>,
}

impl Search<'_> {
    /// Fits the elements from `element` to the tokens from `place`. Nothing when there is too much to look at.
    fn from(&mut self, mut element: usize, mut place: usize, mut bound: Vec<Option<Range<usize>>>) -> Option<()> {
        let elements = &self.template.prompt;
        loop {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            let Some(asked) = elements.get(element) else { break };
            // Every element takes a token or more.
            if self.tokens.len() < place + elements.len() - element {
                return Some(());
            }
            let token = &self.tokens[place];
            match asked {
                Element::Fixed { kind, text, open, spaced } => {
                    if token.text != text || (token.kind, token.open, token.spaced) != (*kind, *open, *spaced) {
                        return Some(());
                    }
                }
                Element::Slot { slot, kind: Kind::Word, spaced, .. } => {
                    if token.spaced != *spaced {
                        return Some(());
                    }
                    let most = MAX_RUN.min(self.tokens.len() - place - (elements.len() - element - 1));
                    for length in 1..=most {
                        let run = place..place + length;
                        if is_run(self.tokens, run.clone()) && self.agrees(&bound[*slot], &run) {
                            let mut bound = bound.clone();
                            bound[*slot].get_or_insert(run);
                            self.from(element + 1, place + length, bound)?;
                        }
                    }
                    return Some(());
                }
                Element::Slot { slot, kind, open, spaced } => {
                    let run = place..place + 1;
                    if (token.kind, token.open, token.spaced) != (*kind, *open, *spaced)
                        || token.text.len() > MAX_VALUE
                        || !self.agrees(&bound[*slot], &run)
                    {
                        return Some(());
                    }
                    bound[*slot].get_or_insert(run);
                }
            }
            element += 1;
            place += 1;
        }
        if place != self.tokens.len() {
            return Some(());
        }
        if self.ways.len() == MAX_WAYS {
            return None;
        }
        // Every slot stands in the prompt, so all are bound by now.
        self.ways.push(bound.into_iter().collect::<Option<_>>()?);
        Some(())
    }

    fn agrees(&self, bound: &Option<Range<usize>>, run: &Range<usize>) -> bool {
        bound.as_ref().is_none_or(|bound| joined(self.tokens, bound.clone()) == joined(self.tokens, run.clone()))
    }
}
