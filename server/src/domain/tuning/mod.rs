//! One round of the tuner, as a pure function of what is wanted, what was seen, what is set, and what it remembers.
//!
//! *Aggressiveness* is how willingly the cache answers: more aggressive means a **lower** match threshold.
//!
//! The budget comes first. Labels (shadow checks, near misses, validators' scores) say which share of the answers from
//! memory is wrong; when that is more than the budget, every round and every wrong label tightens at once. Targets, or the
//! reward where there is a model of it, steer only where labels *prove* the budget (upper end of the one-sided 95 %
//! interval), one step at a time, and only after three rounds that agree; six within an hour of a step the other way.
//!
//! Where that is from: budget and bound, vCache (arXiv 2502.03771); labels of near misses, Krites (arXiv 2602.13165);
//! tighten fast and loosen slowly, Kubernetes' autoscaler; additive steps with hard limits, Netflix's concurrency limits.

mod ageing;
mod checks;
mod matching;
mod memory;
mod outlook;
mod room;
mod scopes;
#[cfg(test)]
mod tests;

use lode_shared::{
    Adjustment, AgeingSeen, Decision, HoldReason, LabelsSeen, Mandate, Mode, Observed, Reason, Setting, Settings, Step,
};

use super::{Hazard, Seen, WhatIf, WrongShare};
pub use memory::{Memory, ScopeMemory};
pub use outlook::{Prospect, Reward};

/// Below this share of its target a response time is "much faster": time to live may shrink.
const MUCH_FASTER: f64 = 0.8;
/// A target is missed when it is missed by more than this share of it: less is noise.
const DEADBAND: f64 = 0.05;
/// A hit share from which the cache is answerable for wrong answers, percent.
const MANY_HITS_PCT: f64 = 60.0;

/// What the labels say of the match: of one scope, or of all those without a threshold of their own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matches {
    /// One point for each threshold of the limits, ascending.
    pub curve: Vec<WhatIf>,
    /// Of the last hits; absent without labels.
    pub recent: Option<WrongShare>,
    /// Labels ever seen.
    pub seen: Seen,
}

/// What the labels of one scope say.
#[derive(Debug, Clone, PartialEq)]
pub struct ScopeMatches {
    /// Tells scopes apart.
    pub key: u64,
    /// As an operator knows it.
    pub name: String,
    /// Its own labels.
    pub own: Matches,
}

/// What left the cache since start, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    /// For want of room.
    pub crowded: u64,
    /// For its age.
    pub expired: u64,
    /// Held now.
    pub entries: u64,
}

/// What labels say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// Of the match, where no scope has a threshold of its own.
    pub matches: Matches,
    /// In the scopes that have labels of their own.
    pub scopes: Vec<ScopeMatches>,
    /// How soon answers change; nothing before the first label.
    pub hazard: Option<Hazard>,
    /// Of the answers that were watched last, the share that had changed; absent without labels.
    pub changed: Option<WrongShare>,
    /// Changes ever seen.
    pub changes_seen: u64,
    /// Wrong hits ever seen, in whatever scope.
    pub wrong_seen: u64,
}

/// Everything that a round looks at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The window's figures.
    pub observed: Observed,
    /// Requests that the window ever saw: tells new evidence from old.
    pub samples_seen: u64,
    /// What the labels say.
    pub labels: Labels,
    /// The cache's room.
    pub room: Room,
    /// Whether a solver hedges.
    pub hedges: bool,
}

/// Why there is a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is time.
    Due,
    /// An answer from memory was found wrong: only tightening is considered.
    Alarm,
}

/// Everything that one round decides from.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// What the operator wants and allows.
    pub mandate: &'a Mandate,
    /// What a request is worth, where that is known.
    pub reward: Option<Reward>,
    /// What was seen.
    pub evidence: &'a Evidence,
    /// The settings in force.
    pub settings: Settings,
    /// What earlier rounds left.
    pub memory: &'a Memory,
    /// Requests that the window must hold, and that must have arrived since the last round that used evidence.
    pub min_samples: u32,
    /// Why now.
    pub cause: Cause,
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// What a round leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The settings from now on.
    pub settings: Settings,
    /// What the next round is to know, thresholds of scopes among it.
    pub memory: Memory,
    /// What was done, and why.
    pub decision: Decision,
    /// Whose labels begin anew.
    pub restart: Restart,
}

/// Whose labels begin anew, because similar answers are off from now on: what was wrong is known, and what is to be proven
/// is how things are since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restart {
    /// All of them: no scope has a threshold of its own any more.
    pub common: bool,
    /// Those of these scopes.
    pub scopes: Vec<u64>,
}

/// What a round has found so far.
struct Draft<'a> {
    round: Round<'a>,
    wants: Wants,
    settings: Settings,
    memory: Memory,
    adjustments: Vec<Adjustment>,
    /// Why what is wanted was not done, most telling first.
    held: Vec<HoldReason>,
    restart: Restart,
}

/// Which targets are missed.
#[derive(Debug, Clone, Copy, Default)]
struct Wants {
    response_s: f64,
    success_pct: f64,
    /// Absent when nothing that was asked may be answered from memory.
    hit_rate_pct: Option<f64>,
    slow: bool,
    much_faster: bool,
    failing: bool,
    few_hits: bool,
    /// Hits are above their target by more than noise.
    ample_hits: bool,
}

