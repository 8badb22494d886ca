//! What the runtime's metagraph calls tell of the subnet, by the names of their fields.

use super::block::Block;
use super::encode::{Data, Shape, shape};
use super::storage::{axon_data, bytes};
use crate::domain::Neuron;

/// Of every neuron one value, which the node does not keep: zeros, as many as there are neurons.
const ZEROS: [&str; 7] = ["identities", "pruning_score", "dividends", "consensus", "trust", "rank", "tao_stake"];

/// Of the node's only subnet.
pub(super) fn metagraph(block: &Block) -> Data {
    let view = &*block.view;
    let neurons = view.metagraph.neurons();
    let numbers = |of: fn(&Neuron) -> u64| Data::numbers(neurons.iter().map(of));
    let number = |number: Option<u64>| number.map_or(Data::Absent, |number| Data::Number(number.into()));
    let account = |account: Option<[u8; 32]>| account.map_or(Data::Absent, |account| bytes(&account));
    let stakes = || numbers(|neuron| neuron.stake_rao.unwrap_or(0));
    let since = blocks_since_epoch(block);
    let mut fields = vec![
        ("netuid", Data::Number(view.netuid.into())),
        ("owner_hotkey", account(view.spared.owner_hotkey.map(|hotkey| *hotkey.bytes()))),
        ("owner_coldkey", account(view.spared.owner_coldkey)),
        ("block", Data::Number(block.number.into())),
        ("tempo", number(view.schedule.map(|schedule| schedule.tempo_blocks))),
        ("last_step", number(since.map(|since| block.number.saturating_sub(since)))),
        ("blocks_since_last_step", number(since)),
        ("num_uids", Data::Number(neurons.len() as u128)),
        ("max_uids", number(view.max_uids.map(u64::from))),
        ("registration_allowed", Data::Number(1)),
        ("immunity_period", number(view.immunity_period_blocks)),
        ("serving_rate_limit", number(view.serving_rate_limit_blocks)),
        ("hotkeys", Data::List(neurons.iter().map(|neuron| bytes(neuron.hotkey.bytes())).collect())),
        ("coldkeys", Data::List(neurons.iter().map(|neuron| account(neuron.coldkey)).collect())),
        (
            "axons",
            Data::List(neurons.iter().map(|neuron| neuron.axon.as_ref().map_or(Data::Absent, axon_data)).collect()),
        ),
        ("active", numbers(|_| 1)),
        ("validator_permit", numbers(|neuron| neuron.validator_permit.into())),
        ("last_update", numbers(|neuron| neuron.registered_block.unwrap_or(0))),
        ("emission", numbers(|neuron| neuron.emission_rao.unwrap_or(0))),
        ("incentives", numbers(|neuron| neuron.incentive.unwrap_or(0).into())),
        ("block_at_registration", numbers(|neuron| neuron.registered_block.unwrap_or(0))),
        ("alpha_stake", stakes()),
        ("total_stake", stakes()),
        ("validators", Data::numbers(view.metagraph.validators().map(|(uid, _)| uid))),
    ];
    fields.extend(ZEROS.map(|name| (name, Data::List(vec![Data::Absent; neurons.len()]))));
    Data::Fields(fields)
}

/// Of the same only what is asked for: an index is a field's place in the answer's type, and the netuid always comes.
pub(super) fn selective_metagraph(block: &Block, output: u32, indexes: &[u16]) -> Data {
    let Data::Fields(known) = metagraph(block) else { return Data::Absent };
    let fields = selective_fields(block, output);
    Data::List(
        fields
            .into_iter()
            .zip(0_u16..)
            .map(|(name, index)| {
                let data = known.iter().find(|(given, _)| *given == name).map_or(&Data::Absent, |(_, data)| data);
                match (index, indexes.contains(&index)) {
                    (0, _) => data.clone(),
                    (_, true) => Data::some(data.clone()),
                    (_, false) => Data::Absent,
                }
            })
            .collect(),
    )
}

/// The names of the fields of the struct within this `Option`.
fn selective_fields(block: &Block, output: u32) -> Vec<String> {
    let metadata = &block.runtime.metadata;
    let Shape::Variants(variants) = shape(metadata, output) else { return Vec::new() };
    let inner = variants.iter().find(|(_, name, _)| name == "Some").and_then(|(.., fields)| fields.first());
    match inner.map(|(_, type_id)| shape(metadata, *type_id)) {
        Some(Shape::Composite(fields)) => fields.into_iter().map(|(name, _)| name.unwrap_or_default()).collect(),
        _ => Vec::new(),
    }
}

fn blocks_since_epoch(block: &Block) -> Option<u64> {
    let schedule = block.view.schedule?;
    match schedule.last_block {
        Some(last) => Some(block.number.saturating_sub(last)),
        None => Some(schedule.period_blocks()? - schedule.next_blocks(block.view.netuid, block.number)?),
    }
}
