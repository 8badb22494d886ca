//! A prompt as tokens: words, signs, and the literals that show themselves by how they are written.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// What a token is. Quoted values, numbers, addresses are literals wherever they stand; a word is one only where an answer
/// repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Kind {
    Word,
    /// Digits with what may stand between them: `7`, `-3`, `1,000`, `12:30`, `2026-01-31`.
    Number,
    Email,
    /// Scheme and host of an address; its path and query are tokens of their own.
    Origin,
    /// What stands between two quotes, as it is written, white space included.
    Quoted,
    Sign,
}

impl Kind {
    /// Whether a token of this kind is taken out of the skeleton.
    pub(super) fn is_literal(self) -> bool {
        !matches!(self, Self::Word | Self::Sign)
    }
}

/// A piece of the prompt. `open` is the opening quote of a quoted value, `spaced` tells white space before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub open: Option<char>,
    pub spaced: bool,
}

/// Opening and closing quotes. The same sign on both sides is told apart by what stands beside it.
const QUOTES: [(char, char); 9] =
    [('\'', '\''), ('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’'), ('„', '“'), ('«', '»'), ('「', '」'), ('『', '』')];

/// The closing quote to an opening one.
pub(super) fn closing(open: char) -> Option<char> {
    QUOTES.iter().find(|(start, _)| *start == open).map(|(_, end)| *end)
}

/// The tokens of `prompt`, or nothing when there would be more than `max`. Linear in the prompt.
pub(super) fn tokens(prompt: &str, max: usize) -> Option<Vec<Token<'_>>> {
    let mut scan = Scan { text: prompt, unclosed: [usize::MAX; QUOTES.len()] };
    let mut tokens = Vec::with_capacity(prompt.len().min(4_096) / 5 + 4);
    let (mut at, mut spaced) = (0, false);
    while let Some(first) = scan.char_at(at) {
        if first.is_whitespace() {
            spaced = !tokens.is_empty();
            at += first.len_utf8();
            continue;
        }
        if tokens.len() == max {
            return None;
        }
        let (token, end) = scan.token(at, first);
        tokens.push(Token { spaced, ..token });
        spaced = false;
        at = end;
    }
    Some(tokens)
}

/// The text of a run of tokens with white space normalised to one blank. A quoted value alone is its inside.
pub(super) fn joined(tokens: &[Token<'_>], run: Range<usize>) -> String {
    let mut text = String::new();
    for (place, token) in tokens[run].iter().enumerate() {
        if place > 0 && token.spaced {
            text.push(' ');
        }
        text.push_str(token.text);
    }
    text
}

struct Scan<'a> {
    text: &'a str,
    /// By quote: from here on no closing one follows, so that many opening quotes do not search the rest again.
    unclosed: [usize; QUOTES.len()],
}

impl<'a> Scan<'a> {
    fn char_at(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn token(&mut self, at: usize, first: char) -> (Token<'a>, usize) {
        if let Some(quoted) = self.quoted(at, first) {
            return quoted;
        }
        let after = at + first.len_utf8();
        let digit_follows = self.char_at(after).is_some_and(|next| next.is_ascii_digit());
        let value_starts = self.before(at).is_none_or(|last| last.is_whitespace() || matches!(last, '(' | '=' | ':'));
        if first == '-' && digit_follows && value_starts {
            let end = self.run_end(after);
            let kind = if self.is_number(after..end) { Kind::Number } else { Kind::Word };
            return (self.plain(kind, at..end), end);
        }
        if !first.is_alphanumeric() {
            return (self.plain(Kind::Sign, at..after), after);
        }
        let end = self.run_end(at);
        let run = &self.text[at..end];
        if matches!(run, "http" | "https") && self.text[end..].starts_with("://") {
            let host = end + "://".len();
            let stop = |char: char| char.is_whitespace() || "/?#'\"`<>()[]{},”’»」』".contains(char);
            let end = self.text[host..].find(stop).map_or(self.text.len(), |length| host + length);
            // The stop at the end of a sentence is no part of the host.
            let end = host + self.text[host..end].trim_end_matches(['.', ';', '!', ':']).len();
            return (self.plain(Kind::Origin, at..end), end);
        }
        let kind = match run.split_once('@') {
            _ if self.is_number(at..end) => Kind::Number,
            Some((_, domain)) if domain.contains('.') => Kind::Email,
            _ => Kind::Word,
        };
        (self.plain(kind, at..end), end)
    }

    fn plain(&self, kind: Kind, range: Range<usize>) -> Token<'a> {
        Token { kind, text: &self.text[range], open: None, spaced: false }
    }

