//! Looks into memory: the last ones, why each came out as it did, and whether it was right.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use lode_shared::{Explanation, RequestRow};
use serde::Deserialize;

use super::Api;
use super::error::Error;
use crate::domain::LabelKind;
use crate::ports::{Judged, Recall};

/// Rows sent at most: as many as are kept.
const MAX_ROWS: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    limit: Option<usize>,
}

/// Whether an answer from memory was right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    right: bool,
}

/// `GET /api/v1/requests?limit=50`: newest first.
pub async fn list(
    State(api): State<Arc<Api>>,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Vec<RequestRow>>, Error> {
    let Query(params) = params.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    Ok(Json(api.cache.requests(params.limit.unwrap_or(50).min(MAX_ROWS))))
}

/// `GET /api/v1/requests/{id}/explain`
pub async fn explain(
    State(api): State<Arc<Api>>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Explanation>, Error> {
    let Path(id) = id.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    api.cache.explain(id, api.figures.now_ms()).map(Json).ok_or_else(unknown)
}

/// `POST /api/v1/requests/{id}/verdict`: one contradiction quarantines the answer.
pub async fn verdict(
    State(api): State<Arc<Api>>,
    id: Result<Path<u64>, PathRejection>,
    body: Result<Json<Verdict>, JsonRejection>,
) -> Result<StatusCode, Error> {
    let Path(id) = id.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let Json(verdict) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    // People look at what they doubt: as samples of all hits their labels would say too little good.
    let judged = Judged { right: verdict.right, kind: LabelKind::Operator, sampling_rate: 1.0 };
    match api.cache.judge(id, judged, api.figures.now_ms()) {
        // Acknowledged when it is durable.
        true => match api.cache.flush_changes(&api.store).await {
            Ok(()) => Ok(StatusCode::NO_CONTENT),
            Err(error) => Err(Error::internal(&error)),
        },
        false => Err(Error::new(
            StatusCode::CONFLICT,
            "This request was not answered from memory, was judged already, or is not among the last ones.",
        )),
    }
}

fn unknown() -> Error {
    Error::new(StatusCode::NOT_FOUND, "This request is not among the last ones; GET /api/v1/requests lists them.")
}
