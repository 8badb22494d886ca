//! The time to live: shortened at once when repeats are out of date, kept longer where labels prove that they are not.

use lode_shared::{HoldReason, Reason, Setting, Settings};

use super::Draft;
use super::memory::Way;
use crate::domain::Hazard;

/// Repeats may be out of date half as often as matches may be wrong, beside them.
const SHARE_FOR_AGE: f64 = 0.5;
/// What is believed before any label: a quarter of the budget out of date at the default time to live, as sure as 333 answers
/// that were watched for ten minutes each make it. One changed answer may have been wrong from the start.
const BELIEVED_S: f64 = 200_000.0;
const BELIEVED_TTL_S: f64 = 1_200.0;
/// Fewer may be chance.
const FEW_CHANGES: f64 = 1.5;
/// Of the share of repeats that may be out of date.
const MUCH_USED: f64 = 0.75;

impl Draft<'_> {
    /// Share of repeats that may be out of date.
    pub(super) fn allowed_stale(&self) -> f64 {
        SHARE_FOR_AGE * self.budget().0
    }

    /// Shortens when answers were found changed since the last look, and are believed to change sooner than allowed.
    pub(super) fn guard_age(&mut self) {
        let seen = self.round.evidence.labels.changes_seen;
        let is_new = seen != self.memory.changes_seen && seen > 0;
        self.memory.changes_seen = seen;
        let (allowed, limits) = (self.allowed_stale(), self.round.mandate.limits);
        let Some(hazard) = self.round.evidence.labels.hazard.filter(|_| is_new && !self.is_pinned(Setting::Ttl)) else {
            return;
        };
        let believed = self.believed(hazard);
        let mut ttl_s = self.settings.ttl_s;
        while ttl_s > limits.ttl_min_s && believed.stale(ttl_s.into()) > allowed {
            ttl_s = ttl_s.saturating_sub(limits.ttl_step_s).max(limits.ttl_min_s);
        }
        let stale_pct = 100.0 * hazard.stale(self.settings.ttl_s.into());
        let reason = Reason::Stale { stale_pct, allowed_pct: 100.0 * allowed };
        if self.set(Setting::Ttl, ttl_s.into(), reason) {
            self.memory.ttl.step(Way::Tighter, seen, self.round.now_ms);
        }
    }

    /// Longer when that is wanted and proven, shorter when nothing is lost by it.
    pub(super) fn steer_age(&mut self) {
        if self.adjustments.iter().any(|step| step.setting == Setting::Ttl) || self.wants.hit_rate_pct.is_none() {
            return;
        }
        let (limits, wants, ttl_s) = (self.round.mandate.limits, self.wants, self.settings.ttl_s);
        let (longer, shorter) = (
            ttl_s.saturating_add(limits.ttl_step_s).min(limits.ttl_max_s),
            ttl_s.saturating_sub(limits.ttl_step_s).max(limits.ttl_min_s),
        );
        // While success is below target the time to live stays: memory may be all that still answers, and be right.
        let wish = if wants.failing {
            None
        } else if self.wants_longer() {
            self.fresh(longer).map(|reason| (Way::Looser, longer, reason))
        } else if wants.much_faster && wants.ample_hits && self.has_changes() {
            // Where answers hold, fresher ones are worth nothing.
            Some((Way::Tighter, shorter, Reason::MuchFaster { response_s: wants.response_s }))
        } else {
            None
        };
        let Some((way, to, reason)) = wish.filter(|(_, to, _)| *to != ttl_s) else {
            if wants.slow && ttl_s == limits.ttl_max_s {
                self.held.push(HoldReason::AtLimit(Setting::Ttl));
            }
            return self.memory.ttl.rest();
        };
        if self.is_pinned(Setting::Ttl) {
            return self.held.push(HoldReason::Pinned(Setting::Ttl));
        }
        if self.memory.ttl.wait(way, self.round.now_ms).is_ok() && self.set(Setting::Ttl, to.into(), reason) {
            self.memory.ttl.step(way, 0, self.round.now_ms);
        }
    }

    /// Whether answers were found changed, more than once and not long ago, and much of what is allowed is used up.
    fn has_changes(&self) -> bool {
        let Some(hazard) = self.round.evidence.labels.hazard.filter(|_| self.round.reward.is_none()) else {
            return false;
        };
        let stale = self.believed(hazard).stale(self.settings.ttl_s.into());
        hazard.changed >= FEW_CHANGES && stale > MUCH_USED * self.allowed_stale()
    }

    /// With what is believed before any label: half of the repeats of an answer come after half of its time, so a rate of
    /// `allowed / ttl` makes half of what is allowed.
    fn believed(&self, hazard: Hazard) -> Hazard {
        hazard.with(self.allowed_stale() / BELIEVED_TTL_S * BELIEVED_S, BELIEVED_S)
    }

    /// A target is missed that hits would help, or the reward counts each of them, or it was shortened for a reason that may
    /// have gone.
    fn wants_longer(&self) -> bool {
        let usual_s = Settings::DEFAULT.ttl_s.min(self.round.mandate.limits.ttl_max_s);
        self.wants.slow || self.wants.few_hits || self.round.reward.is_some() || self.has_recovered(usual_s)
    }

    /// Whether it is shorter than usual although the usual one is proven.
    fn has_recovered(&self, usual_s: u32) -> bool {
        self.settings.ttl_s < usual_s && self.fresh(usual_s).is_some()
    }

    /// The proof that repeats within `ttl_s` are not out of date more often than allowed.
    fn fresh(&self, ttl_s: u32) -> Option<Reason> {
        let upper = self.round.evidence.labels.hazard?.stale_upper(ttl_s.into());
        (upper <= self.allowed_stale()).then_some(Reason::Fresh { stale_upper_pct: 100.0 * upper })
    }
}
