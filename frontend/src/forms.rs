//! The forms in which the operator says what he wants: their fields, what is in force, and the change they ask for. Data for
//! [`crate::draft`] and [`crate::page::form`].

use lode_shared::{Change, Limits, Mode, Pins, RawBudget, RawMode, RawTargets, Setting};

use crate::draft::{Field, FormSpec};
use crate::format::{self, plain};
use crate::ui::field::Input;

const fn number(name: &'static str, label: &'static str, help: &'static str) -> Field {
    Field { name, label, help, input: Input::Number }
}

/// What is wanted.
pub const TARGETS: FormSpec = FormSpec {
    part: "targets",
    title: "Targets",
    fields: &[
        number("response_s", "Response time, s", "0.1 to 20"),
        number("success_pct", "Success, %", "1 to 100"),
        number("hit_rate_pct", "Cache hits, %", "0 to 100"),
    ],
    in_force: |tuning| {
        let targets = RawTargets::from(tuning.targets);
        [targets.response_s, targets.success_pct, targets.hit_rate_pct].map(plain).into()
    },
    now: |tuning, name| {
        let share = |value: Option<f64>| value.map(|share| format!("{} %", format::percent(share)));
        match name {
            "response_s" => tuning.observed.response_s.map(format::response_text),
            "success_pct" => share(tuning.observed.success_pct),
            _ => share(tuning.observed.hit_rate_pct),
        }
    },
    change: |read| {
        Change::Targets(RawTargets {
            response_s: read.number("response_s"),
            success_pct: read.number("success_pct"),
            hit_rate_pct: read.number("hit_rate_pct"),
        })
    },
};

/// What may never be traded for a target.
pub const BUDGET: FormSpec = FormSpec {
    part: "budget",
    title: "Wrong answers allowed",
    fields: &[number("false_hit_pct", "Of the answers from memory, %", "0.05 to 20")],
    in_force: |tuning| vec![plain(tuning.budget_pct)],
    now: |_, _| None,
    change: |read| Change::Budget(RawBudget { false_hit_pct: read.number("false_hit_pct") }),
};

/// Who decides.
pub const MODE: FormSpec = FormSpec {
    part: "mode",
    title: "Who decides",
    fields: &[Field {
        name: "mode",
        label: "Mode",
        help: "exact only: memory answers exact repeats alone",
        input: Input::Choice(&[("auto", "the tuner"), ("hold", "nobody: hold"), ("exact_only", "exact only")]),
    }],
    in_force: |tuning| vec![tuning.mode.label().into()],
    now: |_, _| None,
    change: |read| {
        let modes = [Mode::Auto, Mode::Hold, Mode::ExactOnly];
        let mode = modes.into_iter().find(|mode| mode.label() == read.text("mode"));
        Change::Mode(RawMode { mode: mode.unwrap_or_default() })
    },
};

/// What the operator holds himself.
pub const PINS: FormSpec = FormSpec {
    part: "pins",
    title: "Settings held by hand",
    fields: &[
        number("match_threshold", "Match threshold", "empty: the tuner's"),
        number("ttl_s", "Time to live, s", "empty: the tuner's"),
        number("capacity", "Capacity, answers", "empty: the tuner's"),
        number("shadow_pct", "Checks of similar answers, %", "empty: the tuner's"),
        number("hedge_percentile", "Hedge after percentile", "empty: the tuner's"),
    ],
    in_force: |tuning| {
        let Pins { match_threshold, ttl_s, capacity, shadow_pct, hedge_percentile } = tuning.pins;
        let whole = |value: Option<u64>| value.map(|value| value.to_string());
        let texts = [
            match_threshold.map(plain),
            whole(ttl_s.map(u64::from)),
            whole(capacity),
            shadow_pct.map(plain),
            whole(hedge_percentile.map(u64::from)),
        ];
        texts.map(Option::unwrap_or_default).into()
    },
    now: |tuning, name| {
        let settings = &tuning.settings;
        let setting = match name {
            "match_threshold" => Setting::MatchThreshold,
            "ttl_s" => Setting::Ttl,
            "capacity" => Setting::Capacity,
            "shadow_pct" => Setting::ShadowShare,
            _ => Setting::HedgePercentile,
        };
        Some(setting.show(settings.get(setting)))
    },
    change: |read| {
        Change::Pins(Pins {
            match_threshold: read.given("match_threshold").then(|| read.number("match_threshold")),
            ttl_s: read.given("ttl_s").then(|| read.small("ttl_s")),
            capacity: read.given("capacity").then(|| read.whole("capacity")),
            shadow_pct: read.given("shadow_pct").then(|| read.number("shadow_pct")),
            hedge_percentile: read.given("hedge_percentile").then(|| read.small("hedge_percentile")),
        })
    },
};

/// What the tuner may not cross.
pub const LIMITS: FormSpec = FormSpec {
    part: "limits",
    title: "Limits of the tuner",
    fields: &[
        number("threshold_min", "Lowest threshold", "0.5 to the highest"),
        number("threshold_max", "Highest threshold", "0.5 to 0.9999"),
        number("threshold_step", "Step of the threshold", "0.0005 to 0.05"),
        number("ttl_min_s", "Shortest time to live, s", "1 to the longest"),
        number("ttl_max_s", "Longest time to live, s", "1 to 604800"),
        number("ttl_step_s", "Step of the time to live, s", "1 to 86400"),
        number("capacity_min", "Smallest capacity", "1 to the largest"),
        number("capacity_max", "Largest capacity", "1 to 100000000"),
        number("shadow_min_pct", "Fewest checks, %", "0 to the most"),
        number("shadow_max_pct", "Most checks, %", "0 to 100"),
        number("hedge_min", "Earliest hedge, percentile", "50 to the latest"),
        number("hedge_max", "Latest hedge, percentile", "50 to 99"),
    ],
    in_force: |tuning| {
        let limits = &tuning.limits;
        let Limits { capacity_min, capacity_max, .. } = *limits;
        vec![
            plain(limits.threshold_min),
            plain(limits.threshold_max),
            plain(limits.threshold_step),
            limits.ttl_min_s.to_string(),
            limits.ttl_max_s.to_string(),
            limits.ttl_step_s.to_string(),
            capacity_min.to_string(),
            capacity_max.to_string(),
            plain(limits.shadow_min_pct),
            plain(limits.shadow_max_pct),
            limits.hedge_min.to_string(),
            limits.hedge_max.to_string(),
        ]
    },
    now: |_, _| None,
    change: |read| {
        Change::Limits(Limits {
            threshold_min: read.number("threshold_min"),
            threshold_max: read.number("threshold_max"),
            threshold_step: read.number("threshold_step"),
            ttl_min_s: read.small("ttl_min_s"),
            ttl_max_s: read.small("ttl_max_s"),
            ttl_step_s: read.small("ttl_step_s"),
            capacity_min: read.whole("capacity_min"),
            capacity_max: read.whole("capacity_max"),
            shadow_min_pct: read.number("shadow_min_pct"),
            shadow_max_pct: read.number("shadow_max_pct"),
            hedge_min: read.small("hedge_min"),
            hedge_max: read.small("hedge_max"),
        })
    },
};
