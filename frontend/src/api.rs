//! The only caller of the server's HTTP API. Nothing here is retried: the caller knows whether that is wise.

use js_sys::JsString;
use lode_shared::{ApiError, History, Range, RawTargets};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

/// Where whole snapshots stream from, once a second.
pub const LIVE: &str = "/api/v1/live";

/// Why a call brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The miner did not answer.
    Unreachable,
    /// It wants a token, or another one.
    Unauthorised(String),
    /// Somebody else has changed something since.
    Conflict(String),
    /// It refused, and said which fields it minds.
    Refused(ApiError),
}

/// The figures of a range, and the decisions in it.
pub async fn history(range: Range) -> Result<History, Failure> {
    call("GET", &format!("/api/v1/history?range={}", range.label()), None::<&()>, None).await
}

/// Puts targets into force over the `version` that was looked at; answers with those in force from now on.
pub async fn put_targets(targets: &RawTargets, version: u64, token: &str) -> Result<RawTargets, Failure> {
    call("PUT", "/api/v1/tuner/targets", Some(targets), Some(Write { token, version })).await
}

/// What a write carries beside its body.
#[derive(Debug, Clone, Copy)]
struct Write<'a> {
    token: &'a str,
    version: u64,
}

async fn call<T: DeserializeOwned>(
    method: &str,
    url: &str,
    body: Option<&impl Serialize>,
    write: Option<Write<'_>>,
) -> Result<T, Failure> {
    let response = send(method, url, body, write).await.map_err(|_| Failure::Unreachable)?;
    let text = read(&response).await.map_err(|_| Failure::Unreachable)?;
    match response.status() {
        200 => serde_json::from_str(&text)
            .map_err(|_| refused("The miner answered in a newer format. Reload the page.".into())),
        412 => {
            Err(Failure::Conflict(said(&text).unwrap_or_else(|| "Somebody else changed the tuner meanwhile.".into())))
        }
        401 => Err(Failure::Unauthorised(said(&text).unwrap_or_else(|| "The token was refused.".into()))),
        status => Err(serde_json::from_str(&text)
            .map(Failure::Refused)
            .unwrap_or_else(|_| refused(format!("The miner answered with status {status}.")))),
    }
}

fn refused(message: String) -> Failure {
    Failure::Refused(ApiError { message, fields: Vec::new() })
}

fn said(text: &str) -> Option<String> {
    serde_json::from_str::<ApiError>(text).ok().map(|error| error.message)
}

async fn send(
    method: &str,
    url: &str,
    body: Option<&impl Serialize>,
    write: Option<Write<'_>>,
) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(Write { token, version }) = write {
        headers.set("authorization", &format!("Bearer {token}"))?;
        headers.set("if-match", &format!("\"{version}\""))?;
    }
    if let Some(body) = body {
        headers.set("content-type", "application/json")?;
        let json = serde_json::to_string(body).map_err(|error| JsError::new(&error.to_string()))?;
        init.set_body(&JsValue::from_str(&json));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_str_and_init(url, &init)).await?.dyn_into()
}

async fn read(response: &Response) -> Result<String, JsValue> {
    let text: JsString = JsFuture::from(response.text()?).await?.dyn_into()?;
    Ok(text.into())
}
