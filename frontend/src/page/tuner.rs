//! The tuner: what it moves and why, and what it may do.

use leptos::prelude::*;
use lode_shared::{ScopeThreshold, Setting};

use super::{audit, decisions, form};
use crate::chart::figure::Figure;
use crate::chart::spec::TUNER;
use crate::draft::FormSpec;
use crate::format;
use crate::forms::{BUDGET, LIMITS, MODE, PINS, TARGETS};
use crate::live::Live;
use crate::past::Past;
use crate::ui::Card;
use crate::ui::table::{Cell, Column, Line, Table};

pub fn page() -> AnyView {
    let card = |spec: &'static FormSpec| {
        view! {
            <Card id=spec.part title=spec.title class="third">
                {form::form(spec)}
            </Card>
        }
        .into_any()
    };
    let narrow = view! {
        <div class="third stack">
            <Card id=BUDGET.part title=BUDGET.title class="">
                {form::form(&BUDGET)}
            </Card>
            <Card id=MODE.part title=MODE.title class="">
                {form::form(&MODE)}
            </Card>
        </div>
    };
    let limits = view! {
        <Card id=LIMITS.part title=LIMITS.title class="full columns">
            {form::form(&LIMITS)}
        </Card>
    };
    vec![
        chart(),
        decisions::panel("narrow"),
        card(&TARGETS),
        narrow.into_any(),
        card(&PINS),
        limits.into_any(),
        audit::panel(),
        scopes(),
    ]
    .into_any()
}

/// Threshold and time to live, with every decision marked.
pub fn chart() -> AnyView {
    let (past, live) = (expect_context::<Past>(), expect_context::<Live>());
    // Not tracked: limits seldom change, and samples come every few seconds.
    let limits = move || live.snapshot.with_untracked(|snapshot| Some(snapshot.as_ref()?.performance_tuning.limits));
    let data = Memo::new(move |_| {
        let mut data = past.lines(&[|point| Some(point.match_threshold), |point| Some(f64::from(point.ttl_s))]);
        // A step beyond each limit, so that a line at its limit is not lost in the frame.
        if let Some(limits) = limits() {
            let (step, ttl_step) = (limits.threshold_step, f64::from(limits.ttl_step_s));
            data.bounds = [
                Some((limits.threshold_min - step, limits.threshold_max + step)),
                Some((f64::from(limits.ttl_min_s) - ttl_step, f64::from(limits.ttl_max_s) + ttl_step)),
            ];
        }
        data
    });
    view! {
        <Card id="tuner" title="Tuner: threshold and time to live" class="wide">
            <Figure spec=&TUNER data=data.into() empty=past.absence() />
        </Card>
    }
    .into_any()
}

/// Scopes with a threshold of their own.
fn scopes() -> AnyView {
    let live = expect_context::<Live>();
    let lines = live.lines(|snapshot, _| snapshot.performance_tuning.scopes.iter().map(scope).collect());
    let columns = vec![Column::text("scope"), Column::number("threshold"), Column::number("labels")];
    let empty = "No scope's answers differ enough from the others' to need a threshold of its own.";
    view! {
        <Card id="scopes" title="Scopes with a threshold of their own" class="full">
            <Table label="Scopes" columns=columns lines=lines empty=Signal::stored(empty.to_owned()) />
        </Card>
    }
    .into_any()
}

fn scope(scope: &ScopeThreshold) -> Line {
    let threshold = match scope.exact_only {
        true => "exact only".to_owned(),
        false => Setting::MatchThreshold.show(scope.match_threshold),
    };
    let cells = vec![
        Cell { class: "key wrap", ..Cell::text(&scope.scope) },
        Cell::number(threshold),
        Cell::number(format::compact(scope.labels)),
    ];
    Line { key: scope.scope.clone(), cells, class: "" }
}
