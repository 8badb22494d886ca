//! From text to tokens: words, quoted values, addresses, numbers and marks, in one pass.

use super::digits;
use super::kind::{Kind, Relation};
use super::lexicon::{TITLES, TOP_LEVELS, sign_unit};
use super::table::{hash, hash_exact, mix, more};

/// What is looked at, in bytes that are not white space. The rest is one opaque value. A prompt is seldom a tenth of it.
pub(super) const ANALYSED: usize = 4096;
/// Spans are 16 bits wide. Only a text of mostly blanks comes this far within the limit above.
const LAST_START: usize = 60_000;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tok {
    /// Letters; to be looked up.
    Word,
    /// A typed value, its hash already canonical.
    Value(Kind),
    /// An operator in signs, perhaps negated.
    Sign(Relation, bool),
    /// `=` or `:`.
    Is,
    /// A unit in a sign: $, %.
    Unit(u8),
    /// Between clauses: a comma, a dash, a bracket.
    Comma,
    /// `+` right behind a number: that many or more.
    More,
    /// `[`: what follows is a list.
    List,
    /// The end of a sentence.
    Stop,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub tok: Tok,
    pub start: usize,
    pub end: usize,
    /// Of the lower-case word, or of the canonical value.
    pub hash: u64,
    /// The whole number, if it is one below a million.
    pub whole: Option<u32>,
    /// The first letter is a capital.
    pub capital: bool,
    /// It is the first of its sentence.
    pub first: bool,
}

/// The tokens, and where the analysed part ends.
pub(super) struct Scan {
    pub tokens: Vec<Token>,
    pub end: usize,
}

/// Cuts `text` into tokens.
pub(super) fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        tokens: Vec::with_capacity(text.len().min(ANALYSED) / 5 + 4),
        first: true,
        has_email: text.contains('@'),
        has_url: text.contains("://") || text.contains("www."),
        unclosed: [false; QUOTES.len()],
    };
    let mut seen = 0;
    while let Some(c) = scanner.peek() {
        if c.is_whitespace() {
            scanner.at += c.len_utf8();
            continue;
        }
        if scanner.at >= LAST_START {
            break;
        }
        let (before, held) = (scanner.at, scanner.tokens.len());
        scanner.token(c);
        seen += text[before..scanner.at].bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
        if seen > ANALYSED {
            // What crosses the limit belongs to the rest, or a word without end would go unseen.
            scanner.tokens.truncate(held);
            scanner.at = before;
            break;
        }
    }
    Scan { end: scanner.at, tokens: scanner.tokens }
}

/// What opens a quotation and what closes it.
const QUOTES: [(&str, &str); 10] = [
    // Doubled, as tables of text write them.
    ("\"\"", "\"\""),
    ("``", "''"),
    ("'", "'"),
    ("\"", "\""),
    ("`", "`"),
    ("\u{201c}", "\u{201d}"),
    ("\u{2018}", "\u{2019}"),
    ("\u{201e}", "\u{201c}"),
    ("\u{ab}", "\u{bb}"),
    ("\u{2039}", "\u{203a}"),
];

pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) tokens: Vec<Token>,
    pub(super) first: bool,
    pub(super) has_email: bool,
    pub(super) has_url: bool,
    /// Quotation marks known not to close any more, so that each is looked for to the end only once.
    pub(super) unclosed: [bool; QUOTES.len()],
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<char> {
        match self.bytes.get(self.at) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.text[self.at..].chars().next(),
            None => None,
        }
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Whether a letter or digit stands at `at`.
    fn letter_at(&self, at: usize) -> bool {
        let byte = self.byte(at);
        byte.is_ascii_alphanumeric()
            || byte >= 0x80
                && self.text.get(at..).and_then(|text| text.chars().next()).is_some_and(char::is_alphanumeric)
    }

    /// Whether a letter or digit stands right before `at`.
    fn after_letter(&self, at: usize) -> bool {
        self.text[..at].ends_with(char::is_alphanumeric)
    }

    pub(super) fn push(&mut self, tok: Tok, end: usize, hash: u64) {
        let start = self.at;
        let capital = self.bytes[start].is_ascii_uppercase()
            || (self.bytes[start] >= 0x80 && self.peek().is_some_and(char::is_uppercase));
        self.tokens.push(Token { tok, start, end, hash, whole: None, capital, first: self.first });
        self.first = tok == Tok::Stop;
        self.at = end;
    }

    fn token(&mut self, c: char) {
        if self.quotation(c) || self.placeholder(c) {
            return;
        }
        if c.is_alphanumeric() || c == '_' {
            return self.run();
        }
        let next = self.byte(self.at + 1);
        if c == '+' && next.is_ascii_digit() || c == '-' && next.is_ascii_digit() && !self.after_letter(self.at) {
            return self.signed(c);
        }
        let (tok, len) = match (c, next) {
            ('>', b'=') => (Tok::Sign(Relation::AtLeast, false), 2),
            ('<', b'=') => (Tok::Sign(Relation::AtMost, false), 2),
            ('<', b'>') | ('!', b'=') => (Tok::Sign(Relation::Equals, true), 2),
            ('=', b'=') => (Tok::Is, 2),
            ('>', _) => (Tok::Sign(Relation::Greater, false), 1),
            ('<', _) => (Tok::Sign(Relation::Less, false), 1),
            ('\u{2265}', _) => (Tok::Sign(Relation::AtLeast, false), 3),
            ('\u{2264}', _) => (Tok::Sign(Relation::AtMost, false), 3),
            ('\u{2260}', _) => (Tok::Sign(Relation::Equals, true), 3),
            ('=' | ':', _) => (Tok::Is, 1),
            ('+', _)
                if self
                    .tokens
                    .last()
                    .is_some_and(|last| last.end == self.at && last.tok == Tok::Value(Kind::Number)) =>
            {
                (Tok::More, 1)
            }
            ('[', _) => (Tok::List, 1),
            ('.', _) if self.after_title() => return self.at += 1,
            ('.' | '!' | '?' | ';', _) => (Tok::Stop, 1),
            (',' | '(' | ')' | ']' | '\u{2013}' | '\u{2014}', _) => (Tok::Comma, c.len_utf8()),
            ('-', b'-') => (Tok::Comma, 2),
            _ if sign_unit(c) != 0 => (Tok::Unit(sign_unit(c)), c.len_utf8()),
            // Any other mark says nothing.
            _ => return self.at += c.len_utf8(),
        };
        self.push(tok, self.at + len, 0);
    }

    fn after_title(&self) -> bool {
        self.tokens.last().is_some_and(|token| {
            token.end == self.at
                && token.tok == Tok::Word
                && (TITLES.get(token.hash).is_some() || (token.end == token.start + 1 && token.capital))
        })
    }

    /// A quoted value. The mark must not follow a letter, nor its closing be followed by one: don't, user's.
    fn quotation(&mut self, c: char) -> bool {
        if !matches!(c, '\'' | '"' | '`' | '\u{2018}'..='\u{201e}' | '\u{ab}' | '\u{2039}')
            || self.after_letter(self.at)
        {
            return false;
        }
        let Some(which) = QUOTES.iter().position(|(open, _)| self.rest().starts_with(open)) else {
            self.at += c.len_utf8();
            return true;
        };
        let (open, close) = QUOTES[which];
        let inner = self.at + open.len();
        // "' s" of spaced-out text opens nothing.
        let spaced = open == "'" && self.byte(inner).is_ascii_whitespace();
        if let Some(end) = (!self.unclosed[which] && !spaced).then(|| self.closing(inner, close)).flatten() {
            let value = self.text[inner..end].trim();
            if value.is_empty() {
                self.at = end + close.len();
                return true;
            }
            let start = inner + (self.text[inner..end].len() - self.text[inner..end].trim_start().len());
            self.at = start;
            let (kind, hash, whole) = digits::plain(value).or_else(|| self.plain(value)).unwrap_or((
                Kind::Quoted,
                hash_exact(value.as_bytes()),
                None,
            ));
            self.push(Tok::Value(kind), start + value.len(), hash);
            self.whole(whole);
            self.at = end + close.len();
        } else {
            self.unclosed[which] |= !spaced;
            self.at += open.len();
        }
        true
    }

    fn whole(&mut self, whole: Option<u32>) {
        if let Some(last) = self.tokens.last_mut() {
            last.whole = whole;
        }
    }

    fn closing(&self, inner: usize, close: &str) -> Option<usize> {
        self.text[inner..].match_indices(close).map(|(at, _)| inner + at).find(|end| {
            let after = self.byte(end + close.len());
            *end > inner && !after.is_ascii_alphanumeric()
        })
    }

    fn signed(&mut self, sign: char) {
        let body = &self.bytes[self.at + 1..];
        let len = body.iter().take_while(|byte| byte.is_ascii_digit() || b"-.,()".contains(byte)).count();
        let len = body[..len].iter().rposition(u8::is_ascii_digit).map_or(0, |last| last + 1);
        let count = body[..len].iter().filter(|byte| byte.is_ascii_digit()).count();
        if sign == '+' && count >= 7 {
            let value = body[..len]
                .iter()
                .filter(|byte| byte.is_ascii_digit())
                .fold(hash(b"+"), |state, byte| more(state, &[*byte]));
            return self.push(Tok::Value(Kind::Identifier), self.at + 1 + len, value);
        }
        self.at += 1;
        let held = self.tokens.len();
        self.run();
        if sign == '-'
            && let Some(token) = self.tokens.get_mut(held)
            && token.tok == Tok::Value(Kind::Number)
        {
            token.hash = mix(token.hash, hash(b"-"));
            token.start -= 1;
            token.whole = None;
        }
    }

    /// A run of letters and digits, with the marks that hold words and numbers together.
    fn run(&mut self) {
        if self.has_email && self.email() || self.has_url && self.url() {
            return;
        }
        let start = self.at;
        let (mut end, mut digit, mut dots, mut snake) = (start, false, false, false);
        while end < self.bytes.len() {
            let byte = self.bytes[end];
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                digit |= byte.is_ascii_digit();
                snake |= byte == b'_';
                end += 1;
                continue;
            }
            if byte >= 0x80 {
                match self.text[end..].chars().next() {
                    Some(c) if c.is_alphanumeric() => end += c.len_utf8(),
                    Some('\u{2019}') if end > start && self.byte(end + 3).is_ascii_alphabetic() => end += 3,
                    _ => break,
                }
                continue;
            }
            let (before, after) = (self.byte(end.wrapping_sub(1)), self.byte(end + 1));
            let numeric = before.is_ascii_digit() && after.is_ascii_digit();
            let joins = match byte {
                b'-' | b'\'' => self.letter_at(end + 1),
                // A capital after a full stop begins a sentence whose blank was forgotten.
                b'.' => self.letter_at(end + 1) && (before.is_ascii_uppercase() || !after.is_ascii_uppercase()),
                b':' | b'/' => numeric,
                b',' => numeric && digits::thousands(&self.bytes[end..]),
                b'+' => numeric && self.bytes[start..end].contains(&b':'),
                _ => false,
            };
            if !joins || end == start {
                break;
            }
            dots |= byte == b'.';
            end += 1;
        }
        if digit {
            return self.numeric(start, end);
        }
        self.word(start, end, dots, snake);
    }

    fn word(&mut self, start: usize, end: usize, dots: bool, snake: bool) {
        let word = &self.bytes[start..end];
        if dots
            && let Some(dot) = word.iter().rposition(|byte| *byte == b'.')
            && dot > 1
            && TOP_LEVELS.get(hash(&word[dot + 1..])).is_some()
        {
            return self.push(Tok::Value(Kind::Url), end, hash(word));
        }
        // not_contains, in-list, twenty-five: words of their own.
        if let Some(joint) = word.iter().position(|byte| matches!(byte, b'_' | b'-'))
            && digits::splits(&word[..joint], &word[joint + 1..])
        {
            self.push(Tok::Word, start + joint, hash(&word[..joint]));
            self.at = start + joint + 1;
            return;
        }
        if snake && joined(word) {
            return self.push(Tok::Value(Kind::Field), end, hash(word));
        }
        let plain = without_possessive(word);
        let value = if plain.is_ascii() { hash(plain) } else { hash_apostrophes(plain) };
        self.push(Tok::Word, end, value);
    }

    fn numeric(&mut self, start: usize, end: usize) {
        for piece in digits::pieces(&self.text[start..end], &self.text[end..]) {
            self.at = start + piece.start;
            match piece.what {
                Some((kind, hash, whole)) => {
                    self.push(Tok::Value(kind), start + piece.end, hash);
                    self.whole(whole);
                }
                None => {
                    self.push(Tok::Word, start + piece.end, hash(&self.bytes[start + piece.start..start + piece.end]))
                }
            }
        }
    }
}

/// Letters on both sides of the underscore: `first_name`, not `_`.
fn joined(word: &[u8]) -> bool {
    word.first().is_some_and(|byte| *byte != b'_') && word.last().is_some_and(|byte| *byte != b'_')
}

/// The hash with typographic apostrophes as plain ones.
fn hash_apostrophes(word: &[u8]) -> u64 {
    let mark = "\u{2019}".as_bytes();
    let mut state = hash(b"");
    let mut rest = word;
    while let Some(byte) = rest.first() {
        let apostrophe = rest.starts_with(mark);
        state = more(state, if apostrophe { b"'" } else { std::slice::from_ref(byte) });
        rest = &rest[if apostrophe { mark.len() } else { 1 }..];
    }
    state
}

/// "user" of "user's"; "don't" and "who's" stay whole, for the lexicon knows them.
fn without_possessive(word: &[u8]) -> &[u8] {
    let stem = word.strip_suffix(b"'s").or_else(|| word.strip_suffix("\u{2019}s".as_bytes()));
    stem.unwrap_or(word)
}
