//! A chart that can also be read: a legend with the figures under the crosshair, a summary, and a table.

use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::plot::{Plot, Reading};
use super::series::{self, Data, MarkKind};
use super::spec::{Axis, Spec};
use super::table::table;
use crate::theme::Themes;
use crate::ui::{effect, swatch};
use crate::{clock, format};

/// What the parts of a figure share.
#[derive(Clone, Copy)]
pub struct Drawn {
    pub spec: &'static Spec,
    pub data: Signal<Data>,
    plot: StoredValue<Option<Plot>, LocalStorage>,
    reading: RwSignal<Option<Reading>>,
    /// One for each line.
    shown: RwSignal<Vec<bool>>,
}

#[component]
pub fn Figure(
    spec: &'static Spec,
    data: Signal<Data>,
    /// What stands in its place while there is nothing to draw.
    #[prop(default = Signal::stored(format::NO_DATA.into()))]
    empty: Signal<String>,
) -> impl IntoView {
    let element = NodeRef::<Div>::new();
    let drawn = Drawn {
        spec,
        data,
        plot: StoredValue::new_local(None),
        reading: RwSignal::new(None),
        shown: RwSignal::new(vec![true; spec.lines.len()]),
    };
    drawn.follow(element);
    let spoken = RwSignal::new(String::new());
    let on_key = move |event: KeyboardEvent| {
        if drawn.move_crosshair(&event.key()) {
            event.prevent_default();
            spoken.set(untrack(|| drawn.told()));
        }
    };
    let empty = Signal::derive(move || if data.with(Data::is_drawable) { String::new() } else { empty.get() });
    let summary = Memo::new(move |_| drawn.summary());
    let when = Signal::derive(move || drawn.when());
    let note = Signal::derive(move || drawn.note());
    view! {
        <figure class="figure">
            <div
                class="plot"
                id=spec.id
                tabindex="0"
                role="img"
                aria-label=format!("{}. Left and right arrow keys read it point by point.", spec.subject)
                node_ref=element
                on:keydown=on_key
            >
                <p class="empty">{empty}</p>
            </div>
            <figcaption>
                <p class="sr-only">{summary}</p>
                <p class="sr-only" role="status">{spoken}</p>
                <div class="legend">
                    <span class="when">{when}</span>
                    {(0..spec.lines.len()).map(|line| drawn.legend(line)).collect::<Vec<_>>()}
                </div>
                <p class="note">{note}</p>
            </figcaption>
            {table(drawn)}
        </figure>
    }
}

impl Drawn {
    /// Draws when there is something to draw, anew when colours or bounds change, and further with each sample.
    fn follow(self, element: NodeRef<Div>) {
        let themes = expect_context::<Themes>();
        let frame = Memo::new(move |_| self.data.with(|data| (data.is_drawable(), data.bounds, data.target)));
        effect(move || {
            themes.is_dark();
            let (is_drawable, ..) = frame.get();
            self.plot.set_value(None);
            let (Some(element), true) = (element.get(), is_drawable) else { return };
            let on_move = Box::new(move |at| self.reading.set(at));
            let plot = untrack(|| self.data.with(|data| Plot::draw(self.spec, &element, data, on_move)));
            match plot {
                Ok(plot) => {
                    let hidden = |line: &usize| !self.shown.with_untracked(|shown| shown[*line]);
                    (0..self.spec.lines.len()).filter(hidden).for_each(|line| plot.show_line(line, false));
                    self.plot.set_value(Some(plot));
                }
                Err(error) => leptos::logging::error!("a chart could not be drawn: {error:?}"),
            }
        });
        effect(move || {
            self.data.with(|data| self.plot.with_value(|plot| plot.iter().for_each(|plot| plot.show(data))))
        });
        on_cleanup(move || self.plot.set_value(None));
    }

    /// Moves the crosshair as a key says; whether the key was one of ours.
    fn move_crosshair(self, key: &str) -> bool {
        let count = self.data.with_untracked(|data| data.xs.len());
        let Some(last) = count.checked_sub(1) else { return false };
        let now = self.reading.get_untracked().map_or(last, |reading| reading.place);
        let next = match key {
            "ArrowLeft" => now.saturating_sub(1),
            "ArrowRight" => now + 1,
            "PageUp" => now.saturating_sub(count / 10),
            "PageDown" => now + count / 10,
            "Home" => 0,
            "End" => last,
            "Escape" => {
                self.plot.with_value(|plot| plot.iter().for_each(Plot::point_nowhere));
                return true;
            }
            _ => return false,
        };
        if let Some(x) = self.data.with_untracked(|data| data.xs.get(next.min(last)).copied()) {
            self.plot.with_value(|plot| plot.iter().for_each(|plot| plot.point_at(x)));
        }
        true
    }

