//! How many solves may be under way: fixed, or adapted to what the solvers bear.
//!
//! The adaptive limit follows the latency gradient (Netflix's `concurrency-limits`, *Gradient2*): while solves take as long
//! as they do when little is going on, there is room for more; when they take longer, they queue inside the upstream, where
//! nobody orders them by stake, so fewer are let in. Failures take a tenth at once.

/// Solves may take this much longer than usual before the limit falls.
const TOLERANCE: f64 = 1.5;
/// What the limit grows by when nothing is slow; also how many may wait inside the upstream.
const HEADROOM: f64 = 4.0;
/// Weight of one solve.
const SMOOTHING: f64 = 0.2;
const SHORT_WEIGHT: f64 = 0.1;
/// What is usual falls quickly and rises slowly, and rises only while little is going on: or being slow for long, because
/// too many were let in, would become usual, and let in more.
const FALL_WEIGHT: f64 = 0.1;
const RISE_WEIGHT: f64 = 0.02;
const LITTLE: usize = 8;
const FAILED: f64 = 0.9;
/// Durations below this are noise of this machine, not a sign of an upstream.
const LEAST_MS: f64 = 5.0;
const START: f64 = 32.0;
const LEAST: f64 = 4.0;

/// How many may be under way.
#[derive(Debug, Clone)]
pub enum Limit {
    /// As configured.
    Fixed(usize),
    /// Adapted.
    Adaptive(Gradient),
}

/// The adaptive limit.
#[derive(Debug, Clone)]
pub struct Gradient {
    limit: f64,
    most: f64,
    /// How much longer than usual the last solves took.
    slowdown: f64,
}

/// How long solves of one kind take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// With little going on, about, milliseconds.
    usual_ms: Option<f64>,
    /// Of late, milliseconds.
    recent_ms: Option<f64>,
}

impl Durations {
    /// Learns of one, and tells how much longer than usual it took.
    fn learn(&mut self, took_ms: f64, is_quiet: bool) -> f64 {
        let took_ms = took_ms.max(LEAST_MS);
        let usual_ms = *self.usual_ms.get_or_insert(took_ms);
        let weight = match took_ms < usual_ms {
            true => FALL_WEIGHT,
            false if is_quiet => RISE_WEIGHT,
            false => 0.0,
        };
        self.usual_ms = Some(usual_ms + (took_ms - usual_ms) * weight);
        let recent_ms = *self.recent_ms.get_or_insert(took_ms);
        self.recent_ms = Some(recent_ms + (took_ms - recent_ms) * SHORT_WEIGHT);
        took_ms / usual_ms
    }

    /// How long the next one may take, milliseconds; absent before the first.
    pub fn expected_ms(&self) -> Option<f64> {
        self.recent_ms
    }
}

impl Limit {
    /// One that adapts, up to `most`.
    pub fn adaptive(most: usize) -> Self {
        let most = most as f64;
        Self::Adaptive(Gradient { limit: START.min(most), most, slowdown: 1.0 })
    }

    /// How many may be under way now; at least one.
    pub fn now(&self) -> usize {
        match self {
            Self::Fixed(limit) => (*limit).max(1),
            Self::Adaptive(gradient) => (gradient.limit as usize).max(1),
        }
    }

    /// Learns of a solve that took `took_ms`, among `busy` under way.
    pub fn learn(&mut self, durations: &mut Durations, took_ms: f64, is_failure: bool, busy: usize) {
        let has_room = busy < self.now().div_ceil(2);
        let slowdown = durations.learn(took_ms, has_room || busy <= LITTLE);
        let Self::Adaptive(gradient) = self else { return };
        gradient.slowdown += (slowdown - gradient.slowdown) * SHORT_WEIGHT;
        // While it is not what holds anybody up, nothing is learned of the limit.
        if has_room {
            return;
        }
        let next = if is_failure {
            gradient.limit * FAILED
        } else {
            let slope = (TOLERANCE / gradient.slowdown).clamp(0.5, 1.0);
            let aim = gradient.limit * slope + HEADROOM;
            gradient.limit + (aim - gradient.limit) * SMOOTHING
        };
        gradient.limit = next.clamp(LEAST.min(gradient.most), gradient.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An upstream that does `capacity` at a time in 100 ms each; more of them share it. Always as busy as the limit lets it.
    fn run(limit: &mut Limit, durations: &mut Durations, capacity: f64, solves: usize) {
        for _ in 0..solves {
            let busy = limit.now();
            limit.learn(durations, 100.0 * (busy as f64 / capacity).max(1.0), false, busy);
        }
    }

    #[test]
    fn the_limit_settles_a_little_above_what_the_upstream_bears() {
        for capacity in [8.0, 40.0, 200.0] {
            let (mut limit, mut durations) = (Limit::adaptive(1_024), Durations::default());
            run(&mut limit, &mut durations, 1_000.0, 20);
            run(&mut limit, &mut durations, capacity, 3_000);
            let settled = limit.now() as f64;
            assert!((capacity..capacity * 2.5 + 8.0).contains(&settled), "{capacity}: {settled}");
        }
    }

    #[test]
    fn it_follows_an_upstream_that_slows_down_and_recovers() {
        let (mut limit, mut durations) = (Limit::adaptive(1_024), Durations::default());
        run(&mut limit, &mut durations, 100.0, 2_000);
        let healthy = limit.now();
        run(&mut limit, &mut durations, 10.0, 300);
        let slow = limit.now();
        run(&mut limit, &mut durations, 100.0, 2_000);
        assert!(slow < healthy / 3, "{slow} of {healthy}");
        assert!(limit.now() > healthy / 2, "{} of {healthy}", limit.now());
    }

    #[test]
    fn an_upstream_that_stays_slower_becomes_usual_in_the_first_quiet_moment() {
        let (mut limit, mut durations) = (Limit::adaptive(1_024), Durations::default());
        run(&mut limit, &mut durations, 100.0, 2_000);
        let mut slower = |busy: Option<usize>, solves| {
            for _ in 0..solves {
                let busy = busy.unwrap_or(limit.now());
                limit.learn(&mut durations, 1_000.0 * (busy as f64 / 100.0).max(1.0), false, busy);
            }
            limit.now()
        };
        assert!(slower(None, 2_000) < 100, "as it might be overload, fewer are let in");
        slower(Some(3), 150);
        assert!(slower(None, 500) >= 100);
    }

    #[test]
    fn failures_under_load_lower_it_and_those_without_do_not() {
        let (mut limit, mut durations) = (Limit::adaptive(100), Durations::default());
        limit.learn(&mut durations, 100.0, true, 1);
        assert_eq!(limit.now(), 32);
        limit.learn(&mut durations, 100.0, true, 32);
        assert_eq!(limit.now(), 28);
        for _ in 0..100 {
            limit.learn(&mut durations, 100.0, true, 100);
        }
        assert_eq!(limit.now(), 4, "it never closes");
    }

    #[test]
    fn a_fixed_limit_stays_and_an_adaptive_one_stays_below_the_most() {
        let (mut fixed, mut durations) = (Limit::Fixed(7), Durations::default());
        fixed.learn(&mut durations, 1.0, true, 7);
        assert_eq!(fixed.now(), 7);
        let mut small = Limit::adaptive(2);
        run(&mut small, &mut Durations::default(), 100.0, 100);
        assert_eq!(small.now(), 2);
    }
}
