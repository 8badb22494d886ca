//! What the subnet means for us: what we earn, among whom, and how far we are from being pruned.

use lode_shared::ChainStatus;

use super::{ChainView, Neuron};
use crate::keys::Hotkey;

/// Alpha is counted in rao, 1e-9.
const RAO: f64 = 1e9;
const MS_PER_DAY: f64 = 86_400_000.0;

impl ChainView {
    /// Blocks until the next epoch.
    pub fn next_epoch_blocks(&self) -> Option<u64> {
        self.schedule?.next_blocks(self.netuid, self.block)
    }

    /// Blocks for which a neuron is still spared; 0 when that is over.
    pub fn immunity_blocks(&self, neuron: &Neuron) -> Option<u64> {
        Some(neuron.registered_block?.saturating_add(self.immunity_period_blocks?).saturating_sub(self.block))
    }

    /// What the dashboard shows of the subnet and of `hotkey`'s place in it.
    pub fn status(&self, hotkey: &Hotkey) -> ChainStatus {
        let found = self.metagraph.find(hotkey);
        let us = found.map(|(_, neuron)| neuron);
        let earning = us.and_then(|us| us.incentive);
        // On a small subnet everybody has a permit: who earns incentive is a miner all the same, and so are we.
        let miners = || {
            self.metagraph.neurons().iter().filter(|neuron| {
                !neuron.validator_permit
                    || neuron.incentive.is_some_and(|incentive| incentive > 0)
                    || neuron.hotkey == *hotkey
            })
        };
        let incentives = || miners().filter_map(|miner| miner.incentive);
        let sum: u64 = incentives().map(u64::from).sum();
        let best = incentives().max().unwrap_or(0);
        let percent = |part: u16, whole: u64| (whole > 0).then(|| 100.0 * f64::from(part) / whole as f64);
        let alpha = |rao: u64| rao as f64 / RAO;
        let emission_alpha = us.and_then(|us| us.emission_rao).map(alpha);
        let neurons = self.metagraph.neurons().len();
        ChainStatus {
            network: self.network.clone(),
            netuid: self.netuid,
            spec_version: self.spec_version,
            block: Some(self.block),
            block_ms: self.block_ms,
            synced_ms: Some(self.synced_ms),
            block_time_ms: self.block_time_ms,
            tempo_blocks: self.schedule.map(|schedule| schedule.tempo_blocks),
            next_epoch_blocks: self.next_epoch_blocks(),
            neurons: Some(neurons as u32),
            free_uids: self.max_uids.map(|most| u32::from(most).saturating_sub(neurons as u32)),
            validators_permitted: Some(self.metagraph.validators().count() as u32),
            validators_stake_alpha: Some(alpha(self.metagraph.validators_stake_rao())),
            uid: found.map(|(uid, _)| uid),
            registered: Some(found.is_some()),
            stake_alpha: us.and_then(|us| us.stake_rao).map(alpha),
            incentive_pct: earning.and_then(|ours| percent(ours, sum)),
            rank: earning.map(|ours| 1 + incentives().filter(|other| *other > ours).count() as u32),
            miners: Some(miners().count() as u32),
            of_best_pct: earning.and_then(|ours| percent(ours, u64::from(best))),
            emission_alpha,
            emission_per_day_alpha: emission_alpha.zip(self.epochs_per_day()).map(|(alpha, epochs)| alpha * epochs),
            immunity_blocks: us.and_then(|us| self.immunity_blocks(us)),
            prune_margin: found.and_then(|(uid, _)| self.prune_margin(uid)),
            served_axon: us
                .and_then(|us| us.axon)
                .map(|axon| std::net::SocketAddr::new(axon.ip, axon.port).to_string()),
            ..ChainStatus::default()
        }
    }

