//! Many open tabs: each reads the live stream, or asks for the figures once a second.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep, timeout};

use super::super::load::{CHUNK_BYTES, Client};
use super::super::subject::Subject;

/// Every tab has its first event by then.
const FIRST_EVENT: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

/// What tabs cost and got.
pub(super) struct Tabs {
    /// The server's CPU time, of one core.
    pub(super) cpu_share: f64,
    /// What came each second: of each tab, the least and the most; answers or events.
    pub(super) per_s: (f64, f64),
    /// What a tab received each second.
    pub(super) bytes_per_s: f64,
}

/// What one tab got so far.
#[derive(Default)]
struct Got {
    events: AtomicU64,
    bytes: AtomicU64,
}

/// The server's CPU time over so many seconds in which nothing is asked, of one core.
pub(super) async fn rest(subject: &Subject, seconds: u32) -> Result<f64> {
    let (started, before_s) = (Instant::now(), subject.cpu_s()?);
    sleep(SECOND * seconds).await;
    Ok((subject.cpu_s()? - before_s) / started.elapsed().as_secs_f64())
}

/// So many tabs read the live stream for so long.
pub(super) async fn reading(subject: &Subject, tabs: u32, seconds: u32) -> Result<Tabs> {
    let mut streams = JoinSet::new();
    let mut all = Vec::new();
    for _ in 0..tabs {
        let got = Arc::<Got>::default();
        streams.spawn(read(subject.api, Arc::clone(&got)));
        all.push(got);
    }
    let everyone_has_one = async {
        while all.iter().any(|got| got.events.load(Ordering::Relaxed) == 0) {
            sleep(SECOND / 10).await;
        }
    };
    if timeout(FIRST_EVENT, everyone_has_one).await.is_err() {
        bail!("not every tab got an event within {} s", FIRST_EVENT.as_secs());
    }
    let counts = || -> Vec<_> {
        all.iter().map(|got| (got.events.load(Ordering::Relaxed), got.bytes.load(Ordering::Relaxed))).collect()
    };
    let (started, before_s, before) = (Instant::now(), subject.cpu_s()?, counts());
    sleep(SECOND * seconds).await;
    let (took_s, cpu_s, after) = (started.elapsed().as_secs_f64(), subject.cpu_s()? - before_s, counts());
    if let Some(ended) = streams.try_join_next() {
        ended??;
        bail!("the server ended a stream");
    }
    let events = before.iter().zip(&after).map(|(before, after)| (after.0 - before.0) as f64 / took_s);
    let bytes = before.iter().zip(&after).map(|(before, after)| after.1 - before.1).sum::<u64>();
    Ok(Tabs { cpu_share: cpu_s / took_s, per_s: bounds(events), bytes_per_s: bytes as f64 / took_s / f64::from(tabs) })
}

async fn read(address: SocketAddr, got: Arc<Got>) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /api/v1/live HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut last = 0;
    loop {
        let length = stream.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        // An event ends with an empty line; neither JSON nor the head nor the frame of a chunk has two line feeds in a row.
        let mut events = 0;
        for &byte in &chunk[..length] {
            events += u64::from(byte == b'\n' && last == b'\n');
            last = byte;
        }
        got.events.fetch_add(events, Ordering::Relaxed);
        got.bytes.fetch_add(length as u64, Ordering::Relaxed);
    }
}

/// So many tabs ask for the figures once a second each, one after the other.
pub(super) async fn polling(subject: &Subject, tabs: u32, seconds: u32) -> Result<Tabs> {
    let request = format!("GET /api/dashboard HTTP/1.1\r\nhost: {}\r\n\r\n", subject.api);
    let mut clients = Vec::new();
    for _ in 0..tabs {
        clients.push(Client::connect(subject.api).await?);
    }
    let (started, before_s) = (Instant::now(), subject.cpu_s()?);
    let mut polls = JoinSet::new();
    for (index, mut client) in (0_u32..).zip(clients) {
        let request = request.clone();
        polls.spawn(async move {
            let mut ticks = interval_at(started + SECOND * index / tabs, SECOND);
            let mut bytes = 0;
            for _ in 0..seconds {
                ticks.tick().await;
                if client.exchange(request.as_bytes()).await? != 200 {
                    bail!("the figures were refused");
                }
                bytes += client.received();
            }
            Ok((f64::from(seconds), bytes))
        });
    }
    let mut answers = Vec::new();
    let mut bytes = 0;
    while let Some(done) = polls.join_next().await {
        let (answered, received) = done??;
        answers.push(answered);
        bytes += received;
    }
    let took_s = started.elapsed().as_secs_f64();
    Ok(Tabs {
        cpu_share: (subject.cpu_s()? - before_s) / took_s,
        per_s: bounds(answers.into_iter().map(|answered| answered / took_s)),
        bytes_per_s: bytes as f64 / took_s / f64::from(tabs),
    })
}

fn bounds(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    figures.fold((f64::INFINITY, 0.0), |(least, most), figure| (least.min(figure), most.max(figure)))
}
