//! The page's frame: rail, header, and what every panel reads from the context.

use leptos::prelude::*;

use crate::live::Live;
use crate::page;
use crate::past::Past;
use crate::theme::Themes;

#[component]
pub fn App() -> impl IntoView {
    Themes::provide();
    let live = Live::provide();
    Past::provide(live);
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app">
            <page::rail::Rail />
            <main id="main" tabindex="-1">
                <page::header::Header />
                <page::overview::Overview />
            </main>
        </div>
    }
}
