//! Changes: each goes through here, carries the tab's token, and asks for one where there is none.

use std::sync::Arc;

use leptos::html::Dialog;
use leptos::prelude::*;

use crate::api::{self, Call, Failure};
use crate::token;
use crate::ui::effect;
use crate::ui::field::{FieldRow, Input};

/// A change that is to be made, and who is told what came of it.
#[derive(Clone)]
pub struct Job {
    pub call: Call,
    /// Outlives the panel that asked: an answer may come when its page has been left.
    pub done: Done,
}

/// Told what came of it.
pub type Done = Arc<dyn Fn(Result<String, Failure>) + Send + Sync>;

/// One for the page, in the context.
#[derive(Clone, Copy)]
pub struct Admin {
    pub is_signed_in: RwSignal<bool>,
    is_asking: RwSignal<bool>,
    fault: RwSignal<Option<String>>,
    /// What waits for a token.
    waiting: StoredValue<Vec<Job>>,
    /// The version that a change of this tab was made over last: forms that were begun over it go on over the next.
    pub made_over: RwSignal<Option<u64>>,
}

impl Admin {
    pub fn provide() -> Self {
        let admin = Self {
            is_signed_in: RwSignal::new(token::kept().is_some()),
            is_asking: RwSignal::new(false),
            fault: RwSignal::new(None),
            waiting: StoredValue::new(Vec::new()),
            made_over: RwSignal::new(None),
        };
        provide_context(admin);
        admin
    }

    /// Makes a change, after asking for the token where the tab has none.
    pub fn change(self, job: Job) {
        match token::kept() {
            Some(token) => self.send(job, token),
            None => {
                self.waiting.update_value(|waiting| waiting.push(job.clone()));
                self.ask();
            }
        }
    }

    pub fn ask(self) {
        self.is_asking.set(true);
    }

    pub fn sign_out(self) {
        token::forget();
        self.is_signed_in.set(false);
    }

    fn send(self, job: Job, token: String) {
        let call = Call { token: Some(token.clone()), ..job.call.clone() };
        let done = move |answer| match answer {
            // Another token was taken meanwhile: this one was refused, that one was not.
            Err(Failure::Unauthorised(_)) if token::kept().is_some_and(|kept| kept != token) => self.change(job),
            // Asked again, with what it was for.
            Err(Failure::Unauthorised(message)) => {
                self.sign_out();
                self.fault.set(Some(message));
                self.waiting.update_value(|waiting| waiting.push(job.clone()));
                self.ask();
            }
            answer => (job.done)(answer),
        };
        api::send(call, Box::new(done));
    }

    fn take(self, typed: &str) {
        if typed.is_empty() {
            return self.fault.set(Some("Enter the admin token.".into()));
        }
        token::keep(typed);
        self.is_signed_in.set(true);
        self.fault.set(None);
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        self.is_asking.set(false);
        waiting.into_iter().for_each(|job| self.send(job, typed.to_owned()));
    }

    fn give_up(self) {
        self.is_asking.set(false);
        self.fault.set(None);
        let waiting = self.waiting.try_update_value(std::mem::take).unwrap_or_default();
        waiting.into_iter().for_each(|job| (job.done)(Err(Failure::Unauthorised("the miner wants a token.".into()))));
    }
}

/// Asks for the token.
#[component]
pub fn SignIn() -> impl IntoView {
    let admin = expect_context::<Admin>();
    let (dialog, typed) = (NodeRef::<Dialog>::new(), RwSignal::new(String::new()));
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        match (admin.is_asking.get(), dialog.open()) {
            (true, false) => {
                // Fails only on a dialog that is not on the page.
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let token = typed.get_untracked().trim().to_owned();
        typed.set(String::new());
        admin.take(&token);
    };
    let help = "Run `lode token` on the miner, for a service `sudo lode-service token`. Kept until this tab is closed, and sent with changes alone.".to_owned();
    view! {
        <dialog node_ref=dialog id="sign-in" aria-labelledby="sign-in-title" on:close=move |_| admin.give_up()>
            <form novalidate on:submit=on_submit>
                <h2 id="sign-in-title">"Sign in to make changes"</h2>
                <FieldRow
                    id="token".into()
                    label="Admin token"
                    input=Input::Secret
                    value=typed.into()
                    help=Signal::stored(help)
                    fault=admin.fault.into()
                    on_input=Callback::new(move |text| typed.set(text))
                />
                <div class="actions">
                    <button class="btn" id="sign-in-apply" type="submit">
                        "Sign in"
                    </button>
                    <button class="btn quiet" type="button" on:click=move |_| admin.give_up()>
                        "Cancel"
                    </button>
                </div>
            </form>
        </dialog>
    }
}
