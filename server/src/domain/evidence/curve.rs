//! The calibration curve: from the verifier's probability to the share that is right.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::linear::{Matrix, SIZE, Vector, dot, inverse, plus, times};

/// Logits beyond are as good as this one: a probability of 0.9997 and one of 0.9999999 are the same claim.
const LOGIT_MOST: f64 = 8.0;
/// Where the slope may change. Narrower at the top: that is where answers are served from.
const KNOTS: [f64; SIZE - 2] = [-2.0, 0.0, 2.0, 4.0];
/// A higher probability of the verifier is never a lower one of ours, and never quite the same.
const LEAST_SLOPE: f64 = 0.02;
/// Variances before any label: of the intercept, of the slope that all pieces share, of each piece's own.
const INTERCEPT: f64 = 1.0;
const SLOPE: f64 = 0.25;
const BEND: f64 = 0.16;
/// Variances between scopes: mostly of the base rate.
const SCOPE_INTERCEPT: f64 = 0.3;
const SCOPE_SLOPE: f64 = 0.005;
/// Steps in a standard deviation, and most of them, when looking for the best bound: six deviations.
const Z_STEPS: usize = 16;
const Z_MOST: usize = 6 * Z_STEPS;

/// What the labels make of a probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Calibrated {
    /// The probability that the stored answer is right, at the most likely curve.
    pub mean: f64,
    /// A lower bound of it, the α of vCache: `max over z in [0, 6] of Φ(z) σ(μ − z sd)`, at most `mean`.
    pub lower: f64,
}

/// A calibration curve and how sure it is: a Gaussian over its parameters.
///
/// `P(right) = σ(b + Σ gᵢ xᵢ(logit p))`, where `xᵢ` is the part of the way from 0 to the logit that lies in the i-th of
/// five pieces: the curve is piecewise linear in the logit, with knots at −2, 0, 2 and 4. With all slopes 1 and `b` 0 it
/// leaves the probability as it is; with equal slopes it is Platt's (1999).
///
/// Why five: after 500 labels, Platt's curve is 0.06 to 0.13 off where the truth bends (flatter at one end, a ceiling, a
/// step), beta calibration (Kull, Silva Filho, Flach 2017) 0.10 at a step; this one stays below 0.06 everywhere, and
/// gives away 0.003 to 0.008 where Platt's would do.
#[derive(Debug, Clone, Copy)]
pub struct Curve {
    pub(super) mean: Vector,
    pub(super) covariance: Matrix,
}

impl Curve {
    /// What is believed before any label: the verifier is right about itself, give or take.
    pub(super) fn prior() -> Self {
        let covariance = covariance(INTERCEPT, SLOPE, BEND);
        Self { mean: [0.0, 1.0, 1.0, 1.0, 1.0, 1.0], covariance }
    }

    /// What is believed of a scope without labels when this is what is believed of all.
    pub(super) fn of_scope(&self) -> Self {
        let between = covariance(SCOPE_INTERCEPT, SCOPE_SLOPE, 0.0);
        Self { mean: self.mean, covariance: plus(&self.covariance, 1.0, &between) }
    }

    /// The same in information form.
    pub(super) fn information(&self) -> Information {
        let precision = inverse(&self.covariance);
        Information { precision, vector: times(&precision, &self.mean) }
    }

    /// Calibrates the verifier's `probability`; what is not a number counts as 0.
    pub fn at(&self, probability: f64) -> Calibrated {
        let basis = basis(logit(probability));
        let mu = self.mu(&basis);
        Calibrated { mean: sigmoid(mu), lower: lower(mu, self.variance(&basis).sqrt()) }
    }

    /// The mean alone: a tenth of the time.
    pub fn mean_at(&self, probability: f64) -> f64 {
        sigmoid(self.mu(&basis(logit(probability))))
    }

    pub(super) fn mu(&self, basis: &Vector) -> f64 {
        dot(basis, &self.mean)
    }

    pub(super) fn variance(&self, basis: &Vector) -> f64 {
        dot(basis, &times(&self.covariance, basis)).max(0.0)
    }
}

/// A Gaussian, or a Gaussian likelihood, `exp(−½ θᵀ precision θ + vectorᵀ θ)`: in this form, evidence adds up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Information {
    precision: Matrix,
    vector: Vector,
}

impl Information {
    /// This and `k` times the other.
    pub fn plus(&self, k: f64, other: &Self) -> Self {
        let vector = std::array::from_fn(|i| self.vector[i] + k * other.vector[i]);
        Self { precision: plus(&self.precision, k, &other.precision), vector }
    }

    /// What a label says, to second order around an estimate: `pull` at the basis, with so much `curvature`.
    pub fn of_label(basis: &Vector, curvature: f64, pull: f64) -> Self {
        Self { precision: basis.map(|x| basis.map(|y| curvature * x * y)), vector: basis.map(|x| pull * x) }
    }

    /// The curve: mean `Λ⁻¹ r`, moved, along its own covariance, to where no slope is below the least. That is the most
    /// likely of the curves that rise.
    pub fn curve(&self) -> Curve {
        let covariance = inverse(&self.precision);
        Curve { mean: rising(times(&covariance, &self.vector), covariance), covariance }
    }
}

