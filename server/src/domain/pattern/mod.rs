//! Slot patterns: answers to prompts that differ from earlier ones in their values only.
//!
//! From a prompt and its answer a template is proposed: what stands in both becomes a slot (`propose`). Every further
//! answer is predicted before it is learnt from. A template that predicted enough answers exactly, each for values not
//! seen before, may answer. One wrong prediction and it is gone; what its pair and the new one have in common becomes the
//! next proposal (`generalise`), which starts without evidence.
//!
//! What keeps a wrong answer away:
//! - words of the template must be the same; what stands in the prompt but not in the answer must be the same;
//! - a slot takes other values only after it took two in right predictions. Until then it is a word like any other;
//! - a slot takes values only in ways of writing that it was right with (quoted, whole number, two bare words; with
//!   capitals, blanks, signs, letters beyond ASCII: whatever a form might change or an answer might escape);
//! - a value goes into the answer as it is, percent-encoded, in lower case or as a slug only once the required number of
//!   predictions spoke against each other form that would write it differently;
//! - two patterns, or two ways of cutting the prompt, that give different answers give none.
//!
//! After a pattern was refuted, its wording needs more right predictions than before ([`Limits::doubt`]): no wording is
//! banned for good, but one whose answers keep changing soon needs more agreement in a row than it can get. The last 1,024
//! doubted wordings of a scope are remembered, until [`Patterns::clear`].

#[cfg(test)]
mod bounds;
mod fill;
mod fit;
mod form;
mod generalise;
mod index;
mod known;
mod proof;
#[cfg(test)]
mod properties;
mod propose;
mod report;
mod store;
mod template;
#[cfg(test)]
mod tests;
mod token;

pub use report::{Event, Explanation, Filled, Fitting, Listed};

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use fill::{Care, fields_bytes, fill};
use fit::Literal;
use form::Spellings;
use generalise::{Learnt, generalise};
use index::{Index, Key, MAX_ALIKE, Skeleton, hash_all};
use known::{Known, Refusal, Verdict};
use proof::Doubts;
use propose::{Proposal, Reach, propose};
use report::Because;
use template::Template;
use token::{Token, tokens};

/// Nested arrays and objects in an answer that is learnt from.
const MAX_DEPTH: usize = 24;

/// Bounds of the patterns of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Patterns kept; the least useful makes room.
    pub patterns: usize,
    /// Memory of patterns, bytes.
    pub bytes: usize,
    /// Longest prompt learnt from or answered, bytes.
    pub prompt_bytes: usize,
    /// Most tokens of a prompt learnt from or answered.
    pub tokens: usize,
    /// Longest answer learnt from, bytes of JSON.
    pub learnt_bytes: usize,
    /// Longest answer made, bytes of JSON.
    pub answer_bytes: usize,
    /// Right predictions before a pattern answers, and before a form of a value is settled; at least 1.
    pub required: u8,
    /// Right predictions more that a wording needs after a pattern with it answered, or could have, and was wrong.
    pub doubt: u8,
}

impl Default for Limits {
    /// 256 patterns in 1 MiB, prompts to 4 KiB; 3 right predictions, 10 after a refutation.
    fn default() -> Self {
        Self {
            patterns: 256,
            bytes: 1 << 20,
            prompt_bytes: 4 << 10,
            tokens: 1_024,
            learnt_bytes: 16 << 10,
            answer_bytes: 64 << 10,
            required: 3,
            doubt: 7,
        }
    }
}

/// The patterns of one scope. Answers of different scopes never mix: keep one for each.
#[derive(Debug, Clone)]
pub struct Patterns {
    limits: Limits,
    known: BTreeMap<u64, Known>,
    /// Those that may answer, so that the others cost an answer nothing.
    proven: Index,
    candidates: Index,
    doubts: Doubts,
    next_id: u64,
}

