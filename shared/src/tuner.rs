//! Targets, settings, limits and decisions of the tuner.
//!
//! A *target* is what the operator wants, a *setting* is what the tuner moves, a *limit* is what it may not cross.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::FieldError;

/// Targets as they arrive, not yet checked: the body of `PUT /api/v1/tuner/targets` and the state of the form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTargets {
    /// Mean response time to stay under, in seconds: 0.1 to 20.
    pub response_s: f64,
    /// Share of answers to get right, in percent: 1 to 100.
    pub success_pct: f64,
    /// Share of questions to answer from the cache, in percent: 0 to 100.
    pub hit_rate_pct: f64,
}

/// What the operator wants. Always within the ranges below: [`Targets::new`] is the only way to make one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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

/// What the tuner moves and the cache reads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Least probability of being right at which a remembered answer is given to a *similar* question, 0 to 1.
    /// Lower is more aggressive. Exact repeats do not depend on it.
    pub match_threshold: f64,
    /// How long an answer may be given again, seconds.
    pub ttl_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { match_threshold: 0.95, ttl_s: 1_200 }
    }
}

/// What the tuner may not cross, and how far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Lowest match threshold.
    pub threshold_min: f64,
    /// Highest match threshold.
    pub threshold_max: f64,
    /// One step of the match threshold.
    pub threshold_step: f64,
    /// Shortest time to live, seconds.
    pub ttl_min_s: u32,
    /// Longest time to live, seconds.
    pub ttl_max_s: u32,
    /// One step of the time to live, seconds.
    pub ttl_step_s: u32,
}

impl Limits {
    /// The settings nearest to `settings` that are within the limits.
    pub fn clamp(&self, settings: Settings) -> Settings {
        Settings {
            match_threshold: settings.match_threshold.clamp(self.threshold_min, self.threshold_max),
            ttl_s: settings.ttl_s.clamp(self.ttl_min_s, self.ttl_max_s),
        }
    }
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
        }
    }
}

/// What the last requests looked like. Every figure is absent until something was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// How many of the last requests the figures rest on.
    pub samples: u32,
    /// Mean response time, seconds.
    pub response_s: Option<f64>,
    /// Share of requests answered in time and validly, percent.
    pub success_pct: Option<f64>,
    /// Share of cacheable questions answered from memory, percent.
    pub hit_rate_pct: Option<f64>,
}

/// One round of the tuner: what it saw, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The evidence it rests on.
    pub observed: Observed,
    /// The targets it steered towards.
    pub targets: Targets,
    /// What it did.
    pub step: Step,
}

/// What a round did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Nothing, for this reason.
    Held(HoldReason),
    /// Moved these settings.
    Adjusted(Vec<Adjustment>),
}

/// A setting that moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Which.
    pub setting: Setting,
    /// Its value before.
    pub old: f64,
    /// Its value from now on.
    pub new: f64,
    /// Why.
    pub reason: Reason,
}

/// The settings that the tuner moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setting {
    /// [`Settings::match_threshold`].
    MatchThreshold,
    /// [`Settings::ttl_s`].
    Ttl,
}

/// Why a setting moved, with the figures that moved it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// Slower than the target with fewer hits than the target: the cache must answer more willingly.
    SlowWithFewHits {
        /// Mean response time, seconds.
        response_s: f64,
        /// Hit share, percent.
        hit_rate_pct: f64,
    },
    /// Too few answers are right although many come from the cache: it must answer less willingly.
    WrongWithManyHits {
        /// Success share, percent.
        success_pct: f64,
        /// Hit share, percent.
        hit_rate_pct: f64,
    },
    /// Slower than the target: keep answers longer.
    Slow {
        /// Mean response time, seconds.
        response_s: f64,
    },
    /// Much faster than the target: fresher answers can be afforded.
    MuchFaster {
        /// Mean response time, seconds.
        response_s: f64,
    },
}

