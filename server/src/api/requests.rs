//! Requests: what came of them, why memory answered or did not, and whether that was right.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use lode_shared::{ApiError, Explanation, RequestRecord, Source};
use serde::Deserialize;

use super::Api;
use super::error::Error;
use crate::domain::LabelKind;
use crate::ports::{Judged, Recall};
use crate::recorder::{Filter, Outcome, Record};
use crate::store::Together;

/// Rows sent at most: as many as are kept.
const MAX_ROWS: usize = 1_024;

/// Which requests, and how many.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Params {
    limit: Option<usize>,
    before: Option<u64>,
    hotkey: Option<String>,
    synapse: Option<String>,
    source: Option<String>,
    outcome: Option<String>,
    right: Option<String>,
}

/// Whether an answer from memory was right.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    right: bool,
}

/// Whether the answer to a request was right.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    request_id: u64,
    right: bool,
}

impl Params {
    /// What is asked for. Refused is what could never be found.
    fn filter(self) -> Result<Filter, Error> {
        let hotkey = self.hotkey.map(|text| text.parse()).transpose();
        let hotkey = hotkey.map_err(|_| bad_request("hotkey must be an SS58 address, as in the list."))?;
        let source = one_of("source", self.source, Source::ALL.map(|source| (source.label(), source)))?;
        let answered = one_of("outcome", self.outcome, [("answered", true), ("failed", false)])?;
        let right = one_of("right", self.right, [("true", true), ("false", false)])?;
        Ok(Filter { hotkey, synapse: self.synapse, source, answered, right })
    }
}

fn one_of<T: Copy, const N: usize>(
    name: &str,
    text: Option<String>,
    allowed: [(&'static str, T); N],
) -> Result<Option<T>, Error> {
    let Some(text) = text else { return Ok(None) };
    match allowed.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(Some(*value)),
        None => Err(bad_request(format!("{name} must be one of: {}.", allowed.map(|(word, _)| word).join(", ")))),
    }
}

fn bad_request(message: impl Into<String>) -> Error {
    Error::new(StatusCode::BAD_REQUEST, message)
}

/// Requests, newest first; the last ones from memory, the others from disk.
///
/// Of those on disk a filter looks at the newest 100,000 below `before`; to look further, ask again with a lower one.
#[utoipa::path(
    get,
    path = "/api/v1/requests",
    tag = "requests",
    params(Params),
    responses(
        (status = 200, description = "Newest first.", body = Vec<RequestRecord>),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn list(
    State(api): State<Arc<Api>>,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Vec<RequestRecord>>, Error> {
    let Query(params) = params.map_err(|rejection| bad_request(rejection.body_text()))?;
    let (limit, before) = (params.limit.unwrap_or(50).min(MAX_ROWS), params.before);
    let filter = params.filter()?;
    let mut rows = match before {
        None => api.figures.recorder.last(&filter, limit),
        Some(_) => Vec::new(),
    };
    if rows.len() < limit {
        let store = api.store.clone();
        let before = before.unwrap_or(u64::MAX);
        let kept = tokio::task::spawn_blocking(move || store.requests(&filter, before, limit)).await;
        rows.extend(kept.map_err(|error| Error::internal(&error))?.map_err(|error| Error::internal(&error))?);
        // Of the same request the row in memory is newer: it comes first, and the sort keeps it there.
        rows.sort_by_key(|row| Reverse(row.id));
        rows.dedup_by_key(|row| row.id);
        rows.truncate(limit);
    }
    Ok(Json(rows))
}

/// Why that request was answered from memory, or was not.
#[utoipa::path(
    get,
    path = "/api/v1/requests/{id}/explain",
    tag = "requests",
    params(("id" = u64, Path, description = "Of `GET /api/v1/requests`.")),
    responses(
        (status = 200, description = "What memory thought of it.", body = Explanation),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
    ),
)]
pub async fn explain(
    State(api): State<Arc<Api>>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Explanation>, Error> {
    let Path(id) = id.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    api.cache.explain(id, api.figures.now_ms()).map(Json).ok_or_else(unknown)
}

/// Says whether its answer was right: one contradiction quarantines the answer.
#[utoipa::path(
    post,
    path = "/api/v1/requests/{id}/verdict",
    tag = "requests",
    params(("id" = u64, Path, description = "Of `GET /api/v1/requests`.")),
    request_body = Verdict,
    responses(
        (status = 204, description = "It is kept."),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 409, description = "Not as things are.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn verdict(
    State(api): State<Arc<Api>>,
    id: Result<Path<u64>, PathRejection>,
    body: Result<Json<Verdict>, JsonRejection>,
) -> Result<StatusCode, Error> {
    let Path(id) = id.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let Json(verdict) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    judge(&api, id, verdict.right).await
}

/// The same for any request.
#[utoipa::path(
    post,
    path = "/api/v1/feedback",
    tag = "requests",
    request_body = Feedback,
    responses(
        (status = 204, description = "It is kept."),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 409, description = "Not as things are.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
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
    // Acknowledged when all that it changed is durable: the answer's record, what was learnt of it, and the request's row,
    // which may have been among those for which the disk was too slow.
    let row = Record { label: Some((right, LabelKind::Operator)), ..record };
    let kept = async {
        api.cache.flush(&api.store).await?;
        api.store.write(Together::default().request(row)).await
    };
    match kept.await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err(Error::internal(&error)),
    }
}

fn unknown() -> Error {
    Error::new(StatusCode::NOT_FOUND, "This request is not among the last ones; GET /api/v1/requests lists them.")
}
