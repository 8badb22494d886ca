//! The match threshold: tightened at once when too many answers are wrong, loosened slowly where labels prove that it may be.

use lode_shared::{HoldReason, Limits, Reason, Setting, Settings, on_grid};

use super::memory::{AGREEING_ROUNDS, Way};
use super::{Draft, MANY_HITS_PCT, Matches, outlook};
use crate::domain::{WhatIf, WrongShare, Z_95};

/// What is believed before any label: half the budget, as sure as so many labels make it.
const BELIEVED_LABELS: f64 = 100.0;
/// Labels without which nothing is proven, whatever the interval says.
const LEAST_LABELS: f64 = 30.0;
/// Nothing is broken with fewer labels, or with fewer wrong ones among them.
const BROKEN_LABELS: f64 = 20.0;
const BROKEN_WRONG: f64 = 2.8;
/// So many changed answers among the last ones, and the world has changed.
const SUDDEN: f64 = 0.15;
/// Over the budget by so much is not kept any more; between the two, settings stay.
const OVER: f64 = 1.2;
/// A breach tightens by so many steps.
const BREACH_STEPS: f64 = 2.0;
/// More answers from memory than now, in points of the hit rate, that make a step worth while.
const WORTH_PCT: f64 = 0.3;
/// A reward that is larger by less is no reason to move.
const WORTH_REWARD: f64 = 0.001;
/// Answers to similar prompts may go unchecked so long.
const UNWATCHED_MS: u64 = 24 * 3_600_000;

/// The budget, as a share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(pub f64);

impl Budget {
    /// Labels without a wrong one that prove it: `z² (1 − b) / b`.
    pub fn proof_labels(self) -> f64 {
        (Z_95 * Z_95 * (1.0 - self.0) / self.0).ceil()
    }

    /// The share that is believed to be wrong: what the labels say, drawn to half the budget while there are few.
    fn believed(self, wrong: &WrongShare) -> f64 {
        (wrong.share * wrong.labels + 0.5 * self.0 * BELIEVED_LABELS) / (wrong.labels + BELIEVED_LABELS)
    }

    fn is_believed(self, wrong: Option<&WrongShare>) -> bool {
        wrong.is_none_or(|wrong| self.believed(wrong) <= self.0)
    }

    /// Proven to be kept.
    pub fn is_proven(self, wrong: Option<&WrongShare>) -> bool {
        wrong.is_some_and(|wrong| {
            wrong.labels >= LEAST_LABELS && wrong.upper <= self.0 && self.believed(wrong) <= self.0
        })
    }

    /// Enough labels for a proof, and none.
    fn is_doubted(self, wrong: Option<&WrongShare>) -> bool {
        wrong.is_some_and(|wrong| wrong.labels >= self.proof_labels() && wrong.upper > OVER * self.0)
    }

    /// Proven to be broken: by three wrong answers of a few. Two of forty are chance once or twice a day.
    fn is_broken(self, wrong: Option<&WrongShare>) -> bool {
        wrong.is_some_and(|wrong| {
            wrong.lower > self.0 && wrong.labels >= BROKEN_LABELS && wrong.share * wrong.labels >= BROKEN_WRONG
        })
    }

    fn over(self, wrong: &WrongShare) -> Reason {
        Reason::OverBudget {
            wrong_pct: 100.0 * wrong.share,
            upper_pct: 100.0 * wrong.upper,
            budget_pct: 100.0 * self.0,
            labels: wrong.labels,
        }
    }
}

/// The point of a curve for a threshold: the nearest one at or above it, or the last.
pub(super) fn at(curve: &[WhatIf], threshold: f64) -> Option<&WhatIf> {
    curve.iter().find(|point| point.threshold >= threshold - 1e-9).or(curve.last())
}

pub(super) fn wrong_at(curve: &[WhatIf], threshold: f64) -> Option<&WrongShare> {
    at(curve, threshold).and_then(|point| point.wrong.as_ref())
}

fn tighter(threshold: f64, steps: f64, limits: &Limits) -> f64 {
    on_grid((threshold + steps * limits.threshold_step).min(limits.threshold_max))
}

pub(super) fn looser(threshold: f64, limits: &Limits) -> f64 {
    on_grid((threshold - limits.threshold_step).max(limits.threshold_min))
}

