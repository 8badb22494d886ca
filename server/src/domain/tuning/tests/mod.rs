mod bounds;
mod scopes;

use lode_shared::{Limits, Pins, Setting, Target};

use super::*;
use crate::domain::{WrongShare, Z_95, wilson_lower, wilson_upper};

const MINUTE_MS: u64 = 60_000;
/// Between two rounds.
const ROUND_MS: u64 = 5 * MINUTE_MS;

fn wrong(wrong: f64, labels: f64) -> Option<WrongShare> {
    (labels > 0.0).then(|| WrongShare {
        share: wrong / labels,
        lower: wilson_lower(wrong, labels, Z_95),
        upper: wilson_upper(wrong, labels, Z_95),
        labels,
    })
}

/// The same labels at every threshold, and fewer candidates the higher it is.
fn matches(wrong_labels: f64, labels: f64, seen: u64) -> Matches {
    let point = |threshold: f64| WhatIf {
        threshold,
        hit_share: Some(0.9 - 4.0 * (threshold - 0.9)),
        wrong: wrong(wrong_labels, labels),
    };
    let curve = Limits::default().thresholds().into_iter().map(point).collect();
    let seen = Seen { labels: seen, wrong: wrong_labels as u64, last_ms: 0 };
    Matches { curve, recent: None, seen }
}

fn observed(response_s: f64, success_pct: f64, hit_rate_pct: f64) -> Observed {
    Observed {
        samples: 100,
        response_s: Some(response_s),
        success_pct: Some(success_pct),
        hit_rate_pct: Some(hit_rate_pct),
        similar_pct: Some(hit_rate_pct / 2.0),
        hit_success_pct: Some(100.0),
        miss_response_s: Some(3.0),
        miss_success_pct: Some(90.0),
        miss_cost_usd: Some(0.01),
    }
}

/// A tuner whose rounds come every five minutes, each over a hundred new requests.
struct Rounds {
    mandate: Mandate,
    reward: Option<Reward>,
    evidence: Evidence,
    settings: Settings,
    memory: Memory,
    now_ms: u64,
}

impl Rounds {
    fn new(observed: Observed, matches: Matches) -> Self {
        let labels = Labels { matches, ..Labels::default() };
        let evidence = Evidence { observed, labels, ..Evidence::default() };
        let (mandate, settings, memory) = (Mandate::default(), Settings::DEFAULT, Memory::default());
        Self { mandate, reward: None, evidence, settings, memory, now_ms: 1_000_000 }
    }

    /// More hits are wanted, and proven to be within the budget.
    fn proven() -> Self {
        Self::new(observed(1.9, 90.0, 38.0), matches(0.0, 500.0, 500))
    }

    fn decide(&mut self, cause: Cause) -> Decision {
        let decided = decide(&Round {
            mandate: &self.mandate,
            reward: self.reward,
            evidence: &self.evidence,
            settings: self.settings,
            memory: &self.memory,
            min_samples: 10,
            cause,
            now_ms: self.now_ms,
        });
        (self.settings, self.memory) = (decided.settings, decided.memory);
        decided.decision
    }

    /// A round with new requests and a new label.
    fn next(&mut self) -> Decision {
        self.now_ms += ROUND_MS;
        self.evidence.samples_seen += 100;
        self.evidence.labels.matches.seen.labels += 1;
        self.decide(Cause::Due)
    }

    fn held(&mut self) -> HoldReason {
        match self.next().step {
            Step::Held(reason) => reason,
            Step::Adjusted(moves) => panic!("not held: {moves:?}"),
        }
    }

    fn relabel(&mut self, wrong_labels: f64, labels: f64) {
        let seen = self.evidence.labels.matches.seen.labels + 1;
        self.evidence.labels.matches = matches(wrong_labels, labels, seen);
        self.evidence.labels.wrong_seen = wrong_labels as u64;
    }
}

