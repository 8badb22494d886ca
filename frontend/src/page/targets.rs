//! The form in which the operator says what he wants. The tuner does the rest.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use lode_shared::Observed;

use super::field::FieldRow;
use super::form::{Form, input_id};
use crate::draft::{self, Field};
use crate::format;
use crate::live::Live;
use crate::ui::Card;

#[component]
pub fn TargetsForm() -> impl IntoView {
    let form = Form::new(expect_context::<Live>());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    let changes = Memo::new(move |_| match (form.in_force(), form.wanted()) {
        (Some(in_force), Some(Ok(wanted))) => draft::changes(&in_force, &wanted),
        _ => Vec::new(),
    });
    let preview = move || match (form.is_dirty(), changes.get()) {
        (_, changes) if !changes.is_empty() => format!("Will change: {}.", changes.join(", ")),
        (true, _) => "Nothing would change.".into(),
        (false, _) => "The tuner steers towards these.".to_owned(),
    };
    let status_class = move || if form.status.get().1 { "status good" } else { "status bad" };
    view! {
        <Card id="targets" title="Targets" class="narrow">
            <form novalidate on:submit=on_submit>
                <Target form=form field=Field::Response />
                <Target form=form field=Field::Success />
                <Target form=form field=Field::Hits />
                <Show when=move || form.token.with(Option::is_some)>
                    <Token form=form />
                </Show>
                <p class="sub" id="targets-change">{preview}</p>
                <div class="actions">
                    <button class="btn" id="targets-apply" type="submit" aria-disabled=move || form.is_pending.get().to_string()>
                        "Apply"
                    </button>
                    <Show when=move || form.is_dirty()>
                        <button class="btn quiet" type="button" on:click=move |_| form.discard()>
                            "Discard"
                        </button>
                    </Show>
                    <span class=status_class id="targets-status" role="status">{move || form.status.get().0}</span>
                </div>
            </form>
        </Card>
    }
}

#[component]
fn Target(form: Form, field: Field) -> impl IntoView {
    let (error_id, label) = match field {
        Field::Response => ("error-response", "Response time, s"),
        Field::Success => ("error-success", "Success, %"),
        Field::Hits => ("error-hits", "Cache hits, %"),
    };
    let value = Signal::derive(move || {
        let typed = form.texts.with(|texts| texts[field as usize].clone());
        typed.or_else(|| Some(format::plain(field.of(&form.in_force()?)))).unwrap_or_default()
    });
    let help = Signal::derive(move || {
        let observed = form.live.part_now(|snapshot| Some(snapshot.performance_tuning.observed));
        let now = observed.and_then(|observed| now_text(field, &observed));
        let now = now.map_or_else(|| format::NO_DATA.into(), |now| format!("now {now}"));
        format!("{} · {now}", field.allowed())
    });
    let fault = Signal::derive(move || {
        let typed = form.wanted().and_then(Result::err).and_then(|faults| draft::fault_of(&faults, field));
        typed.or_else(|| form.server_faults.with(|faults| draft::fault_of(faults, field)))
    });
    view! {
        <FieldRow
            id=input_id(field)
            label=label
            error_id=error_id
            value=value
            help=help
            fault=fault
            on_input=move |text| form.type_in(field, text)
        />
    }
}

fn now_text(field: Field, observed: &Observed) -> Option<String> {
    match field {
        Field::Response => observed.response_s.map(format::response_text),
        Field::Success => observed.success_pct.map(|share| format!("{} %", format::percent(share))),
        Field::Hits => observed.hit_rate_pct.map(|share| format!("{} %", format::percent(share))),
    }
}

#[component]
fn Token(form: Form) -> impl IntoView {
    let on_input = move |text: String| {
        form.token.set(Some(text));
        form.token_fault.set(None);
    };
    view! {
        <FieldRow
            id="token"
            label="Admin token"
            error_id="error-token"
            value=Signal::derive(move || form.token.get().unwrap_or_default())
            help="Run `lode token` on the miner. Kept until this tab is closed.".to_owned()
            fault=form.token_fault
            on_input=on_input
            is_secret=true
        />
    }
}
