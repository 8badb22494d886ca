//! The configuration read again while the miner runs.

use lode::config::Config;
use serde_json::{Value, json};

use crate::support::{Miner, NOW_NS, interop_config, validator};

/// A synapse with fixed words.
const WORDS: &str = r#"
    [solver.words]
    kind = "rules"
    rules = "words.toml"
    [[synapse]]
    name = "Words"
    prompt = "prompt"
    answer = ["reply"]
    cache = false
    solver = "words"
"#;

fn with_words(config: &Config, folder: &tempfile::TempDir, says: &str) -> Config {
    let path = folder.path().join("words.toml");
    std::fs::write(&path, format!("[[rule]]\nname = \"words\"\nanswer = {{ reply = \"{says}\" }}\n")).unwrap();
    let more: Config = toml::from_str(&WORDS.replace("words.toml", path.to_str().unwrap())).unwrap();
    let mut config = config.clone();
    config.synapse.extend(more.synapse);
    config.solver.extend(more.solver);
    config
}

async fn asked(miner: &Miner, name: &str, prompt: &str) -> (u16, Value) {
    let reply = miner.call(&miner.sign(name, &json!({"prompt": prompt}))).await;
    (reply.status, reply.json()["reply"].clone())
}

/// Asks until the new configuration is in force; it is within a moment.
async fn until(miner: &Miner, name: &str, wanted: u16) -> Value {
    let mut last = (0, Value::Null);
    for turn in 0..200 {
        last = asked(miner, name, &format!("turn {turn}")).await;
        if last.0 == wanted {
            return last.1;
        }
    }
    panic!("{name} is not answered with {wanted} but with {last:?}");
}

#[tokio::test]
async fn synapses_solvers_and_callers_change_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    assert_eq!(asked(&miner, "Words", "hello").await.0, 404);
    let config = with_words(&miner.config, &folder, "one");
    miner.reload(config.clone()).await;
    assert_eq!(until(&miner, "Words", 200).await, "one");
    let mut denied = config.clone();
    denied.axon.deny = vec![validator().address().to_owned()];
    miner.reload(denied).await;
    until(&miner, "Words", 403).await;
    miner.reload(with_words(&miner.config, &folder, "two")).await;
    assert_eq!(until(&miner, "Words", 200).await, "two", "the rules' file is read again");
    let calls = miner.get("/api/dashboard").await.json();
    let words = calls["solvers"].as_array().unwrap().iter().find(|row| row["name"] == "words").unwrap();
    assert!(words["calls"].as_u64().unwrap() >= 2, "it counts on: {words}");
    miner.stop().await;
}

#[tokio::test]
async fn a_configuration_with_a_fault_changes_nothing_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    let good = with_words(&miner.config, &folder, "one");
    let mut bad = good.clone();
    bad.axon.deny = vec![validator().address().to_owned()];
    bad.synapse.last_mut().unwrap().solver = Some("nobody".into());
    miner.reload(bad).await;
    miner.reload(good).await;
    // The denied would never see this.
    assert_eq!(until(&miner, "Words", 200).await, "one");
    miner.stop().await;
}

#[tokio::test]
async fn targets_that_the_configuration_says_anew_are_in_force_and_in_the_audit_trail() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    let more: Config =
        toml::from_str("[tuner.targets]\nresponse_s = 2.5\nsuccess_pct = 90\nhit_rate_pct = 40\n").unwrap();
    let mut config = with_words(&miner.config, &folder, "one");
    config.tuner.targets = more.tuner.targets;
    miner.reload(config.clone()).await;
    until(&miner, "Words", 200).await;
    let tuner = miner.get("/api/v1/tuner").await.json();
    assert_eq!(tuner["mandate"]["targets"]["response_s"], 2.5);
    let audit = miner.get("/api/v1/tuner/audit").await.json();
    assert_eq!(audit[0]["who"], "the configuration");
    // What is said last holds: over the API now, and still after a start with the same file.
    let body = r#"{"response_s": 3.0, "success_pct": 90, "hit_rate_pct": 40}"#;
    let reply = miner.send("PUT", "/api/v1/tuner/targets", body, &miner.bearer()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    miner.stop().await;
    let again = Miner::start(config.clone(), folder.path(), NOW_NS).await;
    assert_eq!(again.get("/api/v1/tuner").await.json()["mandate"]["targets"]["response_s"], 3.0);
    again.stop().await;
    // And in the file, when it was changed meanwhile.
    let later: Config =
        toml::from_str("[tuner.targets]\nresponse_s = 4.0\nsuccess_pct = 90\nhit_rate_pct = 40\n").unwrap();
    config.tuner.targets = later.tuner.targets;
    let last = Miner::start(config, folder.path(), NOW_NS).await;
    assert_eq!(last.get("/api/v1/tuner").await.json()["mandate"]["targets"]["response_s"], 4.0);
    last.stop().await;
}
