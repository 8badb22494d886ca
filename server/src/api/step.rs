//! `POST /step` and `POST /act`: the contract of web agents that are asked action by action.
//!
//! The plan is made at the first step and kept for its task: later steps name the page that the browser is on by then.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use lode_shared::ApiError;
use moka::sync::Cache;
use serde_json::{Map, Value};

use super::Api;
use super::direct::{body_of, named, tasks};
use super::error::Error;
use crate::domain::{Digest128, read_step, step_error, step_reply};

/// Plans under way.
const PLANS: u64 = 1_024;
/// A task is over by then.
const KEPT: Duration = Duration::from_secs(900);

/// Plans by task.
pub struct Plans(Cache<Digest128, Arc<Vec<Value>>>);

impl Default for Plans {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(PLANS).time_to_live(KEPT).build())
    }
}

/// One step of a task to its action, by the name that agents have for it.
#[utoipa::path(
    post,
    path = "/act",
    tag = "asks",
    request_body = Object,
    responses(
        (status = 200, description = "The action, in the contract of web agents.", body = Object),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn act(
    state: State<Arc<Api>>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    step(state, body).await
}

/// One step of a task to its action. From afar it needs the admin token.
#[utoipa::path(
    post,
    path = "/step",
    tag = "asks",
    request_body = Object,
    responses(
        (status = 200, description = "The action, in the contract of web agents.", body = Object),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn step(
    State(api): State<Arc<Api>>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let step = read_step(&Value::Object(body_of(body)?));
    let step = step.map_err(|fault| Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{fault}.")))?;
    let text = |name: &str| step.fields.get(name).and_then(Value::as_str);
    let key = text("task_id").map(|task_id| Digest128::of([task_id, text("prompt").unwrap_or_default()]));
    // A task that begins again has no plan yet.
    if let Some(key) = key.filter(|_| step.index == 0) {
        api.plans.0.invalidate(&key);
    }
    let plan = match key.and_then(|key| api.plans.0.get(&key)) {
        Some(plan) => plan,
        None => {
            let direct = tasks(&api)?;
            let mut task = step.fields.clone();
            task.remove("task_id");
            let answered = match direct.answer(direct.begin(&api), &named(&direct, task)).await {
                Ok(answered) => answered,
                // The contract's own way to say so: the validator may ask again.
                Err(error) => return Ok(Json(step_error(&error.into_parts().1))),
            };
            let mut fields = answered.answer.fields();
            let plan = match direct.asks.answer.first().and_then(|name| fields.remove(name)) {
                Some(Value::Array(plan)) => Arc::new(plan),
                _ => return Ok(Json(step_error("the answer is no list of actions"))),
            };
            if let Some(key) = key.filter(|_| !answered.source.is_makeshift()) {
                api.plans.0.insert(key, Arc::clone(&plan));
            }
            plan
        }
    };
    Ok(Json(step_reply(&step, &plan)))
}
