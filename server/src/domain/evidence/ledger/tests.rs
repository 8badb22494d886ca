use super::*;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use rand::{RngExt as _, SeedableRng, rngs::StdRng};

const DAY: u64 = 86_400_000;
/// By time alone: labels do not age each other.
const DAILY: HalfLife = HalfLife { time_ms: DAY, labels: f64::INFINITY };

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn at(points: &[WhatIf], threshold: f64) -> WhatIf {
    *points.iter().find(|point| close(point.threshold, threshold)).unwrap()
}

#[test]
fn every_score_has_a_bucket_and_every_bucket_its_lowest_score() {
    for bucket in 0..BUCKETS {
        assert_eq!(index(from(bucket)), bucket);
    }
    let found = [0.0, 0.004_99, 0.95, 0.994_9, 0.995, 0.999_5, 1.0].map(index);
    assert_eq!(found, [0, 0, 190, 198, 199, 208, 208]);
    assert_eq!([f64::NAN, -1.0, 7.0, f64::INFINITY, f64::NEG_INFINITY].map(index), [0, 0, 208, 208, 0]);
}

#[test]
fn without_labels_nothing_is_known() {
    let ledger = Ledger::new(DAILY);
    assert_eq!(ledger.false_hits(5), None);
    assert!(ledger.tiers(5).iter().all(|figures| figures.wrong.is_none() && figures.served == 0.0));
    let points = ledger.what_if(5);
    assert_eq!(points.len(), BUCKETS);
    assert!(points.iter().all(|point| point.hit_share.is_none() && point.wrong.is_none()));
}

#[test]
fn a_sampled_hit_stands_for_those_not_chosen() {
    let mut ledger = Ledger::new(DAILY);
    // Chosen at 0.05, so each stands for twenty; one of two wrong. And eight that were all labelled, none wrong.
    ledger.label_hit(Tier::Semantic, 0.96, true, 0.05, 0);
    ledger.label_hit(Tier::Semantic, 0.96, false, 0.05, 0);
    (0..8).for_each(|_| ledger.label_hit(Tier::Pattern, 0.96, true, 1.0, 0));
    let wrong = ledger.false_hits(0).unwrap();
    assert!(close(wrong.share, 20.0 / 48.0));
    assert!(close(wrong.labels, 48.0 * 48.0 / (2.0 * 400.0 + 8.0)));
    assert!(close(wrong.upper, wilson_upper(wrong.share * wrong.labels, wrong.labels, Z_95)));
    let [semantic, memory, pattern] = ledger.tiers(0);
    assert!(close(semantic.wrong.unwrap().share, 0.5) && close(semantic.wrong.unwrap().labels, 2.0));
    assert!(memory.wrong.is_none());
    assert!(close(pattern.wrong.unwrap().share, 0.0));
}

#[test]
fn the_what_if_curve_agrees_with_one_worked_by_hand() {
    let mut ledger = Ledger::new(DAILY);
    for (score, count) in [(0.80, 50), (0.92, 30), (0.97, 20)] {
        (0..count).for_each(|_| ledger.candidate(score, 0));
    }
    (0..30).for_each(|miss| ledger.label_miss(0.92, miss >= 6, 0));
    ledger.label_hit(Tier::Semantic, 0.97, true, 0.1, 0);
    ledger.label_hit(Tier::Memory, 0.97, true, 0.1, 0);
    // Not by threshold: no part of the curve.
    ledger.label_hit(Tier::Pattern, 0.97, false, 0.1, 0);
    let points = ledger.what_if(0);
    let high = at(&points, 0.95);
    assert!(close(high.hit_share.unwrap(), 0.2));
    assert!(close(high.wrong.unwrap().share, 0.0) && close(high.wrong.unwrap().labels, 2.0));
    let low = at(&points, 0.92);
    assert!(close(low.hit_share.unwrap(), 0.5));
    assert!(close(low.wrong.unwrap().share, 6.0 / 50.0));
    assert!(close(low.wrong.unwrap().labels, 2_500.0 / 230.0));
    // Below the lowest label nobody knows.
    let unknown = at(&points, 0.915);
    assert!(close(unknown.hit_share.unwrap(), 0.5) && unknown.wrong.is_none());
    assert!(close(at(&points, 0.0).hit_share.unwrap(), 1.0));
    assert!(at(&points, 0.999).wrong.is_none());
}

