//! New targets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use lode_shared::{RawTargets, Targets};

use super::Api;
use super::error::Error;

/// `PUT /api/v1/tuner/targets`: answers with the targets in force, durable and effective.
pub async fn put(
    State(api): State<Arc<Api>>,
    body: Result<Json<RawTargets>, JsonRejection>,
) -> Result<Json<Targets>, Error> {
    let Json(raw) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let targets = Targets::new(raw).map_err(Error::fields)?;
    api.tuner.set_targets(targets).await.map_err(|error| Error::internal(&error))?;
    Ok(Json(targets))
}
