//! Which of several endpoints to ask: the first that is not being left alone for its failures.

use std::time::Duration;

/// An endpoint that failed is left alone for this long, twice as long each further time.
const FIRST_PAUSE_MS: u64 = 2_000;
/// But not longer.
const LONGEST_PAUSE_MS: u64 = 120_000;

/// The endpoints' health, in the order of preference.
#[derive(Debug, Clone)]
pub struct Endpoints {
    all: Vec<Health>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Health {
    failures: u32,
    /// Milliseconds since the Unix epoch.
    not_before_ms: u64,
}

impl Health {
    /// Nothing when the clock was set back since: it is not known how long ago that was.
    fn pause_ms(self, now_ms: u64) -> u64 {
        Some(self.not_before_ms.saturating_sub(now_ms)).filter(|pause_ms| *pause_ms <= LONGEST_PAUSE_MS).unwrap_or(0)
    }
}

impl Endpoints {
    /// So many, none of which has failed.
    pub fn new(count: usize) -> Self {
        Self { all: vec![Health::default(); count] }
    }

    /// Those that may be asked now, preferred first.
    pub fn ready(&self, now_ms: u64) -> Vec<usize> {
        (0..self.all.len()).filter(|index| self.all[*index].pause_ms(now_ms) == 0).collect()
    }

    /// How long until one may be asked again. Nothing when one may be now.
    pub fn pause(&self, now_ms: u64) -> Duration {
        Duration::from_millis(self.all.iter().map(|health| health.pause_ms(now_ms)).min().unwrap_or(0))
    }

    /// Remembers a failure. `jitter`, 0 to 1, spreads the return of many miners over half of the pause.
    pub fn failed(&mut self, index: usize, now_ms: u64, jitter: f64) {
        let Some(health) = self.all.get_mut(index) else { return };
        let pause_ms = (FIRST_PAUSE_MS << health.failures.min(16)).min(LONGEST_PAUSE_MS);
        health.failures = health.failures.saturating_add(1);
        let spread = 0.5 + 0.5 * jitter.clamp(0.0, 1.0);
        health.not_before_ms = now_ms.saturating_add((pause_ms as f64 * spread) as u64);
    }

    /// Every one may be asked now.
    pub fn end_pauses(&mut self) {
        self.all.iter_mut().for_each(|health| health.not_before_ms = 0);
    }

    /// Forgets its failures.
    pub fn worked(&mut self, index: usize) {
        if let Some(health) = self.all.get_mut(index) {
            *health = Health::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_preferred_endpoint_is_asked_first_and_again_when_its_pause_is_over() {
        let mut endpoints = Endpoints::new(2);
        assert_eq!(endpoints.ready(0), [0, 1]);
        endpoints.failed(0, 1_000, 1.0);
        assert_eq!(endpoints.ready(2_999), [1]);
        assert_eq!(endpoints.ready(3_000), [0, 1]);
    }

    #[test]
    fn pauses_double_up_to_two_minutes_and_success_ends_them() {
        let mut endpoints = Endpoints::new(1);
        let pauses: Vec<u64> = (0..10)
            .map(|_| {
                endpoints.failed(0, 0, 1.0);
                endpoints.pause(0).as_secs()
            })
            .collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 120, 120, 120, 120]);
        endpoints.worked(0);
        assert_eq!(endpoints.pause(0), Duration::ZERO);
        endpoints.failed(0, 0, 0.0);
        assert_eq!(endpoints.pause(0).as_millis(), 1_000, "half of the pause at least");
    }

    #[test]
    fn a_clock_set_back_does_not_lengthen_a_pause() {
        let mut endpoints = Endpoints::new(1);
        endpoints.failed(0, 10_000_000, 1.0);
        assert_eq!(endpoints.ready(6_400_000), [0], "an hour earlier");
        endpoints.failed(0, 6_400_000, 1.0);
        assert!(endpoints.ready(6_400_000).is_empty());
        endpoints.end_pauses();
        assert_eq!(endpoints.ready(6_400_000), [0], "somebody asked for it");
    }

    proptest! {
        #[test]
        fn a_pause_never_exceeds_the_longest(failures in 0..200_u32, jitter in -1.0..2.0_f64, now_ms in 0..u64::MAX / 2) {
            let mut endpoints = Endpoints::new(1);
            for _ in 0..failures {
                endpoints.failed(0, now_ms, jitter);
            }
            prop_assert!(endpoints.pause(now_ms) <= Duration::from_millis(LONGEST_PAUSE_MS));
        }
    }
}
