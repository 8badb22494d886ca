//! How likely a stored answer is right for its own question.

use serde::{Deserialize, Serialize};

use super::interval::beta_quantile;

/// What is believed of an entry before its first label: Beta(`right`, `wrong`), shared by the entries of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Right labels that the prior is worth, above 0.
    pub right: f64,
    /// Wrong labels that the prior is worth, above 0.
    pub wrong: f64,
    /// A label counts half after so many milliseconds; at least 1.
    pub half_life_ms: u64,
}

impl Default for Prior {
    /// Beta(9, 1): nine of ten answers that passed validation are right, as sure as ten labels make it. 24 hours.
    fn default() -> Self {
        Self { right: 9.0, wrong: 1.0, half_life_ms: 86_400_000 }
    }
}

impl Prior {
    /// A prior of the same weight whose mean is drawn to what the labels of a scope say.
    ///
    /// Its mean is the mean of Beta(`self.right + right`, `self.wrong + wrong`), its weight stays that of `self`: a
    /// scope of a thousand labels says a lot about the average entry, but not a thousand labels' worth of a single one.
    #[must_use]
    pub fn pooled(self, right: f64, wrong: f64) -> Self {
        let weight = self.right + self.wrong;
        let mean = (self.right + right.max(0.0)) / (weight + right.max(0.0) + wrong.max(0.0));
        Self { right: weight * mean, wrong: weight * (1.0 - mean), ..self }
    }
}

/// Labels of one entry's answer, decayed: with a [`Prior`], the Beta posterior of its being right for its own question.
///
/// 24 bytes, since one lives with every entry. The first contradiction quarantines the entry: whether a site changed or
/// the answer never was right, serving it again costs more than a fresh solve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    /// When the counts were last brought up to date, milliseconds since the Unix epoch.
    at_ms: u64,
    right: f32,
    wrong: f32,
    is_quarantined: bool,
}

impl Posterior {
    /// Of an answer just solved, at `now` in milliseconds since the Unix epoch: no labels, no quarantine.
    ///
    /// Also what to replace a posterior with when its entry's question is solved afresh: another answer has not
    /// inherited the faults of the old one.
    pub fn new(now: u64) -> Self {
        Self { at_ms: now, ..Self::default() }
    }

    /// A label that says it was right, worth `weight` labels (0 or more).
    pub fn right(&mut self, weight: f64, prior: &Prior, now: u64) {
        self.age(prior, now);
        self.right += weight.max(0.0) as f32;
    }

    /// A label that says it was wrong, worth `weight` labels (0 or more). Quarantines.
    pub fn wrong(&mut self, weight: f64, prior: &Prior, now: u64) {
        self.age(prior, now);
        self.wrong += weight.max(0.0) as f32;
        self.is_quarantined = true;
    }

    /// Not to be served until [`Posterior::release`], or until a fresh solve puts a new posterior in its place.
    pub fn is_quarantined(&self) -> bool {
        self.is_quarantined
    }

    /// Lifts the quarantine; the labels stay.
    pub fn release(&mut self) {
        self.is_quarantined = false;
    }

    /// Labels that still count at `now`: right and wrong, without the prior's.
    pub fn labels(&self, prior: &Prior, now: u64) -> (f64, f64) {
        // Labels from the future, after a clock was set back, are as good as new.
        let age_ms = now.saturating_sub(self.at_ms) as f64;
        let left = (-age_ms / prior.half_life_ms.max(1) as f64).exp2();
        (f64::from(self.right) * left, f64::from(self.wrong) * left)
    }

    /// Mean of the posterior, `(a + r) / (a + b + r + w)` with the prior Beta(a, b) and decayed labels r and w: within
    /// `(0, 1)`, and the prior's mean once every label is forgotten.
    pub fn mean(&self, prior: &Prior, now: u64) -> f64 {
        let (right, wrong) = self.beta(prior, now);
        right / (right + wrong)
    }

    /// The chance of being right is above this with probability `confidence` (0 to 1): a quantile of the posterior.
    pub fn lower(&self, confidence: f64, prior: &Prior, now: u64) -> f64 {
        let (right, wrong) = self.beta(prior, now);
        beta_quantile(1.0 - confidence, right, wrong)
    }

    fn beta(&self, prior: &Prior, now: u64) -> (f64, f64) {
        let (right, wrong) = self.labels(prior, now);
        (prior.right + right, prior.wrong + wrong)
    }

