//! How the data file fares, for whoever watches: figures that were taken when it was last written, so that a disk that hangs
//! keeps nobody waiting.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Counts;

/// Sizes are asked for so often at most.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// A disk that fails now and then is told of so often at most, milliseconds.
const TELL_EVERY_MS: u64 = 60_000;

/// How the data file fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Since when nothing can be written, milliseconds since the Unix epoch; absent while writing works. The miner goes on
    /// from memory.
    pub failing_since_ms: Option<u64>,
    /// What the disk said last; absent while writing works.
    pub fault: Option<String>,
    /// When something was written last, milliseconds since the Unix epoch; absent before the first time.
    pub last_commit_ms: Option<u64>,
    /// Rows lost because the disk was behind or refused them.
    pub dropped: u64,
    /// The file and its journal, bytes; absent before they were looked at, as is the rest.
    pub file_bytes: Option<u64>,
    /// What we may still write to that disk, bytes.
    pub free_bytes: Option<u64>,
    /// The disk's size, bytes.
    pub disk_bytes: Option<u64>,
}

/// What the writer knows of it.
#[derive(Default)]
pub(super) struct Watch {
    measured: Option<Instant>,
    /// When a failure was told last.
    told_ms: Option<u64>,
    /// Whether its end is to be told.
    is_open: bool,
    dropped_before: u64,
}

impl Watch {
    /// Something was written.
    pub(super) fn wrote(&mut self, counts: &Counts, path: &Path, now_ms: u64) {
        let mut health = counts.health.lock();
        health.last_commit_ms = Some(now_ms);
        health.fault = None;
        if let Some(since_ms) = health.failing_since_ms.take()
            && std::mem::take(&mut self.is_open)
        {
            let lost = counts.dropped.load(Ordering::Relaxed) - self.dropped_before;
            let after_s = now_ms.saturating_sub(since_ms) / 1_000;
            let path = path.display();
            tracing::warn!("the data file {path} can be written again after {after_s} s; {lost} rows are lost");
        }
    }

    /// A batch could not be written: told once, until it is over, but no two within a minute.
    pub(super) fn failed(&mut self, counts: &Counts, path: &Path, fault: &rusqlite::Error, now_ms: u64) {
        let mut health = counts.health.lock();
        health.fault = Some(fault.to_string());
        if health.failing_since_ms.is_none() {
            health.failing_since_ms = Some(now_ms);
            self.dropped_before = counts.dropped.load(Ordering::Relaxed);
        }
        if !self.is_open && self.told_ms.is_none_or(|told_ms| now_ms.abs_diff(told_ms) >= TELL_EVERY_MS) {
            self.told_ms = Some(now_ms);
            self.is_open = true;
            tracing::error!("the data file {} cannot be written: {fault}; {}", path.display(), what_to_do(fault));
        }
    }

    /// Looks at the sizes, when it is time to.
    pub(super) fn measure(&mut self, counts: &Counts, path: &Path) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURE_EVERY) {
            return;
        }
        self.measured = Some(Instant::now());
        let bytes = |suffix| std::fs::metadata(super::beside(path, suffix)).map(|meta| meta.len());
        let file = bytes("").ok().map(|bytes_| bytes_ + bytes("-wal").unwrap_or(0));
        let disk = path.parent().and_then(|folder| rustix::fs::statvfs(folder).ok());
        let mut health = counts.health.lock();
        health.file_bytes = file;
        health.free_bytes = disk.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        health.disk_bytes = disk.as_ref().map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize));
    }
}

fn what_to_do(fault: &rusqlite::Error) -> &'static str {
    match fault.sqlite_error_code() {
        _ if super::mend::is_damage(fault) => {
            "the miner goes on from memory; restart it: the file is then checked and, if damaged, moved aside"
        }
        Some(rusqlite::ErrorCode::ReadOnly) => {
            "the miner goes on from memory; make the file and its folder writable for it"
        }
        _ => {
            "the miner goes on from memory, and changes of targets are refused; make room on that disk: it then goes on \
             by itself"
        }
    }
}
