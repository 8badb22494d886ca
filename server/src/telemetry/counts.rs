//! What was logged, and what was dropped because nobody could write it fast enough.

use std::sync::atomic::{AtomicU64, Ordering};

use lode_shared::LogLevel;
use tracing_appender::non_blocking::ErrorCounter;

/// Counts of our own log.
#[derive(Debug, Default)]
pub struct LogCounts {
    levels: [AtomicU64; 4],
    dashboard: AtomicU64,
    stderr: Option<ErrorCounter>,
    folder: Option<ErrorCounter>,
}

impl LogCounts {
    /// Of a log that goes there too; each counts what it drops.
    pub(super) fn new(stderr: Option<ErrorCounter>, folder: Option<ErrorCounter>) -> Self {
        Self { stderr, folder, ..Self::default() }
    }

    pub(super) fn logged(&self, level: LogLevel) {
        self.levels[level as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self) {
        self.dashboard.fetch_add(1, Ordering::Relaxed);
    }

    /// Lines since start, by level.
    pub fn by_level(&self) -> [(&'static str, u64); 4] {
        let count = |level: LogLevel| self.levels[level as usize].load(Ordering::Relaxed);
        [
            ("error", count(LogLevel::Error)),
            ("warn", count(LogLevel::Warn)),
            ("info", count(LogLevel::Info)),
            ("debug", count(LogLevel::Debug)),
        ]
    }

    /// Lines that did not get there because it was too slow.
    pub fn dropped_by_way(&self) -> [(&'static str, u64); 3] {
        let lines =
            |counter: &Option<ErrorCounter>| counter.as_ref().map_or(0, |counter| counter.dropped_lines() as u64);
        [
            ("stderr", lines(&self.stderr)),
            ("folder", lines(&self.folder)),
            ("dashboard", self.dashboard.load(Ordering::Relaxed)),
        ]
    }
}
