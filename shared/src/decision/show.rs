//! Decisions in words: the same in the log and on the screen.

use super::{Adjustment, HoldReason, Infeasible, Reason, Setting, Target};

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

    /// The word in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::MatchThreshold => "match_threshold",
            Self::Ttl => "ttl",
            Self::Capacity => "capacity",
            Self::ShadowShare => "shadow_share",
            Self::HedgePercentile => "hedge_percentile",
            Self::ExactOnly => "exact_only",
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
    /// The name of the figure that an operator reads.
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
    use crate::Decision;

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
