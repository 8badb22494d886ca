//! Who may call.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Metagraph;
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
}

impl PolicyRefusal {
    /// The label under which it is counted.
    pub fn label(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Unregistered => "unregistered",
            Self::NoPermit => "no_permit",
            Self::LowStake => "low_stake",
        }
    }
}

impl Policy {
    /// Whether `hotkey` may call, and with what stake behind it, rao: 0 for one that is not on the subnet. Before the first
    /// sync of the metagraph (`None`) only the allow list is known.
    pub fn admit(&self, hotkey: &Hotkey, metagraph: Option<&Metagraph>) -> Result<u64, PolicyRefusal> {
        if self.deny.contains(hotkey) {
            return Err(PolicyRefusal::Denied);
        }
        let neuron = metagraph.and_then(|metagraph| metagraph.find(hotkey)).map(|(_, neuron)| neuron);
        if self.allow.contains(hotkey) || self.callers == Callers::Anyone {
            return Ok(neuron.map_or(0, |neuron| neuron.stake_rao));
        }
        let neuron = neuron.ok_or(PolicyRefusal::Unregistered)?;
        if self.callers == Callers::Permitted && !neuron.validator_permit {
            return Err(PolicyRefusal::NoPermit);
        }
        if neuron.stake_rao < self.min_stake_rao {
            return Err(PolicyRefusal::LowStake);
        }
        Ok(neuron.stake_rao)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Neuron;
    use super::*;

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::new([byte; 32])
    }

    fn neuron(byte: u8, validator_permit: bool, stake_rao: u64) -> Neuron {
        Neuron {
            hotkey: hotkey(byte),
            stake_rao,
            validator_permit,
            incentive: 0,
            emission_rao: 0,
            registered_block: 0,
            axon: None,
        }
    }

    fn metagraph() -> Metagraph {
        Metagraph::new(vec![neuron(0, true, 1_000), neuron(1, true, 10), neuron(2, false, 1_000)])
    }

    #[test]
    fn by_default_only_permitted_validators_may_call() {
        let policy = Policy { min_stake_rao: 100, ..Policy::default() };
        let metagraph = metagraph();
        let verdicts: Vec<_> = [0, 1, 2, 3].map(|byte| policy.admit(&hotkey(byte), Some(&metagraph))).into();
        assert_eq!(
            verdicts,
            [Ok(1_000), Err(PolicyRefusal::LowStake), Err(PolicyRefusal::NoPermit), Err(PolicyRefusal::Unregistered)]
        );
    }

    #[test]
    fn before_the_first_sync_only_the_allow_list_may_call() {
        let policy = Policy { allow: [hotkey(7)].into(), ..Policy::default() };
        assert_eq!(policy.admit(&hotkey(7), None), Ok(0));
        assert_eq!(policy.admit(&hotkey(0), None), Err(PolicyRefusal::Unregistered));
    }

    #[test]
    fn the_deny_list_beats_everything() {
        let policy = Policy {
            callers: Callers::Anyone,
            allow: [hotkey(7)].into(),
            deny: [hotkey(7)].into(),
            ..Policy::default()
        };
        assert_eq!(policy.admit(&hotkey(7), None), Err(PolicyRefusal::Denied));
    }
}
