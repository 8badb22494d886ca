//! The axon: what validators call. Axon/Dendrite protocol of the Bittensor SDK 8 to 10 over HTTP/1.1.
//!
//! A request passes, cheapest check first: name → head → policy → nonce window → signature → replay → body → body hash.
//! The body is kept only once its sender is proven, so an unknown sender cannot make us hold megabytes.
//! What the agent gets is the *verified header's* hotkey; the body's `dendrite.hotkey` is unsigned and never read.
//!
//! Deliberately stricter than the Python axon 10.5 (each closes a hole, none refuses an honest dendrite):
//!
//! | case | Python | here | why |
//! |---|---|---|---|
//! | old or no version header | nonce age unchecked | window always | removing an unsigned header must not disable it |
//! | `timeout: 3600` or `nan` | widens or disables the window | adds at most 180 s; `nan` is 500 | it is not signed |
//! | nonce from the future | accepted | 401 beyond 4 s | it would stay replayable |
//! | replay after a restart | accepted | 401 | nonces from before the start are refused (a sender whose clock is ahead has that much of a gap) |
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

mod body;
mod call;
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
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONNECTION, HeaderValue, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, request};
use axum::response::Response;
use lode_shared::Source;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;

pub use body::Bodies;
use call::Call;
pub use nonce::{NonceError, Nonces};
pub use pyrepr::{EMPTY_BODY_HASH, PyType, body_hash};
pub use refusal::Refusal;
pub use respond::Identity;
pub use verify::Verifier;
pub use wire::{Head, HeadError};

use crate::agent::{Adapter, Agent, AnswerError};
use crate::clock::Clock;
use crate::domain::Policy;
use crate::ports::ChainWatch;
use crate::recorder::{Outcome, Recorder};
use crate::tuner::TunerView;

/// Of a name that means nothing to us, this much is said back.
const MAX_ECHOED_CHARS: usize = 64;
/// What a dendrite waits when it does not say.
const DEFAULT_TIMEOUT_S: f64 = 12.0;
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
    pub agent: Arc<Agent>,
    /// Counts.
    pub recorder: Arc<Recorder>,
    /// The metagraph.
    pub chain: ChainWatch,
    /// The settings.
    pub tuner: watch::Receiver<Arc<TunerView>>,
    /// The wall clock.
    pub clock: Clock,
    /// Bounds requests whose body is being read or answered.
    pub inflight: Semaphore,
    /// Bounds every body, bytes; an adapter may allow less.
    pub max_body_bytes: usize,
    /// Bounds all bodies together.
    pub bodies: Bodies,
}

/// Every path and method goes to one handler: the path is the synapse's name.
pub fn router(axon: Arc<Axon>) -> Router {
    Router::new().fallback(handle).layer(CatchPanicLayer::new()).with_state(axon)
}

