//! The solvers without the chain: for scripts, tests and sandboxes. What is asked here is answered from the same memory, and
//! counted, like what validators ask.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Api;
use super::error::Error;
use crate::agent::{Agent, AnswerError, Answered, Ask, Asks, PromptSource, Stages, Streamed, Told};
use crate::recorder::{Outcome, Record};

/// Longer than any adapter's own timeout, which is the tighter bound.
const NO_DEADLINE: Duration = Duration::from_secs(3_600);

/// The agent, and the synapse whose adapter reads what is asked directly.
pub struct Direct {
    /// The synapse's name.
    pub synapse: Arc<str>,
    /// Its question.
    pub asks: Arc<Asks>,
    /// Answers.
    pub agent: Arc<Agent>,
}

/// One direct request: counted however it ends.
pub struct Asked<'a> {
    api: &'a Api,
    direct: &'a Direct,
    /// Its number.
    pub id: u64,
    started: Instant,
}

impl Direct {
    /// Begins a request.
    pub fn begin<'a>(&'a self, api: &'a Api) -> Asked<'a> {
        Asked { api, direct: self, id: api.figures.recorder.next_id(), started: Instant::now() }
    }
}

impl Asked<'_> {
    /// The answer to what `fields` ask, whole.
    pub async fn answer(self, fields: &Map<String, Value>) -> Result<(u64, Answered), Error> {
        let Told { result, stages } = self.direct.agent.answer(self.ask(fields)?).await;
        self.count(&result, stages);
        result.map(|answered| (self.id, answered)).map_err(refusal)
    }

    /// The same as soon as there is something to read. What is still being written is counted now: its writer has no more to
    /// do with us.
    pub async fn stream(self, fields: &Map<String, Value>) -> Result<Streamed, Error> {
        let Told { result, stages } = self.direct.agent.stream(self.ask(fields)?).await;
        match &result {
            Ok(Streamed::Whole(answered)) => self.count(&Ok(answered.clone()), stages),
            Ok(Streamed::Reading(reading)) => self.record(
                Outcome::Answered { source: reading.source, cacheable: self.direct.asks.cache },
                None,
                stages,
            ),
            Err(error) => self.count(&Err(error.clone()), stages),
        }
        result.map_err(refusal)
    }

    fn ask<'a>(&'a self, fields: &'a Map<String, Value>) -> Result<Ask<'a>, Error> {
        let Direct { synapse, asks, .. } = self.direct;
        let question = asks.question(synapse, fields);
        let question =
            question.map_err(|fault| Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{synapse}: {fault}.")))?;
        let (settings, deadline) = (self.api.figures.settings(), self.started + NO_DEADLINE);
        Ok(Ask { request_id: self.id, hotkey: None, asks, question, body: fields, settings, stake_rao: 0, deadline })
    }

    fn count(&self, result: &Result<Answered, AnswerError>, stages: Stages) {
        let cacheable = self.direct.asks.cache;
        match result {
            Ok(answered) => {
                let solver = Some(Arc::clone(&answered.answer.solver));
                self.record(Outcome::Answered { source: answered.source, cacheable }, solver, stages);
            }
            Err(error) => self.record(Outcome::Failed { reason: error.label(), cacheable }, None, stages),
        }
    }

    fn record(&self, outcome: Outcome, solver: Option<Arc<str>>, stages: Stages) {
        let at_ms = self.api.figures.now_ms();
        let synapse = Some(Arc::clone(&self.direct.synapse));
        let record = Record { synapse, solver, stages, ..Record::new(self.id, at_ms, outcome, self.started.elapsed()) };
        self.api.figures.recorder.record(&record);
    }
}

fn refusal(error: AnswerError) -> Error {
    let status = match error {
        AnswerError::Timeout => StatusCode::GATEWAY_TIMEOUT,
        AnswerError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        AnswerError::Solver | AnswerError::Invalid | AnswerError::Abandoned => StatusCode::BAD_GATEWAY,
    };
    Error::new(status, error.to_string())
}

/// `POST /solve_task`: `{id, prompt, url, …}` to `{id, actions, source}`. Other fields go to the adapter as they are.
pub async fn solve_task(
    State(api): State<Arc<Api>>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Map<String, Value>>, Error> {
    let mut task = body_of(body)?;
    let id = task.remove("id").unwrap_or_default();
    let direct = tasks(&api)?;
    let (request_id, answered) = direct.begin(&api).answer(&named(direct, task)).await?;
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
pub fn tasks(api: &Api) -> Result<&Direct, Error> {
    api.tasks.as_ref().ok_or_else(|| {
        Error::new(StatusCode::NOT_FOUND, "No synapse is named for direct tasks; set api.solve_synapse in lode.toml.")
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
