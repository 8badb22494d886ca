//! The chain, as the keeper reads it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use lode_shared::{ApiError, ChainPoint};

use super::Api;
use super::error::Error;
use super::history::{MAX_POINTS, Params};

/// Our place on the subnet, sync by sync.
#[utoipa::path(
    get,
    path = "/api/v1/chain/history",
    tag = "chain",
    params(Params),
    responses(
        (status = 200, description = "Sync by sync, oldest first.", body = Vec<ChainPoint>),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn history(
    State(api): State<Arc<Api>>,
    Query(params): Query<Params>,
) -> Result<Json<Vec<ChainPoint>>, Error> {
    let now_ms = api.figures.now_ms();
    let since_ms = now_ms.saturating_sub(params.range()?.seconds() * 1_000);
    let store = api.store.clone();
    let points = tokio::task::spawn_blocking(move || store.chain_history(since_ms, now_ms, MAX_POINTS)).await;
    match points {
        Ok(Ok(points)) => Ok(Json(points)),
        Ok(Err(error)) => Err(Error::internal(&error)),
        Err(error) => Err(Error::internal(&error)),
    }
}

/// Reads the chain now instead of when it is due.
#[utoipa::path(
    post,
    path = "/api/v1/chain/sync",
    tag = "chain",
    responses(
        (status = 202, description = "It will be read."),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 409, description = "Not as things are.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn sync(State(api): State<Arc<Api>>) -> Result<StatusCode, Error> {
    if api.figures.is_offline {
        return Err(Error::new(StatusCode::CONFLICT, "There is no chain to read: subtensor.network is offline."));
    }
    api.sync_chain.notify_one();
    Ok(StatusCode::ACCEPTED)
}
