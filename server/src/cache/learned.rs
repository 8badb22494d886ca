//! What labels have taught: how the verifier's probability is to be read, and how often hits are wrong.

use lode_shared::WhatIfPoint;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::domain::{Calibration, Curve, Digest128, HalfLife, LabelKind, Ledger, Tier, WrongShare};

/// Labels count half after a day or after 500 newer ones.
const HALF_LIFE: HalfLife = HalfLife { time_ms: 86_400_000, labels: 500.0 };

/// Learns from labels. One short lock; a label or a probability takes microseconds.
pub struct Learned(Mutex<Kept>);

/// The same as it survives a restart.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    calibration: Calibration,
    ledger: Ledger,
}

/// A hit that was found right or wrong.
pub struct HitLabel {
    /// Its scope.
    pub scope: Digest128,
    /// Which tier gave it.
    pub tier: Tier,
    /// What the verifier said, where it was asked.
    pub said: Option<f64>,
    /// The chance it was given at.
    pub chance: f64,
    /// Whether it was right.
    pub right: bool,
    /// Who says so.
    pub kind: LabelKind,
    /// The probability with which it was chosen to be labelled, within (0, 1].
    pub sampling_rate: f64,
}

impl Default for Learned {
    fn default() -> Self {
        Self(Mutex::new(Kept { calibration: Calibration::default(), ledger: Ledger::new(HALF_LIFE) }))
    }
}

impl Learned {
    /// How the verifier's probabilities are to be read in this scope.
    pub fn curve(&self, scope: Digest128, now_ms: u64) -> Curve {
        self.0.lock().calibration.curve(scope.as_u64(), now_ms)
    }

    /// Counts a question whose best candidate had this chance.
    pub fn candidate(&self, chance: f64, now_ms: u64) {
        self.0.lock().ledger.candidate(chance, now_ms);
    }

    /// Counts a hit.
    pub fn served(&self, tier: Tier, now_ms: u64) {
        self.0.lock().ledger.served(tier, now_ms);
    }

    /// Learns whether a candidate that was not given would have been right.
    pub fn miss(&self, scope: Digest128, said: f64, chance: f64, right: bool, now_ms: u64) {
        let mut kept = self.0.lock();
        kept.calibration.label(scope.as_u64(), said, right, LabelKind::GreyZone, now_ms);
        kept.ledger.label_miss(chance, right, now_ms);
    }

    /// Learns whether a hit was right.
    pub fn hit(&self, label: &HitLabel, now_ms: u64) {
        let mut kept = self.0.lock();
        if let Some(said) = label.said {
            kept.calibration.label(label.scope.as_u64(), said, label.right, label.kind, now_ms);
        }
        kept.ledger.label_hit(label.tier, label.chance, label.right, label.sampling_rate, now_ms);
    }

    /// How often hits of the tiers that judge are wrong; absent without labels.
    pub fn false_hits(&self, now_ms: u64) -> Option<WrongShare> {
        self.0.lock().ledger.false_hits(now_ms)
    }

    /// What other thresholds would have done.
    pub fn what_if(&self, now_ms: u64) -> Vec<WhatIfPoint> {
        let points = self.0.lock().ledger.what_if(now_ms);
        let pct = |share: f64| 100.0 * share;
        let point = |at: crate::domain::WhatIf| WhatIfPoint {
            threshold: at.threshold,
            hit_pct: at.hit_share.map(pct),
            wrong_pct: at.wrong.map(|wrong| pct(wrong.share)),
            wrong_lower_pct: at.wrong.map(|wrong| pct(wrong.lower)),
            wrong_upper_pct: at.wrong.map(|wrong| pct(wrong.upper)),
            labels: at.wrong.map_or(0.0, |wrong| wrong.labels),
        };
        points.into_iter().map(point).collect()
    }

    /// What survives a restart.
    pub fn kept(&self) -> Kept {
        self.0.lock().clone()
    }

    /// As it was before a restart.
    pub fn restore(&self, kept: Kept) {
        *self.0.lock() = kept;
    }
}
