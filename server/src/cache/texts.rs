//! Reads prompts: their analysis and their vector, with a memory of the last ones in front, and of the stored prompts that
//! were candidates last.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::entry::Entry;
use super::recent::Recent;
use super::remote::RemoteEmbedder;
use crate::domain::{Digest128, Question};
use crate::matching::{Analysed, Text, embed};

/// Stored prompts whose analysis is kept, about a kilobyte each: all entries would take as much again as everything else of
/// them together. Those of a miner as it comes all fit.
const ANALYSES: usize = 10_500;
/// A prompt longer than this is read anew each time: prompts are counted, so their size must be bounded too.
const MAX_PROMPT_BYTES: usize = 16 * 1024;

/// A prompt that was read.
pub struct Asked {
    prompt: Box<str>,
    /// Its analysis.
    pub analysed: Arc<Analysed>,
    /// Its vector. Absent when the embedder has failed.
    pub vector: Option<Box<[i8]>>,
    /// The best candidate that was not good enough: what a solver says now tells whether it would have been right.
    pub near: Mutex<Option<NearMiss>>,
}

/// A candidate that was not given.
pub struct NearMiss {
    /// The candidate.
    pub entry: Weak<Entry>,
    /// What the verifier said.
    pub said: f64,
    /// The chance that it was right.
    pub chance: f64,
}

/// Who makes vectors.
pub enum Embedder {
    /// The table inside the binary.
    Table,
    /// A service.
    Remote(RemoteEmbedder),
}

impl Asked {
    /// The prompt with its analysis.
    pub fn text(&self) -> Text<'_> {
        Text { text: &self.prompt, analysed: &self.analysed }
    }
}

/// Reads prompts.
pub struct Texts {
    embedder: Embedder,
    last: Recent<Digest128, Arc<Asked>>,
    /// By the entry's id.
    stored: Recent<u64, Arc<Analysed>>,
}

impl Texts {
    /// Remembers the last `kept` prompts.
    pub fn new(embedder: Embedder, kept: u64) -> Self {
        Self { embedder, last: Recent::new(kept as usize), stored: Recent::new(ANALYSES) }
    }

    /// The analysis of an entry's prompt. Made when it is a candidate: a hundred thousand at a start would take seconds.
    pub fn stored(&self, entry: &Entry) -> Arc<Analysed> {
        self.stored.get(&entry.id).unwrap_or_else(|| {
            let analysed = Arc::new(Analysed::of(&entry.prompt));
            self.stored.insert(entry.id, Arc::clone(&analysed));
            analysed
        })
    }

    /// Keeps the analysis of a new entry's prompt, which is at hand.
    pub fn keep_stored(&self, entry: &Entry, asked: &Asked) {
        self.stored.insert(entry.id, Arc::clone(&asked.analysed));
    }

    /// Reads the prompt of `question`, whose digest is `key`.
    pub async fn read(&self, question: &Question, key: Digest128) -> Arc<Asked> {
        if let Some(asked) = self.last.get(&key) {
            return asked;
        }
        let analysed = Analysed::of(&question.prompt);
        let vector = match &self.embedder {
            Embedder::Table => Some(boxed(&analysed.vector)),
            Embedder::Remote(remote) => remote.embed(&question.prompt).await,
        };
        self.keep(question, key, analysed, vector)
    }

    /// The same without waiting: of a prompt that was not read before, a service's vector is not to be had.
    pub fn read_now(&self, question: &Question, key: Digest128) -> Arc<Asked> {
        if let Some(asked) = self.last.get(&key) {
            return asked;
        }
        let analysed = Analysed::of(&question.prompt);
        let vector = matches!(self.embedder, Embedder::Table).then(|| boxed(&analysed.vector));
        self.keep(question, key, analysed, vector)
    }

    /// The vector of a text, where that takes no waiting.
    pub fn vector_now(&self, text: &str) -> Option<Box<[i8]>> {
        matches!(self.embedder, Embedder::Table).then(|| boxed(&embed(text)))
    }

    /// Whether vectors come from a service.
    pub fn waits(&self) -> bool {
        matches!(self.embedder, Embedder::Remote(_))
    }

    /// Whose vectors these are: those of another cannot be compared with them.
    pub fn embedder_name(&self) -> String {
        match &self.embedder {
            // Another number with each table: rows that were made by another are made anew.
            Embedder::Table => "table 2".to_owned(),
            Embedder::Remote(remote) => remote.name(),
        }
    }

    fn keep(&self, question: &Question, key: Digest128, analysed: Analysed, vector: Option<Box<[i8]>>) -> Arc<Asked> {
        let is_whole = vector.is_some() && question.prompt.len() <= MAX_PROMPT_BYTES;
        let (prompt, analysed) = (question.prompt.as_str().into(), Arc::new(analysed));
        let asked = Arc::new(Asked { prompt, analysed, vector, near: Mutex::default() });
        // A service that failed may answer the next time.
        if is_whole {
            self.last.insert(key, Arc::clone(&asked));
        }
        asked
    }
}

fn boxed(vector: &[i8]) -> Box<[i8]> {
    vector.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(prompt: String) -> Question {
        Question { synapse: "S".into(), prompt, scope: "[]".into() }
    }

    #[test]
    fn as_many_prompts_are_kept_as_there_is_room_for_and_huge_ones_never() {
        let texts = Texts::new(Embedder::Table, 8);
        let read = |prompt: String| {
            let question = question(prompt);
            let key = question.digest();
            let first = texts.read_now(&question, key);
            Arc::ptr_eq(&first, &texts.read_now(&question, key))
        };
        assert!(read("a".repeat(MAX_PROMPT_BYTES)));
        assert!(!read("a".repeat(MAX_PROMPT_BYTES + 1)));
        for number in 0..100 {
            assert!(read(format!("Buy {number} tickets")));
        }
        assert_eq!(texts.last.len(), 8);
    }
}
