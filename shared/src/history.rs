//! Figures over time.

use serde::{Deserialize, Serialize};

use crate::Decision;

/// One sample. A figure is absent when no request arrived since the sample before: charts show a gap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HistoryPoint {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Requests a second since the sample before.
    pub requests_per_s: f64,
    /// Mean response time of the last 100 requests, seconds.
    pub response_s: Option<f64>,
    /// Success share of the last 100 requests, percent.
    pub success_pct: Option<f64>,
    /// Hit share of the last 100 requests, percent.
    pub hit_rate_pct: Option<f64>,
    /// Match threshold in force.
    pub match_threshold: f64,
    /// Time to live in force, seconds.
    pub ttl_s: u32,
    /// Incentive share at that time, percent.
    pub incentive_pct: Option<f64>,
}

/// The answer of `GET /api/v1/history?range=…`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct History {
    /// Seconds between points after thinning on the server (at most some 600 are sent: the least and the most of each of some
    /// 300 spans of time).
    pub step_s: u32,
    /// Samples, oldest first.
    pub points: Vec<HistoryPoint>,
    /// Decisions that moved a setting in that time, oldest first, at most 200.
    pub decisions: Vec<Decision>,
    /// Starts of the miner in that time, oldest first, at most 200: restarts and new versions.
    #[serde(default)]
    pub starts: Vec<Start>,
}

/// A start of the miner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Start {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Version of the binary.
    pub version: String,
}

/// How far back a chart looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Range {
    /// 15 minutes.
    #[default]
    #[serde(rename = "15m")]
    Minutes15,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
    /// One day.
    #[serde(rename = "24h")]
    Day,
    /// One week.
    #[serde(rename = "7d")]
    Week,
}

impl Range {
    /// All ranges, shortest first.
    pub const ALL: [Self; 4] = [Self::Minutes15, Self::Hour, Self::Day, Self::Week];

    /// Its length, seconds.
    pub fn seconds(self) -> u64 {
        match self {
            Self::Minutes15 => 900,
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
        }
    }

    /// As in a query and on the button: `15m`, `1h`, `24h`, `7d`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }
}
