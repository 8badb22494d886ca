//! What the verifier's probability is worth here: learned on line, for all scopes and for each.
//!
//! The verifier was trained elsewhere, so its "0.97" may be 0.8 on this subnet, or 0.999. Two layers of a Bayesian
//! logistic regression on its logit say which: one over all labels, and one for each scope, whose prior is the first
//! and a variance between scopes. A scope without labels inherits the whole; one with many has its own curve.
//!
//! A layer keeps no labels. It keeps a Gaussian in information form, to which each label adds its own second-order
//! term, taken at the estimate of the time (an extended Kalman filter; also: assumed-density filtering, Laplace's
//! method on line). Forgetting is a factor on both, which leads back to the prior, exactly. Measured beside a fit of a
//! buffer of 512 labels by Newton's method, over some twenty kinds of streams, that costs 0.001 of calibration error.
//!
//! Labels come of what the cache served or nearly served, not of all candidates. A curve of P(right | probability)
//! is not biased by that: what was chosen was chosen by the probability it is conditional on.
//!
//! Entries have no layer. Since the first contradiction quarantines an entry, its labels are right ones only, and a
//! shift learned from them can only go up. Simulated with thirty labels for each entry, far more than there will be,
//! that gains 0.2 % of log loss where entries differ (sd of the logit 0.5), and loses 0.1 % where they do not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ageing::{Ageing, HalfLife};
use super::curve::{Calibrated, Curve, Information, basis, logit, sigmoid};

/// Half of what was learned is forgotten in 24 hours or 1,000 labels. Longer than the 500 after which a change should
/// be learned: a sudden one is noticed ([`Surprise`]), and without one, fewer labels are more noise.
const HALF_LIFE: HalfLife = HalfLife { time_ms: 86_400_000, labels: 1_000.0 };
/// Scopes with a curve of their own, some 400 bytes each. The least recently labelled goes back to the common one.
const SCOPES_MOST: usize = 512;
/// Linearisations of each label: the first at the old estimate, the second at what that makes of it.
const ROUNDS: usize = 2;
/// Least curvature that a label adds, so that a certainty proven wrong is not a step without end.
const LEAST_CURVATURE: f64 = 1e-4;

/// Where a label comes from, most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// A validator's score of the answer that was served.
    Validator,
    /// A hit was solved again in the background and compared.
    Shadow,
    /// A candidate just below the threshold was compared with the upstream's answer.
    GreyZone,
    /// Somebody said so.
    Operator,
}

impl LabelKind {
    /// The word used in records and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Shadow => "shadow",
            Self::GreyZone => "grey_zone",
            Self::Operator => "operator",
        }
    }

    /// Labels that one of this kind is worth: a validator's is the truth that counts, a comparison may err, and people
    /// report what went wrong more than what went right.
    pub fn weight(self) -> f64 {
        match self {
            Self::Validator => 2.0,
            Self::Shadow | Self::GreyZone => 1.0,
            Self::Operator => 0.5,
        }
    }
}

/// The calibration of one verifier.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    common: Layer,
    scopes: BTreeMap<u64, Layer>,
}

impl Calibration {
    /// Learns that a candidate to which the verifier gave the probability `p_model` was `right`, or was not.
    ///
    /// `scope_key` stands for the scope, `now` is in milliseconds since the Unix epoch. What is not a number is no
    /// label. Five microseconds.
    pub fn label(&mut self, scope_key: u64, p_model: f64, right: bool, kind: LabelKind, now: u64) {
        if p_model.is_nan() {
            return;
        }
        let label = Label { logit: logit(p_model), right, weight: kind.weight() };
        let prior = self.common.learn(&Curve::prior(), &label, now).of_scope();
        if !self.scopes.contains_key(&scope_key) && self.scopes.len() >= SCOPES_MOST {
            let oldest = self.scopes.iter().min_by_key(|(_, layer)| layer.ageing.at_ms()).map(|(key, _)| *key);
            oldest.and_then(|key| self.scopes.remove(&key));
        }
        self.scopes.entry(scope_key).or_default().learn(&prior, &label, now);
    }

    /// Forgets what was learned of a scope, or what was learned of all together.
    pub fn forget(&mut self, scope_key: Option<u64>) {
        match scope_key {
            Some(key) => _ = self.scopes.remove(&key),
            None => self.common = Layer::default(),
        }
    }

    /// The curve of a scope at `now`, milliseconds since the Unix epoch: for many candidates of one question. One
    /// to two microseconds; `Curve::at` takes 0.2.
    pub fn curve(&self, scope_key: u64, now: u64) -> Curve {
        let prior = self.common.curve(&Curve::prior(), now).of_scope();
        self.scopes.get(&scope_key).map_or(prior, |layer| layer.curve(&prior, now))
    }

