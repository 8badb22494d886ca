//! The history behind the charts: fetched once for a range and after each reconnect, then extended by the live stream.

use std::time::Duration;

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use lode_shared::{ChainPoint, History, HistoryPoint, Range, Snapshot};

use crate::api::{self, Failure};
use crate::chart::series::{self, Data};
use crate::format;
use crate::live::Live;
use crate::ui::effect;

/// Long enough not to trouble a miner in trouble.
const RETRY: Duration = Duration::from_secs(5);
/// Between two syncs of the chain there may lie this much without a hole in the chart.
const CHAIN_GAP_MS: u64 = 3_600_000;

/// One for the page, in the context.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    pub range: RwSignal<Range>,
    /// Absent until the range was fetched.
    pub history: RwSignal<Option<History>>,
    /// Our place on the subnet over the same time.
    pub chain: RwSignal<Vec<ChainPoint>>,
    has_failed: RwSignal<bool>,
    /// Whether it is to be read again in a while.
    is_waiting: RwSignal<bool>,
    /// Bumped to fetch again after a failure.
    attempt: RwSignal<u32>,
}

impl Past {
    pub fn provide(live: Live) -> Self {
        let past = Self {
            range: RwSignal::new(Range::default()),
            history: RwSignal::new(None),
            chain: RwSignal::new(Vec::new()),
            has_failed: RwSignal::new(false),
            is_waiting: RwSignal::new(false),
            attempt: RwSignal::new(0),
        };
        effect(move || {
            past.attempt.track();
            let (range, connections) = (past.range.get(), live.connections.get());
            // Before the first snapshot nothing is known to be there.
            if connections > 0 {
                past.fetch(range);
            }
        });
        effect(move || live.snapshot.with(|snapshot| snapshot.iter().for_each(|snapshot| past.extend(snapshot))));
        provide_context(past);
        past
    }

    fn extend(self, snapshot: &Snapshot) {
        let range = self.range.get_untracked();
        if let Some(latest) = snapshot.latest {
            let newest = |history: &History| history.points.last().map_or(0, |point| point.at_ms);
            let is_new = self
                .history
                .with_untracked(|history| history.as_ref().is_some_and(|history| latest.at_ms > newest(history)));
            if is_new {
                let decisions = &snapshot.performance_tuning.decisions;
                self.history.update(|history| {
                    history.iter_mut().for_each(|history| series::append(history, latest, decisions, range));
                });
            }
        }
        if let Some(point) = snapshot.chain.point() {
            let is_new = self.chain.with_untracked(|points| points.last().is_none_or(|last| point.at_ms > last.at_ms));
            if is_new {
                self.chain.update(|points| series::append_chain(points, point, range));
            }
        }
    }

    /// Figures of the miner as a chart draws them.
    pub fn lines(self, lines: &[fn(&HistoryPoint) -> Option<f64>]) -> Data {
        self.history.with(|history| {
            let Some(history) = history else { return Data::default() };
            let data = Data::over_time(&history.points, |point| point.at_ms, series::gap_ms(history.step_s), lines);
            Data { marks: series::marks(&history.decisions, &history.starts), ..data }
        })
    }

    /// Figures of the subnet as a chart draws them, with the same marks: what changed when?
    pub fn chain_lines(self, lines: &[fn(&ChainPoint) -> Option<f64>]) -> Data {
        let marks = self.lines(&[]).marks;
        self.chain.with(|points| {
            let data = Data::over_time(points, |point| point.at_ms, CHAIN_GAP_MS, lines);
            Data { marks, ..data }
        })
    }

    /// What stands where a chart has nothing to draw.
    pub fn absence(self) -> Signal<String> {
        Signal::derive(move || {
            let why =
                if self.has_failed.get() { "The history could not be read; trying again." } else { format::NO_DATA };
            why.to_owned()
        })
    }

    fn fetch(self, range: Range) {
        api::read(format!("/api/v1/history?range={}", range.label()), move |read| {
            self.take(range, read, |history| self.history.set(Some(history)));
        });
        api::read(format!("/api/v1/chain/history?range={}", range.label()), move |read| {
            self.take(range, read, |points| self.chain.set(points));
        });
    }

    fn take<T>(self, range: Range, read: Result<T, Failure>, keep: impl FnOnce(T)) {
        // The reader may have chosen another range while this one was on its way.
        if self.range.get_untracked() != range {
            return;
        }
        match read {
            Ok(read) => {
                self.has_failed.set(false);
                keep(read);
            }
            // Both may fail, and are then read again together.
            Err(_) => {
                self.has_failed.set(true);
                if !self.is_waiting.get_untracked() {
                    self.is_waiting.set(true);
                    let again = move || {
                        self.is_waiting.set(false);
                        self.attempt.update(|attempt| *attempt += 1);
                    };
                    set_timeout(again, RETRY);
                }
            }
        }
    }
}
