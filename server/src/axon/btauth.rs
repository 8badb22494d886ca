//! `btauth/1`: how SDK 11 signs plain HTTP requests. It has no routes and no answers of its own; only headers.
//!
//! Unlike a dendrite's signature, this one covers method, path and every byte of the body. So the body is read before its
//! sender is proven; policy and the nonce's age come first all the same.
//!
//! Keys are sr25519 here. A request that declares an ed25519 key is refused as one whose signature does not verify.

use axum::http::HeaderMap;
use schnorrkel::Signature;
use sha2::{Digest, Sha256};

use super::nonce::Nonces;

const VERSION: &str = "x-bittensor-version";
const HOTKEY: &str = "x-bittensor-hotkey";
const NONCE: &str = "x-bittensor-nonce";
const SIGNATURE: &str = "x-bittensor-signature";
const RECEIVER: &str = "x-bittensor-receiver";
const CRYPTO: &str = "x-bittensor-crypto";

/// What the headers of a signed request say. None of it is verified yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth<'a> {
    /// The sender's address, verbatim.
    pub hotkey: &'a str,
    /// The sender's clock, nanoseconds since the Unix epoch.
    pub nonce_ns: u64,
    /// The signature, when it has the form of one.
    pub signature: Option<Signature>,
    /// Whom it is for, verbatim.
    pub receiver: Option<&'a str>,
}

