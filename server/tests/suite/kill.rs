//! SIGKILL at any moment under write load: it always starts, and nothing that was acknowledged is lost.
//!
//! A few rounds run with the other tests; `make kill-test` runs a hundred, `LODE_KILLS` and `LODE_KILL_SEED` say which.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lode::clock::Clock;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::running::{Running, lode};

/// One round in so many is killed while it starts.
const EARLY_EVERY: u32 = 6;
/// Acknowledged writes before a kill, at most.
const MOST_WRITES: u64 = 60;

/// What was acknowledged, and what may have been.
#[derive(Default)]
struct Model {
    targets: (u64, Value),
    asked_targets: Option<Value>,
    labels: Vec<(u64, bool)>,
    epochs: Vec<Cleared>,
    gone: Vec<Gone>,
}

/// Nothing of this scope, or of any, whose solve began by then may be given again.
struct Cleared {
    scope: Option<String>,
    at_ms: u64,
}

/// An answer that was to go.
struct Gone {
    scope: String,
    prompt: String,
    at_ms: u64,
}

/// Who writes, and what came of it.
struct Load {
    api: String,
    token: String,
    client: reqwest::Client,
    model: Arc<Mutex<Model>>,
    done: Arc<AtomicU64>,
    told: Arc<Notify>,
}

impl Load {
    /// The status and what was said; nothing when the miner has gone.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let mut request = self.client.request(method, format!("http://{}{path}", self.api)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await.ok()?;
        let status = reply.status().as_u16();
        let body = reply.bytes().await.ok()?;
        Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    fn acknowledged(&self) {
        self.done.fetch_add(1, Ordering::SeqCst);
        self.told.notify_one();
    }

    async fn change_targets(&self, random: &mut StdRng) -> Option<()> {
        let tenths = |random: &mut StdRng, range| f64::from(random.random_range::<u32, _>(range)) / 10.0;
        let targets = json!({"response_s": tenths(random, 5..50), "success_pct": tenths(random, 500..990),
            "hit_rate_pct": tenths(random, 100..900)});
        self.model.lock().asked_targets = Some(targets.clone());
        let (status, _) = self.ask(Method::PUT, "/api/v1/tuner/targets", Some(&targets)).await?;
        assert_eq!(status, 200);
        let mut model = self.model.lock();
        model.targets = (model.targets.0 + 1, targets);
        model.asked_targets = None;
        self.acknowledged();
        Some(())
    }

    async fn judge(&self, random: &mut StdRng) -> Option<()> {
        let (_, rows) = self.ask(Method::GET, "/api/v1/requests?limit=60&outcome=answered", None).await?;
        let open: Vec<_> = rows.as_array()?.iter().filter(|row| row["right"].is_null()).collect();
        if open.is_empty() {
            tokio::task::yield_now().await;
            return Some(());
        }
        let id = open[random.random_range(0..open.len())]["id"].as_u64()?;
        let right = random.random_bool(0.8);
        let label = json!({"request_id": id, "right": right});
        if self.ask(Method::POST, "/api/v1/feedback", Some(&label)).await?.0 == 204 {
            self.model.lock().labels.push((id, right));
            self.acknowledged();
        }
        Some(())
    }

    async fn invalidate(&self, random: &mut StdRng) -> Option<()> {
        let (_, listed) = self.ask(Method::GET, "/api/v1/cache/entries?limit=20", None).await?;
        let entries = listed["entries"].as_array()?;
        if entries.is_empty() {
            tokio::task::yield_now().await;
            return Some(());
        }
        let entry = &entries[random.random_range(0..entries.len())];
        let (scope, prompt) = (entry["scope_id"].as_str()?.to_owned(), entry["prompt"].as_str()?.to_owned());
        let now_ms = Clock::system().now_ms();
        let (path, body) = match random.random_range(0..10) {
            0 => ("clear", None),
            1..=3 => ("invalidate", Some(json!({"scope": scope}))),
            4 | 5 => ("invalidate", Some(json!({"older_than_s": 2}))),
            _ => ("invalidate", Some(json!({"entry": entry["id"]}))),
        };
        let (status, _) = self.ask(Method::POST, &format!("/api/v1/cache/{path}"), body.as_ref()).await?;
        if status == 200 {
            let mut model = self.model.lock();
            match body {
                None => model.epochs.push(Cleared { scope: None, at_ms: now_ms }),
                Some(body) if body["scope"].is_string() => {
                    model.epochs.push(Cleared { scope: Some(scope), at_ms: now_ms });
                }
                Some(body) if body["older_than_s"].is_u64() => {
                    model.epochs.push(Cleared { scope: None, at_ms: now_ms - 2_000 });
                }
                Some(_) => model.gone.push(Gone { scope, prompt, at_ms: now_ms }),
            }
            drop(model);
            self.acknowledged();
        }
        Some(())
    }
}

/// Writes until the miner has gone.
async fn write(load: Arc<Load>, mut random: StdRng, what: u32) {
    loop {
        let went_on = match what {
            0 => load.change_targets(&mut random).await,
            1 => load.judge(&mut random).await,
            _ => load.invalidate(&mut random).await,
        };
        if went_on.is_none() {
            return;
        }
    }
}

