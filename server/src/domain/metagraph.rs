//! The subnet as the chain tells it, and our place in it.
//!
//! Prune order is the chain's own (subtensor `pallets/subtensor/src/subnets/registration.rs`): lowest emission first, then
//! oldest registration, then lowest uid; immune neurons are spared.

use std::collections::HashMap;
use std::net::IpAddr;

use lode_shared::ChainStatus;

use crate::keys::Hotkey;

/// Alpha is counted in rao, 1e-9.
const RAO: f64 = 1e9;
const MS_PER_DAY: f64 = 86_400_000.0;

/// One row of the subnet.
#[derive(Debug, Clone, PartialEq)]
pub struct Neuron {
    /// Its hotkey.
    pub hotkey: Hotkey,
    /// Its stake, alpha in rao.
    pub stake_rao: u64,
    /// Whether it may set weights, and so call miners.
    pub validator_permit: bool,
    /// Its share of what miners earn: 65,535 is all of it.
    pub incentive: u16,
    /// What it got in the last epoch, alpha in rao.
    pub emission_rao: u64,
    /// The block at which it registered.
    pub registered_block: u64,
    /// Where it serves, if it does.
    pub axon: Option<AxonInfo>,
}

/// Where an axon is reached, as registered on chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxonInfo {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// All neurons of a subnet; the index is the uid.
#[derive(Debug, Clone, Default)]
pub struct Metagraph {
    neurons: Vec<Neuron>,
    uids: HashMap<Hotkey, u16>,
    validators_stake_rao: u64,
}

impl Metagraph {
    /// From neurons in order of uid.
    pub fn new(neurons: Vec<Neuron>) -> Self {
        let uids = neurons.iter().zip(0..).map(|(neuron, uid)| (neuron.hotkey, uid)).collect();
        let permitted = neurons.iter().filter(|neuron| neuron.validator_permit);
        let validators_stake_rao = permitted.fold(0_u64, |sum, neuron| sum.saturating_add(neuron.stake_rao));
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

    /// The uid and row of a hotkey.
    pub fn find(&self, hotkey: &Hotkey) -> Option<(u16, &Neuron)> {
        let uid = *self.uids.get(hotkey)?;
        Some((uid, self.neurons.get(usize::from(uid))?))
    }

    /// Neurons with a permit and their uids.
    pub fn validators(&self) -> impl Iterator<Item = (u16, &Neuron)> {
        self.neurons.iter().zip(0..).filter(|(neuron, _)| neuron.validator_permit).map(|(neuron, uid)| (uid, neuron))
    }

    fn miners(&self) -> impl Iterator<Item = &Neuron> {
        self.neurons.iter().filter(|neuron| !neuron.validator_permit)
    }
}

/// One sync: everything read at one block.
#[derive(Debug, Clone)]
pub struct ChainView {
    /// `devnet`, or a network's name.
    pub network: String,
    /// The subnet.
    pub netuid: u16,
    /// The block.
    pub block: u64,
    /// When it was read, milliseconds since the Unix epoch.
    pub synced_ms: u64,
    /// Milliseconds a block takes.
    pub block_time_ms: u64,
    /// Blocks per epoch.
    pub tempo_blocks: u64,
    /// Blocks for which a new neuron is spared from pruning.
    pub immunity_period_blocks: u64,
    /// The neurons.
    pub metagraph: Metagraph,
}

impl ChainView {
    /// Blocks until the next epoch: every `tempo + 1` blocks, shifted by the netuid, as the chain counts.
    pub fn next_epoch_blocks(&self) -> u64 {
        let period = self.tempo_blocks + 1;
        period - 1 - (self.block + u64::from(self.netuid) + 1) % period
    }

    fn immunity_left(&self, neuron: &Neuron) -> u64 {
        (neuron.registered_block + self.immunity_period_blocks).saturating_sub(self.block)
    }

    /// Neurons that would be pruned before `uid`; 0 means that it is next. An immune neuron is behind all others.
    fn prune_margin(&self, uid: u16) -> u32 {
        let order = |uid: u16, neuron: &Neuron| {
            (self.immunity_left(neuron) > 0, neuron.emission_rao, neuron.registered_block, uid)
        };
        let neurons = || self.metagraph.neurons.iter().zip(0..).map(|(neuron, uid)| (uid, neuron));
        let Some(ours) = neurons().find(|(other, _)| *other == uid).map(|(uid, neuron)| order(uid, neuron)) else {
            return 0;
        };
        neurons().filter(|&(other, neuron)| order(other, neuron) < ours).count() as u32
    }

