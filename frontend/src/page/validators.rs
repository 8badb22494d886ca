//! Who calls, how often, how well served; who has gone quiet; who was turned away.

use leptos::prelude::*;
use lode_shared::ValidatorRow;

use super::{questions, reasons};
use crate::format;
use crate::live::Live;
use crate::ui::Card;
use crate::ui::table::{Cell, Column, Line, Table};
use crate::verdict::Listening;

pub fn page() -> AnyView {
    let live = expect_context::<Live>();
    let lines = live.lines(|snapshot, now_ms| {
        let listening = Listening::new(snapshot, now_ms);
        snapshot.traffic.validators.iter().map(|row| line(row, listening)).collect()
    });
    let columns = vec![
        Column::text("validator"),
        Column::number("uid"),
        Column::number("stake α"),
        Column::number("requests"),
        Column::number("per min"),
        Column::number("p95"),
        Column::number("last call"),
    ];
    let empty = "No validator has called yet.";
    let table = view! {
        <Card id="validators" title="Validators" class="full" aside=Signal::stored(Some("by stake".to_owned()))>
            <Table label="Validators" columns=columns lines=lines empty=Signal::stored(empty.to_owned()) />
        </Card>
    };
    vec![questions::called(), questions::answering(), reasons::panel("half"), table.into_any()].into_any()
}

fn line(row: &ValidatorRow, listening: Listening) -> Line {
    let dash = || format::DASH.to_owned();
    let age = row.last_seen_ms.map(|seen| format::age(listening.now_ms.saturating_sub(seen)));
    let (last, class) = match (age, listening.finds_silent(row)) {
        (Some(age), false) => (format!("{age} ago"), "n"),
        (Some(age), true) => (format!("silent for {age}"), "n warn"),
        (None, true) => ("never called".into(), "n warn"),
        (None, false) => (dash(), "n"),
    };
    let note = match row.permit {
        Some(true) => "",
        Some(false) => " no permit",
        None => " not in the metagraph",
    };
    let href = format!("/requests?hotkey={}", row.hotkey);
    let cells = vec![
        Cell {
            title: Some(row.hotkey.clone()),
            class: "key",
            note: note.into(),
            ..Cell::link(format::short_key(&row.hotkey), href)
        },
        Cell::number(row.uid.map_or_else(dash, |uid| uid.to_string())),
        Cell::number(row.stake_alpha.map_or_else(dash, format::compact)),
        Cell::number(format::count(row.requests)),
        Cell::number(row.per_minute.map_or_else(dash, format::count)),
        Cell::number(row.p95_ms.map_or_else(dash, |ms| format::response_text(ms / 1e3))),
        Cell { class, ..Cell::text(last) },
    ];
    Line { key: row.hotkey.clone(), cells, class: "" }
}
