//! Bounds of a share, from counts and from a Beta posterior.

/// One-sided 95 %: 5 % of a normal distribution lie beyond so many standard deviations.
pub const Z_95: f64 = 1.645;

/// Upper end of Wilson's score interval for a share of which `wrong` of `n` were seen, in `[0, 1]`; 1 without any.
///
/// One-sided at the level of which `z` is the normal quantile (1.645: 95 %). Counts may be fractions: decayed, or
/// weighted by an effective sample size.
///
/// `(p + z²/2n + z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n)` with `p = wrong/n`. Source: E. B. Wilson, "Probable inference,
/// the law of succession, and statistical inference", JASA 22 (1927).
pub fn wilson_upper(wrong: f64, n: f64, z: f64) -> f64 {
    wilson(wrong, n, z).map_or(1.0, |(centre, spread)| (centre + spread).min(1.0))
}

/// Lower end of the same interval; 0 without any. See [`wilson_upper`].
pub fn wilson_lower(wrong: f64, n: f64, z: f64) -> f64 {
    wilson(wrong, n, z).map_or(0.0, |(centre, spread)| (centre - spread).max(0.0))
}

fn wilson(wrong: f64, n: f64, z: f64) -> Option<(f64, f64)> {
    // Also none for what is not a number.
    if !(n > 0.0 && wrong.is_finite()) {
        return None;
    }
    let share = (wrong / n).clamp(0.0, 1.0);
    let z2 = z * z / n;
    let spread = z * (share * (1.0 - share) / n + z2 / (4.0 * n)).sqrt();
    Some(((share + z2 / 2.0) / (1.0 + z2), spread / (1.0 + z2)))
}

/// The value below which a Beta(`a`, `b`) variable lies with probability `q`; `a` and `b` above 0, `q` within `[0, 1]`.
///
/// Bisection of [`beta_cdf`] to 40 bits: some ten microseconds, for decisions on an entry, not for every candidate.
pub(super) fn beta_quantile(q: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if beta_cdf(middle, a, b) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// The regularised incomplete beta function `I_x(a, b)`.
///
/// Continued fraction of DLMF 8.17.22, from the side on which it converges quickly (8.17.4).
pub(super) fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(x, a, b) / a
    } else {
        1.0 - front * beta_fraction(1.0 - x, b, a) / b
    }
}

/// `1 / (1 + d1 / (1 + d2 / …))`, by Lentz's method (DLMF 3.10(iii)).
fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    // Stands for a zero denominator.
    const TINY: f64 = 1e-300;
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, 0.0);
    // Terms needed grow with the root of the counts: 500 serve some ten thousand labels.
    for term in 1..=500 {
        let m = f64::from(term / 2);
        let coefficient = if term % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / nonzero(1.0 + coefficient * d);
        c = nonzero(1.0 + coefficient / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-13 {
            break;
        }
    }
    1.0 / fraction
}

/// `ln Γ(x)` for `x > 0`: the recurrence up to 10, then Stirling's series (DLMF 5.5.1 and 5.11.1).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut below) = (x, 0.0);
    while x < 10.0 {
        below += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1_260.0 - 1.0 / (1_680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - below
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn wilson_agrees_with_values_worked_by_hand() {
        // 10 of 100 at 1.96: (0.1 + 0.019208) / 1.038416 -+ 1.96 √(0.0009 + 0.00009604) / 1.038416.
        assert!((wilson_lower(10.0, 100.0, 1.96) - 0.055_23).abs() < 1e-5);
        assert!((wilson_upper(10.0, 100.0, 1.96) - 0.174_37).abs() < 1e-5);
        // None wrong: z² / (n + z²).
        assert!(close(wilson_upper(0.0, 50.0, 2.0), 4.0 / 54.0));
        assert!(close(wilson_lower(50.0, 50.0, 2.0), 50.0 / 54.0));
    }

    #[test]
    fn one_percent_is_proven_by_268_labels_and_none_wrong() {
        assert!(wilson_upper(0.0, 268.0, Z_95) <= 0.01);
        assert!(wilson_upper(0.0, 267.0, Z_95) > 0.01);
        assert!(wilson_upper(0.0, 133.0, Z_95) <= 0.02);
        assert!(wilson_upper(0.0, 52.0, Z_95) <= 0.05);
    }

    #[test]
    fn without_labels_anything_is_possible() {
        for n in [0.0, -1.0, f64::NAN] {
            assert_eq!((wilson_lower(0.0, n, Z_95), wilson_upper(0.0, n, Z_95)), (0.0, 1.0));
        }
    }

    #[test]
    fn the_beta_distribution_agrees_with_its_closed_forms() {
        for x in [0.01, 0.3, 0.5, 0.9, 0.999] {
            assert!(close(beta_cdf(x, 9.0, 1.0), f64::powi(x, 9)));
            assert!(close(beta_cdf(x, 1.0, 7.0), 1.0 - f64::powi(1.0 - x, 7)));
            assert!(close(beta_cdf(x, 2.0, 2.0), x * x * (3.0 - 2.0 * x)));
            // The arcsine distribution.
            assert!(close(beta_cdf(x, 0.5, 0.5), 2.0 / std::f64::consts::PI * f64::sqrt(x).asin()));
        }
        assert!(close(beta_quantile(0.05, 9.0, 1.0), f64::powf(0.05, 1.0 / 9.0)));
        assert!((beta_quantile(0.5, 700.0, 700.0) - 0.5).abs() < 1e-9);
        assert!((beta_cdf(0.9, 9_000.0, 1_000.0) - 0.5).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn bounds_lie_around_the_share_and_within_one(n in 0.01..5_000.0f64, part in 0.0..=1.0f64) {
            let (low, high) = (wilson_lower(part * n, n, Z_95), wilson_upper(part * n, n, Z_95));
            prop_assert!(0.0 <= low && low <= part + 1e-12 && part <= high + 1e-12 && high <= 1.0);
        }

        #[test]
        fn one_more_wrong_raises_both_bounds_and_one_more_right_lowers_them(wrong in 0.0..50.0f64, right in 0.0..500.0f64) {
            let bounds = |w: f64, r: f64| (wilson_lower(w, w + r, Z_95), wilson_upper(w, w + r, Z_95));
            let (now, worse, better) = (bounds(wrong, right), bounds(wrong + 1.0, right), bounds(wrong, right + 1.0));
            prop_assert!(worse.0 >= now.0 - 1e-12 && worse.1 >= now.1 - 1e-12);
            prop_assert!(better.0 <= now.0 + 1e-12 && better.1 <= now.1 + 1e-12);
        }

        #[test]
        fn a_quantile_is_where_the_distribution_says(q in 0.001..0.999f64, a in 0.2..300.0f64, b in 0.2..300.0f64) {
            let x = beta_quantile(q, a, b);
            prop_assert!((0.0..=1.0).contains(&x));
            // Near 0 and 1 a small step of x may be a large one of q.
            let near = |x: f64| beta_cdf(x.clamp(0.0, 1.0), a, b);
            prop_assert!(near(x - 1e-9) <= q + 1e-6 && near(x + 1e-9) >= q - 1e-6);
        }
    }
}
