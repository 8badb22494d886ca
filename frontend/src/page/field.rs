//! A field of a form: label with unit, input, help, and its fault beside it.

use leptos::prelude::*;

#[component]
pub fn FieldRow(
    id: &'static str,
    /// What is asked, with its unit.
    label: &'static str,
    /// Where the fault is shown; the input names it.
    error_id: &'static str,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] help: Signal<String>,
    #[prop(into)] fault: Signal<Option<String>>,
    on_input: impl Fn(String) + 'static,
    #[prop(optional)] is_secret: bool,
) -> impl IntoView {
    let help_id = format!("{id}-help");
    let described_by = {
        let help_id = help_id.clone();
        move || if fault.with(Option::is_some) { format!("{error_id} {help_id}") } else { help_id.clone() }
    };
    let is_invalid = move || if fault.with(Option::is_some) { "true" } else { "false" };
    view! {
        <div class="field" class:secret=is_secret>
            <label for=id>{label}</label>
            <input
                id=id
                // Not type=number: it hides what was typed wrong, and its wheel and arrows change values unasked.
                type=if is_secret { "password" } else { "text" }
                inputmode=if is_secret { "text" } else { "decimal" }
                autocomplete="off"
                spellcheck="false"
                prop:value=value
                aria-invalid=is_invalid
                aria-describedby=described_by
                on:input=move |event| on_input(event_target_value(&event))
            />
            <p class="fault" id=error_id>{move || fault.get()}</p>
            <p class="help" id=help_id>{help}</p>
        </div>
    }
}
