//! A model's solver as configured.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Secret;
use crate::domain::Template;
use crate::solver::openai::{ApiKey, Form, OpenAiSolver, Prices, Purse, ResponseFormat, Setup, Shape, endpoint};

const MAX_EXAMPLES: usize = 8;
/// Keys and schemas are small; a file that is larger is another one.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// `[solver.<name>]` of the kind `openai`: a model behind an OpenAI-compatible chat API.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAiConfig {
    /// The API's base URL, as in `http://127.0.0.1:8000/v1`, with or without `/chat/completions`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// A file that holds the API key and nothing else.
    #[schema(value_type = Option<String>)]
    pub key_file: Option<PathBuf>,
    /// The environment variable that holds the API key, in place of a file.
    pub key_env: Option<String>,
    /// The system message; `{field}`, `{/pointer/into/fields}` and `{prompt}` are filled in.
    pub system: Option<String>,
    /// The user's message, filled in likewise.
    #[serde(default = "user")]
    pub user: String,
    /// The field that may hold a chat, which is then sent instead of `user`: a list of `{role, content}`, or a list of texts.
    pub chat: Option<String>,
    /// The field that holds the roles of those texts.
    pub roles: Option<String>,
    /// Remembered answers to prompts like the task's that are shown to the model, 0 to 8.
    #[serde(default)]
    pub examples: usize,
    /// The answer field for plain text, where the synapse streams no other.
    #[serde(default = "answer")]
    pub answer: String,
    /// A JSON Schema of the answer's fields, or the name of a JSON file that holds it. Absent: the answer is plain text.
    #[schema(value_type = Option<Object>)]
    pub schema: Option<toml::Value>,
    /// How the service is asked for JSON. Absent: `json_schema`.
    #[schema(value_type = Option<String>)]
    pub response_format: Option<ResponseFormat>,
    /// Whether the service must refuse schemas that it cannot enforce. Absent: it must.
    pub strict: Option<bool>,
    /// How freely the model writes, 0 to 2. Absent: as the service likes.
    pub temperature: Option<f64>,
    /// Tokens that an answer may have, 1 to 1,000,000. Absent: as the service likes.
    pub max_tokens: Option<u32>,
    /// What a million tokens cost that are read, US dollars, 0 to 10,000.
    pub input_usd_per_mtok: Option<f64>,
    /// What a million tokens cost that are written, US dollars, 0 to 10,000.
    pub output_usd_per_mtok: Option<f64>,
    /// US dollars that may be spent in an hour, above 0. Needs both prices and `max_tokens`.
    pub budget_usd_per_hour: Option<f64>,
}

impl std::fmt::Debug for OpenAiConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::config::debug(self, f)
    }
}

fn user() -> String {
    "{prompt}".to_owned()
}

fn answer() -> String {
    "completion".to_owned()
}

impl OpenAiConfig {
    /// Makes the solver, or says what is wrong.
    pub(super) fn build(self, purse: Arc<Purse>) -> Result<OpenAiSolver, String> {
        let url = endpoint(&self.url)?;
        if self.model.trim().is_empty() {
            return Err("model is empty; name one that the service has".to_owned());
        }
        if self.examples > MAX_EXAMPLES {
            return Err(format!("examples is {}; it must be 0 to {MAX_EXAMPLES}", self.examples));
        }
        if self.roles.is_some() && self.chat.is_none() {
            return Err("roles names the roles of a chat; name the field with its texts in chat".to_owned());
        }
        within("temperature", self.temperature, 0.0..=2.0)?;
        within("max_tokens", self.max_tokens.map(f64::from), 1.0..=1e6)?;
        let (prices, budget_usd_per_hour) = (self.prices()?, self.budget()?);
        let key = read_key(self.key_file.as_deref(), self.key_env.as_deref())?;
        let shape = self.shape()?;
        let form = Form {
            model: self.model,
            system: self.system.as_deref().map(Template::parse),
            user: Template::parse(&self.user),
            chat: self.chat,
            roles: self.roles,
            examples: self.examples,
            answer: self.answer,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            shape,
        };
        let setup = Setup { url, key, form, prices, budget_usd_per_hour };
        OpenAiSolver::new(setup, purse).map_err(|error| format!("no HTTP client: {error}"))
    }

    fn prices(&self) -> Result<Option<Prices>, String> {
        within("input_usd_per_mtok", self.input_usd_per_mtok, 0.0..=1e4)?;
        within("output_usd_per_mtok", self.output_usd_per_mtok, 0.0..=1e4)?;
        match (self.input_usd_per_mtok, self.output_usd_per_mtok) {
            (Some(input), Some(output)) => Ok(Some(Prices { input, output })),
            (None, None) => Ok(None),
            _ => Err("input_usd_per_mtok and output_usd_per_mtok give a cost together only; set both".to_owned()),
        }
    }

    fn budget(&self) -> Result<Option<f64>, String> {
        let Some(usd) = self.budget_usd_per_hour else { return Ok(None) };
        let Some(prices) = self.prices()? else {
            return Err("budget_usd_per_hour needs prices; set input_usd_per_mtok and output_usd_per_mtok".to_owned());
        };
        let Some(max_tokens) = self.max_tokens else {
            return Err("budget_usd_per_hour needs max_tokens, so that a call's cost has a bound".to_owned());
        };
        if !(usd > 0.0 && usd <= 1e6) {
            return Err(format!("budget_usd_per_hour is {usd}; it must be above 0, up to 1000000"));
        }
        let call = prices.cost_usd(0, max_tokens.into());
        if call > usd {
            return Err(format!(
                "budget_usd_per_hour is {usd}, but one answer of max_tokens may cost {call}; raise it or lower max_tokens"
            ));
        }
        Ok(Some(usd))
    }

