//! Figures over time, from the store.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use lode_shared::{History, Range};
use serde::Deserialize;

use super::Api;
use super::error::Error;

/// Points sent at most, give or take one bucket: a chart is hardly wider in pixels.
const MAX_POINTS: u64 = 600;

#[derive(Deserialize)]
pub struct Params {
    range: Option<String>,
}

/// `GET /api/v1/history?range=15m`
pub async fn get(State(api): State<Arc<Api>>, Query(params): Query<Params>) -> Result<Json<History>, Error> {
    let range = match params.range.as_deref() {
        None => Range::default(),
        Some(text) => Range::ALL
            .into_iter()
            .find(|range| range.label() == text)
            .ok_or_else(|| Error::new(StatusCode::BAD_REQUEST, "range must be 15m, 1h, 24h or 7d."))?,
    };
    let now_ms = api.figures.now_ms();
    let since_ms = now_ms.saturating_sub(range.seconds() * 1_000);
    let store = api.store.clone();
    let history = tokio::task::spawn_blocking(move || store.history(since_ms, now_ms, MAX_POINTS)).await;
    match history {
        Ok(Ok(history)) => Ok(Json(history)),
        Ok(Err(error)) => Err(Error::internal(&error)),
        Err(error) => Err(Error::internal(&error)),
    }
}
