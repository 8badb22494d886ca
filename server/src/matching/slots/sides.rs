//! Where a word of an opposite is used as such: "close by" opens nothing.

use super::opposites::{Sides, particle_sides, sides};
use super::parse::Parser;
use super::scan::{Tok, Token};

impl Parser<'_> {
    /// The sides of the opposites a word stands on, where it is used as such.
    pub(super) fn sides_of(&self, at: usize, token: &Token) -> Sides {
        let word = self.bytes(token);
        let next = self
            .tokens
            .get(at + 1)
            .filter(|next| next.tok == Tok::Word)
            .map_or(b"".as_slice(), |next| self.bytes(next));
        let next_is = |words: &[&str]| words.iter().any(|word| next.eq_ignore_ascii_case(word.as_bytes()));
        if word.len() <= 3 || word.eq_ignore_ascii_case(b"session") {
            let earlier = self.tokens[at.saturating_sub(3)..at].iter().rev();
            let found = earlier
                .filter(|token| token.tok == Tok::Word)
                .map(|token| particle_sides(token.hash, word))
                .find(|found| !found.is_empty());
            if let Some(found) = found {
                return found;
            }
        }
        let lower = |text: &str| word.eq_ignore_ascii_case(text.as_bytes());
        let other_use = (lower("close") || lower("near")) && next_is(&["by", "to"])
            || lower("first") && token.first
            || (lower("most") || lower("least"))
                && at > 0
                && self.bytes(&self.tokens[at - 1]).eq_ignore_ascii_case(b"at")
            || (lower("beginning")
                || lower("starting")
                || lower("begin")
                || lower("start")
                || lower("ending")
                || lower("starts")
                || lower("begins")
                || lower("ends"))
                && next_is(&["by", "with"])
            || lower("right") && next_is(&["now", "away"])
            || lower("last") && next_is(&["name"])
            || lower("first") && next_is(&["name"]);
        if other_use { Sides::default() } else { sides(word) }
    }
}
