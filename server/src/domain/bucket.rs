//! Token buckets: how often somebody may come.

use std::time::Duration;

/// What a bucket lets through. Zero a second: everything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens that come back each second.
    pub per_s: f64,
    /// Tokens that it holds: what may come at once.
    pub burst: f64,
}

/// One caller's tokens.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Bucket {
    /// Full, at `now` by a clock that never goes back.
    pub fn new(rate: Rate, now: Duration) -> Self {
        Self { tokens: rate.burst, at: now }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, rate: Rate, now: Duration) -> bool {
        if rate.per_s <= 0.0 {
            return true;
        }
        let back = now.saturating_sub(self.at).as_secs_f64() * rate.per_s;
        self.tokens = (self.tokens + back).min(rate.burst);
        self.at = self.at.max(now);
        let is_there = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(is_there));
        is_there
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate { per_s: 10.0, burst: 3.0 };

    #[test]
    fn a_burst_passes_then_the_rate() {
        let mut bucket = Bucket::new(RATE, Duration::ZERO);
        let mut at = |ms| bucket.take(RATE, Duration::from_millis(ms));
        assert_eq!([at(0), at(0), at(0), at(0)], [true, true, true, false]);
        assert_eq!([at(99), at(100), at(100)], [false, true, false]);
        assert_eq!(
            [at(60_000), at(60_000), at(60_000), at(60_000)],
            [true, true, true, false],
            "no more than it holds"
        );
    }

    #[test]
    fn a_rate_of_zero_lets_everything_through() {
        let rate = Rate { per_s: 0.0, burst: 0.0 };
        let mut bucket = Bucket::new(rate, Duration::ZERO);
        assert!((0..100).all(|_| bucket.take(rate, Duration::ZERO)));
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_came_back(steps in prop::collection::vec(0_u64..500, 1..200)) {
            let mut bucket = Bucket::new(RATE, Duration::ZERO);
            let (mut now_ms, mut passed) = (0, 0.0);
            for step in steps {
                now_ms += step;
                passed += f64::from(u8::from(bucket.take(RATE, Duration::from_millis(now_ms))));
                prop_assert!(passed <= RATE.burst + RATE.per_s * now_ms as f64 / 1_000.0 + 1e-6);
            }
        }
    }
}
