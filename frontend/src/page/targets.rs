//! The form in which the operator says what he wants. The tuner does the rest.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use lode_shared::{FieldError, Observed, RawTargets, Targets};

use super::field::FieldRow;
use crate::api::{self, Failure};
use crate::draft::{self, Field, Texts};
use crate::format;
use crate::live::Live;
use crate::token;
use crate::ui::Card;

/// What the form knows beyond what the snapshot says. Typed texts stay until they are applied or discarded, whatever
/// ticks in meanwhile.
#[derive(Debug, Clone, Copy)]
struct Form {
    live: Live,
    texts: RwSignal<Texts>,
    /// What the server minded last; typing clears it.
    server_faults: RwSignal<Vec<FieldError>>,
    /// The token as typed; absent when the tab has one.
    token: RwSignal<Option<String>>,
    token_fault: RwSignal<Option<String>>,
    status: RwSignal<(String, bool)>,
    is_pending: RwSignal<bool>,
}

impl Form {
    fn new(live: Live) -> Self {
        Self {
            live,
            texts: RwSignal::new(Texts::default()),
            server_faults: RwSignal::new(Vec::new()),
            token: RwSignal::new(token::kept().is_none().then(String::new)),
            token_fault: RwSignal::new(None),
            status: RwSignal::new((String::new(), true)),
            is_pending: RwSignal::new(false),
        }
    }

    fn in_force(self) -> RawTargets {
        let told = self.live.part_now(|snapshot| Some(snapshot.performance_tuning.targets));
        told.unwrap_or_default().into()
    }

    fn is_dirty(self) -> bool {
        self.texts.with(|texts| texts.iter().any(Option::is_some))
    }

    fn wanted(self) -> Result<RawTargets, Vec<FieldError>> {
        self.texts.with(|texts| draft::read(texts, self.in_force()))
    }

    fn type_in(self, field: Field, text: String) {
        self.texts.update(|texts| texts[field as usize] = Some(text));
        self.server_faults.update(|faults| faults.retain(|fault| fault.field != field.wire()));
        self.say("", true);
    }

    fn discard(self) {
        self.texts.set(Texts::default());
        self.server_faults.set(Vec::new());
        self.say("", true);
    }

    fn say(self, message: &str, is_good: bool) {
        self.status.set((message.into(), is_good));
    }

    fn submit(self) {
        if self.is_pending.get_untracked() {
            return;
        }
        let wanted = match untrack(|| self.wanted()) {
            Ok(wanted) => wanted,
            Err(faults) => {
                self.say("Not applied: see the marked field.", false);
                focus_first(&faults);
                return;
            }
        };
        let typed = self.token.get_untracked().map(|typed| typed.trim().to_owned());
        let Some(token) = typed.or_else(token::kept).filter(|token| !token.is_empty()) else {
            self.token.update(|typed| _ = typed.get_or_insert_default());
            self.token_fault.set(Some("Enter the admin token.".into()));
            self.say("Not applied: the miner wants a token.", false);
            focus("token");
            return;
        };
        self.is_pending.set(true);
        self.say("Applying…", true);
        spawn_local(async move {
            let answer = api::put_targets(&wanted, &token).await;
            self.is_pending.set(false);
            self.take(answer, &token);
        });
    }

    fn take(self, answer: Result<RawTargets, Failure>, token: &str) {
        match answer {
            Ok(in_force) => {
                token::keep(token);
                self.token.set(None);
                self.token_fault.set(None);
                // Shown at once: the next snapshot says the same, up to a second later.
                if let Ok(targets) = Targets::new(in_force) {
                    self.live.snapshot.update(|snapshot| {
                        if let Some(snapshot) = snapshot {
                            snapshot.performance_tuning.targets = targets;
                        }
                    });
                }
                self.discard();
                self.say("Applied.", true);
            }
            Err(Failure::Refused(error)) => {
                self.say(&format!("Not applied: {}", error.message), false);
                focus_first(&error.fields);
                self.server_faults.set(error.fields);
            }
            Err(Failure::Unauthorised(message)) => {
                token::forget();
                self.token.update(|typed| _ = typed.get_or_insert_default());
                self.token_fault.set(Some(message));
                self.say("Not applied: the token was refused.", false);
                focus("token");
            }
            Err(Failure::Unreachable) => self.say("Not applied: the miner cannot be reached. Try again.", false),
        }
    }
}

#[component]
pub fn TargetsForm() -> impl IntoView {
    let form = Form::new(expect_context::<Live>());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    let changes = Memo::new(move |_| match form.wanted() {
        Ok(wanted) => draft::changes(&form.in_force(), &wanted),
        Err(_) => Vec::new(),
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
    let (id, error_id, label) = match field {
        Field::Response => ("target-response", "error-response", "Response time, s"),
        Field::Success => ("target-success", "error-success", "Success, %"),
        Field::Hits => ("target-hits", "error-hits", "Cache hits, %"),
    };
    let value = Signal::derive(move || {
        form.texts
            .with(|texts| texts[field as usize].clone())
            .unwrap_or_else(|| format::plain(field.of(&form.in_force())))
    });
    let help = Signal::derive(move || {
        let observed = form.live.part_now(|snapshot| Some(snapshot.performance_tuning.observed));
        let now = observed.and_then(|observed| now_text(field, &observed));
        let now = now.map_or_else(|| format::NO_DATA.into(), |now| format!("now {now}"));
        format!("{} · {now}", field.allowed())
    });
    let fault = Signal::derive(move || {
        let typed = form.wanted().err().and_then(|faults| draft::fault_of(&faults, field));
        typed.or_else(|| form.server_faults.with(|faults| draft::fault_of(faults, field)))
    });
    view! {
        <FieldRow
            id=id
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

/// Puts the reader where the fault is.
fn focus_first(faults: &[FieldError]) {
    let at_fault = |field: &Field| draft::fault_of(faults, *field).is_some();
    match Field::ALL.into_iter().find(at_fault) {
        Some(Field::Response) => focus("target-response"),
        Some(Field::Success) => focus("target-success"),
        Some(Field::Hits) => focus("target-hits"),
        None => {}
    }
}

fn focus(id: &'static str) {
    use wasm_bindgen::JsCast;
    // On the next frame: the field may only just have been asked for.
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(id).and_then(|element| element.dyn_into().ok()) {
            let element: web_sys::HtmlElement = element;
            let _ = element.focus();
        }
    });
}
