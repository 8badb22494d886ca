//! The recorder: counts every request, keeps the tuner's window and the percentiles, and hands rows to the store.
//!
//! One short lock per request; nothing here waits.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use hdrhistogram::Histogram;
use lode_shared::{Observed, Percentiles, Source, SourceCount, Traffic, ValidatorRow};
use parking_lot::Mutex;

use crate::domain::{ChainView, Sample, Window};
use crate::keys::Hotkey;

/// Percentiles look back this many minutes.
const LATENCY_MINUTES: usize = 5;
/// Response times are kept from a microsecond to a minute, with two digits.
const LATENCY_MAX_US: u64 = 60_000_000;
/// Response times kept per validator.
const VALIDATOR_SAMPLES: usize = 128;
/// Verified senders kept at most: more than the neurons of any subnet.
const MAX_SENDERS: usize = 1_024;
/// Rows in the snapshot.
const MAX_ROWS: usize = 64;
const MINUTE_MS: u64 = 60_000;

/// One request, when it is over.
#[derive(Debug, Clone)]
pub struct Record {
    /// When it ended, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Its sender, when proven.
    pub hotkey: Option<Hotkey>,
    /// How it ended.
    pub outcome: Outcome,
    /// From the parsed head to the finished answer.
    pub took: Duration,
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

/// Figures of the requests so far.
pub struct Recorder {
    state: Mutex<State>,
}

#[derive(Clone)]
struct State {
    window: Window,
    requests: u64,
    answered: u64,
    sources: BTreeMap<Source, u64>,
    failed: BTreeMap<&'static str, u64>,
    refused: BTreeMap<&'static str, u64>,
    last_request_ms: Option<u64>,
    minutes: Minutes,
    latency: VecDeque<(u64, Histogram<u32>)>,
    senders: HashMap<Hotkey, Sender>,
}

#[derive(Default, Clone)]
struct Sender {
    requests: u64,
    last_seen_ms: u64,
    minutes: Minutes,
    response_ms: VecDeque<f64>,
}

/// Requests of this minute and of the one before.
#[derive(Default, Clone, Copy)]
struct Minutes {
    minute: u64,
    current: u64,
    previous: u64,
}

impl Minutes {
    fn count(&mut self, minute: u64) {
        self.turn(minute);
        self.current += 1;
    }

    fn turn(&mut self, minute: u64) {
        // Requests overtake each other: one that ended just before the turn may be counted just after it.
        if minute != self.minute && minute + 1 != self.minute {
            self.previous = if minute == self.minute + 1 { self.current } else { 0 };
            self.current = 0;
            self.minute = minute;
        }
    }

    fn last_full(mut self, minute: u64) -> u64 {
        self.turn(minute);
        self.previous
    }
}

impl Recorder {
    /// Empty; the tuner looks at the last `window` requests.
    pub fn new(window: usize) -> Self {
        let state = State {
            window: Window::new(window),
            requests: 0,
            answered: 0,
            sources: BTreeMap::new(),
            failed: BTreeMap::new(),
            refused: BTreeMap::new(),
            last_request_ms: None,
            minutes: Minutes::default(),
            latency: VecDeque::with_capacity(LATENCY_MINUTES + 1),
            senders: HashMap::new(),
        };
        Self { state: Mutex::new(state) }
    }

