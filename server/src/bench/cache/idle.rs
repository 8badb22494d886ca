//! What the machine adds to any time, whatever is measured.

use std::hint::black_box;
use std::time::Instant;

/// Steps that are timed to know how long one takes.
const TRIAL: u64 = 20_000;
const TRIALS: usize = 50;

/// A loop of a known length that asks nothing of memory or of the allocator.
pub(super) struct Idle {
    steps_per_us: f64,
    steps: u64,
}

impl Idle {
    pub(super) fn new() -> Self {
        let trial = |_| {
            let started = Instant::now();
            steps(TRIAL);
            started.elapsed().as_secs_f64() * 1e6
        };
        let least_us = (0..TRIALS).map(trial).fold(f64::INFINITY, f64::min);
        Self { steps_per_us: TRIAL as f64 / least_us, steps: 0 }
    }

    /// From now on it takes so long.
    pub(super) fn last_for(&mut self, us: f64) {
        self.steps = (us * self.steps_per_us) as u64;
    }

    pub(super) fn spin(&self) {
        steps(self.steps);
    }
}

fn steps(count: u64) {
    let mut state = count;
    for step in 0..count {
        state = black_box(state.rotate_left(5) ^ step);
    }
}
