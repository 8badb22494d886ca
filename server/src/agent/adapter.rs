//! Adapters: what a synapse's fields mean, as data. No subnet is named in code.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::reading::{PromptSource, Read, ScopeField};
use crate::axon::PyType;
use crate::domain::{Answer, Comparison, Digest128, Question, Schema, Task, field, text_of};
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
    /// What it says of answers that we gave; absent when it is no feedback.
    pub feedback: Option<Feedback>,
    /// Fields set in every answer.
    pub reply: Map<String, Value>,
    /// Fields whose values a dendrite signs, in order, with their types and defaults.
    pub hash_fields: Vec<HashField>,
    /// Largest body, bytes.
    pub max_body_bytes: usize,
}

/// The question in a synapse.
pub struct Asks {
    /// Where the prompt stands.
    pub prompt: PromptSource,
    /// What the answer depends on beside the prompt.
    pub scope: Vec<ScopeField>,
    /// The fields that an answer must set, none of them empty.
    pub answer: Vec<String>,
    /// What an answer must be like; absent when any will do.
    pub schema: Option<Arc<Schema>>,
    /// How two answers are compared.
    pub compare: Comparison,
    /// Sent rather than nothing when no solver answers in time.
    pub fallback: Option<Arc<Answer>>,
    /// The chance of being right from which a remembered answer is sent rather than nothing, 0 to 1.
    pub fallback_chance: f64,
    /// The fields that tell which task feedback is about, beside the prompt; absent when nobody gives feedback.
    pub join: Option<Vec<String>>,
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

/// How a synapse says whether an answer that we gave was right.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// The synapse that it is about.
    pub of: String,
    /// The field with that one's prompt.
    pub prompt: String,
    /// The fields that equal those of [`Asks::join`], in their order.
    pub join: Vec<String>,
    /// The field with the score.
    pub score: String,
    /// The answer was right from this score on.
    pub right_from: f64,
}

impl Feedback {
    /// Which delivery it is about, and whether that was right; nothing when it holds no score or no prompt.
    pub fn read(&self, sender: &[u8], fields: &Map<String, Value>) -> Option<(Digest128, bool)> {
        let score = field(fields, &self.score)?;
        let score = score.as_f64().or_else(|| score.as_str()?.parse().ok()).filter(|score| score.is_finite())?;
        let prompt = text_of(field(fields, &self.prompt)?);
        Some((delivery_key(sender, &self.of, &prompt, &self.join, fields), score >= self.right_from))
    }
}

/// What feedback is joined by: who was answered, and what he asked.
fn delivery_key(sender: &[u8], synapse: &str, prompt: &str, join: &[String], fields: &Map<String, Value>) -> Digest128 {
    let values: Vec<_> = join.iter().map(|name| field(fields, name)).collect();
    let values = serde_json::to_string(&values).expect("JSON values always serialise");
    Digest128::of([&*hex::encode(sender), synapse, &values, prompt.trim()])
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
    /// From one field to another, and everything else as it comes.
    pub fn plain(prompt: &str, answer: &str, solver: Arc<dyn Solver>) -> Self {
        Self {
            prompt: PromptSource::Field(prompt.to_owned()),
            scope: Vec::new(),
            answer: vec![answer.to_owned()],
            schema: None,
            compare: Comparison::Json,
            fallback: None,
            fallback_chance: 0.5,
            join: None,
            cache: true,
            stream: false,
            timeout: Duration::from_secs(20),
            solver,
            solver_name: "plain".into(),
        }
    }

    /// Reads the question, or says which field is missing.
    pub fn question(&self, synapse: &Arc<str>, body: &Map<String, Value>) -> Result<Question, String> {
        let Read { prompt, around } = self.prompt.read(body)?;
        let mut scope: Vec<_> = self.scope.iter().map(|field| field.value(body)).collect();
        scope.extend(around);
        let scope = serde_json::to_string(&scope).expect("JSON values always serialise");
        Ok(Question { synapse: Arc::clone(synapse), prompt, scope })
    }

    /// What feedback on an answer to this request is joined by; nothing when nobody gives any.
    pub fn delivery(&self, sender: &[u8], question: &Question, body: &Map<String, Value>) -> Option<Digest128> {
        let join = self.join.as_ref()?;
        Some(delivery_key(sender, &question.synapse, &question.prompt, join, body))
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

    /// Whether `fields` is an answer: every answer field is there and holds something, as the schema says.
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
            _ => match &self.schema {
                Some(schema) => schema.check(&Value::Object(fields.clone())),
                None => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use serde_json::json;

    use super::*;
    use crate::agent::reading::Part;
    use crate::ports::{SolveCall, SolveError, Solved};

    struct NoSolver;

    impl Solver for NoSolver {
        fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
            Box::pin(std::future::ready(Err(SolveError::NoRule)))
        }
    }

    fn asks(prompt: &str) -> Asks {
        let scope = vec![ScopeField { field: "url".into(), part: Part::Whole }];
        Asks { scope, ..Asks::plain(prompt, "actions", Arc::new(NoSolver)) }
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
    fn feedback_finds_the_answer_that_its_sender_got() {
        let feedback = Feedback {
            of: "T".into(),
            prompt: "prompt".into(),
            join: vec!["task_url".into()],
            score: "score".into(),
            right_from: 1.0,
        };
        let asks = Asks { join: Some(vec!["url".into()]), ..asks("prompt") };
        let asked = object(json!({"prompt": "p", "url": "u"}));
        let question = asks.question(&Arc::from("T"), &asked).expect("a question");
        let key = asks.delivery(b"validator", &question, &asked).expect("there is feedback");
        let read = |sender: &[u8], said: Value| feedback.read(sender, &object(said));
        assert_eq!(read(b"validator", json!({"prompt": "p ", "task_url": "u", "score": 1.0})), Some((key, true)));
        assert_eq!(read(b"validator", json!({"prompt": "p", "task_url": "u", "score": "0.4"})), Some((key, false)));
        for (sender, said) in [
            (&b"another"[..], json!({"prompt": "p", "task_url": "u", "score": 1.0})),
            (b"validator", json!({"prompt": "q", "task_url": "u", "score": 1.0})),
            (b"validator", json!({"prompt": "p", "task_url": "v", "score": 1.0})),
        ] {
            assert_ne!(read(sender, said).expect("a score").0, key);
        }
        assert_eq!(read(b"validator", json!({"prompt": "p", "task_url": "u", "score": null})), None);
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
