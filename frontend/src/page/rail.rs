//! The left rail: the pages, what is worth knowing of each before going there, and which miner this is.

use leptos::prelude::*;
use lode_shared::{LogLevel, Snapshot};

use crate::format;
use crate::live::{Live, Tell};
use crate::page::questions::seen_of_permitted;
use crate::route::{Page, Router};

/// A figure beside a page's name.
fn count(page: Page) -> Tell {
    match page {
        Page::Requests => |snapshot, _| Some(format!("{}/min", format::count(snapshot.traffic.per_minute?))),
        Page::Cache => |snapshot, _| Some(format!("{:.0} %", snapshot.cache.hit_rate_pct()?)),
        Page::Tuner => |snapshot, _| Some(format::words(snapshot.performance_tuning.mode.label())),
        Page::Validators => |snapshot, _| {
            let (seen, permitted) = seen_of_permitted(snapshot)?;
            Some(permitted.map_or_else(|| seen.to_string(), |permitted| format!("{seen}/{permitted}")))
        },
        Page::Log => |snapshot, _| {
            let worse = snapshot.log.iter().filter(|line| line.level <= LogLevel::Warn).count();
            (worse > 0).then(|| format!("{worse} to read"))
        },
        Page::Overview | Page::Chain => |_, _| None,
    }
}

#[component]
pub fn Rail() -> impl IntoView {
    let live = expect_context::<Live>();
    let router = expect_context::<Router>();
    let link = |page: Page| {
        let is_current = Signal::derive(move || (router.page.get() == Some(page)).then(|| "page".to_owned()));
        view! {
            <a href=page.path() aria-current=is_current>
                {page.title()}
                " "
                <span class="count">{live.tell(count(page))}</span>
            </a>
        }
        .into_any()
    };
    let foot = [subnet as Tell, block, up].map(|tell| view! { <p>{live.tell(tell)}</p> }.into_any());
    view! {
        <nav class="rail" aria-label="Pages">
            <div class="brand">
                <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                    <path d="M10 1 18 7.5 15 18H5L2 7.5Z"></path>
                    <path d="M6 9.5 9 12l2.2-4.4L14 13"></path>
                </svg>
                "Lode"
            </div>
            {Page::ALL.map(link).into_iter().collect::<Vec<_>>()}
            <div class="foot">{foot.into_iter().collect::<Vec<_>>()}</div>
        </nav>
    }
}

fn subnet(snapshot: &Snapshot, _: u64) -> Option<String> {
    Some(match snapshot.chain.network.as_str() {
        "offline" => "no chain".to_owned(),
        network => format!("{network} · subnet {}", snapshot.chain.netuid),
    })
}

fn block(snapshot: &Snapshot, now_ms: u64) -> Option<String> {
    let age = format::age(now_ms.saturating_sub(snapshot.chain.synced_ms?));
    Some(format!("block {} · {age}", format::count(snapshot.chain.block?)))
}

/// By the minute: a figure that ticks each second in the corner of the eye is none that anybody wants.
fn up(snapshot: &Snapshot, _: u64) -> Option<String> {
    Some(match snapshot.miner.uptime_s / 60 * 60 {
        0 => format!("just started · v{}", snapshot.miner.version),
        seconds => format!("up {} · v{}", format::span(seconds), snapshot.miner.version),
    })
}
