//! Answers by an HTTP service: the task's fields go out as one JSON object, the answer's fields come back as one; `send`
//! and `receive` say where the service calls them otherwise. Where the answer is streamed, the service may send its text
//! instead, as `text/…`, bit by bit.
//!
//! A try that failed is made again only where nothing can have come of it: nobody listened. When the configuration says that
//! asking twice does no harm, also where the service hung up before it began to answer, and after 502, 503 and 504.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;
use utoipa::ToSchema;

use super::client::{MAX_ANSWER_BYTES, client_for};
use super::mapping::{Receiving, Sending};
use super::retry;
use crate::config::Secret;
use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver, Write};

const MAX_RETRIES: u32 = 3;
/// Headers that follow from the body.
const OWN_HEADERS: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING];

/// `kind = "http"`
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where it listens.
    pub url: Url,
    /// What is sent: field to text with slots (`"{prompt}"`), JSON pointer into the task's fields (`"/site/url"`, which
    /// keeps its type), or any other value. Absent: the task's fields as they are.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub send: Option<toml::Table>,
    /// The answer's fields: name to JSON pointer into what the service answers. Empty: all that it answers.
    #[serde(default)]
    pub receive: BTreeMap<String, String>,
    /// Headers sent along.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderConfig>,
    /// How often a try that failed is made again, 0 to 3.
    #[serde(default)]
    pub retries: u32,
    /// Whether asking twice does no harm, so that 502, 503 and 504 are retried too.
    #[serde(default)]
    pub idempotent: bool,
}

impl std::fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::config::debug(self, f)
    }
}

/// The value of a header.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "a header is a text, or { key_file = \"…\" }, or { key_env = \"…\" }")]
pub enum HeaderConfig {
    /// As it stands here.
    Value(String),
    /// As it stands in a file, for what must not stand in a configuration.
    File(KeyFile),
    /// As it stands in an environment variable, likewise.
    Variable(KeyEnv),
}

impl std::fmt::Debug for HeaderConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(_) => f.write_str("[redacted]"),
            Self::File(file) => file.fmt(f),
            Self::Variable(variable) => variable.fmt(f),
        }
    }
}

/// A file that holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// The file; blanks around its text are not sent.
    #[schema(value_type = String)]
    pub key_file: PathBuf,
}

/// A variable that holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEnv {
    /// The variable; blanks around its text are not sent.
    pub key_env: String,
}

/// A service that solves tasks.
pub struct HttpSolver {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    send: Option<Sending>,
    receive: Receiving,
    retries: u32,
    idempotent: bool,
    /// Before the first retry, on average.
    pause: Duration,
    random: Mutex<StdRng>,
}

/// A try without an answer.
struct Fault {
    error: SolveError,
    may_retry: bool,
}

impl HttpConfig {
    /// Posts to `url`, with everything else as it is by default.
    pub fn new(url: Url) -> Self {
        Self { url, send: None, receive: BTreeMap::new(), headers: BTreeMap::new(), retries: 0, idempotent: false }
    }
}

impl HttpSolver {
    /// As configured; retries wait by `random`. Says what cannot be used.
    pub fn new(config: HttpConfig, random: StdRng) -> Result<Self, String> {
        let HttpConfig { url, send, receive, headers, retries, idempotent } = config;
        if retries > MAX_RETRIES {
            return Err(format!("retries is {retries}; it must be 0 to {MAX_RETRIES}"));
        }
        let headers = headers.into_iter().map(|(name, value)| header(&name, value)).collect::<Result<_, _>>()?;
        let (send, receive) = (send.map(Sending::new).transpose()?, Receiving::new(receive)?);
        let client = client_for(&url).map_err(|error| format!("no HTTP client: {error}"))?;
        let (pause, random) = (retry::PAUSE, Mutex::new(random));
        Ok(Self { client, url, headers, send, receive, retries, idempotent, pause, random })
    }

    async fn post(&self, task: &Task, deadline: Instant, write: Write<'_>) -> Result<Map<String, Value>, SolveError> {
        let body = self.body(task)?;
        let mut tried = 0;
        loop {
            let fault = match self.send(body.clone()).await {
                Ok(response) => return self.read(response, task, write).await,
                Err(fault) => fault,
            };
            let may_retry = fault.may_retry && tried < self.retries;
            let random = self.random.lock().random();
            let pause = retry::pause(self.pause, tried, random, Instant::now(), deadline);
            match pause.filter(|_| may_retry) {
                Some(pause) => sleep(pause).await,
                None => return Err(fault.error),
            }
            tried += 1;
        }
    }

