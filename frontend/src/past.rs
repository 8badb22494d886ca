//! The history behind the charts: fetched once for a range and after each reconnect, then extended by the live stream.

use std::time::Duration;

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use lode_shared::{History, Range};

use crate::api;
use crate::chart::series::{self, Row};
use crate::live::Live;

/// Long enough not to trouble a miner in trouble.
const RETRY: Duration = Duration::from_secs(5);

/// One for the page, in the context.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    pub range: RwSignal<Range>,
    /// Absent until the range was fetched.
    pub history: RwSignal<Option<History>>,
    /// The same as the charts draw it.
    pub rows: Memo<Vec<Row>>,
    pub has_failed: RwSignal<bool>,
    /// Bumped to fetch again after a failure.
    attempt: RwSignal<u32>,
}

impl Past {
    pub fn provide(live: Live) -> Self {
        let history = RwSignal::new(None::<History>);
        let past = Self {
            range: RwSignal::new(Range::default()),
            history,
            rows: Memo::new(move |_| history.with(|history| history.as_ref().map(series::rows).unwrap_or_default())),
            has_failed: RwSignal::new(false),
            attempt: RwSignal::new(0),
        };
        Effect::new(move || {
            past.attempt.track();
            let (range, connections) = (past.range.get(), live.connections.get());
            // Before the first snapshot nothing is known to be there.
            if connections > 0 {
                spawn_local(past.fetch(range));
            }
        });
        Effect::new(move || {
            live.snapshot.with(|snapshot| {
                let Some(snapshot) = snapshot else { return };
                let Some(latest) = snapshot.latest else { return };
                let newest = |history: &History| history.points.last().map_or(0, |point| point.at_ms);
                let is_new = past
                    .history
                    .with_untracked(|history| history.as_ref().is_some_and(|history| latest.at_ms > newest(history)));
                if is_new {
                    let (range, decisions) = (past.range.get_untracked(), &snapshot.performance_tuning.decisions);
                    past.history.update(|history| {
                        if let Some(history) = history {
                            series::append(history, latest, decisions, range);
                        }
                    });
                }
            });
        });
        provide_context(past);
        past
    }

    /// The moments to mark on a chart. Not tracked: rows change with every sample, and decisions only with samples.
    pub fn marks_ms(self) -> Vec<u64> {
        self.history.with_untracked(|history| {
            history.iter().flat_map(|history| &history.decisions).map(|decision| decision.at_ms).collect()
        })
    }

    async fn fetch(self, range: Range) {
        let answer = api::history(range).await;
        // The reader may have chosen another range while this one was on its way.
        if self.range.get_untracked() != range {
            return;
        }
        self.has_failed.set(answer.is_err());
        match answer {
            Ok(history) => self.history.set(Some(history)),
            Err(_) => set_timeout(move || self.attempt.update(|attempt| *attempt += 1), RETRY),
        }
    }
}
