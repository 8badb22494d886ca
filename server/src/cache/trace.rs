//! The last looks into memory, kept to explain them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use lode_shared::{CandidateView, Explanation, RequestRow, Settings, Source};
use parking_lot::Mutex;

use super::entry::Entry;
use super::scopes::ScopeLabel;
use crate::domain::{Answer, Digest128, Question};
use crate::matching::{Analysed, Refusal, Text};
use crate::ports::Look;

/// Looks kept.
const KEPT: usize = 1_024;
/// Prompts are shown up to this many bytes.
pub const SHOWN_BYTES: usize = 2_048;

/// One look into memory.
pub struct Trace {
    pub id: u64,
    pub at_ms: u64,
    pub key: Digest128,
    pub scope: Digest128,
    pub label: ScopeLabel,
    pub prompt: Box<str>,
    settings: Settings,
    /// The least chance at which an answer to another prompt was given: infinite where such answers are off.
    pub threshold: f64,
    /// How old the answer to this very question was, milliseconds, where it was given.
    pub age_ms: u64,
    /// What was given.
    pub given: Option<Given>,
    pub candidates: Vec<Looked>,
    pub pattern: Option<PatternSaid>,
    is_judged: AtomicBool,
}

/// What was given to a request.
pub struct Given {
    /// The tier that answered.
    pub source: Source,
    /// The entry's id and key; a pattern has none.
    pub entry: Option<(u64, Digest128)>,
    /// The answer.
    pub answer: Arc<Answer>,
}

/// The pattern that answered.
#[derive(Debug, Clone, Copy)]
pub struct PatternSaid {
    /// Its id.
    pub id: u64,
    /// Answers that it had predicted exactly.
    pub right: u32,
}

/// A candidate that was looked at.
#[derive(Clone)]
pub struct Looked {
    pub id: u64,
    pub entry: Weak<Entry>,
    pub cosine: f32,
    pub judgement: Judgement,
    /// How sure it is that its answer is right for its own question, against a fresh solve's.
    pub standing: f64,
}

/// What was found of a candidate.
#[derive(Clone)]
pub enum Judgement {
    /// It is the very question, beyond its time to live.
    Same,
    /// It was contradicted.
    Quarantined,
    /// It was wrong for another prompt, and this is one.
    Lone,
    /// As many as are verified are nearer.
    Further,
    /// It never holds for this prompt.
    Refused(Box<Refusal>),
    /// How likely it holds: as the verifier says, and as labels have corrected it.
    Probability { said: f64, calibrated: f64 },
}

impl Looked {
    /// The chance that its answer is right for the prompt that was asked.
    pub fn chance(&self) -> Option<f64> {
        match &self.judgement {
            Judgement::Same => Some(self.standing),
            Judgement::Probability { calibrated, .. } => Some(calibrated * self.standing),
            Judgement::Quarantined | Judgement::Lone | Judgement::Further | Judgement::Refused(_) => None,
        }
    }

    fn view(&self, asked: Text<'_>, now_ms: u64) -> CandidateView {
        let entry = self.entry.upgrade();
        let (conflict, probability, calibrated) = match &self.judgement {
            Judgement::Same => (None, Some(1.0), Some(1.0)),
            Judgement::Quarantined => (Some("its answer was contradicted".to_owned()), None, None),
            Judgement::Lone => (Some("its answer was wrong for another prompt before".to_owned()), None, None),
            Judgement::Further => (None, None, None),
            Judgement::Refused(refusal) => (Some(refusal.to_string()), None, None),
            Judgement::Probability { said, calibrated } => (None, Some(*said), Some(*calibrated)),
        };
        let features = entry.as_ref().map(|entry| {
            let analysed = Analysed::of(&entry.prompt);
            crate::matching::named_features(asked, Text { text: &entry.prompt, analysed: &analysed })
        });
        CandidateView {
            entry: self.id,
            prompt: entry.as_ref().map(|entry| shown(&entry.prompt).to_owned()),
            cosine: self.cosine,
            conflict,
            probability,
            calibrated,
            standing: self.standing,
            chance: self.chance(),
            age_s: entry.as_ref().map(|entry| entry.age_ms(now_ms) / 1_000),
            features: features.unwrap_or_default(),
        }
    }
}

