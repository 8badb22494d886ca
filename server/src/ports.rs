//! What the core needs from outside, as traits: each has one real implementation or more, and a fake in tests.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use lode_shared::{CacheStats, KeeperStatus, Settings};
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::{Answer, ChainView, Digest128, LabelKind, Labels, Question, Restart, Room, Task};

/// Answers questions.
pub trait Solver: Send + Sync {
    /// The answer's fields. The caller drops the future at the deadline: nothing may go on behind it.
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>>;
}

/// What a solver may do for one task.
#[derive(Clone)]
pub struct SolveCall<'a> {
    /// When the answer must be there.
    pub deadline: Instant,
    /// Until when it is waited for. One that comes later, but before the deadline, is remembered all the same.
    pub wanted: Instant,
    /// Cancelled when nobody wants the answer any more; so is the future, which is dropped. What a solver starts beside it
    /// ends with this.
    pub stop: CancellationToken,
    /// Passes on text of `task.streams` as it is written. A solver that gets it bit by bit passes each bit on as it comes;
    /// what it returns holds all of it.
    pub write: Write<'a>,
    /// Answers to prompts like this one.
    pub examples: Examples<'a>,
    /// A hedge asks its second solver after this percentile of the first one's times.
    pub hedge_percentile: u32,
}

/// Passes on text as it is written.
pub type Write<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Up to so many remembered answers to prompts like the task's, most alike first.
pub type Examples<'a> = &'a (dyn Fn(usize) -> Vec<Example> + Send + Sync);

impl SolveCall<'_> {
    /// Of nobody: nothing reads along, nothing is remembered.
    pub fn alone(deadline: Instant) -> Self {
        let wanted = deadline;
        let (stop, hedge_percentile) = (CancellationToken::new(), Settings::DEFAULT.hedge_percentile);
        Self { deadline, wanted, stop, write: &|_| (), examples: &|_| Vec::new(), hedge_percentile }
    }
}

/// What a solver says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Solved {
    /// The answer's fields.
    pub fields: Map<String, Value>,
    /// What it cost, US dollars; nothing where that is not known.
    pub cost_usd: Option<f64>,
    /// Who of several answered; absent when there was but one.
    pub by: Option<Arc<str>>,
}

impl From<Map<String, Value>> for Solved {
    fn from(fields: Map<String, Value>) -> Self {
        Self { fields, ..Self::default() }
    }
}

/// Why a solver has no answer. The text is for the operator: validators never see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SolveError {
    /// No rule matches the prompt.
    #[error("no rule matches the prompt; add one to the solver's rules, or a solver of another kind")]
    NoRule,
    /// The service cannot be reached, hung up or failed.
    #[error("{0}")]
    Upstream(String),
    /// The service, or what we let it spend, has no room now.
    #[error("{message}")]
    Limited {
        /// What was said.
        message: String,
        /// When it may be asked again, where that is known.
        retry_after: Option<Duration>,
    },
    /// The service answered, but not with what the adapter needs.
    #[error("{0}")]
    BadAnswer(String),
    /// The deadline came first.
    #[error("no answer before the deadline")]
    Late,
}

/// Remembers answers.
pub trait Recall: Send + Sync {
    /// The remembered answer to `question`, if there is one that may be given.
    fn recall<'a>(&'a self, question: &'a Question, look: Look) -> BoxFuture<'a, Recollection>;

    /// Keeps a validated answer, fresh from a solver.
    fn remember(&self, question: &Question, answer: Arc<Answer>, now_ms: u64);

    /// Keeps what a check of an answer from memory has brought. What that says of the old answer, [`Recall::judge`] is told.
    fn renew(&self, question: &Question, answer: Arc<Answer>, now_ms: u64);

    /// Learns whether what was given to a request was right; `false` when the request is no longer known, or was not
    /// answered from memory.
    fn judge(&self, request_id: u64, judged: Judged, now_ms: u64) -> bool;

    /// Learns whether a solver's answer was right, given the digest of its question; `false` when it is not remembered.
    fn judge_answer(&self, synapse: &str, question: Digest128, answer: &Answer, right: bool, now_ms: u64) -> bool;

    /// Remembered answers to prompts like this one, most alike first: examples for a solver that can use them.
    fn examples(&self, question: &Question, count: usize) -> Vec<Example>;

    /// Counters and sizes.
    fn stats(&self, now_ms: u64) -> CacheStats;
}

/// What the tuner looks at and moves, beside the settings that everybody reads.
pub trait Steered: Send + Sync {
    /// What labels say, with a point for each of these thresholds.
    fn labels(&self, thresholds: &[f64], now_ms: u64) -> Labels;

    /// What left the cache, and what is in it.
    fn room(&self) -> Room;

    /// These scopes have thresholds of their own, no others; infinite where similar answers are off.
    fn set_thresholds(&self, thresholds: HashMap<u64, f64>);

    /// What was learnt, as it is kept, with its key in the store.
    fn kept_labels(&self) -> (&'static str, serde_json::Value);

    /// The labels of these begin anew.
    fn restart(&self, restart: &Restart, now_ms: u64);

    /// Holds up to `entries` answers from now on. Blocking, for as long as it takes to look at all of them.
    fn resize(&self, entries: u64);

    /// No time to live will be longer.
    fn set_longest_ttl(&self, longest: Duration);

    /// Returns when an answer was found wrong since it last did.
    fn alarmed(&self) -> BoxFuture<'_, ()>;
}

/// A look into memory.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The request it is for: under this id it can be explained and judged.
    pub request_id: u64,
    /// The tuner's settings.
    pub settings: Settings,
    /// When, milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// What came of a look into memory.
#[derive(Debug, Clone, Default)]
pub struct Recollection {
    /// The request it is for.
    pub request_id: u64,
    /// The answer.
    pub found: Option<Found>,
    /// The likeliest answer that is not sure enough: better than none when no solver answers in time.
    pub nearest: Option<Nearest>,
}

/// An answer from memory, and which tier had it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The answer.
    pub answer: Arc<Answer>,
    /// The tier.
    pub source: lode_shared::Source,
    /// How often it was found right or wrong; older labels count less.
    pub labels: f64,
}

/// An answer that may be right.
#[derive(Debug, Clone)]
pub struct Nearest {
    /// The answer. Nothing speaks against it but that it is not likely enough.
    pub answer: Arc<Answer>,
    /// The chance that it is right.
    pub chance: f64,
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

    /// How it fares.
    fn status(&self) -> watch::Receiver<KeeperStatus>;

    /// Asks for a sync at once.
    fn wake(&self) -> Arc<Notify>;

    /// Follows the chain until `stop`.
    fn follow(self: Box<Self>, stop: CancellationToken) -> BoxFuture<'static, ()>;
}

/// The chain's last sync; `None` before the first.
pub type ChainWatch = watch::Receiver<Option<Arc<ChainView>>>;
