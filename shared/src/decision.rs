//! What a round of the tuner decided, and why: typed values from the decision to the log, the history and the screen.

use serde::{Deserialize, Serialize};

use crate::{Mode, Observed, Targets, WhatIfPoint};

/// One round of the tuner: what it saw, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The requests it rests on.
    pub observed: Observed,
    /// The labels it rests on; absent in decisions of older versions.
    #[serde(default)]
    pub labels: Option<LabelsSeen>,
    /// The targets it steered towards.
    pub targets: Targets,
    /// What it did.
    pub step: Step,
    /// Targets that no setting within budget and limits can meet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub infeasible: Vec<Infeasible>,
    /// Expected value of a request at the settings in force, by the reward model; absent without one.
    #[serde(default)]
    pub reward: Option<f64>,
}

/// What labels said when a round was held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelsSeen {
    /// Share of the answers from memory that may be wrong, percent.
    pub budget_pct: f64,
    /// One point for each threshold that may be set, ascending: hits and wrong hits, had it been in force.
    pub curve: Vec<WhatIfPoint>,
    /// How soon answers change; absent before the first label.
    pub ageing: Option<AgeingSeen>,
}

/// How soon answers change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgeingSeen {
    /// Answers that were found to have changed; older ones count less.
    pub changed: f64,
    /// Hours over which answers were watched for a change, all together.
    pub watched_h: f64,
    /// Share of the repeats that are out of date at the time to live in force, percent, as far as that tells.
    pub stale_pct: f64,
    /// Upper end of that share's one-sided 95 % interval, percent.
    pub stale_upper_pct: f64,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Which.
    pub setting: Setting,
    /// In which scope; absent: in all that have no threshold of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Its value before.
    pub old: f64,
    /// Its value from now on.
    pub new: f64,
    /// Why.
    pub reason: Reason,
}

/// The settings that the tuner moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Setting {
    /// [`crate::Settings::match_threshold`].
    MatchThreshold,
    /// [`crate::Settings::ttl_s`].
    Ttl,
    /// [`crate::Settings::capacity`].
    Capacity,
    /// [`crate::Settings::shadow_pct`].
    ShadowShare,
    /// [`crate::Settings::hedge_percentile`].
    HedgePercentile,
    /// [`crate::Settings::exact_only`]: 1 yes, 0 no.
    ExactOnly,
}

/// What the operator wants of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Mean response time, seconds.
    Response,
    /// Success share, percent.
    Success,
    /// Hit share, percent.
    Hits,
}

/// A target that no setting within budget and limits can meet, as far as the evidence goes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Infeasible {
    /// Which.
    pub target: Target,
    /// What is wanted.
    pub wanted: f64,
    /// The best that can be had.
    pub best: f64,
}

/// Why a setting moved, with the figures that moved it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// Slower than the target with fewer hits than the target, and labels prove that more hits are within the budget.
    SlowWithFewHits {
        /// Mean response time, seconds.
        response_s: f64,
        /// Hit share, percent.
        hit_rate_pct: f64,
    },
    /// Fewer hits than the target, and labels prove that more are within the budget.
    FewHits {
        /// Hit share, percent.
        hit_rate_pct: f64,
    },
    /// Too few answers are right although many come from the cache, and those of the cache are the worse ones.
    WrongWithManyHits {
        /// Success share, percent.
        success_pct: f64,
        /// Hit share, percent.
        hit_rate_pct: f64,
    },
    /// More answers from memory are wrong than the budget allows.
    OverBudget {
        /// Share of wrong ones, percent.
        wrong_pct: f64,
        /// Upper end of its one-sided 95 % interval, percent.
        upper_pct: f64,
        /// The budget, percent.
        budget_pct: f64,
        /// Labels that this rests on.
        labels: f64,
    },
    /// Labels prove that the budget is kept.
    Proven {
        /// Upper end of the one-sided 95 % interval of the share of wrong answers, percent.
        upper_pct: f64,
        /// Labels that this rests on.
        labels: f64,
    },
    /// Too few labels to prove the budget.
    Unproven {
        /// Labels there are.
        labels: f64,
        /// Labels that a proof takes when none says wrong.
        need: f64,
    },
    /// An answer from memory was found wrong: whether that was chance, more checks must tell.
    FoundWrong,
    /// Answers to similar prompts were given for a day without one label.
    Unwatched {
        /// Hours since the last label.
        hours: f64,
    },
    /// The expected reward is larger there.
    MoreReward {
        /// At the old setting, a request.
        old: f64,
        /// At the new one.
        new: f64,
    },
    /// Slower than the target: more hits would help, or a second solver asked sooner.
    Slow {
        /// Mean response time, seconds.
        response_s: f64,
    },
    /// Much faster than the target: fresher answers, or fewer second solvers, can be afforded.
    MuchFaster {
        /// Mean response time, seconds.
        response_s: f64,
    },
    /// Answers change sooner than they are forgotten.
    Stale {
        /// Share of repeats that are out of date, percent.
        stale_pct: f64,
        /// The share allowed, percent: half of the budget.
        allowed_pct: f64,
    },
    /// Answers hold for longer, and more hits are worth having.
    Fresh {
        /// Upper end of the one-sided 95 % interval of the share of repeats that will be out of date, percent.
        stale_upper_pct: f64,
    },
    /// Answers leave for want of room before their time.
    Crowded {
        /// Of those that left since the last step, percent.
        crowded_pct: f64,
    },
    /// Most of the room has not been used for an hour.
    Roomy {
        /// Share in use, percent.
        used_pct: f64,
    },
    /// The operator holds it there, or has moved a limit.
    Operator,
}

