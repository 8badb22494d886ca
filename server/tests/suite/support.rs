//! A miner in the test's own process, with its clock and its folder, and the plainest HTTP client there is.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lode::app::{App, Reload, Surroundings};
use lode::axon::EMPTY_BODY_HASH;
use lode::clock::Clock;
use lode::config::{self, Config};
use lode::devnet::{Dendrite, SignedRequest};
use lode::keys::Signer;
use lode::telemetry::LogRing;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// When tests happen unless they say otherwise, nanoseconds since the Unix epoch.
pub const NOW_NS: u64 = 1_800_000_000_000_000_000;

/// A running miner.
pub struct Miner {
    pub axon: SocketAddr,
    pub api: SocketAddr,
    pub hotkey: String,
    pub token: String,
    pub now_ns: Arc<AtomicU64>,
    /// What it was started with.
    pub config: Config,
    next_config: Arc<Mutex<Config>>,
    reload: mpsc::Sender<()>,
    stop: oneshot::Sender<()>,
    task: JoinSet<Result<(), String>>,
    _wallets: tempfile::TempDir,
}

/// The repository's test files.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

pub fn json_file(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(file(path)).unwrap()).unwrap()
}

/// The test wallets, where each file is its owner's alone: git keeps no such modes.
pub fn wallets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for wallet in ["miner", "validator"] {
        let to = folder.path().join(wallet).join("hotkeys");
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(file("vectors/wallets").join(wallet).join("hotkeys")).unwrap() {
            let from = entry.unwrap().path();
            let copy = to.join(from.file_name().unwrap());
            std::fs::copy(&from, &copy).unwrap();
            std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    folder
}

/// The configuration with which the real SDK's client is answered.
pub fn interop_config() -> Config {
    config::load(Some(&file("interop/lode.toml")), toml::Table::new()).unwrap()
}

/// The validator of the captured requests.
pub fn validator() -> Signer {
    let wallets = wallets();
    let path = lode::keys::hotkey_path(wallets.path(), "validator", "default");
    lode::keys::load_hotkey(&path, None, |_| None, |_| None).unwrap()
}

impl Miner {
    /// Starts on free ports, with the test wallets, in `data`, at `now_ns`.
    pub async fn start(mut config: Config, data: &Path, now_ns: u64) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let wallets = wallets();
        config.wallet.path = wallets.path().to_owned();
        config.axon.ip = Some([127, 0, 0, 1].into());
        config.axon.port = 0;
        config.api.bind.set_port(0);
        let now_ns = Arc::new(AtomicU64::new(now_ns));
        let told = Arc::clone(&now_ns);
        let clock = Clock::from_fn(move || told.load(Ordering::SeqCst));
        let next_config = Arc::new(Mutex::new(config.clone()));
        let read = Arc::clone(&next_config);
        let (reload, asked) = mpsc::channel(1);
        let load = Box::new(move || Ok(read.lock().clone()));
        let around =
            Surroundings { clock, log: LogRing::default(), feeder: None, reload: Some(Reload { asked, load }) };
        let app = App::start(config.clone(), data, around).await.unwrap();
        let (axon, api, hotkey) = (app.axon, app.api, app.hotkey.clone());
        let token = app.token.reveal().to_owned();
        let (stop, stopped) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(app.run(async {
            stopped.await.ok();
        }));
        Self { axon, api, hotkey, token, now_ns, config, next_config, reload, stop, task, _wallets: wallets }
    }

    /// Has it read this configuration, as SIGHUP does; returns before it has.
    pub async fn reload(&self, config: Config) {
        *self.next_config.lock() = config;
        self.reload.send(()).await.unwrap();
    }

    /// Signs as the test validator, now.
    pub fn sign(&self, name: &str, fields: &Value) -> SignedRequest {
        let nonce_ns = self.now_ns.fetch_add(1, Ordering::SeqCst);
        self.sign_at(name, fields, EMPTY_BODY_HASH, nonce_ns)
    }

    pub fn sign_at(&self, name: &str, fields: &Value, body_hash: &str, nonce_ns: u64) -> SignedRequest {
        let fields: &Map<String, Value> = fields.as_object().unwrap();
        Dendrite::new(validator(), "test".into()).sign(&self.hotkey, name, fields, body_hash, 12.0, nonce_ns)
    }

    pub async fn call(&self, request: &SignedRequest) -> Reply {
        exchange(self.axon, &request.to_http()).await
    }

    /// Asks the API.
    pub async fn get(&self, path: &str) -> Reply {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.api);
        exchange(self.api, request.as_bytes()).await
    }

    /// Writes to the API with these extra header lines.
    pub async fn send(&self, method: &str, path: &str, body: &str, headers: &str) -> Reply {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.api,
            body.len()
        );
        exchange(self.api, request.as_bytes()).await
    }

    pub fn bearer(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    /// Stops as SIGTERM does.
    pub async fn stop(mut self) {
        self.stop.send(()).ok();
        self.task.join_next().await.unwrap().unwrap().unwrap();
    }
}

/// A response, whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends the very bytes and reads one response.
pub async fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may close before it has read everything.
    stream.write_all(request).await.ok();
    // The answer to HEAD announces a body that never comes.
    if request.starts_with(b"HEAD ") { read_head(&mut stream).await } else { read_reply(&mut stream).await }
}

pub async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut reply = read_head(stream).await;
    if reply.header("transfer-encoding").is_some() {
        while find(&reply.body, b"0\r\n\r\n").is_none() {
            assert_ne!(stream.read_buf(&mut reply.body).await.unwrap(), 0, "cut off");
        }
        reply.body = unchunk(&reply.body);
    } else {
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        while reply.body.len() < length {
            assert_ne!(stream.read_buf(&mut reply.body).await.unwrap(), 0, "cut off");
        }
    }
    reply
}

/// Status, head and what of the body came with them.
async fn read_head(stream: &mut TcpStream) -> Reply {
    let mut raw = Vec::new();
    let head_end = loop {
        if let Some(at) = find(&raw, b"\r\n\r\n") {
            break at;
        }
        assert_ne!(
            stream.read_buf(&mut raw).await.unwrap(),
            0,
            "the server hung up: {}",
            String::from_utf8_lossy(&raw)
        );
    };
    let head = String::from_utf8_lossy(&raw[..head_end]).replace("\r\n", "\n");
    let body = raw.split_off(head_end + 4);
    Reply { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body }
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = find(raw, b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&raw[..at]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&raw[at + 2..at + 2 + length]);
        raw = &raw[at + 4 + length..];
    }
    body
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
