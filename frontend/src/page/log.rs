//! The log, newest first: the line that matters is in view without scrolling.

use leptos::prelude::*;
use lode_shared::{LogLevel, LogLine};
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::clock;
use crate::log::{LogTail, level, matches, word};
use crate::route::Router;
use crate::ui::filter::{Filter, filters};
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{self, Card, button, effect, pause_button};

const FILTERS: &[Filter] = &[
    Filter {
        key: "level",
        label: "At least",
        options: &[("", "debug"), ("info", "info"), ("warn", "warn"), ("error", "error")],
    },
    Filter { key: "words", label: "With the words", options: &[] },
];

pub fn page() -> AnyView {
    let (tail, router) = (expect_context::<LogTail>(), expect_context::<Router>());
    let (least, words) = (router.param("level"), router.param("words"));
    let is_paused = RwSignal::new(false);
    // While paused, the lines that were there then.
    let held = RwSignal::new(None);
    effect(move || held.set(is_paused.get().then(|| tail.lines.get_untracked())));
    let shown = move || {
        let (least, words) = (level(&least.get()), words.get());
        let fits = |line: &&LogLine| matches(line, least, &words);
        let choose = |lines: &Vec<LogLine>| lines.iter().rev().filter(fits).cloned().collect::<Vec<_>>();
        held.with(|held| held.as_ref().map(choose)).unwrap_or_else(|| tail.lines.with(choose))
    };
    let lines = Signal::derive(move || shown().iter().map(row).collect::<Vec<_>>());
    let copied = RwSignal::new(String::new());
    let copy = Callback::new(move |()| {
        let text: Vec<_> = untrack(shown).iter().rev().map(plain).collect();
        let said = if put_on_clipboard(&text.join("\n")) { "Copied." } else { "The browser did not allow it." };
        copied.set(said.to_owned());
    });
    let columns = vec![Column::text("time"), Column::text("level"), Column::text("message")];
    let empty = "Nothing was logged that matches.";
    view! {
        <Card id="log" title="Log, newest first" class="full">
            {filters(router, FILTERS)}
            <div class="actions">
                {pause_button(is_paused)}
                {button("Copy", "quiet small", copy)}
                {ui::status("log-status", copied.into(), Signal::stored("status".to_owned()))}
            </div>
            <Table label="Log lines" columns=columns lines=lines empty=Signal::stored(empty.to_owned()) />
        </Card>
    }
    .into_any()
}

fn row(line: &LogLine) -> Line {
    let tone = match line.level {
        LogLevel::Error => "bad",
        LogLevel::Warn => "warn",
        LogLevel::Info | LogLevel::Debug => "quiet",
    };
    let note = line.file.as_ref().map(|file| format!(" {file}")).unwrap_or_default();
    let cells = vec![
        Cell { title: Some(clock::iso(line.at_ms)), ..Cell::text(clock::second(line.at_ms)) },
        Cell { class: tone, note, ..Cell::text(word(line.level)) },
        Cell { class: "wrap", ..Cell::text(&line.message) },
    ];
    Line { key: line.id.to_string(), cells, class: "" }
}

/// A line as it would stand in a file.
fn plain(line: &LogLine) -> String {
    let file = line.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
    format!("{} {} {file}{}", clock::iso(line.at_ms), word(line.level), line.message)
}

/// Over plain HTTP from afar the newer way is closed to pages; this one works everywhere.
fn put_on_clipboard(text: &str) -> bool {
    let document = document();
    let area = document.create_element("textarea").ok().and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok());
    let (Some(area), Some(body)) = (area, document.body()) else { return false };
    area.set_value(text);
    area.set_class_name("sr-only");
    if body.append_child(&area).is_err() {
        return false;
    }
    area.select();
    let is_copied = document.dyn_into::<HtmlDocument>().is_ok_and(|page| page.exec_command("copy").unwrap_or(false));
    area.remove();
    is_copied
}
