use proptest::prelude::ProptestConfig;
use proptest::{prop_assert, proptest};
use rand::{RngExt as _, SeedableRng, rngs::StdRng};

use super::streams::wide;
use super::*;

const DAY: u64 = 86_400_000;

#[test]
fn without_labels_the_verifier_is_taken_at_its_word() {
    let calibration = Calibration::default();
    for p in [0.01, 0.3, 0.5, 0.95, 0.999] {
        let Calibrated { mean, lower } = calibration.probability(7, p, DAY);
        assert!((mean - p).abs() < 1e-9);
        assert!(0.0 < lower && lower < mean);
    }
}

#[test]
fn labels_are_forgotten_until_only_the_prior_is_left() {
    let mut calibration = Calibration::default();
    for index in 0..300 {
        calibration.label(1, 0.9, index % 3 == 0, LabelKind::Shadow, DAY + index);
    }
    let fresh = Calibration::default().probability(1, 0.9, 0);
    let learned = calibration.probability(1, 0.9, DAY + 300);
    let later = calibration.probability(1, 0.9, 4 * DAY);
    let much_later = calibration.probability(1, 0.9, 100 * DAY);
    assert!((0.28..0.42).contains(&learned.mean), "{learned:?}");
    assert!(learned.mean < later.mean && later.mean < fresh.mean);
    assert!((much_later.mean - fresh.mean).abs() < 1e-6 && (much_later.lower - fresh.lower).abs() < 1e-6);
}

#[test]
fn a_scope_without_labels_inherits_what_all_have_learned() {
    let mut calibration = Calibration::default();
    for index in 0..400_u64 {
        calibration.label(index % 20, 0.97, index / 20 % 2 == 0, LabelKind::Shadow, index * 1_000);
    }
    let unknown = calibration.probability(99, 0.97, 400_000);
    assert!((unknown.mean - 0.5).abs() < 0.05, "{unknown:?}");
    // But it is less sure than one that was labelled itself.
    assert!(unknown.lower < calibration.probability(3, 0.97, 400_000).lower);
}

#[test]
fn a_scope_that_differs_gets_a_curve_of_its_own() {
    let mut calibration = Calibration::default();
    for index in 0..1_000_u64 {
        let scope = index % 5;
        calibration.label(scope, 0.95, scope != 4, LabelKind::Shadow, index * 1_000);
    }
    let now = 1_000_000;
    assert!(calibration.probability(0, 0.95, now).mean > 0.95);
    assert!(calibration.probability(4, 0.95, now).mean < 0.15, "{:?}", calibration.probability(4, 0.95, now));
}

#[test]
fn the_least_recently_labelled_scope_goes_back_to_the_common_curve() {
    let mut calibration = Calibration::default();
    for scope in 0..SCOPES_MOST as u64 {
        calibration.label(scope, 0.9, true, LabelKind::Shadow, scope);
    }
    calibration.label(0, 0.9, true, LabelKind::Shadow, 1_000_000);
    calibration.label(10_000, 0.9, true, LabelKind::Shadow, 1_000_001);
    assert_eq!(calibration.scopes(), SCOPES_MOST);
    assert!(calibration.scopes.contains_key(&0) && calibration.scopes.contains_key(&10_000));
    assert!(!calibration.scopes.contains_key(&1));
}

#[test]
fn enough_right_labels_prove_enough_to_serve() {
    let mut calibration = Calibration::default();
    let mut needed = Vec::new();
    for index in 1..=4_000 {
        calibration.label(1, 0.99, true, LabelKind::Shadow, index * 1_000);
        let lower = calibration.probability(1, 0.99, index * 1_000).lower;
        let reached = [0.9, 0.95, 0.98, 0.99].iter().filter(|goal| lower >= **goal).count();
        needed.resize(needed.len().max(reached), index);
    }
    // A Wilson bound without a model wants 25, 52, 133 and 268: this one is the more careful, the closer to 1.
    assert!(
        needed.len() == 4 && needed[0] <= 25 && needed[1] <= 75 && needed[2] <= 260 && needed[3] <= 750,
        "{needed:?}"
    );
}

#[test]
fn a_kept_calibration_goes_on_where_it_was() {
    let mut calibration = Calibration::default();
    let mut rng = StdRng::seed_from_u64(3);
    for index in 0..50 {
        calibration.label(u64::MAX - index % 3, rng.random(), rng.random(), LabelKind::GreyZone, index * 1_000);
    }
    let kept = serde_json::to_string(&calibration).unwrap();
    let restored: Calibration = serde_json::from_str(&kept).unwrap();
    let (a, b) = (calibration.probability(u64::MAX, 0.8, 60_000), restored.probability(u64::MAX, 0.8, 60_000));
    assert!((a.mean - b.mean).abs() < 1e-12 && (a.lower - b.lower).abs() < 1e-12);
}

#[test]
fn what_is_not_a_number_is_no_label() {
    let mut calibration = Calibration::default();
    calibration.label(1, f64::NAN, true, LabelKind::Validator, 5);
    assert_eq!(calibration, Calibration::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_labels_leave_probabilities_that_rise_with_the_verifiers(
        labels in proptest::collection::vec((0_u64..4, 0.0..=1.0f64, proptest::bool::ANY, 0_u64..DAY), 0..120),
    ) {
        let mut calibration = Calibration::default();
        let mut now = 0;
        for (scope, p, right, pause) in labels {
            now += pause;
            let before = calibration.probability(scope, p, now);
            calibration.label(scope, p, right, LabelKind::Shadow, now);
            let after = calibration.probability(scope, p, now);
            // A surprise may forget more than the label tells: only then can it go the other way.
            let own = calibration.scopes[&scope].surprise;
            if calibration.common.surprise != Surprise::default() && own != Surprise::default() {
                let sign = if right { 1.0 } else { -1.0 };
                prop_assert!(sign * (after.mean - before.mean) >= -1e-9);
            }
        }
        for scope in 0..5 {
            let curve = calibration.curve(scope, now);
            let points: Vec<_> = (0..=100).map(|i| curve.at(f64::from(i) / 100.0)).collect();
            for pair in points.windows(2) {
                prop_assert!(pair[0].mean < pair[1].mean + 1e-12);
            }
            for point in points {
                prop_assert!(0.0 <= point.lower && point.lower <= point.mean && point.mean <= 1.0);
            }
        }
    }
}

#[test]
fn labels_of_the_same_time_count_nearly_the_same_in_any_order() {
    let mut rng = StdRng::seed_from_u64(11);
    for _ in 0..20 {
        let mut labels: Vec<(f64, bool)> = (0..200)
            .map(|_| {
                let l = wide(&mut rng);
                (sigmoid(l), rng.random::<f64>() < sigmoid(0.5 * l - 0.5))
            })
            .collect();
        let learned = |labels: &[(f64, bool)]| {
            let mut calibration = Calibration::default();
            labels.iter().for_each(|(p, right)| calibration.label(1, *p, *right, LabelKind::Shadow, 9));
            calibration.curve(1, 9)
        };
        let one = learned(&labels);
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let other = learned(&labels);
        for p in [0.1, 0.5, 0.9] {
            // Not quite: each is linearised at what was known when it came.
            assert!((one.at(p).mean - other.at(p).mean).abs() < 0.06, "{:?} {:?}", one.at(p), other.at(p));
        }
    }
}
