//! The subnet as the miner sees it.

use leptos::prelude::*;
use lode_shared::{Serving, Snapshot};

use crate::format;
use crate::live::Live;
use crate::ui::{Card, Fact, Tag};
use crate::verdict::{self, Verdict};

fn in_alpha(alpha: f64) -> String {
    format!("{} α", format::alpha(alpha))
}

#[component]
pub fn Chain() -> impl IntoView {
    let live = expect_context::<Live>();
    let fact = move |text: fn(&Snapshot) -> Option<String>| {
        let text = live.part(text);
        Signal::derive(move || text.get().flatten())
    };
    let age = move || {
        let synced_ms = live.part_now(|snapshot| snapshot.chain.synced_ms)?;
        Some(format!("synced {} ago", format::age(live.server_now_ms().saturating_sub(synced_ms))))
    };
    let verdict = live.part(|snapshot| verdict::visibility(&snapshot.chain));
    let tag = Signal::derive(move || verdict.get().unwrap_or(Verdict::UNKNOWN));
    // What somebody should know, and most of the time nothing.
    let wrong = fact(|snapshot| {
        let keeper = &snapshot.chain.keeper;
        let detail = keeper.serving_detail.as_ref().filter(|_| keeper.serving != Serving::Off);
        let urgent = detail.filter(|_| keeper.serving == Serving::Hidden);
        urgent.or(keeper.error.as_ref()).or(detail).cloned()
    });
    view! {
        <Card id="chain" title="Chain" class="narrow" aside=move || view! { <Tag verdict=tag /> }>
            <p class="sub">{age}</p>
            {move || {
                let class = format!("sub {}", tag.get().tone.class());
                wrong.get().map(|wrong| view! { <p class=class>{wrong}</p> })
            }}
            <dl class="facts">
                <Fact
                    name="network"
                    value=fact(|snapshot| Some(snapshot.chain.network.clone()).filter(|network| !network.is_empty()))
                />
                <Fact name="subnet" value=fact(|snapshot| Some(snapshot.chain.netuid.to_string())) />
                <Fact name="block" value=fact(|snapshot| snapshot.chain.block.map(format::count)) />
                <Fact
                    name="tempo"
                    value=fact(|snapshot| snapshot.chain.tempo_blocks.map(|tempo| format!("{tempo} blocks")))
                />
                <Fact
                    name="neurons"
                    value=fact(|snapshot| {
                        let count = format::count(snapshot.chain.neurons?.into());
                        Some(match snapshot.chain.free_uids {
                            Some(free @ 1..) => format!("{count}, {free} free"),
                            _ => count,
                        })
                    })
                />
                <Fact
                    name="our uid"
                    value=fact(|snapshot| match (snapshot.chain.uid, snapshot.chain.registered) {
                        (Some(uid), _) => Some(uid.to_string()),
                        (None, Some(false)) => Some("not registered".into()),
                        (None, _) => None,
                    })
                />
                <Fact
                    name="emission, last epoch"
                    value=fact(|snapshot| {
                        snapshot.chain.emission_alpha.map(in_alpha)
                    })
                />
                <Fact name="our stake" value=fact(|snapshot| snapshot.chain.stake_alpha.map(in_alpha)) />
                <Fact
                    name="validators' stake"
                    value=fact(|snapshot| snapshot.chain.validators_stake_alpha.map(in_alpha))
                />
                <Fact name="runtime" value=fact(|snapshot| snapshot.chain.spec_version.map(|spec| format!("spec {spec}"))) />
                <Fact name="endpoint" value=fact(|snapshot| snapshot.chain.keeper.endpoint.clone()) />
                <Fact name="axon on chain" value=fact(|snapshot| snapshot.chain.served_axon.clone()) />
                <Fact name="axon listens on" value=fact(|snapshot| Some(snapshot.miner.axon.clone())) />
            </dl>
        </Card>
    }
}
