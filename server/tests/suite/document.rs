//! `GET /api/openapi.json` and docs/api.md against the miner that runs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Miner, NOW_NS, interop_config};

const ROUTES: &str = include_str!("../../src/api/mod.rs");
const MANUAL: &str = include_str!("../../../docs/api.md");

async fn miner(folder: &tempfile::TempDir) -> Miner {
    Miner::start(interop_config(), folder.path(), NOW_NS).await
}

/// Methods and paths, as in `get /healthz`.
fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods =
            item.as_object().unwrap().keys().filter(|key| ["get", "put", "post", "delete"].contains(&&***key));
        methods.map(move |method| format!("{method} {path}"))
    });
    operations.collect()
}

#[tokio::test]
async fn the_document_has_every_route_and_says_what_each_does() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let reply = miner.get("/api/openapi.json").await;
    assert_eq!(
        (reply.header("content-type"), reply.header("cache-control")),
        (Some("application/json"), Some("no-cache"))
    );
    let document = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    // Handlers name their routes themselves; the table that people read must name the same.
    let rows = ROUTES.lines().filter_map(|line| line.strip_prefix("//! | ")?.split(" | ").next());
    let routes =
        rows.flat_map(|row| row.split('`')).filter(|route| route.contains(" /") && !route.contains("openapi.json"));
    let told: BTreeSet<_> = routes
        .map(|route| {
            let (method, path) = route.split('?').next().unwrap().split_once(' ').unwrap();
            format!("{} {path}", method.to_lowercase())
        })
        .collect();
    assert_eq!(operations(&document), told);
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["tags"][0].is_string(), "{method} {path}");
            assert!(names.insert(operation["operationId"].to_string()), "{method} {path}: its name is another's");
            let is_write = ["put", "post"].contains(&method.as_str()) && path != "/api/v1/tuner/preview";
            assert_eq!(operation["security"].is_array(), is_write, "{method} {path}");
        }
    }
    miner.stop().await;
}

#[tokio::test]
async fn what_the_miner_answers_is_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let document = miner.get("/api/openapi.json").await.json();
    // So that lists have rows.
    let task =
        json!({"id": "1", "prompt": "Click on the red button", "url": "http://localhost:8000/?seed=1"}).to_string();
    for _ in 0..2 {
        miner.send("POST", "/solve_task", &task, &miner.bearer()).await;
    }
    let targets = r#"{"response_s":0.8,"success_pct":90,"hit_rate_pct":60}"#;
    miner.send("PUT", "/api/v1/tuner/targets", targets, &miner.bearer()).await;
    let mut rows = 0;
    for operation in operations(&document) {
        let Some(path) = operation.strip_prefix("get ") else { continue };
        let is_json = |answer: &Value| answer["content"].get("application/json").is_some();
        let answer = &document["paths"][path]["get"]["responses"]["200"];
        if !is_json(answer) || path.contains('{') {
            continue;
        }
        let scope = "0".repeat(32);
        let asked = if path.ends_with("/patterns") { format!("{path}?scope={scope}") } else { path.to_owned() };
        let reply = miner.get(&asked).await;
        assert_eq!(reply.status, 200, "{asked}: {}", reply.text());
        let mut schema = answer["content"]["application/json"]["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body = reply.json();
        let faults: Vec<_> =
            validator.iter_errors(&body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(faults.is_empty(), "{asked}: {faults:#?}");
        rows += body.as_array().map_or(1, Vec::len);
    }
    assert!(rows > 10, "{rows}");
    miner.stop().await;
}

#[tokio::test]
async fn every_command_of_the_manual_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder).await;
    let commands: Vec<_> = MANUAL.lines().filter(|line| line.starts_with("curl ") && !line.contains("/live")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let after = |flag: &str| command.split_once(flag).map(|(_, rest)| rest.trim_start());
        let body = after("-d ").map_or("", |rest| rest.split('\'').nth(1).unwrap());
        let default = if body.is_empty() { "GET" } else { "POST" };
        let method = after("-X ").map_or(default, |rest| rest.split(' ').next().unwrap());
        let path = after("\"$api").or(after("$api")).unwrap().split(['"', ' ']).next().unwrap();
        let token = if command.contains("$token") { miner.bearer() } else { String::new() };
        let reply = miner.send(method, path, body, &format!("{token}connection: close\r\n")).await;
        assert!((200..300).contains(&reply.status), "{command}: {} {}", reply.status, reply.text());
    }
    miner.stop().await;
}
