//! The figures behind a chart, as a table for those who cannot see it or want to copy them.

use leptos::prelude::*;

use super::figure::Drawn;
use super::spec::Axis;
use crate::ui::table::{Cell, Column, Line, Table};

/// As many as fit a screen; the chart has the rest.
const SHOWN: usize = 20;

/// A table that is filled while it is open: nobody reads a closed one, and rows come every few seconds.
pub fn table(drawn: Drawn) -> AnyView {
    let is_open = RwSignal::new(false);
    let spec = drawn.spec;
    let lines = Signal::derive(move || {
        if !is_open.get() {
            return Vec::new();
        }
        let count = drawn.data.with(|data| data.xs.len());
        let has_figures =
            |place: &usize| drawn.data.with(|data| data.columns.iter().any(|column| column[*place].is_some()));
        let places = (0..count).rev().filter(has_figures).take(SHOWN);
        let line = |place: usize| {
            let values = (0..spec.lines.len()).map(|line| Cell::number(drawn.value(line, Some(place))));
            let cells = std::iter::once(Cell::text(drawn.place(place))).chain(values).collect();
            Line { key: place.to_string(), cells, class: "" }
        };
        places.map(line).collect::<Vec<_>>()
    });
    let head = match spec.axis {
        Axis::Time => "time",
        Axis::Figure(name, _) => name,
    };
    let columns = std::iter::once(Column::text(head)).chain(spec.lines.iter().map(|line| Column::number(line.name)));
    view! {
        <details class="as-table" on:toggle=move |_| is_open.update(|is_open| *is_open = !*is_open)>
            <summary>"Show as table"</summary>
            <Table label=format!("{}: figures", spec.subject) columns=columns.collect() lines=lines />
        </details>
    }
    .into_any()
}