/// Why a round moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
    /// The setting that would help is held by the operator.
    Pinned(Setting),
    /// Success is below its target and the answers from memory are not to blame.
    SolverBelowTarget,
    /// Similar answers are off until labels prove that they may be given again.
    Closed {
        /// Labels since, at the strictest threshold.
        labels: f64,
        /// Labels that a proof takes when none says wrong.
        need: f64,
    },
    /// Answers are slower than their target, and no more of them can come from memory.
    SolverSlow,
    /// Cache hits are below their target, but answers come in time. Of versions before labels were asked.
    FewHitsButFast,
    /// Nothing asked may be answered from memory: no setting would help.
    NothingCacheable,
    /// More hits are wanted, but too few labels prove that they would be within the budget.
    Unproven {
        /// Labels there are.
        labels: f64,
        /// Labels that a proof takes when none says wrong.
        need: f64,
    },
    /// More hits are wanted, and the labels say that they would cost more wrong answers than the budget allows.
    NotInBudget {
        /// Upper end of the one-sided 95 % interval of the share of wrong answers one step further, percent.
        upper_pct: f64,
    },
    /// More hits are wanted and proven; a step takes as many rounds that agree.
    Waiting {
        /// Rounds that agree so far.
        rounds: u32,
        /// Rounds needed.
        need: u32,
    },
    /// The operator decides.
    Mode(Mode),
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::MatchThreshold, Self::Ttl, Self::Capacity, Self::ShadowShare, Self::HedgePercentile, Self::ExactOnly];

    /// The name an operator reads.
    pub fn label(self) -> &'static str {
        match self {
            Self::MatchThreshold => "Threshold",
            Self::Ttl => "TTL",
            Self::Capacity => "Capacity",
            Self::ShadowShare => "Checks",
            Self::HedgePercentile => "Hedge",
            Self::ExactOnly => "Similar answers",
        }
    }

    /// `value` as this setting is written: `0.94` or `1260 s`.
    pub fn show(self, value: f64) -> String {
        match self {
            // Finer steps have more digits; the usual ones need two.
            Self::MatchThreshold if (value * 100.0 - (value * 100.0).round()).abs() > 1e-6 => format!("{value:.4}"),
            Self::MatchThreshold => format!("{value:.2}"),
            Self::Ttl => format!("{value:.0} s"),
            Self::Capacity => format!("{value:.0} answers"),
            Self::ShadowShare => format!("{value:.1} %"),
            Self::HedgePercentile => format!("p{value:.0}"),
            Self::ExactOnly => if value > 0.5 { "off" } else { "on" }.into(),
        }
    }
}

impl std::fmt::Display for Adjustment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what(), self.reason)
    }
}

