//! Whether chances come true: of what was given 0.9, nine in ten should be right.

use lode_shared::ReliabilityBin;

use super::{BUCKETS, Labels, Ledger, WrongShare, from, index};

/// Where the rows begin: finer towards 1, where thresholds are.
const EDGES: [f64; 10] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995];

/// Of what scored about the same: what that promised, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliability {
    /// Mean score, to half a bucket: 0.0025, above 0.995 a tenth of that.
    pub said: f64,
    /// Share of wrong ones.
    pub wrong: WrongShare,
}

impl Reliability {
    /// The same in percent, as it is sent.
    pub fn view(&self) -> ReliabilityBin {
        let right_pct = |wrong: f64| 100.0 * (1.0 - wrong);
        ReliabilityBin {
            said_pct: 100.0 * self.said,
            right_pct: right_pct(self.wrong.share),
            right_lower_pct: right_pct(self.wrong.upper),
            right_upper_pct: right_pct(self.wrong.lower),
            labels: self.wrong.labels,
        }
    }
}

impl Ledger {
    /// At most ten rows, scores ascending; where nothing was labelled there is none. Hits that a threshold let through and
    /// misses of the grey zone count, each for what it stands for. `now` is in milliseconds since the Unix epoch.
    ///
    /// It is biased where [`Ledger::what_if`] is: most of all, labels are of their time, and while the calibration learns
    /// from them, its scores move.
    pub fn reliability(&self, now: u64) -> Vec<Reliability> {
        let left = self.left(now);
        let starts = EDGES.map(index);
        let row = |at: usize| {
            let end = starts.get(at + 1).copied().unwrap_or(BUCKETS);
            let (mut labels, mut said, mut weight) = (Labels::default(), 0.0, 0.0);
            for bucket in starts[at]..end {
                let here = self.buckets[bucket].curve_labels();
                let upper = if bucket + 1 < BUCKETS { from(bucket + 1) } else { 1.0 };
                said += (here.right + here.wrong) * 0.5 * (from(bucket) + upper);
                weight += here.right + here.wrong;
                labels = labels.plus(here);
            }
            Some(Reliability { wrong: labels.share(left)?, said: said / weight })
        };
        (0..EDGES.len()).filter_map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Tier;
    use super::*;
    use crate::domain::HalfLife;

    const DAY: u64 = 86_400_000;
    const DAILY: HalfLife = HalfLife { time_ms: DAY, labels: f64::INFINITY };

    #[test]
    fn what_was_said_stands_beside_what_came_of_it() {
        let mut ledger = Ledger::new(DAILY);
        assert_eq!(ledger.reliability(0), []);
        for (score, is_right) in [(0.91, true), (0.91, true), (0.93, true), (0.93, false)] {
            ledger.label_miss(score, is_right, 0);
        }
        ledger.label_hit(Tier::Semantic, 0.9999, true, 1.0, 0);
        // A pattern serves what it matches, whatever was said.
        ledger.label_hit(Tier::Pattern, 0.6, false, 1.0, 0);
        let rows: Vec<_> = ledger.reliability(0).iter().map(Reliability::view).collect();
        let figures: Vec<_> = rows.iter().map(|row| (row.said_pct, row.right_pct, row.labels)).collect();
        assert_eq!(figures.len(), 2, "{rows:?}");
        assert!((figures[0].0 - 92.25).abs() < 1e-9 && figures[0].1 == 75.0 && figures[0].2 == 4.0, "{rows:?}");
        assert!((figures[1].0 - 99.975).abs() < 1e-9 && figures[1].1 == 100.0, "{rows:?}");
        assert!(rows.iter().all(|row| row.right_lower_pct < row.right_pct && row.right_pct <= row.right_upper_pct));
        let later = ledger.reliability(DAY);
        assert!((later[0].wrong.labels - 2.0).abs() < 1e-9 && later[0].said == ledger.reliability(0)[0].said);
    }

    proptest! {
        #[test]
        fn rows_ascend_and_hold_every_label(labels in prop::collection::vec((0.0..=1.0f64, any::<bool>()), 0..200)) {
            let mut ledger = Ledger::new(DAILY);
            for (score, is_right) in &labels {
                ledger.label_miss(*score, *is_right, 0);
            }
            let rows = ledger.reliability(0);
            prop_assert!(rows.len() <= 10 && rows.is_sorted_by(|a, b| a.said < b.said));
            let all: f64 = rows.iter().map(|row| row.wrong.labels).sum();
            prop_assert!((all - labels.len() as f64).abs() < 1e-6);
        }
    }
}
