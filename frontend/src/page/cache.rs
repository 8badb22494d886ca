//! What the cache holds, what it answers, and what that saved.

use leptos::prelude::*;
use lode_shared::{CacheStats, SourceCount};

use crate::format;
use crate::live::Live;
use crate::ui::{Big, Card, Fact};

/// An answer's source, how many came from it, and their share of all answers, percent.
#[derive(Debug, Clone, PartialEq)]
struct Share {
    label: &'static str,
    answers: u64,
    pct: f64,
}

fn shares(sources: &[SourceCount]) -> Vec<Share> {
    let total: u64 = sources.iter().map(|count| count.answers).sum();
    let share = |count: &SourceCount| Share {
        label: count.source.label(),
        answers: count.answers,
        // Divided only when there is something to divide by.
        pct: if total > 0 { 100.0 * count.answers as f64 / total as f64 } else { 0.0 },
    };
    if total == 0 { Vec::new() } else { sources.iter().map(share).collect() }
}

#[component]
pub fn Cache() -> impl IntoView {
    let live = expect_context::<Live>();
    let cache = live.part(|snapshot| snapshot.cache);
    let text = move |text: fn(CacheStats) -> String| Signal::derive(move || cache.get().map(text));
    let hit_rate = Signal::derive(move || cache.get().and_then(|cache| cache.hit_rate_pct()).map(format::percent));
    let wrong = Signal::derive(move || {
        let cache = cache.get()?;
        let share = |pct: f64| format!("{pct:.1} %");
        Some(format!("{}, {}", share(cache.false_hit_pct?), share(cache.false_hit_upper_pct?)))
    });
    let entries = move || {
        cache
            .get()
            .map(|cache| format!("{} of {} entries", format::count(cache.entries), format::count(cache.capacity)))
    };
    view! {
        <Card id="cache" title="Cache" class="narrow" aside=move || view! { <small>{entries}</small> }>
            <Big figure=hit_rate unit="% hits since start".to_owned() />
            <Sources />
            <dl class="facts">
                <Fact
                    name="hits, misses"
                    value=text(|cache| format!("{}, {}", format::count(cache.hits), format::count(cache.misses)))
                />
                <Fact name="wrong hits, at most" value=wrong />
                <Fact name="kept beyond their time" value=text(|cache| format::count(cache.memory_entries)) />
                <Fact
                    name="expired, evicted"
                    value=text(|cache| format!("{}, {}", format::count(cache.expired), format::count(cache.evicted)))
                />
                <Fact name="stored" value=text(|cache| format::count(cache.stored)) />
                <Fact name="size" value=text(|cache| format::bytes(cache.size_bytes)) />
                <Fact name="solver time saved" value=text(|cache| format::span(cache.saved_s as u64)) />
            </dl>
        </Card>
    }
}

/// Where answers came from: one bar, and the same in words.
#[component]
fn Sources() -> impl IntoView {
    let live = expect_context::<Live>();
    let shares = live.part(|snapshot| shares(&snapshot.traffic.sources));
    let shares = Memo::new(move |_| shares.get().unwrap_or_default());
    let label = move || {
        let words: Vec<_> = shares.get().iter().map(|share| format!("{} {:.0} %", share.label, share.pct)).collect();
        if words.is_empty() { format!("Answers by source: {}", format::NO_DATA) } else { words.join(", ") }
    };
    let pieces = move || {
        shares
            .get()
            .into_iter()
            .zip(1..)
            .map(|(share, colour)| {
                view! { <i class=format!("s{colour}") style:width=format!("{:.2}%", share.pct)></i> }
            })
            .collect_view()
    };
    let legend = move || {
        shares
            .get()
            .into_iter()
            .zip(1..)
            .map(|(share, colour)| {
                view! {
                    <span class="item">
                        <i class=format!("dab s{colour}") aria-hidden="true"></i>
                        {share.label}
                        " "
                        <b>{format!("{:.0} %", share.pct)}</b>
                        <span class="count">{format!(" {}", format::count(share.answers))}</span>
                    </span>
                }
            })
            .collect_view()
    };
    view! {
        <p class="sub">"Where answers came from since start"</p>
        <div class="bar" role="img" aria-label=label>{pieces}</div>
        <div class="legend">{legend}</div>
    }
}
