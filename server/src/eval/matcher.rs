//! The matchers that are compared.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::input::Pair;
use crate::matching::{Analysed, Text, judge};

/// How the likeness of two prompts is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Matcher {
    /// The same text or nothing.
    Exact,
    /// Share of common words, as the Python miner's "semantic" cache judges: without scope, stop words or order.
    Jaccard,
    /// Cosine of the two embeddings.
    Embedding,
    /// What Lode does: scope, hard conflicts, verifier.
    Full,
}

impl Matcher {
    /// Every matcher.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Jaccard, Self::Embedding, Self::Full];

    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Jaccard => "jaccard",
            Self::Embedding => "embedding",
            Self::Full => "full",
        }
    }

    /// How sure it is that the answer of a pair holds, 0 to 1; 0 is never.
    pub fn score(self, pair: &Pair) -> f32 {
        match self {
            Self::Exact => f32::from(u8::from(pair.is_one_scope() && pair.a.trim() == pair.b.trim())),
            Self::Jaccard => jaccard(&pair.a, &pair.b),
            Self::Embedding => {
                let (a, b) = (Analysed::of(&pair.a), Analysed::of(&pair.b));
                crate::matching::cosine(&a.vector, &b.vector).clamp(0.0, 1.0)
            }
            Self::Full if !pair.is_one_scope() => 0.0,
            Self::Full => full(&pair.b, &pair.a),
        }
    }
}

fn full(asked: &str, stored: &str) -> f32 {
    if asked.trim() == stored.trim() {
        return 1.0;
    }
    let (a, b) = (Analysed::of(asked), Analysed::of(stored));
    judge(Text { text: asked, analysed: &a }, Text { text: stored, analysed: &b }).unwrap_or(0.0)
}

/// Words of three letters and more, lower case: the measure that the Python miner's cache rests on.
fn jaccard(a: &str, b: &str) -> f32 {
    let words = |text: &str| -> BTreeSet<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().count() > 2);
        words.map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    let (shared, all) = (a.intersection(&b).count(), a.union(&b).count());
    if all == 0 { 0.0 } else { shared as f32 / all as f32 }
}
