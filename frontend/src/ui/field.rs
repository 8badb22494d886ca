//! A field of a form: label with unit, input, help, and its fault beside it.

use leptos::prelude::*;

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Number,
    Secret,
    /// One of these: what is sent, and what is read.
    Choice(&'static [(&'static str, &'static str)]),
}

#[component]
pub fn FieldRow(
    id: String,
    /// What is asked, with its unit.
    label: &'static str,
    input: Input,
    value: Signal<String>,
    help: Signal<String>,
    fault: Signal<Option<String>>,
    on_input: Callback<String>,
) -> impl IntoView {
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let described_by = {
        let (help_id, error_id) = (help_id.clone(), error_id.clone());
        Signal::derive(move || match fault.with(Option::is_some) {
            true => format!("{error_id} {help_id}"),
            false => help_id.clone(),
        })
    };
    let is_invalid = Signal::derive(move || fault.with(Option::is_some).to_string());
    let entry = match input {
        Input::Choice(options) => {
            let option = |(word, label): &(&'static str, &'static str)| {
                let word = *word;
                let is_chosen = Signal::derive(move || value.get() == word);
                view! {
                    <option value=word prop:selected=is_chosen>
                        {*label}
                    </option>
                }
                .into_any()
            };
            view! {
                <select
                    id=id.clone()
                    aria-invalid=is_invalid
                    aria-describedby=described_by
                    on:change=move |event| on_input.run(event_target_value(&event))
                >
                    {options.iter().map(option).collect::<Vec<_>>()}
                </select>
            }
            .into_any()
        }
        Input::Number | Input::Secret => view! {
            <input
                id=id.clone()
                // Not type=number: it hides what was typed wrong, and its wheel and arrows change values unasked.
                type=if input == Input::Secret { "password" } else { "text" }
                inputmode=if input == Input::Secret { "text" } else { "decimal" }
                autocomplete="off"
                spellcheck="false"
                prop:value=value
                aria-invalid=is_invalid
                aria-describedby=described_by
                on:input=move |event| on_input.run(event_target_value(&event))
            />
        }
        .into_any(),
    };
    view! {
        <div class=if input == Input::Number { "field" } else { "field long" }>
            <label for=id>{label}</label>
            {entry}
            <p class="fault" id=error_id>
                {fault}
            </p>
            <p class="help" id=help_id>
                {help}
            </p>
        </div>
    }
}
