//! The subnet as the miner sees it.

use leptos::prelude::*;
use lode_shared::Snapshot;

use crate::format;
use crate::live::Live;
use crate::ui::{Card, Fact};

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
    view! {
        <Card id="chain" title="Chain" class="narrow" aside=move || view! { <small>{age}</small> }>
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
                    value=fact(|snapshot| snapshot.chain.neurons.map(|count| format::count(count.into())))
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
                        snapshot.chain.emission_alpha.map(|alpha| format!("{} α", format::alpha(alpha)))
                    })
                />
                <Fact name="axon on chain" value=fact(|snapshot| snapshot.chain.served_axon.clone()) />
                <Fact name="axon listens on" value=fact(|snapshot| Some(snapshot.miner.axon.clone())) />
            </dl>
        </Card>
    }
}
