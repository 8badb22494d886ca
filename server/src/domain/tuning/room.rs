//! Room and second solvers: what is cheap to have more of when a target is missed.

use lode_shared::{Reason, Setting};

use super::Draft;
use super::memory::Way;

/// Of the answers that left, this share did so for want of room: then more room helps.
const CROWDED_PCT: f64 = 10.0;
/// Fewer than this share in use for an hour: then less will do.
const ROOMY_PCT: f64 = 40.0;
/// A step of the capacity.
const GROWTH: f64 = 1.25;
/// A step of the percentile after which a second solver is asked.
const HEDGE_STEP: u32 = 5;

impl Draft<'_> {
    /// More room when hits are wanted and answers leave for want of it; less when most of it is never used.
    pub(super) fn steer_room(&mut self) {
        let room = self.round.evidence.room;
        let (crowded, expired) = self.memory.left;
        // Counters begin anew with the process.
        let crowded = room.crowded.saturating_sub(crowded) as f64;
        let expired = room.expired.saturating_sub(expired) as f64;
        self.memory.left = (room.crowded, room.expired);
        if self.is_pinned(Setting::Capacity) {
            return;
        }
        let capacity = self.settings.capacity as f64;
        let crowded_pct = 100.0 * crowded / (crowded + expired).max(1.0);
        let used_pct = 100.0 * room.entries as f64 / capacity.max(1.0);
        let wants_hits = self.wants.few_hits || self.wants.slow || self.round.reward.is_some();
        let (way, to, reason) = if wants_hits && crowded >= 1.0 && crowded_pct >= CROWDED_PCT {
            (Way::Looser, capacity * GROWTH, Reason::Crowded { crowded_pct })
        } else if used_pct < ROOMY_PCT && crowded == 0.0 {
            (Way::Tighter, capacity / GROWTH, Reason::Roomy { used_pct })
        } else {
            return self.memory.capacity.rest();
        };
        let limits = &self.round.mandate.limits;
        let to = (to.round() as u64).clamp(limits.capacity_min, limits.capacity_max);
        if self.memory.capacity.wait(way, self.round.now_ms).is_ok() && self.set(Setting::Capacity, to as f64, reason) {
            self.memory.capacity.step(way, 0, self.round.now_ms);
        }
    }

    /// A second solver sooner when answers are slow, later when they are much faster than they need be.
    pub(super) fn steer_hedge(&mut self) {
        if !self.round.evidence.hedges || self.is_pinned(Setting::HedgePercentile) {
            return;
        }
        let (limits, here) = (self.round.mandate.limits, self.settings.hedge_percentile);
        let response_s = self.wants.response_s;
        let (way, to, reason) = if self.wants.slow {
            (Way::Looser, here.saturating_sub(HEDGE_STEP), Reason::Slow { response_s })
        } else if self.wants.much_faster {
            (Way::Tighter, here + HEDGE_STEP, Reason::MuchFaster { response_s })
        } else {
            return self.memory.hedge.rest();
        };
        let to = to.clamp(limits.hedge_min, limits.hedge_max);
        let agreed = self.memory.hedge.wait(way, self.round.now_ms).is_ok();
        if agreed && self.set(Setting::HedgePercentile, to.into(), reason) {
            self.memory.hedge.step(way, 0, self.round.now_ms);
        }
    }
}