    /// A line's name and value; pressing it hides the line, or shows it again.
    fn legend(self, line: usize) -> AnyView {
        let Some(of) = self.spec.lines.get(line) else { return ().into_any() };
        let value = Signal::derive(move || self.value(line, self.reading.get().map(|reading| reading.place)));
        let is_shown = move || self.shown.with(|shown| shown[line]);
        let toggle = move |_| {
            self.shown.update(|shown| shown[line] = !shown[line]);
            self.plot.with_value(|plot| plot.iter().for_each(|plot| plot.show_line(line, untrack(is_shown))));
        };
        view! {
            <button type="button" class="item" aria-pressed=Signal::derive(move || is_shown().to_string()) on:click=toggle>
                {swatch(of.colour, of.dash)}
                {of.name}
                " "
                <b>{value}</b>
            </button>
        }
        .into_any()
    }

    /// A line's value at a place, in words.
    pub fn value(self, line: usize, place: Option<usize>) -> String {
        let value = self.data.with(|data| data.at(line, place));
        value.zip(self.spec.lines.get(line)).map_or_else(|| format::DASH.into(), |(value, line)| (line.show)(value))
    }

    /// What stands along the bottom at a place, in words.
    pub fn place(self, place: usize) -> String {
        let Some(x) = self.data.with(|data| data.xs.get(place).copied()) else { return String::new() };
        match self.spec.axis {
            Axis::Time => clock::moment((x * 1e3) as u64, clock::now_ms()),
            Axis::Figure(name, show) => format!("{name} {}", show(x)),
        }
    }

    fn when(self) -> String {
        match (self.reading.get(), self.spec.axis) {
            (Some(reading), _) => self.place(reading.place),
            (None, Axis::Time) => "now".into(),
            (None, Axis::Figure(..)) => {
                self.data.with(|data| data.xs.len().checked_sub(1)).map(|last| self.place(last)).unwrap_or_default()
            }
        }
    }

    /// What happened under the crosshair with its reason, or how to find it.
    fn note(self) -> String {
        if !self.spec.axis.is_time() {
            return String::new();
        }
        self.data.with(|data| {
            if let Some(at) = self.reading.get()
                && let Some(mark) = data.mark_near((at.x * 1e3) as u64, (at.reach * 1e3) as u64)
            {
                return format!("{} {} {}", mark.kind.sign(), clock::moment(mark.at_ms, clock::now_ms()), mark.text);
            }
            let count = |kind| data.marks.iter().filter(|mark| mark.kind == kind).count();
            let told = |kind: MarkKind, name: &str| match count(kind) {
                0 => None,
                1 => Some(format!("{} 1 {name}", kind.sign())),
                count => Some(format!("{} {count} {name}s", kind.sign())),
            };
            let parts = [told(MarkKind::Decision, "tuner decision"), told(MarkKind::Start, "start")];
            match parts.into_iter().flatten().collect::<Vec<_>>() {
                parts if parts.is_empty() => "No setting was moved in this range.".into(),
                parts => format!("{}: point at a mark to read it.", parts.join(" · ")),
            }
        })
    }

    /// What a reader with a keyboard hears after moving the crosshair.
    fn told(self) -> String {
        let Some(reading) = self.reading.get() else { return String::new() };
        let mut parts = vec![self.place(reading.place)];
        let lines = self.spec.lines.iter().enumerate();
        parts.extend(lines.map(|(at, line)| format!("{} {}", line.name, self.value(at, Some(reading.place)))));
        let note = self.note();
        if !note.ends_with('.') {
            parts.push(note);
        }
        parts.join(", ")
    }

    /// The chart in one sentence for each line: now, least, greatest.
    fn summary(self) -> String {
        self.data.with(|data| {
            let sentences =
                self.spec.lines.iter().zip(&data.columns).enumerate().map(
                    |(at, (line, column))| match series::extremes(column.iter().flatten().copied()) {
                        None => format!(" {}: {}.", line.name, format::NO_DATA),
                        Some((least, most)) => format!(
                            " {}: last {}, between {} and {}.",
                            line.name,
                            self.value(at, None),
                            (line.show)(least),
                            (line.show)(most)
                        ),
                    },
                );
            format!("{}.{}", self.spec.subject, sentences.collect::<String>())
        })
    }
}
