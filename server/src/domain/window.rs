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
    /// With the answer to a similar prompt, or one beyond its time to live.
    pub similar: bool,
    /// What its solve cost, US dollars, where that is known.
    pub cost_usd: Option<f64>,
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
        let (mut all, mut hits, mut misses) = (Sums::default(), Sums::default(), Sums::default());
        let (mut asked, mut similar) = (0_u32, 0_u32);
        for sample in &self.samples {
            all.add(sample);
            if sample.hit == Some(true) {
                hits.add(sample)
            } else {
                misses.add(sample)
            };
            asked += u32::from(sample.hit.is_some());
            similar += u32::from(sample.similar);
        }
        let of_asked = |count: u32| (asked > 0).then(|| 100.0 * f64::from(count) / f64::from(asked));
        Observed {
            samples: all.count,
            response_s: all.response_s(),
            success_pct: all.success_pct(),
            hit_rate_pct: of_asked(hits.count),
            similar_pct: of_asked(similar),
            hit_success_pct: hits.success_pct(),
            miss_response_s: misses.response_s(),
            miss_success_pct: misses.success_pct(),
            miss_cost_usd: (misses.priced > 0).then(|| misses.cost_usd / f64::from(misses.priced)),
        }
    }
}

#[derive(Default)]
struct Sums {
    count: u32,
    successes: u32,
    response_ms: f64,
    priced: u32,
    cost_usd: f64,
}

impl Sums {
    fn add(&mut self, sample: &Sample) {
        self.count += 1;
        self.successes += u32::from(sample.success);
        self.response_ms += sample.response_ms;
        self.priced += u32::from(sample.cost_usd.is_some());
        self.cost_usd += sample.cost_usd.unwrap_or(0.0);
    }

    fn response_s(&self) -> Option<f64> {
        (self.count > 0).then(|| self.response_ms / f64::from(self.count) / 1_000.0)
    }

    fn success_pct(&self) -> Option<f64> {
        (self.count > 0).then(|| 100.0 * f64::from(self.successes) / f64::from(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(request_id: u64, response_ms: f64, success: bool, hit: Option<bool>) -> Sample {
        Sample { request_id, response_ms, success, hit, similar: false, cost_usd: None }
    }

    #[test]
    fn an_empty_window_has_no_figures() {
        assert_eq!(Window::new(100).observed(), Observed::default());
    }

    #[test]
    fn only_the_last_samples_count() {
        let mut window = Window::new(2);
        window.push(sample(1, 9_000.0, false, Some(false)));
        window.push(sample(2, 1_000.0, true, Some(true)));
        window.push(sample(3, 2_000.0, true, Some(false)));
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
            window.push(sample(request_id, 1.0, true, Some(true)));
        }
        window.contradict(1);
        assert_eq!(window.observed().success_pct, Some(100.0), "it has left the window");
        window.contradict(3);
        assert_eq!(window.observed().success_pct, Some(50.0));
    }

    #[test]
    fn what_may_not_be_cached_is_no_miss() {
        let mut window = Window::new(10);
        window.push(sample(1, 1.0, true, None));
        assert_eq!(window.observed().hit_rate_pct, None);
        window.push(sample(1, 1.0, true, Some(true)));
        assert_eq!(window.observed().hit_rate_pct, Some(100.0));
    }

    #[test]
    fn hits_and_misses_have_figures_of_their_own() {
        let mut window = Window::new(10);
        window.push(Sample { similar: true, ..sample(1, 2.0, false, Some(true)) });
        window.push(sample(2, 2.0, true, Some(true)));
        window.push(Sample { cost_usd: Some(0.02), ..sample(3, 3_000.0, true, Some(false)) });
        window.push(sample(4, 1_000.0, true, Some(false)));
        let observed = window.observed();
        assert_eq!((observed.hit_rate_pct, observed.similar_pct), (Some(50.0), Some(25.0)));
        assert_eq!((observed.hit_success_pct, observed.miss_success_pct), (Some(50.0), Some(100.0)));
        assert_eq!((observed.miss_response_s, observed.miss_cost_usd), (Some(2.0), Some(0.02)));
    }
}
