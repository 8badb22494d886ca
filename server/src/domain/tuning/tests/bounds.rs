//! What holds whatever the evidence.

use lode_shared::{RawTargets, Targets};
use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

use super::*;

proptest! {
    #[test]
    fn no_evidence_moves_a_setting_over_its_limits(
        seen in prop::collection::vec((0.0..30.0f64, 0.0..100.0f64, 0.0..100.0f64, 0.0..1.0f64, 0.0..900.0f64, any::<bool>()), 1..60)
    ) {
        let limits = Limits::default();
        let mut rounds = Rounds::proven();
        for (response_s, success_pct, hits, bad, labels, alarm) in seen {
            rounds.evidence.observed = observed(response_s, success_pct, hits);
            rounds.relabel(bad * bad * bad * labels, labels);
            rounds.evidence.labels.hazard = Some(Hazard { changed: 9.0 * bad, watched_s: 1_000.0 * (labels + 1.0) });
            rounds.evidence.labels.changes_seen += 1;
            rounds.evidence.room.crowded += labels as u64;
            rounds.evidence.hedges = true;
            let _ = if alarm { rounds.decide(Cause::Alarm) } else { rounds.next() };
            prop_assert_eq!(limits.clamp(rounds.settings), rounds.settings);
            prop_assert!(rounds.memory.thresholds().values().all(|own| *own <= limits.threshold_max || own.is_infinite()));
        }
    }

    #[test]
    fn a_second_round_over_the_same_evidence_moves_nothing(
        response_s in 0.0..30.0f64, hits in 0.0..100.0f64, bad in 0.0..30.0f64, labels in 30.0..900.0f64, rounds_before in 0..5
    ) {
        let mut rounds = Rounds::new(observed(response_s, 90.0, hits), matches(bad, labels, labels as u64));
        (0..rounds_before).for_each(|_| drop(rounds.next()));
        let _ = rounds.next();
        let settings = rounds.settings;
        for cause in [Cause::Due, Cause::Alarm, Cause::Due] {
            let again = rounds.decide(cause);
            prop_assert!(matches!(again.step, Step::Held(_)), "{:?}", again.step);
        }
        prop_assert_eq!(rounds.settings, settings);
    }

    #[test]
    fn more_wrong_labels_never_make_the_cache_more_willing(
        hits in 0.0..100.0f64, few in 0.0..10.0f64, more in 0.0..30.0f64, labels in 50.0..900.0f64
    ) {
        let threshold = |bad: f64| {
            let mut rounds = Rounds::new(observed(2.0, 90.0, hits), matches(bad, labels, labels as u64));
            (0..4).for_each(|_| drop(rounds.next()));
            if rounds.settings.exact_only { 1.01 } else { rounds.settings.match_threshold }
        };
        prop_assert!(threshold(few + more) >= threshold(few));
    }

    #[test]
    fn an_easier_hit_target_never_makes_the_cache_more_willing(hard in 0.0..100.0f64, easier in 0.0..100.0f64, hits in 0.0..100.0f64) {
        let threshold = |hit_rate_pct: f64| {
            let mut rounds = Rounds::new(observed(1.0, 95.0, hits), matches(0.0, 500.0, 500));
            let raw = RawTargets { hit_rate_pct, ..Targets::default().into() };
            rounds.mandate.targets = Targets::new(raw).expect("in range");
            (0..4).for_each(|_| drop(rounds.next()));
            rounds.settings.match_threshold
        };
        prop_assert!(threshold(hard.min(easier)) >= threshold(hard.max(easier)));
    }

    #[test]
    fn success_below_target_never_makes_the_cache_more_willing_where_memory_is_to_blame(
        response_s in 0.0..30.0f64, success_pct in 0.0..80.0f64, hits in 61.0..100.0f64
    ) {
        let seen = Observed { hit_success_pct: Some(10.0), ..observed(response_s, success_pct, hits) };
        let mut rounds = Rounds::new(seen, matches(0.0, 500.0, 500));
        (0..4).for_each(|_| drop(rounds.next()));
        prop_assert!(rounds.settings.match_threshold >= 0.95);
    }
}
