//! Who asked, and how it went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The exact tier of the cache.
    Exact,
    /// The answer to a similar prompt, within its time to live.
    Semantic,
    /// An answer beyond its time to live that has proven itself.
    Memory,
    /// A pattern, filled in.
    Pattern,
    /// A solver, after a miss.
    Solved,
    /// Another request's solve of the same question, joined while in flight.
    Coalesced,
    /// A remembered answer that was not sure enough, sent because no solver answered in time.
    Candidate,
    /// The fields that the configuration has for when no solver answers in time.
    Fallback,
    /// Fields fixed in the configuration; nothing was asked.
    Static,
}

impl Source {
    /// All sources, in the order shown.
    pub const ALL: [Self; 9] = [
        Self::Exact,
        Self::Semantic,
        Self::Memory,
        Self::Pattern,
        Self::Coalesced,
        Self::Solved,
        Self::Candidate,
        Self::Fallback,
        Self::Static,
    ];

    /// The tiers of memory.
    pub const MEMORY: [Self; 4] = [Self::Exact, Self::Semantic, Self::Memory, Self::Pattern];

    /// Whether memory had the answer.
    pub fn is_memory(self) -> bool {
        Self::MEMORY.contains(&self)
    }

    /// Whether it was sent rather than nothing: no success, whatever it says.
    pub fn is_makeshift(self) -> bool {
        matches!(self, Self::Candidate | Self::Fallback)
    }

    /// The word used in metrics, logs and on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Fallback => "fallback",
            Self::Exact => "exact",
            Self::Semantic => "semantic",
            Self::Memory => "memory",
            Self::Pattern => "pattern",
            Self::Solved => "solved",
            Self::Coalesced => "coalesced",
            Self::Static => "static",
        }
    }
}

/// Traffic since start: what arrived at the axon, and what was asked directly. Each is either answered, failed or refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Traffic {
    /// Requests that arrived.
    pub requests: u64,
    /// Requests answered with status 200.
    pub answered: u64,
    /// Verified requests that got no answer, by reason (`timeout`, `solver_error`, `invalid_answer`, `disconnected`, …).
    pub failed: BTreeMap<String, u64>,
    /// Requests turned away before any work, by reason (`bad_signature`, `no_permit`, `replayed`, …).
    pub refused: BTreeMap<String, u64>,
    /// Answered requests by source, in the order of [`Source::ALL`].
    pub sources: Vec<SourceCount>,
    /// Verified requests in the last full minute; absent in the first minute after start.
    pub per_minute: Option<u64>,
    /// Response times of the last five minutes; absent when nothing was answered in them.
    pub latency: Option<Percentiles>,
    /// When the last verified request arrived, milliseconds since the Unix epoch.
    pub last_request_ms: Option<u64>,
    /// Validators seen, by stake and then by requests, at most 64.
    pub validators: Vec<ValidatorRow>,
}

/// One request: a row of `GET /api/v1/requests`. Durations are milliseconds; a stage that it did not go through is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RequestRecord {
    /// Counts up over all runs.
    pub id: u64,
    /// When it ended, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The sender's hotkey, SS58; absent for the operator's own.
    pub hotkey: Option<String>,
    /// The synapse; absent when the request named none that we know.
    pub synapse: Option<String>,
    /// Where the answer came from; absent when there was none.
    pub source: Option<Source>,
    /// Which solver gave the answer, now or when it was remembered.
    pub solver: Option<String>,
    /// Why there was no answer.
    pub reason: Option<String>,
    /// From the parsed head to the finished answer.
    pub took_ms: f64,
    /// Until its sender and body were proven.
    pub verify_ms: Option<f64>,
    /// Looking into memory.
    pub recall_ms: Option<f64>,
    /// Its solve's wait for a turn.
    pub queue_ms: Option<f64>,
    /// Its solve.
    pub solve_ms: Option<f64>,
    /// What the solve cost, US dollars; absent where that is not known.
    pub cost_usd: Option<f64>,
    /// Whether the answer was right; absent while nobody has found out.
    pub right: Option<bool>,
    /// Who found out: `validator`, `shadow`, `operator`.
    pub judged_by: Option<String>,
}

/// How many answers came from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SourceCount {
    /// The source.
    pub source: Source,
    /// Answers from it since start.
    pub answers: u64,
}

/// Response times in milliseconds, measured in the server from the parsed head to the finished answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Percentiles {
    /// Median.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
}

/// One validator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ValidatorRow {
    /// Its hotkey, SS58.
    pub hotkey: String,
    /// Its uid; absent when it is not in the metagraph.
    pub uid: Option<u16>,
    /// Its stake in alpha; absent when it is not in the metagraph.
    pub stake_alpha: Option<f64>,
    /// Whether it may call and set weights; absent when it is not in the metagraph.
    pub permit: Option<bool>,
    /// Verified requests since start.
    pub requests: u64,
    /// Requests in the last full minute; absent in the first minute after start.
    pub per_minute: Option<u64>,
    /// 95th percentile of its last 128 response times, milliseconds; absent before its first answer.
    pub p95_ms: Option<f64>,
    /// When it last called, milliseconds since the Unix epoch; absent when it never has.
    pub last_seen_ms: Option<u64>,
}
