//! The operator's side over HTTP.

use std::io::Write;
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
async fn every_start_is_in_the_history() {
    let folder = tempfile::tempdir().unwrap();
    miner(&folder).await.stop().await;
    let second = miner(&folder).await;
    let history = second.get("/api/v1/history?range=15m").await.json();
    // The second one's own may be on its way to the disk.
    assert_eq!(history["starts"][0], json!({"at_ms": NOW_NS / 1_000_000, "version": env!("CARGO_PKG_VERSION")}));
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
async fn a_change_over_somebody_elses_is_refused_and_every_change_leaves_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let reply = miner.get("/api/v1/tuner").await;
    assert_eq!((reply.header("etag"), &reply.json()["version"]), (Some("\"0\""), &json!(0)));
    let over = |version: &str| format!("{}if-match: {version}\r\nuser-agent: a-script/1\r\n", miner.bearer());
    let budget = r#"{"false_hit_pct":0.5}"#;
    let first = miner.send("PUT", "/api/v1/tuner/budget", budget, &over("\"0\"")).await;
    assert_eq!((first.status, first.header("etag")), (200, Some("\"1\"")));
    let late = miner.send("PUT", TARGETS, GOOD, &over("\"0\"")).await;
    assert_eq!(late.status, 412);
    assert!(late.text().contains("version 1"), "{}", late.text());
    assert_eq!(miner.send("PUT", TARGETS, GOOD, &over("yesterday")).await.status, 400);
    assert_eq!(miner.send("PUT", TARGETS, GOOD, &over("*")).await.status, 200);
    let audit = miner.get("/api/v1/tuner/audit?limit=1").await.json();
    assert_eq!((audit.as_array().unwrap().len(), &audit[0]["version"]), (1, &json!(2)));
    assert_eq!(audit[0]["old"]["targets"]["response_s"], 1.5);
    assert_eq!(audit[0]["new"]["targets"]["response_s"], 0.8);
    assert_eq!(audit[0]["who"], "127.0.0.1, a-script/1");
    miner.stop().await;
}

#[tokio::test]
async fn the_operator_switches_pins_limits_and_looks_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let put =
        async |part: &str, body: &str| miner.send("PUT", &format!("/api/v1/tuner/{part}"), body, &miner.bearer()).await;
    assert_eq!(put("mode", r#"{"mode":"exact_only"}"#).await.status, 200);
    assert_eq!(put("mode", r#"{"mode":"reckless"}"#).await.status, 400);
    assert_eq!(put("pins", r#"{"ttl_s":900}"#).await.json(), json!({"ttl_s": 900}));
    let outside = put("pins", r#"{"ttl_s":5}"#).await;
    assert_eq!((outside.status, &outside.json()["fields"][0]["field"]), (422, &json!("ttl_s")));
    let wild = put("limits", r#"{"threshold_min":0.2}"#).await;
    assert_eq!((wild.status, &wild.json()["fields"][0]["field"]), (422, &json!("threshold_min")));
    let finer = put("limits", r#"{"threshold_step":0.005}"#).await.json();
    assert_eq!((&finer["threshold_step"], &finer["ttl_max_s"]), (&json!(0.005), &json!(1_800)), "the others stay");
    assert_eq!(put("limits", r#"{"treshold_step":0.005}"#).await.status, 400);
    let now = miner.get("/api/v1/tuner").await.json();
    assert_eq!((&now["settings"]["ttl_s"], &now["settings"]["exact_only"]), (&json!(900), &json!(true)));
    let asked = r#"{"budget":{"false_hit_pct":5}}"#;
    let preview = miner.send("POST", "/api/v1/tuner/preview", asked, "").await;
    assert_eq!((preview.status, &preview.json()["rounds"]), (200, &json!(0)));
    assert_eq!(miner.get("/api/v1/tuner").await.json()["mandate"]["budget_pct"], 1.0, "a look changes nothing");
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
async fn requests_are_in_the_snapshot_and_found_by_what_came_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    miner.call(&miner.sign("EchoSynapse", &json!({"text": "x"}))).await;
    let task = r#"{"id":"t1","prompt":"Search for 'Dune'","url":"http://a/?seed=2"}"#;
    for _ in 0..2 {
        miner.send("POST", "/solve_task", task, &miner.bearer()).await;
    }
    let ids = async |query: &str| {
        let reply = miner.get(&format!("/api/v1/requests?{query}")).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        reply.json().as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let snapshot: Snapshot = serde_json::from_slice(&miner.get("/api/dashboard").await.body).unwrap();
    assert_eq!(snapshot.requests.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(snapshot.requests[2].synapse.as_deref(), Some("EchoSynapse"));
    assert_eq!(ids("source=exact").await, [3]);
    assert_eq!(ids("outcome=answered&limit=2").await, [3, 2]);
    assert_eq!(ids(&format!("hotkey={}", snapshot.requests[2].hotkey.as_deref().unwrap())).await, [1]);
    assert_eq!(ids("synapse=EchoSynapse&source=solved").await, [1]);
    assert_eq!(ids("outcome=failed").await, [0; 0]);
    let feedback = r#"{"request_id":3,"right":true}"#;
    assert_eq!(miner.send("POST", "/api/v1/feedback", feedback, &miner.bearer()).await.status, 204);
    assert_eq!((ids("right=true").await, ids("right=false").await), (vec![3], vec![]));
    for (query, allowed) in [
        ("source=memry", "exact, semantic, memory, pattern"),
        ("outcome=ok", "answered, failed"),
        ("right=1", "true, false"),
        ("hotkey=5abc", "SS58"),
        ("colour=red", "synapse"),
    ] {
        let reply = miner.get(&format!("/api/v1/requests?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert!(reply.text().contains(allowed), "{query}: {}", reply.text());
    }
    miner.stop().await;
}

#[tokio::test]
async fn lines_of_a_followed_file_are_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("solver.log");
    let mut config = interop_config();
    config.log.files = vec![path.clone()];
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    let mut file = std::fs::File::create(&path).unwrap();
    let lines = loop {
        // What is there at the first look is not shown.
        writeln!(file, "ERROR no answer").unwrap();
        let lines = miner.get("/api/v1/log?limit=1").await.json();
        if lines[0].is_object() {
            break lines;
        }
    };
    let line = &lines[0];
    assert_eq!((&line["file"], &line["level"]), (&json!("solver.log"), &json!("error")), "{line}");
    assert_eq!(miner.get("/api/v1/log").await.status, 200);
    assert_eq!(miner.get("/api/v1/log?limit=many").await.status, 400);
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
        "miner_false_hit_budget_ratios 0.01",
        "miner_tuner_moves_total{setting=\"match_threshold\"} 0",
        "miner_refusals_total{reason=\"replayed\"} 0",
        "miner_failures_total{reason=\"timeout\"} 0",
        "miner_chain_failovers_total 0",
        "miner_cache_quarantined_total 0",
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
