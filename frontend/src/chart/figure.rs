//! A chart that can also be read: a legend with the figures under the crosshair, a summary, and a table.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use lode_shared::Range;

use super::plot::{Frame, Plot, Reading};
use super::series;
use super::spec::{Line, Spec};
use super::table::Table;
use crate::live::Live;
use crate::past::Past;
use crate::theme::Themes;
use crate::ui::Swatch;
use crate::{clock, format};

#[component]
pub fn Figure(spec: &'static Spec) -> impl IntoView {
    let past = expect_context::<Past>();
    let element = NodeRef::<Div>::new();
    let plot = StoredValue::new_local(None::<Plot>);
    let reading = RwSignal::new(None::<Reading>);
    // Two points make the first line.
    let has_data = Memo::new(move |_| past.rows.with(|rows| rows.iter().filter(|row| row.point.is_some()).count() > 1));
    draw(spec, element, plot, reading, has_data);

    let spoken = RwSignal::new(String::new());
    let on_key = move |event: KeyboardEvent| {
        if move_crosshair(&event.key(), past, plot, reading) {
            event.prevent_default();
            spoken.set(told(spec, past, reading));
        }
    };
    let label = format!("{}. Left and right arrow keys read it point by point.", spec.subject);
    let lines = spec.lines.iter().map(|line| view! { <Legend line=line reading=reading /> }).collect_view();
    view! {
        <figure class="figure">
            <div class="plot" id=spec.id tabindex="0" role="img" aria-label=label node_ref=element on:keydown=on_key>
                <Show when=move || !has_data.get()>
                    <p class="empty">{move || empty_text(past)}</p>
                </Show>
            </div>
            <figcaption>
                <p class="sr-only">{move || summary(spec, past)}</p>
                <p class="sr-only" role="status">{spoken}</p>
                <div class="legend">
                    <span class="when">{move || when(past, reading)}</span>
                    {lines}
                </div>
                <p class="note">{move || note(past, reading)}</p>
            </figcaption>
            <Table spec=spec />
        </figure>
    }
}

/// Draws when there is something to draw, anew when colours or bounds change, and further with each sample.
fn draw(
    spec: &'static Spec,
    element: NodeRef<Div>,
    plot: StoredValue<Option<Plot>, LocalStorage>,
    reading: RwSignal<Option<Reading>>,
    has_data: Memo<bool>,
) {
    let (past, themes) = (expect_context::<Past>(), expect_context::<Themes>());
    let tuning = expect_context::<Live>().part(|snapshot| {
        let tuning = &snapshot.performance_tuning;
        Frame { limits: tuning.limits, targets: tuning.targets }
    });
    Effect::new(move || {
        themes.is_dark();
        plot.set_value(None);
        let (Some(frame), Some(element), true) = (tuning.get(), element.get(), has_data.get()) else { return };
        let rows = past.rows.get_untracked();
        match Plot::draw(spec, frame, &element, &rows, move |at| reading.set(at)) {
            Ok(drawn) => {
                drawn.show(spec, &rows, &past.marks_ms(), false);
                plot.set_value(Some(drawn));
            }
            Err(error) => leptos::logging::error!("a chart could not be drawn: {error:?}"),
        }
    });
    Effect::new(move |before: Option<(Vec<series::Row>, Range)>| {
        let (rows, range) = (past.rows.get(), past.range.get_untracked());
        plot.with_value(|plot| {
            let Some(plot) = plot else { return };
            // Another range is another view.
            let is_zoomed = before.is_some_and(|(rows, before)| range == before && plot.is_zoomed(&rows));
            plot.show(spec, &rows, &past.marks_ms(), is_zoomed);
        });
        (rows, range)
    });
    on_cleanup(move || plot.set_value(None));
}

