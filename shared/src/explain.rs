//! Why a request was answered from memory, or was not.

use serde::{Deserialize, Serialize};

use crate::Source;

/// One look into memory: the body of `GET /api/v1/requests/{id}/explain`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The request.
    pub request: RequestRow,
    /// The values of the question's scope fields as JSON, cut to 512 bytes.
    pub scope: String,
    /// The prompt, cut to 2 KiB.
    pub prompt: String,
    /// The threshold that was in force: the least chance of being right at which an answer to another prompt is given.
    pub match_threshold: f64,
    /// The time to live that was in force, seconds.
    pub ttl_s: u32,
    /// What came of it, in a sentence.
    pub verdict: String,
    /// The remembered prompts nearest to this one, nearest first; none were looked for when the very question was there.
    pub candidates: Vec<CandidateView>,
    /// What the patterns said; absent when they were not asked.
    pub pattern: Option<String>,
}

/// One look into memory, in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RequestRow {
    /// Counts up since start.
    pub id: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The synapse's name.
    pub synapse: String,
    /// The tier that answered; absent when memory had no answer.
    pub source: Option<Source>,
    /// The entry that was given.
    pub entry: Option<u64>,
}

/// A remembered prompt that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CandidateView {
    /// The entry.
    pub entry: u64,
    /// Its prompt, cut to 2 KiB; absent when it is gone by now.
    pub prompt: Option<String>,
    /// Cosine of the two prompts' embeddings, -1 to 1.
    pub cosine: f32,
    /// Why it may never be given for this prompt, whatever the probability; absent when nothing speaks against it.
    pub conflict: Option<String>,
    /// The verifier's probability that its answer holds for this prompt; absent after a conflict.
    pub probability: Option<f64>,
    /// The same, corrected by what labels have taught.
    pub calibrated: Option<f64>,
    /// How sure it is that the answer is right for its own question, against a fresh solve's.
    pub standing: f64,
    /// The last two multiplied: what is compared with the threshold.
    pub chance: Option<f64>,
    /// How old the answer is now, seconds; absent when it is gone by now.
    pub age_s: Option<u64>,
    /// What the verifier saw, by name; absent when it is gone by now.
    pub features: Vec<(String, f32)>,
}

/// A remembered answer: one row of `GET /api/v1/cache/entries`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EntryRow {
    /// Counts up over all runs.
    pub id: u64,
    /// The synapse's name.
    pub synapse: String,
    /// Digest of its scope: what `POST /api/v1/cache/invalidate` takes.
    pub scope_id: String,
    /// The values of its scope fields as JSON, cut to 512 bytes.
    pub scope: String,
    /// The prompt, cut to 2 KiB.
    pub prompt: String,
    /// Which solver gave it.
    pub solver: String,
    /// What it took to solve, milliseconds.
    pub solve_ms: u64,
    /// How old it is, seconds.
    pub age_s: u64,
    /// Times it was given.
    pub hits: u32,
    /// When it was last given or stored, milliseconds since the Unix epoch.
    pub last_used_ms: u64,
    /// Labels that say it is right, and wrong; older ones count less.
    pub labels: (f64, f64),
    /// Probability that it is right for its own question.
    pub chance: f64,
    /// Contradicted, and so given to nobody.
    pub quarantined: bool,
    /// Beyond its time to live: a candidate only when it has proven itself.
    pub in_memory: bool,
    /// Bytes of memory that it takes, about.
    pub size_bytes: u64,
}

/// A page of remembered answers: the answer of `GET /api/v1/cache/entries`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Entries {
    /// Entries that match.
    pub total: usize,
    /// Those asked for.
    pub entries: Vec<EntryRow>,
}

/// A pattern of a scope: one row of `GET /api/v1/cache/patterns`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PatternRow {
    /// Counts up within the scope.
    pub id: u64,
    /// The prompt with `{1}`, `{2}` … for its slots.
    pub template: String,
    /// Whether it may answer.
    pub proven: bool,
    /// Answers that it predicted exactly.
    pub right: u32,
    /// How many of these it needs.
    pub required: u8,
    /// Answers made from it.
    pub served: u64,
    /// When it was last learnt from or used, milliseconds since the Unix epoch.
    pub last_used_ms: u64,
}

/// What another threshold would have done: one point of `GET /api/v1/cache/what-if`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct WhatIfPoint {
    /// The threshold.
    pub threshold: f64,
    /// Share of questions with a candidate that it would have answered, percent; absent without any.
    pub hit_pct: Option<f64>,
    /// Share of these hits that would have been wrong, percent; absent where nothing was labelled.
    pub wrong_pct: Option<f64>,
    /// Lower end of its one-sided 95 % interval.
    pub wrong_lower_pct: Option<f64>,
    /// Upper end of the same.
    pub wrong_upper_pct: Option<f64>,
    /// Labels that this rests on; older ones count less.
    pub labels: f64,
}

/// How right answers to similar prompts were where about the same chance was given to them: one row of `GET /api/v1/cache/reliability`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReliabilityBin {
    /// Mean chance given to them, percent: the verifier's probability, calibrated, times the answer's own standing.
    pub said_pct: f64,
    /// Share of them that was right, percent.
    pub right_pct: f64,
    /// Lower end of that share's one-sided 95 % interval (Wilson), percent.
    pub right_lower_pct: f64,
    /// Upper end of the same.
    pub right_upper_pct: f64,
    /// Labels that this rests on; older ones count less.
    pub labels: f64,
}
