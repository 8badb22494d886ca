//! What others hear of the miner: its metrics and its traces.

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use lode::config::Config;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::{Miner, NOW_NS, interop_config};

const SECRET: &str = "a prompt that is nobody else's business";

/// With a synapse whose solver always has a reply.
fn config() -> Config {
    let more: Config = toml::from_str(
        "[[synapse]]\nname = \"Asked\"\nprompt = \"prompt\"\nanswer = [\"reply\"]\nsolver = \"replies\"\n",
    )
    .unwrap();
    let mut config = interop_config();
    config.synapse.extend(more.synapse);
    config
}

#[tokio::test]
async fn a_scrape_counts_and_times_each_request_by_source_synapse_and_stage() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(config(), folder.path(), NOW_NS).await;
    let before = miner.get("/metrics").await.text();
    assert!(before.contains("miner_synapse_duration_seconds_count{synapse=\"Asked\"} 0\n"), "{before}");
    assert!(!before.contains("miner_last_answer_timestamp_seconds"), "absent is not zero");
    for _ in 0..2 {
        assert_eq!(miner.call(&miner.sign("Asked", &json!({"prompt": SECRET}))).await.status, 200);
    }
    let reply = miner.get("/metrics").await;
    assert!(reply.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = reply.text();
    for line in [
        "miner_request_duration_seconds_count{source=\"solved\"} 1",
        "miner_request_duration_seconds_count{source=\"exact\"} 1",
        "miner_request_duration_seconds_bucket{le=\"30.0\",source=\"solved\"} 1",
        "miner_synapse_duration_seconds_count{synapse=\"Asked\"} 2",
        "miner_stage_duration_seconds_count{stage=\"verify\"} 2",
        "miner_stage_duration_seconds_count{stage=\"solve\"} 1",
        "miner_solver_duration_seconds_count{solver=\"replies\"} 1",
        "miner_last_answer_timestamp_seconds 1800000000.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains(SECRET));
    miner.stop().await;
}

#[tokio::test]
async fn a_collector_gets_a_request_s_stages_and_not_a_word_of_it() {
    let (told, mut got) = mpsc::channel(8);
    let take = move |body: Bytes| async move { told.send(body).await.unwrap() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config();
    config.telemetry.otlp_endpoint = format!("http://{}", listener.local_addr().unwrap()).parse().ok();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(config, folder.path(), NOW_NS).await;
    assert_eq!(miner.call(&miner.sign("Asked", &json!({"prompt": SECRET}))).await.status, 200);
    let body = got.recv().await.unwrap();
    assert!(!String::from_utf8_lossy(&body).contains(SECRET));
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let spans: Vec<_> = request.resource_spans[0].scope_spans.iter().flat_map(|scope| &scope.spans).collect();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["Asked", "verify", "recall", "queue", "solve"]);
    // The collector has answered before the miner counts that.
    let mut is_counted = false;
    for _ in 0..1_000 {
        is_counted = miner.get("/metrics").await.text().contains("miner_traces_total{outcome=\"sent\"} 1\n");
        if is_counted {
            break;
        }
    }
    assert!(is_counted);
    miner.stop().await;
}