    /// What the dashboard shows of the subnet and of `hotkey`'s place in it.
    pub fn status(&self, hotkey: &Hotkey) -> ChainStatus {
        let found = self.metagraph.find(hotkey);
        let us = found.map(|(_, neuron)| neuron);
        let miner = us.filter(|neuron| !neuron.validator_permit);
        let incentives: u64 = self.metagraph.miners().map(|miner| u64::from(miner.incentive)).sum();
        let best = self.metagraph.miners().map(|miner| miner.incentive).max().unwrap_or(0);
        let percent = |part: u16, whole: u64| (whole > 0).then(|| 100.0 * f64::from(part) / whole as f64);
        let epochs_per_day = MS_PER_DAY / (self.block_time_ms * (self.tempo_blocks + 1)) as f64;
        let emission_alpha = us.map(|neuron| neuron.emission_rao as f64 / RAO);
        ChainStatus {
            network: self.network.clone(),
            netuid: self.netuid,
            block: Some(self.block),
            synced_ms: Some(self.synced_ms),
            block_time_ms: Some(self.block_time_ms),
            tempo_blocks: Some(self.tempo_blocks),
            next_epoch_blocks: Some(self.next_epoch_blocks()),
            neurons: Some(self.metagraph.neurons.len() as u32),
            validators_permitted: Some(self.metagraph.validators().count() as u32),
            uid: found.map(|(uid, _)| uid),
            registered: Some(found.is_some()),
            incentive_pct: miner.and_then(|miner| percent(miner.incentive, incentives)),
            rank: miner
                .map(|us| 1 + self.metagraph.miners().filter(|other| other.incentive > us.incentive).count() as u32),
            miners: Some(self.metagraph.miners().count() as u32),
            of_best_pct: miner.and_then(|miner| percent(miner.incentive, u64::from(best))),
            emission_alpha,
            emission_per_day_alpha: emission_alpha.map(|alpha| alpha * epochs_per_day),
            immunity_blocks: us.map(|neuron| self.immunity_left(neuron)),
            prune_margin: found.map(|(uid, _)| self.prune_margin(uid)),
            served_axon: us
                .and_then(|us| us.axon)
                .map(|axon| std::net::SocketAddr::new(axon.ip, axon.port).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neuron(id: u8, emission_rao: u64, registered_block: u64, incentive: u16) -> Neuron {
        Neuron {
            hotkey: Hotkey::new([id; 32]),
            stake_rao: 0,
            validator_permit: false,
            incentive,
            emission_rao,
            registered_block,
            axon: None,
        }
    }

    fn view(neurons: Vec<Neuron>) -> ChainView {
        ChainView {
            network: "devnet".into(),
            netuid: 36,
            block: 10_000,
            synced_ms: 0,
            block_time_ms: 12_000,
            tempo_blocks: 360,
            immunity_period_blocks: 4_096,
            metagraph: Metagraph::new(neurons),
        }
    }

    fn margins(view: &ChainView) -> Vec<u32> {
        (0..view.metagraph.neurons().len() as u16).map(|uid| view.prune_margin(uid)).collect()
    }

    #[test]
    fn prune_order_is_emission_then_age_then_uid_and_immunity_spares() {
        let view = view(vec![
            neuron(0, 5, 100, 0), // fourth: most emission of those not immune
            neuron(1, 0, 200, 0), // second and third: same emission and age, lower uid first
            neuron(2, 0, 200, 0),
            neuron(3, 0, 9_000, 0), // immune: last
            neuron(4, 0, 50, 0),    // first: no emission, oldest
        ]);
        assert_eq!(margins(&view), [3, 1, 2, 4, 0]);
    }

    #[test]
    fn rank_and_shares_count_miners_only() {
        let mut validator = neuron(0, 9, 0, 60_000);
        validator.validator_permit = true;
        let view = view(vec![validator, neuron(1, 10, 0, 30_000), neuron(2, 3_000_000_000, 0, 10_000)]);
        let status = view.status(&Hotkey::new([2; 32]));
        assert_eq!(status.rank, Some(2));
        assert_eq!(status.miners, Some(2));
        assert_eq!(status.incentive_pct, Some(25.0));
        assert!((status.of_best_pct.expect("a best miner") - 33.333).abs() < 0.001);
        assert_eq!(status.emission_alpha, Some(3.0));
        let per_day = status.emission_per_day_alpha.expect("derived");
        assert!((per_day - 3.0 * 7_200.0 / 361.0).abs() < 1e-9, "7,200 blocks of 12 s a day, 361 an epoch");
    }

    #[test]
    fn an_unregistered_hotkey_has_no_figures_of_its_own() {
        let status = view(vec![neuron(1, 10, 0, 30_000)]).status(&Hotkey::new([9; 32]));
        assert_eq!(status.registered, Some(false));
        assert_eq!((status.uid, status.rank, status.prune_margin), (None, None, None));
    }

    #[test]
    fn nobody_earning_yet_is_no_share_rather_than_zero() {
        let status = view(vec![neuron(1, 0, 0, 0)]).status(&Hotkey::new([1; 32]));
        assert_eq!((status.incentive_pct, status.of_best_pct), (None, None));
        assert_eq!(status.rank, Some(1));
    }

    #[test]
    fn an_epoch_comes_every_tempo_and_one_blocks() {
        let mut view = view(Vec::new());
        // The chain runs an epoch at block b when (b + netuid + 1) % (tempo + 1) == 0.
        view.block = 361 * 30 - 37;
        assert_eq!(view.next_epoch_blocks(), 360);
        view.block -= 1;
        assert_eq!(view.next_epoch_blocks(), 0);
    }
}
