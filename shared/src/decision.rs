//! What a round of the tuner decided, and why: typed values from the decision to the log, the history and the screen.

use serde::{Deserialize, Serialize};

use crate::{Observed, Targets};

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
    /// [`crate::Settings::match_threshold`].
    MatchThreshold,
    /// [`crate::Settings::ttl_s`].
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
