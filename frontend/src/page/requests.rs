//! Requests as they come, narrowed down as the address says; one of them looked at closely.

use leptos::prelude::*;
use lode_shared::RequestRecord;

use super::{questions, reasons, request, solvers, sources};
use crate::live::Live;
use crate::route::{Page, Router};
use crate::ui::filter::{Filter, filters};
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{Card, button, dynamic, effect, pause_button, sub};
use crate::{api, clock, format};

const FILTERS: &[Filter] = &[
    Filter { key: "hotkey", label: "Validator", options: &[] },
    Filter { key: "synapse", label: "Synapse", options: &[] },
    Filter {
        key: "source",
        label: "Source",
        options: &[
            ("", "all"),
            ("exact", "exact"),
            ("semantic", "semantic"),
            ("memory", "memory"),
            ("pattern", "pattern"),
            ("coalesced", "coalesced"),
            ("solved", "solved"),
            ("candidate", "candidate"),
            ("fallback", "fallback"),
            ("static", "static"),
        ],
    },
    Filter {
        key: "outcome",
        label: "Outcome",
        options: &[("", "all"), ("answered", "answered"), ("failed", "failed")],
    },
];
/// Rows asked for at once.
const AT_ONCE: usize = 100;
/// Rows kept while the page is open.
const MOST: usize = 200;

/// What the list is narrowed to: hotkey, synapse, source, outcome; empty where it is not.
type Narrowing = [String; 4];

/// The rows on the page.
#[derive(Clone, Copy)]
struct Rows {
    rows: RwSignal<Vec<RequestRecord>>,
    narrowing: Memo<Narrowing>,
    is_paused: RwSignal<bool>,
    failure: RwSignal<String>,
    /// Whether the first rows have come: before, nothing is known to be missing.
    is_read: RwSignal<bool>,
}

pub fn page() -> AnyView {
    let (live, router) = (expect_context::<Live>(), expect_context::<Router>());
    let params = FILTERS.iter().map(|filter| router.param(filter.key)).collect::<Vec<_>>();
    let rows = Rows {
        rows: RwSignal::new(Vec::new()),
        narrowing: Memo::new(move |_| std::array::from_fn(|at| params[at].get())),
        is_paused: RwSignal::new(false),
        failure: RwSignal::new(String::new()),
        is_read: RwSignal::new(false),
    };
    rows.follow(live);
    let lines = Signal::derive(move || {
        let address = router.close_up(Page::Requests, "id");
        rows.rows.with(|rows| rows.iter().map(|row| line(row, &address)).collect::<Vec<_>>())
    });
    let columns = vec![
        Column::text("time"),
        Column::text("validator"),
        Column::text("synapse"),
        Column::text("answered from"),
        Column::number("took"),
        Column::text("right?"),
    ];
    let empty = Signal::stored("No such request yet.".to_owned());
    let id = router.param("id");
    // Built anew for another request only, not for another filter.
    let id = Memo::new(move |_| id.get().parse().ok());
    let detail = dynamic(move || match id.get() {
        Some(id) => request::panel(id, rows.rows),
        None => ().into_any(),
    });
    let list = view! {
        <Card id="requests" title="Requests, newest first" class="full" control=pause_button(rows.is_paused)>
            {filters(router, FILTERS)}
            <Table label="Requests" columns=columns lines=lines empty=empty />
            {sub(Signal::derive(move || Some(rows.failure.get())))}
            {button("Older", "quiet", Callback::new(move |()| rows.older()))}
        </Card>
    };
    let by_source = view! {
        <Card id="sources" title="Answered by" class="narrow">
            {sources::bar()}
        </Card>
    };
    vec![
        questions::answering(),
        reasons::panel("five"),
        by_source.into_any(),
        solvers::panel(),
        detail,
        list.into_any(),
    ]
    .into_any()
}

impl Rows {
    /// Read anew when they are narrowed otherwise and after each reconnect; extended by what streams in.
    fn follow(self, live: Live) {
        effect(move || {
            let narrowing = self.narrowing.get();
            if live.connections.get() > 0 {
                self.rows.set(Vec::new());
                self.is_read.set(false);
                self.read(narrowing, None);
            }
        });
        let newest = live.part(|snapshot| snapshot.requests.clone());
        effect(move || {
            let Some(newest) = newest.get() else { return };
            if self.is_paused.get() {
                return;
            }
            let narrowing = self.narrowing.get_untracked();
            if !self.is_read.get_untracked() {
                return;
            }
            let fits = newest.into_iter().filter(|row| matches(row, &narrowing)).collect();
            self.rows.update(|rows| merge(rows, fits));
        });
    }

    fn older(self) {
        let before = self.rows.with_untracked(|rows| rows.last().map(|row| row.id));
        self.is_paused.set(true);
        self.read(self.narrowing.get_untracked(), before);
    }

