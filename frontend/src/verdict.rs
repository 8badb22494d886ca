//! What the figures mean for the operator: a tone and a word, because colour alone says nothing to many readers. Pure.

use lode_shared::{ChainStatus, Serving, Snapshot, ValidatorRow};

/// How a figure is to be taken. Each tone is a class of the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warn,
    Bad,
    /// Neither good nor bad: nothing is known, or nothing needs doing.
    Quiet,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}

/// A tone and the word that says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub tone: Tone,
    pub word: &'static str,
}

impl Verdict {
    pub const UNKNOWN: Self = Self::new(Tone::Quiet, "no data yet");

    const fn new(tone: Tone, word: &'static str) -> Self {
        Self { tone, word }
    }
}

/// Which side of a target is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Lower,
    Higher,
}

/// A figure beside its target.
pub fn against(value: Option<f64>, target: f64, better: Better) -> Verdict {
    match (value, better) {
        (None, _) => Verdict::UNKNOWN,
        (Some(value), Better::Lower) if value > target => Verdict::new(Tone::Bad, "slower than target"),
        (Some(value), Better::Higher) if value < target => Verdict::new(Tone::Bad, "below target"),
        _ => Verdict::new(Tone::Good, "on target"),
    }
}

/// The most that may be wrong beside what is allowed.
pub fn within(upper_pct: Option<f64>, budget_pct: f64) -> Verdict {
    match upper_pct {
        None => Verdict::UNKNOWN,
        Some(upper) if upper > budget_pct => Verdict::new(Tone::Warn, "not proven within budget"),
        Some(_) => Verdict::new(Tone::Good, "within budget"),
    }
}

/// A margin this thin can be gone after one epoch: a handful of places, or a twentieth of the subnet.
fn is_thin(margin: u32, neurons: Option<u32>) -> bool {
    margin < 5 || neurons.is_some_and(|neurons| margin < neurons / 20)
}

/// Am I safe from being pruned?
pub fn safety(chain: &ChainStatus) -> Verdict {
    if chain.registered == Some(false) {
        return Verdict::new(Tone::Bad, "not registered");
    }
    match (chain.immunity_blocks, chain.prune_margin) {
        (_, Some(_)) if chain.free_uids.is_some_and(|free| free > 0) => Verdict::new(Tone::Good, "free places"),
        (Some(1..), _) => Verdict::new(Tone::Good, "immune"),
        (_, Some(0)) => Verdict::new(Tone::Bad, "next to go"),
        (_, Some(margin)) if is_thin(margin, chain.neurons) => Verdict::new(Tone::Warn, "thin margin"),
        (_, Some(_)) => Verdict::new(Tone::Good, "safe"),
        (_, None) => Verdict::UNKNOWN,
    }
}

/// Can validators find me?
pub fn visibility(chain: &ChainStatus) -> Verdict {
    match (chain.keeper.serving, &chain.keeper.error) {
        (Serving::Hidden, _) => Verdict::new(Tone::Bad, "not visible"),
        (_, Some(_)) => Verdict::new(Tone::Warn, "chain out of reach"),
        (Serving::Visible, None) => Verdict::new(Tone::Good, "visible"),
        (Serving::Pending, None) => Verdict::new(Tone::Warn, "being registered"),
        (Serving::Off, None) => Verdict::new(Tone::Quiet, "not ours to register"),
        (Serving::Unknown, None) => Verdict::UNKNOWN,
    }
}

/// How long a validator may keep quiet before it is worth a look: one epoch, in which each should have asked at least
/// once; an hour while the chain has not told.
fn silence_limit_ms(chain: &ChainStatus) -> u64 {
    const HOUR_MS: u64 = 3_600_000;
    // A devnet's epoch may last seconds; below a minute silence says nothing.
    const LEAST_MS: u64 = 60_000;
    match (chain.tempo_blocks, chain.block_time_ms) {
        (Some(blocks), Some(block_ms)) => blocks.saturating_mul(block_ms).max(LEAST_MS),
        _ => HOUR_MS,
    }
}

/// Since when a validator may have been heard, and how long it may keep quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    pub started_ms: u64,
    pub now_ms: u64,
    pub limit_ms: u64,
}

impl Listening {
    pub fn new(snapshot: &Snapshot, now_ms: u64) -> Self {
        let started_ms = snapshot.now_ms.saturating_sub(snapshot.miner.uptime_s * 1_000);
        Self { started_ms, now_ms, limit_ms: silence_limit_ms(&snapshot.chain) }
    }

