//! The page's frame: rail, header, and what every panel reads from the context.

use leptos::prelude::*;

use crate::admin::{Admin, SignIn};
use crate::live::Live;
use crate::log::LogTail;
use crate::page;
use crate::past::Past;
use crate::route::Router;
use crate::theme::Themes;
use crate::ui::dynamic;

#[component]
pub fn App() -> impl IntoView {
    Themes::provide();
    let live = Live::provide();
    Past::provide(live);
    LogTail::provide(live);
    Admin::provide();
    let router = Router::provide();
    let class = Memo::new(move |_| if live.is_stale() { "app stale" } else { "app" }.to_owned());
    view! {
        <a class="skip" href="#main">
            "Skip to content"
        </a>
        <div class=class>
            <page::rail::Rail />
            <main id="main" tabindex="-1">
                <page::header::Header />
                <page::alerts::Alerts />
                {dynamic(move || page::view(router.page.get()))}
            </main>
        </div>
        <SignIn />
    }
}
