//! What the core needs from outside, as traits: each has one real implementation or more, and a fake in tests.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use lode_shared::{CacheStats, Settings};
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::{Answer, ChainView, LabelKind, Question, Task};

/// Answers questions.
pub trait Solver: Send + Sync {
    /// The answer's fields. The caller drops the future at its deadline: nothing may go on behind it.
    ///
    /// A solver that gets the text of `task.streams` bit by bit passes each bit on with `write` as it comes; what it returns
    /// holds all of it.
    fn solve<'a>(&'a self, task: &'a Task, write: Write<'a>) -> BoxFuture<'a, Result<Map<String, Value>, SolveError>>;
}

/// Passes on text as it is written.
pub type Write<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Why a solver has no answer. The text is for the operator: validators never see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SolveError {
    /// No rule matches the prompt.
    #[error("no rule matches the prompt; add one to the solver's rules, or a solver of another kind")]
    NoRule,
    /// The service cannot be reached or hung up.
    #[error("{0}")]
    Upstream(String),
    /// The service answered, but not with what the adapter needs.
    #[error("{0}")]
    BadAnswer(String),
}

/// Remembers answers.
pub trait Recall: Send + Sync {
    /// The remembered answer to `question`, if there is one that may be given under `settings`.
    fn recall<'a>(&'a self, question: &'a Question, settings: Settings, now_ms: u64) -> BoxFuture<'a, Recollection>;

    /// Keeps a validated answer, fresh from a solver.
    fn remember(&self, question: &Question, answer: Arc<Answer>, now_ms: u64);

    /// Learns whether what was given to a request was right; `false` when the request is no longer known, or was not
    /// answered from memory.
    fn judge(&self, request_id: u64, judged: Judged, now_ms: u64) -> bool;

    /// Remembered answers to prompts like this one, most alike first: examples for a solver that can use them.
    fn examples(&self, question: &Question, count: usize) -> Vec<Example>;

    /// Counters and sizes.
    fn stats(&self, now_ms: u64) -> CacheStats;
}

/// What came of a look into memory.
#[derive(Debug, Clone)]
pub struct Recollection {
    /// Under which it can be explained and judged.
    pub request_id: u64,
    /// The answer.
    pub found: Option<Found>,
}

/// An answer from memory, and which tier had it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The answer.
    pub answer: Arc<Answer>,
    /// The tier.
    pub source: lode_shared::Source,
}

/// What was found out about an answer from memory.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Whether it was right.
    pub right: bool,
    /// Who says so.
    pub kind: LabelKind,
    /// The probability with which it was chosen to be looked at, within (0, 1].
    pub sampling_rate: f64,
}

/// A question that was answered before.
#[derive(Debug, Clone)]
pub struct Example {
    /// Its prompt.
    pub prompt: String,
    /// The answer.
    pub answer: Arc<Answer>,
}

/// Keeps the metagraph in step with a chain.
pub trait Chain: Send {
    /// What it publishes.
    fn views(&self) -> ChainWatch;

    /// Follows the chain until `stop`.
    fn follow(self: Box<Self>, stop: CancellationToken) -> BoxFuture<'static, ()>;
}

/// The chain's last sync; `None` before the first.
pub type ChainWatch = watch::Receiver<Option<Arc<ChainView>>>;
