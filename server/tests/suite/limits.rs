//! What one caller may take, and how long it may take for it.

use lode::axon::EMPTY_BODY_HASH;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Miner, NOW_NS, exchange, interop_config, read_reply};

#[tokio::test]
async fn an_address_that_floods_is_refused_before_anything_else_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    (config.axon.address_rate, config.axon.address_burst) = (0.001, 3.0);
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let junk = b"POST /Nothing HTTP/1.1\r\nhost: axon\r\ncontent-length: 0\r\n\r\n";
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(exchange(miner.axon, junk).await.status);
    }
    let reply = miner.call(&miner.sign("EchoSynapse", &json!({"text": "hello"}))).await;
    assert_eq!((statuses, reply.status), (vec![404; 3], 429), "{}", reply.text());
    assert_eq!(reply.header("bt_header_axon_status_code"), Some("429"), "a dendrite understands it");
    let refused = miner.get("/api/dashboard").await.json()["traffic"]["refused"].clone();
    assert_eq!(refused["address_rate"], 1);
    miner.stop().await;
}

#[tokio::test]
async fn a_hotkeys_share_is_used_up_by_its_signatures_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    (config.axon.hotkey_rate, config.axon.hotkey_burst) = (0.001, 2.0);
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let sign = || miner.sign("EchoSynapse", &json!({"text": "hello"}));
    for _ in 0..5 {
        // In its name, but not by it.
        let mut forged = sign();
        forged.headers.iter_mut().find(|(name, _)| *name == "bt_header_dendrite_uuid").unwrap().1 = "another".into();
        assert_eq!(miner.call(&forged).await.status, 401);
    }
    assert_eq!([miner.call(&sign()).await.status, miner.call(&sign()).await.status], [200; 2]);
    let reply = miner.call(&sign()).await;
    assert_eq!(reply.status, 429, "{}", reply.text());
    let refused = miner.get("/api/dashboard").await.json()["traffic"]["refused"].clone();
    assert_eq!((&refused["hotkey_rate"], &refused["bad_signature"]), (&json!(1), &json!(5)));
    miner.stop().await;
}

#[tokio::test]
async fn a_replay_is_refused_after_a_restart_even_if_its_senders_clock_was_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let first = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    let ahead_ns = NOW_NS + 2_000_000_000;
    let sign =
        |miner: &Miner, nonce_ns| miner.sign_at("EchoSynapse", &json!({"text": "hello"}), EMPTY_BODY_HASH, nonce_ns);
    let request = sign(&first, ahead_ns);
    assert_eq!(first.call(&request).await.status, 200);
    first.stop().await;
    let second = Miner::start(interop_config(), folder.path(), NOW_NS + 100_000_000).await;
    let reply = second.call(&request).await;
    assert_eq!(reply.status, 401, "{}", reply.text());
    let fresh_ns = ahead_ns + 1_100_000_000;
    assert_eq!(second.call(&sign(&second, fresh_ns)).await.status, 200, "a second later the sender is heard again");
    second.stop().await;
}

/// How long the miner bears a client that sends `begun` and then nothing, by a clock that jumps to whatever is next.
async fn patience(miner: &Miner, begun: &[u8]) -> (u64, String) {
    let mut slow = TcpStream::connect(miner.axon).await.unwrap();
    slow.write_all(begun).await.unwrap();
    // Its signature is checked before this one's; the clock must not jump while that goes on elsewhere.
    assert_eq!(
        miner.call(&miner.sign("EchoSynapse", &json!({"text": "hello"}))).await.status,
        200,
        "others are answered"
    );
    tokio::time::pause();
    let started = Instant::now();
    let mut said = Vec::new();
    while slow.read_buf(&mut said).await.is_ok_and(|count| count > 0) {}
    let took = started.elapsed();
    tokio::time::resume();
    (took.as_secs(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn clients_that_dawdle_are_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    // What passes before the clock stands still is real, on a busy machine seconds.
    let (silent_s, said) = patience(&miner, b"").await;
    assert!((20..=31).contains(&silent_s) && said.is_empty(), "{silent_s}: {said}");
    let (half_a_head_s, _) = patience(&miner, b"POST /EchoSynapse HTTP/1.1\r\nhost: ax").await;
    assert!((20..=31).contains(&half_a_head_s), "{half_a_head_s}");
    let mut signed = miner.sign("EchoSynapse", &json!({"text": "hello"})).to_http();
    signed.truncate(signed.len() - 1);
    let (half_a_body_s, said) = patience(&miner, &signed).await;
    assert!((5..=11).contains(&half_a_body_s) && said.starts_with("HTTP/1.1 400"), "{half_a_body_s}: {said}");
    miner.stop().await;
}

#[tokio::test]
async fn who_announces_bodies_and_does_not_send_them_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    config.axon.max_inflight = 8;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    // In a validator's name, but not by it.
    let head = format!(
        "POST /EchoSynapse HTTP/1.1\r\nhost: axon\r\nX-Bittensor-Version: 1\r\nX-Bittensor-Hotkey: {}\r\n\
         X-Bittensor-Nonce: {NOW_NS}\r\nX-Bittensor-Signature: 0x{}80\r\nX-Bittensor-Receiver: {}\r\n\
         content-length: 10\r\n\r\n",
        crate::support::validator().address(),
        "00".repeat(63),
        miner.hotkey
    );
    let mut waiting = JoinSet::new();
    for _ in 0..68 {
        let mut stream = TcpStream::connect(miner.axon).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        waiting.spawn(async move { read_reply(&mut stream).await.status });
    }
    // 32 of an address may wait; the others are told at once.
    for _ in 0..36 {
        assert_eq!(waiting.join_next().await.unwrap().unwrap(), 503);
    }
    assert_eq!(miner.call(&miner.sign("EchoSynapse", &json!({"text": "hello"}))).await.status, 200);
    miner.stop().await;
}

#[tokio::test]
async fn who_does_not_read_its_answers_keeps_its_own_places_until_it_hangs_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    // An eighth of the places for each hotkey: two.
    config.axon.max_inflight = 16;
    config.synapse.iter_mut().find(|synapse| synapse.name == "Ping").unwrap().max_body_bytes = 16 * 1024 * 1024;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let small = async || miner.call(&miner.sign("EchoSynapse", &json!({"text": "hello"}))).await.status;
    let mut deaf = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(miner.axon).await.unwrap();
        let request = miner.sign("Ping", &json!({"recording": "x".repeat(14 * 1024 * 1024)}));
        stream.write_all(&request.to_http()).await.unwrap();
        // The head of the answer is there, the rest does not fit between us.
        let mut first = vec![0; 1_000];
        stream.read_exact(&mut first).await.unwrap();
        deaf.push(stream);
    }
    assert_eq!(small().await, 503);
    deaf.clear();
    while small().await != 200 {
        tokio::task::yield_now().await;
    }
    miner.stop().await;
}
