//! Requests: what came of them, why memory answered or did not, and whether that was right.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use lode_shared::{Explanation, RequestRecord, Source};
use serde::Deserialize;

use super::Api;
use super::error::Error;
use crate::domain::LabelKind;
use crate::ports::{Judged, Recall};
use crate::recorder::Outcome;

/// Rows sent at most: as many as are kept.
const MAX_ROWS: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    limit: Option<usize>,
    before: Option<u64>,
}

/// Whether an answer from memory was right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    right: bool,
}

/// Whether the answer to a request was right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    request_id: u64,
    right: bool,
}

/// `GET /api/v1/requests?limit=50&before=…`: newest first; the last ones from memory, the others from disk.
pub async fn list(
    State(api): State<Arc<Api>>,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Vec<RequestRecord>>, Error> {
    let Query(params) = params.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let limit = params.limit.unwrap_or(50).min(MAX_ROWS);
    let mut rows = match params.before {
        None => api.figures.recorder.last(limit),
        Some(_) => Vec::new(),
    };
    if rows.len() < limit {
        let before = params.before.or(rows.last().map(|row| row.id)).unwrap_or(u64::MAX);
        let (store, count) = (api.store.clone(), limit - rows.len());
        let older = tokio::task::spawn_blocking(move || store.requests(before, count)).await;
        rows.extend(older.map_err(|error| Error::internal(&error))?.map_err(|error| Error::internal(&error))?);
        rows.dedup_by_key(|row| row.id);
    }
    Ok(Json(rows))
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
    judge(&api, id, verdict.right).await
}

/// `POST /api/v1/feedback`: the same for any request.
pub async fn feedback(
    State(api): State<Arc<Api>>,
    body: Result<Json<Feedback>, JsonRejection>,
) -> Result<StatusCode, Error> {
    let Json(feedback) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    judge(&api, feedback.request_id, feedback.right).await
}

async fn judge(api: &Api, id: u64, right: bool) -> Result<StatusCode, Error> {
    // People look at what they doubt: as samples of all hits their labels would say too little good.
    let judged = Judged { right, kind: LabelKind::Operator, sampling_rate: 1.0 };
    let record = api.figures.recorder.find(id).ok_or_else(unknown)?;
    let conflict = |message: &str| Error::new(StatusCode::CONFLICT, message);
    if record.label.is_some() {
        return Err(conflict("This request was judged already."));
    }
    let now_ms = api.figures.now_ms();
    match record.outcome {
        Outcome::Answered { source, .. } if source.is_memory() => drop(api.cache.judge(id, judged, now_ms)),
        Outcome::Answered { source: Source::Solved | Source::Coalesced, .. } => {
            api.cache.judge_solved(id, right, now_ms)
        }
        _ => return Err(conflict("This request got no answer of a solver or from memory.")),
    }
    api.figures.recorder.label(id, right, LabelKind::Operator);
    // Acknowledged when it is durable.
    match api.cache.flush_changes(&api.store).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(Error::internal(&error)),
    }
}

fn unknown() -> Error {
    Error::new(StatusCode::NOT_FOUND, "This request is not among the last ones; GET /api/v1/requests lists them.")
}