/// Where a breach takes a threshold.
pub(super) enum Guarded {
    Stay,
    Raise(f64, Reason),
    Close(Reason),
}

/// Whether the labels at a threshold call for a stricter one.
pub(super) fn guard(matches: &Matches, threshold: f64, budget: Budget, limits: &Limits) -> Guarded {
    let curve = &matches.curve;
    let Some(here) = wrong_at(curve, threshold) else { return Guarded::Stay };
    // All was well for long, and is not any more: what labels said before says nothing of now.
    if let Some(recent) = matches.recent.filter(|recent| budget.is_broken(Some(recent))) {
        return Guarded::Close(budget.over(&recent));
    }
    if !budget.is_believed(Some(here)) {
        if budget.is_broken(wrong_at(curve, limits.threshold_max)) {
            return Guarded::Close(budget.over(here));
        }
        // At least two steps, and on to where it is believed to be kept.
        let least = tighter(threshold, BREACH_STEPS, limits);
        let kept = |point: &&WhatIf| point.threshold >= least && budget.is_believed(point.wrong.as_ref());
        let to = curve.iter().find(kept).map_or(limits.threshold_max, |point| point.threshold);
        return Guarded::Raise(to.min(limits.threshold_max), budget.over(here));
    }
    if budget.is_doubted(Some(here)) {
        return Guarded::Raise(tighter(threshold, 1.0, limits), budget.over(here));
    }
    Guarded::Stay
}

