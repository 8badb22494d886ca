//! The subnet, our place in it, and how the keeper fares.

use lode_shared::{ChainStatus, Serving};
use prometheus_client::registry::Unit;

use super::page::{Page, one, ratio};

const SERVING: [Serving; 5] = [Serving::Unknown, Serving::Visible, Serving::Pending, Serving::Hidden, Serving::Off];

pub(super) fn chain(page: &mut Page, chain: &ChainStatus) {
    keeper(page, chain);
    let alpha = Some(Unit::Other("alpha".into()));
    page.gauge("stake", "Our stake", alpha.clone(), chain.stake_alpha);
    page.gauge("emission", "What we got in the last epoch", alpha.clone(), chain.emission_alpha);
    let help = "What we get in a day at the last epoch's rate; no promise";
    page.gauge("emission_per_day", help, alpha.clone(), chain.emission_per_day_alpha);
    let place = Some(Unit::Other("place".into()));
    page.gauge("rank", "Our place among miners by incentive, 1 is best", place, chain.rank.map(f64::from));
    for (name, help, share) in [
        ("incentive", "Our share of what miners earn", chain.incentive_pct),
        ("incentive_of_best", "Our incentive as a share of the best miner's", chain.of_best_pct),
    ] {
        page.gauge(name, help, Some(Unit::Ratios), ratio(share));
    }
    let places = Some(Unit::Other("places".into()));
    page.gauge("prune_margin", "Neurons pruned before us", places.clone(), chain.prune_margin.map(f64::from));
    let help = "Places that nobody has: while there are some, nobody is pruned";
    page.gauge("subnet_free", help, places, chain.free_uids.map(f64::from));
    for (name, help, count) in [
        ("subnet_neurons", "Neurons on the subnet", chain.neurons),
        ("subnet_miners", "Miners on the subnet", chain.miners),
        ("subnet_validators", "Validators with a permit", chain.validators_permitted),
        ("uid", "Our uid", chain.uid.map(u32::from)),
    ] {
        page.gauge(name, help, None, count.map(f64::from));
    }
    let help = "Stake of the validators with a permit";
    page.gauge("subnet_validators_stake", help, alpha, chain.validators_stake_alpha);
    let blocks = Unit::Other("blocks".into());
    for (name, help, count) in [
        ("immunity", "Immunity left", chain.immunity_blocks),
        ("chain_height", "Best block seen", chain.block),
        ("tempo", "The subnet's tempo", chain.tempo_blocks),
        ("next_epoch", "Blocks until the next epoch", chain.next_epoch_blocks),
    ] {
        page.gauge(name, help, Some(blocks.clone()), count.map(|count| count as f64));
    }
}

fn keeper(page: &mut Page, chain: &ChainStatus) {
    let keeper = &chain.keeper;
    page.timestamp("last_sync_timestamp", "When the metagraph was last read", chain.synced_ms);
    page.timestamp("sync_failing_since_timestamp", "Since when the chain cannot be read", keeper.failing_since_ms);
    page.state("sync_failing", "Whether the last sync failed: 1 yes, 0 no", Some(keeper.failing_since_ms.is_some()));
    page.timestamp("chain_block_timestamp", "The time that the block read last bears", chain.block_ms);
    let help = "Times that another endpoint of the chain was taken because one had failed";
    page.counter("chain_failovers", help, keeper.failovers);
    page.state("registered", "Whether our hotkey is on the subnet: 1 yes, 0 no", chain.registered);
    let is_visible = match keeper.serving {
        Serving::Visible => Some(true),
        Serving::Pending | Serving::Hidden => Some(false),
        Serving::Unknown | Serving::Off => None,
    };
    page.state("axon_visible", "Whether the chain has our axon as it is: 1 yes, 0 no", is_visible);
    let states = SERVING.map(|state| (one("state", state.word()), f64::from(u8::from(state == keeper.serving))));
    page.gauges("serving", "Whether validators can find us: 1 for the state that holds", None, states);
}
