//! The types on the wire between `lode` and its dashboard, and the rules that both sides check.
//!
//! Everything here is plain data. A figure that may not have been measured yet is an [`Option`]: absent is not zero.
//! Within one minor version fields are only added, so a page that is a little older than its server still reads it.

pub mod api;
pub mod cache;
pub mod chain;
pub mod decision;
pub mod explain;
pub mod history;
pub mod mandate;
pub mod snapshot;
pub mod solver;
pub mod traffic;
pub mod tuner;

pub use api::{ApiError, FieldError};
pub use cache::CacheStats;
pub use chain::{ChainPoint, ChainStatus, KeeperStatus, Serving};
pub use decision::{
    Adjustment, AgeingSeen, Decision, HoldReason, Infeasible, LabelsSeen, Reason, Setting, Step, Target,
};
pub use explain::{CandidateView, Entries, EntryRow, Explanation, PatternRow, ReliabilityBin, RequestRow, WhatIfPoint};
pub use history::{History, HistoryPoint, Range, Start};
pub use mandate::{AuditRow, Change, Limits, Mandate, Mode, Pins, Preview, RawBudget, RawMode, Replay, on_grid};
pub use snapshot::{Alert, LogLevel, LogLine, MinerInfo, Snapshot};
pub use solver::{Circuit, SolverView};
pub use traffic::{Percentiles, RequestRecord, Source, SourceCount, Traffic, ValidatorRow};
pub use tuner::{Moves, Observed, PerformanceTuning, RawTargets, ScopeThreshold, Settings, Targets};
