//! Exponential forgetting.

use serde::{Deserialize, Serialize};

/// How quickly labels are forgotten: by time or by newer labels, whichever is sooner, roughly (the two add up).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HalfLife {
    /// A label counts half after so many milliseconds; at least 1.
    pub time_ms: u64,
    /// And half after so many newer labels, above 0.
    pub labels: f64,
}

/// When something was last brought up to date, and how many labels since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ageing {
    at_ms: u64,
    /// Labels at `at_ms` itself. They age the others only once time moves on: so labels of the same time count the
    /// same, in whichever order they came.
    fresh: f64,
}

impl Ageing {
    /// What is left at `now` of one that counted 1 when last brought up to date, within `[0, 1]`.
    ///
    /// `2^-(time / half-life + labels / half-life)`. A clock set back ages nothing.
    pub fn left(&self, half_life: &HalfLife, now: u64) -> f64 {
        if now <= self.at_ms {
            return 1.0;
        }
        let time = (now - self.at_ms) as f64 / half_life.time_ms.max(1) as f64;
        (-time - self.fresh / half_life.labels).exp2()
    }

    /// Moves on to `now`, and returns what everything is to be multiplied by.
    pub fn advance(&mut self, half_life: &HalfLife, now: u64) -> f64 {
        let left = self.left(half_life, now);
        if now > self.at_ms {
            *self = Self { at_ms: now, fresh: 0.0 };
        }
        left
    }

    /// Counts a label.
    pub fn count(&mut self) {
        self.fresh += 1.0;
    }

    /// When last brought up to date, milliseconds since the Unix epoch.
    pub fn at_ms(&self) -> u64 {
        self.at_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_LIFE: HalfLife = HalfLife { time_ms: 1_000, labels: 10.0 };

    #[test]
    fn time_and_newer_labels_both_age() {
        let mut ageing = Ageing::default();
        assert_eq!(ageing.advance(&HALF_LIFE, 1_000), 0.5);
        assert_eq!(ageing.left(&HALF_LIFE, 3_000), 0.25);
        (0..10).for_each(|_| ageing.count());
        assert_eq!(ageing.left(&HALF_LIFE, 1_000), 1.0);
        assert_eq!(ageing.left(&HALF_LIFE, 2_000), 0.25);
        assert_eq!(ageing.advance(&HALF_LIFE, 2_000), 0.25);
        assert_eq!(ageing.advance(&HALF_LIFE, 3_000), 0.5);
    }

    #[test]
    fn a_clock_set_back_ages_nothing() {
        let mut ageing = Ageing::default();
        ageing.advance(&HALF_LIFE, 5_000);
        assert_eq!(ageing.advance(&HALF_LIFE, 1_000), 1.0);
        assert_eq!(ageing.at_ms(), 5_000);
    }
}
