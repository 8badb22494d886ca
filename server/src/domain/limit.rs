//! How many solves may be under way: fixed, or adapted to what the solvers bear.
//!
//! The adaptive limit compares means: how long the last fifty or so solves took, with what is usual while there is
//! room. Up to half as long again is no sign of anything: the limit grows by a quarter of a solve with each that ends.
//! Beyond that they queue inside the upstream, where nobody orders them by stake, and it shrinks, by half a solve at
//! most. While one takes its time, about as many end as are let in: so that is a quarter more or half less before the
//! effect can be seen. An upstream that does `n` at a time gets about `1.5 n`. A failure under load takes a tenth at
//! once.
//!
//! What is usual is learned only while at most half of the limit is used, and was for some time: or being slow for
//! long, because too many were let in, would become usual, and let in more. Where that never happens, the limit falls
//! to a quarter now and then, to *look*: until those let in before have gone and sixty more were measured; then not
//! again for twenty times as many solves as are let in. Of what an upstream that was overloaded from the first made
//! usual, each look takes some away; of one that has become slower for good, it makes that usual. Under constant load
//! looks cost 5 to 10 %.

/// Solves may take this many times as long as usual before the limit falls.
const TOLERANCE: f64 = 1.5;
/// What the limit moves by with each solve, for each unit that `TOLERANCE / slowdown` is off 1.
const PACE: f64 = 0.5;
/// Solves that a mean is about.
const MEAN_OF: f64 = 50.0;
/// Solves from which the first guess at what is usual is made, however many are under way.
const GUESS_OF: f64 = 10.0;
/// A look begins after so many solves for each that is let in, and this many at least, without a quiet one.
const LOOK_EVERY: f64 = 20.0;
const LOOK_AFTER: f64 = 500.0;
/// Quiet solves that a look is about, and the part of the limit that it leaves.
const LOOK_AT: usize = 60;
const LOOK_PART: f64 = 0.25;
/// Nothing is quiet until so many solves have ended for each that was under way when much was going on: the longest of
/// those end last.
const SETTLING: usize = 2;
/// What a failure leaves of the limit.
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
    /// Solves that must end before one is quiet.
    unsettled: usize,
    /// Solves since the last quiet one.
    since_quiet: usize,
    /// Quiet solves that the look under way still waits for; 0 without one.
    looking: usize,
}

/// How long solves of one kind take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Durations {
    /// While there is room, on average, milliseconds.
    usual_ms: f64,
    /// Solves that `usual_ms` was learned from.
    seen: f64,
    /// Of late, on average, milliseconds.
    recent_ms: Option<f64>,
}

impl Durations {
    /// How long the next one may take, milliseconds; absent before the first.
    pub fn expected_ms(&self) -> Option<f64> {
        self.recent_ms
    }

    /// A failure tells nothing of how long a solve takes, unless that it may take longer than thought.
    fn learn_recent(&mut self, took_ms: f64, is_failure: bool) {
        match &mut self.recent_ms {
            Some(recent_ms) if !is_failure || took_ms > *recent_ms => *recent_ms += (took_ms - *recent_ms) / GUESS_OF,
            None if !is_failure => self.recent_ms = Some(took_ms),
            _ => {}
        }
    }

    /// Learns of a solve that did not fail, and tells how much longer than usual it took.
    fn learn_usual(&mut self, took_ms: f64, is_quiet: bool) -> f64 {
        let took_ms = took_ms.max(LEAST_MS);
        if is_quiet || self.seen < GUESS_OF {
            self.seen = (self.seen + 1.0).min(MEAN_OF);
            self.usual_ms += (took_ms - self.usual_ms) / self.seen;
        }
        took_ms / self.usual_ms
    }
}

impl Limit {
    /// One that adapts, up to `most`.
    pub fn adaptive(most: usize) -> Self {
        let most = most as f64;
        let limit = START.min(most);
        Self::Adaptive(Gradient { limit, most, slowdown: 1.0, unsettled: 0, since_quiet: 0, looking: 0 })
    }

