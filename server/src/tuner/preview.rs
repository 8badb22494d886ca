//! What a change of the mandate would have done over the rounds that were recorded.

use lode_shared::{AgeingSeen, Decision, Mandate, Preview, Replay, Settings, Step, WhatIfPoint};

use super::TunerView;
use crate::domain::{
    Cause, Evidence, Hazard, Labels, Matches, Memory, Prospect, Reward, Room, Round, Seen, WhatIf, WrongShare, decide,
};

/// Decides the recorded `decisions` (oldest first) again, as things are and with `changed` in force.
pub fn preview(
    view: &TunerView,
    changed: &Mandate,
    decisions: &[Decision],
    reward: Option<Reward>,
    min_samples: u32,
) -> Preview {
    let recorded: Vec<_> = decisions.iter().filter(|decision| decision.labels.is_some()).collect();
    let start = start(&recorded, view.settings);
    let replay = |mandate| replay(mandate, &recorded, start, reward, min_samples);
    Preview {
        rounds: recorded.len() as u32,
        since_ms: recorded.first().map(|decision| decision.at_ms),
        before: replay(&view.mandate.mandate),
        after: replay(changed),
    }
}

/// The settings before the first round: what the moves since have left of it.
fn start(recorded: &[&Decision], now: Settings) -> Settings {
    let mut settings = now;
    let moves = recorded.iter().rev().filter_map(|decision| match &decision.step {
        Step::Adjusted(moves) => Some(moves),
        Step::Held(_) => None,
    });
    for step in moves.flatten().filter(|step| step.scope.is_none()) {
        settings.set(step.setting, step.old);
    }
    settings
}

fn replay(
    mandate: &Mandate,
    recorded: &[&Decision],
    start: Settings,
    reward: Option<Reward>,
    min_samples: u32,
) -> Replay {
    let mut settings = mandate.allow(start);
    let (mut memory, mut moves) = (Memory::default(), 0);
    let mut evidence = Evidence::default();
    for (number, decision) in recorded.iter().enumerate() {
        evidence = seen(decision, &evidence, number as u64 + 1);
        let round = Round {
            mandate,
            reward,
            evidence: &evidence,
            settings,
            memory: &memory,
            min_samples,
            cause: Cause::Due,
            now_ms: decision.at_ms,
        };
        let decided = decide(&round);
        if let Step::Adjusted(steps) = &decided.decision.step {
            moves += steps.len() as u32;
        }
        (settings, memory) = (decided.settings, decided.memory);
    }
    // What the last round saw was seen at the settings that were in force then.
    let in_force = recorded.last().map_or(settings, |last| at_round(last, start, recorded));
    let last = Round {
        mandate,
        reward,
        evidence: &evidence,
        settings: in_force,
        memory: &memory,
        min_samples,
        cause: Cause::Due,
        now_ms: 0,
    };
    let Prospect { hit_rate_pct, response_s, wrong } = Prospect::of(&last, settings.match_threshold);
    let pct = |share: f64| 100.0 * share;
    Replay {
        moves,
        settings,
        hit_rate_pct,
        response_s,
        wrong_pct: wrong.map(|wrong| pct(wrong.share)),
        wrong_upper_pct: wrong.map(|wrong| pct(wrong.upper)),
    }
}

/// The settings that were in force when the last round looked.
fn at_round(last: &Decision, start: Settings, recorded: &[&Decision]) -> Settings {
    let mut settings = start;
    for decision in recorded.iter().filter(|decision| decision.at_ms < last.at_ms) {
        if let Step::Adjusted(moves) = &decision.step {
            moves.iter().filter(|step| step.scope.is_none()).for_each(|step| settings.set(step.setting, step.new));
        }
    }
    settings
}

/// What a recorded round saw. Every round had something new to see, or it would not have been held anew.
fn seen(decision: &Decision, before: &Evidence, number: u64) -> Evidence {
    let labels = decision.labels.clone().unwrap_or_default();
    let wrong = |point: &WhatIfPoint| {
        Some(WrongShare {
            share: point.wrong_pct? / 100.0,
            lower: point.wrong_lower_pct? / 100.0,
            upper: point.wrong_upper_pct? / 100.0,
            labels: point.labels,
        })
    };
    let curve = labels.curve.iter().map(|point| WhatIf {
        threshold: point.threshold,
        hit_share: point.hit_pct.map(|pct| pct / 100.0),
        wrong: wrong(point),
    });
    let hazard =
        labels.ageing.map(|AgeingSeen { changed, watched_h, .. }| Hazard { changed, watched_s: watched_h * 3_600.0 });
    let changed = |hazard: &Option<Hazard>| hazard.map_or(0.0, |hazard| hazard.changed);
    let is_changed = changed(&hazard) > changed(&before.labels.hazard);
    Evidence {
        observed: decision.observed,
        samples_seen: before.samples_seen + u64::from(decision.observed.samples),
        labels: Labels {
            matches: Matches {
                curve: curve.collect(),
                recent: None,
                seen: Seen { labels: number, wrong: 0, last_ms: decision.at_ms },
            },
            scopes: Vec::new(),
            hazard,
            changed: None,
            changes_seen: before.labels.changes_seen + u64::from(is_changed),
            wrong_seen: 0,
        },
        room: Room::default(),
        hedges: false,
    }
}
