//! Traces: requests that have ended become spans and go to a collector, in the background. A request only puts its record
//! into a queue; a full queue drops it and counts that. Without a collector nothing is done at all.

mod send;
mod span;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

pub use send::SpanSender;

use super::TelemetryConfig;
use crate::recorder::Record;

/// Requests that may wait for the collector.
const QUEUE: usize = 2_048;

/// Where requests that have ended go.
#[derive(Debug)]
pub struct SpanQueue {
    queue: mpsc::Sender<Record>,
    /// Of ten thousand requests in a row.
    share: u64,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// What became of traces since start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TraceCounts {
    /// The collector took them.
    pub sent: u64,
    /// The collector could not be reached, or did not take them.
    pub failed: u64,
    /// The queue was full.
    pub dropped: u64,
}

/// The queue and what empties it; nothing without a collector.
///
/// # Errors
///
/// When there can be no client for the collector: says why.
pub fn traces(config: &TelemetryConfig, hotkey: &str) -> Result<Option<(SpanQueue, SpanSender)>, String> {
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
    let (queue, waiting) = mpsc::channel(QUEUE);
    let counts = Arc::<Counts>::default();
    let share = (config.otlp_share_pct * 100.0).round() as u64;
    let sender = SpanSender::new(endpoint, hotkey, waiting, Arc::clone(&counts))?;
    Ok(Some((SpanQueue { queue, share, counts }, sender)))
}

impl SpanQueue {
    /// Queues a request if it is among those that are traced. Does not wait.
    pub fn offer(&self, record: &Record) {
        if !is_traced(record.id, self.share) {
            return;
        }
        if self.queue.try_send(record.clone()).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What became of them.
    pub fn counts(&self) -> TraceCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { sent, failed, dropped } = &*self.counts;
        TraceCounts { sent: read(sent), failed: read(failed), dropped: read(dropped) }
    }
}

/// Spreads `share` of ten thousand evenly, by number alone: a step that has no divisor in common with that.
fn is_traced(id: u64, share: u64) -> bool {
    id.wrapping_mul(6_181) % 10_000 < share
}

#[cfg(test)]
mod tests;
