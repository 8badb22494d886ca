//! What a round of the tuner decided, and why: typed values from the decision to the log, the history and the screen.

mod show;

use serde::{Deserialize, Serialize};

use crate::{Mode, Observed, Targets, WhatIfPoint};

/// One round of the tuner: what it saw, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

impl Decision {
    /// As it is shown: without the labels that it rests on.
    #[must_use]
    pub fn without_labels(self) -> Self {
        Self { labels: None, ..self }
    }
}

/// What labels said when a round was held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Step {
    /// Nothing, for this reason.
    Held(HoldReason),
    /// Moved these settings.
    Adjusted(Vec<Adjustment>),
}

/// A setting that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// Most of the room is not used, and nothing leaves for want of it.
    Roomy {
        /// Share in use, percent.
        used_pct: f64,
    },
    /// The operator holds it there, or has moved a limit.
    Operator,
}

/// Why a round moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
