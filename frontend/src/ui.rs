//! The few building blocks that every panel is made of.

use leptos::prelude::*;

use crate::format;
use crate::verdict::Verdict;

/// A titled panel. `aside` stands at the right of the title: the age, the count, the verdict.
#[component]
pub fn Card(
    id: &'static str,
    title: &'static str,
    /// How many of the grid's columns it takes, as a class.
    class: &'static str,
    #[prop(optional, into)] aside: ViewFn,
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <section class=format!("card {class}") id=id aria-labelledby=labelled_by>
            <header>
                <h2 id=title_id>{title}</h2>
                {aside.run()}
            </header>
            {children()}
        </section>
    }
}

/// A word in a tone.
#[component]
pub fn Tag(#[prop(into)] verdict: Signal<Verdict>) -> impl IntoView {
    view! { <span class=move || format!("tag {}", verdict.get().tone.class())>{move || verdict.get().word}</span> }
}

/// The figure of a tile with its unit; "no data yet" in its place while there is none.
#[component]
pub fn Big(
    /// The figure.
    #[prop(into)]
    figure: Signal<Option<String>>,
    /// What it counts.
    #[prop(into)]
    unit: Signal<String>,
) -> impl IntoView {
    view! {
        <p class="big">
            <span data-value="" class:absent=move || figure.get().is_none()>
                {move || figure.get().unwrap_or_else(|| format::NO_DATA.into())}
            </span>
            <small>{move || figure.get().map(|_| format!(" {}", unit.get()))}</small>
        </p>
    }
}

/// A name and its value in a description list; a dash while the value is absent.
#[component]
pub fn Fact(name: &'static str, #[prop(into)] value: Signal<Option<String>>) -> impl IntoView {
    view! {
        <dt>{name}</dt>
        <dd>{move || value.get().unwrap_or_else(|| format::DASH.into())}</dd>
    }
}

/// A piece of line as it is drawn on a chart, dash and colour.
#[component]
pub fn Swatch(colour: u8, #[prop(optional)] dash: &'static [f64]) -> impl IntoView {
    let dash = dash.iter().map(|length| format!("{length}")).collect::<Vec<_>>().join(" ");
    view! {
        <svg class=format!("swatch s{colour}") viewBox="0 0 22 6" aria-hidden="true">
            <path d="M0 3H22" stroke-dasharray=dash></path>
        </svg>
    }
}

/// How far along something is, 0 to 100, with a mark where it should be. The words are in `label`.
#[component]
pub fn Meter(
    #[prop(into)] filled_pct: Signal<Option<f64>>,
    #[prop(into)] label: Signal<String>,
    #[prop(into)] tone: Signal<&'static str>,
    #[prop(optional, into)] mark_pct: Option<Signal<f64>>,
) -> impl IntoView {
    let width = move || format!("{:.1}%", filled_pct.get().unwrap_or(0.0).clamp(0.0, 100.0));
    let mark = mark_pct.map(|mark| {
        let left = move || format!("{:.1}%", mark.get().clamp(0.0, 100.0));
        view! { <b style:left=left></b> }
    });
    view! {
        <div class=move || format!("meter {}", tone.get()) role="img" aria-label=label>
            <i style:width=width></i>
            {mark}
        </div>
    }
}