impl Patterns {
    /// No patterns.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            known: BTreeMap::new(),
            proven: Index::default(),
            candidates: Index::default(),
            doubts: Doubts::default(),
            next_id: 1,
        }
    }

    /// Learns from a prompt and its right answer. Every pattern that fits the prompt is tested first. `now_ms` is the
    /// caller's clock, milliseconds.
    pub fn learn(&mut self, prompt: &str, answer: &Map<String, Value>, now_ms: u64) -> Vec<Event> {
        let fits = fields_depth(answer) <= MAX_DEPTH && fields_bytes(answer) <= self.limits.learnt_bytes;
        let Some(tokens) = self.tokens(prompt).filter(|_| fits) else { return Vec::new() };
        let mut events = Vec::new();
        let (mut explained, mut doubt, mut proposals) = (false, 0, Vec::new());
        for id in self.fitting(&tokens) {
            let max_bytes = self.limits.answer_bytes;
            let Some(known) = self.known.get_mut(&id) else { continue };
            let was_proven = known.is_proven();
            match known.judge(&tokens, answer, max_bytes) {
                Verdict::Silent => {}
                Verdict::Right { new } => {
                    explained = true;
                    known.last_used_ms = now_ms;
                    known.right_ms = now_ms;
                    if new {
                        events.push(Event::Confirmed { id, right: known.right, required: known.required });
                    }
                    if known.is_proven() && !was_proven {
                        let key = Key::of(&known.template);
                        self.candidates.remove(key, id);
                        self.proven.insert(key, id);
                    }
                }
                Verdict::Narrowed => {
                    explained = true;
                    events.push(Event::Narrowed { id });
                }
                Verdict::Wrong { values, outside } => {
                    proposals.extend(common(known, &tokens, &values, answer, max_bytes).map(|next| (next, values)));
                    if outside {
                        events.push(Event::Narrowed { id });
                    } else {
                        doubt = doubt.max(if was_proven { self.limits.doubt } else { 0 });
                        events.extend(self.refute(id));
                    }
                }
            }
        }
        if !explained {
            if proposals.is_empty() {
                let both = [Reach::Far, Reach::Near].into_iter();
                proposals.extend(both.filter_map(|reach| Some((propose(&tokens, answer, reach)?, Vec::new()))));
            }
            for (proposal, values) in proposals {
                self.add(proposal, &values, doubt, now_ms, &mut events);
            }
        }
        events
    }

    /// The answer to `prompt`, if a proven pattern fits it and no other one disagrees. Call [`Patterns::served`] when it is
    /// used.
    pub fn answer(&self, prompt: &str) -> Option<Filled> {
        if self.known.is_empty() {
            return None;
        }
        let tokens = self.tokens(prompt)?;
        let mut best: Option<(Map<String, Value>, &Known)> = None;
        for id in self.proven.find(&Skeleton::new(&tokens)) {
            let Some(known) = self.known.get(&id) else { continue };
            match known.answer(&tokens, self.limits.required, self.limits.answer_bytes) {
                Some((_, Ok(fields))) => match &best {
                    Some((other, _)) if *other != fields => return None,
                    Some((_, other)) if other.right >= known.right => {}
                    _ => best = Some((fields, known)),
                },
                // Several answers of one pattern are as much a doubt as those of two.
                Some((_, Err(Refusal::Ambiguous))) => return None,
                _ => {}
            }
        }
        best.map(|(fields, known)| Filled { fields, pattern_id: known.id, evidence: known.into() })
    }

    /// Why `prompt` is answered, or why not.
    pub fn explain(&self, prompt: &str) -> Explanation {
        let not = |reason: &str| Explanation { answered: false, reason: reason.to_owned(), fitting: Vec::new() };
        let Some(tokens) = self.tokens(prompt) else { return not("the prompt is too long for patterns") };
        let mut fitting = Vec::new();
        for id in self.fitting(&tokens) {
            let Some(known) = self.known.get(&id) else { continue };
            let Some((values, answer)) = known.answer(&tokens, self.limits.required, self.limits.answer_bytes) else {
                continue;
            };
            let values = known.labels().into_iter().zip(values.into_iter().map(|value| value.text)).collect();
            let refusal = answer.err().map(|refusal| Because(known, &refusal).to_string());
            fitting.push(Fitting { pattern: known.into(), values, refusal });
        }
        fitting.sort_by_key(|fit| std::cmp::Reverse((fit.pattern.proven, fit.pattern.evidence.right)));
        let Some(first) = fitting.first() else { return not("no pattern fits") };
        let filled = self.answer(prompt);
        let reason = match (&filled, &first.refusal) {
            (Some(filled), _) => format!("pattern {} fits and is proven", filled.pattern_id),
            (None, Some(refusal)) => format!("pattern {}: {refusal}", first.pattern.id),
            (None, None) => "patterns that fit give different answers".to_owned(),
        };
        Explanation { answered: filled.is_some(), reason, fitting }
    }

    /// An answer from this pattern was used.
    pub fn served(&mut self, id: u64, now_ms: u64) {
        if let Some(known) = self.known.get_mut(&id) {
            known.served += 1;
            known.last_used_ms = now_ms;
        }
    }

    /// An answer from this pattern was wrong: it is gone, and its wording doubted. Nothing when it is gone already.
    pub fn contradict(&mut self, id: u64) -> Option<Event> {
        self.refute(id)
    }

    /// Forgets all patterns and all doubts.
    pub fn clear(&mut self) {
        let next_id = self.next_id;
        *self = Self { next_id, ..Self::new(self.limits) };
    }

    /// All patterns, in the order they were learnt in.
    pub fn list(&self) -> impl Iterator<Item = Listed> {
        self.known.values().map(Listed::from)
    }

    /// Patterns kept, candidates among them.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether nothing was learnt.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Memory, bytes, about. Looks at every pattern.
    pub fn size_bytes(&self) -> usize {
        // Id, key and list of each in the indexes.
        let indexed = self.known.len() * 96;
        self.known.values().map(Known::size_bytes).sum::<usize>() + indexed + self.doubts.size_bytes()
    }

    fn tokens<'p>(&self, prompt: &'p str) -> Option<Vec<Token<'p>>> {
        (prompt.len() <= self.limits.prompt_bytes).then(|| tokens(prompt, self.limits.tokens)).flatten()
    }

    fn fitting(&self, tokens: &[Token<'_>]) -> Vec<u64> {
        let skeleton = Skeleton::new(tokens);
        let mut ids = self.proven.find(&skeleton);
        ids.extend(self.candidates.find(&skeleton));
        ids
    }

    fn add(&mut self, proposal: Proposal, values: &[Literal], doubt: u8, now_ms: u64, events: &mut Vec<Event>) {
        let key = Key::of(&proposal.template);
        let alike: Vec<u64> =
            [&self.proven, &self.candidates].iter().flat_map(|index| index.alike(key)).copied().collect();
        let twin = |id: &u64| self.known.get(id).is_some_and(|known| known.template.is_twin(&proposal.template));
        if alike.iter().any(twin) {
            return;
        }
        if alike.len() >= MAX_ALIKE && !self.evict(Some(&alike), events) {
            return;
        }
        let doubt = doubt.max(self.doubts.of(wording(&proposal.template)));
        let required = self.limits.required.max(1).saturating_add(doubt);
        let id = self.next_id;
        let mut known = Known::new(id, proposal, required, now_ms);
        known.note(values);
        let bytes = known.size_bytes();
        if bytes > self.limits.bytes / 2 {
            return;
        }
        while self.known.len() >= self.limits.patterns.max(1) || self.size_bytes() + bytes > self.limits.bytes {
            if !self.evict(None, events) {
                return;
            }
        }
        self.next_id += 1;
        events.push(Event::Learnt { id, required: known.required });
        self.candidates.insert(key, id);
        self.known.insert(id, known);
    }

    /// Drops the least useful pattern, of all or of `among`: unproven before proven, then by predictions, then by answers
    /// made, then the one longest unused. Of `among`, only an unproven one.
    fn evict(&mut self, among: Option<&[u64]>, events: &mut Vec<Event>) -> bool {
        let worth = |known: &&Known| (known.is_proven(), known.right, known.served, known.last_used_ms, known.id);
        let least = match among {
            Some(ids) => {
                ids.iter().filter_map(|id| self.known.get(id)).filter(|known| !known.is_proven()).min_by_key(worth)
            }
            None => self.known.values().min_by_key(worth),
        };
        let Some(id) = least.map(|known| known.id) else { return false };
        self.remove(id);
        events.push(Event::Evicted { id });
        true
    }

    fn refute(&mut self, id: u64) -> Option<Event> {
        let known = self.remove(id)?;
        let (proven, right) = (known.is_proven(), known.right);
        // A guess that never came true says nothing against its wording; one that did is a coincidence to be wary of.
        let doubt = if proven { self.limits.doubt } else { u8::from(right > 0) };
        if doubt > 0 {
            self.doubts.add(wording(&known.template), doubt);
        }
        Some(Event::Refuted { id, right, proven })
    }

    fn remove(&mut self, id: u64) -> Option<Known> {
        let known = self.known.remove(&id)?;
        let key = Key::of(&known.template);
        self.proven.remove(key, id);
        self.candidates.remove(key, id);
        Some(known)
    }
}

