//! Numbers in digits and words, with what they count, and dates by the names of months.

use super::digits::{date_of, whole_of};
use super::kind::{Bound, Kind, Operator, Relation};
use super::lexicon::{UNITS, WORDS, Word};
use super::parse::{Naming, Parser};
use super::scan::{Tok, Token};
use super::stem::singular;
use super::table::hash;

impl Parser<'_> {
    /// A typed value found by the scanner.
    pub(super) fn value(&mut self, at: usize, kind: Kind) -> usize {
        let token = self.tokens[at];
        // "20 September 2025": the day before its month.
        if let (Kind::Number, Some(day @ 1..=31)) = (kind, token.whole) {
            let of = at + 1 + usize::from(self.tokens.get(at + 1).is_some_and(|next| next.hash == hash(b"of")));
            if let Some(Word::Month { number, .. }) = self.meaning(of)
                && !self.tokens.get(of + 1).is_some_and(|next| self.is_day(next))
            {
                let (year, end) = self.year(of + 1);
                return self.dated(at, end, date_of(year, u32::from(number), day));
            }
        }
        self.bind(kind, token.hash, at, at);
        if kind == Kind::Number {
            return self.after_number(at, token.hash);
        }
        at + 1
    }

    pub(super) fn is_day(&self, token: &Token) -> bool {
        token.tok == Tok::Value(Kind::Number) && matches!(token.whole, Some(1..=31))
    }

    /// The year at `at`, perhaps behind a comma, and where to go on.
    pub(super) fn year(&self, at: usize) -> (u32, usize) {
        let comma = usize::from(self.tokens.get(at).is_some_and(|token| token.tok == Tok::Comma));
        match self.tokens.get(at + comma) {
            Some(Token { tok: Tok::Value(Kind::Number), whole: Some(year @ 1900..=2100), .. }) => {
                (*year, at + comma + 1)
            }
            _ => (0, at),
        }
    }

    /// A month by its name; none when the word is not sure to be one.
    pub(super) fn month(&mut self, at: usize, sure: bool) -> Option<usize> {
        let Some(Word::Month { number, .. }) = self.meaning(at) else { return None };
        let month = u32::from(number);
        let after = at + 1;
        if let Some(day) = self.tokens.get(after).filter(|next| self.is_day(next)).and_then(|next| next.whole) {
            let (year, end) = self.year(after + 1);
            return Some(self.dated(at, end, date_of(year, month, day)));
        }
        let (year, end) = self.year(after);
        let token = self.tokens[at];
        let proper = token.capital && !token.first && !self.titles;
        (sure || year != 0 || proper).then(|| self.dated(at, end, date_of(year, month, 0)))
    }

    pub(super) fn dated(&mut self, at: usize, end: usize, hash: u64) -> usize {
        self.bind(Kind::Date, hash, at, end - 1);
        end
    }

    /// A number in words: twenty five, two hundred, one.
    pub(super) fn count(&mut self, at: usize) -> usize {
        let (mut total, mut part, mut next, mut sure) = (0_u32, None, at, false);
        loop {
            match (self.meaning(next), part) {
                (Some(Word::Count(value)), None) => part = Some(value),
                (Some(Word::Count(value @ 1..=9)), Some(tens)) if tens >= 20 && tens % 10 == 0 => {
                    part = Some(tens + value)
                }
                (Some(Word::Count(value @ 1..=90)), Some(hundreds)) if hundreds >= 100 && hundreds % 100 == 0 => {
                    part = Some(hundreds + value);
                }
                (Some(Word::And), Some(hundreds))
                    if hundreds % 100 == 0
                        && hundreds > 0
                        && matches!(self.meaning(next + 1), Some(Word::Count(_))) => {}
                (Some(Word::One), None) => part = Some(1),
                (Some(Word::One), Some(tens)) if tens % 100 >= 20 && tens % 10 == 0 => part = Some(tens + 1),
                (Some(Word::Second), None) if next == at => part = Some(2),
                (Some(Word::Scale(100)), _) => part = Some(part.unwrap_or(1).saturating_mul(100)),
                (Some(Word::Scale(scale)), _) => {
                    total = total.saturating_add(part.take().unwrap_or(1).saturating_mul(scale));
                }
                _ => break,
            }
            sure |= !matches!(self.meaning(next), Some(Word::One | Word::Second | Word::And));
            next += 1;
        }
        let value = total.saturating_add(part.unwrap_or(0));
        let hash = whole_of(value);
        let counted = self.unit_at(next).is_some() || self.counts_points(next);
        self.bind(Kind::Number, hash, at, next - 1);
        if !sure
            && !counted
            && let Some(slot) = self.found.slots.last_mut()
        {
            slot.bound = slot.bound.optional();
        }
        self.after_number(next - 1, hash)
    }

    /// "one star", "one out of": the word before these is a number.
    pub(super) fn counts_points(&self, at: usize) -> bool {
        let points = [
            b"star".as_slice(),
            b"stars",
            b"point",
            b"points",
            b"out",
            b"person",
            b"guest",
            b"item",
            b"unit",
            b"ticket",
        ];
        self.tokens.get(at).is_some_and(|token| points.iter().any(|word| self.bytes(token).eq_ignore_ascii_case(word)))
    }

    pub(super) fn unit_at(&self, at: usize) -> Option<u8> {
        match self.tokens.get(at)? {
            Token { tok: Tok::Unit(unit), .. } => Some(*unit),
            Token { tok: Tok::Word, hash, .. } => UNITS.get(*hash),
            _ => None,
        }
    }

    /// What a number counts, and "or more" behind it.
    pub(super) fn after_number(&mut self, at: usize, hash: u64) -> usize {
        let mut next = at + 1;
        if let Some(unit) = self.unit_at(next) {
            self.unit(hash, unit, next);
            next += 1;
        } else if let Some(token) =
            self.tokens.get(next).filter(|token| token.tok == Tok::Word && WORDS.get(token.hash).is_none())
            && let Some(slot) = self.found.slots.last_mut()
            && slot.field == 0
        {
            slot.field = Naming { hash: singular(&self.text.as_bytes()[token.start..token.end]), snake: false }.low();
        }
        let word =
            |at: usize| self.tokens.get(at).filter(|token| token.tok == Tok::Word).map(|token| self.bytes(token));
        let either = |at: usize| {
            word(at).is_some_and(|word| word.eq_ignore_ascii_case(b"or") || word.eq_ignore_ascii_case(b"and"))
        };
        // "4 or more", "4 stars or more".
        let or = if either(next) { next } else { next + 1 };
        if either(or)
            && (or == next || word(next).is_some_and(|word| WORDS.get(super::table::hash(word)).is_none()))
            && let Some(relation) = self.meaning(or + 1).and_then(|word| match word {
                Word::Comparative(Relation::Greater) | Word::Bound(Relation::Greater) => Some(Relation::AtLeast),
                Word::Comparative(Relation::Less) | Word::Bound(Relation::Less) => Some(Relation::AtMost),
                _ => None,
            })
            && !matches!(self.tokens.get(or + 2).map(|token| token.tok), Some(Tok::Value(_)))
            && !word(or + 2).is_some_and(|word| word.eq_ignore_ascii_case(b"than"))
        {
            self.rebind(relation);
            next = or + 2;
        }
        next
    }

    /// Another relation for the number just found.
    pub(super) fn rebind(&mut self, relation: Relation) {
        if let Some(slot) = self.found.slots.iter_mut().rev().find(|slot| slot.kind == Kind::Number) {
            slot.bound = Bound::new(Operator { relation, negated: slot.bound.is_negated() });
        }
    }

    /// `$` before its number, `%` behind it.
    pub(super) fn unit_sign(&mut self, at: usize, unit: u8) -> usize {
        if let Some(next) = self.tokens.get(at + 1)
            && next.tok == Tok::Value(Kind::Number)
            && next.start == self.tokens[at].end
        {
            let hash = next.hash;
            let end = self.value(at + 1, Kind::Number);
            self.unit(hash, unit, at);
            return end;
        }
        at + 1
    }

    pub(super) fn unit(&mut self, number: u64, unit: u8, at: usize) {
        let token = self.tokens[at];
        self.add(Kind::Unit, (number << 8) | u64::from(unit), token.start, token.end, Bound::PLAIN, 0);
    }
}
