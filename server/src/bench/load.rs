//! A load generator that costs little beside what it measures: raw HTTP/1.1 over kept-alive connections, requests signed
//! before the clock starts.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Connections of the open loop: enough that one slow answer does not hold up the next.
const OPEN_CONNECTIONS: u32 = 8;
/// No request of a benchmark takes this long on a server that works.
const GIVE_UP: Duration = Duration::from_secs(60);

/// What a load made of a server.
pub(super) struct Load {
    pub(super) answered: u32,
    pub(super) refused: u32,
    pub(super) wall_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// Every connection sends its next request when the last is answered.
pub(super) async fn closed_loop(address: SocketAddr, scripts: Vec<Vec<Vec<u8>>>) -> Result<Load> {
    let started = Instant::now();
    let mut connections = JoinSet::new();
    for script in scripts {
        connections.spawn(async move {
            let mut client = Client::connect(address).await?;
            let mut tally = Tally::new();
            for request in script {
                let sent = Instant::now();
                let status = client.exchange(&request).await?;
                tally.count(status, sent.elapsed());
            }
            Ok::<_, anyhow::Error>(tally)
        });
    }
    collect(connections, started).await
}

/// Requests go out at their time, whether the last was answered or not: a late answer counts from when it was due.
pub(super) async fn open_loop(address: SocketAddr, path: &str, per_s: u32, seconds: u32) -> Result<Load> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    let started = Instant::now();
    let gap = Duration::from_secs(1) * OPEN_CONNECTIONS / per_s;
    let mut connections = JoinSet::new();
    for connection in 0..OPEN_CONNECTIONS {
        let request = request.clone();
        connections.spawn(async move {
            let mut client = Client::connect(address).await?;
            let mut tally = Tally::new();
            for index in 0..per_s * seconds / OPEN_CONNECTIONS {
                let due = started + gap * connection / OPEN_CONNECTIONS + gap * index;
                sleep_until(due).await;
                let status = client.exchange(&request).await?;
                tally.count(status, due.elapsed());
            }
            Ok::<_, anyhow::Error>(tally)
        });
    }
    collect(connections, started).await
}

async fn collect(mut connections: JoinSet<Result<Tally>>, started: Instant) -> Result<Load> {
    let mut all = Tally::new();
    while let Some(done) = connections.join_next().await {
        let tally = done.context("a connection's task")??;
        all.latency.add(&tally.latency).context("same bounds")?;
        all.refused += tally.refused;
    }
    let quantile_ms = |quantile| all.latency.value_at_quantile(quantile) as f64 / 1_000.0;
    Ok(Load {
        answered: all.latency.len() as u32,
        refused: all.refused,
        wall_s: started.elapsed().as_secs_f64(),
        p50_ms: quantile_ms(0.5),
        p99_ms: quantile_ms(0.99),
    })
}

struct Tally {
    latency: Histogram<u32>,
    refused: u32,
}

impl Tally {
    fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, 60_000_000, 3).expect("constant bounds in range");
        Self { latency, refused: 0 }
    }

    fn count(&mut self, status: u16, took: Duration) {
        self.latency.saturating_record(took.as_micros() as u64);
        self.refused += u32::from(status != 200);
    }
}

/// One kept-alive connection.
pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request, reads its answer whole, and tells the status.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        timeout(GIVE_UP, self.read_answer()).await.context("no answer within a minute")?
    }

    /// The last answer's body.
    pub(super) fn body(&self) -> &[u8] {
        let head = find(&self.buffer, b"\r\n\r\n").map_or(0, |at| at + 4);
        &self.buffer[head..]
    }

    async fn read_answer(&mut self) -> Result<u16> {
        self.buffer.clear();
        let head = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?.to_ascii_lowercase();
        let status = text.split(' ').nth(1).context("a status line")?.parse()?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("an answer with content-length")?.trim().parse()?;
        while self.buffer.len() < head + 4 + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
        }
        Ok(status)
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
