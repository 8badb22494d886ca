//! The solvers without the chain: for scripts, tests and sandboxes. What is asked here is answered from the same memory, and
//! counted, like what validators ask.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use lode_shared::{ApiError, Source};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Api;
use super::error::Error;
use crate::agent::{Agent, AnswerError, Answered, Ask, Asks, PromptSource, Stages, Streamed, Told};
use crate::figures::Figures;
use crate::recorder::{Outcome, Record};
use crate::service::DirectSynapse;

/// Longer than any adapter's own timeout, which is the tighter bound.
const NO_DEADLINE: Duration = Duration::from_secs(3_600);

/// The agent, and the synapse whose adapter reads what is asked directly.
pub struct Direct {
    /// The synapse's name.
    pub synapse: Arc<str>,
    /// Its question.
    pub asks: Arc<Asks>,
    agent: Arc<Agent>,
}

/// One direct request: counted however it ends, also when its client hangs up first.
pub struct Asked {
    figures: Arc<Figures>,
    synapse: Arc<str>,
    cacheable: bool,
    /// Its number.
    pub id: u64,
    started: Instant,
    stages: Stages,
    is_counted: bool,
}

impl Direct {
    /// As things are configured now.
    fn of(api: &Api, synapse: Option<&DirectSynapse>) -> Option<Self> {
        let DirectSynapse { name, asks } = synapse?.clone();
        Some(Self { synapse: name, asks, agent: Arc::clone(&api.agent) })
    }

    /// Begins a request.
    pub fn begin(&self, api: &Api) -> Asked {
        Asked {
            figures: Arc::clone(&api.figures),
            synapse: Arc::clone(&self.synapse),
            cacheable: self.asks.cache,
            id: api.figures.recorder.next_id(),
            started: Instant::now(),
            stages: Stages::default(),
            is_counted: false,
        }
    }

    /// The answer to what `fields` ask, whole.
    pub async fn answer(&self, mut asked: Asked, fields: &Map<String, Value>) -> Result<Answered, Error> {
        let Told { result, stages } = self.agent.answer(self.ask(&asked, fields)?).await;
        asked.stages = stages;
        let answered = result.map_err(|error| asked.refuse(&error))?;
        asked.end_answered(answered.source, Some(Arc::clone(&answered.answer.solver)));
        Ok(answered)
    }

    /// The same as soon as there is something to read. Whoever reads it counts the request when that has ended.
    pub async fn stream(&self, asked: &mut Asked, fields: &Map<String, Value>) -> Result<Streamed, Error> {
        let Told { result, stages } = self.agent.stream(self.ask(asked, fields)?).await;
        asked.stages = stages;
        result.map_err(|error| asked.refuse(&error))
    }

    fn ask<'a>(&'a self, asked: &Asked, fields: &'a Map<String, Value>) -> Result<Ask<'a>, Error> {
        let Self { synapse, asks, .. } = self;
        let question = asks.question(synapse, fields);
        let question =
            question.map_err(|fault| Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{synapse}: {fault}.")))?;
        let (settings, deadline) = (asked.figures.settings(), asked.started + NO_DEADLINE);
        let request_id = asked.id;
        Ok(Ask { request_id, hotkey: None, asks, question, body: fields, settings, stake_rao: 0, deadline })
    }
}

impl Asked {
    /// Counts it as answered.
    pub fn end_answered(&mut self, source: Source, solver: Option<Arc<str>>) {
        self.end(Outcome::Answered { source, cacheable: self.cacheable }, solver);
    }

    /// Counts it as failed.
    pub fn end_failed(&mut self, reason: &'static str) {
        self.end(Outcome::Failed { reason, cacheable: self.cacheable }, None);
    }

    fn refuse(&mut self, error: &AnswerError) -> Error {
        self.end_failed(error.label());
        refusal(error)
    }

    fn end(&mut self, outcome: Outcome, solver: Option<Arc<str>>) {
        self.is_counted = true;
        let (at_ms, took) = (self.figures.now_ms(), self.started.elapsed());
        let (synapse, stages) = (Some(Arc::clone(&self.synapse)), self.stages);
        let record = Record { synapse, solver, stages, ..Record::new(self.id, at_ms, outcome, took) };
        self.figures.recorder.record(&record);
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.is_counted {
            self.end_failed(if std::thread::panicking() { "panicked" } else { "disconnected" });
        }
    }
}

fn refusal(error: &AnswerError) -> Error {
    let status = match error {
        AnswerError::Timeout => StatusCode::GATEWAY_TIMEOUT,
        AnswerError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        AnswerError::Solver | AnswerError::Invalid | AnswerError::Abandoned => StatusCode::BAD_GATEWAY,
    };
    Error::new(status, error.to_string())
}

/// `{id, prompt, url, …}` to `{id, actions, source}`, without the chain. Other fields go to the adapter as they are. From
/// afar it needs the admin token.
#[utoipa::path(
    post,
    path = "/solve_task",
    tag = "asks",
    request_body = Object,
    responses(
        (status = 200, description = "The answer's fields, `id`, and `source`.", body = Object),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 502, description = "No solver gave an answer.", body = ApiError),
        (status = 503, description = "Too much to do.", body = ApiError),
        (status = 504, description = "No answer in time.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn solve_task(
    State(api): State<Arc<Api>>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Map<String, Value>>, Error> {
    let mut task = body_of(body)?;
    let id = task.remove("id").unwrap_or_default();
    let direct = tasks(&api)?;
    let asked = direct.begin(&api);
    let request_id = asked.id;
    let answered = direct.answer(asked, &named(&direct, task)).await?;
    let mut response = answered.answer.fields();
    response.insert("id".to_owned(), id);
    response.insert("source".to_owned(), answered.source.label().into());
    response.insert("request_id".to_owned(), request_id.into());
    Ok(Json(response))
}

/// The body, or what is wrong with it.
pub fn body_of(body: Result<Json<Map<String, Value>>, JsonRejection>) -> Result<Map<String, Value>, Error> {
    let Json(fields) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    Ok(fields)
}

/// Who reads tasks.
pub fn tasks(api: &Api) -> Result<Direct, Error> {
    let direct = Direct::of(api, api.figures.service.borrow().tasks.as_ref());
    direct.ok_or_else(|| {
        Error::new(StatusCode::NOT_FOUND, "No synapse is named for direct tasks; set api.solve_synapse in lode.toml.")
    })
}

/// Who reads chats.
pub fn chat(api: &Api) -> Result<Direct, Error> {
    let direct = Direct::of(api, api.figures.service.borrow().chat.as_ref());
    direct.ok_or_else(|| {
        Error::new(StatusCode::NOT_FOUND, "No synapse is named for chats; set api.chat_synapse in lode.toml.")
    })
}

/// A task's prompt under the name that the adapter reads.
pub fn named(direct: &Direct, mut task: Map<String, Value>) -> Map<String, Value> {
    if let PromptSource::Field(name) = &direct.asks.prompt
        && !task.contains_key(name)
        && let Some(prompt) = task.remove("prompt")
    {
        task.insert(name.clone(), prompt);
    }
    task
}
