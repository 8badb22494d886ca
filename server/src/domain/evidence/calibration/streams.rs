//! Verifiers that are wrong about themselves, simulated.

use rand::{RngExt as _, SeedableRng, rngs::StdRng};

use super::*;

/// Streams of each kind. Few, for the time that they take; the figures are those of twenty to within 0.005.
const SEEDS: u64 = 4;
/// Candidates that a calibration error is measured on. Their truth is known, so it takes few.
const DRAWN: usize = 1_000;

/// One candidate of a simulated stream: its scope, the verifier's probability, the true one.
type Draw = fn(&mut StdRng, usize) -> (u64, f64, f64);

fn normal(rng: &mut StdRng) -> f64 {
    let (a, b): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

pub(super) fn wide(rng: &mut StdRng) -> f64 {
    0.5 + 2.5 * normal(rng)
}

fn stream(logit: f64, truth: f64) -> (u64, f64, f64) {
    (0, sigmoid(logit), truth)
}

/// Expected calibration error over ten bins of equal mass, against true probabilities: no sampling noise in it.
fn calibration_error(mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = pairs.len() / 10;
    let gap = |bin: &[(f64, f64)]| bin.iter().map(|(said, true_p)| said - true_p).sum::<f64>().abs();
    pairs.chunks(size).map(gap).sum::<f64>() / pairs.len() as f64
}

/// Mean calibration error over the streams: without calibration, and after `labels`.
fn errors(draw: Draw, labels: usize) -> (f64, f64) {
    let (mut before, mut after) = (0.0, 0.0);
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut calibration = Calibration::default();
        let mut now = 0;
        for index in 0..labels {
            let (scope, p, truth) = draw(&mut rng, index);
            now += 10_000;
            calibration.label(scope, p, rng.random::<f64>() < truth, LabelKind::Shadow, now);
        }
        let curves: Vec<_> = (0..10).map(|scope| calibration.curve(scope, now)).collect();
        let drawn: Vec<_> = (0..DRAWN).map(|_| draw(&mut rng, usize::MAX)).collect();
        before += calibration_error(drawn.iter().map(|(_, p, truth)| (*p, *truth)).collect()) / SEEDS as f64;
        let calibrated = drawn.iter().map(|(scope, p, truth)| (curves[*scope as usize].at(*p).mean, *truth));
        after += calibration_error(calibrated.collect()) / SEEDS as f64;
    }
    (before, after)
}

