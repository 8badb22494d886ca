//! Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::error::Error;
use crate::metrics::{Measured, encode};

/// Figures for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "supervision",
    responses(
        (status = 200, description = "OpenMetrics text.", body = String, content_type = "application/openmetrics-text"),
    ),
)]
pub async fn get(State(api): State<Arc<Api>>) -> Response {
    let mut health = api.store.health();
    health.dropped = api.store.dropped() + api.cache.lost();
    match encode(&Measured::of(&api.figures, health)) {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(error) => Error::internal(&error).into_response(),
    }
}