/// Decides one round.
pub fn decide(round: &Round<'_>) -> Decided {
    let mut draft = Draft {
        round: *round,
        wants: Wants::of(round),
        settings: round.settings,
        memory: round.memory.clone(),
        adjustments: Vec::new(),
        held: Vec::new(),
        restart: Restart::default(),
    };
    let outcome = draft.run();
    let Draft { settings, memory, adjustments, restart, .. } = draft;
    let step = match outcome {
        Some(reason) if adjustments.is_empty() => Step::Held(reason),
        _ => Step::Adjusted(adjustments),
    };
    let infeasible = match step {
        Step::Held(HoldReason::TooFewSamples { .. } | HoldReason::NoNewEvidence { .. } | HoldReason::Mode(_)) => {
            Vec::new()
        }
        _ => outlook::infeasible(round, &settings),
    };
    let decision = Decision {
        at_ms: round.now_ms,
        observed: round.evidence.observed,
        labels: Some(labels_seen(round, &settings)),
        targets: round.mandate.targets,
        step,
        infeasible,
        reward: round.reward.and_then(|reward| outlook::expected_now(round, &reward)),
    };
    Decided { settings, memory, decision, restart }
}

impl Draft<'_> {
    /// Moves what is to be moved; the reason why nothing moved, should nothing have.
    fn run(&mut self) -> Option<HoldReason> {
        if self.round.mandate.mode != Mode::Auto {
            self.memory.unwatched_since_ms = None;
            return Some(HoldReason::Mode(self.round.mandate.mode));
        }
        self.obey();
        self.guard_matches();
        self.guard_age();
        self.alarm_checks();
        if self.round.cause == Cause::Alarm {
            return Some(HoldReason::OnTarget);
        }
        if let Err(reason) = self.evidence() {
            return Some(reason);
        }
        self.memory.used_samples = self.round.evidence.samples_seen;
        self.steer_matches();
        self.steer_age();
        self.steer_checks();
        self.steer_room();
        self.steer_hedge();
        Some(self.held.first().copied().unwrap_or_else(|| self.verdict()))
    }

    /// Limits and pins that were changed since count at once.
    fn obey(&mut self) {
        let allowed = self.round.mandate.allow(self.settings);
        for setting in Setting::ALL {
            self.set(setting, allowed.get(setting), Reason::Operator);
        }
        self.memory.obey(self.round.mandate);
    }

    /// Whether there is enough and new evidence.
    fn evidence(&self) -> Result<(), HoldReason> {
        let need = self.round.min_samples;
        let observed = &self.round.evidence.observed;
        if observed.samples < need || observed.response_s.is_none() || observed.success_pct.is_none() {
            return Err(HoldReason::TooFewSamples { have: observed.samples, need });
        }
        let new = self.round.evidence.samples_seen.saturating_sub(self.memory.used_samples);
        if new < u64::from(need) {
            return Err(HoldReason::NoNewEvidence { have: new as u32, need });
        }
        Ok(())
    }

    /// What is to be said when nothing moved and nothing stood in the way.
    fn verdict(&self) -> HoldReason {
        if self.wants.hit_rate_pct.is_none() {
            HoldReason::NothingCacheable
        } else if self.wants.failing {
            HoldReason::SolverBelowTarget
        } else if self.wants.slow {
            HoldReason::SolverSlow
        } else {
            HoldReason::OnTarget
        }
    }

    fn is_pinned(&self, setting: Setting) -> bool {
        self.round.mandate.pins.hold(setting)
    }

    /// Moves a setting, if that is a move; tells whether it was.
    fn set(&mut self, setting: Setting, new: f64, reason: Reason) -> bool {
        let old = self.settings.get(setting);
        if old == new {
            return false;
        }
        self.settings.set(setting, new);
        self.adjustments.push(Adjustment { setting, scope: None, old, new, reason });
        true
    }
}

impl Wants {
    fn of(round: &Round<'_>) -> Self {
        let (observed, targets) = (&round.evidence.observed, &round.mandate.targets);
        let (Some(response_s), Some(success_pct)) = (observed.response_s, observed.success_pct) else {
            return Self::default();
        };
        let hit_rate_pct = observed.hit_rate_pct;
        let hits = targets.hit_rate_pct();
        Self {
            response_s,
            success_pct,
            hit_rate_pct,
            slow: response_s > (1.0 + DEADBAND) * targets.response_s(),
            much_faster: response_s < MUCH_FASTER * targets.response_s(),
            failing: success_pct < (1.0 - DEADBAND / 2.0) * targets.success_pct(),
            few_hits: hit_rate_pct.is_some_and(|seen| seen < (1.0 - DEADBAND) * hits),
            ample_hits: hit_rate_pct.is_some_and(|seen| seen > (1.0 + 2.0 * DEADBAND) * hits),
        }
    }
}

/// The labels, for the record.
fn labels_seen(round: &Round<'_>, settings: &Settings) -> LabelsSeen {
    let ttl_s = f64::from(settings.ttl_s);
    let ageing = round.evidence.labels.hazard.map(|hazard| AgeingSeen {
        changed: hazard.changed,
        watched_h: hazard.watched_s / 3_600.0,
        stale_pct: 100.0 * hazard.stale(ttl_s),
        stale_upper_pct: 100.0 * hazard.stale_upper(ttl_s),
    });
    let curve = round.evidence.labels.matches.curve.iter().map(WhatIf::view).collect();
    LabelsSeen { budget_pct: round.mandate.budget_pct, curve, ageing }
}