impl Trace {
    /// Of a question that nothing was found for yet.
    pub fn new(question: &Question, key: Digest128, scope: Digest128, threshold: f64, look: Look) -> Self {
        let Look { request_id, settings, now_ms } = look;
        Self {
            id: request_id,
            at_ms: now_ms,
            key,
            scope,
            label: ScopeLabel::of(question),
            prompt: shown(&question.prompt).into(),
            settings,
            threshold,
            age_ms: 0,
            given: None,
            candidates: Vec::new(),
            pattern: None,
            is_judged: false.into(),
        }
    }

    /// Whether it is judged for the first time: a request has one outcome.
    pub fn judge_once(&self) -> bool {
        !self.is_judged.swap(true, Ordering::Relaxed)
    }

    /// The row in a list.
    pub fn row(&self) -> RequestRow {
        RequestRow {
            id: self.id,
            at_ms: self.at_ms,
            synapse: self.label.synapse.to_string(),
            source: self.given.as_ref().map(|given| given.source),
            entry: self.given.as_ref().and_then(|given| given.entry).map(|(id, _)| id),
        }
    }

    /// All of it, in words.
    pub fn explain(&self, now_ms: u64) -> Explanation {
        let analysed = Analysed::of(&self.prompt);
        let asked = Text { text: &self.prompt, analysed: &analysed };
        Explanation {
            request: self.row(),
            scope: self.label.text.to_string(),
            prompt: self.prompt.to_string(),
            match_threshold: if self.threshold.is_finite() { self.threshold } else { self.settings.match_threshold },
            ttl_s: self.settings.ttl_s,
            verdict: self.verdict(),
            candidates: self.candidates.iter().map(|looked| looked.view(asked, now_ms)).collect(),
            pattern: self.pattern.map(|said| {
                format!("pattern {} answered: it had predicted {} such answers exactly", said.id, said.right)
            }),
        }
    }

    fn verdict(&self) -> String {
        let threshold = self.threshold;
        let best = self.candidates.iter().filter_map(Looked::chance).max_by(f64::total_cmp);
        match (self.given.as_ref().map(|given| given.source), best) {
            (Some(Source::Exact), _) => "Answered: the very question was answered within the time to live.".into(),
            (Some(Source::Pattern), _) => "Answered by a pattern that has predicted such answers.".into(),
            (Some(_), Some(best)) => {
                format!("Answered: an answer that holds with probability {best:.4}, at least {threshold}, was there.")
            }
            (Some(_), None) => "Answered.".into(),
            (None, Some(_)) if !threshold.is_finite() => {
                "Not answered: answers to similar prompts are off here; the tuner's decisions tell why.".into()
            }
            (None, Some(best)) => {
                format!("Not answered: the best candidate holds with probability {best:.4}, below {threshold}.")
            }
            (None, None) if self.candidates.is_empty() => {
                "Not answered: no remembered prompt of this scope was looked at.".into()
            }
            (None, None) => "Not answered: every candidate conflicts with the prompt or was contradicted.".into(),
        }
    }
}

/// A text, cut to what is shown.
pub fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_BYTES)]
}

/// The last looks.
#[derive(Default)]
pub struct Traces {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// In the order in which they ended.
    last: VecDeque<u64>,
    by_id: HashMap<u64, Arc<Trace>>,
}

impl Traces {
    /// Keeps a look.
    pub fn keep(&self, trace: Trace) {
        let mut inner = self.inner.lock();
        // Dropped when nobody waits for the lock any more.
        let oldest = if inner.last.len() == KEPT { inner.last.pop_front() } else { None };
        let gone = oldest.and_then(|id| inner.by_id.remove(&id));
        inner.last.push_back(trace.id);
        let twice = inner.by_id.insert(trace.id, Arc::new(trace));
        drop(inner);
        drop((gone, twice));
    }

    /// The look of this request, if it is among the last.
    pub fn get(&self, request_id: u64) -> Option<Arc<Trace>> {
        self.inner.lock().by_id.get(&request_id).cloned()
    }
}
