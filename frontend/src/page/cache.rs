//! What memory holds, what it answers, what that saved, and how often it was wrong.

use leptos::prelude::*;
use lode_shared::{CacheStats, ReliabilityBin, Snapshot, WhatIfPoint};
use serde::de::DeserializeOwned;

use super::{entries, sources};
use crate::chart::figure::Figure;
use crate::chart::series::Data;
use crate::chart::spec::{RELIABILITY, Spec, WHAT_IF};
use crate::live::{Live, Tell};
use crate::ui::{Big, Card, Meter, effect, facts, sub};
use crate::verdict;
use crate::{api, format};

pub fn page() -> AnyView {
    let what_if = chart("what-if", "What if the threshold were another?", &WHAT_IF, "/api/v1/cache/what-if", what_if);
    let reliability =
        chart("reliability", "Is it as right as it says?", &RELIABILITY, "/api/v1/cache/reliability", reliability);
    vec![summary(), wrong(), what_if, reliability, entries::panel()].into_any()
}

/// Hits, size, savings.
pub fn summary() -> AnyView {
    let live = expect_context::<Live>();
    let aside = live.tell(|snapshot, _| {
        let cache = snapshot.cache;
        Some(format!("{} of {} entries", format::count(cache.entries), format::count(cache.capacity)))
    });
    let hit_rate = live.tell(|snapshot, _| snapshot.cache.hit_rate_pct().map(format::percent));
    const FACTS: &[(&str, Tell)] = &[
        ("hits, misses", |snapshot, _| {
            Some(format!("{}, {}", format::count(snapshot.cache.hits), format::count(snapshot.cache.misses)))
        }),
        ("exact, semantic, memory, pattern", |snapshot, _| {
            let CacheStats { hits, semantic_hits, memory_hits, pattern_hits, .. } = snapshot.cache;
            let exact = hits.saturating_sub(semantic_hits + memory_hits + pattern_hits);
            Some([exact, semantic_hits, memory_hits, pattern_hits].map(format::count).join(", "))
        }),
        ("wrong hits", |snapshot, _| wrong_text(&snapshot.cache)),
        ("stored", |snapshot, _| Some(format::count(snapshot.cache.stored))),
        ("kept beyond their time", |snapshot, _| Some(format::count(snapshot.cache.memory_entries))),
        ("expired, gone for room", |snapshot, _| {
            Some([snapshot.cache.expired, snapshot.cache.evicted].map(format::count).join(", "))
        }),
        ("contradicted, gone on demand", |snapshot, _| {
            Some([snapshot.cache.quarantined, snapshot.cache.forgotten].map(format::count).join(", "))
        }),
        ("size", |snapshot, _| Some(format::bytes(snapshot.cache.size_bytes))),
        ("solver time saved", |snapshot, _| Some(format::span(snapshot.cache.saved_s as u64))),
        ("solver cost saved", |snapshot, _| snapshot.cache.saved_usd.map(format::dollars)),
    ];
    view! {
        <Card id="cache" title="Cache" class="narrow" aside=aside>
            <Big figure=hit_rate unit=Signal::stored("% hits since start".to_owned()) />
            {sources::bar()}
            {facts(live, FACTS)}
        </Card>
    }
    .into_any()
}

fn wrong_text(cache: &CacheStats) -> Option<String> {
    let (share, upper) = (cache.false_hit_pct?, cache.false_hit_upper_pct?);
    let lower = cache.false_hit_lower_pct.map_or_else(String::new, |lower| format!("{lower:.1} to "));
    Some(format!("{share:.1} % ({lower}{upper:.1})"))
}

