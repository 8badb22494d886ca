//! One round of the tuner, as a pure function.
//!
//! *Aggressiveness* is how willingly the cache answers: more aggressive means a **lower** match threshold. Success comes
//! first: while it is below target and much of it comes from the cache, the cache gets stricter, whatever the other
//! targets say.

use lode_shared::{Adjustment, Decision, HoldReason, Limits, Observed, Reason, Setting, Settings, Step, Targets};

/// A response time below this share of its target is "much faster": time to live may shrink.
const MUCH_FASTER: f64 = 0.8;
/// A hit share from which the cache is answerable for wrong answers, percent.
const MANY_HITS_PCT: f64 = 60.0;

/// When a round may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Requests that the window must hold, and that must have arrived since the last round that used evidence.
    pub min_samples: u32,
}

/// Everything that one round decides from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// What the operator wants.
    pub targets: Targets,
    /// The window's figures.
    pub observed: Observed,
    /// Requests since the last round that used evidence.
    pub new_samples: u32,
    /// The settings in force.
    pub settings: Settings,
    /// What may not be crossed.
    pub limits: Limits,
    /// When a round may act.
    pub cadence: Cadence,
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// Decides one round: the settings from now on, and the decision with its reasons.
pub fn decide(round: &Round) -> (Settings, Decision) {
    let step = match evidence(round) {
        Ok((response_s, success_pct)) => steer(round, response_s, success_pct),
        Err(reason) => Step::Held(reason),
    };
    let mut settings = round.settings;
    if let Step::Adjusted(adjustments) = &step {
        for adjustment in adjustments {
            match adjustment.setting {
                Setting::MatchThreshold => settings.match_threshold = adjustment.new,
                Setting::Ttl => settings.ttl_s = adjustment.new as u32,
            }
        }
    }
    (settings, Decision { at_ms: round.now_ms, observed: round.observed, targets: round.targets, step })
}

/// The mean response time and the success share, when there is enough and new evidence.
fn evidence(round: &Round) -> Result<(f64, f64), HoldReason> {
    let need = round.cadence.min_samples;
    let have = round.observed.samples;
    let too_few = HoldReason::TooFewSamples { have, need };
    if have < need {
        return Err(too_few);
    }
    if round.new_samples < need {
        return Err(HoldReason::NoNewEvidence { have: round.new_samples, need });
    }
    round.observed.response_s.zip(round.observed.success_pct).ok_or(too_few)
}

fn steer(round: &Round, response_s: f64, success_pct: f64) -> Step {
    let Round { targets, limits, settings, .. } = round;
    // Without a single cacheable question there is nothing for the threshold to act on.
    let hit_rate_pct = round.observed.hit_rate_pct;
    let slow = response_s > targets.response_s();
    let failing = success_pct < targets.success_pct();
    let many_hits = hit_rate_pct.is_some_and(|hits| hits > MANY_HITS_PCT);
    let few_hits = hit_rate_pct.is_some_and(|hits| hits < targets.hit_rate_pct());

    let threshold = match hit_rate_pct {
        Some(hit_rate_pct) if failing && many_hits => {
            let reason = Reason::WrongWithManyHits { success_pct, hit_rate_pct };
            Some((settings.match_threshold + limits.threshold_step, reason))
        }
        Some(hit_rate_pct) if slow && few_hits && !failing => {
            let reason = Reason::SlowWithFewHits { response_s, hit_rate_pct };
            Some((settings.match_threshold - limits.threshold_step, reason))
        }
        _ => None,
    };
    // While success is below target the time to live stays: memory may be all that still answers, and be right.
    let ttl = if failing || hit_rate_pct.is_none() {
        None
    } else if slow {
        Some((f64::from(settings.ttl_s) + f64::from(limits.ttl_step_s), Reason::Slow { response_s }))
    } else if response_s < MUCH_FASTER * targets.response_s() && !few_hits {
        // While hits are wanted, forgetting sooner would work against them.
        Some((f64::from(settings.ttl_s) - f64::from(limits.ttl_step_s), Reason::MuchFaster { response_s }))
    } else {
        None
    };

    let threshold_new = |value: f64| round_to_step(value.clamp(limits.threshold_min, limits.threshold_max));
    let ttl_new = |value: f64| value.clamp(f64::from(limits.ttl_min_s), f64::from(limits.ttl_max_s));
    let wanted = [
        (Setting::MatchThreshold, settings.match_threshold, threshold.map(|(value, why)| (threshold_new(value), why))),
        (Setting::Ttl, f64::from(settings.ttl_s), ttl.map(|(value, why)| (ttl_new(value), why))),
    ];
    let adjustments: Vec<_> = wanted
        .iter()
        .filter_map(|&(setting, old, wish)| wish.map(|(new, reason)| Adjustment { setting, old, new, reason }))
        .filter(|adjustment| adjustment.old != adjustment.new)
        .collect();
    if !adjustments.is_empty() {
        return Step::Adjusted(adjustments);
    }
    if failing && threshold.is_none() {
        return Step::Held(HoldReason::SolverBelowTarget);
    }
    let stuck = wanted.iter().find(|(setting, _, wish)| {
        // Shorter than needed at its lower limit is no trouble; everything else that is wished for is.
        wish.is_some_and(|(_, reason)| *setting == Setting::MatchThreshold || matches!(reason, Reason::Slow { .. }))
    });
    Step::Held(match stuck {
        Some((setting, ..)) => HoldReason::AtLimit(*setting),
        None if hit_rate_pct.is_none() => HoldReason::NothingCacheable,
        None if few_hits => HoldReason::FewHitsButFast,
        None => HoldReason::OnTarget,
    })
}

