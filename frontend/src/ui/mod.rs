//! The few building blocks that every panel is made of. What changes comes as a signal of a plain type: each other type
//! of closure would be compiled into the page anew.

pub mod field;
pub mod filter;
pub mod table;

use leptos::prelude::*;

use crate::format;
use crate::live::{Live, Tell};
use crate::verdict::Verdict;

/// Words that follow the miner; absent while there is nothing to tell.
pub type Text = Signal<Option<String>>;

/// A titled panel. At the right of the title stands a verdict, or an aside: the age, the count.
#[component]
pub fn Card(
    id: &'static str,
    title: &'static str,
    /// How many of the grid's columns it takes, as a class.
    class: &'static str,
    #[prop(optional, into)] aside: Option<Text>,
    #[prop(optional_no_strip)] verdict: Option<Signal<Verdict>>,
    /// Something to press at the right of the title.
    #[prop(optional)]
    control: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <section class=format!("card {class}") id=id aria-labelledby=labelled_by>
            <header>
                <h2 id=title_id>{title}</h2>
                {aside.map(|aside| view! { <small>{aside}</small> })}
                {verdict.map(tag)}
                {control}
            </header>
            {children()}
        </section>
    }
}

/// A word in a tone.
pub fn tag(verdict: Signal<Verdict>) -> AnyView {
    let class = Signal::derive(move || format!("tag {}", verdict.get().tone.class()));
    let word = Signal::derive(move || verdict.get().word.to_owned());
    view! { <span class=class>{word}</span> }.into_any()
}

/// The figure of a tile with its unit; "no data yet" in its place while there is none.
#[component]
pub fn Big(
    /// The figure.
    figure: Text,
    /// What it counts.
    unit: Signal<String>,
) -> impl IntoView {
    let shown = Signal::derive(move || figure.get().unwrap_or_else(|| format::NO_DATA.into()));
    let unit = Signal::derive(move || figure.get().map(|_| format!(" {}", unit.get())).unwrap_or_default());
    let class = Signal::derive(move || if figure.get().is_some() { "" } else { "absent" }.to_owned());
    view! {
        <p class="big">
            <span data-value="" class=class>
                {shown}
            </span>
            <small>{unit}</small>
        </p>
    }
}

/// A line of small print; takes no room while it is absent.
pub fn sub(text: Text) -> AnyView {
    view! { <p class="sub">{text}</p> }.into_any()
}

/// Names and their values; a dash while a value is absent.
pub fn facts(live: Live, facts: &'static [(&'static str, Tell)]) -> AnyView {
    let fact = |(name, tell): &(&'static str, Tell)| {
        let value = live.tell(*tell);
        let shown = Signal::derive(move || value.get().unwrap_or_else(|| format::DASH.into()));
        view! {
            <dt>{*name}</dt>
            <dd>{shown}</dd>
        }
        .into_any()
    };
    view! { <dl class="facts">{facts.iter().map(fact).collect::<Vec<_>>()}</dl> }.into_any()
}

/// A piece of line as it is drawn on a chart, dash and colour.
pub fn swatch(colour: u8, dash: &'static [f64]) -> AnyView {
    let dash = dash.iter().map(|length| format!("{length}")).collect::<Vec<_>>().join(" ");
    view! {
        <svg class=format!("swatch s{colour}") viewBox="0 0 22 6" aria-hidden="true">
            <path d="M0 3H22" stroke-dasharray=dash></path>
        </svg>
    }
    .into_any()
}

/// How far along something is, 0 to 100, with a mark where it should be. The words are in `label`.
#[component]
pub fn Meter(
    filled_pct: Signal<Option<f64>>,
    label: Signal<String>,
    tone: Signal<String>,
    #[prop(optional)] mark_pct: Option<Signal<f64>>,
) -> impl IntoView {
    let place = |pct: f64| format!("{:.1}%", pct.clamp(0.0, 100.0));
    let width = Signal::derive(move || place(filled_pct.get().unwrap_or(0.0)));
    let class = Signal::derive(move || format!("meter {}", tone.get()));
    let mark = mark_pct.map(|mark| {
        let left = Signal::derive(move || place(mark.get()));
        view! { <b style:left=left></b> }
    });
    view! {
        <div class=class role="img" aria-label=label>
            <i style:width=width></i>
            {mark}
        </div>
    }
}

/// A row of buttons of which one is pressed. `chosen` is the place of it.
#[component]
pub fn Choice(
    name: &'static str,
    options: Vec<&'static str>,
    chosen: Signal<usize>,
    choose: Callback<usize>,
) -> impl IntoView {
    let button = |(place, label): (usize, &'static str)| {
        let is_pressed = Signal::derive(move || (chosen.get() == place).to_string());
        view! {
            <button type="button" aria-pressed=is_pressed on:click=move |_| choose.run(place)>
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="choice" role="group" aria-label=name>
            {options.into_iter().enumerate().map(button).collect::<Vec<_>>()}
        </div>
    }
}

/// A button that does one thing.
pub fn button(label: &'static str, class: &'static str, press: Callback<()>) -> AnyView {
    changing_button("", Signal::stored(label.to_owned()), Signal::stored(format!("btn {class}")), press)
}

/// A button that says what it would do now.
pub fn changing_button(id: &str, label: Signal<String>, class: Signal<String>, press: Callback<()>) -> AnyView {
    let id = (!id.is_empty()).then(|| id.to_owned());
    view! {
        <button id=id type="button" class=class on:click=move |_| press.run(())>
            {label}
        </button>
    }
    .into_any()
}

/// Stops what streams in, for reading.
pub fn pause_button(is_paused: RwSignal<bool>) -> AnyView {
    let label = Signal::derive(move || if is_paused.get() { "Go on" } else { "Pause" }.to_owned());
    let press = Callback::new(move |()| is_paused.update(|paused| *paused = !*paused));
    changing_button("pause", label, Signal::stored("btn quiet small".to_owned()), press)
}

/// A part of the page that is drawn anew when what it reads changes.
pub fn dynamic(view: impl Fn() -> AnyView + Send + Sync + 'static) -> AnyView {
    let view: Box<dyn Fn() -> AnyView + Send + Sync> = Box::new(view);
    (move || view()).into_any()
}

/// Something to be done whenever what it reads changes.
pub fn effect(run: impl Fn() + 'static) {
    let run: Box<dyn Fn()> = Box::new(run);
    Effect::new(run);
}

/// What somebody did to what is outside of them is told to those who cannot see it.
pub fn status(id: &str, text: Signal<String>, class: Signal<String>) -> AnyView {
    view! {
        <span class=class id=id.to_owned() role="status">
            {text}
        </span>
    }
    .into_any()
}
