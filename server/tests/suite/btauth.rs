//! Signed HTTP requests of SDK 11, over real sockets. The rules themselves are tested with the SDK's vectors where they are.

use std::sync::atomic::Ordering;

use lode::config::Config;
use lode::keys::Signer;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Miner, NOW_NS, Reply, exchange, interop_config, validator};

/// A request as the SDK signs it: eight lines.
pub struct Signed<'a> {
    pub signer: &'a Signer,
    pub path: &'a str,
    pub body: &'a str,
    pub nonce_ns: u64,
    pub receiver: Option<&'a str>,
}

impl Signed<'_> {
    pub fn to_http(&self, method: &str) -> Vec<u8> {
        let Self { signer, path, body, nonce_ns, receiver } = self;
        let hash = hex::encode(Sha256::digest(body.as_bytes()));
        let (hotkey, names) = (signer.address(), receiver.unwrap_or("-"));
        let message = format!("btauth/1\nsr25519\n{method}\n{path}\n{hash}\n{nonce_ns}\n{hotkey}\n{names}");
        let signature = hex::encode(signer.sign(message.as_bytes()));
        let receiver = receiver.map_or_else(String::new, |receiver| format!("X-Bittensor-Receiver: {receiver}\r\n"));
        format!(
            "{method} {path} HTTP/1.1\r\nhost: axon\r\nX-Bittensor-Version: 1\r\nX-Bittensor-Hotkey: {hotkey}\r\n\
             X-Bittensor-Nonce: {nonce_ns}\r\nX-Bittensor-Signature: 0x{signature}\r\n{receiver}\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

async fn post(miner: &Miner, path: &str, body: &str) -> Reply {
    let nonce_ns = miner.now_ns.fetch_add(1, Ordering::SeqCst);
    let signed = Signed { signer: &validator(), path, body, nonce_ns, receiver: Some(&miner.hotkey) };
    exchange(miner.axon, &signed.to_http("POST")).await
}

#[tokio::test]
async fn a_signed_request_is_answered_with_the_answers_fields_alone() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    let reply = post(&miner, "/EchoSynapse", r#"{"text": "hello"}"#).await;
    assert_eq!((reply.status, &reply.json()["reply"]), (200, &json!("hello")), "{}", reply.text());
    assert!(reply.json().get("text").is_none(), "what was asked is not echoed: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(!reply.head.contains("bt_header"), "not a word of the other protocol: {}", reply.head);
    let reply = post(&miner, "/EchoSynapse?x=1", r#"{"text": "hello"}"#).await;
    assert_eq!(reply.status, 200, "the query is signed, and means nothing");
    let sources = miner.get("/api/dashboard").await.json()["traffic"]["sources"].to_string();
    assert!(sources.contains("exact"), "one memory for both protocols: {sources}");
    miner.stop().await;
}

#[tokio::test]
async fn what_is_not_signed_for_us_now_and_for_the_first_time_is_refused_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    miner.now_ns.store(NOW_NS + 60_000_000_000, Ordering::SeqCst);
    let now_ns = NOW_NS + 60_000_000_000;
    let signer = validator();
    let body = r#"{"text": "hello"}"#;
    let us = Some(miner.hotkey.as_str());
    let signed =
        |nonce_ns, receiver| Signed { signer: &signer, path: "/EchoSynapse", body, nonce_ns, receiver }.to_http("POST");
    let good = signed(now_ns, us);
    let changed = String::from_utf8(signed(now_ns + 1, us)).unwrap().replace("hello", "jello").into_bytes();
    for (what, request, status, text) in [
        ("good", &good, 200, "hello"),
        ("replayed", &good, 401, "Nonce"),
        ("changed on its way", &changed, 401, "mismatch"),
        ("older", &signed(now_ns - 5, us), 200, "hello"),
        ("stale", &signed(now_ns - 11_000_000_000, us), 401, "older than"),
        ("of the future", &signed(now_ns + 3_000_000_000, us), 401, "future"),
        ("for another", &signed(now_ns + 2, Some(signer.address())), 401, "different receiving hotkey"),
        ("for anybody", &signed(now_ns + 3, None), 401, "missing X-Bittensor-Receiver"),
    ] {
        let reply = exchange(miner.axon, request).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.text());
        assert!(reply.text().contains(text), "{what}: {}", reply.text());
    }
    let refused = miner.get("/api/dashboard").await.json()["traffic"]["refused"].clone();
    let expected = json!({"bad_signature": 1, "replayed": 1, "stale_nonce": 2, "wrong_receiver": 2});
    assert_eq!(refused, expected);
    miner.stop().await;
}

#[tokio::test]
async fn a_route_is_the_operators_to_name_and_an_unbound_request_the_operators_to_allow() {
    let folder = tempfile::tempdir().unwrap();
    let mut config: Config = interop_config();
    config.axon.needs_receiver = false;
    config.synapse.iter_mut().find(|synapse| synapse.name == "EchoSynapse").unwrap().route = Some("/v1/echo".into());
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    assert_eq!(post(&miner, "/v1/echo", r#"{"text": "hello"}"#).await.json()["reply"], "hello");
    assert_eq!(post(&miner, "/EchoSynapse", r#"{"text": "hello"}"#).await.status, 404);
    let signer = validator();
    let nonce_ns = miner.now_ns.load(Ordering::SeqCst);
    let unbound = Signed { signer: &signer, path: "/Ping", body: "", nonce_ns, receiver: None };
    assert_eq!(exchange(miner.axon, &unbound.to_http("GET")).await.status, 200);
    let other = Signed { nonce_ns: nonce_ns + 1, ..unbound };
    assert_eq!(exchange(miner.axon, &other.to_http("PUT")).await.status, 405);
    miner.stop().await;
}

#[tokio::test]
async fn policy_speaks_before_the_body_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    config.axon.callers = lode::domain::Callers::Permitted;
    config.axon.allow = vec!["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into()];
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let signer = validator();
    let us = Some(miner.hotkey.as_str());
    let signed = Signed { signer: &signer, path: "/EchoSynapse", body: "0123456789", nonce_ns: NOW_NS, receiver: us };
    let mut head_only = signed.to_http("POST");
    head_only.truncate(head_only.len() - 10);
    let reply = exchange(miner.axon, &head_only).await;
    assert_eq!((reply.status, reply.header("connection")), (403, Some("close")), "{}", reply.text());
    miner.stop().await;
}
