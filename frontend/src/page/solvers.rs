//! What every solver did.

use leptos::prelude::*;
use lode_shared::{Circuit, SolverView};

use crate::format;
use crate::live::Live;
use crate::ui::Card;
use crate::ui::table::{Cell, Column, Line, Table};

pub fn panel() -> AnyView {
    let live = expect_context::<Live>();
    let lines = live.lines(|snapshot, _| snapshot.solvers.iter().map(line).collect());
    let columns = vec![
        Column::text("solver"),
        Column::number("calls"),
        Column::number("failed"),
        Column::number("under way"),
        Column::number("p50"),
        Column::number("p95"),
        Column::number("cost"),
        Column::text("state"),
    ];
    let empty = "No solver is configured.";
    view! {
        <Card id="solvers" title="Solvers" class="full">
            <Table label="Solvers" columns=columns lines=lines empty=Signal::stored(empty.to_owned()) />
        </Card>
    }
    .into_any()
}

fn line(solver: &SolverView) -> Line {
    let time = |ms: Option<f64>| ms.map_or_else(|| format::DASH.into(), |ms| format::response_text(ms / 1e3));
    let (state, class) = match (solver.circuit, &solver.last_error) {
        (Some(Circuit::Open), _) => ("left alone", "bad"),
        (Some(Circuit::HalfOpen), _) => ("being tried again", "warn"),
        (_, Some(_)) => ("well, has failed", ""),
        (_, None) => ("well", ""),
    };
    let failed: Vec<_> =
        solver.failures_by_kind.iter().map(|(kind, count)| format!("{} {}", format::words(kind), count)).collect();
    let cells = vec![
        Cell { note: format!(" {}", solver.kind), class: "key", ..Cell::text(&solver.name) },
        Cell::number(format::count(solver.calls)),
        Cell { title: Some(failed.join(", ")), ..Cell::number(format::count(solver.failures)) },
        Cell::number(format::count(solver.inflight)),
        Cell::number(time(solver.p50_ms)),
        Cell::number(time(solver.p95_ms)),
        Cell::number(solver.cost_usd.map_or_else(|| format::DASH.into(), format::dollars)),
        Cell {
            title: solver.last_error.clone(),
            class,
            ..Cell::text(if solver.calls == 0 { "not asked yet" } else { state })
        },
    ];
    Line { key: solver.name.clone(), cells, class: "" }
}
