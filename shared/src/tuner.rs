//! Targets and settings of the tuner, and what it looks at.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::{Decision, FieldError, Limits, Mode, Pins, Setting};

/// Targets as they arrive, not yet checked: the body of `PUT /api/v1/tuner/targets` and the state of the form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTargets {
    /// Mean response time to stay under, in seconds: 0.1 to 20.
    pub response_s: f64,
    /// Share of answers to get right, in percent: 1 to 100.
    pub success_pct: f64,
    /// Share of questions to answer from the cache, in percent: 0 to 100.
    pub hit_rate_pct: f64,
}

/// What the operator wants.
///
/// Always within the ranges below: [`Targets::new`] is the only way to make one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(into = "RawTargets", try_from = "RawTargets")]
pub struct Targets(RawTargets);

impl Targets {
    /// Allowed response times, seconds. The upper end is the task timeout: a slower answer is never sent.
    pub const RESPONSE_S: RangeInclusive<f64> = 0.1..=20.0;
    /// Allowed success shares, percent.
    pub const SUCCESS_PCT: RangeInclusive<f64> = 1.0..=100.0;
    /// Allowed hit shares, percent.
    pub const HIT_RATE_PCT: RangeInclusive<f64> = 0.0..=100.0;

    /// Checks every field and reports all faults at once, so that a form can show each beside its field.
    pub fn new(raw: RawTargets) -> Result<Self, Vec<FieldError>> {
        let checks = [
            ("response_s", raw.response_s, Self::RESPONSE_S, "Response time must be 0.1 to 20 seconds."),
            ("success_pct", raw.success_pct, Self::SUCCESS_PCT, "Success is a share: 1 to 100 percent."),
            ("hit_rate_pct", raw.hit_rate_pct, Self::HIT_RATE_PCT, "Cache hits are a share: 0 to 100 percent."),
        ];
        let faults: Vec<_> = checks
            .into_iter()
            .filter(|(_, value, range, _)| !range.contains(value))
            .map(|(field, _, _, message)| FieldError { field: field.into(), message: message.into() })
            .collect();
        if faults.is_empty() { Ok(Self(raw)) } else { Err(faults) }
    }

    /// Mean response time to stay under, seconds.
    pub fn response_s(&self) -> f64 {
        self.0.response_s
    }

    /// Share of answers to get right, percent.
    pub fn success_pct(&self) -> f64 {
        self.0.success_pct
    }

    /// Share of questions to answer from the cache, percent.
    pub fn hit_rate_pct(&self) -> f64 {
        self.0.hit_rate_pct
    }
}

impl Default for Targets {
    fn default() -> Self {
        Self(RawTargets { response_s: 1.5, success_pct: 85.0, hit_rate_pct: 50.0 })
    }
}

impl From<Targets> for RawTargets {
    fn from(targets: Targets) -> Self {
        targets.0
    }
}

impl TryFrom<RawTargets> for Targets {
    type Error = String;

    fn try_from(raw: RawTargets) -> Result<Self, String> {
        Self::new(raw).map_err(|faults| faults.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join(" "))
    }
}

/// What the tuner moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Settings {
    /// Least probability of being right at which a remembered answer is given to a *similar* question, 0 to 1, in scopes
    /// that have none of their own. Lower is more aggressive. Exact repeats do not depend on it.
    pub match_threshold: f64,
    /// How long an answer may be given again, seconds.
    pub ttl_s: u32,
    /// How many answers the cache holds.
    pub capacity: u64,
    /// Share of the answers to similar prompts that is solved again and compared, percent.
    pub shadow_pct: f64,
    /// A hedge asks its second solver after this percentile of the first one's times.
    pub hedge_percentile: u32,
    /// Whether memory answers exact repeats alone, because its other answers were wrong too often.
    pub exact_only: bool,
}

impl Settings {
    /// As a miner starts.
    pub const DEFAULT: Self = Self {
        match_threshold: 0.95,
        ttl_s: 1_200,
        capacity: 500,
        shadow_pct: 5.0,
        hedge_percentile: 95,
        exact_only: false,
    };

    /// A setting as a number.
    pub fn get(&self, setting: Setting) -> f64 {
        match setting {
            Setting::MatchThreshold => self.match_threshold,
            Setting::Ttl => self.ttl_s.into(),
            Setting::Capacity => self.capacity as f64,
            Setting::ShadowShare => self.shadow_pct,
            Setting::HedgePercentile => self.hedge_percentile.into(),
            Setting::ExactOnly => f64::from(u8::from(self.exact_only)),
        }
    }

