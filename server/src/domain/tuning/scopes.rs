//! Scopes with a threshold of their own: the same rules over their own labels, with some of all others' beside them.
//!
//! A scope whose labels say that the common threshold is too low for it gets a stricter one, and its labels from then on do
//! not count against the others; one that has proven itself may go below.

use std::collections::BTreeSet;

use lode_shared::{Adjustment, Reason, Setting};

use super::matching::{Guarded, guard, looser, wrong_at};
use super::memory::{ScopeMemory, Track, Way};
use super::{Draft, Matches, ScopeMatches};
use crate::domain::WhatIf;

/// Labels that a scope needs of its own, and those of all others that count in it at most.
const SCOPE_LABELS: f64 = 20.0;
const LENT_LABELS: f64 = 50.0;
/// A scope with fewer labels goes back to the common threshold.
const FORGOTTEN_LABELS: f64 = 5.0;
/// Scopes with a threshold of their own at most.
const MOST_SCOPES: usize = 32;

impl Draft<'_> {
    /// Tightens where a scope's labels say so.
    pub(super) fn guard_scopes(&mut self) {
        let evidence = self.round.evidence;
        let known: BTreeSet<u64> = evidence.labels.scopes.iter().map(|scope| scope.key).collect();
        self.memory.scopes.retain(|key, _| known.contains(key));
        for scope in &evidence.labels.scopes {
            let labels = own_labels(scope);
            let held = self.memory.scopes.remove(&scope.key);
            // One that is closed stays so until it has proven itself.
            if labels < FORGOTTEN_LABELS && !held.as_ref().is_some_and(|own| own.exact_only) {
                continue;
            }
            let used = held.as_ref().map_or(0, |own| own.track.used_labels);
            let is_new = scope.own.seen.labels != used && scope.own.seen.wrong > 0 && labels >= SCOPE_LABELS;
            if held.is_none() && !(is_new && self.may_part(scope)) {
                continue;
            }
            let is_kept = held.is_some();
            let mut own = held.unwrap_or_else(|| fresh(scope, self.settings.match_threshold));
            own.labels = labels;
            let moved = is_new && self.guard_scope(scope, &mut own);
            if is_kept || moved {
                self.memory.scopes.insert(scope.key, own);
            }
        }
    }

    fn guard_scope(&mut self, scope: &ScopeMatches, own: &mut ScopeMemory) -> bool {
        let (budget, limits) = (self.budget(), self.round.mandate.limits);
        let pooled = Matches { curve: self.pooled(scope), ..scope.own.clone() };
        let (to, closes, reason) = match guard(&pooled, own.threshold, budget, &limits) {
            Guarded::Stay => return false,
            Guarded::Raise(to, reason) => (to, own.exact_only, reason),
            Guarded::Close(reason) => (limits.threshold_max, true, reason),
        };
        own.track.step(Way::Tighter, scope.own.seen.labels, self.round.now_ms);
        if closes && !own.exact_only {
            self.restart.scopes.push(scope.key);
        }
        self.move_scope(own, to, closes, reason);
        true
    }

    /// A scope that has proven itself may go below the common threshold, and one that was closed may open.
    pub(super) fn loosen_scopes(&mut self) {
        if self.is_pinned(Setting::MatchThreshold) {
            return;
        }
        let wants_more = matches!(self.wanted(), Some((Way::Looser, _)));
        for scope in &self.round.evidence.labels.scopes {
            let held = self.memory.scopes.remove(&scope.key);
            if held.is_none() && !(wants_more && own_labels(scope) >= SCOPE_LABELS && self.may_part(scope)) {
                continue;
            }
            let is_kept = held.is_some();
            let mut own = held.unwrap_or_else(|| fresh(scope, self.settings.match_threshold));
            let waits = self.loosen_scope(scope, &mut own, wants_more);
            if is_kept || waits {
                self.memory.scopes.insert(scope.key, own);
            }
        }
    }

    /// Whether it is proven that it may, and wanted; then it does, after as many rounds as it takes.
    fn loosen_scope(&mut self, scope: &ScopeMatches, own: &mut ScopeMemory, wants_more: bool) -> bool {
        let limits = self.round.mandate.limits;
        let to = if own.exact_only { limits.threshold_max } else { looser(own.threshold, &limits) };
        // Its own labels prove it: what the others are worth says nothing of it here.
        let proof = wrong_at(&scope.own.curve, to).filter(|wrong| self.budget().is_proven(Some(wrong)));
        let is_step = own.exact_only || (wants_more && to < own.threshold);
        let Some(wrong) = proof.filter(|_| is_step && own_labels(scope) >= SCOPE_LABELS) else {
            own.track.rest();
            return false;
        };
        let reason = Reason::Proven { upper_pct: 100.0 * wrong.upper, labels: wrong.labels };
        let agreed = own.track.wait(Way::Looser, self.round.now_ms).is_ok();
        if agreed && scope.own.seen.labels != own.track.used_labels {
            own.track.step(Way::Looser, scope.own.seen.labels, self.round.now_ms);
            self.move_scope(own, to, false, reason);
        }
        true
    }

    fn move_scope(&mut self, own: &mut ScopeMemory, to: f64, exact_only: bool, reason: Reason) {
        let flag = |yes| f64::from(u8::from(yes));
        let moves = [
            (Setting::MatchThreshold, own.threshold, to),
            (Setting::ExactOnly, flag(own.exact_only), flag(exact_only)),
        ];
        for (setting, old, new) in moves.into_iter().filter(|(_, old, new)| old != new) {
            self.adjustments.push(Adjustment { setting, scope: Some(own.name.clone()), old, new, reason });
        }
        own.threshold = to;
        own.exact_only = exact_only;
    }

    /// Whether a scope may have a threshold of its own: there is room, and labels of others that it could differ from.
    fn may_part(&self, scope: &ScopeMatches) -> bool {
        let all = most_labels(&self.round.evidence.labels.matches.curve);
        self.memory.scopes.len() < MOST_SCOPES && all - own_labels(scope) >= SCOPE_LABELS
    }

    fn pooled(&self, scope: &ScopeMatches) -> Vec<WhatIf> {
        let rest = &self.round.evidence.labels.matches.curve;
        let lend = |(own, rest): (&WhatIf, &WhatIf)| WhatIf {
            wrong: own.wrong.map(|wrong| wrong.with(rest.wrong, LENT_LABELS)).or(rest.wrong),
            ..*own
        };
        scope.own.curve.iter().zip(rest).map(lend).collect()
    }
}

/// Labels of its own at or above the loosest threshold.
fn own_labels(scope: &ScopeMatches) -> f64 {
    most_labels(&scope.own.curve)
}

fn most_labels(curve: &[WhatIf]) -> f64 {
    curve.iter().filter_map(|point| point.wrong).map(|wrong| wrong.labels).fold(0.0, f64::max)
}

fn fresh(scope: &ScopeMatches, threshold: f64) -> ScopeMemory {
    let (exact_only, labels, track) = (false, 0.0, Track::default());
    ScopeMemory { name: scope.name.clone(), threshold, exact_only, labels, track }
}
