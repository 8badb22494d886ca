//! The only caller of the server's HTTP API. Nothing here is retried: the caller knows whether that is wise.

use js_sys::JsString;
use lode_shared::ApiError;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, RequestInit, Response};

use crate::json;

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

impl Failure {
    /// For a person.
    pub fn message(&self) -> &str {
        match self {
            Self::Unreachable => "the miner cannot be reached. Try again.",
            Self::Unauthorised(message) | Self::Conflict(message) => message,
            Self::Refused(error) => &error.message,
        }
    }
}

/// One call.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub method: &'static str,
    pub url: String,
    /// JSON.
    pub body: Option<String>,
    pub token: Option<String>,
    /// What the change is made over: `If-Match`.
    pub version: Option<u64>,
}

impl Call {
    /// Reads something.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: "GET", url: url.into(), ..Self::default() }
    }
}

/// Reads something, as what it is.
pub fn read<T: DeserializeOwned + 'static>(url: String, done: impl FnOnce(Result<T, Failure>) + 'static) {
    send(Call::get(url), Box::new(move |answer| done(answer.and_then(|text| parse(&text)))));
}

/// An answer as what it is.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    json::read(text).ok_or_else(|| refused("The miner answered in a newer format. Reload the page.".into()))
}

/// Calls, and hands over the answer's body.
pub fn send(call: Call, done: Box<dyn FnOnce(Result<String, Failure>)>) {
    spawn_local(async move { done(take(fetch(call).await)) });
}

fn take(answer: Result<(u16, String), JsValue>) -> Result<String, Failure> {
    let (status, text) = answer.map_err(|_| Failure::Unreachable)?;
    if (200..300).contains(&status) {
        return Ok(text);
    }
    let said = json::read::<ApiError>(&text);
    let message = |otherwise: &str| said.clone().map_or_else(|| otherwise.to_owned(), |error| error.message);
    Err(match status {
        412 => Failure::Conflict(message("Somebody else changed the tuner meanwhile.")),
        401 => Failure::Unauthorised(message("The token was refused.")),
        _ => said.map_or_else(|| refused(format!("The miner answered with status {status}.")), Failure::Refused),
    })
}

fn refused(message: String) -> Failure {
    Failure::Refused(ApiError { message, fields: Vec::new() })
}

async fn fetch(call: Call) -> Result<(u16, String), JsValue> {
    let headers = Headers::new()?;
    let init = RequestInit::new();
    init.set_method(call.method);
    if let Some(token) = call.token {
        headers.set("authorization", &format!("Bearer {token}"))?;
    }
    if let Some(version) = call.version {
        headers.set("if-match", &format!("\"{version}\""))?;
    }
    if let Some(body) = call.body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(&body));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(&call.url, &init)).await?.dyn_into()?;
    let text: JsString = JsFuture::from(response.text()?).await?.dyn_into()?;
    Ok((response.status(), text.into()))
}