    fn read(self, narrowing: Narrowing, before: Option<u64>) {
        let mut url = format!("/api/v1/requests?limit={AT_ONCE}");
        for (filter, value) in FILTERS.iter().zip(&narrowing).filter(|(_, value)| !value.is_empty()) {
            url.push_str(&format!("&{}={}", filter.key, String::from(js_sys::encode_uri_component(value))));
        }
        if let Some(before) = before {
            url.push_str(&format!("&before={before}"));
        }
        api::read(url, move |read: Result<Vec<RequestRecord>, _>| {
            // Narrowed otherwise while this was on its way.
            if self.narrowing.try_get_untracked() != Some(narrowing) {
                return;
            }
            match read {
                Ok(more) => {
                    self.failure.set(String::new());
                    self.is_read.set(true);
                    self.rows.update(|rows| {
                        let last = rows.last().map_or(u64::MAX, |row| row.id);
                        rows.extend(more.into_iter().filter(|row| row.id < last));
                        // The older ones were asked for: the newest make room.
                        rows.drain(..rows.len().saturating_sub(MOST));
                    });
                }
                Err(failure) => {
                    // What streams in is shown all the same.
                    self.is_read.set(true);
                    self.failure.set(format!("Older ones could not be read: {}", failure.message()));
                }
            }
        });
    }
}

/// Adds what has ended and what was found out since. Numbers are given at the start: a slow request ends after later ones.
fn merge(rows: &mut Vec<RequestRecord>, newest: Vec<RequestRecord>) {
    let oldest = rows.last().map_or(0, |row| row.id);
    for row in newest {
        match rows.binary_search_by(|known| row.id.cmp(&known.id)) {
            Ok(place) => rows[place] = row,
            Err(place) if row.id > oldest => rows.insert(place, row),
            Err(_) => {}
        }
    }
    rows.truncate(MOST);
}

/// Whether a request is among those that are looked for: what the server does for older ones.
fn matches(row: &RequestRecord, [hotkey, synapse, source, outcome]: &Narrowing) -> bool {
    let is = |wanted: &str, value: Option<&str>| wanted.is_empty() || value == Some(wanted);
    let ended = if row.source.is_some() { "answered" } else { "failed" };
    is(hotkey, row.hotkey.as_deref())
        && is(synapse, row.synapse.as_deref())
        && is(source, row.source.map(lode_shared::Source::label))
        && is(outcome, Some(ended))
}

fn line(row: &RequestRecord, address: &str) -> Line {
    let dash = || format::DASH.to_owned();
    let (outcome, class) = request::outcome(row);
    let right = match row.right {
        Some(true) => Cell { class: "good", ..Cell::text("right") },
        Some(false) => Cell { class: "bad", ..Cell::text("wrong") },
        None => Cell::text(dash()),
    };
    let sender = Cell {
        class: "key",
        title: row.hotkey.clone(),
        ..Cell::text(row.hotkey.as_deref().map_or_else(|| "operator".into(), format::short_key))
    };
    let cells = vec![
        Cell::link(clock::moment(row.at_ms, clock::now_ms()), format!("{address}{}", row.id)),
        sender,
        Cell::text(row.synapse.clone().unwrap_or_else(dash)),
        Cell { class, ..Cell::text(outcome) },
        Cell::number(format::response_text(row.took_ms / 1e3)),
        right,
    ];
    Line { key: row.id.to_string(), cells, class: "" }
}

#[cfg(test)]
mod tests {
    use lode_shared::Source;

    use super::*;

    fn answered() -> RequestRecord {
        RequestRecord {
            id: 7,
            at_ms: 1,
            hotkey: Some("5F".into()),
            synapse: Some("Chat".into()),
            source: Some(Source::Exact),
            solver: None,
            reason: None,
            took_ms: 1.5,
            verify_ms: None,
            recall_ms: None,
            queue_ms: None,
            solve_ms: None,
            cost_usd: None,
            right: None,
            judged_by: None,
        }
    }

    #[test]
    fn a_slow_request_takes_its_place_and_a_label_is_shown_where_the_request_is() {
        let row = |id, right| RequestRecord { id, right, ..answered() };
        let mut rows = vec![row(9, None), row(7, None), row(5, None)];
        merge(&mut rows, vec![row(8, None), row(7, Some(false)), row(10, None), row(4, None)]);
        let told: Vec<_> = rows.iter().map(|row| (row.id, row.right)).collect();
        assert_eq!(told, [(10, None), (9, None), (8, None), (7, Some(false)), (5, None)]);
        let mut none = Vec::new();
        merge(&mut none, vec![row(3, None), row(6, None)]);
        assert_eq!(none.iter().map(|row| row.id).collect::<Vec<_>>(), [6, 3]);
    }

    #[test]
    fn a_request_is_shown_only_where_every_filter_lets_it_through() {
        let narrowing = |texts: [&str; 4]| texts.map(str::to_owned);
        let failed = RequestRecord { source: None, reason: Some("timeout".into()), ..answered() };
        assert!(matches(&answered(), &narrowing(["", "", "", ""])));
        assert!(matches(&answered(), &narrowing(["5F", "Chat", "exact", "answered"])));
        for other in [["5G", "", "", ""], ["", "Step", "", ""], ["", "", "solved", ""], ["", "", "", "failed"]] {
            assert!(!matches(&answered(), &narrowing(other)), "{other:?}");
        }
        assert!(matches(&failed, &narrowing(["", "", "", "failed"])));
        assert!(!matches(&failed, &narrowing(["", "", "exact", ""])));
    }
}