/// What the killed miner left, looked at in a copy, so that the next start finds it as it was left.
fn check_disk(folder: &Path, model: &Model) {
    let copy = tempfile::tempdir().unwrap();
    for name in ["lode.sqlite", "lode.sqlite-wal"] {
        let from = folder.join("data").join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(name)).unwrap();
        }
    }
    let connection = Connection::open(copy.path().join("lode.sqlite")).unwrap();
    let said: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    for (id, right) in &model.labels {
        let row = "SELECT right, judged_by FROM request WHERE id = ?1";
        let kept = connection.query_row(row, [*id as i64], |row| Ok((row.get(0)?, row.get(1)?))).optional().unwrap();
        assert_eq!(kept, Some((Some(*right), Some("operator".to_owned()))), "the label of request {id}");
    }
    for Cleared { scope, at_ms } in &model.epochs {
        let scope = hex::decode(scope.as_deref().unwrap_or_default()).unwrap();
        let found = "SELECT max(at_ms) FROM epoch WHERE length(scope) = 0 OR scope = ?1";
        let kept: Option<i64> = connection.query_row(found, [&scope], |row| row.get(0)).unwrap();
        assert!(kept.is_some_and(|kept| kept as u64 >= *at_ms), "{kept:?}, cleared at {at_ms}");
    }
    for Gone { scope, prompt, at_ms } in &model.gone {
        let found = "SELECT count(*) FROM answer WHERE scope = ?1 AND prompt = ?2 AND stored_ms < ?3";
        let scope = hex::decode(scope).unwrap();
        let count: i64 = connection.query_row(found, (scope, prompt, *at_ms as i64), |row| row.get(0)).unwrap();
        assert_eq!(count, 0, "forgotten and back: {prompt}");
    }
}

/// The targets in force are those that were acknowledged, or those that were asked for when it was killed.
async fn check_targets(load: &Load) {
    let (_, told) = load.ask(Method::GET, "/api/dashboard", None).await.unwrap();
    let told = &told["performance_tuning"];
    let mut model = load.model.lock();
    let asked = model.asked_targets.take();
    let version = told["version"].as_u64().unwrap();
    let same = |targets: &Value| {
        ["response_s", "success_pct", "hit_rate_pct"].iter().all(|name| told["targets"][name] == targets[name])
    };
    match asked {
        Some(asked) if version == model.targets.0 + 1 => {
            assert!(same(&asked), "{asked} was asked for: {told}");
            model.targets = (version, asked);
        }
        _ => {
            assert_eq!(version, model.targets.0);
            assert!(version == 0 || same(&model.targets.1), "{} were in force: {told}", model.targets.1);
        }
    }
}

/// Kills it while it starts: when it has said its first word.
fn kill_early(folder: &Path, arguments: &[&str]) {
    let mut command = lode(folder, arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stderr.take().unwrap().read_exact(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigkill_under_write_load_loses_nothing_that_was_acknowledged() {
    let (kills, seed) = (number("LODE_KILLS", 6) as u32, number("LODE_KILL_SEED", 1));
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let config = "[devnet]\ntuner_interval_s = 1\nsolver_delay_ms = [1, 60]\nsolver_failure_pct = 0.0\n";
    std::fs::write(folder.path().join("lode.toml"), config).unwrap();
    let model = Arc::new(Mutex::new(Model::default()));
    let mut random = StdRng::seed_from_u64(seed);
    for kill in 1..=kills {
        if kill.is_multiple_of(EARLY_EVERY) {
            let arguments = ["--axon.port", "0", "--api.bind", "127.0.0.1:0", "--data-dir", "data"];
            kill_early(folder.path(), &arguments);
            check_disk(folder.path(), &model.lock());
        }
        let running = Running::start(folder.path(), &["--devnet.rate", "80"]);
        let load = Arc::new(Load {
            api: running.api.to_string(),
            token: running.token.clone(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            model: Arc::clone(&model),
            done: Arc::default(),
            told: Arc::default(),
        });
        check_targets(&load).await;
        let mut writers = JoinSet::new();
        for what in 0..3 {
            writers.spawn(write(Arc::clone(&load), StdRng::seed_from_u64(random.random()), what));
        }
        let enough = random.random_range(0..=MOST_WRITES);
        while load.done.load(Ordering::SeqCst) < enough {
            load.told.notified().await;
        }
        running.kill();
        while let Some(ended) = writers.join_next().await {
            ended.unwrap();
        }
        check_disk(folder.path(), &model.lock());
    }
    let running = Running::start(folder.path(), &["--devnet.rate", "0"]);
    drop(running);
    let model = model.lock();
    let moved = std::fs::read_dir(folder.path().join("data")).unwrap();
    let moved = moved.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("damaged")).count();
    assert_eq!(moved, 0, "a kill damages nothing");
    eprintln!(
        "{kills} kills (seed {seed}), {} more while starting: {} changes of targets, {} labels, {} scopes and ages and {} \
         entries forgotten; all there, every file whole",
        kills / EARLY_EVERY,
        model.targets.0,
        model.labels.len(),
        model.epochs.len(),
        model.gone.len()
    );
    assert!(model.targets.0 > 0 && !model.labels.is_empty() && !model.epochs.is_empty());
}