async fn handle(State(axon): State<Arc<Axon>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut call = Call::new(Arc::clone(&axon), body);
    let mut response = match axon.route(&head) {
        Ok(name) => axon.respond(name, &head.headers, &mut call).await,
        Err(response) => {
            call.end(Outcome::Refused("bad_path"));
            *response
        }
    };
    if !call.is_read_whole().await {
        // A client that pools its connections would otherwise lose its next request to our hanging up.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
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

    /// Answers or refuses, and counts either.
    async fn respond(&self, name: &str, headers: &HeaderMap, call: &mut Call) -> Response {
        match self.answer(name, headers, call).await {
            Ok((response, source)) => {
                call.end(Outcome::Answered { source, cacheable: call.cacheable.unwrap_or(false) });
                response
            }
            Err(refusal) => {
                let reason = refusal.label();
                call.end(match (&refusal, call.cacheable) {
                    (Refusal::Unanswered(_), Some(cacheable)) => Outcome::Failed { reason, cacheable },
                    _ => Outcome::Refused(reason),
                });
                self.identity.refuse(headers, &refusal, call.started.elapsed())
            }
        }
    }

    async fn answer(&self, name: &str, headers: &HeaderMap, call: &mut Call) -> Result<(Response, Source), Refusal> {
        let adapter = self
            .adapters
            .get(name)
            .ok_or_else(|| Refusal::UnknownSynapse(name.chars().take(MAX_ECHOED_CHARS).collect()))?;
        let head = Head::parse(headers)?;
        let sender = self.verifier.sender(&head)?;
        // Policy before the signature: a map look-up against 35 µs of curve arithmetic. It trusts the name that the sender
        // gives, but only to say no: whoever names a permitted validator still has to sign as it.
        {
            let chain = self.chain.borrow();
            self.policy.admit(&sender.hotkey, chain.as_ref().map(|view| &view.metagraph))?;
        }
        let now_ns = self.clock.now_ns();
        self.verifier.verify(&head, &sender, now_ns)?;
        call.hotkey = Some(sender.hotkey);

        let _place = self.inflight.try_acquire().map_err(|_| Refusal::Overloaded)?;
        let limit = adapter.max_body_bytes.min(self.max_body_bytes);
        let body = self.bodies.read(headers, &mut call.body, limit).await?;
        if adapter.body_hash(&body.fields) != head.body_hash {
            return Err(Refusal::BodyHash);
        }
        let age = Duration::from_nanos(now_ns.saturating_sub(head.nonce_ns.unwrap_or(now_ns)));
        let deadline = call.started + time_left(head.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S), age);
        self.solve(adapter, headers, body.fields, deadline, call).await
    }

    async fn solve(
        &self,
        adapter: &Adapter,
        headers: &HeaderMap,
        body: Map<String, Value>,
        deadline: Instant,
        call: &mut Call,
    ) -> Result<(Response, Source), Refusal> {
        let Some(asks) = &adapter.asks else {
            let response = self.identity.success(headers, body, &adapter.reply, call.started.elapsed());
            return Ok((response, Source::Static));
        };
        let question = asks.question(&adapter.name, &body).map_err(Refusal::BadBody)?;
        call.cacheable = Some(asks.cache);
        let settings = self.tuner.borrow().settings;
        let answered = self.agent.answer(asks, question, &body, settings, deadline).await?;
        let took = call.started.elapsed();
        let given = &answered.answer.fields;
        let response = if asks.stream {
            let text = asks.answer.first().and_then(|field| given.get(field)?.as_str());
            self.identity.stream(headers, text.ok_or(AnswerError::Invalid)?, took)
        } else {
            let mut fields = adapter.reply.clone();
            fields.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
            self.identity.success(headers, body, &fields, took)
        };
        Ok((response, answered.source))
    }
}

/// How long a request may take: the validator's timeout, less what has passed since it signed (it may have waited for a free
/// connection), less a margin. Its clock may be wrong, so the first counts for half of the timeout at most, and what is left
/// is halved rather than used up by the margin.
fn time_left(timeout_s: f64, age: Duration) -> Duration {
    let timeout = Duration::try_from_secs_f64(timeout_s.clamp(0.0, 3_600.0)).unwrap_or_default();
    let left = timeout - age.min(timeout / 2);
    left.saturating_sub(ANSWER_MARGIN).max(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_timeout_leaves_a_margin_and_half_when_it_is_short() {
        let left = |timeout_s, age_s| time_left(timeout_s, Duration::from_secs(age_s));
        assert_eq!(left(12.0, 0), Duration::from_millis(11_750));
        assert_eq!(left(12.0, 2), Duration::from_millis(9_750));
        assert_eq!(left(12.0, 11), Duration::from_millis(5_750), "a clock that is behind takes half at most");
        assert_eq!(left(0.3, 0), Duration::from_millis(150));
        assert_eq!(left(0.0, 1), Duration::ZERO);
        assert_eq!(left(-5.0, 1), Duration::ZERO);
        assert_eq!(left(1e300, 0), Duration::from_millis(3_599_750));
    }
}
