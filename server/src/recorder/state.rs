//! Counters, the tuner's window, and who called.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use hdrhistogram::Histogram;
use lode_shared::{Percentiles, Source, ValidatorRow};

use super::{Outcome, Record};
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
pub(super) const MINUTE_MS: u64 = 60_000;

#[derive(Clone)]
pub(super) struct State {
    pub(super) window: Window,
    pub(super) requests: u64,
    pub(super) answered: u64,
    pub(super) sources: BTreeMap<Source, u64>,
    pub(super) failed: BTreeMap<&'static str, u64>,
    pub(super) refused: BTreeMap<&'static str, u64>,
    pub(super) last_request_ms: Option<u64>,
    pub(super) minutes: Minutes,
    pub(super) latency: VecDeque<(u64, Histogram<u32>)>,
    pub(super) senders: HashMap<Hotkey, Sender>,
}

#[derive(Default, Clone)]
pub(super) struct Sender {
    requests: u64,
    last_seen_ms: u64,
    minutes: Minutes,
    response_ms: VecDeque<f64>,
}

/// Requests of this minute and of the one before.
#[derive(Default, Clone, Copy)]
pub(super) struct Minutes {
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

    pub(super) fn last_full(mut self, minute: u64) -> u64 {
        self.turn(minute);
        self.previous
    }
}

impl State {
    pub(super) fn new(window: usize) -> Self {
        Self {
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
        }
    }

    pub(super) fn record(&mut self, record: &Record) {
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
                    let success = !source.is_makeshift();
                    let similar = matches!(source, Source::Semantic | Source::Memory);
                    let cost_usd = record.stages.solve.and_then(|solve| solve.cost_usd);
                    let request_id = record.id;
                    self.window.push(Sample { request_id, response_ms, success, hit, similar, cost_usd });
                }
            }
            Outcome::Failed { reason, cacheable } => {
                *self.failed.entry(reason).or_default() += 1;
                let hit = cacheable.then_some(false);
                let (success, similar, cost_usd) = (false, false, None);
                self.window.push(Sample { request_id: record.id, response_ms, success, hit, similar, cost_usd });
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

    pub(super) fn percentiles(&self, minute: u64) -> Option<Percentiles> {
        let mut recent = self.latency.iter().filter(|(at, _)| at + LATENCY_MINUTES as u64 > minute);
        let mut all = recent.next()?.1.clone();
        for (_, histogram) in recent {
            all.add(histogram).expect("same bounds");
        }
        let quantile_ms = |quantile| all.value_at_quantile(quantile) as f64 / 1_000.0;
        Some(Percentiles { p50_ms: quantile_ms(0.5), p95_ms: quantile_ms(0.95), p99_ms: quantile_ms(0.99) })
    }

    /// Validators of the subnet, called or not, and everybody else who called: by stake, then by requests.
    pub(super) fn rows(
        &self,
        chain: Option<&ChainView>,
        per_minute: impl Fn(&Minutes) -> Option<u64>,
    ) -> Vec<ValidatorRow> {
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
                    stake_alpha: found.and_then(|(_, neuron)| neuron.stake_rao).map(|rao| rao as f64 / 1e9),
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
