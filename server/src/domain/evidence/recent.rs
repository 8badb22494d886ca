//! The last labels, each for itself: what tells of a sudden change while long evidence still says that all is well.

use serde::{Deserialize, Serialize};

use super::interval::{Z_95, wilson_lower, wilson_upper};
use super::ledger::WrongShare;

/// A label is recent while it counts more than half: for so many newer ones.
const RECENT_LABELS: f64 = 40.0;

/// The last labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Recent {
    labels: f64,
    wrong: f64,
}

impl Recent {
    /// One more.
    pub fn add(&mut self, is_right: bool) {
        let left = (-1.0 / RECENT_LABELS).exp2();
        self.labels = self.labels * left + 1.0;
        self.wrong = self.wrong * left + f64::from(u8::from(!is_right));
    }

    /// The share of wrong ones; absent without labels.
    pub fn share(&self) -> Option<WrongShare> {
        let Self { labels, wrong } = *self;
        (labels > 0.0).then(|| WrongShare {
            share: wrong / labels,
            lower: wilson_lower(wrong, labels, Z_95),
            upper: wilson_upper(wrong, labels, Z_95),
            labels,
        })
    }
}