    /// Counts a request that is over.
    pub fn record(&self, record: &Record) {
        self.state.lock().record(record);
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

impl State {
    fn record(&mut self, record: &Record) {
        let minute = record.at_ms / MINUTE_MS;
        self.requests += 1;
        let response_ms = record.took.as_secs_f64() * 1_000.0;
        match record.outcome {
            Outcome::Answered { source, cacheable } => {
                self.answered += 1;
                *self.sources.entry(source).or_default() += 1;
                self.remember_latency(minute, record.took);
                if source != Source::Static {
                    let hit = cacheable.then_some(source.is_memory());
                    self.window.push(Sample { response_ms, success: true, hit });
                }
            }
            Outcome::Failed { reason, cacheable } => {
                *self.failed.entry(reason).or_default() += 1;
                self.window.push(Sample { response_ms, success: false, hit: cacheable.then_some(false) });
            }
            Outcome::Refused(reason) => *self.refused.entry(reason).or_default() += 1,
        }
        let Some(hotkey) = record.hotkey else { return };
        // Strangers who knock are no sign that validators call.
        self.last_request_ms = Some(record.at_ms);
        self.minutes.count(minute);
        if self.senders.len() < MAX_SENDERS || self.senders.contains_key(&hotkey) {
            let sender = self.senders.entry(hotkey).or_default();
            sender.requests += 1;
            sender.last_seen_ms = record.at_ms;
            sender.minutes.count(minute);
            if matches!(record.outcome, Outcome::Answered { .. }) {
                if sender.response_ms.len() == VALIDATOR_SAMPLES {
                    sender.response_ms.pop_front();
                }
                sender.response_ms.push_back(response_ms);
            }
        }
    }

    fn remember_latency(&mut self, minute: u64, took: Duration) {
        let minute = self.latency.back().map_or(minute, |(newest, _)| minute.max(*newest));
        if self.latency.back().is_none_or(|(newest, _)| *newest != minute) {
            let histogram = Histogram::new_with_bounds(1, LATENCY_MAX_US, 2).expect("constant bounds in range");
            self.latency.push_back((minute, histogram));
            if self.latency.len() > LATENCY_MINUTES {
                self.latency.pop_front();
            }
        }
        if let Some((_, histogram)) = self.latency.back_mut() {
            histogram.saturating_record(took.as_micros() as u64);
        }
    }

    fn percentiles(&self, minute: u64) -> Option<Percentiles> {
        let mut recent = self.latency.iter().filter(|(at, _)| at + LATENCY_MINUTES as u64 > minute);
        let mut all = recent.next()?.1.clone();
        for (_, histogram) in recent {
            all.add(histogram).expect("same bounds");
        }
        let quantile_ms = |quantile| all.value_at_quantile(quantile) as f64 / 1_000.0;
        Some(Percentiles { p50_ms: quantile_ms(0.5), p95_ms: quantile_ms(0.95), p99_ms: quantile_ms(0.99) })
    }

    /// Validators of the subnet, called or not, and everybody else who called: by stake, then by requests.
    fn rows(&self, chain: Option<&ChainView>, per_minute: impl Fn(&Minutes) -> Option<u64>) -> Vec<ValidatorRow> {
        let metagraph = chain.map(|chain| &chain.metagraph);
        let permitted = metagraph.into_iter().flat_map(|metagraph| metagraph.validators());
        let mut hotkeys: Vec<Hotkey> = permitted.map(|(_, neuron)| neuron.hotkey).collect();
        hotkeys.extend(self.senders.keys());
        hotkeys.sort_unstable();
        hotkeys.dedup();
        let mut rows: Vec<_> = hotkeys
            .into_iter()
            .map(|hotkey| {
                let found = metagraph.and_then(|metagraph| metagraph.find(&hotkey));
                let sender = self.senders.get(&hotkey);
                ValidatorRow {
                    hotkey: hotkey.to_string(),
                    uid: found.map(|(uid, _)| uid),
                    stake_alpha: found.map(|(_, neuron)| neuron.stake_rao as f64 / 1e9),
                    permit: found.map(|(_, neuron)| neuron.validator_permit),
                    requests: sender.map_or(0, |sender| sender.requests),
                    per_minute: sender.map_or_else(|| per_minute(&Minutes::default()), |s| per_minute(&s.minutes)),
                    p95_ms: sender.and_then(Sender::p95_ms),
                    last_seen_ms: sender.map(|sender| sender.last_seen_ms),
                }
            })
            .collect();
        let weight = |row: &ValidatorRow| (row.stake_alpha.unwrap_or(-1.0), row.requests);
        rows.sort_by(|a, b| weight(b).partial_cmp(&weight(a)).unwrap_or(std::cmp::Ordering::Equal));
        rows.truncate(MAX_ROWS);
        rows
    }
}

impl Sender {
    fn p95_ms(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.response_ms.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn record(at_ms: u64, outcome: Outcome, took_ms: u64) -> Record {
        Record { at_ms, hotkey: Some(Hotkey::new([1; 32])), outcome, took: Duration::from_millis(took_ms) }
    }

    fn answered(source: Source) -> Outcome {
        Outcome::Answered { source, cacheable: true }
    }

    #[test]
    fn requests_are_answers_and_failures_and_refusals() {
        let recorder = Recorder::new(100);
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
        let recorder = Recorder::new(100);
        let stranger = Record { hotkey: None, ..record(NOW, Outcome::Refused("unregistered"), 1) };
        recorder.record(&stranger);
        let traffic = recorder.traffic(None, NOW, NOW);
        assert_eq!((traffic.requests, traffic.last_request_ms), (1, None));
    }

    #[test]
    fn a_handshake_is_no_evidence_for_the_tuner() {
        let recorder = Recorder::new(100);
        recorder.record(&record(NOW, Outcome::Answered { source: Source::Static, cacheable: false }, 1));
        assert_eq!(recorder.observed().1, 0);
    }

    #[test]
    fn percentiles_forget_what_is_older_than_five_minutes() {
        let recorder = Recorder::new(100);
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
        let recorder = Recorder::new(100);
        let start = NOW - NOW % MINUTE_MS;
        recorder.record(&record(start, answered(Source::Exact), 1));
        assert_eq!(recorder.traffic(None, start, start + 1).per_minute, None);
        recorder.record(&record(start + MINUTE_MS, answered(Source::Exact), 1));
        assert_eq!(recorder.traffic(None, start, start + 2 * MINUTE_MS).per_minute, Some(1));
        assert_eq!(recorder.traffic(None, start, start + 9 * MINUTE_MS).per_minute, Some(0));
    }
}
