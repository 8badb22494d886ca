//! One pattern: its template and what predictions have shown about it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fill::{Care, Unfilled, fill, narrowed};
use super::fit::{Literal, ways};
use super::form::Spellings;
use super::index::hash_all;
use super::proof::{Gap, SlotProof};
use super::propose::Proposal;
use super::template::Template;
use super::token::Token;

/// Prompts that a pattern remembers to have seen, so that a repeated one counts once.
const MAX_SEEN: usize = 64;
/// Right predictions that can be asked for at most: all of them are remembered.
const MAX_REQUIRED: u8 = 60;

/// A pattern with its evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Known {
    pub id: u64,
    pub template: Template,
    /// Memory of the template, bytes: it does not change.
    template_bytes: usize,
    /// The values of the pair it was learnt from, by slot.
    pub learnt_from: Vec<String>,
    /// Hashes of the values it was learnt from or predicted right with.
    seen: Vec<u64>,
    pub proofs: Vec<SlotProof>,
    /// Right predictions, each with values not seen before.
    pub right: u32,
    /// Right predictions asked for.
    pub required: u8,
    pub served: u64,
    pub learnt_ms: u64,
    pub last_used_ms: u64,
    /// When a real answer last was as predicted.
    pub right_ms: u64,
}

/// What a real answer says about a pattern.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It predicted the answer, with values not seen before or seen ones.
    Right { new: bool },
    /// It could not decide how to write a value, and now knows better. Counts as learnt from, not as predicted.
    Narrowed,
    /// It made no prediction.
    Silent,
    /// It predicted something else. `outside`: not for a prompt that it would have answered.
    Wrong { values: Vec<Literal>, outside: bool },
}

/// Why a pattern does not answer a prompt that fits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Unproven,
    Ambiguous,
    Gap(usize, Gap),
    Unfilled(Unfilled),
}

/// The values of a prompt that fits, and the answer with them in it.
pub(super) type Attempt = (Vec<Literal>, Result<Map<String, Value>, Refusal>);

impl Known {
    /// A pattern without evidence.
    pub(super) fn new(id: u64, proposal: Proposal, required: u8, now_ms: u64) -> Self {
        let Proposal { template, values } = proposal;
        Self {
            id,
            seen: vec![hash_all(values.iter().map(String::as_str))],
            proofs: vec![SlotProof::default(); template.slots],
            template_bytes: template.size_bytes(),
            template,
            learnt_from: values,
            right: 0,
            required: required.min(MAX_REQUIRED),
            served: 0,
            learnt_ms: now_ms,
            last_used_ms: now_ms,
            right_ms: now_ms,
        }
    }

    /// Whether enough predictions were right.
    pub(super) fn is_proven(&self) -> bool {
        self.right >= u32::from(self.required)
    }

    /// Whether what came from disk can be worked with.
    pub(super) fn holds(&self) -> bool {
        self.template.holds()
            && self.proofs.len() == self.template.slots
            && self.learnt_from.len() == self.template.slots
            && self.required > 0
            && self.seen.len() <= MAX_SEEN
            && self.template_bytes == self.template.size_bytes()
    }

    /// Remembers the values of a prompt that helped to learn it. True when they are new.
    pub(super) fn note(&mut self, values: &[Literal]) -> bool {
        let hash = hash_all(values.iter().map(|value| value.text.as_str()));
        if self.seen.contains(&hash) {
            return false;
        }
        if self.seen.len() >= MAX_SEEN {
            // More than can be asked for are left, so none counts twice toward the proof.
            self.seen.remove(0);
        }
        self.seen.push(hash);
        true
    }

