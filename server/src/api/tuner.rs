//! What the operator tells the tuner, and asks of it.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{ETAG, IF_MATCH, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, RequestExt};
use lode_shared::{
    ApiError, AuditRow, Change, Limits, Mandate, Pins, Preview, RawBudget, RawMode, RawTargets, ScopeThreshold,
    Settings,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::error::Error;
use crate::listen::Peer;
use crate::tuner::{Asked, ChangeError, Versioned, preview};

/// Rounds that a preview decides again: a day of them.
const PREVIEW_ROUNDS: u32 = 288;
const PREVIEW_MS: u64 = 24 * 3_600_000;
/// A program's name is cut to so many bytes.
const PROGRAM_BYTES: usize = 120;

/// The answer of `GET /api/v1/tuner`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Tuner {
    version: u64,
    mandate: Mandate,
    settings: Settings,
    scopes: Vec<ScopeThreshold>,
}

/// Every part of the mandate has its own route, and its own body.
pub fn writes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(targets))
        .routes(routes!(budget))
        .routes(routes!(limits))
        .routes(routes!(mode))
        .routes(routes!(pins))
}

/// What the tuner goes for.
#[utoipa::path(
    put,
    path = "/api/v1/tuner/targets",
    tag = "tuner",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` over which the change is made; without it, whatever is in force.")),
    request_body = RawTargets,
    responses(
        (status = 200, description = "As it is from now on.", body = RawTargets, headers(("ETag" = String, description = "The version in force."))),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 412, description = "Somebody else changed it meanwhile.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn targets(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
    make(&api, request, async |body: RawTargets| Ok(Change::Targets(body))).await
}

/// Which share of the answers from memory may be wrong.
#[utoipa::path(
    put,
    path = "/api/v1/tuner/budget",
    tag = "tuner",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` over which the change is made; without it, whatever is in force.")),
    request_body = RawBudget,
    responses(
        (status = 200, description = "As it is from now on.", body = RawBudget, headers(("ETag" = String, description = "The version in force."))),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 412, description = "Somebody else changed it meanwhile.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn budget(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
    make(&api, request, async |body: RawBudget| Ok(Change::Budget(body))).await
}

/// Who decides: the tuner, nobody, or nobody while only exact repeats are answered.
#[utoipa::path(
    put,
    path = "/api/v1/tuner/mode",
    tag = "tuner",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` over which the change is made; without it, whatever is in force.")),
    request_body = RawMode,
    responses(
        (status = 200, description = "As it is from now on.", body = RawMode, headers(("ETag" = String, description = "The version in force."))),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 412, description = "Somebody else changed it meanwhile.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn mode(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
    make(&api, request, async |body: RawMode| Ok(Change::Mode(body))).await
}

/// Settings that the operator holds; what is left out is the tuner's.
#[utoipa::path(
    put,
    path = "/api/v1/tuner/pins",
    tag = "tuner",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` over which the change is made; without it, whatever is in force.")),
    request_body = Pins,
    responses(
        (status = 200, description = "As it is from now on.", body = Pins, headers(("ETag" = String, description = "The version in force."))),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 412, description = "Somebody else changed it meanwhile.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn pins(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
    make(&api, request, async |body: Pins| Ok(Change::Pins(body))).await
}

/// What the tuner may not cross; what is left out stays as it is.
#[utoipa::path(
    put,
    path = "/api/v1/tuner/limits",
    tag = "tuner",
    params(("If-Match" = Option<String>, Header, description = "The `ETag` over which the change is made; without it, whatever is in force.")),
    request_body = Limits,
    responses(
        (status = 200, description = "As it is from now on.", body = Limits, headers(("ETag" = String, description = "The version in force."))),
        (status = 401, description = "The admin token is missing or wrong.", body = ApiError),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 412, description = "Somebody else changed it meanwhile.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
    security(("admin_token" = [])),
)]
pub async fn limits(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
    let in_force = api.figures.tuner.borrow().mandate.mandate.limits;
    make(&api, request, async |body: Value| completed(&body, &in_force).map(Change::Limits)).await
}

/// Reads a body, makes the change that it stands for, and answers with the part as it is from now on.
async fn make<T>(
    api: &Api,
    request: Request,
    change: impl AsyncFnOnce(T) -> Result<Change, Error>,
) -> Result<Response, Error>
where
    T: DeserializeOwned + Send + 'static,
{
    let headers = request.headers().clone();
    let who = who(request.extensions().get::<Peer>(), &headers);
    let body: Result<Json<T>, JsonRejection> = request.extract().await;
    let Json(body) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let asked = Asked { change: change(body).await?, who, if_version: if_match(&headers)? };
    let now = api.tuner.change(asked.clone()).await.map_err(refusal)?;
    Ok(tagged(now.version, &PartOf(asked.change.of(&now.mandate))))
}

/// Limits of which some are given.
fn completed(given: &Value, in_force: &Limits) -> Result<Limits, Error> {
    let mut all = serde_json::to_value(in_force).expect("plain data serialises");
    if let (Some(all), Some(given)) = (all.as_object_mut(), given.as_object()) {
        all.extend(given.iter().map(|(field, value)| (field.clone(), value.clone())));
    }
    serde_json::from_value(all).map_err(|error| Error::new(StatusCode::BAD_REQUEST, error.to_string()))
}

