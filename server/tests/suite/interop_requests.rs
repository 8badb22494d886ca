//! Requests captured from the real SDK, byte for byte, with the clock at the moment of their capture.

use std::sync::atomic::Ordering;

use base64::Engine;
use serde_json::Value;

use crate::support::{Miner, exchange, interop_config, json_file};

async fn every_request_is_accepted_once(vectors: &str, at_least: usize) {
    let vectors = json_file(vectors);
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= at_least, "the file is whole");
    let folder = tempfile::tempdir().unwrap();
    let first_ns = cases[0]["received_at_ns"].to_string().parse::<u64>().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), first_ns - 1_000_000_000).await;
    for case in cases {
        let id = &case["id"];
        assert_eq!(case["axon_hotkey"], miner.hotkey.as_str(), "{id} was signed for this hotkey");
        miner.now_ns.store(case["received_at_ns"].to_string().parse().unwrap(), Ordering::SeqCst);
        let raw =
            base64::engine::general_purpose::STANDARD.decode(case["request"]["raw_b64"].as_str().unwrap()).unwrap();
        let reply = exchange(miner.axon, &raw).await;
        assert_eq!(reply.status, 200, "{id}: {}", reply.text());
        assert_eq!(reply.header("bt_header_axon_status_code"), Some("200"), "{id}");
        assert_eq!(reply.header("bt_header_axon_hotkey"), Some(miner.hotkey.as_str()), "{id}");
        if reply.header("content-type") == Some("application/json") {
            assert_echo(case, &reply.json());
        }
        let replay = exchange(miner.axon, &raw).await;
        assert_eq!((replay.status, replay.json()["message"].is_string()), (401, true), "{id} again");
    }
    miner.stop().await;
}

/// A dendrite replaces every field of its synapse by the body's: what it sent must come back, but for what was answered.
fn assert_echo(case: &Value, answer: &Value) {
    let sent: Value = serde_json::from_str(case["request"]["body_text"].as_str().unwrap()).unwrap();
    let answered =
        ["axon", "reply", "result", "completion", "actions", "success", "message", "agent_name", "github_url"];
    for (name, value) in sent.as_object().unwrap() {
        if !answered.contains(&name.as_str()) {
            assert_eq!(&answer[name], value, "{}: {name}", case["id"]);
        }
    }
    assert_eq!(answer["axon"]["status_code"], 200);
}

#[tokio::test]
async fn every_request_of_a_real_dendrite_10_5_0_is_accepted_once() {
    every_request_is_accepted_once("vectors/requests_ok.json", 11).await;
}

#[tokio::test]
async fn every_request_of_a_real_dendrite_9_12_2_is_accepted_once() {
    every_request_is_accepted_once("vectors/requests_ok_sdk_9_12_2.json", 7).await;
}

#[tokio::test]
async fn a_signed_list_of_fields_may_not_be_changed_on_the_way() {
    let vectors = json_file("vectors/requests_ok.json");
    let case = vectors["cases"].as_array().unwrap().iter().find(|case| case["id"] == "ok_HashedSynapse").unwrap();
    let received_ns: u64 = case["received_at_ns"].to_string().parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), received_ns - 1_000_000_000).await;
    miner.now_ns.store(received_ns, Ordering::SeqCst);
    let raw = base64::engine::general_purpose::STANDARD.decode(case["request"]["raw_b64"].as_str().unwrap()).unwrap();
    let tampered = String::from_utf8(raw).unwrap().replace("\"flag\": false", "\"flag\":  true");
    let reply = exchange(miner.axon, tampered.as_bytes()).await;
    assert_eq!((reply.status, reply.header("bt_header_axon_status_code")), (500, Some("500")));
    assert!(reply.text().contains("hash"), "{}", reply.text());
    miner.stop().await;
}
