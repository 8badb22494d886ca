//! SIGTERM under load: who was heard is answered, and written down.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use lode::axon::EMPTY_BODY_HASH;
use lode::clock::Clock;
use lode::devnet::Dendrite;
use rusqlite::Connection;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::running::Running;
use crate::support::{exchange, validator, wallets};

/// Who asks at the same time.
const CALLERS: usize = 24;
/// Requests answered before the solver is held.
const BEFORE: u64 = 150;

/// A solver that answers when it may.
#[derive(Clone)]
struct Gate {
    open: watch::Receiver<bool>,
    held: Arc<AtomicU64>,
}

async fn solve(State(mut gate): State<Gate>) -> axum::Json<serde_json::Value> {
    gate.held.fetch_add(1, Ordering::SeqCst);
    gate.open.wait_for(|open| *open).await.unwrap();
    axum::Json(json!({"reply": "yes"}))
}

/// What came back for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Answer(u16),
    /// The connection was closed without a byte.
    Nothing,
    /// There was no connection.
    Refused,
}

async fn call(axon: &str, bytes: &[u8]) -> Came {
    let Ok(mut stream) = TcpStream::connect(axon).await else { return Came::Refused };
    if stream.write_all(bytes).await.is_err() {
        return Came::Nothing;
    }
    let mut reply = Vec::new();
    // "connection: close" is ours: the whole answer, then the end.
    let read = stream.read_to_end(&mut reply).await;
    let status = reply.get(9..12).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
    match status {
        Some(status) => {
            let text = String::from_utf8_lossy(&reply);
            assert!(read.is_ok() && text.contains("\r\n\r\n"), "half an answer: {text}");
            Came::Answer(status)
        }
        None => Came::Nothing,
    }
}

fn rows(folder: &Path) -> (u64, u64) {
    let connection = Connection::open(folder.join("data/lode.sqlite")).unwrap();
    let count = |which: &str| {
        let query = format!("SELECT count(*) FROM request WHERE source IS {which} NULL");
        connection.query_row(&query, [], |row| row.get::<_, i64>(0)).unwrap() as u64
    };
    (count("NOT"), count(""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_request_that_was_heard() {
    let (folder, wallets) = (tempfile::tempdir().unwrap(), wallets());
    let (gate, open) = watch::channel(true);
    let held = Arc::new(AtomicU64::new(0));
    let solver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/solve", solver.local_addr().unwrap());
    let router = Router::new().route("/solve", post(solve)).with_state(Gate { open, held: Arc::clone(&held) });
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(solver, router).await.unwrap() });
    let config = format!(
        "presets = []\n[subtensor]\nnetwork = \"offline\"\n[wallet]\npath = \"{}\"\nname = \"miner\"\n[axon]\n\
         ip = \"127.0.0.1\"\ncallers = \"anyone\"\naddress_rate = 0.0\nhotkey_rate = 0.0\n[solver.held]\nkind = \"http\"\n\
         url = \"{url}\"\n[[synapse]]\nname = \"EchoSynapse\"\nprompt = \"text\"\nanswer = [\"reply\"]\nsolver = \"held\"\n",
        wallets.path().display()
    );
    std::fs::write(folder.path().join("lode.toml"), config).unwrap();
    let running = Running::start(folder.path(), &[]);
    let told = format!("GET /api/dashboard HTTP/1.1\r\nhost: {}\r\n\r\n", running.api);
    let told = exchange(running.api, told.as_bytes()).await.json();
    let (axon, hotkey) = (told["miner"]["axon"].as_str().unwrap(), told["miner"]["hotkey"].as_str().unwrap());

    let answered = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (axon, hotkey, answered) = (axon.to_owned(), hotkey.to_owned(), Arc::clone(&answered));
        callers.spawn(async move {
            let dendrite = Dendrite::new(validator(), format!("caller-{caller}"));
            let mut came = Vec::new();
            // One in three asks what was asked before, and is answered from memory.
            for number in 0.. {
                let fields = json!({"text": format!("question {} of {caller}", number - number % 3)});
                let now_ns = Clock::system().now_ns();
                let request =
                    dendrite.sign(&hotkey, "EchoSynapse", fields.as_object().unwrap(), EMPTY_BODY_HASH, 12.0, now_ns);
                let bytes = String::from_utf8(request.to_http()).unwrap();
                let bytes = bytes.replacen("\r\n", "\r\nconnection: close\r\n", 1);
                let one = call(&axon, bytes.as_bytes()).await;
                came.push(one);
                match one {
                    Came::Answer(_) => answered.fetch_add(1, Ordering::SeqCst),
                    Came::Nothing | Came::Refused => return came,
                };
            }
            came
        });
    }
    while answered.load(Ordering::SeqCst) < BEFORE {
        tokio::task::yield_now().await;
    }
    gate.send(false).unwrap();
    let before = held.load(Ordering::SeqCst);
    // What comes now is held by the solver: heard, not answered.
    while held.load(Ordering::SeqCst) < before + 4 {
        tokio::task::yield_now().await;
    }
    running.terminate();
    // Nobody new is heard any more.
    while TcpStream::connect(axon).await.is_ok() {
        tokio::task::yield_now().await;
    }
    gate.send(true).unwrap();
    let mut came = Vec::new();
    while let Some(ended) = callers.join_next().await {
        came.extend(ended.unwrap());
    }
    assert_eq!(running.wait(), Some(0));
    let count = |wanted: fn(&Came) -> bool| came.iter().filter(|came| wanted(came)).count() as u64;
    let (good, other) = (
        count(|came| *came == Came::Answer(200)),
        count(|came| matches!(came, Came::Answer(status) if *status != 200)),
    );
    let (answers, refusals) = rows(folder.path());
    eprintln!(
        "{} sent: {good} answered, {other} refused, {} turned away unheard; {answers} + {refusals} rows",
        came.len(),
        count(|came| matches!(came, Came::Nothing | Came::Refused))
    );
    assert_eq!((answers, refusals), (good, other), "every request that was heard was answered and is kept");
    assert!(good >= BEFORE + 4);
}
