//! Who may call.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::ChainView;
use crate::keys::Hotkey;

/// Whom the axon answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Callers {
    /// Neurons with a validator permit.
    #[default]
    Permitted,
    /// Neurons of the subnet.
    Registered,
    /// Everybody who can sign. For tests, or behind something that knows better.
    Anyone,
}

/// Whom the axon answers, in full. The deny list beats the allow list, which beats the rest.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Who, by standing on the subnet.
    pub callers: Callers,
    /// Least stake of a caller, alpha in rao.
    pub min_stake_rao: u64,
    /// Answered whatever their standing.
    pub allow: HashSet<Hotkey>,
    /// Never answered.
    pub deny: HashSet<Hotkey>,
    /// How old the metagraph may be, milliseconds; absent: whoever was known stays so, however old.
    pub max_age_ms: Option<u64>,
}

/// Why a caller is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// On the deny list.
    #[error("hotkey is on the deny list")]
    Denied,
    /// Not on the subnet.
    #[error("hotkey is not registered on this subnet")]
    Unregistered,
    /// No validator permit.
    #[error("hotkey has no validator permit")]
    NoPermit,
    /// Too little stake.
    #[error("hotkey has too little stake")]
    LowStake,
    /// The chain has not been read for so long that nobody can be told by it.
    #[error("the metagraph is too old to tell callers by")]
    Stale,
}

impl PolicyRefusal {
    /// The label under which it is counted.
    pub fn label(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Unregistered => "unregistered",
            Self::NoPermit => "no_permit",
            Self::LowStake => "low_stake",
            Self::Stale => "stale_metagraph",
        }
    }
}

impl Policy {
    /// Whether `hotkey` may call, and with what stake behind it, rao: 0 for one that is not on the subnet. Before the first
    /// sync of the metagraph (`None`) only the allow list is known.
    pub fn admit(&self, hotkey: &Hotkey, chain: Option<&ChainView>, now_ms: u64) -> Result<u64, PolicyRefusal> {
        if self.deny.contains(hotkey) {
            return Err(PolicyRefusal::Denied);
        }
        let neuron = chain.and_then(|chain| chain.metagraph.find(hotkey)).map(|(_, neuron)| neuron);
        let stake_rao = neuron.and_then(|neuron| neuron.stake_rao).unwrap_or(0);
        if self.allow.contains(hotkey) || self.callers == Callers::Anyone {
            return Ok(stake_rao);
        }
        if self.max_age_ms.zip(chain).is_some_and(|(most, chain)| now_ms.saturating_sub(chain.synced_ms) > most) {
            return Err(PolicyRefusal::Stale);
        }
        let neuron = neuron.ok_or(PolicyRefusal::Unregistered)?;
        if self.callers == Callers::Permitted && !neuron.validator_permit {
            return Err(PolicyRefusal::NoPermit);
        }
        if stake_rao < self.min_stake_rao {
            return Err(PolicyRefusal::LowStake);
        }
        Ok(stake_rao)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metagraph, Neuron};
    use super::*;

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::new([byte; 32])
    }

    fn neuron(byte: u8, validator_permit: bool, stake_rao: u64) -> Neuron {
        Neuron { validator_permit, stake_rao: Some(stake_rao), ..Neuron::new(hotkey(byte)) }
    }

    fn chain() -> ChainView {
        let neurons = vec![neuron(0, true, 1_000), neuron(1, true, 10), neuron(2, false, 1_000)];
        ChainView { synced_ms: 1_000, metagraph: Metagraph::new(neurons), ..ChainView::default() }
    }

    #[test]
    fn by_default_only_permitted_validators_may_call() {
        let policy = Policy { min_stake_rao: 100, ..Policy::default() };
        let chain = chain();
        let verdicts: Vec<_> = [0, 1, 2, 3].map(|byte| policy.admit(&hotkey(byte), Some(&chain), 2_000)).into();
        assert_eq!(
            verdicts,
            [Ok(1_000), Err(PolicyRefusal::LowStake), Err(PolicyRefusal::NoPermit), Err(PolicyRefusal::Unregistered)]
        );
    }

    #[test]
    fn before_the_first_sync_only_the_allow_list_may_call() {
        let policy = Policy { allow: [hotkey(7)].into(), ..Policy::default() };
        assert_eq!(policy.admit(&hotkey(7), None, 0), Ok(0));
        assert_eq!(policy.admit(&hotkey(0), None, 0), Err(PolicyRefusal::Unregistered));
    }

    #[test]
    fn the_deny_list_beats_everything() {
        let policy = Policy {
            callers: Callers::Anyone,
            allow: [hotkey(7)].into(),
            deny: [hotkey(7)].into(),
            ..Policy::default()
        };
        assert_eq!(policy.admit(&hotkey(7), None, 0), Err(PolicyRefusal::Denied));
    }

    #[test]
    fn a_metagraph_of_any_age_tells_validators_unless_its_age_is_limited() {
        let chain = chain();
        let admit = |max_age_ms, byte, now_ms| {
            let policy = Policy { max_age_ms, allow: [hotkey(7)].into(), ..Policy::default() };
            policy.admit(&hotkey(byte), Some(&chain), now_ms)
        };
        assert_eq!(admit(None, 0, u64::MAX), Ok(1_000));
        assert_eq!(admit(Some(500), 0, 1_500), Ok(1_000));
        assert_eq!(admit(Some(500), 0, 1_501), Err(PolicyRefusal::Stale));
        assert_eq!(admit(Some(500), 7, 9_000), Ok(0), "the allow list needs no metagraph");
    }
}
