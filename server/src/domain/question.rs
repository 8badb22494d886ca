//! A question and its answer.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What a validator asks, taken from its synapse by an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The synapse's name.
    pub synapse: Arc<str>,
    /// The text to answer.
    pub prompt: String,
    /// Everything else that the answer depends on (site, seed, roles), as one text. Two questions with different scopes
    /// never share an answer, however alike their prompts are.
    pub scope: String,
}

/// A question with everything a solver may need to answer it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The question.
    pub question: Question,
    /// The synapse's own fields, prompt and scope fields among them.
    pub fields: Map<String, Value>,
    /// The answer field whose text validators read as it is written, if they do.
    pub streams: Option<String>,
}

/// Separates the parts of a key. It cannot stand in JSON text unescaped, so no two triples give one key.
const SEPARATOR: char = '\u{1f}';

impl Question {
    /// What makes two questions the same, as text.
    pub fn key(&self) -> String {
        format!("{}{SEPARATOR}{}{SEPARATOR}{}", self.synapse, self.scope, self.normal_prompt())
    }

    /// The prompt as it is compared: in Unicode's composed form (NFC), with Unix line ends, without white space around it.
    /// Everything else inside it may be a value that the answer depends on: case, spaces, indentation.
    pub fn normal_prompt(&self) -> Cow<'_, str> {
        let text = self.prompt.trim();
        if text.is_ascii() && !text.contains('\r') {
            return Cow::Borrowed(text);
        }
        let text = match is_nfc_quick(text.chars()) {
            IsNormalized::Yes => text.to_owned(),
            IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
        };
        Cow::Owned(text.replace("\r\n", "\n"))
    }

    /// The digest of [`Question::key`].
    pub fn digest(&self) -> Digest128 {
        Digest128::of([&*self.synapse, &self.scope, &self.normal_prompt()])
    }

    /// The digest of everything but the prompt.
    pub fn scope_digest(&self) -> Digest128 {
        Digest128::of([&*self.synapse, &self.scope])
    }
}

/// Half of a SHA-256: who could find two texts with the same one could do better than fool a cache.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest128([u8; 16]);

impl Digest128 {
    /// The digest of `parts`, of which only the last may hold the separator.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([SEPARATOR as u8]);
        }
        let whole: [u8; 32] = hash.finalize().into();
        let (half, _) = whole.split_first_chunk().expect("32 is more than 16");
        Self(*half)
    }

    /// From its bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// As a number.
    pub fn as_u64(&self) -> u64 {
        let (head, _) = self.0.split_first_chunk().expect("16 is more than 8");
        u64::from_le_bytes(*head)
    }
}

impl fmt::Display for Digest128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest128 {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// The fields that answer a question. Kept as text: a parsed object takes several times as much memory, and there may be
/// millions.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    json: Box<str>,
    /// What it took to solve, milliseconds.
    pub solve_ms: u64,
    /// What that cost, US dollars; absent where the solver does not tell.
    pub cost_usd: Option<f32>,
    /// Which solver gave it.
    pub solver: Arc<str>,
}

impl Answer {
    /// Of these fields.
    pub fn new(fields: &Map<String, Value>, solve_ms: u64, solver: Arc<str>) -> Self {
        let json = serde_json::to_string(fields).expect("JSON values always serialise");
        Self { json: json.into(), solve_ms, cost_usd: None, solver }
    }

    /// As it was kept; nothing when `json` is no object.
    pub fn from_json(json: String, solve_ms: u64, solver: Arc<str>) -> Option<Self> {
        serde_json::from_str::<serde::de::IgnoredAny>(&json).ok().filter(|_| json.starts_with('{'))?;
        Some(Self { json: json.into(), solve_ms, cost_usd: None, solver })
    }

    /// With what its solve cost, US dollars, where that is known.
    #[must_use]
    pub fn costing(self, cost_usd: Option<f32>) -> Self {
        Self { cost_usd, ..self }
    }

    /// Name and value of each field to set in the synapse.
    pub fn fields(&self) -> Map<String, Value> {
        serde_json::from_str(&self.json).expect("it was made from an object")
    }

    /// The same as text.
    pub fn json(&self) -> &str {
        &self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(prompt: &str, scope: &str) -> Question {
        Question { synapse: "TaskSynapse".into(), prompt: prompt.into(), scope: scope.into() }
    }

    #[test]
    fn only_what_cannot_be_a_value_is_set_aside() {
        let same = |a: &str, b: &str| {
            let (a, b) = (question(a, ""), question(b, ""));
            assert_eq!(a.key() == b.key(), a.digest() == b.digest());
            a.key() == b.key()
        };
        assert!(same("Buy 'Dune'", " Buy 'Dune'\n"));
        assert!(same("a\r\nb\u{e9}", "a\nbe\u{301}"), "line ends, and two ways to write é");
        for other in ["Buy 'dune'", "Buy  'Dune'", "Buy 'Dune'.", "Buy 'Emma'", "Buy\n'Dune'"] {
            assert!(!same("Buy 'Dune'", other), "{other}");
        }
    }

    #[test]
    fn the_same_prompt_in_another_scope_is_another_question() {
        let (a, b) = (question("p", r#"["http://a/?seed=1"]"#), question("p", r#"["http://a/?seed=2"]"#));
        assert_ne!(a.key(), b.key());
        assert_ne!(a.digest(), b.digest());
        assert_ne!(a.scope_digest(), b.scope_digest());
    }

    #[test]
    fn a_digest_survives_its_text() {
        let digest = question("p", "").digest();
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<Digest128>().is_err());
    }

    #[test]
    fn what_is_no_object_is_no_answer() {
        assert_eq!(Answer::from_json("[1]".into(), 1, "s".into()), None);
        assert_eq!(Answer::from_json(r#"{"a":"#.into(), 1, "s".into()), None);
    }
}