/// What a refuted pattern and the pair that refuted it have in common.
fn common(
    known: &Known,
    tokens: &[Token<'_>],
    values: &[Literal],
    answer: &Map<String, Value>,
    max_bytes: usize,
) -> Option<Proposal> {
    let spellings: Vec<_> = known.learnt_from.iter().map(|value| Spellings::of(value)).collect();
    let first = fill(&known.template.answer, &spellings, Care::Agreed, max_bytes).ok()?;
    let learnt = Learnt { template: &known.template, values: &known.learnt_from, answer: &first };
    generalise(&learnt, tokens, values, answer)
}

/// Hash of a template's prompt part.
fn wording(template: &Template) -> u64 {
    hash_all(std::iter::once(template.to_string().as_str()))
}

fn fields_depth(fields: &Map<String, Value>) -> usize {
    1 + fields.values().map(|field| depth(field, MAX_DEPTH)).max().unwrap_or(0)
}

/// Levels of nesting; looks no deeper than `most` and one.
fn depth(value: &Value, most: usize) -> usize {
    let inside = |value: &Value| if most == 0 { 0 } else { depth(value, most - 1) };
    match value {
        Value::Array(items) => 1 + items.iter().map(inside).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(inside).max().unwrap_or(0),
        _ => 0,
    }
}