impl Draft<'_> {
    pub(super) fn budget(&self) -> Budget {
        Budget(self.round.mandate.budget_pct / 100.0)
    }

    /// Tightens where the labels say so: at once, and again only with new ones.
    pub(super) fn guard_matches(&mut self) {
        let (budget, limits, now_ms) = (self.budget(), self.round.mandate.limits, self.round.now_ms);
        if self.is_pinned(Setting::MatchThreshold) {
            return self.guard_unwatched();
        }
        self.guard_scopes();
        let matches = &self.round.evidence.labels.matches;
        // Not "more than": after a crash some labels may be lost, and the next ones are new all the same.
        if matches.seen.labels != self.memory.threshold.used_labels && !self.settings.exact_only {
            let sudden = self.sudden_change().map(Guarded::Close);
            match sudden.unwrap_or_else(|| guard(matches, self.settings.match_threshold, budget, &limits)) {
                Guarded::Stay => {}
                Guarded::Raise(to, reason) => {
                    if self.set(Setting::MatchThreshold, to, reason) {
                        self.memory.threshold.step(Way::Tighter, matches.seen.labels, now_ms);
                    }
                }
                Guarded::Close(reason) => {
                    self.set(Setting::MatchThreshold, limits.threshold_max, reason);
                    self.set(Setting::ExactOnly, 1.0, reason);
                    self.memory.threshold.step(Way::Tighter, matches.seen.labels, now_ms);
                    self.memory.exact_only.step(Way::Tighter, matches.seen.labels, now_ms);
                    self.restart.common = true;
                    self.memory.scopes.clear();
                    // Perhaps it is not the matches that went wrong, but the answers that changed.
                    if !self.is_pinned(Setting::Ttl) && self.set(Setting::Ttl, limits.ttl_min_s.into(), reason) {
                        self.memory.ttl.step(Way::Tighter, 0, now_ms);
                    }
                }
            }
        }
        self.guard_unwatched();
    }

    /// Much of what was watched last has changed: then the answers to similar prompts have too.
    fn sudden_change(&self) -> Option<Reason> {
        let changed = self.round.evidence.labels.changed?;
        let is_sudden = changed.lower > SUDDEN && changed.share * changed.labels >= BROKEN_WRONG;
        let (stale_pct, allowed_pct) = (100.0 * changed.share, 100.0 * self.allowed_stale());
        is_sudden.then_some(Reason::Stale { stale_pct, allowed_pct })
    }

    /// Similar answers that nobody checks for a day stop.
    fn guard_unwatched(&mut self) {
        let seen = self.round.evidence.labels.matches.seen;
        let gives = self.round.evidence.observed.similar_pct.is_some_and(|pct| pct > 0.0) && !self.settings.exact_only;
        if !gives {
            self.memory.unwatched_since_ms = None;
            return;
        }
        let since = *self.memory.unwatched_since_ms.get_or_insert(self.round.now_ms);
        let scopes = self.round.evidence.labels.scopes.iter().map(|scope| scope.own.seen.last_ms);
        let last_ms = scopes.fold(seen.last_ms, u64::max);
        let unwatched_ms = self.round.now_ms.saturating_sub(since.max(last_ms));
        if unwatched_ms > UNWATCHED_MS {
            let hours = unwatched_ms as f64 / 3_600_000.0;
            self.set(Setting::ExactOnly, 1.0, Reason::Unwatched { hours });
            self.memory.exact_only.step(Way::Tighter, seen.labels, self.round.now_ms);
        }
    }

    /// One step towards what is wanted, where it is proven.
    pub(super) fn steer_matches(&mut self) {
        if self.settings.exact_only {
            return self.reopen();
        }
        let Some(hit_rate_pct) = self.wants.hit_rate_pct else { return };
        let adjusted = self.adjustments.iter().any(|step| step.setting == Setting::MatchThreshold);
        if adjusted {
            return;
        }
        if self.blames_memory() {
            let reason = Reason::WrongWithManyHits { success_pct: self.wants.success_pct, hit_rate_pct };
            return self.tighten_one(reason);
        }
        match self.wanted() {
            Some((Way::Looser, reason)) => self.loosen_one(reason),
            Some((Way::Tighter, reason)) => self.tighten_one(reason),
            None => self.memory.threshold.rest(),
        }
        self.loosen_scopes();
    }

    /// Success is missed, much is answered from memory, and what is answered from memory is the worse half.
    fn blames_memory(&self) -> bool {
        let observed = &self.round.evidence.observed;
        let many = self.wants.hit_rate_pct.is_some_and(|hits| hits > MANY_HITS_PCT);
        let is_worse = match (observed.hit_success_pct, observed.miss_success_pct) {
            (Some(hits), Some(misses)) => hits < misses,
            (Some(hits), None) => hits < self.round.mandate.targets.success_pct(),
            (None, _) => false,
        };
        self.wants.failing && many && is_worse && observed.similar_pct.is_some_and(|pct| pct > 0.0)
    }

    /// Which way the targets want the threshold, or the reward where there is a model of it.
    pub(super) fn wanted(&self) -> Option<(Way, Reason)> {
        let (here, limits) = (self.settings.match_threshold, &self.round.mandate.limits);
        if let Some(reward) = self.round.reward {
            let value = |threshold| outlook::expected(&self.round, &reward, threshold);
            let now = value(here)?;
            let better = |threshold| value(threshold).filter(|then| *then > now + WORTH_REWARD * now.abs());
            let down = better(looser(here, limits)).map(|new| (Way::Looser, Reason::MoreReward { old: now, new }));
            return down.or_else(|| {
                let up = tighter(here, 1.0, limits);
                better(up).map(|new| (Way::Tighter, Reason::MoreReward { old: now, new }))
            });
        }
        let hit_rate_pct = self.wants.hit_rate_pct?;
        let reason = match (self.wants.slow, self.wants.few_hits) {
            (true, true) => Reason::SlowWithFewHits { response_s: self.wants.response_s, hit_rate_pct },
            (false, true) => Reason::FewHits { hit_rate_pct },
            (true, false) => Reason::Slow { response_s: self.wants.response_s },
            (false, false) => self.recovered(here)?,
        };
        Some((Way::Looser, reason))
    }

    /// It is stricter than a miner starts with, and one step back is proven to be as good.
    fn recovered(&self, here: f64) -> Option<Reason> {
        let is_strict = here > Settings::DEFAULT.match_threshold + 1e-9;
        let to = looser(here, &self.round.mandate.limits);
        let wrong = wrong_at(&self.round.evidence.labels.matches.curve, to).filter(|_| is_strict)?;
        let reason = Reason::Proven { upper_pct: 100.0 * wrong.upper, labels: wrong.labels };
        self.budget().is_proven(Some(wrong)).then_some(reason)
    }

    fn tighten_one(&mut self, reason: Reason) {
        let to = tighter(self.settings.match_threshold, 1.0, &self.round.mandate.limits);
        let seen = self.round.evidence.labels.matches.seen.labels;
        // Wrong answers do not wait; a better price does.
        let rounds = if matches!(reason, Reason::MoreReward { .. }) { AGREEING_ROUNDS } else { 1 };
        if self.is_pinned(Setting::MatchThreshold) {
            self.held.push(HoldReason::Pinned(Setting::MatchThreshold));
        } else if self.memory.threshold.wait_for(Way::Tighter, rounds, self.round.now_ms).is_ok() {
            if self.set(Setting::MatchThreshold, to, reason) {
                self.memory.threshold.step(Way::Tighter, seen, self.round.now_ms);
            } else {
                self.held.push(HoldReason::AtLimit(Setting::MatchThreshold));
            }
        }
    }

    fn loosen_one(&mut self, reason: Reason) {
        let limits = self.round.mandate.limits;
        let (here, to) = (self.settings.match_threshold, looser(self.settings.match_threshold, &limits));
        if self.is_pinned(Setting::MatchThreshold) {
            return self.held.push(HoldReason::Pinned(Setting::MatchThreshold));
        }
        if to >= here {
            self.memory.threshold.rest();
            return self.held.push(HoldReason::AtLimit(Setting::MatchThreshold));
        }
        let matches = &self.round.evidence.labels.matches;
        if let Err(held) = self.may_loosen(matches, to) {
            self.memory.threshold.rest();
            return self.held.push(held);
        }
        if !self.is_worth_while(here) {
            return self.memory.threshold.rest();
        }
        match self.memory.threshold.wait(Way::Looser, self.round.now_ms) {
            Err((rounds, need)) => self.held.push(HoldReason::Waiting { rounds, need }),
            Ok(()) if matches.seen.labels != self.memory.threshold.used_labels => {
                self.set(Setting::MatchThreshold, to, reason);
                self.memory.threshold.step(Way::Looser, matches.seen.labels, self.round.now_ms);
            }
            Ok(()) => {}
        }
    }

    fn may_loosen(&self, matches: &Matches, to: f64) -> Result<(), HoldReason> {
        let (budget, wrong) = (self.budget(), wrong_at(&matches.curve, to));
        if budget.is_proven(wrong) {
            return Ok(());
        }
        let need = budget.proof_labels();
        match wrong {
            Some(wrong) if wrong.labels >= need => Err(HoldReason::NotInBudget { upper_pct: 100.0 * wrong.upper }),
            wrong => Err(HoldReason::Unproven { labels: wrong.map_or(0.0, |wrong| wrong.labels), need }),
        }
    }

    /// Whether any threshold further down answers more questions: a clamp is no aim.
    fn is_worth_while(&self, here: f64) -> bool {
        let hits = |threshold| outlook::hits_pct(&self.round, threshold);
        match (hits(here), hits(self.round.mandate.limits.threshold_min)) {
            (Some(now), Some(then)) => then - now >= WORTH_PCT,
            _ => true,
        }
    }

    /// Similar answers are given again when even the strictest threshold is proven, for as many rounds as it takes.
    fn reopen(&mut self) {
        let matches = &self.round.evidence.labels.matches;
        let strictest = self.round.mandate.limits.threshold_max;
        let wrong = wrong_at(&matches.curve, strictest).filter(|wrong| self.budget().is_proven(Some(wrong)));
        let Some(wrong) = wrong.copied() else {
            let labels = wrong_at(&matches.curve, strictest).map_or(0.0, |wrong| wrong.labels);
            self.held.push(HoldReason::Closed { labels, need: self.budget().proof_labels() });
            return self.memory.exact_only.rest();
        };
        let is_new = matches.seen.labels != self.memory.exact_only.used_labels;
        if self.memory.exact_only.wait(Way::Looser, self.round.now_ms).is_ok() && is_new {
            let reason = Reason::Proven { upper_pct: 100.0 * wrong.upper, labels: wrong.labels };
            self.set(Setting::ExactOnly, 0.0, reason);
            if !self.is_pinned(Setting::MatchThreshold) {
                self.set(Setting::MatchThreshold, strictest, reason);
            }
            self.memory.exact_only.step(Way::Looser, matches.seen.labels, self.round.now_ms);
        }
    }
}
