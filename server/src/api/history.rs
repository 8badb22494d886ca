//! Figures over time, from the store.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use lode_shared::{ApiError, History, Range};
use serde::Deserialize;

use super::Api;
use super::error::Error;

/// Points sent at most, give or take one bucket: a chart is hardly wider in pixels.
pub(super) const MAX_POINTS: u64 = 600;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Params {
    range: Option<String>,
}

impl Params {
    pub(super) fn range(&self) -> Result<Range, Error> {
        let Some(text) = self.range.as_deref() else { return Ok(Range::default()) };
        Range::ALL
            .into_iter()
            .find(|range| range.label() == text)
            .ok_or_else(|| Error::new(StatusCode::BAD_REQUEST, "range must be 15m, 1h, 24h or 7d."))
    }
}

/// Samples, decisions and starts of the miner over a range.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    tag = "figures",
    params(Params),
    responses(
        (status = 200, description = "Points over time.", body = History),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn get(State(api): State<Arc<Api>>, Query(params): Query<Params>) -> Result<Json<History>, Error> {
    let range = params.range()?;
    let now_ms = api.figures.now_ms();
    let since_ms = now_ms.saturating_sub(range.seconds() * 1_000);
    let store = api.store.clone();
    let history = tokio::task::spawn_blocking(move || store.history(since_ms, now_ms, MAX_POINTS)).await;
    match history {
        Ok(Ok(mut history)) => {
            // Told at once, also while it is not on disk yet.
            let ours = api.figures.start();
            if history.starts.last().is_none_or(|last| last.at_ms < ours.at_ms) && ours.at_ms > since_ms {
                history.starts.push(ours);
            }
            Ok(Json(history))
        }
        Ok(Err(error)) => Err(Error::internal(&error)),
        Err(error) => Err(Error::internal(&error)),
    }
}
