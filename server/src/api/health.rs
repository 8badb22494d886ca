//! For supervisors.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::Api;

/// `GET /healthz`: the process answers.
pub async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: validators' requests can be answered, that is, the metagraph is known or not needed.
pub async fn readyz(State(api): State<Arc<Api>>) -> (StatusCode, &'static str) {
    if api.figures.ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "waiting for the first metagraph")
    }
}
