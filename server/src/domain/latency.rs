//! How long answers took of late.

use std::collections::VecDeque;
use std::time::Duration;

use hdrhistogram::Histogram;

/// What is forgotten at once, and how many such parts are kept: some ten minutes in all.
const PART_S: u64 = 120;
const PARTS: usize = 5;
/// Kept from a microsecond to the longest that a task may take, with two digits.
const MOST_US: u64 = 600_000_000;

/// Durations of the last eight to ten minutes. `now` is by a clock that never goes back.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    parts: VecDeque<(u64, Histogram<u32>)>,
}

impl Latencies {
    /// Adds one that ended at `now`.
    pub fn record(&mut self, took: Duration, now: Duration) {
        let newest = self.parts.back().map(|(number, _)| *number);
        let number = newest.map_or(part(now), |newest| part(now).max(newest));
        if newest != Some(number) {
            let histogram = Histogram::new_with_bounds(1, MOST_US, 2).expect("constant bounds in range");
            self.parts.push_back((number, histogram));
            if self.parts.len() > PARTS {
                self.parts.pop_front();
            }
        }
        if let Some((_, histogram)) = self.parts.back_mut() {
            histogram.saturating_record(took.as_micros() as u64);
        }
    }

    /// The `quantiles` at `now`, each within [0, 1]; nothing with fewer than `least` durations.
    pub fn quantiles<const N: usize>(&self, quantiles: [f64; N], least: u64, now: Duration) -> Option<[Duration; N]> {
        let mut recent = self.parts.iter().filter(|(number, _)| number + PARTS as u64 > part(now));
        let mut all = recent.next()?.1.clone();
        for (_, histogram) in recent {
            all.add(histogram).expect("same bounds");
        }
        let enough = all.len() >= least.max(1);
        enough.then(|| quantiles.map(|quantile| Duration::from_micros(all.value_at_quantile(quantile))))
    }
}

fn part(now: Duration) -> u64 {
    now.as_secs() / PART_S
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn quantiles_are_those_of_the_last_minutes() {
        let mut latencies = Latencies::default();
        (1..=100).for_each(|took| latencies.record(ms(took), ms(took)));
        let [p50, p95] = latencies.quantiles([0.5, 0.95], 1, ms(200)).expect("a hundred");
        assert!(p50.abs_diff(ms(50)) <= ms(1) && p95.abs_diff(ms(95)) <= ms(1), "{p50:?} {p95:?}");
        (0..100).for_each(|_| latencies.record(ms(900), Duration::from_secs(599)));
        let [p50] = latencies.quantiles([0.25], 1, Duration::from_secs(599)).expect("two hundred");
        assert!(p50 < ms(60), "{p50:?}");
        let [p50] = latencies.quantiles([0.25], 1, Duration::from_secs(601)).expect("the new ones");
        assert!(p50.abs_diff(ms(900)) <= ms(10), "the old ones are forgotten: {p50:?}");
        assert_eq!(latencies.quantiles([0.5], 1, Duration::from_secs(3_600)), None);
    }

    #[test]
    fn of_too_few_nothing_is_said() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantiles([0.5], 0, ms(0)), None);
        (0..19).for_each(|_| latencies.record(ms(5), ms(0)));
        assert_eq!(latencies.quantiles([0.95], 20, ms(0)), None);
        latencies.record(Duration::from_secs(10_000), ms(0));
        assert!(latencies.quantiles([1.0], 20, ms(0)).is_some_and(|[most]| most >= Duration::from_secs(600)));
    }
}
