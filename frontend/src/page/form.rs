//! A form in which the operator says what he wants: [`crate::draft`] on the screen.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use lode_shared::{Change, FieldError, PerformanceTuning, Preview, Replay, Setting};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::admin::{Admin, Job};
use crate::api::{self, Call, Failure};
use crate::draft::{self, FormSpec};
use crate::format;
use crate::live::Live;
use crate::ui;
use crate::ui::field::FieldRow;

/// What a form knows beyond what the snapshot says. Typed texts stay until they are applied or discarded, whatever
/// ticks in meanwhile.
#[derive(Clone, Copy)]
struct Form {
    spec: &'static FormSpec,
    live: Live,
    admin: Admin,
    /// By field; absent where nothing was typed and the field shows what is in force.
    typed: RwSignal<Vec<Option<String>>>,
    /// What the server minded last; typing clears it.
    server_faults: RwSignal<Vec<FieldError>>,
    /// What came of it, and whether that is good.
    status: RwSignal<(String, bool)>,
    is_pending: RwSignal<bool>,
    /// The version that was in force when the first field was typed in: what somebody else changes later is not overwritten.
    over: RwSignal<Option<u64>>,
}

pub fn form(spec: &'static FormSpec) -> AnyView {
    let form = Form {
        spec,
        live: expect_context(),
        admin: expect_context(),
        typed: RwSignal::new(vec![None; spec.fields.len()]),
        server_faults: RwSignal::new(Vec::new()),
        status: RwSignal::new((String::new(), true)),
        is_pending: RwSignal::new(false),
        over: RwSignal::new(None),
    };
    // What this tab has changed itself is no conflict.
    ui::effect(move || {
        let made_over = form.admin.made_over.get();
        if made_over.is_some() && form.over.get_untracked() == made_over {
            form.over.set(made_over.map(|version| version + 1));
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.apply();
    };
    let change = Signal::derive(move || form.change_text());
    let status = Signal::derive(move || form.status.get().0);
    let status_class =
        Signal::derive(move || if form.status.get().1 { "status good" } else { "status bad" }.to_owned());
    let is_pending = Signal::derive(move || form.is_pending.get().to_string());
    let quiet_class = Signal::derive(move || if form.is_dirty() { "btn quiet" } else { "btn quiet gone" }.to_owned());
    let quiet =
        |label: &str, id: String, press| ui::changing_button(&id, Signal::stored(label.to_owned()), quiet_class, press);
    let part = spec.part;
    view! {
        <form novalidate aria-labelledby=format!("{part}-title") on:submit=on_submit>
            {(0..spec.fields.len()).map(|at| form.field(at)).collect::<Vec<_>>()}
            <p class="sub" id=format!("{part}-change")>
                {change}
            </p>
            <div class="actions">
                <button class="btn" id=format!("{part}-apply") type="submit" aria-disabled=is_pending>
                    "Apply"
                </button>
                {quiet("Preview", format!("{part}-preview"), Callback::new(move |()| form.preview()))}
                {quiet("Discard", format!("{part}-discard"), Callback::new(move |()| form.discard()))}
                {ui::status(&format!("{part}-status"), status, status_class)}
            </div>
        </form>
    }
    .into_any()
}

impl Form {
    /// Absent until the miner has told: a default in its place would be applied along with what was typed.
    fn with<T>(self, read: impl FnOnce(&PerformanceTuning) -> T) -> Option<T> {
        self.live.snapshot.with(|snapshot| snapshot.as_ref().map(|snapshot| read(&snapshot.performance_tuning)))
    }

    fn texts(self) -> Vec<String> {
        self.with(|tuning| self.typed.with(|typed| self.spec.texts(tuning, typed))).unwrap_or_default()
    }

    /// The change to ask for, or the faults in it.
    fn wanted(self) -> Option<Result<Change, Vec<FieldError>>> {
        let texts = self.texts();
        self.with(|tuning| self.spec.read(tuning, &texts))
    }

    fn is_dirty(self) -> bool {
        self.typed.with(|typed| typed.iter().any(Option::is_some))
    }

    fn field(self, at: usize) -> AnyView {
        let Some(field) = self.spec.fields.get(at) else { return ().into_any() };
        let value = Signal::derive(move || self.texts().get(at).cloned().unwrap_or_default());
        let help = Signal::derive(move || {
            let now = self.with(|tuning| (self.spec.now)(tuning, field.name)).flatten();
            match now {
                Some(now) => format!("{} · now {now}", field.help),
                None if self.spec.part == "targets" => format!("{} · {}", field.help, format::NO_DATA),
                None => field.help.to_owned(),
            }
        });
        let fault = Signal::derive(move || {
            // What is in force is allowed; another field's change may still bring it into conflict.
            let typed = self.is_dirty().then(|| self.wanted()).flatten().and_then(Result::err);
            let typed = typed.and_then(|faults| draft::fault_of(&faults, field.name));
            typed.or_else(|| self.server_faults.with(|faults| draft::fault_of(faults, field.name)))
        });
        let on_input = Callback::new(move |text| self.type_in(at, text));
        let id = format!("{}-{}", self.spec.part, field.name);
        view! {
            <FieldRow id=id label=field.label input=field.input value=value help=help fault=fault on_input=on_input />
        }
        .into_any()
    }

    fn change_text(self) -> String {
        if !self.is_dirty() {
            return String::new();
        }
        let texts = self.texts();
        match self.with(|tuning| self.spec.changes(tuning, &texts)).unwrap_or_default() {
            changes if changes.is_empty() => "Nothing would change.".into(),
            changes => format!("Will change {}.", changes.join("; ")),
        }
    }

    fn type_in(self, at: usize, text: String) {
        if self.over.get_untracked().is_none() {
            self.over.set(untrack(|| self.version()));
        }
        self.typed.update(|typed| typed[at] = Some(text));
        let name = self.spec.fields.get(at).map_or("", |field| field.name);
        self.server_faults.update(|faults| faults.retain(|fault| fault.field != name));
        self.say("", true);
    }

    fn version(self) -> Option<u64> {
        self.with(|tuning| tuning.version)
    }

    fn discard(self) {
        self.over.set(None);
        self.typed.set(vec![None; self.spec.fields.len()]);
        self.server_faults.set(Vec::new());
        self.say("", true);
    }

    fn say(self, message: &str, is_good: bool) {
        self.status.set((message.into(), is_good));
    }

    /// What is to be asked for and its JSON, where it can be.
    fn ready(self) -> Option<(Change, String)> {
        match untrack(|| self.wanted()) {
            Some(Ok(change)) => return Some((change, self.spec.json(&untrack(|| self.texts())))),
            None => self.say("Not applied: nothing was heard from the miner yet.", false),
            Some(Err(faults)) => {
                self.say("Not applied: see the marked field.", false);
                self.focus_first(&faults);
            }
        }
        None
    }

    fn apply(self) {
        if self.is_pending.get_untracked() {
            return;
        }
        let Some((change, body)) = self.ready() else { return };
        let version = self.over.get_untracked().or_else(|| untrack(|| self.version()));
        self.is_pending.set(true);
        self.say("Applying…", true);
        let call = Call {
            method: "PUT",
            url: format!("/api/v1/tuner/{}", self.spec.part),
            body: Some(body),
            version,
            token: None,
        };
        self.admin.change(Job { call, done: Arc::new(move |answer| self.take(answer, &change, version)) });
    }

    /// What came of a change over `version`.
    fn take(self, answer: Result<String, Failure>, change: &Change, version: Option<u64>) {
        self.is_pending.set(false);
        let Err(failure) = answer else {
            self.admin.made_over.set(version);
            self.live.snapshot.update(|snapshot| {
                snapshot.iter_mut().for_each(|snapshot| draft::put(&mut snapshot.performance_tuning, change, version));
            });
            self.discard();
            return self.say("Applied.", true);
        };
        self.say(&format!("Not applied: {}", failure.message()), false);
        match failure {
            // Shown beside what is typed by now: applying again is over what is in force.
            Failure::Conflict(_) => self.over.set(untrack(|| self.version())),
            Failure::Refused(error) => {
                self.focus_first(&error.fields);
                self.server_faults.set(error.fields);
            }
            Failure::Unauthorised(_) | Failure::Unreachable => {}
        }
    }

    fn preview(self) {
        let Some((_, body)) = self.ready() else { return };
        let call = Call {
            method: "POST",
            url: "/api/v1/tuner/preview".into(),
            body: Some(format!("{{\"{}\":{body}}}", self.spec.part)),
            ..Call::default()
        };
        self.say("Looking at the last day…", true);
        let done = move |answer: Result<String, Failure>| match answer.and_then(|text| api::parse(&text)) {
            Ok(preview) => self.say(&told(&preview), true),
            Err(failure) => self.say(&format!("No preview: {}", failure.message()), false),
        };
        api::send(call, Box::new(done));
    }

    /// Puts the reader where the fault is.
    fn focus_first(self, faults: &[FieldError]) {
        let at_fault = self.spec.fields.iter().find(|field| draft::fault_of(faults, field.name).is_some());
        let Some(field) = at_fault else { return };
        let id = format!("{}-{}", self.spec.part, field.name);
        let element = document().get_element_by_id(&id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(element) = element {
            let _ = element.focus();
        }
    }
}

/// What a change would have done, in a sentence.
fn told(preview: &Preview) -> String {
    if preview.rounds == 0 {
        return "No round was held in the last day: there is nothing to look at.".into();
    }
    let Preview { rounds, before, after, .. } = preview;
    let show = |setting: Setting| {
        let (old, new) = (before.settings.get(setting), after.settings.get(setting));
        (old != new).then(|| format!("{} {} instead of {}", setting.label(), setting.show(new), setting.show(old)))
    };
    let mut parts: Vec<String> = Setting::ALL.into_iter().filter_map(show).collect();
    let mut compare = |name: &str, figure: fn(&Replay) -> Option<String>| {
        if let (Some(old), Some(new)) = (figure(before), figure(after))
            && old != new
        {
            parts.push(format!("{name} {new} instead of {old}"));
        }
    };
    compare("moves", |replay| Some(replay.moves.to_string()));
    compare("hits", |replay| replay.hit_rate_pct.map(|share| format!("{share:.0} %")));
    compare("response", |replay| replay.response_s.map(format::response_text));
    compare("wrong at most", |replay| replay.wrong_upper_pct.map(|share| format!("{share:.1} %")));
    match parts.is_empty() {
        true => format!("Over the last {rounds} rounds it would have changed nothing."),
        false => format!("Over the last {rounds} rounds: {}.", parts.join(", ")),
    }
}