/// What a round did to one setting.
fn moved(decision: &Decision, setting: Setting) -> Option<(f64, f64)> {
    let Step::Adjusted(moves) = &decision.step else { return None };
    moves.iter().find(|step| step.setting == setting).map(|step| (step.old, step.new))
}

#[test]
fn more_hits_come_one_step_a_round_after_three_rounds_that_agree() {
    let mut rounds = Rounds::proven();
    assert_eq!(rounds.held(), HoldReason::Waiting { rounds: 1, need: 3 });
    assert_eq!(rounds.held(), HoldReason::Waiting { rounds: 2, need: 3 });
    assert_eq!(moved(&rounds.next(), Setting::MatchThreshold), Some((0.95, 0.94)));
    assert_eq!(moved(&rounds.next(), Setting::MatchThreshold), Some((0.94, 0.93)));
}

#[test]
fn a_step_needs_a_label_that_came_since_the_last_one() {
    let mut rounds = Rounds::proven();
    (0..3).for_each(|_| drop(rounds.next()));
    rounds.now_ms += ROUND_MS;
    rounds.evidence.samples_seen += 100;
    assert_eq!(moved(&rounds.decide(Cause::Due), Setting::MatchThreshold), None);
    assert_eq!(rounds.settings.match_threshold, 0.94);
}

#[test]
fn few_samples_and_old_evidence_hold() {
    let mut few = Rounds::proven();
    few.evidence.observed.samples = 9;
    assert_eq!(few.held(), HoldReason::TooFewSamples { have: 9, need: 10 });
    let mut old = Rounds::proven();
    let _ = old.next();
    old.evidence.samples_seen += 3;
    let Step::Held(reason) = old.decide(Cause::Due).step else { panic!("held") };
    assert_eq!(reason, HoldReason::NoNewEvidence { have: 3, need: 10 });
}

#[test]
fn what_is_not_proven_is_not_done_and_the_round_says_what_it_takes() {
    let mut rounds = Rounds::new(observed(1.9, 90.0, 38.0), matches(0.0, 100.0, 100));
    rounds.mandate.pins.shadow_pct = Some(5.0);
    assert_eq!(rounds.held(), HoldReason::Unproven { labels: 100.0, need: 268.0 });
    rounds.relabel(1.0, 400.0);
    assert!(matches!(rounds.held(), HoldReason::NotInBudget { upper_pct } if upper_pct > 1.0));
    assert_eq!(rounds.settings.match_threshold, 0.95);
}

#[test]
fn a_breach_tightens_at_once_between_rounds_and_again_only_with_new_labels() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 500.0, 500));
    rounds.relabel(6.0, 400.0);
    let decision = rounds.decide(Cause::Alarm);
    assert_eq!(moved(&decision, Setting::MatchThreshold), Some((0.95, 0.98)), "nothing below is believed to keep it");
    let Step::Adjusted(moves) = &decision.step else { panic!("adjusted") };
    assert!(matches!(moves[0].reason, Reason::OverBudget { budget_pct: 1.0, .. }));
    assert!(matches!(rounds.decide(Cause::Alarm).step, Step::Held(_)), "the same labels again");
}

#[test]
fn one_wrong_answer_of_many_is_no_breach() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(1.0, 400.0, 400));
    assert_eq!(moved(&rounds.decide(Cause::Alarm), Setting::MatchThreshold), None);
}

#[test]
fn a_breach_stops_at_the_first_threshold_that_is_believed_to_keep_the_budget() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(6.0, 400.0, 400));
    for point in rounds.evidence.labels.matches.curve.iter_mut().filter(|point| point.threshold > 0.965) {
        point.wrong = wrong(0.0, 300.0);
    }
    assert_eq!(moved(&rounds.next(), Setting::MatchThreshold), Some((0.95, 0.97)));
}

