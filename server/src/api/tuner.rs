//! What the operator tells the tuner, and asks of it.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{ETAG, IF_MATCH, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, put};
use axum::{Json, RequestExt, Router};
use lode_shared::{AuditRow, Change, Limits, Mandate, Preview, ScopeThreshold, Settings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
#[derive(Serialize)]
pub struct Tuner {
    version: u64,
    mandate: Mandate,
    settings: Settings,
    scopes: Vec<ScopeThreshold>,
}

/// Every part of the mandate has its own route, and its own body.
pub fn writes() -> Router<Arc<Api>> {
    Router::new()
        .route("/api/v1/tuner/targets", part(Change::Targets))
        .route("/api/v1/tuner/budget", part(Change::Budget))
        .route("/api/v1/tuner/limits", put(limits))
        .route("/api/v1/tuner/mode", part(Change::Mode))
        .route("/api/v1/tuner/pins", part(Change::Pins))
}

fn part<T>(change: fn(T) -> Change) -> MethodRouter<Arc<Api>>
where
    T: DeserializeOwned + Send + 'static,
{
    put(async move |State(api): State<Arc<Api>>, request: Request| {
        make(&api, request, async |body: T| Ok(change(body))).await
    })
}

/// `PUT /api/v1/tuner/limits`: what is left out stays as it is.
async fn limits(State(api): State<Arc<Api>>, request: Request) -> Result<Response, Error> {
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

/// `GET /api/v1/tuner`: what is in force, with its version as the entity tag.
pub async fn get(State(api): State<Arc<Api>>) -> Response {
    let view = Arc::clone(&api.figures.tuner.borrow());
    let Versioned { version, mandate, .. } = view.mandate;
    tagged(version, &Tuner { version, mandate, settings: view.settings, scopes: view.scopes.clone() })
}

/// How many rows are wanted.
#[derive(Deserialize)]
pub struct AuditQuery {
    limit: Option<u32>,
}

/// `GET /api/v1/tuner/audit?limit=50`: who changed what, newest first, at most 1,000.
pub async fn audit(State(api): State<Arc<Api>>, Query(query): Query<AuditQuery>) -> Result<Json<Vec<AuditRow>>, Error> {
    let (store, count) = (api.store.clone(), query.limit.unwrap_or(50).min(1_000));
    let rows =
        tokio::task::spawn_blocking(move || store.audit(count)).await.map_err(|error| Error::internal(&error))?;
    rows.map(Json).map_err(|error| Error::internal(&error))
}

/// `POST /api/v1/tuner/preview`: what a change would have done over the rounds of the last day. Changes nothing.
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
