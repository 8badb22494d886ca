//! For supervisors.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::Api;

/// The process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "supervision",
    responses(
        (status = 200, description = "`ok`", body = String, content_type = "text/plain"),
    ),
)]
pub async fn healthz() -> &'static str {
    "ok"
}

/// Whether validators' requests can be answered, that is, the metagraph is known or not needed.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "supervision",
    responses(
        (status = 200, description = "It can.", body = String, content_type = "text/plain"), (status = 503, description = "Not yet.", body = String, content_type = "text/plain"),
    ),
)]
pub async fn readyz(State(api): State<Arc<Api>>) -> (StatusCode, &'static str) {
    if api.figures.ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "waiting for the first metagraph")
    }
}
