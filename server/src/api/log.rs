//! The log, for a page that has just been opened.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use lode_shared::{ApiError, LogLine};
use serde::Deserialize;

use super::Api;
use super::error::Error;

/// Lines sent at most: as many as are kept.
const MAX_LINES: usize = 1_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Params {
    limit: Option<usize>,
}

/// The last log lines, oldest first, ours and those of the files that are followed.
#[utoipa::path(
    get,
    path = "/api/v1/log",
    tag = "figures",
    params(Params),
    responses(
        (status = 200, description = "Oldest first.", body = Vec<LogLine>),
        (status = 400, description = "The request cannot be read.", body = ApiError),
    ),
)]
pub async fn get(
    State(api): State<Arc<Api>>,
    params: Result<Query<Params>, QueryRejection>,
) -> Result<Json<Vec<LogLine>>, Error> {
    let Query(params) = params.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    Ok(Json(api.figures.log.last(params.limit.unwrap_or(500).min(MAX_LINES))))
}
