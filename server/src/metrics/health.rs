//! The build, the store, the log and the traces.

use prometheus_client::registry::Unit;

use super::page::{Page, one};
use crate::store::Health;
use crate::telemetry::{LogCounts, TraceCounts};

pub(super) fn store(page: &mut Page, store: &Health) {
    page.counter("store_rows_dropped", "Rows that the disk was too slow for", store.dropped);
    page.state(
        "store_failing",
        "Whether writes to the data file fail: 1 yes, 0 no",
        Some(store.failing_since_ms.is_some()),
    );
    let since = "Since when writes to the data file fail";
    page.timestamp("store_failing_since_timestamp", since, store.failing_since_ms);
    page.timestamp(
        "store_last_commit_timestamp",
        "When something was last written to the data file",
        store.last_commit_ms,
    );
    let float = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
    page.gauge("store_file", "Size of the data file", Some(Unit::Bytes), float(store.file_bytes));
    page.gauge("store_free", "Room on the data file's disk", Some(Unit::Bytes), float(store.free_bytes));
    page.gauge("store_disk", "Size of the data file's disk", Some(Unit::Bytes), float(store.disk_bytes));
}

pub(super) fn log(page: &mut Page, log: &LogCounts, traces: TraceCounts) {
    let lines = log.by_level().map(|(level, count)| (one("level", level), count));
    page.counters("log_lines", "Lines that the miner has logged", lines);
    let dropped = log.dropped_by_way().map(|(way, count)| (one("to", way), count));
    page.counters("log_lines_dropped", "Lines that did not get there because it was too slow", dropped);
    let TraceCounts { sent, failed, dropped } = traces;
    let outcomes = [("sent", sent), ("failed", failed), ("dropped", dropped)];
    let outcomes = outcomes.map(|(outcome, count)| (one("outcome", outcome), count));
    page.counters("traces", "Requests whose trace was meant for the collector, by what came of it", outcomes);
}
