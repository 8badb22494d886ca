//! The state of the targets form: what was typed, what came of applying it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use lode_shared::{FieldError, RawTargets, Targets};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::api::{self, Failure};
use crate::draft::{self, Field, Texts};
use crate::live::Live;
use crate::token;

/// What the form knows beyond what the snapshot says. Typed texts stay until they are applied or discarded, whatever
/// ticks in meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub live: Live,
    pub texts: RwSignal<Texts>,
    /// What the server minded last; typing clears it.
    pub server_faults: RwSignal<Vec<FieldError>>,
    /// The token as typed; absent when the tab has one.
    pub token: RwSignal<Option<String>>,
    pub token_fault: RwSignal<Option<String>>,
    /// What came of it, and whether that is good.
    pub status: RwSignal<(String, bool)>,
    pub is_pending: RwSignal<bool>,
    /// The version that was in force when the first field was typed in: what somebody else changes later is not overwritten.
    over: RwSignal<Option<u64>>,
}

impl Form {
    pub fn new(live: Live) -> Self {
        Self {
            live,
            texts: RwSignal::new(Texts::default()),
            server_faults: RwSignal::new(Vec::new()),
            token: RwSignal::new(token::kept().is_none().then(String::new)),
            token_fault: RwSignal::new(None),
            status: RwSignal::new((String::new(), true)),
            is_pending: RwSignal::new(false),
            over: RwSignal::new(None),
        }
    }

    /// Absent until the miner has told: a default in its place would be applied along with what was typed.
    pub fn in_force(self) -> Option<RawTargets> {
        self.live.part_now(|snapshot| Some(snapshot.performance_tuning.targets.into()))
    }

    pub fn is_dirty(self) -> bool {
        self.texts.with(|texts| texts.iter().any(Option::is_some))
    }

    /// The targets to ask for, or the faults in them; absent like those in force.
    pub fn wanted(self) -> Option<Result<RawTargets, Vec<FieldError>>> {
        let in_force = self.in_force()?;
        Some(self.texts.with(|texts| draft::read(texts, in_force)))
    }

    pub fn type_in(self, field: Field, text: String) {
        if self.over.get_untracked().is_none() {
            self.over.set(untrack(|| self.version()));
        }
        self.texts.update(|texts| texts[field as usize] = Some(text));
        self.server_faults.update(|faults| faults.retain(|fault| fault.field != field.wire()));
        self.say("", true);
    }

    fn version(self) -> Option<u64> {
        self.live.part_now(|snapshot| Some(snapshot.performance_tuning.version))
    }

    pub fn discard(self) {
        self.over.set(None);
        self.texts.set(Texts::default());
        self.server_faults.set(Vec::new());
        self.say("", true);
    }

    fn say(self, message: &str, is_good: bool) {
        self.status.set((message.into(), is_good));
    }

    pub fn submit(self) {
        if self.is_pending.get_untracked() {
            return;
        }
        let wanted = match untrack(|| self.wanted()) {
            Some(Ok(wanted)) => wanted,
            None => return self.say("Not applied: nothing was heard from the miner yet.", false),
            Some(Err(faults)) => {
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
        let version = self.over.get_untracked().or_else(|| untrack(|| self.version())).unwrap_or_default();
        self.is_pending.set(true);
        self.say("Applying…", true);
        spawn_local(async move {
            let answer = api::put_targets(&wanted, version, &token).await;
            self.is_pending.set(false);
            self.take(answer, version, &token);
        });
    }

    fn take(self, answer: Result<RawTargets, Failure>, version: u64, token: &str) {
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
                            snapshot.performance_tuning.version = version + 1;
                        }
                    });
                }
                self.discard();
                self.say("Applied.", true);
            }
            Err(Failure::Conflict(message)) => {
                // Shown beside what is typed by now: applying again is over what is in force.
                self.over.set(untrack(|| self.version()));
                self.say(&format!("Not applied: {message}"), false);
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

/// The input of a field.
pub fn input_id(field: Field) -> &'static str {
    match field {
        Field::Response => "target-response",
        Field::Success => "target-success",
        Field::Hits => "target-hits",
    }
}

/// Puts the reader where the fault is.
fn focus_first(faults: &[FieldError]) {
    let at_fault = |field: &Field| draft::fault_of(faults, *field).is_some();
    if let Some(field) = Field::ALL.into_iter().find(at_fault) {
        focus(input_id(field));
    }
}

fn focus(id: &'static str) {
    // On the next frame: the field may only just have been asked for.
    request_animation_frame(move || {
        let element = document().get_element_by_id(id);
        if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    });
}