#[test]
fn evidence_fades_and_its_bounds_widen() {
    let mut ledger = Ledger::new(DAILY);
    for index in 0..200 {
        ledger.served(Tier::Semantic, 0);
        ledger.label_hit(Tier::Semantic, 0.97, index > 0, 1.0, 0);
    }
    let (fresh, later) = (ledger.false_hits(0).unwrap(), ledger.false_hits(DAY).unwrap());
    assert!(close(fresh.labels, 200.0) && close(later.labels, 100.0));
    assert!(close(fresh.share, later.share) && later.upper > fresh.upper && later.lower < fresh.lower);
    assert!(close(ledger.tiers(DAY)[0].served, 100.0));
    ledger.label_hit(Tier::Semantic, 0.97, false, 1.0, DAY);
    assert!(close(ledger.false_hits(DAY).unwrap().share, 1.5 / 101.0));
}

#[test]
fn newer_labels_age_older_ones_too() {
    let mut ledger = Ledger::new(HalfLife { time_ms: u64::MAX, labels: 10.0 });
    (0..10).for_each(|_| ledger.label_miss(0.9, false, 1_000));
    (0..10).for_each(|_| ledger.label_miss(0.9, true, 2_000));
    assert!(close(at(&ledger.what_if(2_000), 0.9).wrong.unwrap().share, 5.0 / 15.0));
}

#[test]
fn a_kept_ledger_goes_on_where_it_was_and_one_of_another_size_is_refused() {
    let mut ledger = Ledger::new(HalfLife { time_ms: DAY, labels: 500.0 });
    ledger.candidate(0.97, 5);
    ledger.label_hit(Tier::Memory, 0.97, false, 0.05, 5);
    let kept = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&kept).unwrap(), ledger);
    let mut value: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(value["used"].as_array().unwrap().len(), 1, "what is empty is left out");
    value["used"][0][0] = 209.into();
    assert!(serde_json::from_value::<Ledger>(value).unwrap_err().to_string().contains("210"));
}

#[test]
fn a_ledger_of_an_earlier_version_has_every_bucket() {
    let mut ledger = Ledger::new(HalfLife { time_ms: DAY, labels: 500.0 });
    ledger.label_hit(Tier::Semantic, 0.97, true, 0.05, 5);
    let mut value = serde_json::to_value(&ledger).unwrap();
    value["buckets"] = serde_json::to_value(&ledger.buckets).unwrap();
    for newer in ["used", "seen", "recent"] {
        value.as_object_mut().unwrap().remove(newer);
    }
    let read: Ledger = serde_json::from_value(value).unwrap();
    assert_eq!((read.what_if(5), read.tiers(5)), (ledger.what_if(5), ledger.tiers(5)));
}

#[test]
fn the_last_labels_tell_of_a_sudden_change() {
    let mut ledger = Ledger::new(DAILY);
    assert_eq!(ledger.recent(), None);
    (0..1_000).for_each(|_| ledger.label_hit(Tier::Semantic, 0.97, true, 0.05, 0));
    (0..5).for_each(|_| ledger.label_hit(Tier::Semantic, 0.97, false, 0.05, 0));
    // A pattern has no threshold that could be raised.
    (0..5).for_each(|_| ledger.label_hit(Tier::Pattern, 1.0, false, 0.05, 0));
    let (all, recent) = (ledger.what_if(0), ledger.recent().unwrap());
    assert!(at(&all, 0.97).wrong.unwrap().share < 0.006);
    assert!((0.07..0.09).contains(&recent.share) && recent.lower > 0.03, "{recent:?}");
    ledger.restart();
    assert_eq!((ledger.recent(), ledger.false_hits(0), ledger.seen().wrong), (None, None, 10));
}

