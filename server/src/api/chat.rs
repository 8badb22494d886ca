//! `POST /v1/chat/completions`: any OpenAI client can use the solvers, with memory, hedging and budget in between.
//!
//! The solver's own settings (model, temperature, …) answer: what a client sends of these says nothing. What would change the
//! kind of answer is refused.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use lode_shared::ApiError;
use serde_json::{Map, Value, json};

use super::Api;
use super::direct::{self, Asked, Direct, body_of};
use super::error::Error;
use crate::agent::{Answered, PromptSource, Reading, Streamed};

/// What we cannot do, and a client may take for done.
const REFUSED: [&str; 7] = ["tools", "tool_choice", "functions", "audio", "modalities", "logprobs", "response_format"];

/// What every part of a completion says.
struct Completion {
    id: String,
    created_s: u64,
    model: String,
}

/// A chat completion, whole or as server-sent events. From afar it needs the admin token.
#[utoipa::path(
    post,
    path = "/v1/chat/completions",
    tag = "asks",
    request_body = Object,
    responses(
        (status = 200, description = "As OpenAI's; with `stream` as server-sent events.", body = Object),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn complete(
    State(api): State<Arc<Api>>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, Refused> {
    let body = body_of(body)?;
    let direct = direct::chat(&api)?;
    let streams = body.get("stream").and_then(Value::as_bool).unwrap_or(false);
    let fields = fields_of(&direct, &body)?;
    let mut asked = direct.begin(&api);
    let completion = Completion {
        id: format!("chatcmpl-{}", asked.id),
        created_s: api.figures.now_ms() / 1_000,
        model: body.get("model").and_then(Value::as_str).unwrap_or(&direct.asks.solver_name).to_owned(),
    };
    if !streams || !direct.asks.stream {
        let text = text_of(&direct, &direct.answer(asked, &fields).await?)?;
        return Ok(match streams {
            false => Json(completion.whole(&text)).into_response(),
            true => events(stream::iter([completion.chunk(Some(&text)), completion.chunk(None)])).into_response(),
        });
    }
    Ok(match direct.stream(&mut asked, &fields).await? {
        Streamed::Whole(answered) => {
            asked.end_answered(answered.source, Some(Arc::clone(&answered.answer.solver)));
            let text = text_of(&direct, &answered)?;
            events(stream::iter([completion.chunk(Some(&text)), completion.chunk(None)])).into_response()
        }
        Streamed::Reading(reading) => events(written(reading, completion, asked)).into_response(),
    })
}

/// The request as the adapter reads it.
fn fields_of(direct: &Direct, body: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut body = body.clone();
    let fault = |what: String| Err(Error::new(StatusCode::BAD_REQUEST, what));
    if let Some(name) = REFUSED.iter().find(|name| body.get(**name).is_some_and(asks_for_something)) {
        return fault(format!("`{name}` is not supported here; leave it out."));
    }
    if body.get("n").is_some_and(|n| !n.is_null() && n.as_u64() != Some(1)) {
        return fault("`n` must be 1: there is one answer.".into());
    }
    let Some(Value::Array(messages)) = body.remove("messages") else {
        return fault("`messages` is missing, or no list.".into());
    };
    match &direct.asks.prompt {
        PromptSource::Field(name) => drop(body.insert(name.clone(), Value::Array(messages))),
        PromptSource::Chat { messages: texts, roles } => {
            let take =
                |key: &str| messages.iter().map(|message| message.get(key).cloned().unwrap_or_default()).collect();
            let (said, by): (Value, Value) = (take("content"), take("role"));
            body.insert(texts.clone(), said);
            body.insert(roles.clone(), by);
        }
        PromptSource::Template(_) => {
            return fault(format!("The synapse {} reads no chat; name another in api.chat_synapse.", direct.synapse));
        }
    }
    Ok(body)
}

/// Whether an option is more than the default in other words.
fn asks_for_something(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value["type"] != "text"
}

fn text_of(direct: &Direct, answered: &Answered) -> Result<String, Error> {
    let fields = answered.answer.fields();
    match direct.asks.answer.first().and_then(|name| fields.get(name)) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
        None => Err(Error::new(StatusCode::BAD_GATEWAY, "The answer holds no text.")),
    }
}

/// The text as it is written; an error is an event of its own, and the stream ends without `[DONE]`.
fn written(mut reading: Reading, completion: Completion, asked: Asked) -> impl Stream<Item = Value> {
    let first = completion.chunk(Some(&std::mem::take(&mut reading.text)));
    let rest = stream::unfold(Some((reading, completion, asked)), async |state| {
        let (mut reading, completion, mut asked) = state?;
        match reading.next().await {
            Some(Ok(text)) => Some((completion.chunk(Some(&text)), Some((reading, completion, asked)))),
            Some(Err(error)) => {
                asked.end_failed(error.label());
                Some((json!({"error": {"message": error.to_string()}}), None))
            }
            None => {
                asked.end_answered(reading.source, reading.written_by().map(|(solver, _)| solver));
                Some((completion.chunk(None), None))
            }
        }
    });
    stream::iter([first]).chain(rest)
}

/// Events of a stream; `[DONE]` after the part that says why it ended.
fn events(parts: impl Stream<Item = Value> + Send + 'static) -> impl IntoResponse {
    let events = parts.flat_map(|part| {
        let is_last = part["choices"][0]["finish_reason"].is_string();
        let event = Event::default().data(part.to_string());
        let done = is_last.then(|| Event::default().data("[DONE]"));
        stream::iter([Some(event), done].into_iter().flatten().map(Ok::<_, Infallible>))
    });
    Sse::new(events)
}

impl Completion {
    fn whole(&self, text: &str) -> Value {
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created_s, "model": self.model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        })
    }

    /// A part of the text; without one, the end.
    fn chunk(&self, text: Option<&str>) -> Value {
        let delta = text.map_or_else(|| json!({}), |text| json!({"role": "assistant", "content": text}));
        let finish_reason = if text.is_none() { "stop".into() } else { Value::Null };
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created_s, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
        })
    }
}

/// A refusal in the form that OpenAI's clients read.
pub struct Refused(Error);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, message) = self.0.into_parts();
        let body = json!({"error": {"message": message, "type": "lode", "code": status.as_u16()}});
        (status, Json(body)).into_response()
    }
}
