//! What the operator lets the tuner do: targets, budget, limits, mode and pins.
//!
//! A *target* is what the operator wants, the *budget* is what may never be traded for it, a *setting* is what the tuner
//! moves, a *limit* is what it may not cross, a *pin* is a setting that the operator holds himself.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{FieldError, RawTargets, Setting, Settings, Targets};

/// Who decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// What the tuner may not cross, and how far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// Settings that the operator holds himself; the tuner leaves them alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
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

/// A change of one part of the mandate, as it arrives and is previewed: `{"budget": {"false_hit_pct": 0.5}}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// `PUT /api/v1/tuner/targets`
    Targets(RawTargets),
    /// `PUT /api/v1/tuner/budget`
    Budget(RawBudget),
    /// `PUT /api/v1/tuner/limits`
    Limits(Limits),
    /// `PUT /api/v1/tuner/mode`
    Mode(RawMode),
    /// `PUT /api/v1/tuner/pins`: all of them; what is left out is the tuner's again.
    Pins(Pins),
}

/// The body of `PUT /api/v1/tuner/budget`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBudget {
    /// Share of the answers from memory that may be wrong, percent, 0.05 to 20.
    pub false_hit_pct: f64,
}

/// The body of `PUT /api/v1/tuner/mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMode {
    /// `auto`, `hold` or `exact_only`.
    pub mode: Mode,
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
            Change::Limits(limits) => Self { limits, ..self },
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

impl Change {
    /// Which part it changes: the last word of its route.
    pub fn part(&self) -> &'static str {
        match self {
            Self::Targets(_) => "targets",
            Self::Budget(_) => "budget",
            Self::Limits(_) => "limits",
            Self::Mode(_) => "mode",
            Self::Pins(_) => "pins",
        }
    }

    /// The same part as `mandate` has it.
    pub fn of(&self, mandate: &Mandate) -> Self {
        match self {
            Self::Targets(_) => Self::Targets(mandate.targets.into()),
            Self::Budget(_) => Self::Budget(RawBudget { false_hit_pct: mandate.budget_pct }),
            Self::Limits(_) => Self::Limits(mandate.limits),
            Self::Mode(_) => Self::Mode(RawMode { mode: mandate.mode }),
            Self::Pins(_) => Self::Pins(mandate.pins),
        }
    }
}

/// A change of the mandate that was made: a row of `GET /api/v1/tuner/audit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// From which address, and with which program.
    pub who: String,
    /// The mandate's version from then on.
    pub version: u64,
    /// What it was.
    pub old: Change,
    /// What it became.
    pub new: Change,
}

/// What a change would have done over the recorded rounds: the answer of `POST /api/v1/tuner/preview`.
///
/// Rounds are decided again from what they saw. What they saw would itself have been different under other settings, so
/// hits and response time at the end are estimates, from the labels of the last round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Rounds that were decided again.
    pub rounds: u32,
    /// When the first of them was held, milliseconds since the Unix epoch; absent without any.
    pub since_ms: Option<u64>,
    /// As things are.
    pub before: Replay,
    /// With the change.
    pub after: Replay,
}

/// What came of recorded rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Settings moved.
    pub moves: u32,
    /// Where they ended.
    pub settings: Settings,
    /// Hit rate there, percent.
    pub hit_rate_pct: Option<f64>,
    /// Mean response time there, seconds.
    pub response_s: Option<f64>,
    /// Share of wrong answers among those to similar prompts there, percent; absent where nothing was labelled.
    pub wrong_pct: Option<f64>,
    /// Upper end of its one-sided 95 % interval, percent.
    pub wrong_upper_pct: Option<f64>,
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
    fn limits_that_would_leave_a_pin_outside_are_refused() {
        let pins = Pins { match_threshold: Some(0.91), ..Pins::default() };
        let pinned = Mandate::default().with(&Change::Pins(pins)).expect("within the limits");
        assert_eq!(pinned.allow(Settings::default()).match_threshold, 0.91);
        let narrower = Limits { threshold_min: 0.94, ..Limits::default() };
        let faults = pinned.with(&Change::Limits(narrower)).expect_err("0.91 is below");
        assert_eq!(faults[0].field, "match_threshold");
    }

    #[test]
    fn a_change_reads_as_its_part_and_its_values() {
        let json = r#"{"budget":{"false_hit_pct":0.5}}"#;
        let change: Change = serde_json::from_str(json).expect("a change");
        assert_eq!((change.part(), serde_json::to_string(&change).expect("plain")), ("budget", json.to_owned()));
        let before = change.of(&Mandate::default());
        assert_eq!(before, Change::Budget(RawBudget { false_hit_pct: 1.0 }));
        assert!(serde_json::from_str::<Change>(r#"{"budget":{"percent":1}}"#).is_err(), "an unknown field");
    }
}
