//! The pages, and a file for each panel on them.

pub mod alerts;
pub mod header;
pub mod rail;

mod aims;
mod audit;
mod cache;
mod chain;
mod decisions;
mod entries;
mod entry;
mod explain;
pub mod form;
mod log;
mod overview;
mod questions;
mod reasons;
mod request;
mod requests;
mod solvers;
mod sources;
mod tuner;
mod validators;

use leptos::prelude::*;

use crate::route::{Page, Router};
use crate::ui::Card;

/// A page by its address.
pub fn view(page: Option<Page>) -> AnyView {
    let panels = match page {
        Some(Page::Overview) => overview::page(),
        Some(Page::Requests) => requests::page(),
        Some(Page::Cache) => cache::page(),
        Some(Page::Tuner) => tuner::page(),
        Some(Page::Validators) => validators::page(),
        Some(Page::Chain) => chain::page(),
        Some(Page::Log) => log::page(),
        None => view! {
            <Card id="nowhere" title="There is no such page" class="wide">
                <p>
                    "The address may have been mistyped. "
                    <a class="link" href="/">
                        "Go to the overview"
                    </a>
                </p>
            </Card>
        }
        .into_any(),
    };
    view! { <div class="grid">{panels}</div> }.into_any()
}

/// Away from what is looked at closely, back to the list as it was narrowed.
fn back_to(page: Page) -> AnyView {
    let router = expect_context::<Router>();
    view! {
        <a class="link" href=Signal::derive(move || router.list(page))>
            "Close"
        </a>
    }
    .into_any()
}
