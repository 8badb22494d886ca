//! Scopes with a threshold of their own.

use super::*;

#[test]
fn a_scope_that_is_worse_than_the_others_gets_a_threshold_of_its_own() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 500.0, 500));
    let own = matches(6.0, 60.0, 60);
    rounds.evidence.labels.scopes = vec![ScopeMatches { key: 7, name: "Task [\"bad.example\"]".into(), own }];
    let decision = rounds.decide(Cause::Alarm);
    let Step::Adjusted(moves) = &decision.step else { panic!("adjusted") };
    assert!(moves.iter().all(|step| step.setting != Setting::MatchThreshold || step.scope.is_some()), "{moves:?}");
    assert_eq!(rounds.settings.match_threshold, 0.95);
    assert!(rounds.memory.thresholds()[&7] > 0.95);
    rounds.evidence.labels.scopes.clear();
    let _ = rounds.next();
    assert!(rounds.memory.thresholds().is_empty(), "without labels it goes back to the common one");
}

#[test]
fn a_scope_that_is_closed_opens_only_when_it_has_proven_itself() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 500.0, 500));
    let scope = |own| vec![ScopeMatches { key: 7, name: "Task [\"bad.example\"]".into(), own }];
    rounds.evidence.labels.scopes = scope(matches(20.0, 60.0, 60));
    let _ = rounds.decide(Cause::Alarm);
    assert!(rounds.memory.thresholds()[&7].is_infinite());
    // Its labels have begun anew.
    for (labels, rounds_on) in [(0.0, 1), (100.0, 9)] {
        rounds.evidence.labels.scopes = scope(matches(0.0, labels, 60 + labels as u64));
        (0..rounds_on).for_each(|_| drop(rounds.next()));
        assert!(rounds.memory.thresholds()[&7].is_infinite(), "{labels} labels");
    }
    for seen in 0..6 {
        rounds.evidence.labels.scopes = scope(matches(0.0, 400.0, 500 + seen));
        let _ = rounds.next();
    }
    assert_eq!(rounds.memory.thresholds()[&7], 0.98);
}

#[test]
fn labels_of_any_scope_are_a_sign_that_somebody_looks() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), Matches::default());
    let _ = rounds.next();
    rounds.now_ms += 30 * 60 * MINUTE_MS;
    let mut own = matches(0.0, 100.0, 100);
    own.seen.last_ms = rounds.now_ms - MINUTE_MS;
    rounds.evidence.labels.scopes = vec![ScopeMatches { key: 7, name: "a".into(), own }];
    let _ = rounds.next();
    assert!(!rounds.settings.exact_only);
}
