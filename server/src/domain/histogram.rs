//! Durations counted by how long they took: what `/metrics` has as histograms. Counting is two additions, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends in microseconds: from a look into memory to beyond the 12 s that validators wait.
const BOUNDS_US: [u64; 17] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_000_000, 3_000_000,
    5_000_000, 8_000_000, 12_000_000, 30_000_000,
];
const BUCKETS: usize = BOUNDS_US.len() + 1;

/// Durations since start. Those that are counted while somebody reads may be half there.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

impl Histogram {
    /// Adds one.
    pub fn record(&self, took: Duration) {
        let took_us = took.as_micros() as u64;
        let bucket = BOUNDS_US.partition_point(|bound| *bound < took_us);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn counted(&self) -> Counted {
        let counts = std::array::from_fn(|bucket| self.buckets[bucket].load(Ordering::Relaxed));
        Counted { counts, sum_us: self.sum_us.load(Ordering::Relaxed) }
    }
}

/// [`Histogram`] at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    counts: [u64; BUCKETS],
    sum_us: u64,
}

impl Counted {
    /// How many.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum, seconds.
    pub fn sum_s(&self) -> f64 {
        self.sum_us as f64 / 1e6
    }

    /// Each upper end in seconds, the last without one, with how many fell between it and the one before.
    pub fn buckets(&self) -> [(f64, u64); BUCKETS] {
        std::array::from_fn(|bucket| (bound_s(bucket).unwrap_or(f64::MAX), self.counts[bucket]))
    }

    /// Those of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// Those that came after `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        self.each(before, u64::saturating_sub)
    }

    fn each(&self, other: &Self, combine: fn(u64, u64) -> u64) -> Self {
        let counts = std::array::from_fn(|bucket| combine(self.counts[bucket], other.counts[bucket]));
        Self { counts, sum_us: combine(self.sum_us, other.sum_us) }
    }

    /// The duration below which the share `quantile` of them is, seconds, as evenly spread within its bucket as Prometheus
    /// takes it to be; nothing when there are none.
    pub fn quantile_s(&self, quantile: f64) -> Option<f64> {
        let rank = quantile.clamp(0.0, 1.0) * self.count() as f64;
        let mut below = 0.0;
        for (bucket, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let from = bucket.checked_sub(1).and_then(bound_s).unwrap_or(0.0);
            let upto = below + *count as f64;
            if rank <= upto {
                // Beyond the last end nothing is known but that.
                let width = bound_s(bucket).map_or(0.0, |to| to - from);
                return Some(from + width * (rank - below) / *count as f64);
            }
            below = upto;
        }
        None
    }
}

fn bound_s(bucket: usize) -> Option<f64> {
    BOUNDS_US.get(bucket).map(|bound| *bound as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations_ms: &[u64]) -> Counted {
        let durations = Histogram::default();
        durations_ms.iter().for_each(|ms| durations.record(Duration::from_millis(*ms)));
        durations.counted()
    }

    #[test]
    fn an_upper_end_belongs_to_its_bucket() {
        let counted = of(&[12_000, 12_001, 31_000]);
        let by_end = |end: f64| counted.buckets().iter().find(|(bound, _)| *bound == end).map(|(_, count)| *count);
        assert_eq!((by_end(12.0), by_end(30.0), by_end(f64::MAX)), (Some(1), Some(1), Some(1)));
        assert_eq!((counted.count(), counted.sum_s()), (3, 55.001));
    }

    #[test]
    fn quantiles_are_taken_as_prometheus_takes_them() {
        assert_eq!(Counted::default().quantile_s(0.95), None);
        let counted = of(&[&[300; 90][..], &[1_500; 10]].concat());
        assert_eq!(counted.quantile_s(0.45), Some(0.375), "half of the bucket from 0.25 to 0.5");
        assert_eq!(counted.quantile_s(0.95), Some(1.5));
        assert_eq!(of(&[60_000]).quantile_s(0.5), Some(30.0), "no more is known");
    }

    #[test]
    fn what_was_counted_before_is_taken_away() {
        let (before, both) = (of(&[300; 5]), of(&[&[300; 5][..], &[4_000; 2]].concat()));
        let since = both.since(&before);
        assert_eq!((since, since.with(&before)), (of(&[4_000; 2]), both));
        assert_eq!(before.since(&both).count(), 0, "a restart does not count backwards");
    }
}
