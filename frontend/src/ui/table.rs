//! Tables: what is in them is data, so that one piece of code draws them all.

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::prelude::*;
use leptos::tachys::view::keyed::keyed;

/// A column's head.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    head: &'static str,
    class: &'static str,
}

impl Column {
    pub const fn text(head: &'static str) -> Self {
        Self { head, class: "" }
    }

    /// Aligned at its digits.
    pub const fn number(head: &'static str) -> Self {
        Self { head, class: "n" }
    }
}

/// What stands in one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Cell {
    pub text: String,
    pub class: &'static str,
    /// The whole of what is cut.
    pub title: Option<String>,
    /// Small print after it.
    pub note: String,
    /// Where it leads.
    pub href: Option<String>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), class: "n", ..Self::default() }
    }

    /// Leads somewhere.
    pub fn link(text: impl Into<String>, href: String) -> Self {
        Self { text: text.into(), href: Some(href), ..Self::default() }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// What it is about, once in a table.
    pub key: String,
    /// One for each column; the first names the row.
    pub cells: Vec<Cell>,
    pub class: &'static str,
}

impl Line {
    /// A row that has not changed is left alone, and keeps the reader's focus.
    fn identity(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

#[component]
pub fn Table(
    /// What it lists, for those who do not see it.
    #[prop(into)]
    label: String,
    columns: Vec<Column>,
    lines: Signal<Vec<Line>>,
    /// What stands below while there are no rows.
    #[prop(optional)]
    empty: Option<Signal<String>>,
) -> impl IntoView {
    let heads = columns.into_iter().map(|Column { head, class }| {
        view! {
            <th scope="col" class=class>
                {head}
            </th>
        }
        .into_any()
    });
    let nothing = empty.map(|empty| {
        let text = Signal::derive(move || if lines.with(Vec::is_empty) { empty.get() } else { String::new() });
        view! { <p class="sub">{text}</p> }
    });
    // Not <For>: it gives each row an owner of its own, and those of rows that are gone stay for as long as the page.
    let rows = move || keyed(lines.get(), Line::identity, |_, line| (|_: usize| (), row(line)));
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=format!("{label}, scrollable")>
            <table>
                <thead>
                    <tr>{heads.collect::<Vec<_>>()}</tr>
                </thead>
                <tbody>
                    {rows}
                </tbody>
            </table>
        </div>
        {nothing}
    }
}

fn row(line: Line) -> AnyView {
    let cells = line.cells.into_iter().enumerate().map(|(place, cell)| {
        let text = match cell.href {
            Some(href) => view! { <a href=href>{cell.text}</a> }.into_any(),
            None => cell.text.into_any(),
        };
        let note = (!cell.note.is_empty()).then(|| view! { <span class="count">{cell.note}</span> });
        if place == 0 {
            view! {
                <th scope="row" class=cell.class title=cell.title>
                    {text}
                    {note}
                </th>
            }
            .into_any()
        } else {
            view! {
                <td class=cell.class title=cell.title>
                    {text}
                    {note}
                </td>
            }
            .into_any()
        }
    });
    view! { <tr class=line.class>{cells.collect::<Vec<_>>()}</tr> }.into_any()
}
