//! What the axon refuses, and what it makes of odd requests.

use lode::axon::EMPTY_BODY_HASH;
use lode::config::Config;
use lode::domain::Callers;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::{Miner, NOW_NS, exchange, interop_config, read_reply};

fn echo(text: &str) -> Value {
    json!({ "text": text, "reply": null })
}

async fn miner(folder: &tempfile::TempDir) -> Miner {
    Miner::start(interop_config(), folder.path(), NOW_NS).await
}

/// Status and message of a request whose header `name` reads `value` (or is gone).
async fn with_header(miner: &Miner, name: &'static str, value: Option<&str>) -> (u16, String) {
    let mut request = miner.sign("EchoSynapse", &echo("hello"));
    request.headers.retain(|(header, _)| *header != name);
    request.headers.extend(value.map(|value| (name, value.to_owned())));
    let reply = miner.call(&request).await;
    assert_eq!(reply.header("bt_header_axon_status_code"), Some(reply.status.to_string().as_str()));
    (reply.status, reply.json()["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_signature_is_needed_and_must_be_the_senders() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let wrong = format!("0x{}", "01".repeat(64));
    for (name, value, status, text) in [
        ("bt_header_dendrite_signature", None, 401, "Missing Signature"),
        ("bt_header_dendrite_signature", Some(""), 401, "Missing Signature"),
        ("bt_header_dendrite_signature", Some("01"), 401, "Expected hex string"),
        ("bt_header_dendrite_signature", Some("0x01"), 401, "Invalid SR25519"),
        ("bt_header_dendrite_signature", Some(wrong.as_str()), 401, "SR25519"),
        ("bt_header_dendrite_hotkey", None, 401, "No SS58"),
        ("bt_header_dendrite_hotkey", Some("5Nonsense"), 401, "Invalid SS58"),
        ("bt_header_dendrite_hotkey", Some("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), 401, "mismatch"),
        ("bt_header_dendrite_uuid", Some("another"), 401, "mismatch"),
        ("bt_header_dendrite_nonce", None, 401, "Missing Nonce"),
        ("bt_header_dendrite_nonce", Some("soon"), 500, "nonce"),
        ("timeout", Some("nan"), 500, "timeout"),
        ("computed_body_hash", Some("00"), 401, "mismatch"),
    ] {
        let (got, message) = with_header(&miner, name, value).await;
        assert_eq!(got, status, "{name}: {value:?}: {message}");
        assert!(message.contains(text), "{name}: {value:?}: {message}");
    }
    // What is not signed may be missing or lie.
    for name in ["name", "bt_header_axon_hotkey", "bt_header_dendrite_version", "header_size"] {
        assert_eq!(with_header(&miner, name, Some("7")).await.0, 200, "{name}");
        assert_eq!(with_header(&miner, name, None).await.0, 200, "{name}");
    }
    miner.stop().await;
}

#[tokio::test]
async fn a_request_is_good_once_and_only_near_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    miner.now_ns.store(NOW_NS + 60_000_000_000, Ordering::SeqCst);
    let now_ns = NOW_NS + 60_000_000_000;
    let at = |nonce_ns| miner.sign_at("EchoSynapse", &echo("hello"), EMPTY_BODY_HASH, nonce_ns);
    let request = at(now_ns - 5_000_000_000);
    assert_eq!(miner.call(&request).await.status, 200);
    assert_eq!(miner.call(&request).await.status, 401, "replayed");
    assert_eq!(miner.call(&at(now_ns - 6_000_000_000)).await.status, 200, "out of order");
    assert_eq!(miner.call(&at(now_ns - 17_000_000_000)).await.status, 401, "older than 4 s and the timeout");
    assert_eq!(miner.call(&at(now_ns + 60_000_000_000)).await.status, 401, "from the future");
    miner.stop().await;
}

#[tokio::test]
async fn a_replay_is_refused_by_the_process_that_comes_after() {
    let folder = tempfile::tempdir().unwrap();
    let first = miner(&folder).await;
    let request = first.sign("EchoSynapse", &echo("hello"));
    assert_eq!(first.call(&request).await.status, 200);
    first.stop().await;
    let second = Miner::start(interop_config(), folder.path(), NOW_NS + 1_000_000_000).await;
    let reply = second.call(&request).await;
    assert_eq!(reply.status, 401, "{}", reply.text());
    second.stop().await;
}

#[tokio::test]
async fn only_permitted_validators_are_answered_unless_allowed_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut config: Config = interop_config();
    config.axon.callers = Callers::Permitted;
    config.axon.allow = vec!["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".into()];
    let stranger = Miner::start(config.clone(), folder.path(), NOW_NS).await;
    let reply = stranger.call(&stranger.sign("EchoSynapse", &echo("hello"))).await;
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("Forbidden. Key is blacklisted"), "{}", reply.text());
    let refused = stranger.get("/api/dashboard").await.json()["traffic"]["refused"].clone();
    assert_eq!(refused["unregistered"], 1, "each refusal is counted with its reason: {refused}");
    stranger.stop().await;

    config.axon.allow = vec![crate::support::validator().address().to_owned()];
    let allowed = Miner::start(config, folder.path(), NOW_NS + 1).await;
    assert_eq!(allowed.call(&allowed.sign("EchoSynapse", &echo("hello"))).await.status, 200);
    allowed.stop().await;
}

#[tokio::test]
async fn paths_and_methods_are_answered_as_the_sdks_axon_does() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let plain = |line: &str| format!("{line} HTTP/1.1\r\nhost: axon\r\ncontent-length: 0\r\n\r\n");
    for (line, status, text) in [
        ("POST /Nothing", 404, "Synapse name 'Nothing' not found."),
        ("POST /", 404, "not found"),
        ("POST /EchoSynapse/x", 404, "Not Found"),
        ("PUT /EchoSynapse", 405, "Method Not Allowed"),
        ("POST /EchoSynapse/", 307, ""),
        ("POST /Nothing/", 404, "Not Found"),
        ("POST /\\\\evil.example/", 404, "Not Found"),
        ("POST /EchoSynapse?x=1", 401, "Not Verified"),
    ] {
        let reply = exchange(miner.axon, plain(line).as_bytes()).await;
        assert_eq!(reply.status, status, "{line}: {}", reply.text());
        assert!(reply.text().contains(text), "{line}: {}", reply.text());
        assert!(!reply.text().contains("MixedSynapse"), "other synapses' names are nobody's business");
    }
    miner.stop().await;
}