/// `σ(x) = 1 / (1 + e^-x)`.
pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(p / (1 − p))`, within what tells anything.
pub(super) fn logit(probability: f64) -> f64 {
    if probability.is_nan() {
        return -LOGIT_MOST;
    }
    let p = probability.clamp(0.0, 1.0);
    (p / (1.0 - p)).ln().clamp(-LOGIT_MOST, LOGIT_MOST)
}

/// 1 for the intercept, then for each piece the part of the way from 0 to `logit` that lies in it.
pub(super) fn basis(logit: f64) -> Vector {
    let mut basis = [1.0; SIZE];
    for (piece, value) in basis.iter_mut().skip(1).enumerate() {
        let from = if piece == 0 { f64::NEG_INFINITY } else { KNOTS[piece - 1] };
        let to = KNOTS.get(piece).copied().unwrap_or(f64::INFINITY);
        *value = logit.clamp(from, to) - 0_f64.clamp(from, to);
    }
    basis
}

fn covariance(intercept: f64, slope: f64, bend: f64) -> Matrix {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| match (i, j) {
            (0, 0) => intercept,
            (0, _) | (_, 0) => 0.0,
            _ => slope + if i == j { bend } else { 0.0 },
        })
    })
}

/// Fixes the slope furthest below the least, moves the rest as the covariance says, and so on: at most once for each.
fn rising(mut mean: Vector, mut covariance: Matrix) -> Vector {
    for _ in 1..SIZE {
        let lowest = (1..SIZE).filter(|&k| mean[k] < LEAST_SLOPE).min_by(|&a, &b| mean[a].total_cmp(&mean[b]));
        let Some(k) = lowest else { break };
        let column = covariance[k];
        // A slope fixed before has no variance left; rounding alone can have moved it.
        if column[k] > 1e-12 {
            let step = (LEAST_SLOPE - mean[k]) / column[k];
            for i in 0..SIZE {
                mean[i] += step * column[i];
                for j in 0..SIZE {
                    covariance[i][j] -= column[i] * column[j] / column[k];
                }
            }
        }
        mean[k] = LEAST_SLOPE;
    }
    mean
}

/// `max over z of Φ(z) σ(μ − z sd)`: with probability Φ(z) the logit is above `μ − z sd`, so each of these is a lower
/// bound of the probability, and so is the best of those tried.
///
/// Both factors are log-concave in z, so their product has one maximum: the search ends where it falls.
fn lower(mu: f64, sd: f64) -> f64 {
    static PHI: LazyLock<[f64; Z_MOST + 1]> =
        LazyLock::new(|| std::array::from_fn(|step| normal_cdf(step as f64 / Z_STEPS as f64)));
    let mut best = 0.0;
    for (step, phi) in PHI.iter().enumerate() {
        let bound = phi * sigmoid(mu - step as f64 / Z_STEPS as f64 * sd);
        if bound < best {
            break;
        }
        best = bound;
    }
    best
}

/// Φ(z) for `z` of 0 to some 8: `½ + φ(z) (z + z³/3 + z⁵/(3·5) + …)`. Source: G. Marsaglia, "Evaluating the normal
/// distribution", J. Stat. Software 11 (2004).
fn normal_cdf(z: f64) -> f64 {
    let (mut term, mut sum, mut odd) = (z, z, 1.0);
    while term > 1e-17 * sum {
        odd += 2.0;
        term *= z * z / odd;
        sum += term;
    }
    0.5 + sum * (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_normal_distribution_agrees_with_its_table() {
        for (z, phi) in [(0.0, 0.5), (1.0, 0.841_344_746), (1.644_853_627, 0.95), (3.0, 0.998_650_102)] {
            assert!((normal_cdf(z) - phi).abs() < 1e-8, "{z}");
        }
        assert!((1.0 - normal_cdf(6.0) - 9.866e-10).abs() < 1e-12);
    }

    #[test]
    fn the_pieces_add_up_to_the_logit() {
        assert_eq!(basis(5.0), [1.0, 0.0, 0.0, 2.0, 2.0, 1.0]);
        assert_eq!(basis(-3.5), [1.0, -1.5, -2.0, 0.0, 0.0, 0.0]);
        assert_eq!(basis(1.0), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_curve_that_is_sure_bounds_itself_by_its_mean() {
        assert!((lower(2.0, 0.0) - sigmoid(2.0)).abs() < 1e-8);
        // By hand, at sd 1: z = 1.0 gives 0.8413 σ(1) = 0.6151, z = 0.5 gives 0.6915 σ(1.5) = 0.5653.
        assert!((0.6151..0.65).contains(&lower(2.0, 1.0)));
    }

    #[test]
    fn what_is_not_a_probability_is_not_served() {
        let curve = Curve::prior();
        assert!(curve.at(f64::NAN).mean < 0.001);
        assert_eq!(curve.at(2.0), curve.at(1.0));
        assert_eq!(curve.at(-1.0), curve.at(0.0));
    }

    proptest! {
        #[test]
        fn the_pieces_of_any_logit_add_up(logit in -8.0..8.0f64) {
            prop_assert!((basis(logit).iter().skip(1).sum::<f64>() - logit).abs() < 1e-12);
        }

        #[test]
        fn the_bound_is_as_good_as_a_search_of_every_z(mu in -8.0..8.0f64, sd in 0.0..4.0f64) {
            let found = lower(mu, sd);
            let best = (0..=6_000).map(|i| f64::from(i) / 1_000.0).map(|z| normal_cdf(z) * sigmoid(mu - z * sd)).fold(0.0, f64::max);
            prop_assert!(found <= best + 1e-6 && found >= best - 0.002, "{found} {best}");
        }

        #[test]
        fn a_wider_doubt_is_a_lower_bound(mu in -8.0..8.0f64, sd in 0.0..4.0f64, more in 0.0..2.0f64) {
            prop_assert!(lower(mu, sd + more) <= lower(mu, sd) + 1e-12);
        }
    }
}
