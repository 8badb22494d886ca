//! `[tuner]`

use lode_shared::{Limits, Targets};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Faults;
use crate::domain::Reward;

/// The tuner's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TunerConfig {
    /// Seconds between rounds, 1 to 86,400. A wrong answer from memory does not wait for one.
    pub interval_s: u32,
    /// Requests that a round looks back on, 10 to 10,000.
    pub window: u32,
    /// Requests that a decision needs, 1 to `window`.
    pub min_samples: u32,
    /// What the tuner goes for, until that is changed over the API; absent: what was in force before, or the defaults. What is
    /// said last holds, here or over the API.
    pub targets: Option<Targets>,
    /// What the tuner may not cross, until that is changed over the API: likewise.
    pub limits: Limits,
    /// What a request is worth; then the tuner goes for the largest sum of it rather than for the targets.
    #[schema(value_type = Option<String>)]
    pub reward: Option<RewardConfig>,
}

/// What the configuration says of the mandate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Configured {
    /// What the tuner goes for; absent: what it went for before.
    pub targets: Option<Targets>,
    /// What it may not cross.
    pub limits: Limits,
}

/// `[tuner] reward = "web-tasks"`, or its three values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RewardConfig {
    /// One that ships.
    Preset(RewardPreset),
    /// One's own.
    Own(Reward),
}

/// Reward models that ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewardPreset {
    /// [`Reward::WEB_TASKS`]
    WebTasks,
}

impl Default for TunerConfig {
    fn default() -> Self {
        Self { interval_s: 300, window: 100, min_samples: 10, targets: None, limits: Limits::default(), reward: None }
    }
}

impl TunerConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("tuner.interval_s", self.interval_s, 1..=86_400);
        faults.unless_within("tuner.window", self.window, 10..=10_000);
        if !(1..=self.window).contains(&self.min_samples) {
            faults.push(format!("tuner.min_samples is {}; it must be 1 to tuner.window", self.min_samples));
        }
        for fault in self.limits.faults() {
            faults.push(format!("tuner.limits.{}: {}", fault.field, fault.message));
        }
        if let Some(Reward { task, second, cent }) = self.reward() {
            faults.unless_within("tuner.reward.task", task, f64::MIN_POSITIVE..=1e9);
            faults.unless_within("tuner.reward.second", second, 0.0..=1e9);
            faults.unless_within("tuner.reward.cent", cent, 0.0..=1e9);
        }
    }

    /// What it says of the mandate.
    pub fn configured(&self) -> Configured {
        Configured { targets: self.targets, limits: self.limits.rounded() }
    }

    /// What a request is worth.
    pub fn reward(&self) -> Option<Reward> {
        self.reward.map(|reward| match reward {
            RewardConfig::Preset(RewardPreset::WebTasks) => Reward::WEB_TASKS,
            RewardConfig::Own(reward) => reward,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_out_of_range_names_the_field() {
        let reward = Some(RewardConfig::Own(Reward { task: 0.0, second: -1.0, cent: 0.0 }));
        let limits = Limits { ttl_min_s: 0, ..Limits::default() };
        let config = TunerConfig { min_samples: 500, reward, limits, ..TunerConfig::default() };
        let mut faults = Faults::default();
        config.check(&mut faults);
        let faults = faults.into_vec();
        let fields = ["tuner.min_samples", "tuner.limits.ttl_min_s", "tuner.reward.task", "tuner.reward.second"];
        for (fault, field) in faults.iter().zip(fields) {
            assert!(fault.contains(field), "{fault}");
        }
        assert_eq!(faults.len(), fields.len());
    }

    #[test]
    fn a_reward_is_a_name_or_three_values() {
        let read = |text: &str| toml::from_str::<TunerConfig>(text).map(|config| config.reward());
        assert_eq!(read("reward = \"web-tasks\""), Ok(Some(Reward::WEB_TASKS)));
        let own = Reward { task: 2.0, second: 0.1, cent: 0.0 };
        assert_eq!(read("reward = { task = 2.0, second = 0.1, cent = 0.0 }"), Ok(Some(own)));
        assert!(read("reward = \"best\"").is_err());
    }
}