/// Moves the crosshair as a key says; whether the key was one of ours.
fn move_crosshair(
    key: &str,
    past: Past,
    plot: StoredValue<Option<Plot>, LocalStorage>,
    reading: RwSignal<Option<Reading>>,
) -> bool {
    let rows = past.rows.get_untracked();
    let Some(last) = rows.len().checked_sub(1) else { return false };
    let now = reading.get_untracked().map_or(last, |reading| reading.row);
    let next = match key {
        "ArrowLeft" => now.saturating_sub(1),
        "ArrowRight" => now + 1,
        "PageUp" => now.saturating_sub(rows.len() / 10),
        "PageDown" => now + rows.len() / 10,
        "Home" => 0,
        "End" => last,
        "Escape" => {
            plot.with_value(|plot| plot.iter().for_each(Plot::point_nowhere));
            return true;
        }
        _ => return false,
    };
    if let Some(row) = rows.get(next.min(last)) {
        plot.with_value(|plot| plot.iter().for_each(|plot| plot.point_at(row)));
    }
    true
}

#[component]
fn Legend(line: &'static Line, reading: RwSignal<Option<Reading>>) -> impl IntoView {
    let past = expect_context::<Past>();
    view! {
        <span class="item">
            <Swatch colour=line.colour dash=line.dash />
            {line.name}
            " "
            <b>{move || value_at(line, past, reading.get())}</b>
        </span>
    }
}

/// A line's value under the crosshair, or the newest.
fn value_at(line: &Line, past: Past, reading: Option<Reading>) -> String {
    past.rows.with(|rows| {
        let row = reading.map_or(rows.last(), |reading| rows.get(reading.row));
        let value = row.and_then(|row| row.point.as_ref()).and_then(line.value);
        value.map_or_else(|| format::DASH.into(), line.show)
    })
}

fn when(past: Past, reading: RwSignal<Option<Reading>>) -> String {
    let Some(reading) = reading.get() else { return "now".into() };
    past.rows
        .with(|rows| rows.get(reading.row).map(|row| clock::moment(row.at_ms, clock::now_ms())))
        .unwrap_or_default()
}

/// The decision under the crosshair with its reason, or how to find one.
fn note(past: Past, reading: RwSignal<Option<Reading>>) -> String {
    past.history.with(|history| {
        let decisions = history.as_ref().map(|history| history.decisions.as_slice()).unwrap_or_default();
        if let Some(reading) = reading.get()
            && let Some(decision) = series::decision_near(decisions, reading.at_ms, reading.reach_ms)
        {
            return format!("◆ {} {}", clock::moment(decision.at_ms, clock::now_ms()), series::moves_text(decision));
        }
        match decisions.len() {
            0 => "No setting was moved in this range.".into(),
            1 => "◆ 1 tuner decision: point at it to read why.".into(),
            count => format!("◆ {count} tuner decisions: point at one to read why."),
        }
    })
}

/// What a reader with a keyboard hears after moving the crosshair.
fn told(spec: &Spec, past: Past, reading: RwSignal<Option<Reading>>) -> String {
    if reading.get_untracked().is_none() {
        return String::new();
    }
    let values =
        spec.lines.iter().map(|line| format!("{} {}", line.name, value_at(line, past, reading.get_untracked())));
    let mut parts = vec![when(past, reading)];
    parts.extend(values);
    let note = note(past, reading);
    if note.contains('→') {
        parts.push(note);
    }
    parts.join(", ")
}

/// The chart in one sentence for each line: now, least, greatest.
fn summary(spec: &Spec, past: Past) -> String {
    let range = past.range.get().label();
    past.rows.with(|rows| {
        let sentence = |line: &Line| {
            let values = rows.iter().filter_map(|row| row.point.as_ref()).filter_map(line.value);
            match (series::extremes(values), rows.last().and_then(|row| row.point.as_ref()).and_then(line.value)) {
                (None, _) => format!("{}: {}.", line.name, format::NO_DATA),
                (Some((least, most)), now) => format!(
                    "{}: now {}, between {} and {}.",
                    line.name,
                    now.map_or_else(|| format::NO_DATA.into(), line.show),
                    (line.show)(least),
                    (line.show)(most)
                ),
            }
        };
        let sentences: Vec<_> = spec.lines.iter().map(sentence).collect();
        format!("{} over {range}. {}", spec.subject, sentences.join(" "))
    })
}

fn empty_text(past: Past) -> &'static str {
    if past.has_failed.get() { "The history could not be read; trying again." } else { format::NO_DATA }
}
