//! What solvers did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One solver since start. One that asks others counts its own calls, and they count theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SolverView {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind: `rules`, `http`, `failover`, …
    pub kind: String,
    /// Times it was asked.
    pub calls: u64,
    /// Times it had no answer. Calls that were given up because another answered first, or because nobody waited any
    /// more, are none.
    pub failures: u64,
    /// The same by kind: `no_rule`, `upstream`, `limited`, `bad_answer`, `late`.
    pub failures_by_kind: BTreeMap<String, u64>,
    /// Calls under way.
    pub inflight: u64,
    /// Median time to an answer over the last ten minutes, milliseconds.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the same, milliseconds.
    pub p95_ms: Option<f64>,
    /// What its answers cost as far as is known, US dollars. Calls that were given up may have cost more.
    pub cost_usd: Option<f64>,
    /// Whether it is asked; absent where no failover watches it. Of several, the one that is asked least.
    pub circuit: Option<Circuit>,
    /// What the last failure said.
    pub last_error: Option<String>,
}

/// Whether a failover asks one of its solvers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Circuit {
    /// It is asked.
    Closed,
    /// It failed before, and the next call, or one under way, shows whether it is well again.
    HalfOpen,
    /// It failed too often of late and is left alone.
    Open,
}
