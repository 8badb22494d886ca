//! What another threshold would bring: hits, response time, success, reward. As far as the evidence goes; everything else
//! is taken to stay as it is.

use lode_shared::{Infeasible, Mode, Setting, Settings, Target};
use serde::{Deserialize, Serialize};

use super::matching::{Budget, at, looser, wrong_at};
use super::{DEADBAND, Round};
use crate::domain::WrongShare;

/// What a request is worth, in units of a solved task: `[tuner.reward]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reward {
    /// A right answer in no time and for nothing, above 0.
    pub task: f64,
    /// What a second costs, 0 or more.
    pub second: f64,
    /// What a cent (0.01 US dollars) costs, 0 or more.
    pub cent: f64,
}

impl Reward {
    /// Web tasks as Autoppia's validators score them: 0.7 + 0.1 (1 − t / 180 s) + 0.2 (1 − cost / 0.05 $) when solved, else 0.
    pub const WEB_TASKS: Self = Self { task: 1.0, second: 0.1 / 180.0, cent: 0.04 };

    /// Of one answer.
    pub fn of(&self, right: bool, response_s: f64, cost_usd: f64) -> f64 {
        if right { (self.task - self.second * response_s - self.cent * 100.0 * cost_usd).max(0.0) } else { 0.0 }
    }
}

/// What a threshold would bring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prospect {
    /// Hit rate, percent.
    pub hit_rate_pct: Option<f64>,
    /// Mean response time, seconds.
    pub response_s: Option<f64>,
    /// Share of wrong answers among those to similar prompts, and its bounds.
    pub wrong: Option<WrongShare>,
}

impl Prospect {
    /// At this threshold.
    pub fn of(round: &Round<'_>, threshold: f64) -> Self {
        let hit_rate_pct = hits_pct(round, threshold);
        let response_s = hit_rate_pct.and_then(|hits| response_s(round, hits));
        let wrong = wrong_at(&round.evidence.labels.matches.curve, threshold).copied();
        Self { hit_rate_pct, response_s, wrong }
    }
}

/// The hit rate at another threshold, percent.
pub(super) fn hits_pct(round: &Round<'_>, threshold: f64) -> Option<f64> {
    let observed = &round.evidence.observed;
    let (hits, similar) = (observed.hit_rate_pct?, observed.similar_pct.unwrap_or(0.0));
    if round.settings.exact_only {
        return Some(hits);
    }
    let curve = &round.evidence.labels.matches.curve;
    let share = |threshold| at(curve, threshold).and_then(|point| point.hit_share).unwrap_or(0.0);
    let (now, then) = (share(round.settings.match_threshold), share(threshold));
    // Similar answers in proportion to the questions whose best candidate scores as much; without one, at most all others.
    let similar_then = if now > 0.0 && similar > 0.0 { similar * then / now } else { (100.0 - hits) * then };
    Some((hits - similar + similar_then.min(100.0 - hits + similar)).clamp(0.0, 100.0))
}

/// Share of wrong answers among those from memory at a threshold, as estimated.
fn wrong_share(round: &Round<'_>, threshold: f64) -> f64 {
    wrong_at(&round.evidence.labels.matches.curve, threshold).map_or(0.0, |wrong| wrong.share)
}

fn response_s(round: &Round<'_>, hits_pct: f64) -> Option<f64> {
    let observed = &round.evidence.observed;
    let (now, hits_now, misses) = (observed.response_s?, observed.hit_rate_pct?, observed.miss_response_s?);
    // Memory answers in no time; what is not cacheable stays as it is.
    Some((now - (hits_pct - hits_now) / 100.0 * misses).max(0.0))
}

/// Expected reward of a request at a threshold.
pub(super) fn expected(round: &Round<'_>, reward: &Reward, threshold: f64) -> Option<f64> {
    let observed = &round.evidence.observed;
    let hits = hits_pct(round, threshold)? / 100.0;
    let solved = observed.miss_success_pct.unwrap_or(100.0) / 100.0;
    let solve = reward.of(true, observed.miss_response_s.unwrap_or(0.0), observed.miss_cost_usd.unwrap_or(0.0));
    let similar = observed.similar_pct.unwrap_or(0.0) / 100.0;
    let more = hits - observed.hit_rate_pct? / 100.0;
    // Wrong ones are among the answers to similar prompts; exact repeats do not depend on the threshold.
    let wrong = wrong_share(round, threshold) * (similar + more).max(0.0);
    Some((hits - wrong) * reward.task + (1.0 - hits) * solved * solve)
}

/// The same at the settings in force.
pub(super) fn expected_now(round: &Round<'_>, reward: &Reward) -> Option<f64> {
    expected(round, reward, round.settings.match_threshold)
}

/// Targets that are missed and that no setting can meet within the budget, each with the best that can be had.
pub(super) fn infeasible(round: &Round<'_>, settings: &Settings) -> Vec<Infeasible> {
    let (observed, targets) = (&round.evidence.observed, &round.mandate.targets);
    let Some(best_hits) = best_hits_pct(round, settings) else { return Vec::new() };
    let mut all = Vec::new();
    let mut tell = |target, wanted: f64, best: f64| all.push(Infeasible { target, wanted, best });
    if best_hits < (1.0 - DEADBAND) * targets.hit_rate_pct() {
        tell(Target::Hits, targets.hit_rate_pct(), best_hits);
    }
    if let Some(best) = response_s(round, best_hits).filter(|best| *best > (1.0 + DEADBAND) * targets.response_s()) {
        tell(Target::Response, targets.response_s(), best);
    }
    if let (Some(now), Some(misses)) = (observed.success_pct, observed.miss_success_pct) {
        let hits = observed.hit_success_pct.unwrap_or(100.0);
        let best = now.max((best_hits * hits + (100.0 - best_hits) * misses) / 100.0);
        if best < (1.0 - DEADBAND / 2.0) * targets.success_pct() {
            tell(Target::Success, targets.success_pct(), best);
        }
    }
    all
}

/// The largest hit rate within the budget; nothing while too few labels say what the next step would cost.
fn best_hits_pct(round: &Round<'_>, settings: &Settings) -> Option<f64> {
    let here = settings.match_threshold;
    // Off, they are so until it is proven that they need not be.
    if settings.exact_only {
        return None;
    }
    if round.mandate.mode != Mode::Auto || round.mandate.pins.hold(Setting::MatchThreshold) {
        return hits_pct(round, here);
    }
    let budget = Budget(round.mandate.budget_pct / 100.0);
    let (limits, curve) = (&round.mandate.limits, &round.evidence.labels.matches.curve);
    let mut best = here;
    loop {
        let next = looser(best, limits);
        if next >= best {
            break;
        }
        let wrong = wrong_at(curve, next);
        if !budget.is_proven(wrong) {
            // Unknown is not infeasible.
            if wrong.is_none_or(|wrong| wrong.labels < budget.proof_labels()) {
                return None;
            }
            break;
        }
        best = next;
    }
    hits_pct(round, best)
}
