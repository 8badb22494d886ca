//! A question and its answer.

use std::sync::Arc;

use serde_json::{Map, Value};

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

impl Question {
    /// What makes two questions the same. Only white space around the prompt is set aside: everything inside it may be a
    /// value that the answer depends on.
    pub fn key(&self) -> String {
        // The unit separator cannot stand in JSON text unescaped, so no two triples give one key.
        format!("{}\u{1f}{}\u{1f}{}", self.synapse, self.scope, self.prompt.trim())
    }
}

/// The fields that answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Name and value of each field to set in the synapse.
    pub fields: Map<String, Value>,
    /// What it took to solve, milliseconds.
    pub solve_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(prompt: &str, scope: &str) -> Question {
        Question { synapse: "TaskSynapse".into(), prompt: prompt.into(), scope: scope.into() }
    }

    #[test]
    fn only_white_space_around_a_prompt_is_set_aside() {
        let key = question("Buy 'Dune'", "").key();
        assert_eq!(question(" Buy 'Dune'\n", "").key(), key);
        for other in ["Buy 'dune'", "Buy  'Dune'", "Buy 'Dune'.", "Buy 'Emma'"] {
            assert_ne!(question(other, "").key(), key, "{other}");
        }
    }

    #[test]
    fn the_same_prompt_in_another_scope_is_another_question() {
        assert_ne!(question("p", r#"["http://a/?seed=1"]"#).key(), question("p", r#"["http://a/?seed=2"]"#).key());
    }
}