    /// Calibrates one probability: [`Calibration::curve`] and `Curve::at`.
    pub fn probability(&self, scope_key: u64, p_model: f64, now: u64) -> Calibrated {
        self.curve(scope_key, now).at(p_model)
    }

    /// Scopes that have a curve of their own.
    pub fn scopes(&self) -> usize {
        self.scopes.len()
    }
}

struct Label {
    logit: f64,
    right: bool,
    weight: f64,
}

/// What labels say of a curve.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Layer {
    /// The likelihood of the labels, decayed.
    likelihood: Information,
    ageing: Ageing,
    surprise: Surprise,
}

impl Layer {
    /// The posterior at `now`.
    fn curve(&self, prior: &Curve, now: u64) -> Curve {
        prior.information().plus(self.ageing.left(&HALF_LIFE, now), &self.likelihood).curve()
    }

    /// Learns of a label, and returns the posterior.
    fn learn(&mut self, prior: &Curve, label: &Label, now: u64) -> Curve {
        let left = self.ageing.advance(&HALF_LIFE, now);
        self.ageing.count();
        let prior = prior.information();
        let mut learned = Information::default().plus(left, &self.likelihood);
        let mut curve = prior.plus(1.0, &learned).curve();
        let right = f64::from(u8::from(label.right));
        let basis = basis(label.logit);
        // MacKay's moderated output: what the label was expected to be, doubt included.
        let doubt = 1.0 + std::f64::consts::PI / 8.0 * curve.variance(&basis);
        let expected = sigmoid(curve.mu(&basis) / doubt.sqrt());
        if self.surprise.sees(label.logit, right - expected, expected * (1.0 - expected)) {
            learned = Information::default().plus(Surprise::LEFT, &learned);
            curve = prior.plus(1.0, &learned).curve();
        }
        for _ in 0..ROUNDS {
            // ln σ to second order around the estimate: curvature p(1 − p), and the gradient y − p.
            let mu = curve.mu(&basis);
            let p = sigmoid(mu);
            let curvature = (p * (1.0 - p)).max(LEAST_CURVATURE);
            let pull = curvature * mu + right - p;
            let term = Information::of_label(&basis, curvature, pull);
            self.likelihood = learned.plus(label.weight, &term);
            curve = prior.plus(1.0, &self.likelihood).curve();
        }
        curve
    }
}

/// Notices that the last few dozen labels do not fit what was learned before: Rao's score test.
///
/// `sᵀ V⁻¹ s` with `s` the residuals' sum, and their sum times the logit, and `V` their covariance, all of the last 25
/// labels or so. While nothing changes that is about χ² with two degrees of freedom: above 22 once in 60,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Surprise {
    score: [f64; 2],
    /// Upper triangle of `V`.
    variance: [f64; 3],
}

impl Surprise {
    /// What a change leaves of what was learned before it.
    const LEFT: f64 = 0.03;
    const LIMIT: f64 = 22.0;
    const HALF_LIFE: f64 = 25.0;
    /// Logits are divided by this, so that both sums are of a size.
    const SCALE: f64 = 3.0;
    /// So that a few labels cannot be a surprise, nor labels of one probability a division by nothing.
    const RIDGE: f64 = 0.05;
    const LEAST_VARIANCE: f64 = 0.01;

    /// Adds a residual and the variance that it should have; true, and starts anew, when that is too much.
    fn sees(&mut self, logit: f64, residual: f64, variance: f64) -> bool {
        let left = (-1.0 / Self::HALF_LIFE).exp2();
        let x = logit / Self::SCALE;
        let variance = variance.max(Self::LEAST_VARIANCE);
        self.score = [left * self.score[0] + residual, left * self.score[1] + residual * x];
        for (sum, term) in self.variance.iter_mut().zip([1.0, x, x * x]) {
            *sum = left * left * *sum + variance * term;
        }
        let [s, t] = self.score;
        let [a, b, c] = [self.variance[0] + Self::RIDGE, self.variance[1], self.variance[2] + Self::RIDGE];
        let is_surprised = (c * s * s - 2.0 * b * s * t + a * t * t) / (a * c - b * b) > Self::LIMIT;
        if is_surprised {
            *self = Self::default();
        }
        is_surprised
    }
}

// Keeps the sizes honest: the documentation above says 400 bytes.
const _: () = assert!(size_of::<Layer>() <= 400);

#[cfg(test)]
mod streams;
#[cfg(test)]
mod tests;
