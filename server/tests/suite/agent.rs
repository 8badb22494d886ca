//! The agent from outside: adapters as data, what is sent rather than nothing, feedback, records, and the direct API.

use lode::config::Config;
use serde_json::{Value, json};

use crate::support::{Miner, NOW_NS, interop_config};

/// The interoperability run's synapses, and these.
async fn miner(folder: &tempfile::TempDir, synapses: &str) -> Miner {
    let more: Config = toml::from_str(synapses).unwrap();
    let mut config = interop_config();
    config.synapse.extend(more.synapse);
    config.solver.extend(more.solver);
    config.api.chat_synapse = more.api.chat_synapse;
    Miner::start(config, folder.path(), NOW_NS).await
}

/// Of a solver that never answers.
const DOWN: &str = r#"
    [solver.down]
    kind = "http"
    url = "http://127.0.0.1:1/solve"
    [[synapse]]
    name = "Down"
    prompt = "prompt"
    answer = ["reply"]
    solver = "down"
    fallback = { reply = "sorry" }
"#;

const CHAT: &str = r#"
    [api]
    chat_synapse = "Chat"
    [[synapse]]
    name = "Chat"
    prompt = "messages"
    answer = ["completion"]
    solver = "replies"
"#;

#[tokio::test]
async fn a_prompt_is_put_together_from_several_fields_and_its_scope_from_parts_of_a_url() {
    let folder = tempfile::tempdir().unwrap();
    let synapse = r#"
        [[synapse]]
        name = "Nested"
        prompt = "{/task/what} on {day}"
        scope = [{ host = "url" }, { query = "seed", of = "url" }]
        answer = ["reply"]
        solver = "replies"
    "#;
    let miner = miner(&folder, synapse).await;
    let ask = async |what: &str, url: &str| {
        let fields = json!({"task": {"what": what}, "day": "Monday", "url": url});
        let reply = miner.call(&miner.sign("Nested", &fields)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!((&reply.json()["task"]["what"], &reply.json()["day"]), (&json!(what), &json!("Monday")), "echoed");
        reply.json()["reply"].clone()
    };
    assert_eq!(ask("Cook", "http://a.example/x?seed=1").await, "Cook on Monday");
    ask("Cook", "http://a.example/y?seed=1&page=2").await;
    ask("Cook", "http://a.example/x?seed=2").await;
    ask("Cook", "http://b.example/x?seed=1").await;
    let rows = miner.get("/api/v1/requests").await.json();
    let sources: Vec<_> = rows.as_array().unwrap().iter().rev().map(|row| row["source"].clone()).collect();
    assert_eq!(sources, ["solved", "exact", "solved", "solved"]);
    let missing = miner.call(&miner.sign("Nested", &json!({"task": {}, "day": "Monday"}))).await;
    assert!(missing.status >= 400 && missing.text().contains("/task/what"), "{missing:?}");
    miner.stop().await;
}

#[tokio::test]
async fn when_the_solver_is_down_the_fallback_is_sent_and_counted_as_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder, DOWN).await;
    for _ in 0..2 {
        let reply = miner.call(&miner.sign("Down", &json!({"prompt": "p"}))).await;
        assert_eq!((reply.status, &reply.json()["reply"]), (200, &json!("sorry")));
    }
    let rows = miner.get("/api/v1/requests").await.json();
    assert_eq!([&rows[0]["source"], &rows[1]["source"]], ["fallback", "fallback"], "and is not remembered");
    let snapshot = miner.get("/api/dashboard").await.json();
    assert_eq!(snapshot["performance_tuning"]["observed"]["success_pct"], 0.0);
    miner.stop().await;
}

#[tokio::test]
async fn a_validators_feedback_finds_its_task_and_a_bad_one_takes_the_answer_out_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let synapse = r#"
        [[synapse]]
        name = "Score"
        [synapse.feedback]
        of = "TaskSynapse"
        prompt = "prompt"
        join = { url = "task_url" }
        score = "score"
        right_from = 1.0
    "#;
    let miner = miner(&folder, synapse).await;
    let task = json!({"prompt": "Search for 'Dune'", "url": "http://a/?seed=1"});
    let ask = async || miner.call(&miner.sign("TaskSynapse", &task)).await.status;
    let score = async |score: f64, url: &str| {
        let fields = json!({"prompt": "Search for 'Dune'", "task_url": url, "score": score});
        assert_eq!(miner.call(&miner.sign("Score", &fields)).await.status, 200);
    };
    let last_task = async || {
        let rows = miner.get("/api/v1/requests").await.json();
        rows.as_array().unwrap().iter().find(|row| row["synapse"] == "TaskSynapse").unwrap().clone()
    };
    assert_eq!(ask().await, 200);
    score(0.0, "http://a/?seed=2").await;
    assert_eq!(last_task().await["right"], Value::Null, "that was another task");
    score(0.2, "http://a/?seed=1").await;
    assert_eq!((&last_task().await["right"], &last_task().await["judged_by"]), (&json!(false), &json!("validator")));
    assert_eq!(ask().await, 200);
    assert_eq!(last_task().await["source"], "solved", "not from memory");
    miner.stop().await;
}

