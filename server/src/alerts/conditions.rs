//! What is wrong, read from the figures. Pure; what is not known is not wrong.

use lode_shared::{ChainStatus, Circuit, Serving, Snapshot};
use serde::Serialize;

use super::AlertsConfig;
use crate::store::Health;

/// A success share over fewer requests says nothing yet.
const MIN_SAMPLES: u32 = 10;
/// Without a chain to read an epoch from: 360 blocks of 12 s.
const EPOCH_MS: u64 = 360 * 12_000;

/// What may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The place on the subnet is lost or nearly so.
    Deregistration,
    /// Validators are sent elsewhere.
    ServedAddress,
    /// The chain cannot be read.
    Chain,
    /// No validator calls.
    ValidatorsSilent,
    /// Too few requests are answered well.
    Success,
    /// A solver is left alone because it fails.
    Circuit,
    /// Memory is wrong more often than it may be.
    Budget,
    /// The data file's disk.
    Disk,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What.
    pub kind: Kind,
    /// Of which solver, where there may be several.
    pub subject: Option<String>,
    /// What is measured and what to do, in a sentence.
    pub text: String,
    /// Whether it is seen to be wrong; else it may be well again, and the next call will show.
    pub is_certain: bool,
}

impl Kind {
    /// The word for it, as in messages and in the table above.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deregistration => "deregistration",
            Self::ServedAddress => "served_address",
            Self::Chain => "chain",
            Self::ValidatorsSilent => "validators_silent",
            Self::Success => "success",
            Self::Circuit => "circuit",
            Self::Budget => "budget",
            Self::Disk => "disk",
        }
    }

    /// How long it must last before it is told, milliseconds.
    pub fn patience_ms(self) -> u64 {
        match self {
            Self::ValidatorsSilent => 0,
            Self::Deregistration | Self::Circuit | Self::Budget | Self::Disk => 60_000,
            Self::ServedAddress => 300_000,
            Self::Success => 600_000,
            Self::Chain => 900_000,
        }
    }
}

/// Everything that is wrong now.
pub fn conditions(snapshot: &Snapshot, disk: &Health, config: &AlertsConfig) -> Vec<Condition> {
    let chain = &snapshot.chain;
    let mut found: Vec<_> = [
        (Kind::Deregistration, deregistration(chain, config)),
        (Kind::ServedAddress, served_address(chain)),
        (Kind::Chain, unreadable(chain)),
        (Kind::ValidatorsSilent, silence(snapshot, config)),
        (Kind::Success, success(snapshot)),
        (Kind::Budget, budget(snapshot)),
        (Kind::Disk, full(disk, config)),
    ]
    .into_iter()
    .filter_map(|(kind, text)| Some(Condition { kind, subject: None, text: text?, is_certain: true }))
    .collect();
    found.extend(snapshot.solvers.iter().filter_map(|solver| {
        let is_certain = match solver.circuit? {
            Circuit::Closed => return None,
            Circuit::HalfOpen => false,
            Circuit::Open => true,
        };
        let why = solver.last_error.as_deref().map(|error| format!("; it said: {error}")).unwrap_or_default();
        let text = format!("the solver {} fails and is left alone{why}", solver.name);
        Some(Condition { kind: Kind::Circuit, subject: Some(solver.name.clone()), text, is_certain })
    }));
    found
}

fn deregistration(chain: &ChainStatus, config: &AlertsConfig) -> Option<String> {
    if chain.registered == Some(false) {
        let netuid = chain.netuid;
        return Some(format!(
            "the hotkey is not registered on subnet {netuid}; `btcli subnet register --netuid {netuid}`"
        ));
    }
    let margin = chain.prune_margin.filter(|margin| *margin <= config.prune_margin && chain.free_uids == Some(0))?;
    // Immunity that lasts beyond the next epoch gives time to earn.
    let immune = chain.immunity_blocks?;
    (immune <= chain.tempo_blocks?).then(|| match margin {
        0 => format!("next to be pruned when somebody registers; {immune} blocks of immunity left"),
        _ => format!("{margin} neurons stand between us and being pruned; {immune} blocks of immunity left"),
    })
}

fn served_address(chain: &ChainStatus) -> Option<String> {
    let detail = chain.keeper.serving_detail.as_deref().unwrap_or("see `lode check`");
    let served =
        chain.served_axon.as_deref().map_or("no axon of ours".to_owned(), |axon| format!("our axon at {axon}"));
    (chain.keeper.serving == Serving::Hidden)
        .then(|| format!("validators cannot find us: the chain has {served}; {detail}"))
}

fn unreadable(chain: &ChainStatus) -> Option<String> {
    chain.keeper.failing_since_ms?;
    let error = chain.keeper.error.as_deref().unwrap_or("no endpoint answers");
    Some(format!("the chain cannot be read: {error}; callers are judged by what was known"))
}

fn silence(snapshot: &Snapshot, config: &AlertsConfig) -> Option<String> {
    let chain = &snapshot.chain;
    // Who is not on the subnet is told that.
    if chain.registered == Some(false) {
        return None;
    }
    let epoch_ms = chain.tempo_blocks.and_then(|blocks| blocks.checked_mul(chain.block_time_ms?)).unwrap_or(EPOCH_MS);
    let limit_ms = config.silent_s.map_or(epoch_ms, |silent_s| u64::from(silent_s) * 1_000).max(60_000);
    let started_ms = snapshot.now_ms.saturating_sub(snapshot.miner.uptime_s * 1_000);
    let since_ms = snapshot.traffic.last_request_ms.unwrap_or(started_ms);
    let silent_ms = snapshot.now_ms.saturating_sub(since_ms);
    (silent_ms >= limit_ms).then(|| {
        let since = if snapshot.traffic.last_request_ms.is_some() { "" } else { ", not once since the start" };
        let minutes = silent_ms / 60_000;
        format!(
            "no validator has called for {minutes} minutes{since}; see whether the port can be reached: `lode check`"
        )
    })
}

fn success(snapshot: &Snapshot) -> Option<String> {
    let tuning = &snapshot.performance_tuning;
    let (success, target) = (tuning.observed.success_pct?, tuning.targets.success_pct());
    (tuning.observed.samples >= MIN_SAMPLES && success < target).then(|| {
        format!(
            "{success:.1} % of the last {} requests succeeded, the target is {target:.1} %",
            tuning.observed.samples
        )
    })
}

fn budget(snapshot: &Snapshot) -> Option<String> {
    let (cache, budget) = (&snapshot.cache, snapshot.performance_tuning.budget_pct);
    let (wrong, surely) = (cache.false_hit_pct?, cache.false_hit_lower_pct?);
    (surely > budget).then(|| {
        format!("{wrong:.1} % of the answers from memory were wrong, at least {surely:.1} %; {budget:.1} % may be")
    })
}

fn full(disk: &Health, config: &AlertsConfig) -> Option<String> {
    if disk.failing_since_ms.is_some() {
        let fault = disk.fault.as_deref().unwrap_or("it does not say why");
        return Some(format!("the data file cannot be written: {fault}; the miner goes on from memory"));
    }
    let (free, all) = (disk.free_bytes?, disk.disk_bytes.filter(|bytes| *bytes > 0)?);
    let free_pct = 100.0 * free as f64 / all as f64;
    let free_mib = free / (1024 * 1024);
    (free_pct < config.disk_free_pct).then(|| format!("the data file's disk has {free_pct:.1} % free, {free_mib} MiB"))
}
