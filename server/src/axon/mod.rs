//! The axon: what validators call. Axon/Dendrite protocol of the Bittensor SDK 8 to 10 over HTTP/1.1.
//!
//! A request passes, cheapest check first: name → head → policy → nonce window → signature → replay → body → body hash.
//! The body is read only once its sender is proven, so an unknown sender cannot make us hold megabytes.
//! What the agent gets is the *verified header's* hotkey; the body's `dendrite.hotkey` is unsigned and never read.
//!
//! Deliberately stricter than the Python axon 10.5 (each closes a hole, none refuses an honest dendrite):
//!
//! | case | Python | here | why |
//! |---|---|---|---|
//! | old or no version header | nonce age unchecked | window always | removing an unsigned header must not disable it |
//! | `timeout: 3600` or `nan` | widens or disables the window | adds at most 12 s; `nan` is 500 | it is not signed |
//! | nonce from the future | accepted | 401 beyond 4 s | it would stay replayable |
//! | replay after a restart | accepted | 401 | nonces from before the start are refused |
//! | growing nonces per dendrite | required | any order, once each | concurrent requests overtake each other |
//! | address of another format | accepted | 401 | one key, one text |
//! | nonce beyond 64 bits or negative | accepted | 500 | no clock reads that |
//! | signature over `<Bytes>…</Bytes>` | accepted | 401 | no dendrite sends it, and each try costs a verification |
//! | body beyond the limit | accepted | 413 | memory is bounded |
//! | no or unreadable hotkey | 403 | 401 | there is nobody to apply a policy to |
//! | unknown synapse | lists all names | names only the asked | nobody's business |
//!
//! And deliberately looser, where Python fails for reasons of its own: `bt_header_input_obj_…` headers are ignored, any
//! content type is read as JSON, unknown fields are echoed.

mod nonce;
mod nonprintable;
mod pyrepr;
mod refusal;
mod respond;
mod verify;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, HeaderValue, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, request};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use lode_shared::Source;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

pub use nonce::{NonceError, Nonces};
pub use pyrepr::{PyType, body_hash};
pub use refusal::Refusal;
pub use respond::Identity;
pub use verify::Verifier;
pub use wire::{Head, HeadError};

use crate::agent::{Adapter, AdapterKind, Agent, AnswerError};
use crate::clock::Clock;
use crate::domain::Policy;
use crate::keys::Hotkey;
use crate::ports::ChainWatch;
use crate::recorder::{Outcome, Record, Recorder};
use crate::store::{RequestRow, Store};
use crate::tuner::TunerView;

/// What a dendrite waits when it does not say.
const DEFAULT_TIMEOUT_S: f64 = 12.0;
/// A sender has this long for its whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A body that nobody wants is read up to this much and this long, to keep its connection.
const MAX_DRAINED_BYTES: usize = 64 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_millis(50);
/// Left of the validator's timeout for the network and for writing the answer.
const ANSWER_MARGIN: Duration = Duration::from_millis(250);

/// Everything that answers a request.
pub struct Axon {
    /// Adapters by synapse name.
    pub adapters: HashMap<String, Adapter>,
    /// Who may call.
    pub policy: Policy,
    /// Proves senders.
    pub verifier: Verifier,
    /// What answers say of us.
    pub identity: Identity,
    /// Answers questions.
    pub agent: Agent,
    /// Counts.
    pub recorder: Arc<Recorder>,
    /// Keeps.
    pub store: Store,
    /// The metagraph.
    pub chain: ChainWatch,
    /// The settings.
    pub tuner: watch::Receiver<Arc<TunerView>>,
    /// The wall clock.
    pub clock: Clock,
    /// Bounds requests whose body is being read or answered.
    pub inflight: Semaphore,
    /// Bounds a body, bytes.
    pub max_body_bytes: usize,
}

/// A request that was answered.
struct Answered {
    response: Response,
    source: Source,
    cacheable: bool,
}

/// A request that was not, with what is known of it.
struct Stopped {
    refusal: Refusal,
    cacheable: bool,
}

