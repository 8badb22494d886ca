//! Changes of the mandate: as they arrive, as they are previewed, and as they are kept.

use serde::{Deserialize, Serialize};

use super::{Limits, Mandate, Mode, Pins};
use crate::{RawTargets, Settings};

/// A change of one part of the mandate, as it arrives and is previewed: `{"budget": {"false_hit_pct": 0.5}}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBudget {
    /// Share of the answers from memory that may be wrong, percent, 0.05 to 20.
    pub false_hit_pct: f64,
}

/// The body of `PUT /api/v1/tuner/mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RawMode {
    /// `auto`, `hold` or `exact_only`.
    pub mode: Mode,
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
/// hits and response time at the end are estimates, from the labels of the last round. Scopes with a threshold of their own
/// are left out: only the common evidence is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    fn a_change_reads_as_its_part_and_its_values() {
        let json = r#"{"budget":{"false_hit_pct":0.5}}"#;
        let change: Change = serde_json::from_str(json).expect("a change");
        assert_eq!((change.part(), serde_json::to_string(&change).expect("plain")), ("budget", json.to_owned()));
        let before = change.of(&Mandate::default());
        assert_eq!(before, Change::Budget(RawBudget { false_hit_pct: 1.0 }));
        assert!(serde_json::from_str::<Change>(r#"{"budget":{"percent":1}}"#).is_err(), "an unknown field");
    }
}
