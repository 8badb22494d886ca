//! The left rail: where things are on the page, and which miner this is.

use leptos::prelude::*;

use crate::format;
use crate::live::Live;
use crate::page::questions::seen_of_permitted;

#[component]
pub fn Rail() -> impl IntoView {
    let live = expect_context::<Live>();
    let per_minute =
        live.part(|snapshot| snapshot.traffic.per_minute.map(|count| format!("{}/min", format::count(count))));
    let validators = live.part(|snapshot| {
        let (seen, permitted) = seen_of_permitted(snapshot)?;
        Some(permitted.map_or_else(|| seen.to_string(), |permitted| format!("{seen}/{permitted}")))
    });
    let count =
        |text: Memo<Option<Option<String>>>| view! { <span class="count">{move || text.get().flatten()}</span> };
    view! {
        <nav class="rail" aria-label="Sections">
            <div class="brand">
                <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M10 1 18 7.5 15 18H5L2 7.5Z"></path>
                    <path d="M6 9.5 9 12l2.2-4.4L14 13"></path>
                </svg>
                "Lode"
            </div>
            <a href="#main">"Overview"</a>
            <a href="#called">"Requests " {count(per_minute)}</a>
            <a href="#response">"Response"</a>
            <a href="#cache">"Cache"</a>
            <a href="#tuner">"Tuner"</a>
            <a href="#targets">"Targets"</a>
            <a href="#validators">"Validators " {count(validators)}</a>
            <a href="#log">"Log"</a>
            <a href="#chain">"Chain"</a>
            <Foot />
        </nav>
    }
}

#[component]
fn Foot() -> impl IntoView {
    let live = expect_context::<Live>();
    let subnet = live.part(|snapshot| match snapshot.chain.network.as_str() {
        "offline" => "no chain".to_owned(),
        network => format!("{network} · subnet {}", snapshot.chain.netuid),
    });
    let block = move || {
        let (block, synced_ms) = live.part_now(|snapshot| Some((snapshot.chain.block?, snapshot.chain.synced_ms?)))?;
        let age = format::age(live.server_now_ms().saturating_sub(synced_ms));
        Some(format!("block {} · {age}", format::count(block)))
    };
    // By the minute: a figure that ticks each second in the corner of the eye is none that anybody wants.
    let up = live.part(|snapshot| match snapshot.miner.uptime_s / 60 * 60 {
        0 => format!("just started · v{}", snapshot.miner.version),
        seconds => format!("up {} · v{}", format::span(seconds), snapshot.miner.version),
    });
    view! {
        <div class="foot">
            <p>{subnet}</p>
            <p>{block}</p>
            <p>{up}</p>
        </div>
    }
}