    /// Sets one from a number.
    pub fn set(&mut self, setting: Setting, value: f64) {
        match setting {
            Setting::MatchThreshold => self.match_threshold = value,
            Setting::Ttl => self.ttl_s = value as u32,
            Setting::Capacity => self.capacity = value as u64,
            Setting::ShadowShare => self.shadow_pct = value,
            Setting::HedgePercentile => self.hedge_percentile = value as u32,
            Setting::ExactOnly => self.exact_only = value > 0.5,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the last requests looked like. Every figure is absent until something was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Observed {
    /// How many of the last requests the figures rest on.
    pub samples: u32,
    /// Mean response time, seconds.
    pub response_s: Option<f64>,
    /// Share of requests answered in time and validly, percent.
    pub success_pct: Option<f64>,
    /// Share of cacheable questions answered from memory, percent.
    pub hit_rate_pct: Option<f64>,
    /// Of these, with the answer to a similar prompt, or beyond its time to live: what the threshold acts on.
    #[serde(default)]
    pub similar_pct: Option<f64>,
    /// Success share of the answers from memory, percent.
    #[serde(default)]
    pub hit_success_pct: Option<f64>,
    /// Mean response time of what memory did not answer, seconds.
    #[serde(default)]
    pub miss_response_s: Option<f64>,
    /// Success share of what memory did not answer, percent.
    #[serde(default)]
    pub miss_success_pct: Option<f64>,
    /// Mean cost of those answers of a solver whose cost is known, US dollars.
    #[serde(default)]
    pub miss_cost_usd: Option<f64>,
}

/// The tuner's part of the snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PerformanceTuning {
    /// The human line, e.g. `Performance Tuner: Response=1.2s, Success=87%, Cache=55%`.
    pub status: String,
    /// The targets in force.
    pub targets: Targets,
    /// The settings in force.
    pub settings: Settings,
    /// The limits in force.
    pub limits: Limits,
    /// Share of the answers from memory that may be wrong, percent.
    #[serde(default)]
    pub budget_pct: f64,
    /// Who decides.
    #[serde(default)]
    pub mode: Mode,
    /// Settings that the operator holds himself.
    #[serde(default)]
    pub pins: Pins,
    /// Counts changes of the operator's: what `If-Match` compares.
    #[serde(default)]
    pub version: u64,
    /// Scopes with a threshold of their own, strictest first.
    #[serde(default)]
    pub scopes: Vec<ScopeThreshold>,
    /// How often each setting was moved since the start, as far as it was.
    #[serde(default)]
    pub moves: Vec<Moves>,
    /// The last requests, as the next round would see them.
    pub observed: Observed,
    /// Seconds between rounds.
    pub interval_s: u32,
    /// When the next round is due, milliseconds since the Unix epoch.
    pub next_round_ms: u64,
    /// The last decisions, newest first, at most 20.
    pub decisions: Vec<Decision>,
}

/// How often the tuner has moved a setting, in whatever scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Moves {
    /// Which.
    pub setting: Setting,
    /// Since the start.
    pub count: u64,
}

/// A scope whose labels say something else than all others'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScopeThreshold {
    /// Synapse and scope, as an operator knows them.
    pub scope: String,
    /// Its match threshold.
    pub match_threshold: f64,
    /// Whether exact repeats alone are answered in it.
    pub exact_only: bool,
    /// Labels of its own that this rests on; older ones count less.
    pub labels: f64,
}

impl Observed {
    /// The line that operators know: `Performance Tuner: Response=1.2s, Success=87%, Cache=55%`.
    pub fn status_line(&self) -> String {
        let share = |value: Option<f64>| value.map_or("no data yet".into(), |value| format!("{value:.0}%"));
        format!(
            "Performance Tuner: Response={}, Success={}, Cache={}",
            self.response_s.map_or("no data yet".into(), |value| format!("{value:.1}s")),
            share(self.success_pct),
            share(self.hit_rate_pct),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_out_of_range_is_named() {
        let raw = RawTargets { response_s: 0.0, success_pct: 185.0, hit_rate_pct: f64::NAN };
        let faults = Targets::new(raw).expect_err("all three are out of range");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["response_s", "success_pct", "hit_rate_pct"]);
    }

    #[test]
    fn the_ends_of_each_range_are_allowed() {
        for raw in [
            RawTargets { response_s: 0.1, success_pct: 1.0, hit_rate_pct: 0.0 },
            RawTargets { response_s: 20.0, success_pct: 100.0, hit_rate_pct: 100.0 },
        ] {
            assert!(Targets::new(raw).is_ok(), "{raw:?}");
        }
    }

    #[test]
    fn targets_out_of_range_do_not_deserialise() {
        let json = r#"{"response_s":1.5,"success_pct":185,"hit_rate_pct":50}"#;
        let error = serde_json::from_str::<Targets>(json).expect_err("185 percent");
        assert!(error.to_string().contains("1 to 100"), "{error}");
    }

    #[test]
    fn a_status_line_without_data_says_so() {
        assert_eq!(
            Observed::default().status_line(),
            "Performance Tuner: Response=no data yet, Success=no data yet, Cache=no data yet"
        );
    }

    #[test]
    fn a_status_line_reads_as_operators_know_it() {
        let observed = Observed {
            samples: 100,
            response_s: Some(1.21),
            success_pct: Some(87.0),
            hit_rate_pct: Some(55.0),
            ..Observed::default()
        };
        assert_eq!(observed.status_line(), "Performance Tuner: Response=1.2s, Success=87%, Cache=55%");
    }
}