#[tokio::test]
async fn an_operators_feedback_is_about_any_request_and_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder, "").await;
    let task = r#"{"prompt":"Search for 'Dune'","url":"http://a/?seed=2"}"#;
    let ask = async || miner.send("POST", "/solve_task", task, "").await.json();
    let first = ask().await;
    let feedback = json!({"request_id": first["request_id"], "right": false}).to_string();
    let send = async |headers: &str| miner.send("POST", "/api/v1/feedback", &feedback, headers).await.status;
    assert_eq!(send("").await, 401, "it needs the token");
    assert_eq!(send(&miner.bearer()).await, 204);
    assert_eq!(send(&miner.bearer()).await, 409);
    assert_eq!(ask().await["source"], "solved");
    miner.stop().await;
}

#[tokio::test]
async fn requests_are_kept_over_a_restart_and_numbered_on() {
    let folder = tempfile::tempdir().unwrap();
    let task = json!({"prompt": "Search for 'Dune'", "url": "http://a/?seed=1"});
    let first = miner(&folder, "").await;
    first.call(&first.sign("TaskSynapse", &task)).await;
    first.stop().await;
    let second = Miner::start(interop_config(), folder.path(), NOW_NS + 1_000_000_000).await;
    second.call(&second.sign("TaskSynapse", &task)).await;
    let rows = second.get("/api/v1/requests?limit=10").await.json();
    let ids: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{rows}");
    assert!(ids[0] > ids[1]);
    assert_eq!((&rows[1]["source"], &rows[1]["solver"]), (&json!("solved"), &json!("web")));
    assert!(rows[1]["solve_ms"].is_f64() && rows[1]["verify_ms"].is_f64() && rows[1]["hotkey"].is_string(), "{rows}");
    assert_eq!((&rows[0]["source"], &rows[0]["solve_ms"]), (&json!("exact"), &Value::Null));
    let before = second.get(&format!("/api/v1/requests?before={}", ids[0])).await.json();
    assert_eq!(before.as_array().unwrap().len(), 1);
    second.stop().await;
}

#[tokio::test]
async fn an_openai_client_gets_whole_and_streamed_completions() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder, CHAT).await;
    let ask = async |body: Value| miner.send("POST", "/v1/chat/completions", &body.to_string(), "").await;
    let messages = json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]);
    let whole = ask(json!({"model": "m", "messages": messages})).await;
    assert_eq!((whole.status, &whole.json()["object"]), (200, &json!("chat.completion")), "{whole:?}");
    let choice = whole.json()["choices"][0].clone();
    assert_eq!((&choice["message"]["content"], &choice["finish_reason"]), (&json!("hello"), &json!("stop")));
    assert_eq!(whole.json()["model"], "m");

    let streamed = ask(json!({"messages": messages, "stream": true})).await;
    assert_eq!(streamed.header("content-type"), Some("text/event-stream"));
    let events: Vec<_> =
        streamed.text().lines().filter_map(|line| line.strip_prefix("data: ").map(str::to_owned)).collect();
    let (done, parts) = events.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let parts: Vec<Value> = parts.iter().map(|part| serde_json::from_str(part).unwrap()).collect();
    let text: String = parts.iter().filter_map(|part| part["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!((text.as_str(), &parts.last().unwrap()["choices"][0]["finish_reason"]), ("hello", &json!("stop")));

    for (body, word) in [
        (json!({"messages": messages, "tools": []}), "tools"),
        (json!({"messages": messages, "n": 2}), "`n`"),
        (json!({"prompt": "p"}), "messages"),
        (json!({"messages": []}), "no prompt"),
    ] {
        let refused = ask(body).await;
        let message = refused.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!((400..500).contains(&refused.status) && message.contains(word), "{refused:?}");
    }
    miner.stop().await;
}

#[tokio::test]
async fn a_web_agent_is_asked_step_by_step_and_keeps_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let miner = miner(&folder, "").await;
    let mut history = Vec::new();
    let mut tools = Vec::new();
    for index in 0..12 {
        // From the second step on the browser is somewhere else.
        let url = if index == 0 { "http://shop.example/?seed=4" } else { "http://shop.example/results?seed=4" };
        let step = json!({"protocol_version": "1.0", "task_id": "t1", "prompt": "Search for 'Dune'", "url": url,
                          "html": "<html>", "step_index": index, "history": history});
        let path = if index % 2 == 0 { "/step" } else { "/act" };
        let reply = miner.send("POST", path, &step.to_string(), "").await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reply = reply.json();
        if reply["done"] == true {
            break;
        }
        assert_eq!(reply["tool_calls"].as_array().unwrap().len(), 1, "{reply}");
        tools.push(reply["tool_calls"][0]["name"].as_str().unwrap().to_owned());
        history.push(json!({"index": index, "action": reply["actions"][0], "success": true}));
    }
    assert!(
        tools.len() >= 3 && tools[0] == "browser.navigate" && tools.contains(&"browser.input".to_owned()),
        "{tools:?}"
    );
    assert_eq!(miner.get("/api/v1/requests").await.json().as_array().unwrap().len(), 1, "one plan");
    let bad = miner.send("POST", "/step", "{}", "").await;
    assert_eq!(bad.status, 422, "{bad:?}");
    miner.stop().await;
}