    fn body(&self, task: &Task) -> Result<Bytes, SolveError> {
        let json = match &self.send {
            None => serde_json::to_vec(&task.fields),
            Some(send) => serde_json::to_vec(&send.fill(task).map_err(|slot| {
                SolveError::BadAnswer(format!("`send` needs {{{slot}}}, which the request does not give"))
            })?),
        };
        Ok(json.expect("JSON values always serialise").into())
    }

    /// One try, until the answer's head is there.
    async fn send(&self, body: Bytes) -> Result<reqwest::Response, Fault> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let sent = request.headers(self.headers.clone()).send().await;
        let response = sent.map_err(|error| Fault {
            may_retry: retry::may_again(&error, self.idempotent),
            error: self.upstream(error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (message, retry_after) =
            (self.fault(&format!("answered {status}")), retry::retry_after(response.headers()));
        let may_retry = self.idempotent && retry::may_pass(status);
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS => {
                Fault { error: SolveError::Limited { message, retry_after }, may_retry: false }
            }
            StatusCode::SERVICE_UNAVAILABLE if response.headers().contains_key(RETRY_AFTER) => {
                Fault { error: SolveError::Limited { message, retry_after }, may_retry: false }
            }
            // It is well, but can do nothing with this one.
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                Fault { error: SolveError::BadAnswer(message), may_retry }
            }
            _ => Fault { error: SolveError::Upstream(message), may_retry },
        })
    }

    /// Reads the answer; passes its text on as it comes where the task is streamed and it is text.
    async fn read(
        &self,
        mut response: reqwest::Response,
        task: &Task,
        write: Write<'_>,
    ) -> Result<Map<String, Value>, SolveError> {
        let bad = |what: &str| SolveError::BadAnswer(self.fault(what));
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let streams = task.streams.as_ref().filter(|_| content_type.is_some_and(is_text));
        let mut body = Vec::new();
        let mut passed_on = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.upstream(error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(bad("answered too much"));
            }
            body.extend_from_slice(&chunk);
            if streams.is_some() {
                let text = whole_characters(&body[passed_on..]).ok_or_else(|| bad("sent no UTF-8"))?;
                write(text);
                passed_on += text.len();
            }
        }
        if let Some(field) = streams {
            let text = String::from_utf8(body).map_err(|_| bad("sent no UTF-8"))?;
            return Ok(Map::from_iter([(field.clone(), text.into())]));
        }
        let said = serde_json::from_slice(&body).map_err(|_| bad("answered no JSON"))?;
        self.receive.fields(said).map_err(|what| bad(&what))
    }

    fn upstream(&self, error: reqwest::Error) -> SolveError {
        // Never the URL in an error: it may hold credentials.
        let error = anyhow::Error::from(error.without_url());
        SolveError::Upstream(self.fault(&format!("failed: {error:#}")))
    }

    fn fault(&self, what: &str) -> String {
        format!("the solver at {} {what}", self.url.origin().ascii_serialization())
    }
}

fn header(name: &str, value: HeaderConfig) -> Result<(HeaderName, HeaderValue), String> {
    let known: HeaderName = name.parse().map_err(|_| format!("headers.{name}: that is no name of a header"))?;
    if OWN_HEADERS.contains(&known) {
        return Err(format!("headers.{name}: it follows from the body; leave it out"));
    }
    let secret = match &value {
        HeaderConfig::Value(_) => Ok(None),
        HeaderConfig::File(KeyFile { key_file }) => Secret::read(Some(key_file), None),
        HeaderConfig::Variable(KeyEnv { key_env }) => Secret::read(None, Some(key_env)),
    };
    let secret = secret.map_err(|error| format!("headers.{name}.{error}"))?;
    let text = match (&value, &secret) {
        (HeaderConfig::Value(text), _) => text,
        (_, secret) => secret.as_ref().map_or("", Secret::reveal),
    };
    // Never the value in an error: it may be a key.
    let mut value = HeaderValue::from_str(text.trim())
        .map_err(|_| format!("headers.{name}: its value holds what no header may, such as a line break"))?;
    value.set_sensitive(true);
    Ok((known, value))
}

fn is_text(content_type: &str) -> bool {
    content_type.split_once('/').is_some_and(|(kind, _)| kind.trim().eq_ignore_ascii_case("text"))
}

/// What can be shown of text that is still coming: a chunk may end inside a character. Nothing if it is no UTF-8.
fn whole_characters(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_some() => None,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
    }
}

impl Solver for HttpSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        let post = timeout_at(call.deadline, self.post(task, call.deadline, call.write));
        post.map(|answer| answer.unwrap_or(Err(SolveError::Late)).map(Solved::from)).boxed()
    }
}

#[cfg(test)]
mod tests;
