//! A load generator that costs little beside what it measures: raw HTTP/1.1 over kept-alive connections, requests signed
//! before the clock starts.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// No request of a benchmark takes this long on a server that works.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Threads and connections are up after this.
const THREADS_START: Duration = Duration::from_millis(200);

/// Read at once: most answers are whole then.
pub(super) const CHUNK_BYTES: usize = 32 * 1_024;

/// The requests of each connection, as bytes.
pub(super) type Scripts = Vec<Vec<Vec<u8>>>;

/// What a load made of a server.
pub(super) struct Load {
    pub(super) answered: u32,
    /// Those with another status than was expected.
    pub(super) unexpected: u32,
    pub(super) wall_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// Every connection sends its next request when the last is answered with `status`.
pub(super) async fn closed_loop(address: SocketAddr, scripts: Scripts, status: u16) -> Result<Load> {
    let mut clients = Vec::new();
    for script in scripts {
        clients.push((Client::connect(address).await?, script));
    }
    let started = Instant::now();
    let mut connections = JoinSet::new();
    for (mut client, script) in clients {
        connections.spawn(async move {
            let mut tally = Tally::new();
            for request in script {
                let sent = Instant::now();
                let got = client.exchange(&request).await?;
                tally.count(got == status, sent.elapsed());
            }
            Ok::<_, anyhow::Error>(tally)
        });
    }
    collect(connections, started).await
}

/// Requests go out at their time, `per_s` in all, the connections taking turns. One that is late because the answer before
/// it was counts from when it was due; one that the system's timer sent late counts from when it went.
///
/// Each connection has a thread: tokio's timer ticks in milliseconds, and would send what is due in one as a burst.
pub(super) async fn open_loop(address: SocketAddr, scripts: Scripts, per_s: f64, status: u16) -> Result<Load> {
    let gap = Duration::from_secs_f64(scripts.len() as f64 / per_s);
    let count = scripts.len() as u32;
    let started = Instant::now() + THREADS_START;
    let mut connections = JoinSet::new();
    for (turn, script) in (0_u32..).zip(scripts) {
        connections.spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(GIVE_UP))?;
            let (mut buffer, mut chunk, mut tally) = (Vec::new(), vec![0; CHUNK_BYTES], Tally::new());
            for (index, request) in (0_u32..).zip(script) {
                let due = started + gap * turn / count + gap * index;
                let from = if Instant::now() > due { due } else { wait_until(due) };
                stream.write_all(&request)?;
                buffer.clear();
                let got = loop {
                    if let Some(status) = whole_answer(&buffer)? {
                        break status;
                    }
                    match stream.read(&mut chunk)? {
                        0 => bail!("the server hung up"),
                        length => buffer.extend_from_slice(&chunk[..length]),
                    }
                };
                tally.count(got == status, from.elapsed());
            }
            Ok::<_, anyhow::Error>(tally)
        });
    }
    collect(connections, started).await
}

#[expect(clippy::disallowed_methods, reason = "a thread of the load generator, which has nothing else to do")]
fn wait_until(due: Instant) -> Instant {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
    Instant::now()
}

async fn collect(mut connections: JoinSet<Result<Tally>>, started: Instant) -> Result<Load> {
    let mut all = Tally::new();
    while let Some(done) = connections.join_next().await {
        let tally = done.context("a connection's task")??;
        all.latency.add(&tally.latency).context("same bounds")?;
        all.unexpected += tally.unexpected;
    }
    let quantile_ms = |quantile| all.latency.value_at_quantile(quantile) as f64 / 1_000.0;
    Ok(Load {
        answered: all.latency.len() as u32,
        unexpected: all.unexpected,
        wall_s: started.elapsed().as_secs_f64(),
        p50_ms: quantile_ms(0.5),
        p99_ms: quantile_ms(0.99),
    })
}

struct Tally {
    latency: Histogram<u32>,
    unexpected: u32,
}

impl Tally {
    fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, 60_000_000, 3).expect("constant bounds in range");
        Self { latency, unexpected: 0 }
    }

    fn count(&mut self, is_expected: bool, took: Duration) {
        self.latency.saturating_record(took.as_micros() as u64);
        self.unexpected += u32::from(!is_expected);
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
        Ok(Self { stream, buffer: Vec::new() })
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

    /// The last answer's length, head and body, bytes.
    pub(super) fn received(&self) -> usize {
        self.buffer.len()
    }

    /// Gives back what a connection that rests does not need.
    pub(super) fn rest(&mut self) {
        self.buffer = Vec::new();
    }

    async fn read_answer(&mut self) -> Result<u16> {
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server hung up");
            }
            if let Some(status) = whole_answer(&self.buffer)? {
                return Ok(status);
            }
        }
    }
}

/// The status, when all of the answer is there.
fn whole_answer(buffer: &[u8]) -> Result<Option<u16>> {
    let Some(head) = find(buffer, b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&buffer[..head])?;
    let status = text.split(' ').nth(1).context("a status line")?.parse()?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, length) = lengths.next().context("an answer with content-length")?;
    let length: usize = length.trim().parse()?;
    Ok((buffer.len() >= head + 4 + length).then_some(status))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