#[tokio::test]
async fn bodies_that_are_no_synapse_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    config.axon.max_body_bytes = 4_096;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    for (body, status) in [
        ("", 422),
        ("{", 422),
        ("null", 500),
        ("[]", 500),
        ("{}", 500),
        (r#"{"text": 5}"#, 500),
        (&format!("{{\"text\": \"{}\"}}", "x".repeat(5_000)), 413),
    ] {
        let mut request = miner.sign("EchoSynapse", &echo("hello"));
        request.body = body.to_owned();
        let reply = miner.call(&request).await;
        assert_eq!(reply.status, status, "{body:.40}: {}", reply.text());
        assert!(reply.json()["message"].is_string(), "{body:.40}");
    }
    miner.stop().await;
}

#[tokio::test]
async fn a_refusal_keeps_its_connection_or_says_that_it_closes_it() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    for (size, stays) in [(10, true), (20_000, true), (2_000_000, false)] {
        let mut refused = miner.sign("EchoSynapse", &echo(&"x".repeat(size)));
        refused.headers.retain(|(name, _)| *name != "bt_header_dendrite_signature");
        let mut stream = TcpStream::connect(miner.axon).await.unwrap();
        stream.write_all(&refused.to_http()).await.ok();
        let reply = read_reply(&mut stream).await;
        assert_eq!((reply.status, reply.header("connection") == Some("close")), (401, !stays), "{size} bytes");
        if stays {
            stream.write_all(&miner.sign("EchoSynapse", &echo("next")).to_http()).await.unwrap();
            assert_eq!(read_reply(&mut stream).await.status, 200, "the next request on it after {size} bytes");
        }
    }
    miner.stop().await;
}

#[tokio::test]
async fn the_same_question_is_answered_from_memory_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    for (text, seed) in
        [("Search for 'Dune'", 1), ("Search for 'Dune'", 1), ("Search for 'Emma'", 1), ("Search for 'Dune'", 2)]
    {
        let url = format!("http://books.example/?seed={seed}");
        let reply = miner.call(&miner.sign("TaskSynapse", &json!({"prompt": text, "url": url}))).await;
        let actions = &reply.json()["actions"];
        assert_eq!(actions[0]["url"], url, "{actions}");
        assert_eq!(actions[1]["text"], &text[12..16], "{actions}");
    }
    let cache = &miner.get("/api/dashboard").await.json()["cache"];
    assert_eq!((&cache["hits"], &cache["misses"]), (&json!(1), &json!(3)));
    miner.stop().await;
}

