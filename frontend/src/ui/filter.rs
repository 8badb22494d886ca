//! What narrows a list down. The choice is in the address: it can be shared, and survives a reload.

use leptos::prelude::*;

use crate::route::Router;

/// One thing to narrow by.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// Its name in the address, and in the query to the miner.
    pub key: &'static str,
    pub label: &'static str,
    /// What is sent and what is read, the first being everything; none where any text may be typed.
    pub options: &'static [(&'static str, &'static str)],
}

pub fn filters(router: Router, filters: &'static [Filter]) -> AnyView {
    let field = |filter: &'static Filter| {
        let value = router.param(filter.key);
        let id = format!("filter-{}", filter.key);
        let entry = if filter.options.is_empty() {
            view! {
                <input
                    id=id.clone()
                    type="search"
                    spellcheck="false"
                    autocomplete="off"
                    prop:value=value
                    on:change=move |event| router.set(filter.key, &event_target_value(&event))
                />
            }
            .into_any()
        } else {
            let option = |(word, label): &'static (&'static str, &'static str)| {
                let is_chosen = Signal::derive(move || value.get() == *word);
                view! {
                    <option value=*word prop:selected=is_chosen>
                        {*label}
                    </option>
                }
                .into_any()
            };
            view! {
                <select id=id.clone() on:change=move |event| router.set(filter.key, &event_target_value(&event))>
                    {filter.options.iter().map(option).collect::<Vec<_>>()}
                </select>
            }
            .into_any()
        };
        view! {
            <span class="filter">
                <label for=id>{filter.label}</label>
                {entry}
            </span>
        }
        .into_any()
    };
    view! {
        <div class="filters" role="search">
            {filters.iter().map(field).collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}