#[test]
fn where_even_the_strictest_threshold_breaks_the_budget_similar_answers_stop_and_come_back_when_proven() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(20.0, 400.0, 400));
    let closed = rounds.decide(Cause::Alarm);
    assert_eq!(moved(&closed, Setting::ExactOnly), Some((0.0, 1.0)));
    rounds.relabel(0.0, 100.0);
    assert_eq!(rounds.held(), HoldReason::Closed { labels: 100.0, need: 268.0 });
    rounds.relabel(0.0, 400.0);
    let opened = (0..6).map(|_| rounds.next()).filter(|decision| moved(decision, Setting::ExactOnly).is_some());
    assert_eq!(opened.count(), 1, "the sixth round within an hour: a turn needs twice the evidence");
    assert_eq!((rounds.settings.exact_only, rounds.settings.match_threshold), (false, 0.98));
}

#[test]
fn a_sudden_run_of_wrong_answers_stops_similar_ones_though_all_was_well_for_long() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(3.0, 1_500.0, 1_500));
    rounds.evidence.labels.matches.recent = wrong(2.0, 50.0);
    assert_eq!(moved(&rounds.decide(Cause::Alarm), Setting::ExactOnly), None, "two of fifty are chance");
    rounds.evidence.labels.matches.recent = wrong(4.0, 50.0);
    rounds.evidence.labels.matches.seen.labels += 1;
    assert_eq!(moved(&rounds.decide(Cause::Alarm), Setting::ExactOnly), Some((0.0, 1.0)));
}

#[test]
fn a_world_that_changes_at_once_stops_similar_answers_forgets_old_labels_and_shortens_the_time_to_live() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 900.0, 900));
    rounds.evidence.labels.changed = wrong(2.0, 40.0);
    assert!(matches!(rounds.decide(Cause::Alarm).step, Step::Held(_)), "drift is no landslide");
    rounds.evidence.labels.changed = wrong(12.0, 40.0);
    let decided = decide(&Round {
        mandate: &rounds.mandate,
        reward: None,
        evidence: &rounds.evidence,
        settings: rounds.settings,
        memory: &Memory::default(),
        min_samples: 10,
        cause: Cause::Alarm,
        now_ms: 0,
    });
    assert_eq!((decided.settings.exact_only, decided.settings.ttl_s, decided.restart.common), (true, 600, true));
}

#[test]
fn after_a_step_one_way_a_step_the_other_way_needs_twice_the_rounds() {
    let mut rounds = Rounds::new(observed(1.9, 95.0, 38.0), matches(6.0, 400.0, 400));
    let _ = rounds.decide(Cause::Alarm);
    rounds.relabel(0.0, 500.0);
    let steps: Vec<_> = (0..6).map(|_| moved(&rounds.next(), Setting::MatchThreshold)).collect();
    assert_eq!(steps, [None, None, None, None, None, Some((0.98, 0.97))]);
}

#[test]
fn success_below_target_blames_memory_only_when_memory_is_worse() {
    let failing = |hit_success_pct| {
        let seen = Observed { hit_success_pct: Some(hit_success_pct), ..observed(1.0, 70.0, 65.0) };
        Rounds::new(seen, matches(0.0, 500.0, 500))
    };
    assert_eq!(moved(&failing(60.0).next(), Setting::MatchThreshold), Some((0.95, 0.96)));
    assert_eq!(failing(99.0).held(), HoldReason::SolverBelowTarget);
    // Soon after a step the other way it takes two rounds.
    let mut turning = Rounds::proven();
    (0..3).for_each(|_| drop(turning.next()));
    turning.evidence.observed = failing(60.0).evidence.observed;
    let steps: Vec<_> = (0..2).map(|_| moved(&turning.next(), Setting::MatchThreshold)).collect();
    assert_eq!(steps, [None, Some((0.94, 0.95))]);
}

