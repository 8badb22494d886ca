//! Adapters: what a synapse's fields mean, as data. No subnet is named in code.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::axon::PyType;
use crate::domain::{Question, Task};
use crate::ports::Solver;

/// Keys of every synapse that carry the protocol, not the question.
pub(super) const PROTOCOL_KEYS: [&str; 7] =
    ["name", "timeout", "total_size", "header_size", "dendrite", "axon", "computed_body_hash"];

/// One synapse: how to read a question from it, who answers, and what an answer must hold.
pub struct Adapter {
    /// The synapse's class name, and so the path of its requests.
    pub name: Arc<str>,
    /// The question in it; without one it is a handshake or a ping, answered with `reply` alone.
    pub asks: Option<Arc<Asks>>,
    /// Fields set in every answer.
    pub reply: Map<String, Value>,
    /// Fields whose values a dendrite signs, in order, with their types and defaults.
    pub hash_fields: Vec<HashField>,
    /// Largest body, bytes.
    pub max_body_bytes: usize,
}

/// The question in a synapse.
pub struct Asks {
    /// The field that holds the prompt: a text, or a list of texts.
    pub prompt: String,
    /// The fields that the answer depends on beside the prompt.
    pub scope: Vec<String>,
    /// The fields that an answer must set, none of them empty.
    pub answer: Vec<String>,
    /// Whether an answer may be given again.
    pub cache: bool,
    /// Whether the answer is streamed: the first answer field as raw text.
    pub stream: bool,
    /// The longest that its solver may take.
    pub timeout: Duration,
    /// Who answers.
    pub solver: Arc<dyn Solver>,
    /// Its name.
    pub solver_name: Arc<str>,
}

/// A field that goes into the body hash.
pub struct HashField {
    /// Its name.
    pub name: String,
    /// Its declared type.
    pub kind: PyType,
    /// Its value when the request leaves it out.
    pub default: Value,
}

impl Adapter {
    /// The hash that a dendrite signs over this body.
    pub fn body_hash(&self, body: &Map<String, Value>) -> String {
        let fields = self.hash_fields.iter();
        crate::axon::body_hash(fields.map(|field| (body.get(&field.name).unwrap_or(&field.default), &field.kind)))
    }
}

impl Asks {
    /// Reads the question, or says which field is missing.
    pub fn question(&self, synapse: &Arc<str>, body: &Map<String, Value>) -> Result<Question, String> {
        let value = body.get(&self.prompt).unwrap_or(&Value::Null);
        let mut scope: Vec<&Value> = self.scope.iter().map(|field| body.get(field).unwrap_or(&Value::Null)).collect();
        let prompt = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                // Joined texts could come from different lists, so the list itself is part of the scope.
                scope.push(value);
                let texts: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                texts.ok_or_else(|| format!("field `{}` holds more than texts", self.prompt))?.join("\n")
            }
            _ => return Err(format!("field `{}` holds no prompt", self.prompt)),
        };
        let scope = serde_json::to_string(&scope).expect("JSON values always serialise");
        Ok(Question { synapse: Arc::clone(synapse), prompt, scope })
    }

    /// What makes two solves the same. Answers that may not be given again are not shared in flight either, unless every
    /// own field is the same.
    pub fn flight_key(&self, task: &Task) -> String {
        if self.cache {
            return task.question.key();
        }
        let fields = serde_json::to_string(&task.fields).expect("JSON values always serialise");
        format!("{}\u{1f}{fields}", task.question.key())
    }

    /// The question with the synapse's own fields.
    pub fn task(&self, question: Question, body: &Map<String, Value>) -> Task {
        let own = body.iter().filter(|(name, _)| !PROTOCOL_KEYS.contains(&name.as_str()));
        let fields = own.map(|(name, value)| (name.clone(), value.clone())).collect();
        Task { question, fields, streams: self.stream.then(|| self.answer.first().cloned()).flatten() }
    }

    /// Whether `fields` is an answer: every answer field is there and holds something.
    pub fn check(&self, fields: &Map<String, Value>) -> Result<(), String> {
        let is_empty = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        if let Some(name) = self.answer.iter().find(|name| is_empty(name)) {
            return Err(format!("the solver's answer leaves `{name}` empty"));
        }
        match self.answer.first() {
            Some(name) if self.stream && !fields[name].is_string() => {
                Err(format!("the solver's answer is to be streamed, but `{name}` is no text"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use serde_json::json;

    use super::*;
    use crate::ports::{SolveCall, SolveError, Solved};

    struct NoSolver;

    impl Solver for NoSolver {
        fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
            Box::pin(std::future::ready(Err(SolveError::NoRule)))
        }
    }

    fn asks(prompt: &str) -> Asks {
        Asks {
            prompt: prompt.into(),
            scope: vec!["url".into()],
            answer: vec!["actions".into()],
            cache: true,
            stream: false,
            timeout: Duration::from_secs(20),
            solver: Arc::new(NoSolver),
            solver_name: "none".into(),
        }
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn the_scope_holds_every_scope_field_and_lists_of_prompts_do_not_collide() {
        let name = Arc::from("T");
        let key = |asks: &Asks, body| asks.question(&name, &object(body)).expect("a question").key();
        let text = asks("prompt");
        assert_ne!(
            key(&text, json!({"prompt": "p", "url": "http://a/?seed=1"})),
            key(&text, json!({"prompt": "p", "url": "http://a/?seed=2"}))
        );
        let list = asks("messages");
        assert_ne!(key(&list, json!({"messages": ["a\nb"]})), key(&list, json!({"messages": ["a", "b"]})));
    }

    #[test]
    fn a_missing_prompt_is_named() {
        let error = asks("prompt").question(&Arc::from("T"), &object(json!({"url": "u"}))).expect_err("no prompt");
        assert!(error.contains("`prompt`"), "{error}");
    }

    #[test]
    fn an_answer_with_an_empty_field_is_none() {
        for (fields, good) in [
            (json!({"actions": [{"type": "ClickAction"}]}), true),
            (json!({"actions": []}), false),
            (json!({"actions": null}), false),
            (json!({"actions": " "}), false),
            (json!({"other": 1}), false),
        ] {
            assert_eq!(asks("prompt").check(&object(fields.clone())).is_ok(), good, "{fields}");
        }
    }

    #[test]
    fn a_task_carries_own_fields_without_the_protocol() {
        let body = object(json!({"name": "T", "timeout": 12, "dendrite": {}, "prompt": "p", "seed": 3}));
        let question = asks("prompt").question(&Arc::from("T"), &body).expect("a question");
        let names: Vec<_> = asks("prompt").task(question, &body).fields.keys().cloned().collect();
        assert_eq!(names, ["prompt", "seed"]);
    }
}