    /// Compares what it would have answered with what was answered, then learns from that.
    pub(super) fn judge(&mut self, tokens: &[Token<'_>], truth: &Map<String, Value>, max_bytes: usize) -> Verdict {
        let Some(ways) = ways(&self.template, tokens) else { return Verdict::Silent };
        let mut ways: Vec<_> = ways.into_iter().filter(|way| self.admits(way)).collect();
        let predicted: Vec<_> =
            ways.iter().map(|way| fill(&self.template.answer, &spell(way), Care::Agreed, max_bytes)).collect();
        // Cut in several ways with several answers, it would not have answered.
        if ways.is_empty() || predicted[1..].iter().any(|other| *other != predicted[0]) {
            return Verdict::Silent;
        }
        let way = ways.swap_remove(0);
        match &predicted[0] {
            Ok(fields) if fields == truth => self.right(&way),
            Err(Unfilled::Form(_)) => match narrowed(&self.template.answer, &spell(&way), truth) {
                Some(kept) => {
                    let mut kept = kept.into_iter();
                    self.template.answer.visit_forms(&mut |_, forms| forms.keep(kept.next().unwrap_or_default()));
                    self.note(&way);
                    Verdict::Narrowed
                }
                None => self.wrong(way),
            },
            Err(Unfilled::Number(_) | Unfilled::TooLarge) => Verdict::Silent,
            Ok(_) => self.wrong(way),
        }
    }

    fn admits(&self, way: &[Literal]) -> bool {
        self.proofs.iter().zip(way).all(|(proof, value)| proof.admits(value))
    }

    fn right(&mut self, way: &[Literal]) -> Verdict {
        let new = self.note(way);
        if new {
            self.right += 1;
            let spellings = spell(way);
            self.template.answer.visit_forms(&mut |slot, forms| {
                if let Some(spellings) = spellings.get(slot) {
                    forms.confirm(spellings);
                }
            });
            self.proofs.iter_mut().zip(way).for_each(|(proof, value)| proof.right(value));
        }
        Verdict::Right { new }
    }

    /// A pattern is wrong when it would have answered, had it been proven. Where it would have kept silent (a slot had only
    /// ever been one word, or was never written so), that one slot is narrowed instead, as long as some slot still varies.
    fn wrong(&mut self, values: Vec<Literal>) -> Verdict {
        let gaps: Vec<bool> =
            self.proofs.iter().zip(&values).map(|(proof, value)| proof.covers(value).is_err()).collect();
        let seen_before = self.seen.contains(&hash_all(values.iter().map(|value| value.text.as_str())));
        let varied = self.proofs.iter().any(SlotProof::varied);
        let outside = varied && !seen_before && gaps.contains(&true);
        let left_out = |((proof, value), gap): ((&mut SlotProof, &Literal), bool)| !gap || proof.leave_out(value);
        let outside = outside && self.proofs.iter_mut().zip(&values).zip(gaps).all(left_out);
        Verdict::Wrong { values, outside }
    }

    /// The answer to a prompt, or why there is none; nothing when the prompt does not fit. Forms of values are settled by
    /// `forms` predictions.
    pub(super) fn answer(&self, tokens: &[Token<'_>], forms: u8, max_bytes: usize) -> Option<Attempt> {
        let Some(mut ways) = ways(&self.template, tokens) else {
            return Some((Vec::new(), Err(Refusal::Ambiguous)));
        };
        let fill = |way: &[Literal], care| fill(&self.template.answer, &spell(way), care, max_bytes);
        let way = (!ways.is_empty()).then(|| ways.swap_remove(0))?;
        if !self.is_proven() {
            return Some((way, Err(Refusal::Unproven)));
        }
        let covers = |(slot, (proof, value)): (usize, (&SlotProof, &Literal))| {
            proof.covers(value).map_err(|gap| Refusal::Gap(slot, gap))
        };
        let covered = self.proofs.iter().zip(&way).enumerate().try_for_each(covers);
        let answer = covered.and_then(|()| fill(&way, Care::Settled(forms)).map_err(Refusal::Unfilled));
        // Every other way of cutting the prompt has to come to the same answer.
        let differs =
            |fields: &Map<String, Value>| ways.iter().any(|way| fill(way, Care::Agreed).as_ref() != Ok(fields));
        let answer = if ways.is_empty() {
            answer
        } else {
            answer.ok().filter(|fields| !differs(fields)).ok_or(Refusal::Ambiguous)
        };
        Some((way, answer))
    }

    /// What to call each slot: its number, or its only value once it was right with one and no other.
    pub(super) fn labels(&self) -> Vec<String> {
        let mut number = 0;
        let label = |proof: &SlotProof| {
            proof.only().unwrap_or_else(|| {
                number += 1;
                format!("{{{number}}}")
            })
        };
        self.proofs.iter().map(label).collect()
    }

    /// Bytes on the heap, about.
    pub(super) fn size_bytes(&self) -> usize {
        let texts: usize = self.learnt_from.iter().map(|text| size_of::<String>() + text.len()).sum();
        let proofs: usize = self.proofs.iter().map(SlotProof::size_bytes).sum();
        size_of::<Self>() + self.template_bytes + texts + proofs + self.seen.capacity() * size_of::<u64>()
    }
}

/// The forms of each value.
fn spell(way: &[Literal]) -> Vec<Spellings<'_>> {
    way.iter().map(|value| Spellings::of(&value.text)).collect()
}
