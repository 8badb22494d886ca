//! The requests of a benchmark, signed before the clock starts: those that are answered, and those that are not.

use serde_json::{Map, Value};

use super::load::Scripts;
use crate::axon::EMPTY_BODY_HASH;
use crate::clock::Clock;
use crate::devnet::{Dendrite, SignedRequest, devnet_signer};

/// Requests are signed before the run: this keeps both axons from refusing the last of them as too old (Lode for three
/// minutes).
const TIMEOUT_S: f64 = 600.0;
/// A subnet has some dozen validators; as many as devnet has sign here.
const VALIDATORS: u32 = 12;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Signed by a validator.
    Signed,
    /// With a signature over something else.
    BadSignature,
    /// Signed by somebody who is not of the subnet.
    Stranger,
    /// With a nonce that is no number.
    Malformed,
}

impl Kind {
    /// What is answered.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Signed => 200,
            Self::BadSignature => 401,
            Self::Stranger => 403,
            Self::Malformed => 500,
        }
    }
}

/// The signer whom one validator of the devnet has. The SDK's axon asks growing nonces of each dendrite, so there is one for
/// each connection.
fn dendrite(connection: u32, kind: Kind, clock: &Clock) -> Dendrite {
    let name = match kind {
        Kind::Stranger => "a stranger".to_owned(),
        _ => format!("validator {}", connection % VALIDATORS),
    };
    Dendrite::new(devnet_signer(&name), format!("bench-{connection}-{}", clock.now_ns()))
}

/// One request for an answer that is soon in memory.
pub(super) fn request(dendrite: &Dendrite, axon_hotkey: &str, nonce_ns: u64) -> SignedRequest {
    let fields = Map::from_iter([("text".to_owned(), Value::from("hello"))]);
    dendrite.sign(axon_hotkey, "EchoSynapse", &fields, EMPTY_BODY_HASH, TIMEOUT_S, nonce_ns)
}

/// `requests` in all, over `connections`.
pub(super) fn scripts(kind: Kind, axon_hotkey: &str, requests: u32, connections: u32, clock: &Clock) -> Scripts {
    let script = |connection| {
        let dendrite = dendrite(connection, kind, clock);
        let one = |_| {
            let mut request = request(&dendrite, axon_hotkey, clock.now_ns());
            for (name, value) in &mut request.headers {
                match (kind, *name) {
                    // Well formed, and over another message.
                    (Kind::BadSignature, "bt_header_dendrite_uuid") => *value = "another".into(),
                    (Kind::Malformed, "bt_header_dendrite_nonce") => *value = "soon".into(),
                    _ => {}
                }
            }
            request.to_http()
        };
        (0..requests / connections).map(one).collect()
    };
    (0..connections).map(script).collect()
}

/// The same unsigned request again and again.
pub(super) fn gets(path: &str, requests: u32, connections: u32) -> Scripts {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").into_bytes();
    vec![vec![request; (requests / connections) as usize]; connections as usize]
}
