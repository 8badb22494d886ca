//! The recorder: numbers every request, counts it, keeps the tuner's window and the percentiles, and hands rows to the store.
//!
//! One short lock per request; nothing here waits.

mod filter;
mod state;
mod timings;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lode_shared::{Observed, RequestRecord, Source, SourceCount, Traffic};
use parking_lot::Mutex;

use crate::agent::Stages;
use crate::domain::{ChainView, LabelKind};
use crate::keys::Hotkey;
use crate::store::Store;
use crate::telemetry::{SpanQueue, TraceCounts};
pub use filter::Filter;
use state::{MINUTE_MS, Minutes, State};
pub use timings::Timed;
use timings::Timings;

/// Requests kept at hand; older ones are on disk.
const LAST: usize = 1_024;
/// Labels that may wait for their request to end.
const EARLY: usize = 64;

/// One request, when it is over.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its number.
    pub id: u64,
    /// When it ended, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Its sender, when proven.
    pub hotkey: Option<Hotkey>,
    /// Its synapse, when known.
    pub synapse: Option<Arc<str>>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who solved it, now or when it was remembered.
    pub solver: Option<Arc<str>>,
    /// Until its sender and body were proven.
    pub verify: Option<Duration>,
    /// What the agent's stages took.
    pub stages: Stages,
    /// From the parsed head to the finished answer.
    pub took: Duration,
    /// Whether the answer was right, and who says so.
    pub label: Option<(bool, LabelKind)>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered; `cacheable` says whether memory was asked.
    Answered {
        /// Where the answer came from.
        source: Source,
        /// Whether its synapse may be answered from memory.
        cacheable: bool,
    },
    /// Verified, but not answered, for this reason.
    Failed {
        /// The reason's label.
        reason: &'static str,
        /// Whether its synapse may be answered from memory.
        cacheable: bool,
    },
    /// Turned away, for this reason.
    Refused(&'static str),
}

impl Record {
    /// Of a request of which only this is known.
    pub fn new(id: u64, at_ms: u64, outcome: Outcome, took: Duration) -> Self {
        let (hotkey, synapse, solver, verify, label) = (None, None, None, None, None);
        Self { id, at_ms, hotkey, synapse, outcome, solver, verify, stages: Stages::default(), took, label }
    }

    /// As a row.
    pub fn row(&self) -> RequestRecord {
        let ms = |duration: Duration| duration.as_micros() as f64 / 1_000.0;
        let (source, reason) = match self.outcome {
            Outcome::Answered { source, .. } => (Some(source), None),
            Outcome::Failed { reason, .. } | Outcome::Refused(reason) => (None, Some(reason.to_owned())),
        };
        let solve = self.stages.solve;
        RequestRecord {
            id: self.id,
            at_ms: self.at_ms,
            hotkey: self.hotkey.map(|hotkey| hotkey.to_string()),
            synapse: self.synapse.as_deref().map(str::to_owned),
            source,
            solver: self.solver.as_deref().map(str::to_owned),
            reason,
            took_ms: ms(self.took),
            verify_ms: self.verify.map(ms),
            recall_ms: self.stages.recall.map(ms),
            queue_ms: solve.map(|solve| ms(solve.queued)),
            solve_ms: solve.map(|solve| ms(solve.took)),
            cost_usd: solve.and_then(|solve| solve.cost_usd),
            right: self.label.map(|(right, _)| right),
            judged_by: self.label.map(|(_, kind)| kind.label().to_owned()),
        }
    }
}

/// Figures of the requests so far.
pub struct Recorder {
    state: Mutex<State>,
    last: Mutex<Last>,
    timings: Timings,
    rows: Option<Store>,
    spans: Option<SpanQueue>,
    next_id: AtomicU64,
}

/// The last requests, in the order in which they ended.
struct Last {
    records: VecDeque<Record>,
    /// Labels that came before their request had ended: its answer was on its way.
    early: VecDeque<(u64, bool, LabelKind)>,
}

impl Last {
    fn find(&mut self, request_id: u64) -> Option<&mut Record> {
        self.records.iter_mut().rev().find(|record| record.id == request_id)
    }

    fn take_early(&mut self, request_id: u64) -> Option<(bool, LabelKind)> {
        let at = self.early.iter().position(|(id, ..)| *id == request_id)?;
        self.early.remove(at).map(|(_, right, kind)| (right, kind))
    }
}

impl Recorder {
    /// Empty; the tuner looks at the last `window` requests. Rows go to `rows`; the first request has the number `first_id`.
    pub fn new(window: usize, rows: Option<Store>, first_id: u64) -> Self {
        let last = Last { records: VecDeque::with_capacity(LAST), early: VecDeque::new() };
        let (state, timings) = (Mutex::new(State::new(window)), Timings::default());
        Self { state, last: Mutex::new(last), timings, rows, spans: None, next_id: first_id.into() }
    }

