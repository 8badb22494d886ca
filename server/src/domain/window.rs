//! The last requests, as the tuner sees them.

use std::collections::VecDeque;

use lode_shared::Observed;

/// One request that asked a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The request.
    pub request_id: u64,
    /// Response time, milliseconds.
    pub response_ms: f64,
    /// In time, valid, and not contradicted.
    pub success: bool,
    /// Answered from memory; absent when its synapse may not be cached at all.
    pub hit: Option<bool>,
}

/// The last `capacity` samples.
#[derive(Debug, Clone)]
pub struct Window {
    samples: VecDeque<Sample>,
    capacity: usize,
    total: u64,
}

impl Window {
    /// Empty.
    pub fn new(capacity: usize) -> Self {
        Self { samples: VecDeque::with_capacity(capacity), capacity, total: 0 }
    }

    /// Adds a sample; the oldest leaves when the window is full.
    pub fn push(&mut self, sample: Sample) {
        if self.samples.len() == self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.total += 1;
    }

    /// A request's answer was found wrong: it was no success, if it is still in the window.
    pub fn contradict(&mut self, request_id: u64) {
        if let Some(sample) = self.samples.iter_mut().rev().find(|sample| sample.request_id == request_id) {
            sample.success = false;
        }
    }

    /// Samples ever pushed: tells new evidence from old.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The window's figures. A mean over nothing is absent.
    pub fn observed(&self) -> Observed {
        let share = |yes: usize, of: usize| (of > 0).then(|| 100.0 * yes as f64 / of as f64);
        let count = self.samples.len();
        let successes = self.samples.iter().filter(|sample| sample.success).count();
        let asked = self.samples.iter().filter(|sample| sample.hit.is_some()).count();
        let hits = self.samples.iter().filter(|sample| sample.hit == Some(true)).count();
        let sum_ms: f64 = self.samples.iter().map(|sample| sample.response_ms).sum();
        Observed {
            samples: count as u32,
            response_s: (count > 0).then(|| sum_ms / count as f64 / 1_000.0),
            success_pct: share(successes, count),
            hit_rate_pct: share(hits, asked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_window_has_no_figures() {
        assert_eq!(Window::new(100).observed(), Observed::default());
    }

    #[test]
    fn only_the_last_samples_count() {
        let mut window = Window::new(2);
        window.push(Sample { request_id: 1, response_ms: 9_000.0, success: false, hit: Some(false) });
        window.push(Sample { request_id: 2, response_ms: 1_000.0, success: true, hit: Some(true) });
        window.push(Sample { request_id: 3, response_ms: 2_000.0, success: true, hit: Some(false) });
        let observed = window.observed();
        assert_eq!(observed.samples, 2);
        assert_eq!(observed.response_s, Some(1.5));
        assert_eq!(observed.success_pct, Some(100.0));
        assert_eq!(observed.hit_rate_pct, Some(50.0));
        assert_eq!(window.total(), 3);
    }

    #[test]
    fn an_answer_that_is_contradicted_later_was_no_success() {
        let mut window = Window::new(2);
        for request_id in 1..=3 {
            window.push(Sample { request_id, response_ms: 1.0, success: true, hit: Some(true) });
        }
        window.contradict(1);
        assert_eq!(window.observed().success_pct, Some(100.0), "it has left the window");
        window.contradict(3);
        assert_eq!(window.observed().success_pct, Some(50.0));
    }

    #[test]
    fn what_may_not_be_cached_is_no_miss() {
        let mut window = Window::new(10);
        window.push(Sample { request_id: 1, response_ms: 1.0, success: true, hit: None });
        assert_eq!(window.observed().hit_rate_pct, None);
        window.push(Sample { request_id: 1, response_ms: 1.0, success: true, hit: Some(true) });
        assert_eq!(window.observed().hit_rate_pct, Some(100.0));
    }
}