    fn age(&mut self, prior: &Prior, now: u64) {
        let (right, wrong) = self.labels(prior, now);
        *self = Self {
            at_ms: now.max(self.at_ms),
            right: right as f32,
            wrong: wrong as f32,
            is_quarantined: self.is_quarantined,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 86_400_000;

    #[test]
    fn a_posterior_takes_24_bytes() {
        assert!(size_of::<Posterior>() <= 24);
    }

    #[test]
    fn without_labels_it_is_the_prior() {
        let fresh = Posterior::new(7);
        let prior = Prior::default();
        assert!((fresh.mean(&prior, 7) - 0.9).abs() < 1e-12);
        // Beta(9, 1) has the quantile q^(1/9).
        assert!((fresh.lower(0.95, &prior, 7) - f64::powf(0.05, 1.0 / 9.0)).abs() < 1e-9);
    }

    #[test]
    fn labels_count_half_after_a_half_life() {
        let prior = Prior::default();
        let mut posterior = Posterior::new(0);
        posterior.right(4.0, &prior, 0);
        posterior.wrong(2.0, &prior, 0);
        assert!((posterior.mean(&prior, 0) - 13.0 / 16.0).abs() < 1e-9);
        assert!((posterior.mean(&prior, DAY) - 11.0 / 13.0).abs() < 1e-9);
        posterior.right(1.0, &prior, DAY);
        assert!((posterior.mean(&prior, DAY) - 12.0 / 14.0).abs() < 1e-6);
        assert!((posterior.mean(&prior, 200 * DAY) - 0.9).abs() < 1e-9);
    }

    #[test]
    fn one_contradiction_quarantines_until_released_or_solved_afresh() {
        let prior = Prior::default();
        let mut posterior = Posterior::new(0);
        posterior.right(50.0, &prior, 0);
        posterior.wrong(1.0, &prior, 1);
        assert!(posterior.is_quarantined());
        posterior.right(50.0, &prior, 2);
        assert!(posterior.is_quarantined());
        let mut released = posterior;
        released.release();
        assert!(!released.is_quarantined());
        assert_eq!(released.labels(&prior, 2), posterior.labels(&prior, 2));
        assert!(!Posterior::new(3).is_quarantined());
    }

    #[test]
    fn a_clock_set_back_neither_ages_nor_renews_labels() {
        let prior = Prior::default();
        let mut posterior = Posterior::new(5 * DAY);
        posterior.right(8.0, &prior, 5 * DAY);
        posterior.right(1.0, &prior, 4 * DAY);
        assert_eq!(posterior.labels(&prior, 5 * DAY), (9.0, 0.0));
        assert_eq!(posterior.labels(&prior, 6 * DAY), (4.5, 0.0));
    }

    #[test]
    fn a_scope_moves_the_mean_of_its_prior_and_not_its_weight() {
        let pooled = Prior::default().pooled(40.0, 50.0);
        assert!((pooled.right - 4.9).abs() < 1e-9);
        assert!((pooled.wrong - 5.1).abs() < 1e-9);
        assert!((Prior::default().pooled(0.0, 0.0).right - 9.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn right_labels_raise_and_wrong_ones_lower(labels in prop::collection::vec((any::<bool>(), 0.0..5.0f64, 0..DAY), 0..30)) {
            let prior = Prior::default();
            let mut posterior = Posterior::new(0);
            let mut now = 0;
            for (is_right, weight, pause) in labels {
                now += pause;
                let (mean, lower) = (posterior.mean(&prior, now), posterior.lower(0.95, &prior, now));
                if is_right { posterior.right(weight, &prior, now) } else { posterior.wrong(weight, &prior, now) }
                let (mean_then, lower_then) = (posterior.mean(&prior, now), posterior.lower(0.95, &prior, now));
                prop_assert!(0.0 < lower_then && lower_then < mean_then && mean_then < 1.0);
                let sign = if is_right { 1.0 } else { -1.0 };
                prop_assert!(sign * (mean_then - mean) >= -1e-6 && sign * (lower_then - lower) >= -1e-6);
            }
        }

        #[test]
        fn labels_of_the_same_time_count_in_any_order(labels in prop::collection::vec((any::<bool>(), 0.0..5.0f64), 0..20)) {
            let prior = Prior::default();
            let (mut one, mut other) = (Posterior::new(0), Posterior::new(0));
            for (is_right, weight) in &labels {
                if *is_right { one.right(*weight, &prior, 9) } else { one.wrong(*weight, &prior, 9) }
            }
            for (is_right, weight) in labels.iter().rev() {
                if *is_right { other.right(*weight, &prior, 9) } else { other.wrong(*weight, &prior, 9) }
            }
            prop_assert!((one.mean(&prior, 9) - other.mean(&prior, 9)).abs() < 1e-6);
            prop_assert_eq!(one.is_quarantined(), other.is_quarantined());
        }
    }
}