/// How often the truth lies below the upper bound and above the lower one, and the mean estimate less the truth.
fn coverage(threshold: f64, hits: usize) -> (f64, f64, f64) {
    let (mut below, mut above, mut bias) = (0.0, 0.0, 0.0);
    let runs = 150;
    for seed in 0..runs {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut ledger = Ledger::new(DAILY);
        // Scores 0.90 to 1; wrong with half of what the score lacks of 1. Served from 0.95, one in twenty labelled.
        for _ in 0..hits {
            let score = 0.9 + 0.1 * rng.random::<f64>();
            let is_right = rng.random::<f64>() >= 0.5 * (1.0 - score);
            ledger.candidate(score, 0);
            if score < 0.95 {
                ledger.label_miss(score, is_right, 0);
            } else if rng.random::<f64>() < 0.05 {
                ledger.label_hit(Tier::Semantic, score, is_right, 0.05, 0);
            }
        }
        let truth = 0.25 * (1.0 - threshold);
        let wrong = at(&ledger.what_if(0), threshold).wrong.unwrap();
        below += f64::from(u8::from(truth <= wrong.upper)) / runs as f64;
        above += f64::from(u8::from(truth >= wrong.lower)) / runs as f64;
        bias += (wrong.share - truth) / runs as f64;
    }
    (below, above, bias)
}

#[test]
fn bounds_hold_as_often_as_they_say_and_the_estimate_is_not_biased() {
    for (threshold, hits) in [(0.95, 4_000), (0.93, 4_000), (0.90, 4_000), (0.90, 2_000), (0.97, 8_000)] {
        let (below, above, bias) = coverage(threshold, hits);
        assert!(below >= 0.93 && above >= 0.90 && bias.abs() < 0.001, "{threshold}: {below} {above} {bias}");
    }
}

proptest! {
    #[test]
    fn what_it_says_is_a_share_and_hits_fall_with_the_threshold(
        events in proptest::collection::vec((0_u8..4, 0.0..=1.0f64, proptest::bool::ANY, 0.01..=1.0f64, 0_u64..DAY), 0..80),
    ) {
        let mut ledger = Ledger::new(HalfLife { time_ms: DAY, labels: 50.0 });
        let mut now = 0;
        for (kind, score, is_right, rate, pause) in events {
            now += pause;
            match kind {
                0 => ledger.candidate(score, now),
                1 => ledger.label_miss(score, is_right, now),
                2 => ledger.served(Tier::Memory, now),
                _ => ledger.label_hit(Tier::Semantic, score, is_right, rate, now),
            }
        }
        let points = ledger.what_if(now + DAY);
        for pair in points.windows(2) {
            prop_assert!(pair[0].threshold < pair[1].threshold);
            prop_assert!(pair[0].hit_share >= pair[1].hit_share);
        }
        for wrong in points.iter().filter_map(|point| point.wrong).chain(ledger.false_hits(now)) {
            prop_assert!(0.0 <= wrong.lower && wrong.lower <= wrong.share + 1e-9);
            prop_assert!(wrong.share <= wrong.upper + 1e-9 && wrong.upper <= 1.0 && wrong.labels > 0.0);
        }
    }

    #[test]
    fn labels_of_the_same_time_count_the_same_in_any_order(
        labels in proptest::collection::vec((0.8..=1.0f64, proptest::bool::ANY), 0..40), now in 1..DAY,
    ) {
        let half_life = HalfLife { time_ms: DAY, labels: 20.0 };
        let (mut one, mut other) = (Ledger::new(half_life), Ledger::new(half_life));
        labels.iter().for_each(|(score, is_right)| one.label_hit(Tier::Semantic, *score, *is_right, 0.05, now));
        labels.iter().rev().for_each(|(score, is_right)| other.label_hit(Tier::Semantic, *score, *is_right, 0.05, now));
        prop_assert_eq!((one.what_if(now), one.tiers(now), one.seen()), (other.what_if(now), other.tiers(now), other.seen()));
    }

    #[test]
    fn a_wrong_label_raises_the_rate_and_its_bound_and_a_right_one_lowers_them(
        labels in proptest::collection::vec(proptest::bool::ANY, 1..60),
    ) {
        let mut ledger = Ledger::new(DAILY);
        ledger.label_hit(Tier::Semantic, 0.96, true, 0.05, 0);
        for is_right in labels {
            let before = ledger.false_hits(0).unwrap();
            ledger.label_hit(Tier::Semantic, 0.96, is_right, 0.05, 0);
            let after = ledger.false_hits(0).unwrap();
            let sign = if is_right { -1.0 } else { 1.0 };
            prop_assert!(sign * (after.share - before.share) >= -1e-9 && sign * (after.upper - before.upper) >= -1e-9);
        }
    }
}
