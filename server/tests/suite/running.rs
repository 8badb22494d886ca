//! The binary as a process of its own, watched through its output and its live stream: nothing here waits for a time to
//! pass, only for something to happen.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use lode_shared::Snapshot;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// `lode` with these arguments, in an empty folder and without the variables of whoever runs the tests.
pub fn lode(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lode"));
    command.current_dir(folder).args(arguments).env_clear().env("HOME", folder).stdin(Stdio::null());
    command
}

/// Runs to the end.
pub fn output(folder: &Path, arguments: &[&str]) -> Output {
    lode(folder, arguments).output().unwrap()
}

/// A running miner on devnet. Killed when dropped.
pub struct Running {
    child: Child,
    pub api: SocketAddr,
    pub token: String,
}

impl Running {
    /// Starts on free ports with its data in `folder`; returns when it answers.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_at(folder, "127.0.0.1:0", arguments)
    }

    /// The same with its API at a given address.
    pub fn start_at(folder: &Path, api: &str, arguments: &[&str]) -> Self {
        let mut command = lode(folder, &["--axon.port", "0", "--api.bind", api, "--data-dir", "data"]);
        command.args(arguments);
        Self::begin(folder, command)
    }

    /// Starts this command, which keeps its data in the folder's `data`.
    pub fn begin(folder: &Path, mut command: Command) -> Self {
        let data = folder.join("data");
        // Its log tells where the API is, with the dashboard or without.
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let api = loop {
            let Some(line) = lines.next() else { panic!("lode did not start: {}", said.join("\n")) };
            let line = line.unwrap();
            if let Some((_, address)) = line.split_once("API on http://") {
                break address.trim().parse().unwrap();
            }
            said.push(line);
        };
        // Read on, so that a full pipe never stops the miner.
        std::thread::spawn(move || lines.for_each(drop));
        let token = std::fs::read_to_string(data.join("admin-token")).unwrap();
        Self { child, api, token }
    }

    /// Asks it to stop, as systemd does.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end: the exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Opens a tab: the live stream.
    pub async fn tab(&self) -> Tab {
        let mut stream = TcpStream::connect(self.api).await.unwrap();
        let request = format!("GET /api/v1/live HTTP/1.1\r\nhost: {}\r\n\r\n", self.api);
        stream.write_all(request.as_bytes()).await.unwrap();
        Tab(tokio::io::BufReader::new(stream))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An open live stream.
pub struct Tab(tokio::io::BufReader<TcpStream>);

impl Tab {
    /// The next snapshot; none when the server has ended the stream.
    pub async fn next(&mut self) -> Option<Snapshot> {
        let mut line = String::new();
        while self.0.read_line(&mut line).await.unwrap_or(0) > 0 {
            if let Some(json) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(json).unwrap());
            }
            line.clear();
        }
        None
    }

    /// The first snapshot of which `wanted` is true, within some four minutes of snapshots.
    pub async fn until(&mut self, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
        for _ in 0..240 {
            let snapshot = self.next().await.expect("the stream goes on");
            if wanted(&snapshot) {
                return snapshot;
            }
        }
        panic!("it did not come about in 240 snapshots");
    }
}
