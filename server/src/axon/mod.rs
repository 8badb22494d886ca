//! The axon: what validators call. Two protocols on one port, told apart by their headers: Axon/Dendrite of the Bittensor
//! SDK 8 to 10, and the signed HTTP requests of SDK 11, [`btauth`].
//!
//! # What a request passes
//!
//! Cheapest first, so that whoever attacks pays more than we do. One that is refused before its signature costs some 10 µs
//! of CPU, nearly all of it HTTP, and one with a false signature some 60 µs (`lode bench`).
//!
//! | check | costs | against |
//! |---|---|---|
//! | address rate | a look-up | floods from one place, whatever they send |
//! | name, head | two look-ups and a parse | what is no request |
//! | policy | two look-ups | hotkeys that may not call |
//! | nonce window | a comparison | old captures |
//! | signature | 35 µs, 20 in a batch | everybody who is not the hotkey |
//! | replay, hotkey rate, places | three look-ups | the hotkey itself |
//! | body, body hash | as its size | a body that is not the signed one |
//!
//! Policy comes before the signature: it trusts the name that the sender gives, but only to say no. Who names a permitted
//! validator still has to sign as it, and until then is known by network address alone ([`callers`]). The rate of a hotkey
//! counts after the signature, or anybody could use it up in its name. The body is kept only once its sender is proven, so
//! an unknown sender cannot make us hold megabytes. Under `btauth/1`, which signs the body, it has to be read before: of
//! addresses that never signed anything, 32 at a time each, 256 and 8 MiB in all.
//! What the agent gets is the *verified header's* hotkey; the body's `dendrite.hotkey` is unsigned and never read.
//!
//! # Differences
//!
//! Deliberately stricter than the Python axon 10.5 (each closes a hole, none refuses an honest dendrite):
//!
//! | case | Python | here | why |
//! |---|---|---|---|
//! | no signature | 200 before 10.5 | 401 | anybody could be anybody |
//! | old or no version header | nonce age unchecked | window always | removing an unsigned header must not disable it |
//! | `timeout: 3600` | widens the window | adds at most 180 s | it is not signed |
//! | `timeout: nan` | disables the window | 500 | the same |
//! | nonce from the future | accepted | 401 beyond 4 s | it would stay replayable |
//! | nonce beyond 64 bits or negative | accepted | 500 | no clock reads that |
//! | replay after a restart | accepted | 401 | nonces from before the start are refused, and those below a sender's mark ([`marks`]) |
//! | address of another format | accepted | 401 | one key, one text |
//! | signature over `<Bytes>…</Bytes>` | accepted | 401 | no dendrite sends it, and each try costs a verification |
//! | body beyond the limit | accepted | 413 | memory is bounded |
//! | head beyond some 64 KiB | 200 at 70 KB, 400 at 200 KB | 431 | the same |
//! | no or unreadable hotkey | 403, or 401 without a blacklist | 401 | there is nobody to apply a policy to |
//! | empty body, `NaN` | 500 | 422 | the sender's fault, not ours |
//! | unknown synapse | lists all names | names only the asked | nobody's business |
//! | more than its rate | accepted | 429 | one caller cannot take what others need |
//!
//! And deliberately looser: nonces of a dendrite come in any order, once each, because concurrent requests overtake each
//! other; `bt_header_input_obj_…` headers are ignored, any content type is read as JSON, unknown fields are echoed. What a
//! Python miner may program and configuration does not say: a blacklist by synapse (leave the synapse out: 404) and a
//! priority function (it is the stake). Every recorded case is a test: `tests/suite/negative.rs`.

mod admit;
mod answer;
mod body;
pub mod btauth;
mod call;
pub mod callers;
mod checker;
mod margin;
pub mod marks;
mod nonce;
mod nonprintable;
mod pyrepr;
mod refusal;
mod respond;
mod verify;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, HeaderValue};
use axum::response::Response;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;

pub use admit::Adapters;
pub use body::{ALL_BODIES_BYTES, Bodies};
use call::Call;
pub use checker::{Checker, CheckerThread, MAX_BATCH, Trust};
pub use margin::Margin;
pub use nonce::{NonceError, Nonces};
pub use pyrepr::{EMPTY_BODY_HASH, PyType, body_hash};
pub use refusal::Refusal;
pub use respond::Identity;
pub use verify::{Verifier, senders};
pub use wire::{Head, HeadError};

use crate::agent::Agent;
use crate::clock::Clock;
use crate::ports::ChainWatch;
use crate::recorder::Recorder;
use crate::service::ServiceWatch;
use crate::tuner::TunerView;

/// Everything that answers a request.
pub struct Axon {
    /// Who may call, and by which adapter each synapse is read.
    pub service: ServiceWatch,
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
    /// Bounds requests whose body is being read or answered…
    pub inflight: Arc<Semaphore>,
    /// …to so many.
    pub max_inflight: usize,
    /// Bounds every body, bytes; an adapter may allow less.
    pub max_body_bytes: usize,
    /// Bounds all bodies together.
    pub bodies: Bodies,
    /// What is left of a timeout.
    pub margin: Margin,
    /// Whether a `btauth/1` request must name us as its receiver.
    pub needs_receiver: bool,
}

/// Every path and method goes to one handler: the path names the synapse.
pub fn router(axon: Arc<Axon>) -> Router {
    Router::new().fallback(handle).layer(CatchPanicLayer::new()).with_state(axon)
}

async fn handle(State(axon): State<Arc<Axon>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let call = Call::new(Arc::clone(&axon), body);
    let (mut response, call) = axon.respond(&head, call).await;
    // One whose answer is still being written has been read.
    if let Some(mut call) = call
        && !call.is_read_whole().await
    {
        // A client that pools its connections would otherwise lose its next request to our hanging up.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
