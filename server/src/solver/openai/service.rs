//! The service: where it is, how it is asked, and what its refusals mean.
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use futures_util::stream::StreamExt;
use reqwest::{Client, Response};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::reply::said;
use super::request::Message;
use crate::ports::SolveError;
use crate::solver::client::{body, client_for};
use crate::solver::retry::retry_after;

const ENDPOINT: &str = "/chat/completions";
/// Of a refusal, no more than this is read and no more than this is told.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;
const MAX_SAID_CHARS: usize = 200;
/// Texts shorter than this are words that a fault may hold by chance.
const SECRET_CHARS: usize = 8;

/// The key that a service asks for. It has no `Debug`.
pub struct ApiKey {
    text: Zeroizing<String>,
    header: HeaderValue,
}

impl ApiKey {
    /// Of a key file's text; nothing if that cannot be a key.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        let mut header = HeaderValue::from_str(&format!("Bearer {text}")).ok().filter(|_| is_key)?;
        header.set_sensitive(true);
        Some(Self { text: Zeroizing::new(text.to_owned()), header })
    }
}

/// A service with an OpenAI-compatible API.
pub(super) struct Service {
    client: Client,
    url: Url,
    key: Option<ApiKey>,
    model: String,
}

/// A call that did not come to an answer.
pub(super) struct Refused {
    pub error: SolveError,
    /// Whether nothing was spent on it.
    pub is_free: bool,
}

/// Where the chat completions of a service are, with its base URL or their own; what is wrong with it otherwise.
pub fn endpoint(base: &str) -> Result<Url, String> {
    let example = "as in http://127.0.0.1:8000/v1";
    let mut url = Url::parse(base.trim()).map_err(|error| format!("url is no URL ({error}); write it {example}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("url must begin with http:// or https://, {example}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url holds credentials; put the key into a file and name that in key_file".to_owned());
    }
    if url.fragment().is_some() {
        return Err("url holds a #fragment, which no service sees; leave it out".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.is_empty() {
        return Err(format!("url has no path; most services answer under /v1, {example}"));
    }
    if path.ends_with(ENDPOINT) {
        url.set_path(&path);
        return Ok(url);
    }
    if path.ends_with("/completions") || path.ends_with("/responses") || path.ends_with("/chat") {
        return Err(format!("url must be the base URL, {example}, or end in {ENDPOINT}; it ends in another endpoint"));
    }
    url.set_path(&format!("{path}{ENDPOINT}"));
    Ok(url)
}

impl Service {
    /// Asks `model` at `url` with `key`.
    pub(super) fn new(url: Url, key: Option<ApiKey>, model: String) -> Result<Self, reqwest::Error> {
        Ok(Self { client: client_for(&url)?, url, key, model })
    }

    /// How errors name it: never the whole URL, never the key.
    pub(super) fn name(&self) -> String {
        format!("the solver at {}", self.url.origin().ascii_serialization())
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn post(&self, request: Vec<u8>, messages: &[Message]) -> Result<Response, Refused> {
        let mut call = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(request);
        if let Some(key) = &self.key {
            call = call.header(AUTHORIZATION, key.header.clone());
        }
        let response = call.send().await.map_err(|error| {
            let is_free = error.is_connect();
            let error = anyhow::Error::from(error.without_url());
            Refused { error: SolveError::Upstream(format!("{} failed: {error:#}", self.name())), is_free }
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let said = self.said(response, messages).await;
        Err(Refused { error: self.refusal(status, &headers, &said), is_free: true })
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, said: &str) -> SolveError {
        let (name, model) = (self.name(), &self.model);
        let retry_after = retry_after(headers);
        let has_room_later = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some());
        if has_room_later {
            return SolveError::Limited { message: format!("{name} has no room now ({status}){said}"), retry_after };
        }
        // It is well, but can do nothing with this one.
        if matches!(status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY)
        {
            return SolveError::BadAnswer(format!("{name} answered {status}{said}"));
        }
        SolveError::Upstream(match status {
            // What is said here may show parts of the key.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if self.key.is_some() => {
                format!("{name} refused the key ({status}); put one that is good for `{model}` into key_file")
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                format!("{name} wants a key ({status}); name a file that holds one in key_file")
            }
            StatusCode::NOT_FOUND => {
                format!("{name} has no model `{model}`, or no chat API at that url ({status}){said}")
            }
            _ => format!("{name} answered {status}{said}"),
        })
    }

    /// The service's own words, short, after a colon: without key, without what it was asked.
    async fn said(&self, response: Response, messages: &[Message]) -> String {
        let mut chunks = std::pin::pin!(body(response));
        let mut bytes = Vec::new();
        while let Some(Ok(chunk)) = chunks.next().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_REFUSAL_BYTES {
                return String::new();
            }
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        said(&value).map(|said| format!(": {}", self.quotable(said, messages))).unwrap_or_default()
    }

    /// What can be told of a service's words.
    pub(super) fn quotable(&self, said: &str, messages: &[Message]) -> String {
        let key = self.key.iter().map(|key| key.text.as_str());
        let asked = messages.iter().filter_map(|message| message.content.as_str());
        let mut told = said.to_owned();
        for secret in key.chain(asked).filter(|secret| secret.chars().count() >= SECRET_CHARS) {
            told = told.replace(secret, "…");
        }
        told.chars().take(MAX_SAID_CHARS).map(|char| if char.is_control() { ' ' } else { char }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_and_the_endpoint_s_own_lead_to_the_same_place() {
        for text in [
            "http://127.0.0.1:8000/v1",
            "http://127.0.0.1:8000/v1/",
            " http://127.0.0.1:8000/v1/chat/completions",
            "http://127.0.0.1:8000/v1/chat/completions/",
        ] {
            assert_eq!(endpoint(text).expect(text).as_str(), "http://127.0.0.1:8000/v1/chat/completions");
        }
        assert_eq!(endpoint("https://a/d?v=1").expect("a query stays").as_str(), "https://a/d/chat/completions?v=1");
    }

    #[test]
    fn a_url_that_cannot_be_meant_says_why() {
        for (text, word) in [
            ("127.0.0.1:8000/v1", "is no URL"),
            ("localhost:8000/v1", "http://"),
            ("http://127.0.0.1:8000", "/v1"),
            ("http://me:secret@host/v1", "key_file"),
            ("http://host/v1#x", "fragment"),
            ("http://host/v1/completions", "another endpoint"),
        ] {
            let error = endpoint(text).expect_err(text);
            assert!(error.contains(word) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_key_is_one_word() {
        assert!(ApiKey::new("sk-1\n").is_some());
        for text in ["", " \n", "sk 1", "sk-1\nsk-2", "clé"] {
            assert!(ApiKey::new(text).is_none(), "{text:?}");
        }
    }
}
