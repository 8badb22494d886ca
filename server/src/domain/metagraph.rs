//! The subnet as the chain tells it: its neurons, and everything that one sync reads.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::keys::Hotkey;

/// One row of the subnet. What the runtime does not tell is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neuron {
    /// Its hotkey.
    pub hotkey: Hotkey,
    /// The account that owns it.
    pub coldkey: Option<[u8; 32]>,
    /// Its stake, alpha in rao.
    pub stake_rao: Option<u64>,
    /// Whether it may set weights, and so call miners.
    pub validator_permit: bool,
    /// Its share of what miners earn: 65,535 is all of it.
    pub incentive: Option<u16>,
    /// What it got in the last epoch, alpha in rao.
    pub emission_rao: Option<u64>,
    /// The block at which it registered.
    pub registered_block: Option<u64>,
    /// Where it serves, if it does.
    pub axon: Option<AxonInfo>,
}

impl Neuron {
    /// One of which nothing but its key is known.
    pub fn new(hotkey: Hotkey) -> Self {
        Self {
            hotkey,
            coldkey: None,
            stake_rao: None,
            validator_permit: false,
            incentive: None,
            emission_rao: None,
            registered_block: None,
            axon: None,
        }
    }
}

/// Where an axon is reached, as registered on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AxonInfo {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// Transport, by the SDK's count; 4 is HTTP.
    pub protocol: u8,
    /// Of the software: major · 10^6 + minor · 10^3 + patch.
    pub version: u32,
    /// The block at which it was registered.
    pub block: u64,
}

/// All neurons of a subnet; the index is the uid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Neuron>", into = "Vec<Neuron>")]
pub struct Metagraph {
    neurons: Vec<Neuron>,
    uids: HashMap<Hotkey, u16>,
    validators_stake_rao: u64,
}

impl From<Vec<Neuron>> for Metagraph {
    fn from(neurons: Vec<Neuron>) -> Self {
        Self::new(neurons)
    }
}

impl From<Metagraph> for Vec<Neuron> {
    fn from(metagraph: Metagraph) -> Self {
        metagraph.neurons
    }
}

impl Metagraph {
    /// From neurons in order of uid.
    pub fn new(neurons: Vec<Neuron>) -> Self {
        let uids = neurons.iter().zip(0..).map(|(neuron, uid)| (neuron.hotkey, uid)).collect();
        let permitted = neurons.iter().filter(|neuron| neuron.validator_permit);
        let stakes = permitted.filter_map(|neuron| neuron.stake_rao);
        let validators_stake_rao = stakes.fold(0_u64, u64::saturating_add);
        Self { neurons, uids, validators_stake_rao }
    }

    /// The stake of all validators together, alpha in rao.
    pub fn validators_stake_rao(&self) -> u64 {
        self.validators_stake_rao
    }

    /// All neurons, by uid.
    pub fn neurons(&self) -> &[Neuron] {
        &self.neurons
    }

    /// All neurons with their uids.
    pub fn rows(&self) -> impl Iterator<Item = (u16, &Neuron)> {
        self.neurons.iter().zip(0..).map(|(neuron, uid)| (uid, neuron))
    }

    /// The uid and row of a hotkey.
    pub fn find(&self, hotkey: &Hotkey) -> Option<(u16, &Neuron)> {
        let uid = *self.uids.get(hotkey)?;
        Some((uid, self.neurons.get(usize::from(uid))?))
    }

    /// Neurons with a permit and their uids.
    pub fn validators(&self) -> impl Iterator<Item = (u16, &Neuron)> {
        self.rows().filter(|(_, neuron)| neuron.validator_permit)
    }
}

