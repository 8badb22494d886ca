//! The four questions an operator opens the page with, each with its answer.

use leptos::prelude::*;
use lode_shared::{ChainStatus, Snapshot};

use crate::chart::spark::Spark;
use crate::format;
use crate::live::Live;
use crate::ui::{Big, Card, Meter, Tag};
use crate::verdict::{self, Better, Listening, Tone, Verdict};

fn chain_text(live: Live, text: fn(&ChainStatus) -> Option<String>) -> Memo<Option<String>> {
    let text = live.part(move |snapshot| text(&snapshot.chain));
    Memo::new(move |_| text.get().flatten())
}

#[component]
pub fn Safe() -> impl IntoView {
    let live = expect_context::<Live>();
    let verdict = live.part(|snapshot| verdict::safety(&snapshot.chain));
    let figure = chain_text(live, |chain| Some(format::count(chain.prune_margin?.into())));
    let immunity = chain_text(live, |chain| {
        Some(match (chain.immunity_blocks?, chain.block_time_ms) {
            (0, _) => "immunity over".into(),
            (blocks, Some(block_ms)) => format!("immune for {}", format::span(blocks * block_ms / 60_000 * 60)),
            (blocks, None) => format!("immune for {} blocks", format::count(blocks)),
        })
    });
    let epoch = chain_text(live, |chain| {
        Some(match chain.block_time_ms {
            Some(block_ms) => format!("next epoch in {}", format::span(chain.next_epoch_blocks? * block_ms / 1_000)),
            None => format!("next epoch in {} blocks", chain.next_epoch_blocks?),
        })
    });
    let done_pct = live.part(|snapshot| {
        let tempo = snapshot.chain.tempo_blocks.filter(|tempo| *tempo > 0)? as f64;
        Some(100.0 * (1.0 - snapshot.chain.next_epoch_blocks? as f64 / tempo).clamp(0.0, 1.0))
    });
    let done_pct = Signal::derive(move || done_pct.get().flatten());
    let label = Signal::derive(move || match done_pct.get() {
        Some(done) => format!("Epoch {done:.0} % done"),
        None => format!("Epoch: {}", format::NO_DATA),
    });
    view! {
        <Card
            id="safe"
            title="Am I safe?"
            class="quarter"
            aside=move || view! { <Tag verdict=Signal::derive(move || verdict.get().unwrap_or(Verdict::UNKNOWN)) /> }
        >
            <Big figure=figure unit="places above pruning".to_owned() />
            <p class="sub">{move || joined([immunity.get(), epoch.get()], chain_absent(live))}</p>
            <Meter filled_pct=done_pct label=label tone="ore" />
        </Card>
    }
}

#[component]
pub fn Earning() -> impl IntoView {
    let live = expect_context::<Live>();
    let figure = chain_text(live, |chain| chain.emission_per_day_alpha.map(format::alpha));
    let rank = chain_text(live, |chain| Some(format!("rank {} of {}", chain.rank?, chain.miners?)));
    let incentive = chain_text(live, |chain| Some(format!("{:.2} % incentive", chain.incentive_pct?)));
    let of_best = chain_text(live, |chain| Some(format!("{:.0} % of the best", chain.of_best_pct?)));
    view! {
        <Card id="earning" title="Am I earning?" class="quarter" aside=move || view! { <small>{rank}</small> }>
            <Big figure=figure unit="α / day at this rate".to_owned() />
            <p class="sub">{move || joined([incentive.get(), of_best.get()], chain_absent(live))}</p>
            <Spark value=|point| point.incentive_pct class="s1" />
        </Card>
    }
}

/// Validators with a permit that have called, and how many hold one; absent before anyone called or the chain told.
pub fn seen_of_permitted(snapshot: &Snapshot) -> Option<(usize, Option<u32>)> {
    let rows = &snapshot.traffic.validators;
    let seen = rows.iter().filter(|row| row.last_seen_ms.is_some() && row.permit != Some(false)).count();
    let permitted = snapshot.chain.validators_permitted;
    (seen > 0 || permitted.is_some()).then_some((seen, permitted))
}