/// Sums of 0.01 drift in binary; a setting is a multiple of a ten-thousandth.
fn round_to_step(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round(response_s: f64, success_pct: f64, hit_rate_pct: f64) -> Round {
        Round {
            targets: Targets::default(),
            observed: Observed {
                samples: 100,
                response_s: Some(response_s),
                success_pct: Some(success_pct),
                hit_rate_pct: Some(hit_rate_pct),
            },
            new_samples: 100,
            settings: Settings::default(),
            limits: Limits::default(),
            cadence: Cadence { min_samples: 10 },
            now_ms: 0,
        }
    }

    fn held(round: &Round) -> HoldReason {
        match decide(round).1.step {
            Step::Held(reason) => reason,
            Step::Adjusted(adjustments) => panic!("not held: {adjustments:?}"),
        }
    }

    #[test]
    fn slow_with_few_hits_lowers_the_threshold_and_keeps_answers_longer() {
        let (settings, _) = decide(&round(1.9, 90.0, 38.0));
        assert_eq!(settings, Settings { match_threshold: 0.94, ttl_s: 1_260 });
    }

    #[test]
    fn wrong_answers_with_many_hits_raise_the_threshold_even_when_slow() {
        let (settings, decision) = decide(&round(1.9, 70.0, 65.0));
        assert_eq!(settings, Settings { match_threshold: 0.96, ttl_s: 1_200 });
        let Step::Adjusted(adjustments) = decision.step else { panic!("adjusted") };
        assert_eq!(adjustments[0].reason, Reason::WrongWithManyHits { success_pct: 70.0, hit_rate_pct: 65.0 });
    }

    #[test]
    fn much_faster_than_the_target_shortens_the_time_to_live() {
        let (settings, _) = decide(&round(0.3, 95.0, 70.0));
        assert_eq!(settings, Settings { match_threshold: 0.95, ttl_s: 1_140 });
    }

    #[test]
    fn fast_but_with_too_few_hits_keeps_the_time_to_live() {
        assert_eq!(held(&round(0.3, 95.0, 20.0)), HoldReason::FewHitsButFast);
    }

    #[test]
    fn on_target_holds() {
        assert_eq!(held(&round(1.4, 95.0, 55.0)), HoldReason::OnTarget);
    }

    #[test]
    fn failing_without_hits_blames_the_solver() {
        assert_eq!(held(&round(1.4, 60.0, 10.0)), HoldReason::SolverBelowTarget);
    }

    #[test]
    fn an_upstream_that_fails_fast_does_not_make_memory_forget_sooner() {
        assert_eq!(held(&round(0.3, 60.0, 55.0)), HoldReason::SolverBelowTarget);
    }

    #[test]
    fn without_a_cacheable_question_there_is_nothing_to_tune() {
        let mut round = round(9.0, 95.0, 0.0);
        round.observed.hit_rate_pct = None;
        assert_eq!(held(&round), HoldReason::NothingCacheable);
    }

    #[test]
    fn few_samples_and_old_evidence_hold() {
        let mut few = round(9.0, 50.0, 0.0);
        few.observed.samples = 9;
        assert_eq!(held(&few), HoldReason::TooFewSamples { have: 9, need: 10 });
        let old = Round { new_samples: 3, ..round(9.0, 50.0, 0.0) };
        assert_eq!(held(&old), HoldReason::NoNewEvidence { have: 3, need: 10 });
    }

    #[test]
    fn at_its_limit_a_setting_stays_and_the_round_says_so() {
        let mut at_limit = round(1.9, 95.0, 38.0);
        at_limit.settings = Settings { match_threshold: 0.90, ttl_s: 1_800 };
        assert_eq!(held(&at_limit), HoldReason::AtLimit(Setting::MatchThreshold));
    }

    #[test]
    fn a_hundred_steps_do_not_drift_from_the_hundredths() {
        let mut settings = Settings::default();
        for _ in 0..100 {
            for direction in [round(1.9, 95.0, 38.0), round(1.4, 70.0, 65.0)] {
                settings = decide(&Round { settings, ..direction }).0;
                let hundredths = settings.match_threshold * 100.0;
                assert!((hundredths - hundredths.round()).abs() < 1e-9, "{settings:?}");
            }
        }
        assert_eq!(settings.match_threshold, 0.95);
    }

    proptest! {
        #[test]
        fn no_evidence_moves_a_setting_over_its_limits(
            rounds in proptest::collection::vec((0.0..30.0f64, 0.0..100.0f64, 0.0..100.0f64), 1..60)
        ) {
            let limits = Limits::default();
            let mut settings = Settings::default();
            for (response_s, success_pct, hit_rate_pct) in rounds {
                let before = settings;
                settings = decide(&Round { settings, ..round(response_s, success_pct, hit_rate_pct) }).0;
                prop_assert!((limits.threshold_min..=limits.threshold_max).contains(&settings.match_threshold));
                prop_assert!((limits.ttl_min_s..=limits.ttl_max_s).contains(&settings.ttl_s));
                prop_assert!((before.match_threshold - settings.match_threshold).abs() < 0.0101, "one step a round");
                prop_assert!(before.ttl_s.abs_diff(settings.ttl_s) <= 60, "one step a round");
            }
        }

        #[test]
        fn success_below_target_never_makes_the_cache_more_willing(
            response_s in 0.0..30.0f64, success_pct in 0.0..84.9f64, hit_rate_pct in 0.0..100.0f64
        ) {
            let (settings, _) = decide(&round(response_s, success_pct, hit_rate_pct));
            prop_assert!(settings.match_threshold >= Settings::default().match_threshold);
            prop_assert!(settings.ttl_s <= Settings::default().ttl_s);
        }
    }
}
