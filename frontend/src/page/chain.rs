//! The subnet as the miner sees it, our place in it over time, and how the keeper fares.

use std::sync::Arc;

use leptos::prelude::*;
use lode_shared::{Serving, Snapshot};

use super::questions;
use crate::admin::{Admin, Job};
use crate::api::{Call, Failure};
use crate::chart::figure::Figure;
use crate::chart::spec::{EARNING, STANDING};
use crate::format;
use crate::live::{Live, Tell};
use crate::past::Past;
use crate::ui::{self, Card, button, facts, sub};
use crate::verdict;

pub fn page() -> AnyView {
    vec![keeper(), earning(), subnet(), standing()].into_any()
}

/// Incentive and emission, with everything that happened marked: what changed when?
pub fn earning() -> AnyView {
    let past = expect_context::<Past>();
    let data =
        Memo::new(move |_| past.chain_lines(&[|point| point.incentive_pct, |point| point.emission_per_day_alpha]));
    let aside = Signal::stored(Some("24h and 7d tell most".to_owned()));
    view! {
        <Card id="earnings" title="Incentive and emission a day, at the rate of the time" class="wide" aside=aside>
            <Figure spec=&EARNING data=data.into() empty=absence(past) />
        </Card>
    }
    .into_any()
}

fn standing() -> AnyView {
    let past = expect_context::<Past>();
    let data = Memo::new(move |_| {
        past.chain_lines(&[|point| point.prune_margin.map(f64::from), |point| point.rank.map(f64::from)])
    });
    view! {
        <Card id="standing" title="Places above pruning, and rank among miners" class="wide">
            <Figure spec=&STANDING data=data.into() empty=absence(past) />
        </Card>
    }
    .into_any()
}

/// Why there is nothing to draw.
fn absence(past: Past) -> Signal<String> {
    let (live, absence) = (expect_context::<Live>(), past.absence());
    let offline =
        live.tell(|snapshot, _| (snapshot.chain.network == "offline").then(|| "no chain is configured".into()));
    Signal::derive(move || offline.get().unwrap_or_else(|| absence.get()))
}

fn keeper() -> AnyView {
    let live = expect_context::<Live>();
    let verdict = live.verdict(|snapshot| verdict::visibility(&snapshot.chain));
    let tone = Signal::derive(move || format!("sub {}", verdict.get().tone.class()));
    // What somebody should know, and most of the time nothing.
    let wrong = live.tell(|snapshot, _| {
        let keeper = &snapshot.chain.keeper;
        let detail = keeper.serving_detail.as_ref().filter(|_| keeper.serving != Serving::Off);
        let urgent = detail.filter(|_| keeper.serving == Serving::Hidden);
        urgent.or(keeper.error.as_ref()).or(detail).cloned()
    });
    const FACTS: &[(&str, Tell)] = &[
        ("network", |snapshot, _| Some(snapshot.chain.network.clone()).filter(|network| !network.is_empty())),
        ("endpoint", |snapshot, _| snapshot.chain.keeper.endpoint.clone()),
        ("last sync", |snapshot, now_ms| {
            Some(format!("{} ago", format::age(now_ms.saturating_sub(snapshot.chain.synced_ms?))))
        }),
        ("next sync", |snapshot, now_ms| {
            let left_ms = snapshot.chain.keeper.next_sync_ms?.saturating_sub(now_ms);
            Some(if left_ms == 0 { "is due".into() } else { format!("in {}", format::span(left_ms.div_ceil(1_000))) })
        }),
        ("block", |snapshot, _| snapshot.chain.block.map(format::count)),
        ("age of that block", |snapshot, now_ms| Some(format::age(now_ms.saturating_sub(snapshot.chain.block_ms?)))),
        ("failing for", |snapshot, now_ms| {
            Some(format::age(now_ms.saturating_sub(snapshot.chain.keeper.failing_since_ms?)))
        }),
        ("failovers since start", |snapshot, _| Some(format::count(snapshot.chain.keeper.failovers))),
        ("runtime", |snapshot, _| snapshot.chain.spec_version.map(|spec| format!("spec {spec}"))),
        ("axon on chain", |snapshot, _| snapshot.chain.served_axon.clone()),
        ("axon listens on", |snapshot, _| Some(snapshot.miner.axon.clone())),
    ];
    view! {
        <Card id="chain" title="Chain keeper" class="narrow" verdict=Some(verdict)>
            <p class=tone>{wrong}</p>
            {facts(live, FACTS)}
            {sync_now()}
        </Card>
    }
    .into_any()
}