    /// A value in quotes: the opening one does not end a word, the closing one is not inside a word.
    fn quoted(&mut self, at: usize, open: char) -> Option<(Token<'a>, usize)> {
        let place = QUOTES.iter().position(|(start, _)| *start == open)?;
        if at >= self.unclosed[place] || self.before(at).is_some_and(char::is_alphanumeric) {
            return None;
        }
        let close = QUOTES[place].1;
        let inside = at + open.len_utf8();
        // An empty pair of quotes is no value: there is nothing to put into an answer.
        let first = self.char_at(inside).filter(|first| *first != close && !first.is_whitespace())?;
        let from = inside + first.len_utf8();
        let end = self.text[from..].match_indices(close).map(|(length, _)| from + length).find(|end| {
            let next = self.char_at(end + close.len_utf8());
            open != close || next.is_none_or(|next| !next.is_alphanumeric())
        });
        let Some(end) = end else {
            self.unclosed[place] = at;
            return None;
        };
        let token = Token { open: Some(open), ..self.plain(Kind::Quoted, inside..end) };
        Some((token, end + close.len_utf8()))
    }

    /// The end of a run of letters and digits, with the signs that join them: `t-shirt`, `O'Brien`, `a@b.c`, `1,000`.
    fn run_end(&self, start: usize) -> usize {
        let mut digits = true;
        let mut end = start;
        let mut rest = self.text[start..].chars().peekable();
        while let Some(char) = rest.next() {
            let joins = match (char, rest.peek()) {
                ('.' | '-' | '_' | '\'' | '’' | '@' | '+' | '~', Some(next)) => next.is_alphanumeric(),
                (',' | ':' | '/', Some(next)) => digits && next.is_ascii_digit(),
                _ => false,
            };
            if char.is_alphanumeric() {
                digits &= char.is_ascii_digit();
            } else if !joins {
                break;
            }
            end += char.len_utf8();
        }
        end
    }

    fn is_number(&self, range: Range<usize>) -> bool {
        let run = &self.text.as_bytes()[range];
        run.first().is_some_and(u8::is_ascii_digit)
            && run.iter().all(|byte| byte.is_ascii_digit() || b".,:/-".contains(byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(prompt: &str) -> Vec<(Kind, &str)> {
        tokens(prompt, 1_000).expect("few").into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn literals_show_by_how_they_are_written() {
        use Kind::*;
        assert_eq!(
            kinds("Send 3 to a.b@c.org, by 2026-01-31 (see https://h.org:80/p?q=x7)."),
            [
                (Word, "Send"),
                (Number, "3"),
                (Word, "to"),
                (Email, "a.b@c.org"),
                (Sign, ","),
                (Word, "by"),
                (Number, "2026-01-31"),
                (Sign, "("),
                (Word, "see"),
                (Origin, "https://h.org:80"),
                (Sign, "/"),
                (Word, "p"),
                (Sign, "?"),
                (Word, "q"),
                (Sign, "="),
                (Word, "x7"),
                (Sign, ")"),
                (Sign, "."),
            ]
        );
        assert_eq!(
            kinds("-5 v1.2 1,000.50 12:30"),
            [(Number, "-5"), (Word, "v1.2"), (Number, "1,000.50"), (Number, "12:30")]
        );
    }

    #[test]
    fn an_apostrophe_is_no_quote_and_empty_quotes_hold_no_value() {
        use Kind::*;
        assert_eq!(
            kinds("don't say 'O'Brien  x' or ''"),
            [(Word, "don't"), (Word, "say"), (Quoted, "O'Brien  x"), (Word, "or"), (Sign, "'"), (Sign, "'"),]
        );
        assert_eq!(
            kinds("name:'a' and “b c”"),
            [(Word, "name"), (Sign, ":"), (Quoted, "a"), (Word, "and"), (Quoted, "b c")]
        );
    }

    #[test]
    fn many_open_quotes_are_read_once() {
        assert_eq!(tokens(&"' ".repeat(30_000), 100_000).expect("within the limit").len(), 30_000);
        assert_eq!(tokens("a b c", 2), None);
    }

    proptest! {
        #[test]
        fn tokens_hold_the_whole_text_but_white_space_and_quotes(prompt in "\\PC{0,80}") {
            let rest: usize = tokens(&prompt, 1_000).expect("few").iter()
                .map(|token| token.text.chars().filter(|char| !char.is_whitespace()).count() + 2 * usize::from(token.open.is_some()))
                .sum();
            prop_assert_eq!(rest, prompt.chars().filter(|char| !char.is_whitespace()).count());
        }
    }
}