#[tokio::test]
async fn a_streaming_synapse_streams_raw_text() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let messages = json!(["count to three é", "one two"]);
    let hash = lode::axon::body_hash([(&messages, &lode::axon::PyType::Any)]);
    let nonce_ns = miner.now_ns.load(Ordering::SeqCst);
    let fields = json!({"roles": ["user"], "messages": messages});
    let reply = miner.call(&miner.sign_at("StreamChatSynapse", &fields, &hash, nonce_ns)).await;
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    assert_eq!(reply.text(), "count to three é\none two");
    miner.stop().await;
}

#[tokio::test]
async fn an_upstream_that_fails_is_told_apart_from_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    // It accepts and hangs up.
    let rude = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = rude.local_addr().unwrap();
    let mut upstream = tokio::task::JoinSet::new();
    upstream.spawn(async move {
        loop {
            rude.accept().await.ok();
        }
    });
    let url = format!("http://user:secret@{gone}/solve").parse().unwrap();
    config.solver.insert("web".into(), lode::config::SolverConfig::http(url));
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let reply = miner.call(&miner.sign("TaskSynapse", &json!({"prompt": "p", "url": "u"}))).await;
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("127.0.0.1"), "validators learn nothing of our upstream: {}", reply.text());
    let traffic = &miner.get("/api/dashboard").await.json()["traffic"];
    assert_eq!((&traffic["failed"]["solver_error"], &traffic["requests"]), (&json!(1), &json!(1)));
    miner.stop().await;
}

/// What it answers in the end.
const UPSTREAM_ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
    content-length: 26\r\n\r\n\
    {\"actions\":[{\"type\":\"x\"}]}";

/// An upstream that takes requests and answers when the test says so.
async fn slow_upstream(config: &mut Config) -> tokio::net::TcpListener {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/solve", listener.local_addr().unwrap()).parse().unwrap();
    config.solver.insert("web".into(), lode::config::SolverConfig::http(url));
    listener
}

#[tokio::test]
async fn a_validator_that_hangs_up_is_counted_and_its_solve_still_holds_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    config.axon.max_solves = Some(1);
    let upstream = slow_upstream(&mut config).await;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let ask = |prompt: &str| miner.sign("TaskSynapse", &json!({"prompt": prompt, "url": "u"})).to_http();

    let mut impatient = TcpStream::connect(miner.axon).await.unwrap();
    impatient.write_all(&ask("first")).await.unwrap();
    let (mut solving, _) = upstream.accept().await.unwrap();
    drop(impatient);
    let failed = loop {
        let failed = miner.get("/api/dashboard").await.json()["traffic"]["failed"]["disconnected"].clone();
        if !failed.is_null() {
            break failed;
        }
    };
    assert_eq!(failed, 1);
    // Its solve goes on and holds its place: the next one's turn comes when it is over.
    let mut second = TcpStream::connect(miner.axon).await.unwrap();
    second.write_all(&ask("second")).await.unwrap();
    solving.write_all(UPSTREAM_ANSWER).await.unwrap();
    let (mut solving, _) = upstream.accept().await.unwrap();
    solving.write_all(UPSTREAM_ANSWER).await.unwrap();
    assert_eq!(read_reply(&mut second).await.status, 200);

    // What came late is remembered all the same: nobody is at the upstream to answer it again.
    let reply = exchange(miner.axon, &ask("first")).await;
    assert_eq!((reply.status, &reply.json()["actions"][0]["type"]), (200, &json!("x")));
    miner.stop().await;
}

#[tokio::test]
async fn a_request_in_flight_is_answered_although_the_miner_was_told_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    let upstream = slow_upstream(&mut config).await;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let mut validator = TcpStream::connect(miner.axon).await.unwrap();
    let request = miner.sign("TaskSynapse", &json!({"prompt": "p", "url": "u"})).to_http();
    validator.write_all(&request).await.unwrap();
    let (mut solving, _) = upstream.accept().await.unwrap();
    let axon = miner.axon;
    let stopping = miner.stop();
    let answering = async {
        // New connections are refused once it stops.
        while TcpStream::connect(axon).await.is_ok() {
            tokio::task::yield_now().await;
        }
        solving.write_all(UPSTREAM_ANSWER).await.unwrap();
        read_reply(&mut validator).await
    };
    let ((), reply) = tokio::join!(stopping, answering);
    assert_eq!(reply.status, 200);
}
