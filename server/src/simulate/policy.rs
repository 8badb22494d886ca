//! Who sets the threshold: the tuner, nobody, or the rules that it replaced.

use lode_shared::{Mandate, Settings, Step};

use super::scenario::Scenario;
use super::world::World;
use super::{Tally, WINDOW};
use crate::domain::{Cause, Decided, Evidence, Memory, Reward, Round, decide};

/// Who sets the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Policy {
    /// The tuner.
    Lode,
    /// Nobody.
    Fixed(f64),
    /// The rules of the Python miner that Lode replaces, as they were: slow and with few hits, the threshold goes *up*;
    /// failing with many hits, it goes down; the time to live that they set is read by nobody, and a hit is a success.
    Original,
}

/// The state of a policy.
pub struct Pilot {
    policy: Policy,
    mandate: Mandate,
    reward: Option<Reward>,
    settings: Settings,
    memory: Memory,
}

/// A round as it is printed.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundSeen {
    /// When, milliseconds from the beginning.
    pub at_ms: u64,
    /// The threshold from now on; above 1 where similar answers are off.
    pub threshold: f64,
    /// The settings from now on.
    pub settings: Settings,
    /// Hits of the last requests, percent.
    pub hit_rate_pct: Option<f64>,
    /// What was done, and why.
    pub told: String,
    /// What came of the requests since the round before; nothing in a round between two.
    pub since: Option<Tally>,
}

impl Policy {
    /// What operators know it by.
    pub fn name(self) -> String {
        match self {
            Self::Lode => "Lode".into(),
            Self::Fixed(threshold) => format!("fixed {threshold:.2}"),
            Self::Original => "original rules".into(),
        }
    }

    /// Whether labels correct the verifier's word: the original had none.
    pub fn calibrates(self) -> bool {
        self != Self::Original
    }

    /// At the start of a scenario.
    pub fn pilot(self, scenario: &Scenario) -> anyhow::Result<Pilot> {
        let mandate = Mandate { targets: scenario.targets()?, ..Mandate::default() };
        let threshold = if let Self::Fixed(threshold) = self { threshold } else { Settings::DEFAULT.match_threshold };
        // The original checked nothing.
        let shadow_pct = if self == Self::Original { 0.0 } else { Settings::DEFAULT.shadow_pct };
        let settings = Settings { match_threshold: threshold, shadow_pct, ..Settings::DEFAULT };
        let reward = scenario.steers_by_reward.then_some(scenario.reward);
        Ok(Pilot { policy: self, mandate, reward, settings, memory: Memory::default() })
    }
}

impl Pilot {
    /// In force.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// A round that is due.
    pub fn round(&mut self, world: &World<'_>, now_ms: u64) -> RoundSeen {
        let told = match self.policy {
            Policy::Lode => self.decide(world, Cause::Due, now_ms).1,
            Policy::Fixed(_) => String::new(),
            Policy::Original => self.original(world),
        };
        self.seen(world, told, now_ms)
    }

    fn seen(&self, world: &World<'_>, told: String, now_ms: u64) -> RoundSeen {
        let threshold = if self.settings.exact_only { 1.01 } else { self.settings.match_threshold };
        let hit_rate_pct = world.window.observed().hit_rate_pct;
        RoundSeen { at_ms: now_ms, threshold, settings: self.settings, hit_rate_pct, told, since: None }
    }

    /// An answer was found wrong; a round, if that moved anything.
    pub fn alarm(&mut self, world: &World<'_>, now_ms: u64) -> Option<RoundSeen> {
        if self.policy != Policy::Lode {
            return None;
        }
        let (moved, told) = self.decide(world, Cause::Alarm, now_ms);
        moved.then(|| self.seen(world, told, now_ms))
    }

    /// Whether anything moved, and why or why not.
    fn decide(&mut self, world: &World<'_>, cause: Cause, now_ms: u64) -> (bool, String) {
        let evidence = Evidence {
            observed: world.window.observed(),
            samples_seen: world.window.total(),
            labels: world.learned.labels(&self.mandate.limits.thresholds(), now_ms),
            room: world.room(),
            hedges: false,
        };
        let Decided { settings, memory, decision, restart } = decide(&Round {
            mandate: &self.mandate,
            reward: self.reward,
            evidence: &evidence,
            settings: self.settings,
            memory: &self.memory,
            min_samples: 10,
            cause,
            now_ms,
        });
        (self.settings, self.memory) = (settings, memory);
        world.learned.restart(&restart, now_ms);
        world.learned.set_thresholds(self.memory.thresholds());
        let told = match &decision.step {
            Step::Held(reason) => format!("held, {reason}"),
            Step::Adjusted(moves) => moves.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        };
        let infeasible: String = decision.infeasible.iter().map(|target| format!("; {target}")).collect();
        (matches!(decision.step, Step::Adjusted(_)), told + &infeasible)
    }

    fn original(&mut self, world: &World<'_>) -> String {
        let observed = world.window.observed();
        if (observed.samples as usize) < WINDOW / 10 {
            return String::new();
        }
        let response_s = observed.response_s.unwrap_or_default();
        let hits = observed.hit_rate_pct.unwrap_or_default();
        let (targets, limits) = (&self.mandate.targets, &self.mandate.limits);
        // Every hit is booked as a success, and a miss is one when there is any answer at all.
        let success = hits + (100.0 - hits) * observed.miss_success_pct.unwrap_or(100.0) / 100.0;
        let threshold = self.settings.match_threshold;
        let to = if response_s > targets.response_s() && hits < targets.hit_rate_pct() {
            threshold + limits.threshold_step
        } else if success < targets.success_pct() && hits > 60.0 {
            threshold - limits.threshold_step
        } else {
            threshold
        };
        self.settings.match_threshold = lode_shared::on_grid(to.clamp(limits.threshold_min, limits.threshold_max));
        String::new()
    }
}
