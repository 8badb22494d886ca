//! The solvers without the chain: for scripts, tests and sandboxes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::Api;
use super::error::Error;
use crate::agent::{Agent, AnswerError, Ask, Asks};

/// The agent, and the synapse whose adapter reads direct tasks.
pub struct DirectSolve {
    /// The synapse's name.
    pub synapse: Arc<str>,
    /// Its question.
    pub asks: Arc<Asks>,
    /// Answers.
    pub agent: Arc<Agent>,
}

/// A task, given directly.
#[derive(Deserialize)]
pub struct DirectTask {
    /// Given back with the answer.
    #[serde(default)]
    id: Value,
    /// What to do.
    prompt: String,
    /// Where.
    url: String,
}

/// `POST /solve_task`: `{id, prompt, url}` to `{id, actions, source}`.
pub async fn solve_task(
    State(api): State<Arc<Api>>,
    body: Result<Json<DirectTask>, JsonRejection>,
) -> Result<Json<Map<String, Value>>, Error> {
    let Json(task) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let direct = api.direct.as_ref().ok_or_else(|| {
        Error::new(StatusCode::NOT_FOUND, "No synapse is named for direct tasks; set api.solve_synapse in lode.toml.")
    })?;
    let fields =
        Map::from_iter([(direct.asks.prompt.clone(), task.prompt.into()), ("url".to_owned(), task.url.into())]);
    let question = direct
        .asks
        .question(&direct.synapse, &fields)
        .map_err(|fault| Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{}: {fault}.", direct.synapse)))?;
    let settings = api.figures.settings();
    // The adapter's own timeout is the tighter bound.
    let deadline = Instant::now() + Duration::from_secs(3_600);
    let ask = Ask { asks: &direct.asks, question, body: &fields, settings, stake_rao: 0, deadline };
    let answered = direct.agent.answer(ask).await;
    let answered = answered.map_err(|error| {
        let status = match error {
            AnswerError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            AnswerError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            AnswerError::Solver | AnswerError::Invalid | AnswerError::Abandoned => StatusCode::BAD_GATEWAY,
        };
        Error::new(status, error.to_string())
    })?;
    let mut response = answered.answer.fields();
    response.insert("id".to_owned(), task.id);
    response.insert("source".to_owned(), answered.source.label().into());
    Ok(Json(response))
}