#[component]
pub fn Called() -> impl IntoView {
    let live = expect_context::<Live>();
    let seen = live.part(seen_of_permitted);
    let seen = Memo::new(move |_| seen.get().flatten());
    let figure = Signal::derive(move || seen.get().map(|(seen, _)| seen.to_string()));
    let unit = Signal::derive(move || match seen.get() {
        Some((_, Some(permitted))) => format!("of {permitted} validators"),
        Some((1, None)) => "validator".to_owned(),
        _ => "validators".to_owned(),
    });
    let calls = move || {
        let per_minute = live.part_now(|snapshot| snapshot.traffic.per_minute);
        let requests = live.part_now(|snapshot| Some(snapshot.traffic.requests));
        match (per_minute, requests) {
            (Some(count), _) => format!("{} requests/min", format::count(count)),
            (None, Some(1..)) => "counting the first minute".into(),
            (None, _) => "no request has arrived yet".into(),
        }
    };
    let last = move || {
        let last_ms = live.part_now(|snapshot| snapshot.traffic.last_request_ms)?;
        Some(format!("last {} ago", format::age(live.server_now_ms().saturating_sub(last_ms))))
    };
    let silent = move || {
        let now_ms = live.server_now_ms();
        let silent = live.part_now(|snapshot| {
            let listening = Listening::new(snapshot, now_ms);
            Some(snapshot.traffic.validators.iter().filter(|row| listening.finds_silent(row)).count())
        })?;
        (silent > 0).then(|| view! { <span class="warn">{format!("{silent} silent for an epoch")}</span> })
    };
    let refused = move || {
        live.part_now(|snapshot| {
            let refused = &snapshot.traffic.refused;
            let (reason, _) = refused.iter().max_by_key(|(_, count)| **count)?;
            let all = format::count(refused.values().sum());
            Some(view! { <p class="sub">{format!("{all} refused, mostly: {}", format::words(reason))}</p> })
        })
    };
    view! {
        <Card id="called" title="Am I being called?" class="quarter" aside=move || view! { <small>{last}</small> }>
            <Big figure=figure unit=unit />
            <p class="sub">{calls} " " {silent}</p>
            {refused}
            <Spark value=|point| Some(point.requests_per_s) class="s2" />
        </Card>
    }
}

#[component]
pub fn Answering() -> impl IntoView {
    let live = expect_context::<Live>();
    let success = live.part(|snapshot| {
        let tuning = &snapshot.performance_tuning;
        (tuning.observed.success_pct, tuning.targets.success_pct(), tuning.observed.samples)
    });
    let figure = Signal::derive(move || success.get().and_then(|(success, ..)| success).map(format::percent));
    let aside =
        move || success.get().filter(|(.., samples)| *samples > 0).map(|(.., samples)| format!("last {samples}"));
    let verdict = Signal::derive(move || {
        success.get().map_or(Verdict::UNKNOWN, |(value, target, _)| verdict::against(value, target, Better::Higher))
    });
    let latency = move || {
        live.part_now(|snapshot| snapshot.traffic.latency).map(|times| {
            let [p50, p95, p99] = [times.p50_ms, times.p95_ms, times.p99_ms].map(|ms| format::response_text(ms / 1e3));
            format!("p50 {p50} · p95 {p95} · p99 {p99}")
        })
    };
    let failures = move || {
        let failed = live.part_now(|snapshot| {
            let worst =
                snapshot.traffic.failed.iter().filter(|(_, count)| **count > 0).max_by_key(|(_, count)| **count);
            worst.map(|(reason, count)| format!("most failures: {} ({})", format::words(reason), format::count(*count)))
        });
        failed.unwrap_or_else(|| match figure.get() {
            Some(_) => "no failures since start".into(),
            None => String::new(),
        })
    };
    view! {
        <Card
            id="answering"
            title="Am I answering well?"
            class="quarter"
            aside=move || view! { <small>{aside}</small> }
        >
            <Big figure=figure unit="% success".to_owned() />
            <p class="sub">{move || latency().unwrap_or_else(|| "nothing was answered in the last five minutes".into())}</p>
            <p class="sub" class:bad=move || verdict.get().tone == Tone::Bad>{failures}</p>
            <Spark value=|point| point.success_pct class="s3" />
        </Card>
    }
}

/// What is known, in one line; why nothing is, when that is so.
fn joined<const N: usize>(parts: [Option<String>; N], otherwise: &str) -> String {
    let known: Vec<_> = parts.into_iter().flatten().collect();
    if known.is_empty() { otherwise.into() } else { known.join(" · ") }
}

/// Why the chain's figures are missing.
fn chain_absent(live: Live) -> &'static str {
    live.part_now(|snapshot| match (snapshot.chain.network.as_str(), snapshot.chain.registered) {
        ("offline", _) => Some("no chain is configured"),
        (_, Some(false)) => Some("this hotkey is not registered on the subnet"),
        _ => None,
    })
    .unwrap_or("the chain has not been read yet")
}
