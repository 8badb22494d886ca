//! The subnet as the chain keeper last saw it.

use serde::{Deserialize, Serialize};

/// The subnet and our place in it. Everything is absent until the first sync, or when no chain is configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainStatus {
    /// `devnet`, `offline`, or a network's name.
    pub network: String,
    /// The subnet.
    pub netuid: u16,
    /// Best block.
    pub block: Option<u64>,
    /// When that block was seen, milliseconds since the Unix epoch.
    pub synced_ms: Option<u64>,
    /// Milliseconds a block takes.
    pub block_time_ms: Option<u64>,
    /// Blocks per epoch, read from the chain.
    pub tempo_blocks: Option<u64>,
    /// Blocks until the next epoch.
    pub next_epoch_blocks: Option<u64>,
    /// Neurons on the subnet.
    pub neurons: Option<u32>,
    /// Validators with a permit.
    pub validators_permitted: Option<u32>,
    /// Our uid; absent when the hotkey is not registered.
    pub uid: Option<u16>,
    /// Whether our hotkey is registered.
    pub registered: Option<bool>,
    /// Our share of what miners earn, percent.
    pub incentive_pct: Option<f64>,
    /// Our place among miners by incentive, 1 is best.
    pub rank: Option<u32>,
    /// Miners on the subnet.
    pub miners: Option<u32>,
    /// Our incentive as a share of the best miner's, percent.
    pub of_best_pct: Option<f64>,
    /// Alpha we got in the last epoch.
    pub emission_alpha: Option<f64>,
    /// That times epochs per day: an instantaneous rate, not a promise.
    pub emission_per_day_alpha: Option<f64>,
    /// Blocks of immunity left; 0 when it is over.
    pub immunity_blocks: Option<u64>,
    /// Places between us and the next neuron pruned; 0 means that we are next.
    pub prune_margin: Option<u32>,
    /// Our axon as the chain has it, `ip:port`.
    pub served_axon: Option<String>,
}
