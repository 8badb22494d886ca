//! What right predictions have shown about the slots of a template.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::fit::{Literal, is_bare};

/// Ways of writing a value that are kept for one slot.
const MAX_SHAPES: usize = 24;

/// Words that turn or join what stands beside them. As a part of an unquoted value they are never taken for any other
/// word: "shoes" and "not shoes" are no two values of one slot.
const TURNING: [&str; 20] = [
    "not",
    "no",
    "never",
    "without",
    "except",
    "excluding",
    "and",
    "or",
    "but",
    "then",
    "if",
    "unless",
    "until",
    "instead",
    "than",
    "nor",
    "before",
    "after",
    "while",
    "only",
];

/// Why a value is outside of what a slot was seen to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gap {
    /// Never seen written like this.
    Shape,
    /// A part of it was this in every right prediction.
    Only(String),
}

/// The values that a slot took in right predictions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SlotProof {
    shapes: Vec<Shape>,
    /// Written like this, a value gave a wrong prediction.
    refused: Vec<String>,
}

/// Values written alike: token by token, whether it may be another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    shape: String,
    spots: Vec<Spot>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Spot {
    first: String,
    seen: Variety,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Variety {
    One,
    Many,
    /// Another value gave a wrong prediction: it is a word of the template.
    Fixed,
}

impl SlotProof {
    /// Whether predictions have shown that any value like this one gives a right answer.
    pub(super) fn covers(&self, value: &Literal) -> Result<(), Gap> {
        let shape = self.shapes.iter().find(|seen| seen.shape == value.shape).ok_or(Gap::Shape)?;
        let mut spots = shape.spots.iter().zip(&value.words);
        let closed =
            spots.find(|(spot, word)| spot.first != **word && (spot.seen != Variety::Many || turns(word, value)));
        closed.map_or(Ok(()), |(spot, _)| Err(Gap::Only(spot.first.clone())))
    }

    /// Whether a prediction with this value can tell anything: not when it is known not to hold for it.
    pub(super) fn admits(&self, value: &Literal) -> bool {
        let fixed = |shape: &Shape| {
            let mut spots = shape.spots.iter().zip(&value.words);
            spots.any(|(spot, word)| spot.seen == Variety::Fixed && spot.first != **word)
        };
        let known = self.shapes.iter().find(|seen| seen.shape == value.shape);
        !self.refused.contains(&value.shape) && !known.is_some_and(fixed)
    }

    /// A prediction with this value was right.
    pub(super) fn right(&mut self, value: &Literal) {
        let Some(shape) = self.shapes.iter_mut().find(|seen| seen.shape == value.shape) else {
            if self.shapes.len() < MAX_SHAPES {
                let spots = value.words.iter().map(|word| Spot { first: word.clone(), seen: Variety::One });
                self.shapes.push(Shape { shape: value.shape.clone(), spots: spots.collect() });
            }
            return;
        };
        for (spot, word) in shape.spots.iter_mut().zip(&value.words) {
            if spot.seen == Variety::One && spot.first != *word && !turns(word, value) && !turns(&spot.first, value) {
                spot.seen = Variety::Many;
            }
        }
    }

    /// A prediction with this value, which is not covered, was wrong: values like it are left out from now on. False when
    /// there is no room to remember that.
    pub(super) fn leave_out(&mut self, value: &Literal) -> bool {
        match self.shapes.iter_mut().find(|seen| seen.shape == value.shape) {
            Some(shape) => {
                let spots = shape.spots.iter_mut().zip(&value.words);
                spots
                    .filter(|(spot, word)| spot.seen == Variety::One && spot.first != **word)
                    .for_each(|(spot, _)| spot.seen = Variety::Fixed);
                true
            }
            None if self.refused.len() < MAX_SHAPES => {
                self.refused.push(value.shape.clone());
                true
            }
            None => false,
        }
    }

    /// Whether it took two values or more.
    pub(super) fn varied(&self) -> bool {
        let many = |shape: &Shape| shape.spots.iter().any(|spot| spot.seen == Variety::Many);
        self.shapes.iter().any(many)
    }

    /// The only value seen, when there was only one.
    pub(super) fn only(&self) -> Option<String> {
        match self.shapes.as_slice() {
            [shape] if !self.varied() => Some(words(shape)),
            _ => None,
        }
    }

    /// Bytes on the heap, about.
    pub(super) fn size_bytes(&self) -> usize {
        let spot = |spot: &Spot| size_of::<Spot>() + spot.first.len();
        let shape =
            |shape: &Shape| size_of::<Shape>() + shape.shape.len() + shape.spots.iter().map(spot).sum::<usize>();
        let refused: usize = self.refused.iter().map(|shape| size_of::<String>() + shape.len()).sum();
        size_of::<Self>() + self.shapes.iter().map(shape).sum::<usize>() + refused
    }
}

/// In a value of bare words, a word that is no value.
fn turns(word: &str, value: &Literal) -> bool {
    is_bare(&value.shape) && TURNING.contains(&word.to_lowercase().as_str())
}

fn words(shape: &Shape) -> String {
    let mut text = String::new();
    let mut blanks = shape.shape.chars().peekable();
    for spot in &shape.spots {
        if blanks.peek() == Some(&' ') {
            blanks.next();
            text.push(' ');
        }
        text.push_str(&spot.first);
        blanks.next();
    }
    text
}

/// How sorely a prompt's wording has disappointed: the bar for the next pattern with it. Bounded; the oldest are forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Doubts {
    /// Hash of a template's prompt part and how many right predictions more than usual it needs, oldest first.
    known: VecDeque<(u64, u8)>,
}

