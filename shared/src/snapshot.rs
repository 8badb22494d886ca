//! The one payload of `GET /api/dashboard` and of every event of `GET /api/v1/live`.

use serde::{Deserialize, Serialize};

use crate::{CacheStats, ChainStatus, HistoryPoint, PerformanceTuning, RequestRecord, SolverView, Traffic};

/// Everything the dashboard shows, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// When it was taken, milliseconds since the Unix epoch, by the server's clock.
    pub now_ms: u64,
    /// Who we are.
    pub miner: MinerInfo,
    /// What is wrong, the gravest first; empty while nothing is. The same is sent to a webhook.
    #[serde(default)]
    pub alerts: Vec<Alert>,
    /// Targets, settings and the last decisions.
    pub performance_tuning: PerformanceTuning,
    /// What the cache did.
    pub cache: CacheStats,
    /// Who asked, and how it went.
    pub traffic: Traffic,
    /// The newest requests that have ended, newest first, at most 20; `GET /api/v1/requests` has more.
    #[serde(default)]
    pub requests: Vec<RequestRecord>,
    /// What every solver did, by name.
    #[serde(default)]
    pub solvers: Vec<SolverView>,
    /// The subnet and our place in it.
    pub chain: ChainStatus,
    /// The newest sample of the history, to append to the charts; absent in the first seconds.
    pub latest: Option<HistoryPoint>,
    /// The last log lines, oldest first, at most 50; `GET /api/v1/log` has more.
    pub log: Vec<LogLine>,
}

/// Who we are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MinerInfo {
    /// Version of the binary.
    pub version: String,
    /// Our hotkey, SS58.
    pub hotkey: String,
    /// Where the axon listens, `ip:port`.
    pub axon: String,
    /// Seconds since start.
    pub uptime_s: u64,
}

/// Something that an operator should hear of without looking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Alert {
    /// The word for it, as `served_address`; docs/operations.md has them all.
    pub kind: String,
    /// What is measured and what to do, in a sentence.
    pub text: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// One line of the server's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Counts up from 1 since start: tells a new line from one already shown.
    pub id: u64,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// How serious.
    pub level: LogLevel,
    /// What happened.
    pub message: String,
    /// The file that it was read from; absent for our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How serious a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something needs a look.
    Warn,
    /// Something happened.
    Info,
    /// Detail for finding faults.
    Debug,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taken from a running miner: what older pages and other people's scripts read.
    #[test]
    fn the_payload_keeps_its_names() {
        let sample: serde_json::Value = serde_json::from_str(include_str!("snapshot.json")).expect("JSON");
        let snapshot: Snapshot = serde_json::from_value(sample.clone()).expect("a snapshot");
        assert_eq!(serde_json::to_value(&snapshot).expect("plain data"), sample);
    }
}
