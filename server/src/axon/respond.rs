//! Answers as a dendrite reads them.
//!
//! A dendrite replaces every field of its synapse by the body's, so the whole request is echoed with the answer's
//! fields set; and it takes the status from the `bt_header_axon_status_code` header before anything else.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::wire;

/// Request headers that are sent back as they came.
const ECHOED: [HeaderName; 11] = [
    wire::NAME,
    wire::TIMEOUT,
    HeaderName::from_static("bt_header_dendrite_ip"),
    HeaderName::from_static("bt_header_dendrite_version"),
    wire::NONCE,
    wire::UUID,
    wire::HOTKEY,
    wire::SIGNATURE,
    HeaderName::from_static("header_size"),
    HeaderName::from_static("total_size"),
    wire::BODY_HASH,
];
/// An aiohttp client drops the answer when one header value is longer.
const MAX_HEADER_BYTES: usize = 8_190;

/// What an axon says of itself in every answer: headers.
pub struct Identity([(HeaderName, HeaderValue); 3]);

impl Identity {
    /// With our address, and where validators reach us.
    pub fn new(hotkey: &str, at: SocketAddr) -> Self {
        let value = |text: &str| HeaderValue::from_str(text).expect("addresses are visible ASCII");
        Self([
            (HeaderName::from_static("bt_header_axon_ip"), value(&at.ip().to_string())),
            (HeaderName::from_static("bt_header_axon_port"), value(&at.port().to_string())),
            (HeaderName::from_static("bt_header_axon_hotkey"), value(hotkey)),
        ])
    }

    /// The echo of `request` with `fields` set: a success.
    pub fn success(
        &self,
        request: &HeaderMap,
        mut synapse: Map<String, Value>,
        fields: Map<String, Value>,
        took: Duration,
    ) -> (Response<()>, Vec<u8>) {
        synapse.extend(fields);
        let axon = synapse.entry("axon").or_insert_with(|| json!({}));
        if !axon.is_object() {
            *axon = json!({});
        }
        axon["status_code"] = 200.into();
        axon["status_message"] = "Success".into();
        axon["process_time"] = took.as_secs_f64().into();
        (self.head(request, StatusCode::OK, "Success", took, "application/json"), json(&synapse))
    }

    /// The head of a stream; `body` is what a synapse of its kind reads: raw text, in chunks.
    pub fn stream(&self, request: &HeaderMap, body: Body, took: Duration) -> Response {
        self.head(request, StatusCode::OK, "Success", took, "text/event-stream").map(|()| body)
    }

    /// A refusal, in the form that a dendrite turns into the status of its synapse.
    pub fn refuse(&self, request: &HeaderMap, refusal: &Refusal, took: Duration) -> Response {
        let message = refusal.to_string();
        let body = Body::from(json!({ "message": message }).to_string());
        self.head(request, refusal.status(), &message, took, "application/json").map(|()| body)
    }

    fn head(
        &self,
        request: &HeaderMap,
        status: StatusCode,
        message: &str,
        took: Duration,
        content_type: &'static str,
    ) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(ECHOED.len() + 8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        for name in ECHOED {
            if let Some(value) = request.get(&name).filter(|value| value.len() <= MAX_HEADER_BYTES) {
                headers.insert(name, value.clone());
            }
        }
        let mut insert = |name: &'static str, text: &str| {
            // A text that is no header value (a line break in a name, say) is left out rather than the answer.
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        insert("bt_header_axon_status_code", status.as_str());
        insert("bt_header_axon_status_message", message);
        insert("bt_header_axon_process_time", &took.as_secs_f64().to_string());
        headers.extend(self.0.iter().cloned());
        response
    }
}

/// The text of a JSON object.
pub fn json(fields: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(fields).expect("a JSON value always serialises")
}

/// The head of an answer in plain JSON, without a word of the protocol: what a signed HTTP request gets.
pub fn json_head(status: StatusCode) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same as a stream of text.
pub fn text_stream(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// An answer of the HTTP layer beneath the protocol: no synapse, no `bt_header_…`.
pub fn plain(status: StatusCode, detail: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "detail": detail }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
