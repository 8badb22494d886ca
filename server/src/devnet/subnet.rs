//! The subnet's state and its rules, without any I/O: 64 neurons, epochs, incentive by score.

use std::net::SocketAddr;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{DevnetConfig, devnet_signer};
use crate::domain::{AXON_PROTOCOL, AxonInfo, ChainView, EpochSchedule, Metagraph, Neuron, SDK_VERSION};
use crate::keys::Hotkey;

const NEURONS: usize = 64;
const VALIDATORS: usize = 12;
/// Our place: neither first nor last.
const OUR_UID: usize = 17;
const FIRST_BLOCK: u64 = 7_000_000;
const IMMUNITY_BLOCKS: u64 = 4_096;
/// What miners get in an epoch, alpha in rao: 41 % of one alpha a block.
const MINERS_SHARE_PER_BLOCK_RAO: f64 = 0.41e9;
/// A verdict's weight in our score.
const JUDGEMENT: f64 = 0.02;
/// Better miners earn more than in proportion.
const SHARPNESS: i32 = 4;

pub(super) struct Subnet {
    netuid: u16,
    block: u64,
    block_time_ms: u64,
    tempo_blocks: u64,
    neurons: Vec<Neuron>,
    /// Of every miner, 0 to 1, by uid.
    scores: Vec<f64>,
    random: StdRng,
}

impl Subnet {
    pub(super) fn new(config: &DevnetConfig, netuid: u16, miner: Hotkey, axon: SocketAddr) -> Self {
        let mut random = StdRng::seed_from_u64(config.seed);
        let neurons = (0..NEURONS).map(|uid| neuron(uid, miner, axon, &mut random)).collect();
        let scores = (0..NEURONS).map(|_| random.random_range(0.35..0.9)).collect();
        let mut subnet = Self {
            netuid,
            block: FIRST_BLOCK,
            block_time_ms: config.block_time_ms,
            tempo_blocks: config.tempo_blocks,
            neurons,
            scores,
            random,
        };
        // Nobody has judged us yet: we start in the middle, as if the subnet had run before.
        subnet.scores[OUR_UID] = 0.5;
        subnet.epoch();
        subnet
    }

    /// A validator's verdict on one of our answers.
    pub(super) fn judge(&mut self, score: f64) {
        self.scores[OUR_UID] += JUDGEMENT * (score.clamp(0.0, 1.0) - self.scores[OUR_UID]);
    }

    pub(super) fn next_block(&mut self) {
        let epoch = self.view(0).next_epoch_blocks() == Some(0);
        self.block += 1;
        if epoch {
            self.epoch();
        }
    }

    pub(super) fn view(&self, now_ms: u64) -> ChainView {
        ChainView {
            network: "devnet".into(),
            netuid: self.netuid,
            block: self.block,
            block_ms: Some(now_ms),
            synced_ms: now_ms,
            block_time_ms: Some(self.block_time_ms),
            schedule: Some(EpochSchedule { tempo_blocks: self.tempo_blocks, last_block: None }),
            immunity_period_blocks: Some(IMMUNITY_BLOCKS),
            max_uids: Some(NEURONS as u16),
            tells_axons: true,
            metagraph: Metagraph::new(self.neurons.clone()),
            ..ChainView::default()
        }
    }

    /// Incentive and emission anew, by score.
    fn epoch(&mut self) {
        for uid in (VALIDATORS..NEURONS).filter(|uid| *uid != OUR_UID) {
            let drift = self.random.random_range(-0.03..0.03);
            self.scores[uid] = (self.scores[uid] + drift).clamp(0.2, 0.97);
        }
        let weights: Vec<f64> =
            (0..NEURONS).map(|uid| if uid < VALIDATORS { 0.0 } else { self.scores[uid].powi(SHARPNESS) }).collect();
        let sum: f64 = weights.iter().sum();
        let pool_rao = MINERS_SHARE_PER_BLOCK_RAO * (self.tempo_blocks + 1) as f64;
        for (neuron, weight) in self.neurons.iter_mut().zip(&weights) {
            neuron.incentive = Some((weight / sum * f64::from(u16::MAX)).round() as u16);
            neuron.emission_rao = if neuron.validator_permit {
                // Dividends by stake; only their order matters here.
                neuron.stake_rao.map(|stake| stake / 100_000)
            } else {
                Some((weight / sum * pool_rao) as u64)
            };
        }
    }
}

fn neuron(uid: usize, miner: Hotkey, axon: SocketAddr, random: &mut StdRng) -> Neuron {
    let validator = uid < VALIDATORS;
    let hotkey = match uid {
        OUR_UID => miner,
        _ if validator => devnet_signer(&format!("validator {uid}")).hotkey(),
        _ => devnet_signer(&format!("miner {uid}")).hotkey(),
    };
    let stake_alpha = if validator { 1_200_000.0 / (1.0 + uid as f64 * 0.7) } else { random.random_range(0.0..900.0) };
    let age_blocks = if uid == OUR_UID { 600 } else { random.random_range(2_000..400_000) };
    let block = FIRST_BLOCK - age_blocks;
    let served = AxonInfo { ip: axon.ip(), port: axon.port(), protocol: AXON_PROTOCOL, version: SDK_VERSION, block };
    Neuron {
        stake_rao: Some((stake_alpha * 1e9) as u64),
        validator_permit: validator,
        registered_block: Some(block),
        axon: (uid == OUR_UID).then_some(served),
        ..Neuron::new(hotkey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet() -> Subnet {
        let axon = "127.0.0.1:8091".parse().expect("an address");
        Subnet::new(&DevnetConfig::default(), 36, devnet_signer("our miner").hotkey(), axon)
    }

    fn incentive_after(score: f64) -> f64 {
        let mut subnet = subnet();
        for _ in 0..200 {
            subnet.judge(score);
        }
        for _ in 0..=subnet.tempo_blocks {
            subnet.next_block();
        }
        let us = devnet_signer("our miner").hotkey();
        subnet.view(0).status(&us).incentive_pct.expect("earning")
    }

    #[test]
    fn incentive_follows_how_well_the_miner_answers() {
        assert!(incentive_after(1.0) > 2.0 * incentive_after(0.5));
        assert!(incentive_after(0.0) < 0.01);
    }

    #[test]
    fn incentives_add_up_to_the_chains_whole() {
        let sum: u64 = subnet().neurons.iter().map(|neuron| u64::from(neuron.incentive.unwrap_or(0))).sum();
        assert!(sum.abs_diff(65_535) < 64, "rounding aside: {sum}");
    }

    #[test]
    fn the_same_seed_makes_the_same_subnet() {
        assert_eq!(subnet().neurons, subnet().neurons);
    }
}
