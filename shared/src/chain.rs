//! The subnet as the chain keeper last saw it, and how the keeper fares.

use serde::{Deserialize, Serialize};

/// The subnet and our place in it. Everything is absent until the first sync, or when no chain is configured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChainStatus {
    /// `devnet`, `offline`, or a network's name.
    pub network: String,
    /// The subnet.
    pub netuid: u16,
    /// The runtime's version.
    pub spec_version: Option<u32>,
    /// The block at which all of this was read.
    pub block: Option<u64>,
    /// The time that this block bears, milliseconds since the Unix epoch.
    pub block_ms: Option<u64>,
    /// When it was read, milliseconds since the Unix epoch.
    pub synced_ms: Option<u64>,
    /// Milliseconds a block takes.
    pub block_time_ms: Option<u64>,
    /// The subnet's tempo, read from the chain.
    pub tempo_blocks: Option<u64>,
    /// Blocks until the next epoch.
    pub next_epoch_blocks: Option<u64>,
    /// Neurons on the subnet.
    pub neurons: Option<u32>,
    /// Places that nobody has: while there are some, nobody is pruned.
    pub free_uids: Option<u32>,
    /// Validators with a permit.
    pub validators_permitted: Option<u32>,
    /// Their stake together, alpha.
    pub validators_stake_alpha: Option<f64>,
    /// Our uid; absent when the hotkey is not registered.
    pub uid: Option<u16>,
    /// Whether our hotkey is registered.
    pub registered: Option<bool>,
    /// Our stake, alpha.
    pub stake_alpha: Option<f64>,
    /// Our share of what miners earn, percent.
    pub incentive_pct: Option<f64>,
    /// Our place among miners by incentive, 1 is best.
    pub rank: Option<u32>,
    /// Miners on the subnet: who has no permit, or earns incentive.
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
    /// How the keeper fares.
    #[serde(default)]
    pub keeper: KeeperStatus,
}

/// How the keeper fares: what it talks to, what failed, and whether validators can find us.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KeeperStatus {
    /// The endpoint of the last sync.
    pub endpoint: Option<String>,
    /// What failed since, in a sentence; absent when the last sync succeeded.
    pub error: Option<String>,
    /// Since when syncs fail, milliseconds since the Unix epoch.
    pub failing_since_ms: Option<u64>,
    /// Whether validators can find us.
    pub serving: Serving,
    /// What there is to say about that: why, and what to do.
    pub serving_detail: Option<String>,
    /// Times that another endpoint was taken because one had failed.
    #[serde(default)]
    pub failovers: u64,
    /// When the next sync is due, milliseconds since the Unix epoch; absent while that is not known.
    #[serde(default)]
    pub next_sync_ms: Option<u64>,
}

/// Whether validators can find us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Serving {
    /// Nothing is known yet.
    #[default]
    Unknown,
    /// The chain has our axon as it is.
    Visible,
    /// It has another one, or none, and we are about to change that.
    Pending,
    /// It has another one, or none, and somebody must do something.
    Hidden,
    /// Somebody else registers our axon.
    Off,
}

impl Serving {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Visible => "visible",
            Self::Pending => "pending",
            Self::Hidden => "hidden",
            Self::Off => "off",
        }
    }
}

/// Our place on the subnet at one sync, as it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChainPoint {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The block.
    pub block: u64,
    /// Our uid.
    pub uid: Option<u16>,
    /// Our stake, alpha.
    pub stake_alpha: Option<f64>,
    /// Our share of what miners earn, percent.
    pub incentive_pct: Option<f64>,
    /// Our place among miners, 1 is best.
    pub rank: Option<u32>,
    /// Miners on the subnet.
    pub miners: Option<u32>,
    /// Our incentive as a share of the best miner's, percent.
    pub of_best_pct: Option<f64>,
    /// Alpha we got in the last epoch.
    pub emission_alpha: Option<f64>,
    /// That times epochs per day.
    pub emission_per_day_alpha: Option<f64>,
    /// Blocks until the next epoch.
    pub next_epoch_blocks: Option<u64>,
    /// Blocks of immunity left.
    pub immunity_blocks: Option<u64>,
    /// Neurons pruned before us.
    pub prune_margin: Option<u32>,
    /// Validators with a permit.
    pub validators_permitted: Option<u32>,
    /// Their stake together, alpha.
    pub validators_stake_alpha: Option<f64>,
}

impl ChainStatus {
    /// What of it is kept; nothing before the first sync.
    pub fn point(&self) -> Option<ChainPoint> {
        Some(ChainPoint {
            at_ms: self.synced_ms?,
            block: self.block?,
            uid: self.uid,
            stake_alpha: self.stake_alpha,
            incentive_pct: self.incentive_pct,
            rank: self.rank,
            miners: self.miners,
            of_best_pct: self.of_best_pct,
            emission_alpha: self.emission_alpha,
            emission_per_day_alpha: self.emission_per_day_alpha,
            next_epoch_blocks: self.next_epoch_blocks,
            immunity_blocks: self.immunity_blocks,
            prune_margin: self.prune_margin,
            validators_permitted: self.validators_permitted,
            validators_stake_alpha: self.validators_stake_alpha,
        })
    }
}