    /// The same, and gives requests to `spans` when they have ended.
    #[must_use]
    pub fn tracing(self, spans: Option<SpanQueue>) -> Self {
        Self { spans, ..self }
    }

    /// Synapses whose durations are there, at zero, before the first request.
    pub fn expect_synapses(&self, synapses: impl IntoIterator<Item = Arc<str>>) {
        self.timings.expect(synapses);
    }

    /// How long requests took, for Prometheus.
    pub fn timed(&self) -> Timed {
        self.timings.timed()
    }

    /// The next request's number.
    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Counts a request that is over, and keeps it unless it is a stranger's that was turned away.
    pub fn record(&self, record: &Record) {
        self.state.lock().record(record);
        self.timings.record(record);
        if matches!(record.outcome, Outcome::Refused(_)) && record.hotkey.is_none() {
            return;
        }
        if let Some(spans) = &self.spans {
            spans.offer(record);
        }
        let mut record = record.clone();
        let mut last = self.last.lock();
        record.label = last.take_early(record.id).or(record.label);
        let gone = if last.records.len() == LAST { last.records.pop_front() } else { None };
        last.records.push_back(record.clone());
        drop(last);
        drop(gone);
        if let Some((false, _)) = record.label {
            self.state.lock().window.contradict(record.id);
        }
        if let Some(store) = &self.rows {
            store.request(record);
        }
    }

    /// Somebody found out whether the answer to a request was right.
    pub fn label(&self, request_id: u64, right: bool, kind: LabelKind) {
        let mut last = self.last.lock();
        match last.find(request_id) {
            // The operator's word stays, whoever judges later.
            Some(record) if record.label.is_some_and(|(_, by)| by == LabelKind::Operator && kind != by) => {}
            Some(record) => record.label = Some((right, kind)),
            None => {
                if last.early.len() == EARLY {
                    last.early.pop_front();
                }
                last.early.push_back((request_id, right, kind));
            }
        }
        drop(last);
        if !right {
            self.state.lock().window.contradict(request_id);
        }
        if let Some(store) = &self.rows {
            store.label_request(request_id, right, kind);
        }
    }

    /// What is known of a request, if it is among the last.
    pub fn find(&self, request_id: u64) -> Option<Record> {
        self.last.lock().find(request_id).cloned()
    }

    /// What became of traces; all zero where nobody wants them.
    pub fn traced(&self) -> TraceCounts {
        self.spans.as_ref().map(SpanQueue::counts).unwrap_or_default()
    }

    /// The last requests that are like `filter`, at most `count`, newest first.
    pub fn last(&self, filter: &Filter, count: usize) -> Vec<RequestRecord> {
        let last = self.last.lock();
        let mut found: Vec<_> = last.records.iter().filter(|record| filter.matches(record)).collect();
        // They are kept in the order in which they ended, which is nearly that of their numbers.
        found.sort_by_key(|record| record.id);
        // Only what is asked for is copied while requests wait; addresses are written when they do not any more.
        let newest: Vec<Record> = found.into_iter().rev().take(count).cloned().collect();
        drop(last);
        newest.iter().map(Record::row).collect()
    }

    /// The requests that ended last, the last one first: a slow one is among them although its number is low.
    pub fn ended(&self, count: usize) -> Vec<RequestRecord> {
        let ended: Vec<Record> = self.last.lock().records.iter().rev().take(count).cloned().collect();
        ended.iter().map(Record::row).collect()
    }

    /// The window's figures, and how many samples it ever saw.
    pub fn observed(&self) -> (Observed, u64) {
        let state = self.state.lock();
        (state.window.observed(), state.window.total())
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.state.lock().requests
    }

    /// Everything, for the snapshot. `started_ms` tells whether a full minute has been seen.
    pub fn traffic(&self, chain: Option<&ChainView>, started_ms: u64, now_ms: u64) -> Traffic {
        // Copied, so that nobody waits while rows are sorted and addresses written.
        let state = self.state.lock().clone();
        let minute = now_ms / MINUTE_MS;
        let seen_a_minute = started_ms / MINUTE_MS + 1 < minute;
        let own = |counts: &BTreeMap<&'static str, u64>| counts.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        let per_minute = |minutes: &Minutes| seen_a_minute.then(|| minutes.last_full(minute));
        Traffic {
            requests: state.requests,
            answered: state.answered,
            failed: own(&state.failed),
            refused: own(&state.refused),
            sources: Source::ALL
                .map(|source| SourceCount { source, answers: state.sources.get(&source).copied().unwrap_or(0) })
                .into(),
            per_minute: per_minute(&state.minutes),
            latency: state.percentiles(minute),
            last_request_ms: state.last_request_ms,
            validators: state.rows(chain, per_minute),
        }
    }
}

#[cfg(test)]
mod tests;
