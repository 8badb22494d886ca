//! The answer cache over HTTP: what it answers, why, and what an operator may do to it.

use serde_json::{Value, json};

use crate::support::{Miner, NOW_NS, interop_config};

const HERE: &str = "http://shop.example/?seed=1";

async fn miner(folder: &tempfile::TempDir) -> Miner {
    Miner::start(interop_config(), folder.path(), NOW_NS).await
}

/// Asks directly, and tells where the answer came from.
async fn ask(miner: &Miner, prompt: &str, url: &str) -> String {
    let task = json!({"id": 1, "prompt": prompt, "url": url}).to_string();
    let reply = miner.send("POST", "/solve_task", &task, &miner.bearer()).await.json();
    reply["source"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

async fn write(miner: &Miner, method: &str, path: &str, body: Value) -> (u16, Value) {
    let reply = miner.send(method, path, &body.to_string(), &miner.bearer()).await;
    let json = if reply.body.is_empty() { Value::Null } else { reply.json() };
    (reply.status, json)
}

async fn last_request(miner: &Miner) -> u64 {
    miner.get("/api/v1/requests?limit=1").await.json()[0]["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_task_in_other_words_is_answered_from_memory_and_one_with_another_value_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    assert_eq!(ask(&miner, "Search for 'Dune'", HERE).await, "solved");
    assert_eq!(ask(&miner, "Please search for 'Dune'", HERE).await, "semantic");
    for (prompt, url) in [
        ("Please search for 'Emma'", HERE),
        ("Search for 'Dune'", "http://shop.example/?seed=2"),
        ("Search for 'Dune'", "http://other.example/?seed=1"),
    ] {
        assert_eq!(ask(&miner, prompt, url).await, "solved", "{prompt} {url}");
    }
    let snapshot = miner.get("/api/dashboard").await.json();
    assert_eq!(snapshot["cache"]["semantic_hits"], 1);
    let figures = miner.get("/metrics").await.text();
    assert!(figures.contains("miner_answers_total{source=\"semantic\"} 1"), "{figures}");
    miner.stop().await;
}

#[tokio::test]
async fn every_look_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    ask(&miner, "Search for 'Dune'", HERE).await;
    ask(&miner, "Search for 'Emma'", HERE).await;
    let id = last_request(&miner).await;
    let why = miner.get(&format!("/api/v1/requests/{id}/explain")).await.json();
    let conflict = why["candidates"][0]["conflict"].as_str().unwrap();
    assert!(conflict.contains("Emma") || conflict.contains("Dune"), "{why}");
    assert_eq!((&why["prompt"], &why["request"]["source"]), (&json!("Search for 'Emma'"), &Value::Null));
    assert!(why["candidates"][0]["features"].as_array().unwrap().len() > 10);
    assert_eq!(miner.get("/api/v1/requests/999/explain").await.status, 404);
    assert_eq!(miner.get("/api/v1/requests/x/explain").await.status, 400);
    assert_eq!(miner.get("/api/v1/cache/reliability").await.json(), json!([]), "nothing is labelled yet");
    let curve = miner.get("/api/v1/cache/what-if").await.json();
    assert!(curve.as_array().unwrap().iter().all(|point| point["wrong_pct"].is_null()), "nothing is labelled yet");
    miner.stop().await;
}

#[tokio::test]
async fn an_answer_that_the_operator_calls_wrong_is_given_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    ask(&miner, "Search for 'Dune'", HERE).await;
    assert_eq!(ask(&miner, "Search for 'Dune'", HERE).await, "exact");
    let path = format!("/api/v1/requests/{}/verdict", last_request(&miner).await);
    assert_eq!(miner.send("POST", &path, r#"{"right":false}"#, "").await.status, 401);
    assert_eq!(write(&miner, "POST", &path, json!({"right": false})).await.0, 204);
    assert_eq!(write(&miner, "POST", &path, json!({"right": true})).await.0, 409, "one outcome for a request");
    let entries = miner.get("/api/v1/cache/entries").await.json();
    assert_eq!((&entries["total"], &entries["entries"][0]["quarantined"]), (&json!(1), &json!(true)));
    let cache = miner.get("/api/dashboard").await.json()["cache"].clone();
    assert_eq!((&cache["quarantined"], &cache["forgotten"], &cache["saved_usd"]), (&json!(1), &json!(0), &Value::Null));
    // The solver says the same again: still nobody gets it from memory.
    for _ in 0..2 {
        assert_eq!(ask(&miner, "Search for 'Dune'", HERE).await, "solved");
    }
    miner.stop().await;
}

#[tokio::test]
async fn what_is_forgotten_is_forgotten_for_good_and_the_rest_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = miner(&folder).await;
    let elsewhere = "http://other.example/";
    for url in [HERE, elsewhere] {
        ask(&first, "Search for 'Dune'", url).await;
    }
    let entries = first.get("/api/v1/cache/entries?search=shop.example&sort=age").await.json();
    let row = &entries["entries"][0];
    assert_eq!((&entries["total"], &row["solver"], &row["hits"]), (&json!(1), &json!("web"), &json!(0)));
    for body in [json!({}), json!({"scope": "12"}), json!({"scope": row["scope_id"], "entry": 1})] {
        assert_eq!(write(&first, "POST", "/api/v1/cache/invalidate", body).await.0, 422);
    }
    assert_eq!(first.send("POST", "/api/v1/cache/clear", "", "").await.status, 401);
    let forget = json!({"scope": row["scope_id"]});
    assert_eq!(write(&first, "POST", "/api/v1/cache/invalidate", forget).await, (200, json!({"forgotten": 1})));
    first.stop().await;

    let later = NOW_NS + 60_000_000_000;
    let second = Miner::start(interop_config(), folder.path(), later).await;
    assert_eq!(ask(&second, "Search for 'Dune'", elsewhere).await, "exact");
    assert_eq!(ask(&second, "Search for 'Dune'", HERE).await, "solved");
    assert_eq!(write(&second, "POST", "/api/v1/cache/clear", json!({})).await, (200, json!({"forgotten": 2})));
    second.stop().await;
    let third = Miner::start(interop_config(), folder.path(), later).await;
    assert_eq!(ask(&third, "Search for 'Dune'", elsewhere).await, "solved");
    third.stop().await;
}

#[tokio::test]
async fn the_capacity_changes_while_running() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    for entries in [0, 10_000_001] {
        assert_eq!(write(&miner, "PUT", "/api/v1/cache/capacity", json!({"entries": entries})).await.0, 422);
    }
    assert_eq!(write(&miner, "PUT", "/api/v1/cache/capacity", json!({"entries": 3})).await.0, 200);
    for number in 0..5 {
        ask(&miner, &format!("Search for 'book {number}'"), HERE).await;
    }
    let snapshot = miner.get("/api/dashboard").await.json();
    assert_eq!((&snapshot["cache"]["capacity"], &snapshot["cache"]["entries"]), (&json!(3), &json!(3)));
    miner.stop().await;
}
