//! Decides what is told of what is wrong: nothing that passes at once, everything once, again after hours, and its end. At
//! most one message a minute, which holds all that is due. Pure; time is passed in.

use std::collections::BTreeMap;

use lode_shared::Alert;
use serde::Serialize;

use super::{Condition, Kind};

/// Between two messages, milliseconds.
const PAUSE_MS: u64 = 60_000;
/// Where nothing can be sent the pause doubles each time, so many times at most.
const MAX_DOUBLINGS: u32 = 3;
/// What is over must stay so for this long before that is told, milliseconds.
const CALM_MS: u64 = 120_000;
/// What was wrong and may be well again is taken to go on for so long, milliseconds: a solver that nobody asks any more shows
/// nothing.
const DOUBT_MS: u64 = 600_000;
/// Of one message, at most this many notes; the others come with the next.
const MAX_NOTES: usize = 10;

/// What is told of one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What.
    pub kind: Kind,
    /// Of which solver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether it goes on.
    pub state: State,
    /// What is measured and what to do, or how long it lasted.
    pub text: String,
    /// Since when, milliseconds since the Unix epoch.
    pub since_ms: u64,
}

/// Whether a condition goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    Firing,
    /// It is over.
    Recovered,
}

/// What is known of one condition.
struct Known {
    since_ms: u64,
    seen_ms: u64,
    /// When it was certain last.
    certain_ms: u64,
    text: String,
    told_ms: Option<u64>,
    /// What could not be told last: the state, and when something was told before.
    untold: Option<(State, Option<u64>)>,
}

/// Remembers what is wrong and what was told of it.
pub struct Desk {
    repeat_ms: u64,
    known: BTreeMap<(Kind, Option<String>), Known>,
    next_ms: u64,
    /// Messages in a row that have reached nobody.
    failures: u32,
}

impl Desk {
    /// What goes on is told again after `repeat_ms`.
    pub fn new(repeat_ms: u64) -> Self {
        Self { repeat_ms, known: BTreeMap::new(), next_ms: 0, failures: 0 }
    }

    /// Takes in what is wrong now, and says what is to be told.
    pub fn round(&mut self, now_ms: u64, conditions: Vec<Condition>) -> Vec<Note> {
        self.set_back(now_ms);
        for Condition { kind, subject, text, is_certain } in conditions {
            let key = (kind, subject);
            if !is_certain {
                if let Some(known) = self.known.get_mut(&key)
                    && now_ms - known.certain_ms <= DOUBT_MS
                {
                    known.seen_ms = now_ms;
                }
                continue;
            }
            let known = self.known.entry(key).or_insert_with(|| Known {
                since_ms: now_ms,
                seen_ms: now_ms,
                certain_ms: now_ms,
                text: String::new(),
                told_ms: None,
                untold: None,
            });
            known.text = text;
            (known.seen_ms, known.certain_ms) = (now_ms, now_ms);
        }
        // What nobody was told of leaves without a word.
        self.known.retain(|_, known| known.told_ms.is_some() || known.seen_ms == now_ms);
        if now_ms < self.next_ms {
            return Vec::new();
        }
        let due = self.known.iter().filter_map(|((kind, subject), known)| {
            let (state, text) = known.due(*kind, now_ms, self.repeat_ms)?;
            Some(Note { kind: *kind, subject: subject.clone(), state, text, since_ms: known.since_ms })
        });
        due.take(MAX_NOTES).collect()
    }

    /// What is wrong and has lasted long enough to be told, whether or not somebody could be, the gravest first.
    pub fn active(&self, now_ms: u64) -> Vec<Alert> {
        let since = |then_ms: u64| now_ms.saturating_sub(then_ms);
        let goes_on = |known: &Known| since(known.seen_ms) < CALM_MS;
        let lasts = |kind: Kind, known: &Known| known.told_ms.is_some() || since(known.since_ms) >= kind.patience_ms();
        let active = self.known.iter().filter(|((kind, _), known)| goes_on(known) && lasts(*kind, known));
        let alert = |kind: Kind, known: &Known| Alert {
            kind: kind.word().to_owned(),
            text: known.text.clone(),
            since_ms: known.since_ms,
        };
        active.map(|((kind, _), known)| alert(*kind, known)).collect()
    }

    /// A clock that was set back must not keep us silent: what lies beyond it now is taken to be now.
    fn set_back(&mut self, now_ms: u64) {
        self.next_ms = self.next_ms.min(now_ms + (PAUSE_MS << self.failures.min(MAX_DOUBLINGS)));
        for known in self.known.values_mut() {
            known.since_ms = known.since_ms.min(now_ms);
            known.seen_ms = known.seen_ms.min(now_ms);
            known.certain_ms = known.certain_ms.min(now_ms);
            known.told_ms = known.told_ms.map(|told_ms| told_ms.min(now_ms));
        }
    }

    /// Whether this is noted for the first time, rather than tried again.
    pub fn is_new(&self, note: &Note) -> bool {
        self.known.get(&key(note)).is_some_and(|known| known.untold != Some((note.state, known.told_ms)))
    }

    /// These have reached the operator.
    pub fn told(&mut self, notes: &[Note], now_ms: u64) {
        self.next_ms = now_ms + PAUSE_MS;
        self.failures = 0;
        for note in notes {
            match (note.state, self.known.get_mut(&key(note))) {
                (State::Firing, Some(known)) => known.told_ms = Some(now_ms),
                _ => _ = self.known.remove(&key(note)),
            }
        }
    }

    /// These have not, and are due again after a pause: a minute, then longer and longer, up to eight.
    pub fn not_told(&mut self, notes: &[Note], now_ms: u64) {
        self.next_ms = now_ms + (PAUSE_MS << self.failures.min(MAX_DOUBLINGS));
        self.failures += 1;
        for note in notes {
            if let Some(known) = self.known.get_mut(&key(note)) {
                known.untold = Some((note.state, known.told_ms));
            }
        }
    }
}

impl Known {
    fn due(&self, kind: Kind, now_ms: u64, repeat_ms: u64) -> Option<(State, String)> {
        let since = |then_ms: u64| now_ms.saturating_sub(then_ms);
        match self.told_ms {
            None => (since(self.since_ms) >= kind.patience_ms()).then(|| (State::Firing, self.text.clone())),
            Some(_) if self.seen_ms != now_ms => (since(self.seen_ms) >= CALM_MS).then(|| {
                let lasted = duration(self.seen_ms.saturating_sub(self.since_ms));
                (State::Recovered, format!("over after {lasted}: {}", self.text))
            }),
            Some(told_ms) => (since(told_ms) >= repeat_ms)
                .then(|| (State::Firing, format!("{}; for {} by now", self.text, duration(since(self.since_ms))))),
        }
    }
}

fn key(note: &Note) -> (Kind, Option<String>) {
    (note.kind, note.subject.clone())
}

/// In the two largest units.
fn duration(ms: u64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", ms / 1_000),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
