//! What comes of a request, and what it took.

use std::sync::Arc;
use std::time::Duration;

use lode_shared::Source;

use crate::domain::Answer;

/// An answer and where it came from.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer's fields, beside the adapter's `reply`.
    pub answer: Arc<Answer>,
    /// Where it came from.
    pub source: Source,
}

/// What a solve took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SolveTimes {
    /// Waiting for its turn.
    pub queued: Duration,
    /// Solving.
    pub took: Duration,
    /// What it cost, US dollars; nothing where that is not known.
    pub cost_usd: Option<f64>,
}

impl SolveTimes {
    /// As a request of this source sees them: the cost is the leader's.
    pub(super) fn seen_by(self, source: Source) -> Self {
        let cost_usd = self.cost_usd.filter(|_| source != Source::Coalesced);
        Self { cost_usd, ..self }
    }
}

/// What the stages of a request took; those that it did not go through are absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stages {
    /// Looking into memory.
    pub recall: Option<Duration>,
    /// The solve that answered it.
    pub solve: Option<SolveTimes>,
}

/// What came of a request, and what it took.
#[derive(Debug)]
pub struct Told<T> {
    /// The answer, or why there is none.
    pub result: Result<T, AnswerError>,
    /// What it took.
    pub stages: Stages,
}

/// Why a verified request got no answer. The texts are safe to show to a validator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The deadline came first.
    #[error("Response timeout: no answer before the deadline")]
    Timeout,
    /// The solver failed.
    #[error("Internal Server Error: no answer")]
    Solver,
    /// What the solver said is no valid answer.
    #[error("Internal Server Error: no valid answer")]
    Invalid,
    /// The solve this request waited for was given up.
    #[error("Internal Server Error: solving was abandoned")]
    Abandoned,
    /// As many solves under way and waiting as there is time for.
    #[error("Service unavailable: too many questions are being solved")]
    Busy,
}

impl AnswerError {
    /// Every label that [`AnswerError::label`] gives, and `disconnected` for a validator that hung up first.
    pub const LABELS: [&str; 7] =
        ["abandoned", "busy", "disconnected", "invalid_answer", "panicked", "solver_error", "timeout"];

    /// The label under which it is counted.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Solver => "solver_error",
            Self::Invalid => "invalid_answer",
            Self::Abandoned => "abandoned",
            Self::Busy => "busy",
        }
    }
}
