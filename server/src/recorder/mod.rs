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
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn record(at_ms: u64, outcome: Outcome, took_ms: u64) -> Record {
        let (hotkey, took) = (Some(Hotkey::new([1; 32])), Duration::from_millis(took_ms));
        Record { hotkey, ..Record::new(at_ms, at_ms, outcome, took) }
    }

    fn answered(source: Source) -> Outcome {
        Outcome::Answered { source, cacheable: true }
    }

    #[test]
    fn requests_are_answers_and_failures_and_refusals() {
        let recorder = Recorder::new(100, None, 1);
        for outcome in [
            answered(Source::Exact),
            answered(Source::Solved),
            Outcome::Failed { reason: "timeout", cacheable: true },
            Outcome::Refused("replayed"),
        ] {
            recorder.record(&record(NOW, outcome, 10));
        }
        let traffic = recorder.traffic(None, NOW, NOW);
        let sum = traffic.answered + traffic.failed.values().sum::<u64>() + traffic.refused.values().sum::<u64>();
        assert_eq!((traffic.requests, sum, traffic.answered), (4, 4, 2));
        let (observed, total) = recorder.observed();
        assert_eq!(total, 3, "a refusal says nothing about answers");
        assert_eq!(observed.hit_rate_pct.map(f64::round), Some(33.0));
        assert_eq!(observed.success_pct.map(f64::round), Some(67.0));
    }

    #[test]
    fn strangers_who_knock_are_counted_but_are_no_sign_of_life() {
        let recorder = Recorder::new(100, None, 1);
        let stranger = Record { hotkey: None, ..record(NOW, Outcome::Refused("unregistered"), 1) };
        recorder.record(&stranger);
        let traffic = recorder.traffic(None, NOW, NOW);
        assert_eq!((traffic.requests, traffic.last_request_ms), (1, None));
    }

    #[test]
    fn what_is_sent_rather_than_nothing_is_no_success() {
        let recorder = Recorder::new(100, None, 1);
        recorder.record(&record(NOW, answered(Source::Solved), 10));
        recorder.record(&record(NOW + 1, answered(Source::Fallback), 10));
        assert_eq!(recorder.observed().0.success_pct, Some(50.0));
    }

    #[test]
    fn a_label_finds_its_request_among_the_last() {
        let recorder = Recorder::new(100, None, 1);
        recorder.record(&record(NOW, answered(Source::Semantic), 10));
        recorder.label(NOW, false, LabelKind::Shadow);
        let rows = recorder.last(&Filter::default(), 10);
        assert_eq!((rows[0].right, rows[0].judged_by.as_deref()), (Some(false), Some("shadow")));
        assert_eq!(recorder.observed().0.success_pct, Some(0.0));
        recorder.label(NOW + 1, false, LabelKind::Shadow);
        recorder.record(&record(NOW + 1, answered(Source::Semantic), 10));
        assert_eq!(recorder.last(&Filter::default(), 1)[0].right, Some(false), "it came before the request had ended");
        assert_eq!(recorder.observed().0.success_pct, Some(0.0));
        assert_eq!(recorder.next_id(), 1);
        assert_eq!(recorder.next_id(), 2);
    }

    #[test]
    fn the_last_requests_are_found_by_what_they_were_like() {
        let recorder = Recorder::new(100, None, 1);
        let stranger = Some(Hotkey::new([2; 32]));
        recorder.record(&record(3, answered(Source::Solved), 10));
        recorder.record(&record(1, answered(Source::Exact), 10));
        let failed = Outcome::Failed { reason: "timeout", cacheable: true };
        recorder.record(&Record { synapse: Some("Web".into()), ..record(2, failed, 10) });
        recorder.record(&Record { hotkey: stranger, ..record(4, Outcome::Refused("replayed"), 1) });
        recorder.label(3, false, LabelKind::Operator);
        let ids = |filter: Filter, count| recorder.last(&filter, count).iter().map(|row| row.id).collect::<Vec<_>>();
        let any = Filter::default;
        assert_eq!(ids(any(), 3), [4, 3, 2], "by number, in whatever order they ended");
        assert_eq!(ids(Filter { hotkey: stranger, ..any() }, 9), [4]);
        assert_eq!(ids(Filter { synapse: Some("Web".into()), ..any() }, 9), [2]);
        assert_eq!(ids(Filter { source: Some(Source::Exact), ..any() }, 9), [1]);
        assert_eq!(ids(Filter { answered: Some(true), ..any() }, 9), [3, 1]);
        assert_eq!(ids(Filter { answered: Some(false), ..any() }, 1), [4]);
        assert_eq!(ids(Filter { right: Some(false), ..any() }, 9), [3]);
        assert_eq!(ids(Filter { right: Some(true), ..any() }, 9), [0; 0], "nobody judged the others");
        assert_eq!(ids(Filter { source: Some(Source::Exact), answered: Some(false), ..any() }, 9), [0; 0]);
    }

    #[test]
    fn a_handshake_is_no_evidence_for_the_tuner() {
        let recorder = Recorder::new(100, None, 1);
        recorder.record(&record(NOW, Outcome::Answered { source: Source::Static, cacheable: false }, 1));
        assert_eq!(recorder.observed().1, 0);
    }

    #[test]
    fn percentiles_forget_what_is_older_than_five_minutes() {
        let recorder = Recorder::new(100, None, 1);
        recorder.record(&record(NOW, answered(Source::Solved), 5_000));
        let latency = recorder.traffic(None, NOW, NOW).latency.expect("one answer");
        assert!((latency.p99_ms / 5_000.0 - 1.0).abs() < 0.01, "two digits: {latency:?}");
        let later = NOW + 5 * MINUTE_MS;
        assert_eq!(recorder.traffic(None, NOW, later).latency, None);
        recorder.record(&record(later, answered(Source::Exact), 1));
        assert!(recorder.traffic(None, NOW, later).latency.expect("one answer").p99_ms < 2.0);
    }

    #[test]
    fn the_first_minute_has_no_rate_and_a_silent_one_has_zero() {
        let recorder = Recorder::new(100, None, 1);
        let start = NOW - NOW % MINUTE_MS;
        recorder.record(&record(start, answered(Source::Exact), 1));
        assert_eq!(recorder.traffic(None, start, start + 1).per_minute, None);
        recorder.record(&record(start + MINUTE_MS, answered(Source::Exact), 1));
        assert_eq!(recorder.traffic(None, start, start + 2 * MINUTE_MS).per_minute, Some(1));
        assert_eq!(recorder.traffic(None, start, start + 9 * MINUTE_MS).per_minute, Some(0));
    }
}