    fn shape(&self) -> Result<Option<Shape>, String> {
        let Some(schema) = &self.schema else {
            return match (self.response_format, self.strict) {
                (None, None) => Ok(None),
                _ => Err("response_format and strict say how a schema is asked for; set schema".to_owned()),
            };
        };
        let schema = match schema {
            toml::Value::String(file) => {
                let text = read(Path::new(file)).map_err(|error| format!("schema: cannot read {file}: {error}"))?;
                serde_json::from_str(&text).map_err(|error| format!("schema: {file} is no JSON: {error}"))?
            }
            toml::Value::Table(_) => serde_json::to_value(schema).map_err(|error| format!("schema: {error}"))?,
            _ => return Err("schema must be a table or the name of a JSON file".to_owned()),
        };
        let (format, strict) = (self.response_format.unwrap_or_default(), self.strict.unwrap_or(true));
        Shape::new(schema, format, strict).map(Some).map_err(|error| format!("schema: {error}"))
    }
}

/// Never the key in an error.
fn read_key(file: Option<&Path>, variable: Option<&str>) -> Result<Option<ApiKey>, String> {
    let Some(secret) = Secret::read(file, variable)? else { return Ok(None) };
    let key = ApiKey::new(secret.reveal());
    let place = || match (file, variable) {
        (Some(file), _) => format!("key_file: {}", file.display()),
        (None, variable) => format!("key_env: {}", variable.unwrap_or_default()),
    };
    key.map(Some).ok_or_else(|| format!("{} must hold the API key alone, on one line", place()))
}

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let read = std::fs::File::open(file)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)? as u64;
    (read <= MAX_FILE_BYTES).then_some(text).ok_or_else(|| std::io::ErrorKind::FileTooLarge.into())
}

fn within(name: &str, value: Option<f64>, range: RangeInclusive<f64>) -> Result<(), String> {
    match value.filter(|value| !range.contains(value)) {
        Some(value) => Err(format!("{name} is {value}; it must be {} to {}", range.start(), range.end())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<OpenAiSolver, String> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let text = format!("model = \"m\"\n{text}");
        let text = if text.contains("url =") { text } else { format!("url = \"http://127.0.0.1:1/v1\"\n{text}") };
        toml::from_str::<OpenAiConfig>(&text).map_err(|error| error.to_string())?.build(Arc::default())
    }

    #[test]
    fn url_and_model_are_enough() {
        assert!(with("").is_ok());
    }

    #[test]
    fn a_fault_names_its_field_and_the_remedy() {
        for (text, words) in [
            ("url = \"127.0.0.1/v1\"", ["url is no URL", "http://127.0.0.1:8000/v1"]),
            ("examples = 9", ["examples is 9", "0 to 8"]),
            ("temperature = -1.0", ["temperature is -1", "0 to 2"]),
            ("max_tokens = 0", ["max_tokens is 0", "1 to 1000000"]),
            ("roles = \"roles\"", ["roles", "chat"]),
            ("input_usd_per_mtok = 1.0", ["output_usd_per_mtok", "set both"]),
            ("budget_usd_per_hour = 1.0", ["budget_usd_per_hour needs prices", "input_usd_per_mtok"]),
            (
                "input_usd_per_mtok = 1.0\noutput_usd_per_mtok = 1.0\nbudget_usd_per_hour = 1.0",
                ["budget_usd_per_hour", "max_tokens"],
            ),
            (
                "input_usd_per_mtok = 1.0\noutput_usd_per_mtok = 9.0\nbudget_usd_per_hour = 0.01\nmax_tokens = 2000",
                ["one answer of max_tokens may cost 0.018", "raise it"],
            ),
            ("strict = false", ["strict", "set schema"]),
            ("schema = 3", ["schema", "a table or the name"]),
            ("schema = \"/nonexistent.json\"", ["schema", "/nonexistent.json"]),
            ("schema = { type = \"objekt\" }", ["schema", "objekt"]),
            ("schema = { \"$ref\" = \"http://127.0.0.1:1/x\" }", ["schema", "http://127.0.0.1:1/x"]),
            ("key_file = \"/nonexistent\"", ["key_file", "/nonexistent"]),
            ("tempersture = 1", ["unknown field", "tempersture"]),
        ] {
            let error = with(text).err().expect(text);
            assert!(words.iter().all(|word| error.contains(word)), "{text}: {error}");
        }
    }

    #[test]
    fn keys_and_schemas_are_read_from_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, schema) = (folder.path().join("key"), folder.path().join("schema.json"));
        std::fs::write(&key, "sk-1\n").expect("written");
        std::fs::write(&schema, "{\"type\": \"object\"}").expect("written");
        let text = format!("key_file = {key:?}\nschema = {schema:?}");
        assert!(with(&text).is_ok());
        std::fs::write(&key, "the key is sk-1").expect("written");
        let error = with(&text).err().expect("no key");
        assert!(error.contains("alone") && !error.contains("sk-1"), "{error}");
    }
}
