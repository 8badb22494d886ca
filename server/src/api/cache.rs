//! What is remembered: lists, and what an operator may do to it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use lode_shared::{ApiError, Entries, FieldError, PatternRow, ReliabilityBin, WhatIfPoint};
use serde::{Deserialize, Serialize};

use super::Api;
use super::error::Error;
use crate::cache::{EntryQuery, Forget};
use crate::config::CacheConfig;
use crate::domain::Digest128;

/// Whose patterns are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PatternQuery {
    scope: String,
}

/// What is to be forgotten: one of these.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invalidation {
    scope: Option<String>,
    older_than_s: Option<u64>,
    entry: Option<u64>,
}

/// How many entries went.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Forgotten {
    forgotten: usize,
}

/// How many answers are kept.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityChange {
    entries: u64,
}

/// What is remembered. The look at every entry happens off the threads that answer.
#[utoipa::path(
    get,
    path = "/api/v1/cache/entries",
    tag = "cache",
    params(EntryQuery),
    responses(
        (status = 200, description = "Some of them, and how many there are.", body = Entries),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn entries(
    State(api): State<Arc<Api>>,
    query: Result<Query<EntryQuery>, QueryRejection>,
) -> Result<Json<Entries>, Error> {
    let Query(query) = query.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let now_ms = api.figures.now_ms();
    let cache = Arc::clone(&api.cache);
    let listed = tokio::task::spawn_blocking(move || cache.entries(&query, now_ms)).await;
    let (total, entries) = listed.map_err(|error| Error::internal(&error))?;
    Ok(Json(Entries { total, entries }))
}

/// The patterns of a scope.
#[utoipa::path(
    get,
    path = "/api/v1/cache/patterns",
    tag = "cache",
    params(PatternQuery),
    responses(
        (status = 200, description = "Its patterns.", body = Vec<PatternRow>),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
    ),
)]
pub async fn patterns(
    State(api): State<Arc<Api>>,
    query: Result<Query<PatternQuery>, QueryRejection>,
) -> Result<Json<Vec<PatternRow>>, Error> {
    let Query(query) = query.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    Ok(Json(api.cache.patterns(scope(&query.scope)?)))
}

/// Hits and wrong hits at other thresholds.
#[utoipa::path(
    get,
    path = "/api/v1/cache/what-if",
    tag = "cache",
    responses(
        (status = 200, description = "By threshold.", body = Vec<WhatIfPoint>),
    ),
)]
pub async fn what_if(State(api): State<Arc<Api>>) -> Json<Vec<WhatIfPoint>> {
    Json(api.cache.what_if(api.figures.now_ms()))
}

/// How right answers were, by the chance that they were given.
#[utoipa::path(
    get,
    path = "/api/v1/cache/reliability",
    tag = "cache",
    responses(
        (status = 200, description = "By chance.", body = Vec<ReliabilityBin>),
    ),
)]
pub async fn reliability(State(api): State<Arc<Api>>) -> Json<Vec<ReliabilityBin>> {
    Json(api.cache.reliability(api.figures.now_ms()))
}

/// Forgets everything.
#[utoipa::path(
    post,
    path = "/api/v1/cache/clear",
    tag = "cache",
    responses(
        (status = 200, description = "How many went.", body = Forgotten),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn clear(State(api): State<Arc<Api>>) -> Result<Json<Forgotten>, Error> {
    forget(&api, Forget::All).await
}

/// Forgets a scope, what is older, or one entry: say one of the three.
#[utoipa::path(
    post,
    path = "/api/v1/cache/invalidate",
    tag = "cache",
    request_body = Invalidation,
    responses(
        (status = 200, description = "How many went.", body = Forgotten),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 404, description = "There is no such thing.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn invalidate(
    State(api): State<Arc<Api>>,
    body: Result<Json<Invalidation>, JsonRejection>,
) -> Result<Json<Forgotten>, Error> {
    let Json(asked) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let what = match (&asked.scope, asked.older_than_s, asked.entry) {
        (Some(text), None, None) => Forget::Scope(scope(text)?),
        (None, Some(age_s), None) => Forget::Before(api.figures.now_ms().saturating_sub(age_s.saturating_mul(1_000))),
        (None, None, Some(id)) => Forget::Entry(id),
        _ => {
            let message = "Say one of scope, older_than_s and entry; POST /api/v1/cache/clear forgets everything.";
            return Err(Error::new(StatusCode::UNPROCESSABLE_ENTITY, message));
        }
    };
    forget(&api, what).await
}

/// How many answers are kept: until the tuner sees reason for another number, or the next start, which takes
/// `cache.entries` of lode.toml. To hold it, pin it.
#[utoipa::path(
    put,
    path = "/api/v1/cache/capacity",
    tag = "cache",
    request_body = CapacityChange,
    responses(
        (status = 200, description = "As it is now.", body = CapacityChange),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn capacity(
    State(api): State<Arc<Api>>,
    body: Result<Json<CapacityChange>, JsonRejection>,
) -> Result<Json<CapacityChange>, Error> {
    let Json(asked) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    if !(1..=CacheConfig::MAX_ENTRIES).contains(&asked.entries) {
        let message = format!("The capacity must be 1 to {} entries.", CacheConfig::MAX_ENTRIES);
        return Err(Error::fields(vec![FieldError { field: "entries".into(), message }]));
    }
    api.tuner.set_capacity(asked.entries).await.map_err(super::tuner::refusal)?;
    Ok(Json(asked))
}

async fn forget(api: &Api, what: Forget) -> Result<Json<Forgotten>, Error> {
    let forgotten = api.cache.forget(what, &api.store, api.figures.now_ms()).await;
    if let (Ok(0), Forget::Entry(id)) = (&forgotten, what) {
        return Err(Error::new(
            StatusCode::NOT_FOUND,
            format!("There is no entry {id}; GET /api/v1/cache/entries lists them."),
        ));
    }
    Ok(Json(Forgotten { forgotten: forgotten.map_err(|error| Error::internal(&error))? }))
}

fn scope(text: &str) -> Result<Digest128, Error> {
    text.parse().map_err(|_| {
        let message = "A scope is 32 hexadecimal digits: scope_id of GET /api/v1/cache/entries.";
        Error::fields(vec![FieldError { field: "scope".into(), message: message.into() }])
    })
}
