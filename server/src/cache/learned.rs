//! What labels have taught: how the verifier's probability is to be read, how often hits are wrong, how soon answers change.

use std::collections::{BTreeMap, HashMap};

use lode_shared::{ReliabilityBin, Settings, WhatIfPoint};
use parking_lot::{Mutex, RwLock};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::scopes::ScopeLabel;
use crate::domain::{
    Ages, Calibration, Curve, Digest128, HalfLife, LabelKind, Labels, Ledger, Matches, Restart, ScopeMatches, Tier,
    WrongShare,
};

/// Labels count half after a day or after 2,000 newer ones: with 500, near misses push the labels of hits out before there
/// are enough to prove a budget of 1 %. What changes suddenly is seen in the last forty.
const HALF_LIFE: HalfLife = HalfLife { time_ms: 86_400_000, labels: 2_000.0 };
/// Scopes whose labels are kept apart too. The one labelled least recently makes room.
const MOST_SCOPES: usize = 32;
/// A scope's name is cut to so many bytes.
const NAME_BYTES: usize = 96;

/// Learns from labels. One short lock; a label or a probability takes microseconds.
#[derive(Default)]
pub struct Learned {
    kept: Mutex<Kept>,
    /// The thresholds of scopes that have their own; infinite where similar answers are off.
    thresholds: RwLock<HashMap<u64, f64>>,
    /// Told of every hit that was wrong.
    alarm: Notify,
}

/// The same as it survives a restart.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    calibration: Calibration,
    /// Of every scope.
    ledger: Ledger,
    /// Of those without a threshold of their own.
    #[serde(default = "empty")]
    common: Ledger,
    #[serde(default)]
    scopes: BTreeMap<u64, Own>,
    #[serde(default = "unwatched")]
    ages: Ages,
    /// Labels of older answers do not count any more, where no scope has a threshold of its own.
    #[serde(default)]
    since_ms: u64,
}

/// Labels of one scope.
#[derive(Clone, Serialize, Deserialize)]
struct Own {
    name: String,
    ledger: Ledger,
    /// As [`Kept::since_ms`].
    #[serde(default)]
    since_ms: u64,
}

/// Whose label it is.
#[derive(Clone, Copy)]
pub struct Labelled<'a> {
    /// Its scope.
    pub scope: Digest128,
    /// The same as an operator knows it.
    pub label: &'a ScopeLabel,
    /// Whether the answer was right.
    pub right: bool,
    /// When the answer was solved, milliseconds since the Unix epoch.
    pub stored_ms: u64,
}

/// A hit that was found right or wrong.
#[derive(Clone, Copy)]
pub struct HitLabel<'a> {
    /// Whose.
    pub of: Labelled<'a>,
    /// Which tier gave it.
    pub tier: Tier,
    /// What the verifier said, where it was asked.
    pub said: Option<f64>,
    /// The chance it was given at.
    pub chance: f64,
    /// Who says so.
    pub kind: LabelKind,
    /// The probability with which it was chosen to be labelled, within (0, 1].
    pub sampling_rate: f64,
}

fn empty() -> Ledger {
    Ledger::new(HALF_LIFE)
}

fn unwatched() -> Ages {
    Ages::new(HALF_LIFE)
}

impl Default for Kept {
    fn default() -> Self {
        let (calibration, scopes) = (Calibration::default(), BTreeMap::new());
        Self { calibration, ledger: empty(), common: empty(), scopes, ages: unwatched(), since_ms: 0 }
    }
}

impl Kept {
    /// Every ledger that a scope's figures go to.
    fn ledgers(&mut self, scope: u64, is_common: bool) -> impl Iterator<Item = &mut Ledger> {
        let own = self.scopes.get_mut(&scope).map(|own| &mut own.ledger);
        let common = is_common.then_some(&mut self.common);
        std::iter::once(&mut self.ledger).chain(common).chain(own)
    }

    /// Whether a label tells of how things are, and not of how they were before labels began anew.
    fn is_current(&self, of: &Labelled<'_>, is_common: bool) -> bool {
        let own = self.scopes.get(&of.scope.as_u64()).map_or(0, |own| own.since_ms);
        of.stored_ms >= own.max(if is_common { self.since_ms } else { 0 })
    }

    /// The scope has a ledger of its own from now on, unless all of them belong to scopes in `held`.
    fn open(&mut self, of: &Labelled<'_>, held: &HashMap<u64, f64>) {
        let key = of.scope.as_u64();
        if self.scopes.contains_key(&key) {
            return;
        }
        if self.scopes.len() >= MOST_SCOPES {
            let free = self.scopes.iter().filter(|(key, _)| !held.contains_key(key));
            let oldest = free.min_by_key(|(_, own)| own.ledger.seen().last_ms).map(|(key, _)| *key);
            let Some(oldest) = oldest else { return };
            self.scopes.remove(&oldest);
        }
        let mut name = format!("{} {}", of.label.synapse, of.label.text);
        name.truncate(name.floor_char_boundary(NAME_BYTES));
        self.scopes.insert(key, Own { name, ledger: empty(), since_ms: 0 });
    }
}

impl Learned {
    /// How the verifier's probabilities are to be read in this scope.
    pub fn curve(&self, scope: Digest128, now_ms: u64) -> Curve {
        self.kept.lock().calibration.curve(scope.as_u64(), now_ms)
    }

    /// The threshold in force in this scope; infinite where similar answers are off.
    pub fn threshold(&self, scope: Digest128, settings: &Settings) -> f64 {
        if settings.exact_only {
            return f64::INFINITY;
        }
        self.thresholds.read().get(&scope.as_u64()).copied().unwrap_or(settings.match_threshold)
    }