    fn epochs_per_day(&self) -> Option<f64> {
        let epoch_ms = self.block_time_ms?.checked_mul(self.schedule?.period_blocks()?).filter(|ms| *ms > 0)?;
        Some(MS_PER_DAY / epoch_ms as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EpochSchedule, Metagraph};

    fn neuron(id: u8, emission_rao: u64, incentive: u16) -> Neuron {
        Neuron {
            incentive: Some(incentive),
            emission_rao: Some(emission_rao),
            registered_block: Some(0),
            ..Neuron::new(Hotkey::new([id; 32]))
        }
    }

    fn view(neurons: Vec<Neuron>) -> ChainView {
        ChainView {
            netuid: 36,
            block: 10_000,
            block_time_ms: Some(12_000),
            schedule: Some(EpochSchedule { tempo_blocks: 360, last_block: None }),
            immunity_period_blocks: Some(4_096),
            max_uids: Some(256),
            metagraph: Metagraph::new(neurons),
            ..ChainView::default()
        }
    }

    #[test]
    fn rank_and_shares_count_miners_only() {
        let mut validator = neuron(0, 9, 0);
        validator.validator_permit = true;
        validator.stake_rao = Some(2_500_000_000);
        let view = view(vec![validator, neuron(1, 10, 30_000), neuron(2, 3_000_000_000, 10_000)]);
        let status = view.status(&Hotkey::new([2; 32]));
        assert_eq!((status.rank, status.miners, status.free_uids), (Some(2), Some(2), Some(253)));
        assert_eq!((status.validators_permitted, status.validators_stake_alpha), (Some(1), Some(2.5)));
        assert_eq!(status.incentive_pct, Some(25.0));
        assert!((status.of_best_pct.expect("a best miner") - 33.333).abs() < 0.001);
        assert_eq!(status.emission_alpha, Some(3.0));
        let per_day = status.emission_per_day_alpha.expect("derived");
        assert!((per_day - 3.0 * 7_200.0 / 361.0).abs() < 1e-9, "7,200 blocks of 12 s a day, 361 an epoch");
    }

    #[test]
    fn a_miner_with_a_permit_is_still_a_miner() {
        let permitted = |id, incentive| Neuron { validator_permit: true, ..neuron(id, 1, incentive) };
        let view = view(vec![permitted(0, 0), permitted(1, 40_000), permitted(2, 20_000)]);
        let status = view.status(&Hotkey::new([2; 32]));
        assert_eq!((status.rank, status.miners), (Some(2), Some(2)), "the first earns no incentive: it validates");
        assert_eq!(view.status(&Hotkey::new([0; 32])).miners, Some(3), "unless it is us");
    }

    #[test]
    fn an_unregistered_hotkey_has_no_figures_of_its_own() {
        let status = view(vec![neuron(1, 10, 30_000)]).status(&Hotkey::new([9; 32]));
        assert_eq!(status.registered, Some(false));
        assert_eq!((status.uid, status.rank, status.prune_margin), (None, None, None));
    }

    #[test]
    fn nobody_earning_yet_is_no_share_rather_than_zero() {
        let status = view(vec![neuron(1, 0, 0)]).status(&Hotkey::new([1; 32]));
        assert_eq!((status.incentive_pct, status.of_best_pct), (None, None));
        assert_eq!(status.rank, Some(1));
    }

    #[test]
    fn what_the_runtime_does_not_tell_is_absent() {
        let view =
            ChainView { metagraph: Metagraph::new(vec![Neuron::new(Hotkey::new([1; 32]))]), ..ChainView::default() };
        let status = view.status(&Hotkey::new([1; 32]));
        assert_eq!((status.uid, status.registered), (Some(0), Some(true)));
        assert_eq!((status.rank, status.incentive_pct, status.emission_alpha), (None, None, None));
        assert_eq!((status.emission_per_day_alpha, status.immunity_blocks, status.prune_margin), (None, None, None));
        assert_eq!((status.next_epoch_blocks, status.stake_alpha, status.free_uids), (None, None, None));
    }
}