fn in_alpha(alpha: f64) -> String {
    format!("{} α", format::alpha(alpha))
}

fn subnet() -> AnyView {
    let live = expect_context::<Live>();
    const FACTS: &[(&str, Tell)] = &[
        ("subnet", |snapshot, _| Some(snapshot.chain.netuid.to_string())),
        ("our uid", |snapshot, _| match (snapshot.chain.uid, snapshot.chain.registered) {
            (Some(uid), _) => Some(uid.to_string()),
            (None, Some(false)) => Some("not registered".into()),
            (None, _) => None,
        }),
        ("neurons", |snapshot, _| {
            let count = format::count(snapshot.chain.neurons?.into());
            Some(match snapshot.chain.free_uids {
                Some(free @ 1..) => format!("{count}, {free} free"),
                _ => count,
            })
        }),
        ("places above pruning", |snapshot, _| snapshot.chain.prune_margin.map(|margin| margin.to_string())),
        ("immunity", |snapshot, _| questions::immunity(snapshot)),
        ("rank", |snapshot, _| Some(format!("{} of {} miners", snapshot.chain.rank?, snapshot.chain.miners?))),
        ("incentive", |snapshot, _| snapshot.chain.incentive_pct.map(|share| format!("{share:.3} %"))),
        ("share of the best miner", |snapshot, _| snapshot.chain.of_best_pct.map(|share| format!("{share:.1} %"))),
        ("emission, last epoch", |snapshot, _| snapshot.chain.emission_alpha.map(in_alpha)),
        ("emission a day, at this rate", |snapshot, _| snapshot.chain.emission_per_day_alpha.map(in_alpha)),
        ("our stake", |snapshot, _| snapshot.chain.stake_alpha.map(in_alpha)),
        ("tempo", |snapshot, _| snapshot.chain.tempo_blocks.map(|tempo| format!("{tempo} blocks"))),
        ("next epoch", |snapshot, _| epoch_text(snapshot)),
        ("validators permitted", |snapshot, _| snapshot.chain.validators_permitted.map(|count| count.to_string())),
        ("validators' stake", |snapshot, _| snapshot.chain.validators_stake_alpha.map(in_alpha)),
    ];
    let order = "Pruned first: least emission, then oldest, then lowest uid; the immune are spared.";
    view! {
        <Card id="subnet" title="Our place on the subnet" class="narrow">
            {facts(live, FACTS)}
            {sub(Signal::stored(Some(order.to_owned())))}
        </Card>
    }
    .into_any()
}

fn epoch_text(snapshot: &Snapshot) -> Option<String> {
    let next = questions::next_epoch(snapshot)?;
    let done = questions::epoch_done_pct(snapshot).map_or_else(String::new, |done| format!(", {done:.0} % done"));
    Some(format!("{}{done}", next.trim_start_matches("next epoch ")))
}

/// Reads the chain at once.
fn sync_now() -> AnyView {
    let (admin, status) = (expect_context::<Admin>(), RwSignal::new(String::new()));
    let press = Callback::new(move |()| {
        let call = Call { method: "POST", url: "/api/v1/chain/sync".into(), ..Call::default() };
        let done = Arc::new(move |answer: Result<String, Failure>| {
            status.try_set(match answer {
                Ok(_) => "Asked for.".to_owned(),
                Err(failure) => format!("Not asked for: {}", failure.message()),
            });
        });
        admin.change(Job { call, done });
    });
    view! {
        <div class="actions">
            {button("Sync now", "quiet", press)}
            {ui::status("sync-status", status.into(), Signal::stored("status".to_owned()))}
        </div>
    }
    .into_any()
}