#[test]
fn on_target_and_nothing_to_answer_from_memory_hold() {
    let mut on_target = Rounds::new(observed(1.4, 95.0, 55.0), matches(0.0, 300.0, 300));
    on_target.mandate.pins.shadow_pct = Some(5.0);
    assert_eq!(on_target.held(), HoldReason::OnTarget);
    let none = Observed { hit_rate_pct: None, similar_pct: None, ..observed(9.0, 95.0, 0.0) };
    assert_eq!(Rounds::new(none, Matches::default()).held(), HoldReason::NothingCacheable);
}

#[test]
fn the_operator_holds_pins_and_closes() {
    for mode in [Mode::Hold, Mode::ExactOnly] {
        let mut rounds = Rounds::proven();
        rounds.mandate.mode = mode;
        assert_eq!(rounds.held(), HoldReason::Mode(mode));
    }
    let mut pinned = Rounds::proven();
    pinned.mandate.pins = Pins { match_threshold: Some(0.96), ..Pins::default() };
    let decision = pinned.next();
    assert_eq!(moved(&decision, Setting::MatchThreshold), Some((0.95, 0.96)), "as the operator has set it");
    assert_eq!(pinned.held(), HoldReason::Pinned(Setting::MatchThreshold));
    pinned.relabel(20.0, 400.0);
    let _ = pinned.next();
    assert_eq!((pinned.settings.match_threshold, pinned.settings.exact_only), (0.96, false), "his to answer for");
}

#[test]
fn a_target_out_of_reach_is_reported_with_the_best_and_not_chased() {
    let mut rounds = Rounds::new(observed(1.9, 90.0, 20.0), matches(1.0, 400.0, 400));
    let decision = rounds.next();
    let hits = decision.infeasible.iter().find(|target| target.target == Target::Hits).expect("20 of 50 %");
    assert_eq!((hits.wanted, hits.best), (50.0, 20.0));
    assert!(rounds.settings.match_threshold >= 0.95);
}

#[test]
fn a_step_that_would_bring_no_hit_is_not_taken() {
    let mut rounds = Rounds::proven();
    for point in &mut rounds.evidence.labels.matches.curve {
        point.hit_share = Some(0.5);
    }
    (0..9).for_each(|_| drop(rounds.next()));
    assert_eq!(rounds.settings.match_threshold, 0.95, "no clamp is an aim");
}

#[test]
fn a_reward_model_goes_for_the_sum_whatever_the_targets() {
    let mut rounds = Rounds::new(observed(0.3, 99.0, 80.0), matches(0.0, 500.0, 500));
    (0..3).for_each(|_| drop(rounds.next()));
    assert_eq!(rounds.settings.match_threshold, 0.95, "every target is met");
    rounds.reward = Some(Reward::WEB_TASKS);
    let steps: Vec<_> = (0..3).map(|_| rounds.next()).collect();
    assert_eq!(moved(&steps[2], Setting::MatchThreshold), Some((0.95, 0.94)));
    assert!(steps[2].reward.is_some_and(|reward| (0.9..1.0).contains(&reward)));
}

#[test]
fn answers_that_change_shorten_the_time_to_live_at_once_and_proof_lengthens_it() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 300.0, 300));
    rounds.evidence.labels.hazard = Some(Hazard { changed: 20.0, watched_s: 400_000.0 });
    rounds.evidence.labels.changes_seen = 20;
    let decision = rounds.decide(Cause::Alarm);
    assert_eq!(moved(&decision, Setting::Ttl), Some((1_200.0, 600.0)));
    assert_eq!(moved(&rounds.decide(Cause::Alarm), Setting::Ttl), None, "nothing new");
    rounds.evidence.labels.hazard = Some(Hazard { changed: 0.0, watched_s: 5_000_000.0 });
    let steps: Vec<_> = (0..6).map(|_| moved(&rounds.next(), Setting::Ttl)).collect();
    assert_eq!(steps[5], Some((600.0, 660.0)), "the reason has gone: {steps:?}");
}