const STREAMS: [(&str, Draw, f64); 21] = [
    (
        "well calibrated",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l))
        },
        0.04,
    ),
    (
        "shifted down",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l - 1.5))
        },
        0.04,
    ),
    (
        "shifted up",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l + 2.0))
        },
        0.04,
    ),
    (
        "overconfident",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(0.4 * l))
        },
        0.05,
    ),
    (
        "very overconfident",
        |r, _| {
            let l = 2.0 * wide(r);
            stream(l, sigmoid(0.2 * l - 0.5))
        },
        0.05,
    ),
    (
        "underconfident",
        |r, _| {
            let l = 0.5 * wide(r);
            stream(l, sigmoid(2.5 * l))
        },
        0.04,
    ),
    (
        "rarely right",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l - 3.0))
        },
        0.04,
    ),
    (
        "other domain",
        |r, _| {
            let l = 2.0 + normal(r);
            stream(l, sigmoid(0.5 * l - 1.0))
        },
        0.045,
    ),
    (
        "high end",
        |r, _| {
            let l = 4.0 + normal(r);
            stream(l, sigmoid(l - 2.0))
        },
        0.04,
    ),
    (
        "high end, overconfident",
        |r, _| {
            let l = 4.0 + 1.5 * normal(r);
            stream(l, sigmoid(0.8 + 0.3 * l))
        },
        0.04,
    ),
    (
        "floor and ceiling",
        |r, _| {
            let l = wide(r);
            stream(l, 0.05 + 0.85 * sigmoid(l))
        },
        0.045,
    ),
    (
        "low ceiling",
        |r, _| {
            let l = wide(r);
            stream(l, 0.01 + 0.79 * sigmoid(2.0 * l))
        },
        0.05,
    ),
    (
        "flatter at the top",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(if l < 0.0 { l } else { 0.3 * l }))
        },
        0.05,
    ),
    (
        "flatter at the bottom",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(if l > 0.0 { l } else { 0.2 * l }))
        },
        0.045,
    ),
    (
        "another link",
        |r, _| {
            let l = wide(r);
            stream(l, 1.0 - (-l.exp()).exp())
        },
        0.04,
    ),
    (
        "cubed",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l).powi(3))
        },
        0.04,
    ),
    (
        "wavy",
        |r, _| {
            let l = wide(r);
            stream(l, sigmoid(l + 0.8 * (1.5 * l).sin()))
        },
        0.05,
    ),
    (
        "both ends",
        |r, _| {
            let l = if r.random::<f64>() < 0.6 { 5.0 } else { -5.0 } + 1.5 * normal(r);
            stream(l, if l > 0.0 { sigmoid(1.5 + 0.3 * l) } else { sigmoid(-2.0 + 0.1 * l) })
        },
        0.04,
    ),
    (
        "ten scopes",
        |r, _| {
            let scope = r.random_range(0..10);
            let base = [0.0, 1.5, -1.5, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 0.2][scope];
            let l = wide(r);
            (scope as u64, sigmoid(l), sigmoid(0.8 * l - 0.5 + base))
        },
        0.045,
    ),
    (
        "two opposite scopes",
        |r, _| {
            let scope = r.random_range(0..2);
            let l = wide(r);
            (scope as u64, sigmoid(l), sigmoid([1.5, -1.5][scope] + [1.0, 0.5][scope] * l))
        },
        0.045,
    ),
    // The hardest: one step, in the middle of a piece.
    (
        "a step",
        |r, _| {
            let l = wide(r);
            stream(l, if l < 1.0 { 0.1 } else { 0.95 })
        },
        0.065,
    ),
];

#[test]
fn five_hundred_labels_calibrate_a_verifier_that_is_wrong_about_itself() {
    let mut lines = String::new();
    let mut is_met = true;
    for (name, draw, bar) in STREAMS {
        let (before, after) = errors(draw, 500);
        is_met &= after <= bar;
        lines += &format!("{name}: {before:.3} before, {after:.3} after, {bar} allowed\n");
    }
    assert!(is_met, "\n{lines}");
}

/// Mean calibration error over the streams after `labels` labels, when the truth changes at the `change`-th.
fn drifting(before: fn(f64) -> f64, after: fn(f64) -> f64, change: usize, labels: usize) -> f64 {
    let mut sum = 0.0;
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut calibration = Calibration::default();
        for index in 0..labels {
            let l = wide(&mut rng);
            let truth = sigmoid(if index < change { before(l) } else { after(l) });
            calibration.label(0, sigmoid(l), rng.random::<f64>() < truth, LabelKind::Shadow, index as u64 * 10_000);
        }
        let curve = calibration.curve(0, labels as u64 * 10_000);
        let drawn = (0..DRAWN).map(|_| wide(&mut rng)).map(|l| (curve.at(sigmoid(l)).mean, sigmoid(after(l))));
        sum += calibration_error(drawn.collect());
    }
    sum / SEEDS as f64
}

#[test]
fn a_sudden_change_is_learned_within_five_hundred_labels() {
    let base_rate = drifting(|l| l + 1.0, |l| 0.5 * l - 1.5, 500, 1_000);
    let slope = drifting(|l| 2.0 * l, |l| 0.5 * l, 800, 1_300);
    let late = drifting(|l| l, |l| l - 2.0, 1_500, 1_700);
    assert!(base_rate <= 0.05 && slope <= 0.05 && late <= 0.06, "{base_rate:.3} {slope:.3} {late:.3}");
}

#[test]
fn without_a_change_more_labels_calibrate_better() {
    let (few, more, many) = (
        drifting(|l| l, |l| l - 1.0, 0, 60),
        drifting(|l| l, |l| l - 1.0, 0, 500),
        drifting(|l| l, |l| l - 1.0, 0, 2_000),
    );
    assert!(many < more && more < few && many <= 0.025, "{few:.3} {more:.3} {many:.3}");
}
