//! One remembered answer, and forgetting.

use std::sync::Arc;

use leptos::prelude::*;
use lode_shared::{EntryRow, PatternRow};

use super::entries::{List, state};
use crate::admin::Job;
use crate::api::{self, Call, Failure};
use crate::route::Page;
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{self, Card, Text, button, effect, sub};
use crate::{clock, format};

pub fn panel(id: u64, list: List) -> AnyView {
    let row = Signal::derive(move || list.rows.with(|rows| rows.entries.iter().find(|row| row.id == id).cloned()));
    let tell = move |tell: fn(&EntryRow) -> Option<String>| -> Text {
        Signal::derive(move || row.get().as_ref().and_then(tell))
    };
    let absent = Signal::derive(move || {
        let text = "This entry is not among those in the list: search for its prompt, or it has been forgotten.";
        row.get().is_none().then(|| text.to_owned())
    });
    let status = RwSignal::new(String::new());
    let forget_entry = Callback::new(move |()| forget(list, status, format!("{{\"entry\":{id}}}")));
    let forget_scope = Callback::new(move |()| {
        if let Some(row) = row.get_untracked() {
            forget(list, status, format!("{{\"scope\":\"{}\"}}", row.scope_id));
        }
    });
    view! {
        <Card id="entry" title="The answer" class="full" control=super::back_to(Page::Cache)>
            {sub(absent)}
            <p class="prompt">{tell(|row| Some(row.prompt.clone()))}</p>
            {sub(tell(|row| Some(format!("{} in the scope {}", row.synapse, row.scope))))}
            {sub(tell(|row| {
                let (right, wrong) = row.labels;
                let used = clock::moment(row.last_used_ms, clock::now_ms());
                Some(format!(
                    "{} · solved by {} in {} · {} old · given {} times, last used {used} · found right {right:.1}, wrong {wrong:.1} \
                     times · {:.1} % sure",
                    state(row).0,
                    row.solver,
                    format::response_text(row.solve_ms as f64 / 1e3),
                    format::span(row.age_s),
                    row.hits,
                    100.0 * row.chance
                ))
            }))}
            <div class="actions">
                {button("Forget this answer", "quiet", forget_entry)}
                {button("Forget its whole scope", "quiet", forget_scope)}
                {ui::status("entry-status", status.into(), Signal::stored("status".to_owned()))}
            </div>
            {patterns(row)}
        </Card>
    }
    .into_any()
}

/// Forgets everything, after asking.
pub fn forget_all(list: List) -> AnyView {
    let status = RwSignal::new(String::new());
    let ask = Callback::new(move |()| {
        let question = "Forget every remembered answer? Each will have to be solved again.";
        if window().confirm_with_message(question).unwrap_or(false) {
            post(list, status, "/api/v1/cache/clear", None);
        }
    });
    view! {
        {button("Forget everything", "quiet", ask)}
        {ui::status("forget-status", status.into(), Signal::stored("status".to_owned()))}
    }
    .into_any()
}

fn forget(list: List, status: RwSignal<String>, what: String) {
    post(list, status, "/api/v1/cache/invalidate", Some(what));
}

fn post(list: List, status: RwSignal<String>, url: &str, body: Option<String>) {
    let call = Call { method: "POST", url: url.into(), body, ..Call::default() };
    let done = Arc::new(move |answer: Result<String, Failure>| {
        let said = match answer {
            Ok(_) => "Forgotten.".to_owned(),
            Err(failure) => format!("Not forgotten: {}", failure.message()),
        };
        status.try_set(said);
        list.read(0);
    });
    list.admin.change(Job { call, done });
}

/// The patterns of the entry's scope.
fn patterns(row: Signal<Option<EntryRow>>) -> AnyView {
    let lines = RwSignal::new(Vec::new());
    let scope = Memo::new(move |_| row.get().map(|row| row.scope_id));
    effect(move || {
        let Some(scope) = scope.get() else { return };
        api::read(format!("/api/v1/cache/patterns?scope={scope}"), move |read: Result<Vec<PatternRow>, _>| {
            if let Ok(rows) = read {
                lines.try_set(rows.iter().map(pattern).collect());
            }
        });
    });
    let columns = vec![
        Column::text("pattern"),
        Column::text("state"),
        Column::number("predicted right"),
        Column::number("answered"),
    ];
    view! {
        <h3>"Patterns of its scope"</h3>
        <Table
            label="Patterns"
            columns=columns
            lines=lines.into()
            empty=Signal::stored("None was found in this scope.".to_owned())
        />
    }
    .into_any()
}

fn pattern(row: &PatternRow) -> Line {
    let cells = vec![
        Cell { class: "key wrap", ..Cell::text(&row.template) },
        Cell::text(if row.proven { "answers" } else { "is learning" }),
        Cell::number(format!("{} of {}", row.right, row.required)),
        Cell::number(format::count(row.served)),
    ];
    Line { key: row.id.to_string(), cells, class: "" }
}