/// Why a signed request is refused before its signature is looked at. Classes and texts as in the SDK's `http_auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A header is missing or unreadable.
    #[error("{0}")]
    Malformed(&'static str),
    /// For somebody else, or for anybody.
    #[error("{0}")]
    WrongReceiver(&'static str),
    /// Outside of its time.
    #[error("{0}")]
    Stale(&'static str),
}

/// Whether a request speaks this protocol.
pub fn is_auth(headers: &HeaderMap) -> bool {
    headers.contains_key(VERSION) || headers.contains_key(SIGNATURE)
}

impl<'a> Auth<'a> {
    /// Reads the headers.
    pub fn parse(headers: &'a HeaderMap) -> Result<Self, AuthError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let need = |name: &str, missing| text(name).ok_or(AuthError::Malformed(missing));
        if text(VERSION) != Some("1") {
            return Err(AuthError::Malformed("missing or unsupported X-Bittensor-Version (expected '1')"));
        }
        let hotkey = need(HOTKEY, "missing X-Bittensor-Hotkey")?;
        let nonce = need(NONCE, "missing X-Bittensor-Nonce")?;
        let digits = need(SIGNATURE, "missing X-Bittensor-Signature")?;
        let nonce_ns = Some(nonce).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let nonce_ns = nonce_ns.and_then(|text| text.parse().ok());
        let nonce_ns = nonce_ns.ok_or(AuthError::Malformed("X-Bittensor-Nonce is not a decimal integer"))?;
        let bytes = hex::decode(digits.strip_prefix("0x").unwrap_or(digits));
        let bytes = bytes.map_err(|_| AuthError::Malformed("X-Bittensor-Signature is not hex"))?;
        if bytes.len() != 64 {
            return Err(AuthError::Malformed("invalid hotkey address or signature encoding"));
        }
        let signature = match text(CRYPTO) {
            None | Some("sr25519") => Signature::from_bytes(&bytes).ok(),
            Some("ed25519") => None,
            Some(_) => return Err(AuthError::Malformed("unsupported X-Bittensor-Crypto")),
        };
        Ok(Self { hotkey, nonce_ns, signature, receiver: text(RECEIVER) })
    }

    /// Whether it is for us, `address`, and of now. `needs_receiver` refuses what is for anybody.
    pub fn check(&self, address: &str, needs_receiver: bool, now_ns: u64) -> Result<(), AuthError> {
        match self.receiver {
            None if needs_receiver => {
                let text = "missing X-Bittensor-Receiver: this server requires receiver-bound requests";
                return Err(AuthError::WrongReceiver(text));
            }
            Some(receiver) if receiver != address => {
                return Err(AuthError::WrongReceiver("request was signed for a different receiving hotkey"));
            }
            _ => {}
        }
        match Nonces::check_auth_window(self.nonce_ns, now_ns) {
            true => Ok(()),
            false if self.nonce_ns > now_ns => Err(AuthError::Stale("nonce is more than 2s in the future")),
            false => Err(AuthError::Stale("nonce is older than the 10s freshness window")),
        }
    }

    /// The text that is signed: eight lines. `path` has its query, as sent.
    pub fn message(&self, method: &str, path: &str, body: &[u8]) -> String {
        let method = method.to_ascii_uppercase();
        let body = hex::encode(Sha256::digest(body));
        let (nonce_ns, hotkey, receiver) = (self.nonce_ns, self.hotkey, self.receiver.unwrap_or("-"));
        format!("btauth/1\nsr25519\n{method}\n{path}\n{body}\n{nonce_ns}\n{hotkey}\n{receiver}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use schnorrkel::PublicKey;
    use serde_json::Value;

    use super::*;
    use crate::keys::{Claim, Hotkey, verify};

    fn headers(case: &Value) -> HeaderMap {
        let pairs = case["headers"].as_object().expect("an object").iter();
        pairs
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value.as_str().expect("a text")).expect("a value");
                (HeaderName::from_bytes(name.as_bytes()).expect("a name"), value)
            })
            .collect()
    }

    /// The class of the SDK's verdict and its text.
    fn verdict(case: &Value, nonces: &Nonces) -> Result<(), (&'static str, String)> {
        let text = |name: &str| case[name].as_str().expect("a text");
        let headers = headers(case);
        let now_ns: u64 = case["now_ns"].to_string().parse().expect("a number");
        let class = |error: AuthError| {
            let class = match error {
                AuthError::Malformed(_) => "MalformedAuth",
                AuthError::WrongReceiver(_) => "WrongReceiver",
                AuthError::Stale(_) => "StaleRequest",
            };
            (class, error.to_string())
        };
        let auth = Auth::parse(&headers).map_err(class)?;
        auth.check(text("self_hotkey"), case["require_receiver"] == true, now_ns).map_err(class)?;
        let encoding = |_| ("MalformedAuth", "invalid hotkey address or signature encoding".to_owned());
        let hotkey: Hotkey = auth.hotkey.parse().map_err(encoding)?;
        let body = hex::decode(text("body_hex")).expect("hexadecimal");
        let message = auth.message(text("method"), text("path"), &body);
        if let Some(payload) = case["payload_utf8"].as_str() {
            assert_eq!(message, payload, "{}", case["id"]);
        }
        let public = PublicKey::from_bytes(hotkey.bytes()).expect("a key");
        let is_true = auth.signature.is_some_and(|signature| verify(&Claim { public, message, signature }));
        if !is_true {
            return Err(("BadSignature", "signature does not verify against the claimed hotkey".into()));
        }
        let replayed = |_| ("ReplayedRequest", "this nonce was already accepted from this hotkey".into());
        nonces.remember(hotkey, "", auth.nonce_ns, now_ns, Duration::ZERO).map_err(replayed)
    }

    #[test]
    fn every_vector_of_the_real_sdk_has_its_verdict() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors/btauth1.json")).expect("the vectors are JSON");
        let cases = vectors["cases"].as_array().expect("a list");
        assert_eq!(cases.len(), 29, "the file is whole");
        for case in cases {
            let nonces = Nonces::new(0, HashMap::new());
            let mut verdicts = vec![verdict(case, &nonces)];
            if case["sent_twice"] == true {
                assert_eq!(verdicts.pop(), Some(Ok(())), "{}: the first", case["id"]);
                verdicts.push(verdict(case, &nonces));
            }
            let got = match &verdicts[0] {
                Ok(()) => ("ok", String::new()),
                Err((class, text)) => (*class, text.clone()),
            };
            assert_eq!(got.0, case["expect"], "{}: {}", case["id"], got.1);
            assert_eq!(got.1, case["message"].as_str().unwrap_or_default(), "{}", case["id"]);
        }
    }

    proptest! {
        #[test]
        fn no_header_values_make_the_parser_panic(values in prop::array::uniform5(prop::collection::vec(any::<u8>(), 0..80))) {
            let mut headers = HeaderMap::from_iter([(HeaderName::from_static(VERSION), HeaderValue::from_static("1"))]);
            for (name, value) in [HOTKEY, NONCE, SIGNATURE, RECEIVER, CRYPTO].into_iter().zip(&values) {
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            if let Ok(auth) = Auth::parse(&headers) {
                let _ = auth.check("5Us", true, 0);
            }
        }
    }
}
