//! The dashboard of `lode`: what the miner does, as it does it, and the forms in which the operator says what he wants.

mod admin;
mod api;
mod app;
mod chart;
mod clock;
mod draft;
mod format;
mod forms;
mod json;
mod live;
mod log;
mod past;
mod route;
mod theme;
mod token;
mod ui;
mod verdict;

mod page;

#[cfg(all(test, target_arch = "wasm32"))]
mod components;

fn main() {
    // A panic in WASM is otherwise only "unreachable executed".
    console_error_panic_hook::set_once();
    // Before anything else reads the address: the token must not stay in it.
    token::take_from_address();
    leptos::mount::mount_to_body(app::App);
}
