//! Whom the axon answers, as configured.

use std::collections::HashSet;

use super::{Config, ConfigError};
use crate::chain::Network;
use crate::domain::{Callers, Policy};
use crate::keys::{Hotkey, Ss58Error};

impl Config {
    /// Whom the axon answers.
    ///
    /// # Errors
    ///
    /// When nobody could call, or a hotkey is no address.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        let knows_nobody = self.subtensor.network() == Network::Offline && self.axon.callers != Callers::Anyone;
        if knows_nobody && self.axon.allow.is_empty() {
            let message = "offline there is no metagraph to tell validators by, so nobody could call: list their hotkeys \
                           in axon.allow, or set axon.callers to anyone";
            return Err(ConfigError::Value(message.into()));
        }
        Ok(Policy {
            callers: self.axon.callers,
            min_stake_rao: (self.axon.min_stake_alpha * 1e9) as u64,
            allow: hotkeys(&self.axon.allow, "allow")?,
            deny: hotkeys(&self.axon.deny, "deny")?,
            max_age_ms: self.subtensor.max_age_s.map(|seconds| seconds.saturating_mul(1_000)),
        })
    }
}

/// The hotkeys that `axon.<name>` lists.
fn hotkeys(list: &[String], name: &str) -> Result<HashSet<Hotkey>, ConfigError> {
    let fault = |text: &str, error: Ss58Error| ConfigError::Value(format!("axon.{name}: `{text}`: {error}"));
    list.iter().map(|text| text.parse::<Hotkey>().map_err(|error| fault(text, error))).collect()
}
