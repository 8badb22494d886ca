//! Values with marks of their own: placeholders, email and web addresses.

use super::digits::Typed;
use super::kind::Kind;
use super::scan::{Scanner, Tok};
use super::table::{hash, mix};

impl Scanner<'_> {
    /// The typed value of a quoted text that is nothing but a placeholder or an email address: with quotes or without, it
    /// is the same.
    pub(super) fn plain(&self, value: &str) -> Option<Typed> {
        let bytes = value.as_bytes();
        if placeholder_len(bytes) == Some(bytes.len()) {
            return Some((Kind::Placeholder, hash(&bytes[1..bytes.len() - 1]), None));
        }
        let whole = self.has_email && email_len(value) == Some(value.len());
        whole.then(|| (Kind::Email, hash(bytes), None))
    }

    /// `<name>` or `{name}`, with what is glued to its front: `user<id>`.
    pub(super) fn placeholder(&mut self, c: char) -> bool {
        let Some(len) = placeholder_len(&self.bytes[self.at..]) else { return false };
        debug_assert!(c == '<' || c == '{');
        let mut start = self.at;
        let mut value = hash(&self.bytes[self.at + 1..self.at + len - 1]);
        if let Some(glued) = self.tokens.pop_if(|last| last.end == start && last.tok == Tok::Word) {
            start = glued.start;
            value = mix(glued.hash, value);
        }
        let end = self.at + len;
        self.at = start;
        self.push(Tok::Value(Kind::Placeholder), end, value);
        true
    }

    pub(super) fn email(&mut self) -> bool {
        let Some(len) = email_len(self.rest()) else { return false };
        let end = self.at + len;
        self.push(Tok::Value(Kind::Email), end, hash(&self.bytes[self.at..end]));
        true
    }

    pub(super) fn url(&mut self) -> bool {
        let scheme = self.bytes[self.at..].iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let rest = &self.text[self.at + scheme..];
        let skip = if rest.starts_with("://") {
            scheme + 3
        } else if rest.starts_with('.') && self.text[self.at..].starts_with("www") {
            0
        } else {
            return false;
        };
        let body = &self.text[self.at + skip..];
        let ends = |c: char| {
            c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>' | '`' | '\u{201c}' | '\u{201d}' | '\u{2019}')
        };
        let len = body.find(ends).unwrap_or(body.len());
        let body = body[..len].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '/']);
        let host = body.find(['/', '?', '#']).unwrap_or(body.len());
        let value = body.as_bytes()[host..]
            .iter()
            .fold(hash(&body.as_bytes()[..host]), |state, byte| mix(state, u64::from(*byte)));
        let end = self.at + skip + body.len();
        self.push(Tok::Value(Kind::Url), end.max(self.at + 1), value);
        true
    }
}

/// The length of a placeholder at the start of `bytes`: a name of at most 40 letters in angles or braces.
fn placeholder_len(bytes: &[u8]) -> Option<usize> {
    let close = match bytes.first() {
        Some(b'<') => b'>',
        Some(b'{') => b'}',
        _ => return None,
    };
    if !bytes.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return None;
    }
    let name =
        bytes[1..].iter().take(41).take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
    (bytes.get(1 + name) == Some(&close)).then_some(name + 2)
}

/// The length of an email address at the start of `text`.
fn email_len(text: &str) -> Option<usize> {
    // At most as long as an address may be, so that no text makes this look far again and again.
    let local = |c: &char| c.is_alphanumeric() || "._%+-".contains(*c);
    let name: usize = text.chars().take(65).take_while(local).map(char::len_utf8).sum();
    let host = text.as_bytes().get(name..)?.strip_prefix(b"@")?;
    let len = host.iter().take(255).take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let last = host[..len].iter().rposition(u8::is_ascii_alphanumeric)?;
    (name > 0 && host[0].is_ascii_alphanumeric() && host[..last].contains(&b'.')).then_some(name + 1 + last + 1)
}
