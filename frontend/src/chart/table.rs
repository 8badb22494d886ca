//! The figures behind a chart, as a table for those who cannot see it or want to copy them.

use leptos::prelude::*;

use super::series::Row;
use super::spec::Spec;
use crate::past::Past;
use crate::{clock, format};

/// As many as fit a screen; the chart has the rest.
const SHOWN: usize = 20;

#[component]
pub fn Table(spec: &'static Spec) -> impl IntoView {
    let past = expect_context::<Past>();
    let is_open = RwSignal::new(false);
    let heads = spec.lines.iter().map(|line| view! { <th scope="col" class="n">{line.name}</th> }).collect_view();
    let body = move || {
        // Nobody reads a closed table; rows come every few seconds.
        if !is_open.get() {
            return Vec::new();
        }
        past.rows.with(|rows| {
            rows.iter().rev().filter(|row| row.point.is_some()).take(SHOWN).map(|row| cells(spec, row)).collect()
        })
    };
    view! {
        <details class="as-table" on:toggle=move |_| is_open.update(|is_open| *is_open = !*is_open)>
            <summary>"Show as table"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=format!("{}: the last {SHOWN} points", spec.subject)>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"time"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
        </details>
    }
}

fn cells(spec: &'static Spec, row: &Row) -> AnyView {
    let point = row.point;
    let values = spec.lines.iter().map(|line| {
        let value = point.as_ref().and_then(line.value);
        view! { <td class="n">{value.map_or_else(|| format::DASH.into(), line.show)}</td> }
    });
    view! {
        <tr>
            <th scope="row">
                <time datetime=clock::iso(row.at_ms)>{clock::moment(row.at_ms, clock::now_ms())}</time>
            </th>
            {values.collect_view()}
        </tr>
    }
    .into_any()
}
