//! A template: the words of a prompt with slots between them, and the answer with the same slots in it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::Forms;
use super::token::{Kind, Token, closing};

/// Slots a template may have.
pub(super) const MAX_SLOTS: usize = 16;
/// Of these, runs of bare words: each may be cut in several ways, so few keep matching cheap.
pub(super) const MAX_OPEN: usize = 4;

/// A piece of the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Element {
    /// Must stand there as it is.
    Fixed { kind: Kind, text: String, open: Option<char>, spaced: bool },
    /// Any literal of this kind; a [`Kind::Word`] stands for a run of bare tokens.
    Slot { slot: usize, kind: Kind, open: Option<char>, spaced: bool },
}

impl Element {
    pub(super) fn fixed(token: &Token<'_>) -> Self {
        Self::Fixed { kind: token.kind, text: token.text.to_owned(), open: token.open, spaced: token.spaced }
    }

    /// Whether it takes a run of bare tokens.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Slot { kind: Kind::Word, .. })
    }
}

/// A piece of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    /// The same in every answer.
    Same(Value),
    /// A string with values of the prompt in it.
    Text(Vec<Part>),
    /// A number of the prompt as a number.
    Number(usize),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A piece of a string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    Fixed(String),
    Slot { slot: usize, forms: Forms },
}

/// Prompt and answer with slots. Slots are numbered from 0 by where they first stand in the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Template {
    pub prompt: Vec<Element>,
    /// Always an object: an answer is a map of fields.
    pub answer: Node,
    pub slots: usize,
}

impl Template {
    /// A template in which every slot stands in the prompt and in the answer, and some word is fixed; else nothing.
    pub(super) fn new(prompt: Vec<Element>, answer: Node, slots: usize) -> Option<Self> {
        let template = Self { prompt, answer, slots };
        template.holds().then_some(template)
    }

    /// What [`Template::new`] promises; asked again of what comes from disk.
    pub(super) fn holds(&self) -> bool {
        let (mut asked, mut used) = (vec![false; self.slots.min(MAX_SLOTS)], vec![false; self.slots.min(MAX_SLOTS)]);
        let mut inside = (1..=MAX_SLOTS).contains(&self.slots);
        let mut mark = |marks: &mut Vec<bool>, slot: usize| match marks.get_mut(slot) {
            Some(mark) => *mark = true,
            None => inside = false,
        };
        for element in &self.prompt {
            if let Element::Slot { slot, .. } = element {
                mark(&mut asked, *slot);
            }
        }
        self.answer.visit(&mut |slot| mark(&mut used, slot));
        let word = |element: &Element| matches!(element, Element::Fixed { kind: Kind::Word, .. });
        inside
            && matches!(self.answer, Node::Object(_))
            && asked.iter().chain(&used).all(|mark| *mark)
            && self.prompt.iter().any(word)
            && self.prompt.iter().filter(|element| element.is_open()).count() <= MAX_OPEN
    }

    /// The same prompt parts and the same answer parts, whatever is known of forms.
    pub(super) fn is_twin(&self, other: &Self) -> bool {
        self.slots == other.slots && self.prompt == other.prompt && self.answer.is_twin(&other.answer)
    }

    /// Bytes on the heap, about.
    pub(super) fn size_bytes(&self) -> usize {
        let text = |element: &Element| match element {
            Element::Fixed { text, .. } => text.len(),
            Element::Slot { .. } => 0,
        };
        let prompt: usize = self.prompt.iter().map(|element| size_of::<Element>() + text(element)).sum();
        prompt + self.answer.size_bytes()
    }
}

impl Node {
    /// Calls `found` with the slot of every place.
    pub(super) fn visit(&self, found: &mut impl FnMut(usize)) {
        match self {
            Self::Same(_) => {}
            Self::Number(slot) => found(*slot),
            Self::Text(parts) => {
                for part in parts {
                    if let Part::Slot { slot, .. } = part {
                        found(*slot);
                    }
                }
            }
            Self::Array(items) => items.iter().for_each(|item| item.visit(found)),
            Self::Object(fields) => fields.iter().for_each(|(_, field)| field.visit(found)),
        }
    }

    /// Calls `found` with slot and forms of every place in a string, in an order that does not change.
    pub(super) fn visit_forms(&mut self, found: &mut impl FnMut(usize, &mut Forms)) {
        match self {
            Self::Same(_) | Self::Number(_) => {}
            Self::Text(parts) => {
                for part in parts {
                    if let Part::Slot { slot, forms } = part {
                        found(*slot, forms);
                    }
                }
            }
            Self::Array(items) => items.iter_mut().for_each(|item| item.visit_forms(found)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, field)| field.visit_forms(found)),
        }
    }

    /// Whether no slot is in it.
    pub(super) fn is_same(&self) -> bool {
        matches!(self, Self::Same(_))
    }

    fn is_twin(&self, other: &Self) -> bool {
        let parts = |one: &Part, two: &Part| match (one, two) {
            (Part::Fixed(one), Part::Fixed(two)) => one == two,
            (Part::Slot { slot: one, .. }, Part::Slot { slot: two, .. }) => one == two,
            _ => false,
        };
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| parts(one, two))
            }
            (Self::Array(one), Self::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.is_twin(two))
            }
            (Self::Object(one), Self::Object(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.0 == two.0 && one.1.is_twin(&two.1))
            }
            _ => self == other,
        }
    }

    fn size_bytes(&self) -> usize {
        let inside: usize = match self {
            Self::Same(value) => value_bytes(value),
            Self::Number(_) => 0,
            Self::Text(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Fixed(text) => size_of::<Part>() + text.len(),
                    Part::Slot { .. } => size_of::<Part>(),
                })
                .sum(),
            Self::Array(items) => items.iter().map(Self::size_bytes).sum(),
            Self::Object(fields) => fields.iter().map(|(key, field)| 24 + key.len() + field.size_bytes()).sum(),
        };
        size_of::<Self>() + inside
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 0,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| size_of::<Value>() + value_bytes(item)).sum(),
        // Key, hash and place in the map's own index.
        Value::Object(fields) => {
            fields.iter().map(|(key, field)| size_of::<Value>() + 48 + key.len() + value_bytes(field)).sum()
        }
    }
}

impl Template {
    /// The prompt with the labels of its slots in their places.
    pub(super) fn shown(&self, labels: &[String]) -> String {
        let mut shown = String::new();
        for element in &self.prompt {
            let (text, open, spaced) = match element {
                Element::Fixed { text, open, spaced, .. } => (text.as_str(), *open, *spaced),
                Element::Slot { slot, open, spaced, .. } => {
                    (labels.get(*slot).map_or("", String::as_str), *open, *spaced)
                }
            };
            shown.extend(spaced.then_some(' '));
            shown.extend(open);
            shown.push_str(text);
            shown.extend(open.and_then(closing));
        }
        shown
    }
}

/// The prompt with `{1}`, `{2}` … where its slots are.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = (1..=self.slots).map(|number| format!("{{{number}}}")).collect();
        f.write_str(&self.shown(&labels))
    }
}
