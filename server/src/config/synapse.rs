//! Synapses as configured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::Comparison;

/// `[[synapse]]`: one class that validators send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SynapseConfig {
    /// The class name, case-sensitive.
    pub name: String,
    /// The path under which signed HTTP requests (SDK 11) ask for it. Absent: its name, as for a dendrite.
    pub route: Option<String>,
    /// The question: a field, a JSON pointer (`/task/text`), or a text with several (`{prompt} at {url}`). A field may hold a
    /// text, a list of texts, or a chat. Absent: the answer is `reply` alone.
    pub prompt: Option<String>,
    /// The field with the roles of a chat whose texts stand in `prompt`.
    pub roles: Option<String>,
    /// What the answer depends on beside the prompt: fields, or parts of URLs. Requests that differ in one never share an
    /// answer.
    #[serde(default)]
    pub scope: Vec<ScopeConfig>,
    /// Fields that an answer must set, none of them empty.
    #[serde(default)]
    pub answer: Vec<String>,
    /// What an answer must be like: a JSON Schema of the object with its fields, a file that holds one, or
    /// `builtin:web-actions`.
    #[schema(value_type = Option<String>)]
    pub schema: Option<SchemaConfig>,
    /// How two answers are compared: `json`, `plan`, or `{ text = 0.8 }`, the share of words that must be the same.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub compare: Comparison,
    /// The answer's fields when no solver answers in time. Absent: there is no answer then.
    #[schema(value_type = Option<Object>)]
    pub fallback: Option<toml::Table>,
    /// A remembered answer that is right with this chance at least comes before the fallback, 0 to 1; with 2 none does.
    #[serde(default = "fallback_chance")]
    pub fallback_chance: f64,
    /// What this synapse says of answers to another.
    pub feedback: Option<FeedbackConfig>,
    /// Who answers: a name from `[solver.<name>]`.
    pub solver: Option<String>,
    /// Whether answers may be given again.
    #[serde(default = "yes")]
    pub cache: bool,
    /// Whether the first answer field is streamed as raw text (the SDK's `StreamingSynapse`).
    #[serde(default)]
    pub stream: bool,
    /// The longest that its solver may take, seconds, 0.1 to 600.
    #[serde(default = "task_timeout_s")]
    pub timeout_s: f64,
    /// Largest body, bytes; `axon.max_body_bytes` bounds it too.
    #[serde(default = "max_body_bytes")]
    pub max_body_bytes: usize,
    /// Fields set in every answer.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub reply: toml::Table,
    /// The class's `required_hash_fields`, in order.
    #[serde(default)]
    pub hash_fields: Vec<String>,
    /// Their declared types where it matters: `float`, `int`, `list[float]`, `dict[str, float]`, …
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Their defaults, for requests that leave them out.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub defaults: toml::Table,
}

/// A JSON Schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SchemaConfig {
    /// In a file, or inside the binary.
    Name(String),
    /// As it is.
    Table(toml::Table),
}

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ScopeConfig {
    /// A field, by name or JSON pointer.
    Field(String),
    /// A part of a URL: `{ host = "url" }`.
    Host {
        /// The field with the URL.
        host: String,
    },
    /// A part of a URL: `{ query = "seed", of = "url" }`.
    Query {
        /// The parameter.
        query: String,
        /// The field with the URL.
        of: String,
    },
}

/// `[synapse.feedback]`: how a synapse says whether an answer was right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackConfig {
    /// The synapse that it is about.
    pub of: String,
    /// The field with that one's prompt.
    pub prompt: String,
    /// Fields of that one, and those here that hold the same.
    #[serde(default)]
    pub join: BTreeMap<String, String>,
    /// The field with the score.
    pub score: String,
    /// The answer was right from this score on.
    pub right_from: f64,
}

fn fallback_chance() -> f64 {
    0.5
}

fn yes() -> bool {
    true
}

pub(super) fn max_body_bytes() -> usize {
    1024 * 1024
}

fn task_timeout_s() -> f64 {
    20.0
}