    /// Whether a validator that may call has kept quiet for too long. One without a permit owes us nothing, and nobody
    /// can be heard before we listened.
    pub fn finds_silent(self, row: &ValidatorRow) -> bool {
        let heard_ms = row.last_seen_ms.unwrap_or(self.started_ms);
        row.permit != Some(false) && self.now_ms.saturating_sub(heard_ms) > self.limit_ms
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::KeeperStatus;

    use super::*;

    #[test]
    fn a_figure_that_was_not_measured_is_neither_on_nor_off_target() {
        assert_eq!(against(None, 1.5, Better::Lower), Verdict::UNKNOWN);
    }

    #[test]
    fn a_figure_exactly_at_its_target_is_on_target() {
        assert_eq!(against(Some(1.5), 1.5, Better::Lower).word, "on target");
        assert_eq!(against(Some(85.0), 85.0, Better::Higher).word, "on target");
    }

    #[test]
    fn wrong_hits_are_within_budget_only_when_the_doubt_is_too() {
        assert_eq!(within(None, 1.0), Verdict::UNKNOWN);
        assert_eq!(within(Some(1.0), 1.0).tone, Tone::Good);
        assert_eq!(within(Some(1.1), 1.0).tone, Tone::Warn);
    }

    #[test]
    fn slow_is_bad_and_few_is_bad() {
        assert_eq!(against(Some(1.6), 1.5, Better::Lower).tone, Tone::Bad);
        assert_eq!(against(Some(84.9), 85.0, Better::Higher).tone, Tone::Bad);
    }

    #[test]
    fn immunity_outweighs_a_thin_margin_until_its_last_block() {
        let chain = |blocks| ChainStatus { immunity_blocks: Some(blocks), prune_margin: Some(0), ..Default::default() };
        assert_eq!(safety(&chain(1)).word, "immune");
        assert_eq!(safety(&chain(0)).word, "next to go");
    }

    #[test]
    fn a_margin_is_judged_by_the_size_of_the_subnet() {
        let chain = |margin| ChainStatus { neurons: Some(256), prune_margin: Some(margin), ..Default::default() };
        assert_eq!(safety(&chain(11)).tone, Tone::Warn);
        assert_eq!(safety(&chain(12)).tone, Tone::Good);
    }

    #[test]
    fn an_unregistered_hotkey_is_not_safe_whatever_else_is_known() {
        let chain = ChainStatus { registered: Some(false), prune_margin: Some(60), ..Default::default() };
        assert_eq!(safety(&chain).word, "not registered");
        assert_eq!(safety(&ChainStatus::default()), Verdict::UNKNOWN);
    }

    #[test]
    fn while_there_are_free_places_nobody_is_pruned() {
        let chain = ChainStatus { free_uids: Some(1), prune_margin: Some(0), ..Default::default() };
        assert_eq!(safety(&chain).word, "free places");
        assert_eq!(safety(&ChainStatus { free_uids: Some(0), ..chain }).word, "next to go");
    }

    #[test]
    fn an_axon_that_the_chain_does_not_take_outweighs_a_failed_sync() {
        let chain = |serving, error: Option<&str>| {
            let keeper = KeeperStatus { serving, error: error.map(Into::into), ..Default::default() };
            ChainStatus { keeper, ..Default::default() }
        };
        assert_eq!(visibility(&chain(Serving::Hidden, Some("down"))).word, "not visible");
        assert_eq!(visibility(&chain(Serving::Visible, Some("down"))).tone, Tone::Warn);
        assert_eq!(visibility(&chain(Serving::Visible, None)).word, "visible");
        assert_eq!(visibility(&ChainStatus::default()), Verdict::UNKNOWN);
    }

    fn validator(permit: Option<bool>, last_seen_ms: Option<u64>) -> ValidatorRow {
        ValidatorRow {
            hotkey: "5F".into(),
            uid: None,
            stake_alpha: None,
            permit,
            requests: 0,
            per_minute: None,
            p95_ms: None,
            last_seen_ms,
        }
    }

    #[test]
    fn a_permitted_validator_is_silent_after_one_epoch() {
        let chain = ChainStatus { tempo_blocks: Some(360), block_time_ms: Some(12_000), ..Default::default() };
        let limit = silence_limit_ms(&chain);
        let now_ms = 100_000_000;
        let since = |started_ms| Listening { started_ms, now_ms, limit_ms: limit };
        assert!(!since(0).finds_silent(&validator(Some(true), Some(now_ms - limit))));
        assert!(since(0).finds_silent(&validator(Some(true), Some(now_ms - limit - 1))));
        assert!(since(0).finds_silent(&validator(Some(true), None)), "it may call and never has");
        assert!(!since(0).finds_silent(&validator(Some(false), None)), "it may not set weights");
        assert!(!since(now_ms - 10_000).finds_silent(&validator(Some(true), None)), "we listen for ten seconds");
    }
}