#[test]
fn one_answer_that_was_wrong_from_the_start_is_not_yet_staleness() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 300.0, 300));
    rounds.evidence.labels.hazard = Some(Hazard { changed: 1.0, watched_s: 100_000.0 });
    rounds.evidence.labels.changes_seen = 1;
    let _ = rounds.decide(Cause::Alarm);
    assert!(rounds.settings.ttl_s >= 1_080, "{}", rounds.settings.ttl_s);
}

#[test]
fn checks_grow_until_the_budget_is_proven_double_on_a_wrong_answer_and_shrink_after() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 50.0, 50));
    assert_eq!(moved(&rounds.next(), Setting::ShadowShare), Some((5.0, 7.5)));
    rounds.relabel(0.0, 500.0);
    let steps: Vec<_> = (0..3).map(|_| moved(&rounds.next(), Setting::ShadowShare)).collect();
    assert_eq!(steps, [None, None, Some((7.5, 5.6))]);
    rounds.relabel(1.0, 500.0);
    assert_eq!(moved(&rounds.decide(Cause::Alarm), Setting::ShadowShare), Some((5.6, 11.2)));
}

#[test]
fn answers_that_nobody_checks_for_a_day_stop() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), Matches::default());
    let _ = rounds.next();
    rounds.now_ms += 23 * 60 * MINUTE_MS;
    let _ = rounds.next();
    assert!(!rounds.settings.exact_only);
    rounds.now_ms += 2 * 60 * MINUTE_MS;
    let decision = rounds.next();
    assert_eq!(moved(&decision, Setting::ExactOnly), Some((0.0, 1.0)));
}

#[test]
fn room_grows_when_answers_leave_for_want_of_it_and_a_hedge_comes_sooner_when_slow() {
    let mut rounds = Rounds::proven();
    rounds.evidence.hedges = true;
    let steps: Vec<_> = (0..3)
        .map(|_| {
            rounds.evidence.room.crowded += 50;
            rounds.evidence.room.entries = 500;
            rounds.next()
        })
        .collect();
    assert_eq!(moved(&steps[2], Setting::Capacity), Some((500.0, 625.0)));
    assert_eq!(moved(&steps[2], Setting::HedgePercentile), Some((95.0, 90.0)));
}

#[test]
fn what_was_closed_for_want_of_labels_needs_new_ones_to_open() {
    let mut rounds = Rounds::new(observed(1.0, 95.0, 60.0), matches(0.0, 500.0, 500));
    let _ = rounds.next();
    rounds.now_ms += 25 * 60 * MINUTE_MS;
    let closed = rounds.next();
    assert_eq!(moved(&closed, Setting::ExactOnly), Some((0.0, 1.0)));
    for _ in 0..9 {
        rounds.now_ms += ROUND_MS;
        rounds.evidence.samples_seen += 100;
        assert_eq!(moved(&rounds.decide(Cause::Due), Setting::ExactOnly), None, "nothing new is known");
    }
    assert_eq!(moved(&rounds.next(), Setting::ExactOnly), Some((1.0, 0.0)));
}

#[test]
fn a_decision_says_what_it_was_made_of() {
    let mut rounds = Rounds::proven();
    let decision = rounds.next();
    let labels = decision.labels.expect("labels were looked at");
    assert_eq!((labels.budget_pct, labels.curve.len(), labels.curve[0].threshold), (1.0, 9, 0.90));
    assert_eq!(decision.observed.status_line(), "Performance Tuner: Response=1.9s, Success=90%, Cache=38%");
}

#[test]
fn a_hundred_steps_do_not_drift_from_the_hundredths() {
    let mut rounds = Rounds::proven();
    for _ in 0..100 {
        rounds.relabel(0.0, 500.0);
        (0..9).for_each(|_| drop(rounds.next()));
        rounds.relabel(9.0, 400.0);
        let _ = rounds.decide(Cause::Alarm);
        let hundredths = rounds.settings.match_threshold * 100.0;
        assert!((hundredths - hundredths.round()).abs() < 1e-9, "{}", rounds.settings.match_threshold);
    }
}
