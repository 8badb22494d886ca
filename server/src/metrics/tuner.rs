//! What the tuner sees, wants and has set.

use lode_shared::{Mode, PerformanceTuning, Setting};
use prometheus_client::registry::Unit;

use super::page::{Page, one, ratio};

pub(super) fn tuner(page: &mut Page, tuning: &PerformanceTuning, started_ms: u64) {
    let (observed, targets, settings) = (tuning.observed, tuning.targets, tuning.settings);
    let moves = Setting::ALL.map(|setting| {
        let count = tuning.moves.iter().find(|moved| moved.setting == setting).map_or(0, |moved| moved.count);
        (one("setting", setting.word()), count)
    });
    page.counters("tuner_moves", "Times that the tuner has moved a setting", moves);
    // Decisions outlive a restart; a round before the start says nothing of this run.
    let last = tuning.decisions.first().map(|decision| decision.at_ms).filter(|at_ms| *at_ms >= started_ms);
    page.timestamp("tuner_last_round_timestamp", "When the tuner last decided", last);
    let due = Some(tuning.next_round_ms);
    page.timestamp("tuner_next_round_timestamp", "When the tuner's next round is due", due);
    let is = |is: bool| f64::from(u8::from(is));
    let modes = [Mode::Auto, Mode::Hold, Mode::ExactOnly];
    let modes = modes.map(|mode| (one("mode", mode.label()), is(tuning.mode == mode)));
    page.gauges("tuner_mode", "What the tuner may do: 1 for the mode in force", None, modes);
    let pins = Setting::ALL.map(|setting| (one("setting", setting.word()), is(tuning.pins.hold(setting))));
    page.gauges("tuner_pinned", "Whether the operator holds a setting: 1 yes, 0 no", None, pins);
    page.gauge("tuner_scopes", "Scopes that have a threshold of their own", None, Some(tuning.scopes.len() as f64));
    for (name, help, value) in [
        ("success", "Share of the last requests answered well", ratio(observed.success_pct)),
        ("hit_rate", "Share of the last questions answered from memory", ratio(observed.hit_rate_pct)),
        ("target_success", "Target of the share answered well", ratio(Some(targets.success_pct()))),
        ("target_hit_rate", "Target of the share answered from memory", ratio(Some(targets.hit_rate_pct()))),
        ("match_threshold", "Least probability at which similar answers are given", Some(settings.match_threshold)),
        ("false_hit_budget", "Share of the answers from memory that may be wrong", ratio(Some(tuning.budget_pct))),
        ("shadow_share", "Share of the answers to similar prompts that is checked", ratio(Some(settings.shadow_pct))),
        (
            "hedge_percentile",
            "Share of a solver's answers that come before a second one is asked",
            ratio(Some(settings.hedge_percentile.into())),
        ),
        (
            "exact_only",
            "Whether memory answers exact repeats alone: 1 yes, 0 no",
            Some(settings.get(Setting::ExactOnly)),
        ),
    ] {
        page.gauge(name, help, Some(Unit::Ratios), value);
    }
    for (name, help, value) in [
        ("response_mean", "Mean response time of the last requests", observed.response_s),
        ("target_response", "Target of the mean response time", Some(targets.response_s())),
        ("ttl", "How long an answer may be given again", Some(f64::from(settings.ttl_s))),
    ] {
        page.gauge(name, help, Some(Unit::Seconds), value);
    }
    let help = "Requests that success, hit rate and mean response time are of";
    page.gauge("window", help, Some(Unit::Other("requests".into())), Some(f64::from(observed.samples)));
}