    /// How many may be under way now; at least one.
    pub fn now(&self) -> usize {
        match self {
            Self::Fixed(limit) => (*limit).max(1),
            Self::Adaptive(gradient) if gradient.looking > 0 => ((gradient.limit * LOOK_PART) as usize).max(1),
            Self::Adaptive(gradient) => (gradient.limit as usize).max(1),
        }
    }

    /// Learns of a solve that took `took_ms`, among `busy` under way, itself included.
    pub fn learn(&mut self, durations: &mut Durations, took_ms: f64, is_failure: bool, busy: usize) {
        durations.learn_recent(took_ms, is_failure);
        if let Self::Adaptive(gradient) = self {
            gradient.learn(durations, took_ms, is_failure, busy);
        }
    }
}

impl Gradient {
    fn half(&self) -> usize {
        (self.limit as usize / 2).max(1)
    }

    fn learn(&mut self, durations: &mut Durations, took_ms: f64, is_failure: bool, busy: usize) {
        let has_room = busy <= self.half();
        let is_quiet = has_room && self.unsettled == 0;
        self.unsettled = if has_room { self.unsettled.saturating_sub(1) } else { SETTLING * busy };
        if !is_failure {
            let slowdown = durations.learn_usual(took_ms, is_quiet);
            if self.looking == 0 {
                self.slowdown += (slowdown - self.slowdown) / MEAN_OF;
            }
        }
        // While the limit is not what holds anybody up, nothing is learned of it.
        let next = match (has_room, is_failure) {
            (false, true) => self.limit * FAILED,
            (false, false) if self.looking == 0 => {
                self.limit + PACE * (TOLERANCE / self.slowdown - 1.0).min(TOLERANCE - 1.0)
            }
            _ => self.limit,
        };
        self.limit = next.clamp(LEAST.min(self.most), self.most);
        self.since_quiet = if is_quiet { 0 } else { self.since_quiet + 1 };
        if self.looking > 0 {
            self.looking -= usize::from(is_quiet);
        } else if self.since_quiet as f64 > (self.limit * LOOK_EVERY).max(LOOK_AFTER) {
            self.looking = LOOK_AT;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    /// How many times as long as on average a solve takes.
    type Varies = fn(&mut StdRng) -> f64;
    const CONSTANT: Varies = |_| 1.0;
    const UNIFORM: Varies = |random| 0.5 + random.random::<f64>();
    const EXPONENTIAL: Varies = |random| -(1.0 - random.random::<f64>()).ln();
    /// With σ 0.8.
    const LOGNORMAL: Varies = |random| {
        let (radius, angle) = (EXPONENTIAL(random), random.random::<f64>() * std::f64::consts::TAU);
        (0.8 * (2.0 * radius).sqrt() * angle.cos()).exp()
    };
    const ALL: [Varies; 4] = [CONSTANT, UNIFORM, LOGNORMAL, EXPONENTIAL];

    /// An upstream that does so many at a time; more of them share it.
    struct Upstream {
        limit: Limit,
        durations: Durations,
        random: StdRng,
        varies: Varies,
        now_us: u64,
        /// When they end, and what they took, microseconds.
        under_way: BinaryHeap<Reverse<(u64, u64)>>,
    }

    impl Upstream {
        fn new(varies: Varies, seed: u64) -> Self {
            let (limit, random) = (Limit::adaptive(1_024), StdRng::seed_from_u64(seed));
            Self { limit, durations: Durations::default(), random, varies, now_us: 0, under_way: BinaryHeap::new() }
        }

        /// So many solves, `offered` at a time or as many as are let in; the limit afterwards, but not that of a look.
        fn run(&mut self, solves: usize, offered: usize, usual_ms: f64, capacity: f64) -> f64 {
            for _ in 0..solves {
                while self.under_way.len() < self.limit.now().min(offered) {
                    let load = ((self.under_way.len() + 1) as f64 / capacity).max(1.0);
                    let took_us = (usual_ms * 1_000.0 * load * (self.varies)(&mut self.random)) as u64;
                    self.under_way.push(Reverse((self.now_us + took_us, took_us)));
                }
                let busy = self.under_way.len();
                let Some(Reverse((end_us, took_us))) = self.under_way.pop() else { break };
                self.now_us = end_us;
                self.limit.learn(&mut self.durations, took_us as f64 / 1_000.0, false, busy);
            }
            match &self.limit {
                Limit::Adaptive(gradient) => gradient.limit,
                Limit::Fixed(_) => unreachable!("it adapts"),
            }
        }
    }

    #[test]
    fn durations_that_only_vary_do_not_lower_the_limit() {
        for (varies, seed) in ALL.into_iter().flat_map(|varies| [(varies, 1), (varies, 2), (varies, 3)]) {
            let mut upstream = Upstream::new(varies, seed);
            upstream.run(5_000, usize::MAX, 1_000.0, f64::MAX);
            let least = (0..30).map(|_| upstream.run(500, usize::MAX, 1_000.0, f64::MAX)).fold(f64::MAX, f64::min);
            assert!(least > 256.0, "{least}");
        }
    }

    #[test]
    fn the_limit_settles_near_what_the_upstream_bears_and_does_not_creep() {
        for (varies, capacity) in ALL.into_iter().flat_map(|varies| [8.0, 40.0, 200.0].map(|most| (varies, most))) {
            let mut upstream = Upstream::new(varies, 1);
            upstream.run(4_000, usize::MAX, 1_000.0, capacity);
            let settled: Vec<_> =
                (0..64).map(|_| upstream.run(250, usize::MAX, 1_000.0, capacity) / capacity).collect();
            let mean = settled.iter().sum::<f64>() / 64.0;
            assert!((0.8..3.0).contains(&mean), "{mean} times {capacity}");
            assert!(settled.iter().all(|times| *times < 4.5), "{settled:?} times {capacity}");
        }
    }

    #[test]
    fn it_follows_an_upstream_that_slows_down_and_recovers() {
        let mut upstream = Upstream::new(UNIFORM, 1);
        let healthy = upstream.run(4_000, usize::MAX, 100.0, 100.0);
        let slow = upstream.run(1_000, usize::MAX, 100.0, 10.0);
        let again = upstream.run(4_000, usize::MAX, 100.0, 100.0);
        assert!(slow < healthy / 3.0, "{slow} of {healthy}");
        assert!((healthy / 2.0..healthy * 2.0).contains(&again), "{again} of {healthy}");
    }

    #[test]
    fn an_upstream_that_stays_slower_becomes_usual_in_a_quiet_moment_or_at_a_look() {
        for quiet in [0, 300] {
            let mut upstream = Upstream::new(CONSTANT, 1);
            upstream.run(4_000, usize::MAX, 100.0, 100.0);
            let unsure = upstream.run(350, usize::MAX, 1_000.0, 100.0);
            assert!(unsure < 100.0, "{unsure}: as it might be overload, fewer are let in");
            upstream.run(quiet, 3, 1_000.0, 100.0);
            let sure = upstream.run(if quiet > 0 { 500 } else { 5_000 }, usize::MAX, 1_000.0, 100.0);
            assert!((100.0..300.0).contains(&sure), "{sure}");
        }
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
    fn refusals_teach_no_durations_and_a_time_out_that_it_may_take_longer() {
        let (mut limit, mut durations) = (Limit::adaptive(100), Durations::default());
        limit.learn(&mut durations, 3.0, true, 1);
        assert_eq!(durations.expected_ms(), None);
        (0..20).for_each(|_| limit.learn(&mut durations, 2_000.0, false, 20));
        (0..60).for_each(|_| limit.learn(&mut durations, 3.0, true, 1));
        assert_eq!((durations.expected_ms(), durations.usual_ms), (Some(2_000.0), 2_000.0));
        limit.learn(&mut durations, 12_000.0, true, 1);
        assert_eq!((durations.expected_ms(), durations.usual_ms), (Some(3_000.0), 2_000.0));
    }

    #[test]
    fn a_fixed_limit_stays_and_an_adaptive_one_stays_below_the_most() {
        let (mut fixed, mut durations) = (Limit::Fixed(7), Durations::default());
        fixed.learn(&mut durations, 1.0, true, 7);
        assert_eq!(fixed.now(), 7);
        let (mut small, mut durations) = (Limit::adaptive(2), Durations::default());
        (0..100).for_each(|_| small.learn(&mut durations, 100.0, false, 2));
        assert_eq!(small.now(), 2);
    }
}