/// A part by itself, as its route takes it.
struct PartOf(Change);

impl Serialize for PartOf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Change::Targets(part) => part.serialize(serializer),
            Change::Budget(part) => part.serialize(serializer),
            Change::Limits(part) => part.serialize(serializer),
            Change::Mode(part) => part.serialize(serializer),
            Change::Pins(part) => part.serialize(serializer),
        }
    }
}

/// What the tuner is told and has set; the `ETag` is for `If-Match`.
#[utoipa::path(
    get,
    path = "/api/v1/tuner",
    tag = "tuner",
    responses(
        (status = 200, description = "What is in force.", body = Tuner, headers(("ETag" = String, description = "For `If-Match`."))),
    ),
)]
pub async fn get(State(api): State<Arc<Api>>) -> Response {
    let view = Arc::clone(&api.figures.tuner.borrow());
    let Versioned { version, mandate, .. } = view.mandate;
    tagged(version, &Tuner { version, mandate, settings: view.settings, scopes: view.scopes.clone() })
}

/// How many rows are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    limit: Option<u32>,
}

/// Who changed what, and when, newest first, at most 1,000.
#[utoipa::path(
    get,
    path = "/api/v1/tuner/audit",
    tag = "tuner",
    params(AuditQuery),
    responses(
        (status = 200, description = "Newest first.", body = Vec<AuditRow>),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn audit(State(api): State<Arc<Api>>, Query(query): Query<AuditQuery>) -> Result<Json<Vec<AuditRow>>, Error> {
    let (store, count) = (api.store.clone(), query.limit.unwrap_or(50).min(1_000));
    let rows =
        tokio::task::spawn_blocking(move || store.audit(count)).await.map_err(|error| Error::internal(&error))?;
    rows.map(Json).map_err(|error| Error::internal(&error))
}

/// What a change would have done over the rounds of the last day. Changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/tuner/preview",
    tag = "tuner",
    request_body = Change,
    responses(
        (status = 200, description = "Then and as it would have been.", body = Preview),
        (status = 400, description = "The request cannot be read.", body = ApiError),
        (status = 422, description = "A value is out of range.", body = ApiError),
        (status = 500, description = "The log says why.", body = ApiError),
    ),
)]
pub async fn what_would_be(
    State(api): State<Arc<Api>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Preview>, Error> {
    let Json(body) = body.map_err(|rejection| Error::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    let view = Arc::clone(&api.figures.tuner.borrow());
    let change = match body.get("limits") {
        Some(given) => Change::Limits(completed(given, &view.mandate.mandate.limits)?),
        None => serde_json::from_value(body)
            .map_err(|error| Error::new(StatusCode::BAD_REQUEST, format!("This is no change: {error}.")))?,
    };
    let changed: Mandate = view.mandate.mandate.with(&change).map_err(Error::fields)?;
    let (store, since_ms) = (api.store.clone(), api.figures.now_ms().saturating_sub(PREVIEW_MS));
    let config = api.figures.tuner_config;
    let replayed = tokio::task::spawn_blocking(move || {
        let decisions = store.decisions_since(since_ms, PREVIEW_ROUNDS)?;
        Ok(preview(&view, &changed, &decisions, config.reward(), config.min_samples))
    });
    let replayed: Result<Preview, crate::store::StoreError> =
        replayed.await.map_err(|error| Error::internal(&error))?;
    replayed.map(Json).map_err(|error| Error::internal(&error))
}

fn tagged(version: u64, body: &impl Serialize) -> Response {
    ([(ETAG, format!("\"{version}\""))], Json(body)).into_response()
}

/// `If-Match`: the version that the change was made over; without it, or with `*`, whatever is in force.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(tag) = headers.get(IF_MATCH).filter(|tag| tag.as_bytes() != b"*") else { return Ok(None) };
    let number = tag.to_str().ok().and_then(|tag| tag.trim().trim_matches('"').parse().ok());
    let wrong = || Error::new(StatusCode::BAD_REQUEST, "If-Match must be the ETag of GET /api/v1/tuner, like \"7\".");
    number.map(Some).ok_or_else(wrong)
}

fn who(peer: Option<&Peer>, headers: &HeaderMap) -> String {
    let address = peer.map_or_else(|| "somewhere".into(), |Peer(address)| address.to_string());
    let program = headers.get(USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or("an unnamed program");
    format!("{address}, {}", &program[..program.floor_char_boundary(PROGRAM_BYTES)])
}

/// As it is answered.
pub(super) fn refusal(error: ChangeError) -> Error {
    match error {
        ChangeError::Faults(faults) => Error::fields(faults),
        ChangeError::Conflict { version } => Error::new(
            StatusCode::PRECONDITION_FAILED,
            format!(
                "Somebody else has changed the tuner meanwhile (version {version} is in force). Look again, then apply."
            ),
        ),
        ChangeError::Store(error) => Error::internal(&error),
    }
}