impl Adjustment {
    /// Without the reason: `Threshold 0.95 → 0.94`.
    pub fn what(&self) -> String {
        let Self { setting, scope, old, new, .. } = self;
        let scope = scope.as_ref().map(|scope| format!(" of {scope}")).unwrap_or_default();
        format!("{}{scope} {} → {}", setting.label(), setting.show(*old), setting.show(*new))
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SlowWithFewHits { response_s, hit_rate_pct } => {
                write!(f, "slow ({response_s:.2} s) with few hits ({hit_rate_pct:.0} %)")
            }
            Self::FewHits { hit_rate_pct } => {
                write!(f, "few hits ({hit_rate_pct:.0} %), and more are within the budget")
            }
            Self::WrongWithManyHits { success_pct, hit_rate_pct } => {
                write!(f, "only {success_pct:.0} % right with many hits ({hit_rate_pct:.0} %)")
            }
            Self::OverBudget { wrong_pct, upper_pct, budget_pct, labels } => write!(
                f,
                "{wrong_pct:.2} % of the answers from memory were wrong (at most {upper_pct:.2} %, {labels:.0} labels), \
                 over the budget of {budget_pct} %"
            ),
            Self::Proven { upper_pct, labels } => {
                write!(f, "at most {upper_pct:.2} % wrong, as {labels:.0} labels prove")
            }
            Self::Unproven { labels, need } => {
                write!(f, "{labels:.0} labels are too few to prove the budget, {need:.0} needed")
            }
            Self::FoundWrong => f.write_str("an answer from memory was wrong; more checks must tell whether by chance"),
            Self::Unwatched { hours } => {
                write!(f, "no label for {hours:.0} hours, so nobody knows how often it is wrong")
            }
            Self::MoreReward { old, new } => write!(f, "expected reward {old:.4} → {new:.4} a request"),
            Self::Slow { response_s } => write!(f, "slow ({response_s:.2} s)"),
            Self::MuchFaster { response_s } => {
                write!(f, "much faster ({response_s:.2} s) than the target, so fresher answers are affordable")
            }
            Self::Stale { stale_pct, allowed_pct } => {
                write!(f, "{stale_pct:.2} % of repeats are out of date, {allowed_pct} % allowed")
            }
            Self::Fresh { stale_upper_pct } => {
                write!(
                    f,
                    "answers hold: at most {stale_upper_pct:.2} % of repeats will be out of date, as labels prove"
                )
            }
            Self::Crowded { crowded_pct } => {
                write!(f, "{crowded_pct:.0} % of the answers that left did so for want of room")
            }
            Self::Roomy { used_pct } => write!(f, "only {used_pct:.0} % of the room is used"),
            Self::Operator => f.write_str("as the operator has set it"),
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
            Self::Pinned(setting) => write!(f, "{} is held by the operator", setting.label()),
            Self::SolverBelowTarget => f.write_str(
                "success is low and the answers from memory are not to blame: look at the solver, the cache cannot mend it",
            ),
            Self::Closed { labels, need } => {
                write!(f, "similar answers are off until labels prove the budget again ({labels:.0} of {need:.0})")
            }
            Self::SolverSlow => {
                f.write_str("slow, and memory cannot answer more: look at the solver, the cache cannot mend it")
            }
            Self::FewHitsButFast => {
                f.write_str("few cache hits, but answers come in time: no reason to be more willing")
            }
            Self::NothingCacheable => f.write_str("nothing that was asked may be answered from memory"),
            Self::Unproven { labels, need } => {
                write!(f, "more hits are wanted, but {labels:.0} labels cannot prove the budget yet ({need:.0} needed)")
            }
            Self::NotInBudget { upper_pct } => {
                write!(f, "more hits are wanted, but one step further up to {upper_pct:.2} % might be wrong")
            }
            Self::Waiting { rounds, need } => write!(f, "more hits are wanted and proven; round {rounds} of {need}"),
            Self::Mode(mode) => write!(f, "the mode is {}", mode.label()),
        }
    }
}

impl Infeasible {
    /// Whether a figure can be had.
    pub fn label(&self) -> &'static str {
        match self.target {
            Target::Response => "response",
            Target::Success => "success",
            Target::Hits => "cache hits",
        }
    }
}

impl std::fmt::Display for Infeasible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: f64| match self.target {
            Target::Response => format!("{value:.2} s"),
            Target::Success | Target::Hits => format!("{value:.0} %"),
        };
        let Self { wanted, best, .. } = self;
        write!(f, "{} of {} cannot be met within the budget: {} is the best", self.label(), show(*wanted), show(*best))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjustment_tells_old_new_and_why() {
        let adjustment = Adjustment {
            setting: Setting::MatchThreshold,
            scope: None,
            old: 0.95,
            new: 0.94,
            reason: Reason::SlowWithFewHits { response_s: 1.9, hit_rate_pct: 38.0 },
        };
        assert_eq!(adjustment.to_string(), "Threshold 0.95 → 0.94: slow (1.90 s) with few hits (38 %)");
        let finer = Adjustment { old: 0.9525, scope: Some("Task [\"a.com\"]".into()), ..adjustment };
        assert_eq!(finer.what(), "Threshold of Task [\"a.com\"] 0.9525 → 0.94");
    }

    #[test]
    fn a_target_that_cannot_be_met_tells_the_best() {
        let infeasible = Infeasible { target: Target::Hits, wanted: 50.0, best: 31.4 };
        assert_eq!(infeasible.to_string(), "cache hits of 50 % cannot be met within the budget: 31 % is the best");
    }

    #[test]
    fn a_decision_of_an_older_version_is_read() {
        let json = r#"{"at_ms":1,"observed":{"samples":0,"response_s":null,"success_pct":null,"hit_rate_pct":null},
            "targets":{"response_s":1.5,"success_pct":85.0,"hit_rate_pct":50.0},
            "step":{"Adjusted":[{"setting":"Ttl","old":1200.0,"new":1140.0,"reason":{"MuchFaster":{"response_s":0.3}}}]}}"#;
        let decision: Decision = serde_json::from_str(json).expect("as it was written");
        assert_eq!((decision.labels, decision.infeasible.len()), (None, 0));
    }
}
