//! How many answers from memory are checked: more while the budget is not proven and after a wrong one, fewer once it is.

use lode_shared::{Reason, Setting};

use super::Draft;
use super::matching::wrong_at;
use super::memory::Way;

/// After a wrong answer, and while a proof is lacking, the share grows by these factors; once proven it shrinks by this.
const ALARMED: f64 = 2.0;
const UNPROVEN: f64 = 1.5;
const PROVEN: f64 = 0.75;
/// A share that grows is this at least, percent.
const LEAST_PCT: f64 = 1.0;
/// A proof has this much to spare before fewer checks will do.
const SPARE: f64 = 0.8;

impl Draft<'_> {
    /// A wrong answer calls for more checks at once: was it the only one?
    pub(super) fn alarm_checks(&mut self) {
        let wrong = self.wrong_seen();
        // Not "more than": after a crash some labels may be lost, and the next ones are new all the same.
        if wrong != self.memory.wrong_seen && wrong > 0 {
            self.scale_checks(ALARMED, Reason::FoundWrong);
            self.memory.checks.rest();
            self.memory.checks.step(Way::Tighter, 0, self.round.now_ms);
        }
        self.memory.wrong_seen = wrong;
    }

    /// Wrong hits and changed answers ever seen.
    fn wrong_seen(&self) -> u64 {
        let labels = &self.round.evidence.labels;
        labels.wrong_seen + labels.changes_seen
    }

    /// As many as a proof takes, and no more.
    pub(super) fn steer_checks(&mut self) {
        let moved = self.adjustments.iter().any(|step| step.setting == Setting::ShadowShare);
        let similar = self.round.evidence.observed.similar_pct.is_some_and(|pct| pct > 0.0);
        // What is not given cannot be checked; near misses are labelled anyway.
        if moved || !similar || self.settings.exact_only {
            return;
        }
        let budget = self.budget();
        let curve = &self.round.evidence.labels.matches.curve;
        let here = self.settings.match_threshold;
        let wrong = wrong_at(curve, here);
        // Where every scope has its own threshold, the labels are theirs.
        if !self.memory.scopes.is_empty() && wrong.is_none_or(|wrong| wrong.labels < budget.proof_labels()) {
            return self.memory.checks.rest();
        }
        match wrong {
            Some(wrong) if wrong.upper <= SPARE * budget.0 => {
                if self.memory.checks.wait(Way::Looser, self.round.now_ms).is_ok() {
                    let reason = Reason::Proven { upper_pct: 100.0 * wrong.upper, labels: wrong.labels };
                    self.scale_checks(PROVEN, reason);
                    self.memory.checks.step(Way::Looser, 0, self.round.now_ms);
                }
            }
            Some(wrong) if budget.is_proven(Some(wrong)) => self.memory.checks.rest(),
            wrong => {
                self.memory.checks.rest();
                let labels = wrong.map_or(0.0, |wrong| wrong.labels);
                self.scale_checks(UNPROVEN, Reason::Unproven { labels, need: budget.proof_labels() });
            }
        }
    }

    fn scale_checks(&mut self, factor: f64, reason: Reason) {
        if !self.is_pinned(Setting::ShadowShare) {
            let limits = &self.round.mandate.limits;
            // From nothing nothing grows.
            let least = if factor > 1.0 { LEAST_PCT } else { 0.0 };
            let tenths = (10.0 * (self.settings.shadow_pct * factor).max(least)).round() / 10.0;
            self.set(Setting::ShadowShare, tenths.clamp(limits.shadow_min_pct, limits.shadow_max_pct), reason);
        }
    }
}