/// Why a round moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldReason {
    /// The window holds fewer requests than a decision needs.
    TooFewSamples {
        /// Requests in the window.
        have: u32,
        /// Requests needed.
        need: u32,
    },
    /// Too few requests arrived since the last round that used evidence.
    NoNewEvidence {
        /// Requests since that round.
        have: u32,
        /// Requests needed.
        need: u32,
    },
    /// Every target is met and nothing is to be gained.
    OnTarget,
    /// A target is missed, but the setting that would help stands at its limit.
    AtLimit(Setting),
    /// Success is below its target while few answers come from the cache: the solver, not the cache, is to blame.
    SolverBelowTarget,
    /// Cache hits are below their target, but answers come in time: no reason to answer more willingly.
    FewHitsButFast,
    /// Nothing asked may be answered from memory: no setting would help.
    NothingCacheable,
}

/// The tuner's part of the snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformanceTuning {
    /// The human line, e.g. `Performance Tuner: Response=1.2s, Success=87%, Cache=55%`.
    pub status: String,
    /// The targets in force.
    pub targets: Targets,
    /// The settings in force.
    pub settings: Settings,
    /// The limits in force.
    pub limits: Limits,
    /// The last requests, as the next round would see them.
    pub observed: Observed,
    /// Seconds between rounds.
    pub interval_s: u32,
    /// When the next round is due, milliseconds since the Unix epoch.
    pub next_round_ms: u64,
    /// The last decisions, newest first, at most 20.
    pub decisions: Vec<Decision>,
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

impl Setting {
    /// The name an operator reads.
    pub fn label(self) -> &'static str {
        match self {
            Self::MatchThreshold => "Threshold",
            Self::Ttl => "TTL",
        }
    }

    /// `value` as this setting is written: `0.94` or `1260 s`.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::MatchThreshold => format!("{value:.2}"),
            Self::Ttl => format!("{value:.0} s"),
        }
    }
}

impl std::fmt::Display for Adjustment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { setting, old, new, reason } = self;
        write!(f, "{} {} → {}: {reason}", setting.label(), setting.show(*old), setting.show(*new))
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SlowWithFewHits { response_s, hit_rate_pct } => {
                write!(f, "slow ({response_s:.2} s) with few hits ({hit_rate_pct:.0} %)")
            }
            Self::WrongWithManyHits { success_pct, hit_rate_pct } => {
                write!(f, "only {success_pct:.0} % right with many hits ({hit_rate_pct:.0} %)")
            }
            Self::Slow { response_s } => write!(f, "slow ({response_s:.2} s)"),
            Self::MuchFaster { response_s } => {
                write!(f, "much faster ({response_s:.2} s) than the target, so fresher answers are affordable")
            }
        }
    }
}

impl std::fmt::Display for HoldReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFewSamples { have, need } => write!(f, "{have} requests in the window, {need} needed"),
            Self::NoNewEvidence { have, need } => write!(f, "{have} new requests, {need} needed"),
            Self::OnTarget => f.write_str("every target is met"),
            Self::AtLimit(setting) => write!(f, "{} stands at its limit", setting.label()),
            Self::SolverBelowTarget => {
                f.write_str("success is low with few cache hits: look at the solver, the cache cannot mend it")
            }
            Self::FewHitsButFast => {
                f.write_str("few cache hits, but answers come in time: no reason to be more willing")
            }
            Self::NothingCacheable => f.write_str("nothing that was asked may be answered from memory"),
        }
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
        let observed =
            Observed { samples: 100, response_s: Some(1.21), success_pct: Some(87.0), hit_rate_pct: Some(55.0) };
        assert_eq!(observed.status_line(), "Performance Tuner: Response=1.2s, Success=87%, Cache=55%");
    }

    #[test]
    fn an_adjustment_tells_old_new_and_why() {
        let adjustment = Adjustment {
            setting: Setting::MatchThreshold,
            old: 0.95,
            new: 0.94,
            reason: Reason::SlowWithFewHits { response_s: 1.9, hit_rate_pct: 38.0 },
        };
        assert_eq!(adjustment.to_string(), "Threshold 0.95 → 0.94: slow (1.90 s) with few hits (38 %)");
    }
}
