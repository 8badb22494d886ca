//! Who this is, whether the figures are fresh, how far back to look, and in which light.

use leptos::prelude::*;
use lode_shared::Range;

use crate::format;
use crate::live::{Link, Live};
use crate::past::Past;
use crate::theme::{Theme, Themes};

/// Figures come every second; older than this they are marked as old.
const STALE_MS: u64 = 3_000;

#[component]
pub fn Header() -> impl IntoView {
    let live = expect_context::<Live>();
    let past = expect_context::<Past>();
    let themes = expect_context::<Themes>();
    let hotkey = live.part(|snapshot| snapshot.miner.hotkey.clone());
    let who = live.part(|snapshot| {
        let key = format::short_key(&snapshot.miner.hotkey);
        snapshot.chain.uid.map_or_else(|| key.clone(), |uid| format!("uid {uid} · {key}"))
    });
    view! {
        <header class="top">
            <h1>"Overview"</h1>
            <span class="who" title=move || hotkey.get().unwrap_or_default()>
                {who}
            </span>
            <div class="controls">
                <Connection />
                <Choice
                    name="Range"
                    options=Range::ALL.map(|range| (range, range.label())).to_vec()
                    chosen=past.range
                    choose=move |range| past.range.set(range)
                />
                <Choice
                    name="Theme"
                    options=Theme::ALL.map(|theme| (theme, theme.label())).to_vec()
                    chosen=themes.chosen
                    choose=move |theme| themes.choose(theme)
                />
            </div>
        </header>
    }
}

/// The state in words beside the dot. The words that tick are not announced; a change of state is.
#[component]
fn Connection() -> impl IntoView {
    let live = expect_context::<Live>();
    let age = move || live.silence_ms().map(|silence| format!("last update {} ago", format::age(silence)));
    let is_stale = Memo::new(move |_| live.silence_ms().is_some_and(|silence| silence > STALE_MS));
    let word = Memo::new(move |_| match (live.link.get(), is_stale.get()) {
        (Link::Connecting, _) => "connecting",
        (Link::Live, false) => "live",
        (Link::Live, true) => "waiting",
        (Link::Reconnecting, _) => "reconnecting",
        (Link::Outdated, _) => "the page is older than the miner: reload it",
    });
    let class = move || if word.get() == "live" { "live good" } else { "live warn" };
    view! {
        <span class=class id="connection">
            <span class="dot" aria-hidden="true"></span>
            <span role="status">{word}</span>
            <Show when=move || word.get() != "live">
                <span class="age">{move || age().map(|age| format!("· {age}"))}</span>
            </Show>
        </span>
    }
}

/// A row of buttons of which one is pressed.
#[component]
fn Choice<T>(
    name: &'static str,
    options: Vec<(T, &'static str)>,
    chosen: RwSignal<T>,
    choose: impl Fn(T) + Copy + Send + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let button = move |(value, label): (T, &'static str)| {
        let is_pressed = move || if chosen.get() == value { "true" } else { "false" };
        view! {
            <button type="button" aria-pressed=is_pressed on:click=move |_| choose(value)>
                {label}
            </button>
        }
    };
    view! {
        <div class="choice" role="group" aria-label=name>
            {options.into_iter().map(button).collect_view()}
        </div>
    }
}