impl<E: Into<Refusal>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self { refusal: error.into(), cacheable: false }
    }
}

/// Every path and method goes to one handler: the path is the synapse's name.
pub fn router(axon: Arc<Axon>) -> Router {
    Router::new().fallback(handle).with_state(axon)
}

async fn handle(State(axon): State<Arc<Axon>>, request: Request) -> Response {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let name = match axon.route(&head) {
        Ok(name) => name.to_owned(),
        Err(response) => return *response,
    };
    let mut call = Call { body: Some(body), hotkey: None };
    let result = axon.answer(&name, &head.headers, &mut call, started).await;
    let took = started.elapsed();
    let (mut response, outcome, detail) = match result {
        Ok(Answered { response, source, cacheable }) => {
            (response, Outcome::Answered { source, cacheable }, source.label())
        }
        Err(Stopped { refusal, cacheable }) => {
            let reason = refusal.label();
            let outcome = match refusal {
                Refusal::Unanswered(_) => Outcome::Failed { reason, cacheable },
                _ => Outcome::Refused(reason),
            };
            (axon.identity.refuse(&head.headers, &refusal, took), outcome, reason)
        }
    };
    axon.record(&name, call.hotkey, outcome, detail, took);
    if !call.is_read_whole().await {
        // A client that pools its connections would otherwise lose its next request to our hanging up.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What is learned of a request on its way.
struct Call {
    /// Taken when its sender is proven.
    body: Option<Body>,
    /// The sender, when proven.
    hotkey: Option<Hotkey>,
}

impl Call {
    /// Whether the connection is ready for the next request. A small body that nobody wanted is read and dropped for that.
    async fn is_read_whole(&mut self) -> bool {
        match &mut self.body {
            None => true,
            Some(body) if body.is_end_stream() => true,
            Some(body) => {
                let rest = Limited::new(body, MAX_DRAINED_BYTES).collect();
                tokio::time::timeout(DRAIN_TIMEOUT, rest).await.is_ok_and(|read| read.is_ok())
            }
        }
    }
}

impl Axon {
    /// The synapse's name, or the answer of the HTTP layer beneath.
    fn route<'a>(&self, head: &'a request::Parts) -> Result<&'a str, Box<Response>> {
        let path = head.uri.path();
        let name = path.trim_start_matches('/');
        if let Some(bare) = name.strip_suffix('/').filter(|bare| self.adapters.contains_key(*bare)) {
            let mut response = respond::plain(StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect");
            if let Ok(location) = HeaderValue::from_str(&format!("/{bare}")) {
                response.headers_mut().insert(LOCATION, location);
            }
            return Err(Box::new(response));
        }
        if name.contains('/') {
            return Err(Box::new(respond::plain(StatusCode::NOT_FOUND, "Not Found")));
        }
        if head.method != Method::POST && head.method != Method::GET {
            let mut response = respond::plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET"));
            return Err(Box::new(response));
        }
        Ok(name)
    }

    async fn answer(
        &self,
        name: &str,
        headers: &HeaderMap,
        call: &mut Call,
        started: Instant,
    ) -> Result<Answered, Stopped> {
        let adapter = self.adapters.get(name).ok_or_else(|| Refusal::UnknownSynapse(name.to_owned()))?;
        let head = Head::parse(headers)?;
        let sender = self.verifier.sender(&head)?;
        // Policy before the signature: a map look-up against 35 µs of curve arithmetic. It trusts the name that the sender
        // gives, but only to say no: whoever names a permitted validator still has to sign as it.
        {
            let chain = self.chain.borrow();
            self.policy.admit(&sender.hotkey, chain.as_ref().map(|view| &view.metagraph))?;
        }
        self.verifier.verify(&head, &sender, self.clock.now_ns())?;
        call.hotkey = Some(sender.hotkey);

        let _permit = self.inflight.try_acquire().map_err(|_| Refusal::Overloaded)?;
        let body = read_body(headers, &mut call.body, self.max_body_bytes).await?;
        if adapter.body_hash(&body) != head.body_hash {
            return Err(Refusal::BodyHash.into());
        }
        let deadline = started + deadline(head.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S));
        self.solve(adapter, headers, body, started, deadline).await
    }

    async fn solve(
        &self,
        adapter: &Adapter,
        headers: &HeaderMap,
        body: Map<String, Value>,
        started: Instant,
        deadline: Instant,
    ) -> Result<Answered, Stopped> {
        let mut fields = adapter.reply.clone();
        let AdapterKind::Asks(asks) = &adapter.kind else {
            let response = self.identity.success(headers, body, &fields, started.elapsed());
            return Ok(Answered { response, source: Source::Static, cacheable: false });
        };
        let question = asks.question(&adapter.name, &body).map_err(Refusal::BadBody)?;
        let settings = self.tuner.borrow().settings;
        let cacheable = asks.cache;
        let answered = self
            .agent
            .answer(asks, question, &body, settings, deadline)
            .await
            .map_err(|error| Stopped { refusal: Refusal::Unanswered(error), cacheable })?;
        let took = started.elapsed();
        let response = if asks.stream {
            let text = asks.answer.first().and_then(|field| answered.answer.fields.get(field)?.as_str());
            let invalid = || Stopped { refusal: Refusal::Unanswered(AnswerError::Invalid), cacheable };
            self.identity.stream(headers, text.ok_or_else(invalid)?, took)
        } else {
            fields.extend(answered.answer.fields.iter().map(|(name, value)| (name.clone(), value.clone())));
            self.identity.success(headers, body, &fields, took)
        };
        Ok(Answered { response, source: answered.source, cacheable })
    }

    fn record(&self, name: &str, hotkey: Option<Hotkey>, outcome: Outcome, detail: &'static str, took: Duration) {
        let at_ms = self.clock.now_ms();
        self.recorder.record(&Record { at_ms, hotkey, outcome, took });
        self.store.request(RequestRow {
            at_ms,
            hotkey,
            // An unknown name is the sender's text; it is not kept.
            synapse: if self.adapters.contains_key(name) { name.to_owned() } else { String::new() },
            outcome: match outcome {
                Outcome::Answered { .. } => "answered",
                Outcome::Failed { .. } => "failed",
                Outcome::Refused(_) => "refused",
            },
            detail,
            took_us: took.as_micros() as u64,
        });
    }
}

