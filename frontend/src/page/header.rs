//! Which page this is and who we are, whether the figures are fresh, how far back to look, and in which light.

use leptos::prelude::*;
use lode_shared::Range;

use crate::admin::Admin;
use crate::format;
use crate::live::{Link, Live};
use crate::past::Past;
use crate::route::{Page, Router};
use crate::theme::{Theme, Themes};
use crate::ui::Choice;

#[component]
pub fn Header() -> impl IntoView {
    let live = expect_context::<Live>();
    let past = expect_context::<Past>();
    let themes = expect_context::<Themes>();
    let router = expect_context::<Router>();
    let admin = expect_context::<Admin>();
    let title = Signal::derive(move || router.page.get().map_or("Not found", Page::title).to_owned());
    let hotkey = live.tell(|snapshot, _| Some(snapshot.miner.hotkey.clone()));
    let who = live.tell(|snapshot, _| {
        let key = format::short_key(&snapshot.miner.hotkey);
        Some(snapshot.chain.uid.map_or_else(|| key.clone(), |uid| format!("uid {uid} · {key}")))
    });
    let signing = Signal::derive(move || if admin.is_signed_in.get() { "Sign out" } else { "Sign in" }.to_owned());
    let sign = move |_| if admin.is_signed_in.get_untracked() { admin.sign_out() } else { admin.ask() };
    view! {
        <header class="top">
            <h1>{title}</h1>
            <span class="who" title=hotkey>
                {who}
            </span>
            <div class="controls">
                <Connection />
                <Choice
                    name="Range"
                    options=Range::ALL.map(Range::label).to_vec()
                    chosen=Signal::derive(move || place_of(&Range::ALL, past.range.get()))
                    choose=Callback::new(move |place| past.range.set(Range::ALL.get(place).copied().unwrap_or_default()))
                />
                <Choice
                    name="Theme"
                    options=Theme::ALL.map(Theme::label).to_vec()
                    chosen=Signal::derive(move || place_of(&Theme::ALL, themes.chosen.get()))
                    choose=Callback::new(move |place| themes.choose(Theme::ALL.get(place).copied().unwrap_or_default()))
                />
                <button class="btn quiet small" id="sign" type="button" on:click=sign>
                    {signing}
                </button>
            </div>
        </header>
    }
}

fn place_of<T: PartialEq>(all: &[T], one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or_default()
}

/// The state in words beside the dot. The words that tick are not announced; a change of state is.
#[component]
fn Connection() -> impl IntoView {
    let live = expect_context::<Live>();
    let is_stale = Memo::new(move |_| live.is_stale());
    let word = Memo::new(move |_| {
        let word = match (live.link.get(), is_stale.get()) {
            (Link::Connecting, _) => "connecting",
            (Link::Live, false) => "live",
            (Link::Live, true) => "waiting",
            (Link::Reconnecting, _) => "reconnecting",
            (Link::Outdated, _) => "the page is older than the miner: reload it",
        };
        word.to_owned()
    });
    let is_live = move || word.with(|word| word == "live");
    let age = Signal::derive(move || {
        let silence = live.silence_ms().filter(|_| !is_live());
        silence.map_or_else(String::new, |silence| format!("· last update {} ago", format::age(silence)))
    });
    let class = Signal::derive(move || if is_live() { "live good" } else { "live warn" }.to_owned());
    view! {
        <span class=class id="connection">
            <span class="dot" aria-hidden="true"></span>
            <span role="status">{word}</span>
            <span class="age">{age}</span>
        </span>
    }
}
