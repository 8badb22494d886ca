//! Vectors from a service: any OpenAI-compatible `POST /v1/embeddings`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Client;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::config::Secret;

/// Less than the time that memory may take: a service that is slower is of no use.
pub const TIMEOUT: Duration = Duration::from_millis(250);
/// Components of a vector, at most.
const MAX_DIMENSIONS: usize = 4_096;
/// Bytes of an answer, at most: a component takes some twenty.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Text sent, at most.
const MAX_TEXT_BYTES: usize = 8_192;

/// `[cache.embedder]`: a service that makes vectors, in place of the table inside the binary.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedderConfig {
    /// Where `POST`s go, `/v1/embeddings` included.
    pub url: Url,
    /// The model that is asked for.
    pub model: String,
    /// A file that holds the service's key, sent as a bearer token.
    #[schema(value_type = Option<String>)]
    pub key_file: Option<std::path::PathBuf>,
    /// The environment variable that holds it, in place of a file.
    pub key_env: Option<String>,
}

impl std::fmt::Debug for EmbedderConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::config::debug(self, f)
    }
}

/// The service.
pub struct RemoteEmbedder {
    client: Client,
    url: Url,
    model: String,
    key: Option<Secret>,
    failures: AtomicU64,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a str,
    encoding_format: &'static str,
}

#[derive(Deserialize)]
struct Response {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    embedding: Vec<f32>,
}

impl RemoteEmbedder {
    /// As configured, with so long for an answer; says what cannot be used.
    pub fn new(config: &EmbedderConfig, timeout: Duration) -> Result<Self, String> {
        let key = Secret::read(config.key_file.as_deref(), config.key_env.as_deref())
            .map_err(|error| format!("cache.embedder.{error}"))?;
        let client = Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| format!("cache.embedder: no HTTP client: {error}"))?;
        let (url, model) = (config.url.clone(), config.model.clone());
        Ok(Self { client, url, model, key, failures: 0.into() })
    }

    /// Which service and model.
    pub fn name(&self) -> String {
        format!("{} {}", self.place(), self.model)
    }

    /// Where it is, without what may be a secret: user, password, query.
    fn place(&self) -> String {
        let host = self.url.host_str().unwrap_or("?");
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")) + self.url.path()
    }

    /// The vector of `text`; nothing when the service fails, which the log tells at the first failure in a row.
    pub async fn embed(&self, text: &str) -> Option<Box<[i8]>> {
        match self.ask(text).await {
            Ok(vector) => {
                if self.failures.swap(0, Ordering::Relaxed) > 0 {
                    tracing::info!("the embedder at {} answers again", self.place());
                }
                Some(vector)
            }
            Err(fault) => {
                if self.failures.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!("the embedder at {} fails: {fault}; only exact repeats are answered", self.place());
                }
                None
            }
        }
    }

    async fn ask(&self, text: &str) -> Result<Box<[i8]>, String> {
        let input = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
        let body = Request { model: &self.model, input, encoding_format: "float" };
        let mut request = self.client.post(self.url.clone()).json(&body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.reveal());
        }
        let sent = request.send().await.and_then(reqwest::Response::error_for_status);
        let mut response = sent.map_err(|error| error.without_url().to_string())?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.without_url().to_string())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER_BYTES {
                return Err(format!("its answer is larger than {MAX_ANSWER_BYTES} bytes"));
            }
        }
        let answer: Response = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let embedding = answer.data.into_iter().next().ok_or("its answer holds no embedding")?.embedding;
        quantised(&embedding).ok_or_else(|| "its embedding has no length or too many components".to_owned())
    }
}

/// At unit length, times 127, rounded.
fn quantised(vector: &[f32]) -> Option<Box<[i8]>> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let is_usable = length.is_normal() && vector.len() <= MAX_DIMENSIONS;
    is_usable.then(|| vector.iter().map(|value| (value / length * 127.0).round() as i8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_brought_to_unit_length_and_nonsense_is_none() {
        assert_eq!(quantised(&[3.0, 4.0]).as_deref(), Some([76, 102].as_slice()));
        for nonsense in [vec![], vec![0.0; 4], vec![f32::NAN, 1.0], vec![f32::INFINITY], vec![1.0; MAX_DIMENSIONS + 1]]
        {
            assert_eq!(quantised(&nonsense), None);
        }
    }
}