/// How long a request may take: the validator's timeout less a margin, and half of a timeout too short for one.
fn deadline(timeout_s: f64) -> Duration {
    let timeout = Duration::try_from_secs_f64(timeout_s.clamp(0.0, 3_600.0)).unwrap_or_default();
    timeout.saturating_sub(ANSWER_MARGIN).max(timeout / 2)
}

/// Reads the body. It stays in `slot`, unread or half read, when it is too large or breaks off.
async fn read_body(headers: &HeaderMap, slot: &mut Option<Body>, limit: usize) -> Result<Map<String, Value>, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::BodyTooLarge(limit));
    }
    let mut body = Body::empty();
    let read =
        tokio::time::timeout(BODY_TIMEOUT, Limited::new(slot.as_mut().unwrap_or(&mut body), limit).collect()).await;
    let bytes = match read {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Refusal::BodyTooLarge(limit)),
        Ok(Err(_)) | Err(_) => return Err(Refusal::BodyBroken),
    };
    *slot = None;
    if std::str::from_utf8(&bytes).is_err() {
        return Err(Refusal::BodyBroken);
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Refusal::BadBody("the body is not a JSON object".into())),
        Err(_) => Err(Refusal::NotJson),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_leaves_a_margin_and_half_of_a_short_timeout() {
        assert_eq!(deadline(12.0), Duration::from_millis(11_750));
        assert_eq!(deadline(0.3), Duration::from_millis(150));
        assert_eq!(deadline(0.0), Duration::ZERO);
        assert_eq!(deadline(-5.0), Duration::ZERO);
        assert_eq!(deadline(1e300), Duration::from_millis(3_599_750));
    }
}