/// One sync: everything read at one block. What the runtime does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainView {
    /// `devnet`, or a network's name.
    pub network: String,
    /// The subnet.
    pub netuid: u16,
    /// The chain's first block: two chains are the same when it is.
    pub genesis: Option<[u8; 32]>,
    /// The runtime's version.
    pub spec_version: Option<u32>,
    /// The block.
    pub block: u64,
    /// The time that the block bears, milliseconds since the Unix epoch.
    pub block_ms: Option<u64>,
    /// When it was read, milliseconds since the Unix epoch.
    pub synced_ms: u64,
    /// Milliseconds a block takes.
    pub block_time_ms: Option<u64>,
    /// When epochs come.
    pub schedule: Option<EpochSchedule>,
    /// Blocks for which a new neuron is spared from pruning.
    pub immunity_period_blocks: Option<u64>,
    /// The most neurons that the subnet takes.
    pub max_uids: Option<u16>,
    /// Blocks between two registrations of an axon.
    pub serving_rate_limit_blocks: Option<u64>,
    /// Whom pruning spares.
    pub spared: Spared,
    /// Whether the runtime tells where neurons serve: otherwise that a neuron has no axon means nothing.
    #[serde(default)]
    pub tells_axons: bool,
    /// The neurons.
    pub metagraph: Metagraph,
}

/// When epochs come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochSchedule {
    /// The subnet's tempo, blocks.
    pub tempo_blocks: u64,
    /// The last epoch's block, where the runtime counts from there; absent where all subnets take turns by their numbers.
    pub last_block: Option<u64>,
}

impl EpochSchedule {
    /// Blocks from one epoch to the next. Nothing with a tempo of 0: there are none.
    pub fn period_blocks(self) -> Option<u64> {
        match (self.tempo_blocks, self.last_block) {
            (0, _) => None,
            (tempo, Some(_)) => Some(tempo),
            (tempo, None) => Some(tempo.saturating_add(1)),
        }
    }

    /// Blocks from `block` until the next epoch: a tempo after the last one (subtensor `run_coinbase.rs`, since
    /// `LastEpochBlock`), or every `tempo + 1` blocks, shifted by the netuid (before).
    pub fn next_blocks(self, netuid: u16, block: u64) -> Option<u64> {
        let period = self.period_blocks()?;
        Some(match self.last_block {
            Some(last) => last.saturating_add(period).saturating_sub(block),
            None => period - 1 - block.saturating_add(u64::from(netuid) + 1) % period,
        })
    }
}

/// Whom pruning spares, as the subnet's parameters say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spared {
    /// The hotkey of the subnet's owner.
    pub owner_hotkey: Option<Hotkey>,
    /// The account of the subnet's owner.
    pub owner_coldkey: Option<[u8; 32]>,
    /// How many of the owner's neurons are spared.
    pub owner_neurons: Option<u16>,
    /// Neurons past their immunity that are always kept.
    pub floor: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_comes_every_tempo_and_one_blocks_in_turn() {
        let schedule = EpochSchedule { tempo_blocks: 360, last_block: None };
        // The chain runs an epoch at block b when (b + netuid + 1) % (tempo + 1) == 0.
        let block = 361 * 30 - 37;
        assert_eq!(schedule.next_blocks(36, block), Some(360));
        assert_eq!(schedule.next_blocks(36, block - 1), Some(0));
    }

    #[test]
    fn an_epoch_comes_a_tempo_after_the_last_where_the_chain_counts_so() {
        let schedule = EpochSchedule { tempo_blocks: 360, last_block: Some(1_000) };
        assert_eq!(schedule.next_blocks(36, 1_001), Some(359));
        assert_eq!(schedule.next_blocks(36, 1_400), Some(0), "it is overdue");
        assert_eq!(schedule.period_blocks(), Some(360));
    }

    #[test]
    fn a_subnet_of_tempo_zero_has_no_epochs() {
        let schedule = EpochSchedule { tempo_blocks: 0, last_block: None };
        assert_eq!((schedule.period_blocks(), schedule.next_blocks(1, 5)), (None, None));
    }

    #[test]
    fn a_view_survives_being_written_down() {
        let neuron = Neuron { stake_rao: Some(7), validator_permit: true, ..Neuron::new(Hotkey::new([3; 32])) };
        let view = ChainView { block: 9, metagraph: Metagraph::new(vec![neuron]), ..ChainView::default() };
        let json = serde_json::to_string(&view).expect("plain data");
        assert_eq!(serde_json::from_str::<ChainView>(&json).expect("the same"), view);
    }
}
