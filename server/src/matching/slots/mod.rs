//! Typed literals of a prompt, and the hard conflicts of two prompts.
//!
//! A similarity cannot tell "rate it 4" from "rate it 2": nearly all words agree. So before a stored answer is given for
//! another prompt, what is exact in both is compared exactly: quoted values, numbers, dates, addresses, the operators and
//! negations that govern them, and words that ask for opposite things. [`conflict()`] finds what forbids the answer,
//! whatever a similarity says; [`Agreement`] counts the rest for the verifier.
//!
//! Texts are scanned once, by hand, in time linear in their length; past 4,096 bytes (white space not counted) the rest of
//! a text is one value that must be the same. No text is refused and none can make it slow.

mod address;
mod agreement;
mod amounts;
mod conflict;
mod digits;
mod kind;
mod lexicon;
mod operators;
mod opposites;
mod parse;
#[cfg(test)]
mod properties;
mod register;
mod scan;
mod sides;
mod stem;
mod table;
#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use conflict::{Conflict, conflict};
pub use kind::{KINDS, Kind, Operator, Relation};

use std::ops::Range;

use kind::Slot;
use lexicon::Question;
use opposites::Sides;

/// The typed literals of one text: 16 bytes each on the heap, and no copy of the text.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Sorted by kind and hash, so that two texts are compared in one walk.
    found: Box<[Slot]>,
    /// Which sides of which opposites the words stand on.
    sides: Sides,
    /// Where the analysed part of the text ends, in bytes.
    end: u32,
    question: Option<Question>,
    /// A question to be answered, not a task to be done.
    asks: bool,
}

impl Slots {
    /// Finds the typed literals of `text`.
    pub fn parse(text: &str) -> Self {
        let mut found = parse::parse(text);
        found.slots.sort_unstable_by_key(|slot| (slot.kind, slot.hash, slot.start));
        Self {
            found: found.slots.into_boxed_slice(),
            sides: found.sides,
            end: u32::try_from(found.end).unwrap_or(u32::MAX),
            question: found.question,
            asks: found.asks,
        }
    }

    /// The slots with the text they were parsed from, which is not kept twice. Any other text gives false explanations.
    pub const fn of<'a>(&'a self, text: &'a str) -> Parsed<'a> {
        Parsed { slots: self, text }
    }

    /// How many typed literals there are.
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Bytes held on the heap.
    pub const fn heap_bytes(&self) -> usize {
        size_of::<Slot>() * self.found.len()
    }

    /// How many literals of this kind there are, each time counted.
    pub fn count(&self, kind: Kind) -> usize {
        self.found.iter().filter(|slot| slot.kind == kind).count()
    }

    /// Where the exact values stand in the text, in bytes, sorted by kind and value.
    pub fn places(&self) -> impl Iterator<Item = Range<usize>> {
        let place = |slot: &Slot| usize::from(slot.start)..usize::from(slot.start) + usize::from(slot.len);
        self.found.iter().filter(|slot| slot.kind <= Kind::Bare).map(place)
    }

    /// Whether the text asks a question, rather than for something to be done.
    pub const fn is_question(&self) -> bool {
        self.asks
    }
}

/// A text and its slots.
#[derive(Clone, Copy, Debug)]
pub struct Parsed<'a> {
    slots: &'a Slots,
    text: &'a str,
}

impl<'a> Parsed<'a> {
    /// The slot's own words.
    fn words(self, slot: &Slot) -> &'a str {
        let start = usize::from(slot.start);
        self.text.get(start..start + usize::from(slot.len)).unwrap_or("")
    }

    /// What was not analysed.
    fn rest(self) -> &'a str {
        self.text.get(self.slots.end as usize..).unwrap_or("")
    }
}