/// Wordings remembered in one scope.
const MAX_DOUBTS: usize = 1_024;

impl Doubts {
    /// Right predictions asked for beyond the usual.
    pub(super) fn of(&self, prompt: u64) -> u8 {
        self.known.iter().find(|(known, _)| *known == prompt).map_or(0, |(_, more)| *more)
    }

    /// Asks for `more` from now on, on top of what is asked already.
    pub(super) fn add(&mut self, prompt: u64, more: u8) {
        let before = self.of(prompt);
        self.known.retain(|(known, _)| *known != prompt);
        if self.known.len() >= MAX_DOUBTS {
            self.known.pop_front();
        }
        self.known.push_back((prompt, before.saturating_add(more)));
    }

    /// Bytes on the heap, about.
    pub(super) fn size_bytes(&self) -> usize {
        self.known.capacity() * size_of::<(u64, u8)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Literal {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        Literal { text: text.to_owned(), shape: vec!["a"; words.len()].join(" "), words }
    }

    #[test]
    fn a_word_that_never_changed_is_no_value() {
        let mut proof = SlotProof::default();
        for text in ["weather in Paris", "weather in Rome"] {
            proof.right(&literal(text));
        }
        assert_eq!(proof.covers(&literal("weather in Oslo")), Ok(()));
        assert_eq!(proof.covers(&literal("hotels in Oslo")), Err(Gap::Only("weather".to_owned())));
        assert_eq!(proof.covers(&literal("Oslo")), Err(Gap::Shape));
    }

    #[test]
    fn a_negation_is_never_a_value() {
        let mut proof = SlotProof::default();
        for text in ["red shoes", "blue hats", "green coats"] {
            proof.right(&literal(text));
        }
        assert_eq!(proof.covers(&literal("old books")), Ok(()));
        assert!(proof.covers(&literal("not shoes")).is_err());
        assert!(proof.covers(&literal("shoes without")).is_err());
    }

    #[test]
    fn what_gave_a_wrong_answer_is_left_out_for_good() {
        let mut proof = SlotProof::default();
        proof.right(&literal("search"));
        assert!(proof.leave_out(&literal("look")));
        assert!(!proof.admits(&literal("look")));
        proof.right(&literal("look"));
        assert_eq!(proof.covers(&literal("look")), Err(Gap::Only("search".to_owned())));
        assert_eq!(proof.only().as_deref(), Some("search"));
        assert!(proof.leave_out(&literal("a b")));
        assert!(!proof.admits(&literal("c d")));
    }

    #[test]
    fn doubts_add_up_and_the_oldest_are_forgotten() {
        let mut doubts = Doubts::default();
        doubts.add(1, 7);
        doubts.add(1, 7);
        assert_eq!(doubts.of(1), 14);
        (2..2_000).for_each(|prompt| doubts.add(prompt, 1));
        assert_eq!((doubts.of(1), doubts.of(1_999), doubts.known.len()), (0, 1, MAX_DOUBTS));
    }
}