    /// These scopes have thresholds of their own, no others.
    pub fn set_thresholds(&self, thresholds: HashMap<u64, f64>) {
        *self.thresholds.write() = thresholds;
    }

    /// The labels of these begin anew, and the verifier is taken at its word again: whatever it was that went wrong, what has
    /// been solved since must prove that it does not any more. What is shown of all scopes together stays.
    pub fn restart(&self, restart: &Restart, now_ms: u64) {
        if *restart == Restart::default() {
            return;
        }
        let mut kept = self.kept.lock();
        let Kept { calibration, common, scopes, ages, since_ms, .. } = &mut *kept;
        if restart.common {
            common.restart();
            calibration.forget(None);
            ages.restart();
            *since_ms = now_ms;
        }
        for (scope, own) in scopes {
            if restart.common || restart.scopes.contains(scope) {
                own.ledger.restart();
                calibration.forget(Some(*scope));
                own.since_ms = now_ms;
            }
        }
    }

    /// Counts a question whose best candidate had this chance.
    pub fn candidate(&self, scope: Digest128, chance: f64, now_ms: u64) {
        let scope = scope.as_u64();
        let is_common = !self.thresholds.read().contains_key(&scope);
        self.kept.lock().ledgers(scope, is_common).for_each(|ledger| ledger.candidate(chance, now_ms));
    }

    /// Counts a hit.
    pub fn served(&self, tier: Tier, now_ms: u64) {
        self.kept.lock().ledger.served(tier, now_ms);
    }

    /// Learns whether a candidate that was not given would have been right.
    pub fn miss(&self, of: Labelled<'_>, said: f64, chance: f64, now_ms: u64) {
        self.take(of, |kept, scope, is_common| {
            kept.calibration.label(scope, said, of.right, LabelKind::GreyZone, now_ms);
            kept.ledgers(scope, is_common).for_each(|ledger| ledger.label_miss(chance, of.right, now_ms));
        });
    }

    /// Learns whether a hit was right.
    pub fn hit(&self, label: &HitLabel<'_>, now_ms: u64) {
        let HitLabel { of, tier, said, chance, kind, sampling_rate } = *label;
        let is_taken = self.take(of, |kept, scope, is_common| {
            if let Some(said) = said {
                kept.calibration.label(scope, said, of.right, kind, now_ms);
            }
            let ledgers = kept.ledgers(scope, is_common);
            ledgers.for_each(|ledger| ledger.label_hit(tier, chance, of.right, sampling_rate, now_ms));
        });
        if is_taken && !of.right {
            self.alarm.notify_one();
        }
    }

    /// Takes a label, if it tells of how things are; tells whether it did. `take` gets the scope's key, and whether its labels
    /// count in the common ledger.
    fn take(&self, of: Labelled<'_>, take: impl FnOnce(&mut Kept, u64, bool)) -> bool {
        let thresholds = self.thresholds.read();
        let scope = of.scope.as_u64();
        let is_common = !thresholds.contains_key(&scope);
        let mut kept = self.kept.lock();
        kept.open(&of, &thresholds);
        let is_current = kept.is_current(&of, is_common);
        if is_current {
            take(&mut kept, scope, is_common);
        }
        is_current
    }

    /// Learns whether the answer to the very question still held at this age.
    pub fn age(&self, age_ms: u64, held: bool, now_ms: u64) {
        let mut kept = self.kept.lock();
        if now_ms.saturating_sub(age_ms) < kept.since_ms {
            return;
        }
        kept.ages.label(age_ms, held, now_ms);
        drop(kept);
        if !held {
            self.alarm.notify_one();
        }
    }

    /// Returns when an answer was found wrong since it last did.
    pub async fn alarmed(&self) {
        self.alarm.notified().await;
    }

    /// How often hits of the tiers that judge are wrong; absent without labels.
    pub fn false_hits(&self, now_ms: u64) -> Option<WrongShare> {
        self.kept.lock().ledger.false_hits(now_ms)
    }

    /// What the tuner looks at, with a point for each of these thresholds.
    pub fn labels(&self, thresholds: &[f64], now_ms: u64) -> Labels {
        let kept = self.kept.lock();
        let matches = |ledger: &Ledger| Matches {
            curve: ledger.what_if_at(thresholds, now_ms),
            recent: ledger.recent(),
            seen: ledger.seen(),
        };
        let scopes = kept.scopes.iter();
        let scopes =
            scopes.map(|(key, own)| ScopeMatches { key: *key, name: own.name.clone(), own: matches(&own.ledger) });
        Labels {
            matches: matches(&kept.common),
            scopes: scopes.collect(),
            hazard: kept.ages.hazard(now_ms),
            changed: kept.ages.recent(),
            changes_seen: kept.ages.changes_seen(),
            wrong_seen: kept.ledger.seen().wrong,
        }
    }

    /// What other thresholds would have done.
    pub fn what_if(&self, now_ms: u64) -> Vec<WhatIfPoint> {
        self.kept.lock().ledger.what_if(now_ms).iter().map(|point| point.view()).collect()
    }

    /// How right chances were.
    pub fn reliability(&self, now_ms: u64) -> Vec<ReliabilityBin> {
        self.kept.lock().ledger.reliability(now_ms).iter().map(|row| row.view()).collect()
    }

    /// What survives a restart.
    pub fn kept(&self) -> Kept {
        self.kept.lock().clone()
    }

    /// As it was before a restart.
    pub fn restore(&self, kept: Kept) {
        *self.kept.lock() = kept;
    }
}
