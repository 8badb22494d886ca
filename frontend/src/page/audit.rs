//! Who changed what, and when.

use leptos::prelude::*;
use lode_shared::{AuditRow, Change};

use crate::live::Live;
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{Card, effect};
use crate::{api, clock};

const SHOWN: u32 = 50;

pub fn panel() -> AnyView {
    let live = expect_context::<Live>();
    let lines = RwSignal::new(Vec::new());
    let why = RwSignal::new("Nobody has changed anything yet.".to_owned());
    // Another version is another row.
    let version = live.figure(|snapshot| Some(snapshot.performance_tuning.version as f64));
    effect(move || {
        if version.get().is_none() {
            return;
        }
        api::read(format!("/api/v1/tuner/audit?limit={SHOWN}"), move |rows: Result<Vec<AuditRow>, _>| match rows {
            Ok(rows) => _ = lines.try_set(rows.iter().map(line).collect()),
            Err(failure) => _ = why.try_set(format!("It could not be read: {}", failure.message())),
        });
    });
    let columns = vec![Column::text("when"), Column::text("change"), Column::text("by")];
    view! {
        <Card id="audit" title="Changes made by hand" class="full">
            <Table label="Changes" columns=columns lines=lines.into() empty=why.into() />
        </Card>
    }
    .into_any()
}

fn line(row: &AuditRow) -> Line {
    let cells = vec![
        Cell::text(clock::moment(row.at_ms, clock::now_ms())),
        Cell { class: "wrap", ..Cell::text(told(&row.old, &row.new)) },
        Cell { class: "wrap", ..Cell::text(&row.who) },
    ];
    Line { key: row.version.to_string(), cells, class: "" }
}

/// Old and new of what changed: `targets: response_s 1.5 → 1.2`.
fn told(old: &Change, new: &Change) -> String {
    let changed: Vec<_> = flat(old)
        .into_iter()
        .zip(flat(new))
        .filter(|((_, old), (_, new))| old != new)
        .map(|((name, old), (_, new))| format!("{name} {old} → {new}"))
        .collect();
    match changed.is_empty() {
        true => format!("{}: nothing new", new.part()),
        false => format!("{}: {}", new.part(), changed.join(", ")),
    }
}

/// Names and values of a part. Pins that are not set are named all the same.
fn flat(change: &Change) -> Vec<(&'static str, String)> {
    let whole = |value: Option<u64>| value.map_or_else(|| "the tuner's".to_owned(), |value| value.to_string());
    let figure = |value: Option<f64>| value.map_or_else(|| "the tuner's".to_owned(), |value| value.to_string());
    match change {
        Change::Targets(targets) => vec![
            ("response_s", targets.response_s.to_string()),
            ("success_pct", targets.success_pct.to_string()),
            ("hit_rate_pct", targets.hit_rate_pct.to_string()),
        ],
        Change::Budget(budget) => vec![("false_hit_pct", budget.false_hit_pct.to_string())],
        Change::Mode(mode) => vec![("mode", mode.mode.label().to_owned())],
        Change::Pins(pins) => vec![
            ("match_threshold", figure(pins.match_threshold)),
            ("ttl_s", whole(pins.ttl_s.map(u64::from))),
            ("capacity", whole(pins.capacity)),
            ("shadow_pct", figure(pins.shadow_pct)),
            ("hedge_percentile", whole(pins.hedge_percentile.map(u64::from))),
        ],
        Change::Limits(limits) => vec![
            ("threshold_min", limits.threshold_min.to_string()),
            ("threshold_max", limits.threshold_max.to_string()),
            ("threshold_step", limits.threshold_step.to_string()),
            ("ttl_min_s", limits.ttl_min_s.to_string()),
            ("ttl_max_s", limits.ttl_max_s.to_string()),
            ("ttl_step_s", limits.ttl_step_s.to_string()),
            ("capacity_min", limits.capacity_min.to_string()),
            ("capacity_max", limits.capacity_max.to_string()),
            ("shadow_min_pct", limits.shadow_min_pct.to_string()),
            ("shadow_max_pct", limits.shadow_max_pct.to_string()),
            ("hedge_min", limits.hedge_min.to_string()),
            ("hedge_max", limits.hedge_max.to_string()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::{Limits, Pins, RawBudget};

    use super::*;

    #[test]
    fn a_row_tells_what_changed_and_nothing_else() {
        let budget = |false_hit_pct| Change::Budget(RawBudget { false_hit_pct });
        assert_eq!(told(&budget(1.0), &budget(0.5)), "budget: false_hit_pct 1 → 0.5");
        assert_eq!(told(&budget(1.0), &budget(1.0)), "budget: nothing new");
        let limits = Change::Limits(Limits { ttl_max_s: 3_600, ..Limits::default() });
        assert_eq!(told(&Change::Limits(Limits::default()), &limits), "limits: ttl_max_s 1800 → 3600");
    }

    #[test]
    fn a_pin_that_was_set_is_told_from_one_that_was_not() {
        let pinned = Change::Pins(Pins { ttl_s: Some(900), ..Pins::default() });
        assert_eq!(told(&Change::Pins(Pins::default()), &pinned), "pins: ttl_s the tuner's → 900");
    }
}