/// How much of the budget of wrong answers is used: the upper end of the interval counts, not the luck so far.
fn wrong() -> AnyView {
    let live = expect_context::<Live>();
    let verdict = live.verdict(|snapshot| {
        verdict::within(snapshot.cache.false_hit_upper_pct, snapshot.performance_tuning.budget_pct)
    });
    let filled = live.figure(|snapshot| {
        let upper = snapshot.cache.false_hit_upper_pct?;
        // The budget is in the middle, so that twice as much is still in sight.
        Some(50.0 * upper / snapshot.performance_tuning.budget_pct)
    });
    let label = live.tell(|snapshot, _| {
        let budget = snapshot.performance_tuning.budget_pct;
        Some(match snapshot.cache.false_hit_upper_pct {
            Some(upper) => format!("Wrong hits: at most {upper:.1} %, budget {budget} %"),
            None => format!("Wrong hits: {}, budget {budget} %", format::NO_DATA),
        })
    });
    let figure = live.tell(|snapshot, _| snapshot.cache.false_hit_pct.map(|share| format!("{share:.2}")));
    const FACTS: &[(&str, Tell)] = &[
        ("95 % sure it is within", |snapshot, _| {
            let (lower, upper) = (snapshot.cache.false_hit_lower_pct?, snapshot.cache.false_hit_upper_pct?);
            Some(format!("{lower:.2} to {upper:.2} %"))
        }),
        ("budget", |snapshot, _| Some(format!("{} %", snapshot.performance_tuning.budget_pct))),
        ("answers checked", |snapshot, _| Some(format::compact(snapshot.cache.labels))),
        ("share that is checked", |snapshot, _| Some(format!("{} %", snapshot.performance_tuning.settings.shadow_pct))),
        ("threshold", |snapshot, _| threshold_text(snapshot)),
    ];
    view! {
        <Card id="wrong" title="Wrong hits against the budget" class="wide" verdict=Some(verdict)>
            <Big figure=figure unit=Signal::stored("% of the answers from memory were wrong".to_owned()) />
            {sub(live.tell(|_, _| {
                Some("Older checks count less. The mark is the budget; the bar ends where 95 % of the doubt does.".into())
            }))}
            <Meter
                filled_pct=filled.into()
                label=Signal::derive(move || label.get().unwrap_or_default())
                tone=Signal::derive(move || verdict.get().tone.class().to_owned())
                mark_pct=Signal::stored(50.0)
            />
            {facts(live, FACTS)}
        </Card>
    }
    .into_any()
}

fn threshold_text(snapshot: &Snapshot) -> Option<String> {
    let settings = &snapshot.performance_tuning.settings;
    Some(match settings.exact_only {
        true => "similar answers are off".into(),
        false => lode_shared::Setting::MatchThreshold.show(settings.match_threshold),
    })
}

/// A chart of what the labels say; read anew after each round of the tuner and each reconnect.
fn chart<T: DeserializeOwned + 'static>(
    id: &'static str,
    title: &'static str,
    spec: &'static Spec,
    url: &'static str,
    draw: fn(&[T], &Snapshot) -> Data,
) -> AnyView {
    let live = expect_context::<Live>();
    let data = RwSignal::new(Data::default());
    let empty = RwSignal::new("No answer to a similar prompt was checked yet.".to_owned());
    let rounds = live.figure(|snapshot| Some(snapshot.performance_tuning.decisions.first()?.at_ms as f64));
    effect(move || {
        rounds.track();
        if live.connections.get() == 0 {
            return;
        }
        // The page may be left by the time the answer comes.
        api::read(url.into(), move |rows: Result<Vec<T>, _>| match rows {
            Ok(rows) => live.snapshot.with_untracked(|snapshot| {
                snapshot.iter().for_each(|snapshot| _ = data.try_set(draw(&rows, snapshot)));
            }),
            Err(failure) => _ = empty.try_set(format!("It could not be read: {}", failure.message())),
        });
    });
    view! {
        <Card id=id title=title class="half">
            <Figure spec=spec data=data.into() empty=empty.into() />
        </Card>
    }
    .into_any()
}

fn what_if(points: &[WhatIfPoint], snapshot: &Snapshot) -> Data {
    let column = |figure: fn(&WhatIfPoint) -> Option<f64>| points.iter().map(figure).collect();
    let labelled = points.iter().any(|point| point.labels > 0.0);
    Data {
        xs: if labelled { points.iter().map(|point| point.threshold).collect() } else { Vec::new() },
        columns: vec![
            column(|point| point.wrong_pct),
            column(|point| point.wrong_upper_pct),
            column(|point| point.hit_pct),
        ],
        bounds: [None, Some((0.0, 100.0))],
        target: Some(snapshot.performance_tuning.budget_pct),
        marks: Vec::new(),
    }
}

fn reliability(bins: &[ReliabilityBin], _: &Snapshot) -> Data {
    let column = |figure: fn(&ReliabilityBin) -> f64| bins.iter().map(|bin| Some(figure(bin))).collect();
    Data {
        xs: bins.iter().map(|bin| bin.said_pct).collect(),
        columns: vec![
            column(|bin| bin.right_pct),
            column(|bin| bin.right_lower_pct),
            column(|bin| bin.right_upper_pct),
            column(|bin| bin.said_pct),
        ],
        bounds: [None, None],
        ..Data::default()
    }
}
