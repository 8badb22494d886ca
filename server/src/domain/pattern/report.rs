//! What patterns say to whoever asks: events, listings, explanations.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::fill::Unfilled;
use super::known::{Known, Refusal};
use super::proof::Gap;

/// What learning from a pair came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A new pattern. It answers nothing yet.
    Learnt {
        /// The pattern.
        id: u64,
        /// Right predictions before it may answer.
        required: u8,
    },
    /// It predicted the answer, with values not seen before.
    Confirmed {
        /// The pattern.
        id: u64,
        /// Right predictions so far.
        right: u32,
        /// Right predictions before it may answer.
        required: u8,
    },
    /// It knows better now how a value is written in the answer, or which values a slot does not take.
    Narrowed {
        /// The pattern.
        id: u64,
    },
    /// It predicted something else and is gone.
    Refuted {
        /// The pattern.
        id: u64,
        /// Right predictions it had.
        right: u32,
        /// Whether it was allowed to answer.
        proven: bool,
    },
    /// It made room for another one.
    Evicted {
        /// The pattern.
        id: u64,
    },
}

/// An answer made from a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The answer's fields.
    pub fields: Map<String, Value>,
    /// The pattern, for [`super::Patterns::served`] and [`super::Patterns::contradict`]. With several that agree, the one
    /// with most evidence.
    pub pattern_id: u64,
    /// What speaks for it.
    pub evidence: Evidence,
}

/// What speaks for a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Answers it predicted exactly, each with values not seen before. It never predicted a wrong one.
    pub right: u32,
    /// How many were asked for.
    pub required: u8,
    /// Answers made from it.
    pub served: u64,
    /// When it was learnt, milliseconds of the caller's clock.
    pub learnt_ms: u64,
    /// When it was last learnt from or served, milliseconds of the caller's clock.
    pub last_used_ms: u64,
    /// When a real answer last was as predicted, milliseconds of the caller's clock.
    pub right_ms: u64,
}

impl From<&Known> for Evidence {
    fn from(known: &Known) -> Self {
        Self {
            right: known.right,
            required: known.required,
            served: known.served,
            learnt_ms: known.learnt_ms,
            last_used_ms: known.last_used_ms,
            right_ms: known.right_ms,
        }
    }
}

/// A pattern as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The pattern.
    pub id: u64,
    /// The prompt with `{1}`, `{2}` … for its slots. A slot that had one value in all right predictions takes no other,
    /// and stands there as that value.
    pub template: String,
    /// Whether it may answer.
    pub proven: bool,
    /// What speaks for it.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// Memory, bytes.
    pub bytes: usize,
}

impl From<&Known> for Listed {
    fn from(known: &Known) -> Self {
        Self {
            id: known.id,
            template: known.template.shown(&known.labels()),
            proven: known.is_proven(),
            evidence: known.into(),
            bytes: known.size_bytes(),
        }
    }
}

/// What the patterns make of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether they answer it.
    pub answered: bool,
    /// In words.
    pub reason: String,
    /// Every pattern that the prompt fits, those with most evidence first.
    pub fitting: Vec<Fitting>,
}

/// A pattern that a prompt fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fitting {
    /// The pattern.
    pub pattern: Listed,
    /// Its slots as the template shows them, each with its value in this prompt.
    pub values: Vec<(String, String)>,
    /// Why it does not answer, if so.
    pub refusal: Option<String>,
}

/// A refusal with what it needs to be put in words.
pub(super) struct Because<'r>(pub &'r Known, pub &'r Refusal);

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(known, refusal) = self;
        let labels = known.labels();
        let label = |slot: &usize| labels.get(*slot).map_or("", String::as_str);
        match refusal {
            Refusal::Unproven => {
                write!(f, "{} of {} answers predicted", known.right, known.required)
            }
            Refusal::Ambiguous => f.write_str("the prompt can be cut in several ways that give several answers"),
            Refusal::Gap(slot, Gap::Shape) => {
                write!(f, "no right prediction yet with a value written like that of {}", label(slot))
            }
            Refusal::Gap(_, Gap::Only(word)) => {
                write!(f, "every right prediction had “{word}” where this prompt differs")
            }
            Refusal::Unfilled(Unfilled::Form(slot)) => {
                write!(f, "too few predictions show how the answer writes a value like that of {}", label(slot))
            }
            Refusal::Unfilled(Unfilled::Number(slot)) => {
                write!(f, "the answer has a number for {}, and its value is none that JSON writes so", label(slot))
            }
            Refusal::Unfilled(Unfilled::TooLarge) => f.write_str("the answer would be too large"),
        }
    }
}
