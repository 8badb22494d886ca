//! What one round leaves to the next.

use std::collections::{BTreeMap, HashMap};

use lode_shared::{Mandate, ScopeThreshold, Setting};
use serde::{Deserialize, Serialize};

/// Rounds that must agree before a setting is loosened, or moved for a better price.
pub(super) const AGREEING_ROUNDS: u32 = 3;
/// So soon after a step one way, a step the other way needs twice the evidence.
const SOON_MS: u64 = 3_600_000;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// Fewer answers from memory, or fresher ones.
    Tighter,
    /// More of them, or older ones.
    Looser,
}

/// How a setting came to be where it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Track {
    /// Which way the last rounds wanted it to go, and how many of them did.
    agrees: Option<(Way, u32)>,
    /// Its last step, and when, milliseconds since the Unix epoch.
    stepped: Option<(Way, u64)>,
    /// Labels that had been seen at its last step.
    pub used_labels: u64,
}

impl Track {
    /// A round that wants a step `way`: whether as many agree as it takes, else how many do of how many.
    pub fn wait(&mut self, way: Way, now_ms: u64) -> Result<(), (u32, u32)> {
        self.wait_for(way, AGREEING_ROUNDS, now_ms)
    }

    /// The same where it takes `least`; twice as many soon after a step the other way.
    pub fn wait_for(&mut self, way: Way, least: u32, now_ms: u64) -> Result<(), (u32, u32)> {
        let before = self.agrees.filter(|(wanted, _)| *wanted == way).map_or(0, |(_, rounds)| rounds);
        let rounds = before.saturating_add(1);
        self.agrees = Some((way, rounds));
        let turns = self.stepped.is_some_and(|(last, at)| last != way && now_ms.saturating_sub(at) < SOON_MS);
        let need = if turns { 2 * least } else { least };
        if rounds >= need { Ok(()) } else { Err((rounds, need)) }
    }

    /// A round that wants nothing.
    pub fn rest(&mut self) {
        self.agrees = None;
    }

    /// It was moved. Rounds that agreed still do: the next step the same way needs new evidence, not three more rounds.
    pub fn step(&mut self, way: Way, seen_labels: u64, now_ms: u64) {
        if self.agrees.is_some_and(|(wanted, _)| wanted != way) {
            self.agrees = None;
        }
        self.stepped = Some((way, now_ms));
        self.used_labels = seen_labels;
    }
}

/// A scope with a threshold of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeMemory {
    /// As an operator knows it.
    pub name: String,
    /// Its match threshold.
    pub threshold: f64,
    /// Whether exact repeats alone are answered in it.
    pub exact_only: bool,
    /// Labels of its own, decayed, when last looked at.
    pub labels: f64,
    pub(super) track: Track,
}

impl Memory {
    /// Scopes are within the limits, and have no threshold of their own where the operator holds it for all.
    pub fn obey(&mut self, mandate: &Mandate) {
        if mandate.pins.hold(Setting::MatchThreshold) {
            self.scopes.clear();
        }
        let limits = &mandate.limits;
        for scope in self.scopes.values_mut() {
            scope.threshold = scope.threshold.clamp(limits.threshold_min, limits.threshold_max);
        }
    }

    /// The thresholds of scopes that have their own; infinite where similar answers are off.
    pub fn thresholds(&self) -> HashMap<u64, f64> {
        let own = self.scopes.iter();
        own.map(|(key, own)| (*key, if own.exact_only { f64::INFINITY } else { own.threshold })).collect()
    }
}

impl From<&ScopeMemory> for ScopeThreshold {
    fn from(own: &ScopeMemory) -> Self {
        let ScopeMemory { name, threshold, exact_only, labels, .. } = own.clone();
        Self { scope: name, match_threshold: threshold, exact_only, labels }
    }
}

/// What the rounds so far have used and done. Kept beside the settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Samples that the last round which used evidence had seen. Not kept: they are counted from the start.
    #[serde(skip)]
    pub(super) used_samples: u64,
    pub(super) threshold: Track,
    pub(super) exact_only: Track,
    pub(super) ttl: Track,
    pub(super) capacity: Track,
    pub(super) checks: Track,
    pub(super) hedge: Track,
    /// Wrong hits that have been answered with more checks.
    pub(super) wrong_seen: u64,
    /// Changed answers that the time to live has been answered with.
    pub(super) changes_seen: u64,
    /// What had left the cache at the last look: for want of room, for its age.
    #[serde(skip)]
    pub(super) left: (u64, u64),
    /// Since when similar answers are given, as far as rounds know, milliseconds since the Unix epoch.
    /// Not kept: while the process was down, none were given.
    #[serde(skip)]
    pub(super) unwatched_since_ms: Option<u64>,
    /// Scopes with a threshold of their own, by key.
    pub scopes: BTreeMap<u64, ScopeMemory>,
}
