//! What is remembered: a table to search, and one entry looked at closely.

use leptos::prelude::*;
use lode_shared::{Entries, EntryRow};

use super::entry;
use crate::admin::Admin;
use crate::live::Live;
use crate::route::{Page, Router};
use crate::ui::filter::{Filter, filters};
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{Card, button, dynamic, effect};
use crate::{api, format};

const FILTERS: &[Filter] = &[
    Filter { key: "search", label: "Prompt, scope or solver", options: &[] },
    Filter {
        key: "sort",
        label: "Sorted by",
        options: &[
            ("", "last used"),
            ("hits", "most hits"),
            ("age", "oldest"),
            ("chance", "least sure"),
            ("size", "largest"),
        ],
    },
];
const AT_ONCE: usize = 50;
/// Rows kept while the page is open.
const MOST: usize = 500;

/// The list on the page.
#[derive(Clone, Copy)]
pub struct List {
    pub admin: Admin,
    pub rows: RwSignal<Entries>,
    failure: RwSignal<String>,
    search: Memo<String>,
    sort: Memo<String>,
}

pub fn panel() -> AnyView {
    let (live, router) = (expect_context::<Live>(), expect_context::<Router>());
    // Read anew for another search only, not for another entry looked at.
    let param = |key| {
        let param = router.param(key);
        Memo::new(move |_| param.get())
    };
    let list = List {
        admin: expect_context(),
        rows: RwSignal::new(Entries::default()),
        failure: RwSignal::new(String::new()),
        search: param("search"),
        sort: param("sort"),
    };
    effect(move || {
        list.search.track();
        list.sort.track();
        if live.connections.get() > 0 {
            list.read(0);
        }
    });
    let lines = Signal::derive(move || {
        let address = router.close_up(Page::Cache, "entry");
        list.rows.with(|rows| rows.entries.iter().map(|row| line(row, &address)).collect::<Vec<_>>())
    });
    let columns = vec![
        Column::text("prompt"),
        Column::text("solver"),
        Column::number("hits"),
        Column::number("age"),
        Column::number("right, wrong"),
        Column::number("sure"),
        Column::number("size"),
        Column::text("state"),
    ];
    let empty = Signal::derive(move || match list.failure.get() {
        failure if !failure.is_empty() => failure,
        _ => "Nothing is remembered that matches.".into(),
    });
    let count = Signal::derive(move || {
        let (shown, total) = list.rows.with(|rows| (rows.entries.len(), rows.total));
        (total > 0).then(|| format!("{} of {} shown", format::count(shown as u64), format::count(total as u64)))
    });
    let id = router.param("entry");
    let id = Memo::new(move |_| id.get().parse().ok());
    let detail = dynamic(move || match id.get() {
        Some(id) => entry::panel(id, list),
        None => ().into_any(),
    });
    let more = Callback::new(move |()| list.read(list.rows.with_untracked(|rows| rows.entries.len())));
    let table = view! {
        <Card id="entries" title="Remembered answers" class="full" aside=count>
            {filters(router, FILTERS)}
            <Table label="Remembered answers" columns=columns lines=lines empty=empty />
            <div class="actions">
                {button("More", "quiet", more)}
                {button("Read again", "quiet", Callback::new(move |()| list.read(0)))}
                {entry::forget_all(list)}
            </div>
        </Card>
    };
    vec![detail, table.into_any()].into_any()
}

impl List {
    /// Reads from `offset` on; from the beginning, what was there is replaced.
    pub fn read(self, offset: usize) {
        // Asked for by something that has taken its time: the page may be left by now.
        let (Some(search), Some(sort)) = (self.search.try_get_untracked(), self.sort.try_get_untracked()) else {
            return;
        };
        let mut url = format!("/api/v1/cache/entries?limit={AT_ONCE}&offset={offset}");
        for (key, value) in [("search", &search), ("sort", &sort)] {
            if !value.is_empty() {
                url.push_str(&format!("&{key}={}", String::from(js_sys::encode_uri_component(value))));
            }
        }
        api::read(url, move |read: Result<Entries, _>| {
            if self.search.try_get_untracked() != Some(search) || self.sort.try_get_untracked() != Some(sort) {
                return;
            }
            match read {
                Ok(more) => {
                    self.failure.set(String::new());
                    self.rows.update(|rows| {
                        rows.total = more.total;
                        rows.entries.truncate(offset);
                        let known = |row: &EntryRow| rows.entries.iter().any(|known| known.id == row.id);
                        let new: Vec<_> = more.entries.into_iter().filter(|row| !known(row)).collect();
                        rows.entries.extend(new);
                        rows.entries.truncate(MOST);
                    });
                }
                Err(failure) => self.failure.set(failure.message().to_owned()),
            }
        });
    }
}

/// What is to be known of an entry at first sight, and in which tone.
pub fn state(row: &EntryRow) -> (&'static str, &'static str) {
    match (row.quarantined, row.in_memory) {
        (true, _) => ("contradicted", "bad"),
        (false, true) => ("beyond its time", "warn"),
        (false, false) => ("in use", ""),
    }
}

fn line(row: &EntryRow, address: &str) -> Line {
    let (state, class) = state(row);
    let (right, wrong) = row.labels;
    let cells = vec![
        Cell {
            class: "clip",
            title: Some(row.prompt.clone()),
            ..Cell::link(&row.prompt, format!("{address}{}", row.id))
        },
        Cell::text(&row.solver),
        Cell::number(format::count(row.hits.into())),
        Cell::number(format::age(row.age_s * 1_000)),
        Cell::number(format!("{right:.0}, {wrong:.0}")),
        Cell::number(format!("{:.1} %", 100.0 * row.chance)),
        Cell::number(format::bytes(row.size_bytes)),
        Cell { class, ..Cell::text(state) },
    ];
    Line { key: row.id.to_string(), cells, class: "" }
}
