//! The operator's side over HTTP.

use std::time::Duration;

use lode::config::Config;
use lode_shared::{Snapshot, Targets};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Miner, NOW_NS, exchange, interop_config};

const TARGETS: &str = "/api/v1/tuner/targets";
const GOOD: &str = r#"{"response_s":0.8,"success_pct":90,"hit_rate_pct":60}"#;

async fn miner(folder: &tempfile::TempDir) -> Miner {
    Miner::start(interop_config(), folder.path(), NOW_NS).await
}

#[tokio::test]
async fn the_dashboard_says_no_data_rather_than_zero() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let reply = miner.get("/api/dashboard").await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let snapshot: Snapshot = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(snapshot.performance_tuning.observed.response_s, None);
    assert_eq!(snapshot.traffic.latency, None);
    assert_eq!(snapshot.chain.incentive_pct, None);
    assert_eq!(snapshot.chain.network, "offline");
    assert!(snapshot.performance_tuning.status.contains("no data yet"));
    miner.stop().await;
}

#[tokio::test]
async fn new_targets_are_in_force_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = miner(&folder).await;
    // The snapshot is cached by now; the change must not wait for its end.
    first.get("/api/dashboard").await;
    let reply = first.send("PUT", TARGETS, GOOD, &first.bearer()).await;
    assert_eq!(
        (reply.status, reply.json()),
        (200, json!({"response_s": 0.8, "success_pct": 90.0, "hit_rate_pct": 60.0}))
    );
    let targets = |snapshot: Value| snapshot["performance_tuning"]["targets"].clone();
    assert_eq!(targets(first.get("/api/dashboard").await.json())["success_pct"], 90.0);
    first.stop().await;
    let second = miner(&folder).await;
    assert_eq!(targets(second.get("/api/dashboard").await.json())["response_s"], 0.8);
    second.stop().await;
}

#[tokio::test]
async fn bad_targets_are_refused_field_by_field_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let bad = r#"{"response_s":0.01,"success_pct":185,"hit_rate_pct":60}"#;
    let reply = miner.send("PUT", TARGETS, bad, &miner.bearer()).await;
    assert_eq!(reply.status, 422);
    let fields: Vec<_> =
        reply.json()["fields"].as_array().unwrap().iter().map(|fault| fault["field"].clone()).collect();
    assert_eq!(fields, ["response_s", "success_pct"]);
    for malformed in ["", "{", r#"{"response_s":1}"#, r#"{"response_s":1,"success_pct":90,"hit_rate_pct":60,"x":1}"#] {
        assert_eq!(miner.send("PUT", TARGETS, malformed, &miner.bearer()).await.status, 400, "{malformed}");
    }
    let snapshot: Snapshot = serde_json::from_slice(&miner.get("/api/dashboard").await.body).unwrap();
    assert_eq!(snapshot.performance_tuning.targets, Targets::default());
    miner.stop().await;
}

#[tokio::test]
async fn writes_need_the_token_and_our_own_origin() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    for headers in ["", "authorization: Bearer wrong\r\n", "authorization: Basic x\r\n", "authorization: Bearer \r\n"] {
        assert_eq!(miner.send("PUT", TARGETS, GOOD, headers).await.status, 401, "{headers}");
        let through_a_proxy = format!("{headers}x-forwarded-for: 8.8.8.8\r\n");
        assert_eq!(miner.send("POST", "/solve_task", "{}", &through_a_proxy).await.status, 401, "{headers}");
    }
    let foreign = format!("{}origin: http://evil.example\r\n", miner.bearer());
    assert_eq!(miner.send("PUT", TARGETS, GOOD, &foreign).await.status, 403);
    let own = format!("{}origin: http://{}\r\n", miner.bearer(), miner.api);
    assert_eq!(miner.send("PUT", TARGETS, GOOD, &own).await.status, 200);
    miner.stop().await;
}

#[tokio::test]
async fn another_host_name_is_not_answered() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let request = "GET /api/dashboard HTTP/1.1\r\nhost: evil.example\r\n\r\n";
    assert_eq!(exchange(miner.api, request.as_bytes()).await.status, 421);
    miner.stop().await;
}

#[tokio::test]
async fn a_task_can_be_solved_directly() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let task = r#"{"id":"t1","prompt":"Search for 'Dune'","url":"http://a/?seed=2"}"#;
    for source in ["solved", "exact"] {
        let reply = miner.send("POST", "/solve_task", task, &miner.bearer()).await.json();
        assert_eq!((&reply["id"], &reply["source"]), (&json!("t1"), &json!(source)));
        assert_eq!(reply["actions"][0]["url"], "http://a/?seed=2");
    }
    miner.stop().await;
}

#[tokio::test]
async fn unknown_api_paths_are_404_in_json_and_never_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    for path in ["/api", "/api/", "/api/v1/nothing", "/metrics/x", "/missing.js", "/../Cargo.toml"] {
        let reply = miner.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.json()["message"].is_string(), "{path}: {}", reply.text());
    }
    assert_eq!(miner.get("/api/v1/history?range=9y").await.status, 400);
    assert_eq!(miner.get("/api/v1/history?range=7d").await.status, 200);
    miner.stop().await;
}

#[tokio::test]
async fn headless_has_figures_but_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut config: Config = interop_config();
    config.api.headless = true;
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let reply = miner.get("/").await;
    assert_eq!(reply.status, 404);
    assert!(reply.text().contains("/api/dashboard"), "{}", reply.text());
    assert_eq!(miner.get("/api/dashboard").await.status, 200);
    miner.stop().await;
}

#[tokio::test]
async fn prometheus_and_supervisors_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    assert_eq!(miner.get("/healthz").await.text(), "ok");
    assert_eq!(miner.get("/readyz").await.status, 200);
    miner.call(&miner.sign("EchoSynapse", &json!({"text": "x"}))).await;
    let text = miner.get("/metrics").await.text();
    for line in [
        "miner_requests_total 1",
        "miner_answers_total{source=\"solved\"} 1",
        "miner_ttl_seconds 1200.0",
        "miner_refusals_total{reason=\"replayed\"} 0",
        "miner_failures_total{reason=\"timeout\"} 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("miner_incentive"), "what is not known is not exported");
    miner.stop().await;
}

#[tokio::test]
async fn an_open_tab_gets_whole_snapshots_and_does_not_hold_up_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let mut tab = TcpStream::connect(miner.api).await.unwrap();
    let request = format!("GET /api/v1/live HTTP/1.1\r\nhost: {}\r\n\r\n", miner.api);
    tab.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    while seen.matches("data: {").count() < 2 {
        let mut chunk = vec![0; 65_536];
        let count = tab.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "the stream goes on");
        seen.push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
    assert!(seen.contains("text/event-stream") && seen.contains("performance_tuning"));
    let stopped = tokio::time::timeout(Duration::from_secs(9), miner.stop()).await;
    assert!(stopped.is_ok(), "an open tab would otherwise keep the process for ever");
}
