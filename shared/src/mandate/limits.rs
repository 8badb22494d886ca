//! What the tuner may not cross.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Settings};

/// What the tuner may not cross, and how far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Lowest match threshold, 0.5 to `threshold_max`.
    pub threshold_min: f64,
    /// Highest match threshold, to 0.9999.
    pub threshold_max: f64,
    /// One step of the match threshold, 0.0005 to 0.05.
    pub threshold_step: f64,
    /// Shortest time to live, seconds, 1 to `ttl_max_s`.
    pub ttl_min_s: u32,
    /// Longest time to live, seconds, to 604,800.
    pub ttl_max_s: u32,
    /// One step of the time to live, seconds, 1 to 86,400.
    pub ttl_step_s: u32,
    /// Fewest answers that the cache may hold, 1 to `capacity_max`.
    pub capacity_min: u64,
    /// Most answers that the cache may hold, to 100,000,000.
    pub capacity_max: u64,
    /// Least share of the answers to similar prompts that is checked, percent, 0 to `shadow_max_pct`.
    pub shadow_min_pct: f64,
    /// Largest share of them, percent, to 100.
    pub shadow_max_pct: f64,
    /// The earliest that a hedge asks a second solver: after this percentile of the first one's times, 50 to `hedge_max`.
    pub hedge_min: u32,
    /// The latest, to 99.
    pub hedge_max: u32,
}

/// Thresholds that a round looks at.
const MOST_STEPS: f64 = 100.0;

impl Default for Limits {
    fn default() -> Self {
        Self {
            threshold_min: 0.90,
            threshold_max: 0.98,
            threshold_step: 0.01,
            ttl_min_s: 600,
            ttl_max_s: 1_800,
            ttl_step_s: 60,
            capacity_min: 500,
            capacity_max: 2_000,
            shadow_min_pct: 2.0,
            shadow_max_pct: 25.0,
            hedge_min: 75,
            hedge_max: 99,
        }
    }
}

impl Limits {
    /// Every field that is out of its range.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut demand = |ok: bool, field: &str, message: &str| {
            if !ok {
                faults.push(FieldError { field: field.into(), message: message.into() });
            }
        };
        let Self { threshold_min, threshold_max, ttl_min_s, ttl_max_s, capacity_min, capacity_max, .. } = *self;
        demand(
            (0.5..=threshold_max).contains(&threshold_min),
            "threshold_min",
            "The lowest threshold must be 0.5 to the highest.",
        );
        demand(
            (0.5..=0.9999).contains(&threshold_max),
            "threshold_max",
            "The highest threshold must be 0.5 to 0.9999.",
        );
        demand(
            (0.0005..=0.05).contains(&self.threshold_step),
            "threshold_step",
            "A step of the threshold must be 0.0005 to 0.05.",
        );
        demand(
            threshold_max - threshold_min <= MOST_STEPS * self.threshold_step,
            "threshold_step",
            "There may be at most a hundred steps from the lowest threshold to the highest.",
        );
        demand(
            (1..=ttl_max_s).contains(&ttl_min_s),
            "ttl_min_s",
            "The shortest time to live must be 1 second to the longest.",
        );
        demand(
            (1..=604_800).contains(&ttl_max_s),
            "ttl_max_s",
            "The longest time to live must be 1 to 604,800 seconds, a week.",
        );
        demand(
            (1..=86_400).contains(&self.ttl_step_s),
            "ttl_step_s",
            "A step of the time to live must be 1 to 86,400 seconds.",
        );
        demand(
            (1..=capacity_max).contains(&capacity_min),
            "capacity_min",
            "The smallest capacity must be 1 to the largest.",
        );
        demand(
            (1..=100_000_000).contains(&capacity_max),
            "capacity_max",
            "The largest capacity must be 1 to 100,000,000 answers.",
        );
        demand(
            (0.0..=self.shadow_max_pct).contains(&self.shadow_min_pct),
            "shadow_min_pct",
            "The least share of checks must be 0 percent to the largest.",
        );
        demand(
            (0.0..=100.0).contains(&self.shadow_max_pct),
            "shadow_max_pct",
            "The largest share of checks must be 0 to 100 percent.",
        );
        demand(
            (50..=self.hedge_max).contains(&self.hedge_min),
            "hedge_min",
            "The earliest hedge must be the 50th percentile to the latest.",
        );
        demand(
            (50..=99).contains(&self.hedge_max),
            "hedge_max",
            "The latest hedge must be the 50th to the 99th percentile.",
        );
        faults
    }

    /// With thresholds and shares of as many digits as settings have: a step must be able to reach its limit.
    #[must_use]
    pub fn rounded(self) -> Self {
        let tenths = |value: f64| (10.0 * value).round() / 10.0;
        Self {
            threshold_min: on_grid(self.threshold_min),
            threshold_max: on_grid(self.threshold_max),
            threshold_step: on_grid(self.threshold_step),
            shadow_min_pct: tenths(self.shadow_min_pct),
            shadow_max_pct: tenths(self.shadow_max_pct),
            ..self
        }
    }

    /// The settings nearest to `settings` that are within the limits.
    pub fn clamp(&self, settings: Settings) -> Settings {
        Settings {
            match_threshold: settings.match_threshold.clamp(self.threshold_min, self.threshold_max),
            ttl_s: settings.ttl_s.clamp(self.ttl_min_s, self.ttl_max_s),
            capacity: settings.capacity.clamp(self.capacity_min, self.capacity_max),
            shadow_pct: settings.shadow_pct.clamp(self.shadow_min_pct, self.shadow_max_pct),
            hedge_percentile: settings.hedge_percentile.clamp(self.hedge_min, self.hedge_max),
            exact_only: settings.exact_only,
        }
    }

    /// Every threshold that may be set, ascending.
    pub fn thresholds(&self) -> Vec<f64> {
        let steps = ((self.threshold_max - self.threshold_min) / self.threshold_step + 1e-9).floor() as u32;
        let mut all: Vec<_> =
            (0..=steps).map(|step| on_grid(self.threshold_min + f64::from(step) * self.threshold_step)).collect();
        // A span that is no multiple of the step ends with a shorter one.
        let most = on_grid(self.threshold_max);
        if all.last().is_some_and(|last| *last < most) {
            all.push(most);
        }
        all
    }
}

/// Sums of 0.01 drift in binary; a threshold is a multiple of a ten-thousandth.
pub fn on_grid(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_of_the_default_limits_are_nine_hundredths() {
        let all = Limits::default().thresholds();
        assert_eq!(all, [0.90, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98]);
        let uneven = Limits { threshold_step: 0.03, ..Limits::default() };
        assert_eq!(uneven.thresholds(), [0.90, 0.93, 0.96, 0.98]);
    }
}
