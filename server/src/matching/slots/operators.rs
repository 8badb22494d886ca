//! Operators and negations: what waits for a value, and what becomes of it when none comes.

use super::kind::{Bound, Kind, Operator, Relation};
use super::lexicon::{WORDS, Word};
use super::parse::{Naming, Parser, REACH};
use super::scan::{Tok, Token};
use super::stem::root;
use super::table::hash;

impl Parser<'_> {
    pub(super) fn relate(&mut self, relation: Relation, at: usize, strong: bool) {
        if let Some((held, _, was_strong)) = &mut self.relation
            && relation == Relation::Equals
            && *held != Relation::Equals
        {
            // "At least equals" is at least.
            *was_strong |= strong;
        } else {
            // "Is greater than", "equals at least": the later says more.
            let was_strong = self.relation.is_some_and(|(.., strong)| strong);
            if self.relation.is_none() {
                self.field = self.last;
            }
            self.relation = Some((relation, at, strong || was_strong));
        }
        self.reach = REACH;
        self.room = REACH as usize;
    }

    pub(super) fn negate(&mut self, at: usize) {
        // Not only: nothing is denied.
        if self.tokens.get(at + 1).is_some_and(|next| next.hash == hash(b"only")) {
            return;
        }
        if self.relation.is_none() {
            self.field = self.last;
        }
        match self.negation {
            // "Cannot not": twice is not at all.
            Some(held) if held + 1 == at => {
                self.negation = None;
                return;
            }
            Some(_) if self.relation.is_some() => return,
            _ => self.emit_negation(at),
        }
        self.negation = Some(at);
        self.reach = REACH;
    }

    /// Other than, different from, rather than, instead of, apart from, anything but: a "not" in two words.
    pub(super) fn other(&mut self, at: usize) -> usize {
        let token = self.tokens[at];
        let next = self.tokens.get(at + 1).map_or(b"".as_slice(), |next| self.bytes(next));
        let is = |words: &[&[u8]]| words.iter().any(|word| next.eq_ignore_ascii_case(word));
        let denies = match self.bytes(&token)[0].to_ascii_lowercase() {
            b'o' | b'r' => is(&[b"than"]),
            b'd' => is(&[b"from", b"than", b"to"]),
            b'i' => is(&[b"of"]),
            _ if token.hash == hash(b"anything") => is(&[b"but", b"except"]),
            _ => is(&[b"from"]),
        };
        if denies {
            self.negate(at);
            at + 2
        } else {
            self.tick(at);
            self.carry = None;
            at + 1
        }
    }

    /// "one of" right before a list or a value.
    pub(super) fn one_of(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|next| next.hash == hash(b"of"))
            && matches!(
                self.tokens.get(at + 2).map(|token| token.tok),
                Some(Tok::List | Tok::Value(Kind::Quoted | Kind::Placeholder | Kind::Email))
            )
    }

    /// Operators of several words: greater than or equal to, starts with, at least, up to, one of, no more than.
    pub(super) fn compound(&mut self, at: usize) -> Option<usize> {
        let word = |at: usize| self.tokens.get(at).filter(|token| token.tok == Tok::Word).map_or(0, |token| token.hash);
        let is = |at: usize, text: &str| word(at) == hash(text.as_bytes());
        match self.meaning(at)? {
            Word::Comparative(relation) => {
                let plain = is(at, "greater") || is(at, "less");
                let mut next = at + 1;
                let than = is(next, "than");
                next += usize::from(than);
                let equal = |next: usize| is(next, "equal") || is(next, "equals");
                let or_equal = if (plain || than) && is(next, "or") && equal(next + 1) {
                    next += 2;
                    true
                } else if plain && equal(next) {
                    next += 1;
                    true
                } else {
                    false
                };
                next += usize::from(or_equal && is(next, "to"));
                let value = matches!(self.tokens.get(next).map(|token| token.tok), Some(Tok::Value(_) | Tok::Unit(_)));
                let takes_value = than || or_equal || plain && value;
                if !takes_value {
                    return None;
                }
                let relation = match (relation, or_equal) {
                    (Relation::Greater, true) => Relation::AtLeast,
                    (Relation::Less, true) => Relation::AtMost,
                    (relation, _) => relation,
                };
                self.relate(relation, at, plain && value);
                Some(next)
            }
            Word::With(relation) => {
                let with = is(at + 1, "with") || is(at + 1, "in") && relation == Relation::Ends;
                with.then(|| {
                    self.relate(relation, at, true);
                    at + 2
                })
            }
            Word::At => {
                let relation = if is(at, "at") && is(at + 1, "least") {
                    Relation::AtLeast
                } else if is(at, "at") && is(at + 1, "most") || is(at, "up") && is(at + 1, "to") {
                    Relation::AtMost
                } else if is(at, "any") && is(at + 1, "of") {
                    Relation::OneOf
                } else if is(at, "no") {
                    self.negate(at);
                    return Some(at + 1);
                } else if is(at, "among") {
                    self.relate(Relation::OneOf, at, false);
                    return Some(at + 1);
                } else {
                    return None;
                };
                self.relate(relation, at, false);
                Some(at + 2)
            }
            _ => None,
        }
    }

    /// Ends what waits for a value that does not come: the operator's word becomes its value, the "not" is said of the
    /// next content word.
    pub(super) fn flush(&mut self, at: usize) {
        if let Some((relation, start, true)) = self.relation.take()
            && let Some(token) = self.bare(start + 1, at)
        {
            let bound = Bound::new(Operator { relation, negated: self.negation.is_some() });
            let (bound, field) = self.named(bound, self.field);
            self.add(Kind::Bare, token.hash, token.start, token.end, bound, field);
        }
        self.emit_negation(at);
        self.reach = 0;
    }

    /// The word right behind an operator, if it has content: genre equals comedy.
    pub(super) fn bare(&self, start: usize, end: usize) -> Option<Token> {
        let after = self.tokens.get(start..end.min(self.tokens.len()))?;
        let part = |word| matches!(word, Some(Word::Is | Word::To | Word::Operator(_) | Word::Not));
        let token = after.iter().find(|token| token.tok != Tok::Word || !part(WORDS.get(token.hash)))?;
        (token.tok == Tok::Word && WORDS.get(token.hash).is_none()).then_some(*token)
    }

    pub(super) fn emit_negation(&mut self, at: usize) {
        let Some(start) = self.negation.take() else { return };
        let end = (start + 1 + REACH as usize).min(self.tokens.len()).min(at.max(start + 1));
        let governed = self.tokens.get(start + 1..end).and_then(|words| {
            words
                .iter()
                .find(|token| token.tok == Tok::Word && !matches!(WORDS.get(token.hash), Some(Word::Empty | Word::Is)))
        });
        if let Some(token) = governed {
            self.add(Kind::Negation, root(self.bytes(token)), token.start, token.end, Bound::PLAIN, 0);
        }
    }

    /// Content words between two tokens.
    pub(super) fn content_between(&self, start: usize, at: usize) -> usize {
        let between = self.tokens.get(start + 1..at).unwrap_or_default();
        between.iter().filter(|token| token.tok == Tok::Word && WORDS.get(token.hash).is_none()).count()
    }

    pub(super) fn named(&self, bound: Bound, field: Option<Naming>) -> (Bound, u16) {
        match field {
            Some(naming) if naming.snake => (bound.snake(), naming.low()),
            Some(naming) => (bound, naming.low()),
            None => (bound, 0),
        }
    }
}
