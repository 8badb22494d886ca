//! What the operator lets the tuner do: targets, budget, limits, mode and pins.
//!
//! A *target* is what the operator wants, the *budget* is what may never be traded for it, a *setting* is what the tuner
//! moves, a *limit* is what it may not cross, a *pin* is a setting that the operator holds himself.

mod change;
mod limits;

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

pub use change::{AuditRow, Change, Preview, RawBudget, RawMode, Replay};
pub use limits::{Limits, on_grid};

use crate::{FieldError, Setting, Settings, Targets};

/// Who decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The tuner.
    #[default]
    Auto,
    /// Nobody: settings stay as they are.
    Hold,
    /// The operator, in an emergency: memory answers exact repeats alone.
    ExactOnly,
}

impl Mode {
    /// The word used in the API and on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Hold => "hold",
            Self::ExactOnly => "exact_only",
        }
    }
}

/// Settings that the operator holds himself; the tuner leaves them alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Pins {
    /// The match threshold, in every scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_threshold: Option<f64>,
    /// The time to live, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u32>,
    /// How many answers the cache holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// The share of answers to similar prompts that is checked, percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_pct: Option<f64>,
    /// The percentile after which a hedge asks a second solver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hedge_percentile: Option<u32>,
}

impl Pins {
    /// Whether the operator holds this one.
    pub fn hold(&self, setting: Setting) -> bool {
        match setting {
            Setting::MatchThreshold => self.match_threshold.is_some(),
            Setting::Ttl => self.ttl_s.is_some(),
            Setting::Capacity => self.capacity.is_some(),
            Setting::ShadowShare => self.shadow_pct.is_some(),
            Setting::HedgePercentile => self.hedge_percentile.is_some(),
            Setting::ExactOnly => false,
        }
    }

    /// `settings` with what is pinned.
    pub fn apply(&self, settings: Settings) -> Settings {
        Settings {
            match_threshold: self.match_threshold.unwrap_or(settings.match_threshold),
            ttl_s: self.ttl_s.unwrap_or(settings.ttl_s),
            capacity: self.capacity.unwrap_or(settings.capacity),
            shadow_pct: self.shadow_pct.unwrap_or(settings.shadow_pct),
            hedge_percentile: self.hedge_percentile.unwrap_or(settings.hedge_percentile),
            exact_only: settings.exact_only,
        }
    }

    fn faults(&self, limits: &Limits) -> Vec<FieldError> {
        let pinned = self.apply(limits.clamp(Settings::default()));
        let within = limits.clamp(pinned);
        let checks = [
            ("match_threshold", pinned.match_threshold == within.match_threshold),
            ("ttl_s", pinned.ttl_s == within.ttl_s),
            ("capacity", pinned.capacity == within.capacity),
            ("shadow_pct", pinned.shadow_pct == within.shadow_pct),
            ("hedge_percentile", pinned.hedge_percentile == within.hedge_percentile),
        ];
        let outside = checks.into_iter().filter(|(_, is_within)| !is_within);
        let message = |field| format!("The pinned {field} is outside the tuner's limits; change the limits first.");
        outside.map(|(field, _)| FieldError { field: field.into(), message: message(field) }).collect()
    }
}

/// Everything that the operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Mandate {
    /// What the operator wants.
    pub targets: Targets,
    /// Share of the answers from memory that may be wrong, percent, 0.05 to 20: never traded for a target.
    pub budget_pct: f64,
    /// What the tuner may not cross.
    pub limits: Limits,
    /// Who decides.
    pub mode: Mode,
    /// Settings that the operator holds himself.
    pub pins: Pins,
}

impl Default for Mandate {
    fn default() -> Self {
        Self {
            targets: Targets::default(),
            budget_pct: 1.0,
            limits: Limits::default(),
            mode: Mode::Auto,
            pins: Pins::default(),
        }
    }
}

impl Mandate {
    /// Allowed budgets, percent.
    pub const BUDGET_PCT: RangeInclusive<f64> = 0.05..=20.0;

    /// This with `change`, or every fault in it.
    pub fn with(self, change: &Change) -> Result<Self, Vec<FieldError>> {
        let fault = |field: &str, message: &str| vec![FieldError { field: field.into(), message: message.into() }];
        let changed = match *change {
            Change::Targets(raw) => Self { targets: Targets::new(raw)?, ..self },
            Change::Budget(RawBudget { false_hit_pct }) if !Self::BUDGET_PCT.contains(&false_hit_pct) => {
                return Err(fault("false_hit_pct", "The budget is a share of wrong answers: 0.05 to 20 percent."));
            }
            Change::Budget(RawBudget { false_hit_pct }) => Self { budget_pct: false_hit_pct, ..self },
            Change::Limits(limits) => Self { limits: limits.rounded(), ..self },
            Change::Mode(RawMode { mode }) => Self { mode, ..self },
            Change::Pins(pins) => Self { pins, ..self },
        };
        let mut faults = changed.limits.faults();
        if faults.is_empty() {
            faults = changed.pins.faults(&changed.limits);
        }
        if faults.is_empty() { Ok(changed) } else { Err(faults) }
    }

    /// `settings` as this allows them.
    pub fn allow(&self, settings: Settings) -> Settings {
        self.pins.apply(self.limits.clamp(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RawTargets;

    #[test]
    fn a_change_out_of_range_names_its_fields() {
        let fields = |change: Change| -> Vec<String> {
            let faults = Mandate::default().with(&change).expect_err("out of range");
            faults.into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields(Change::Budget(RawBudget { false_hit_pct: f64::NAN })), ["false_hit_pct"]);
        let limits = Limits { threshold_min: 0.99, ttl_min_s: 0, ..Limits::default() };
        assert_eq!(fields(Change::Limits(limits)), ["threshold_min", "ttl_min_s"]);
        let pins = Pins { ttl_s: Some(5), ..Pins::default() };
        assert_eq!(fields(Change::Pins(pins)), ["ttl_s"], "outside the limits");
        let raw = RawTargets { success_pct: 185.0, ..Targets::default().into() };
        assert_eq!(fields(Change::Targets(raw)), ["success_pct"]);
    }

    #[test]
    fn limits_are_as_fine_as_settings_are_and_not_too_fine_to_look_at() {
        let odd = Limits { threshold_max: 0.980_04, shadow_min_pct: 2.04, ..Limits::default() };
        let changed = Mandate::default().with(&Change::Limits(odd)).expect("rounded");
        assert_eq!((changed.limits.threshold_max, changed.limits.shadow_min_pct), (0.98, 2.0));
        let fine = Limits { threshold_min: 0.5, threshold_step: 0.0005, ..Limits::default() };
        let faults = Mandate::default().with(&Change::Limits(fine)).expect_err("960 steps");
        assert_eq!(faults[0].field, "threshold_step");
    }

    #[test]
    fn limits_that_would_leave_a_pin_outside_are_refused() {
        let pins = Pins { match_threshold: Some(0.91), ..Pins::default() };
        let pinned = Mandate::default().with(&Change::Pins(pins)).expect("within the limits");
        assert_eq!(pinned.allow(Settings::default()).match_threshold, 0.91);
        let narrower = Limits { threshold_min: 0.94, ..Limits::default() };
        let faults = pinned.with(&Change::Limits(narrower)).expect_err("0.91 is below");
        assert_eq!(faults[0].field, "match_threshold");
    }
}
