//! `lode bench`: what this machine does, beside the SDK's own axon in the same run.
//!
//! Servers run as processes of their own and their CPU time is read from `/proc`: on a busy machine that is the figure
//! that repeats. Wall-clock rates share the cores with the load generator.

mod cache;
mod chain;
mod load;
mod page;
mod requests;
mod subject;
mod table;

use std::hint::black_box;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use schnorrkel::{PublicKey, Signature};
use tokio::process::Command;
use tokio::time::Instant;

use crate::axon::MAX_BATCH;
use crate::cli::{BenchArgs, Benched};
use crate::clock::Clock;
use crate::devnet::devnet_signer;
use crate::keys::{Claim, verify, verify_all};
use crate::progress::Progress;
use load::{Client, Load, Scripts, closed_loop, open_loop};
use requests::{Kind, gets, scripts};
use subject::{Caller, Subject};
use table::{Figures, Row};

/// The SDK's axon answers some 170 requests a CPU second: enough for a figure, not for a coffee break.
const PYTHON_REQUESTS: u32 = 1_600;
const PYTHON_CONNECTIONS: u32 = 16;
/// Under it, requests queue for the verifier.
const CONNECTIONS: u32 = 64;
/// The bar for the dashboard's figures: 1,000 requests a second for five seconds.
const DASHBOARD_RATE: u32 = 1_000;
const DASHBOARD_SECONDS: u32 = 5;
/// Connections that nothing is asked on.
const IDLE_CONNECTIONS: usize = 10_000;
/// No more than a listener's queue holds.
const ACCEPTED_TOGETHER: usize = 100;
/// After the start, before memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// Signatures checked to know what one costs.
const VERIFIED: u32 = 5_000;
const REFUSED: u32 = 10_000;

/// Measures and prints.
pub async fn run(args: BenchArgs, out: &mut impl Write) -> Result<()> {
    match args.only {
        Benched::All => {
            axon(&args, out).await?;
            chain::run(&args.scripts, out).await?;
            page::run(out).await?;
            cache_alone(&args).await
        }
        Benched::Axon => axon(&args, out).await,
        Benched::Chain => chain::run(&args.scripts, out).await,
        Benched::Page => page::run(out).await,
        Benched::Cache => cache::run(args.million, out).await,
        Benched::Soak => cache::soak(args.minutes, out).await,
    }
}

/// In a process of its own: memory that the load generator has freed would hide what entries take.
async fn cache_alone(args: &BenchArgs) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", "--only", "cache"]).args(args.million.then_some("--million"));
    let status = command.kill_on_drop(true).status().await?;
    if !status.success() {
        bail!("the cache could not be measured: {status}");
    }
    Ok(())
}

async fn axon(args: &BenchArgs, out: &mut impl Write) -> Result<()> {
    let clock = Clock::system();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let (steps, mut done, mut progress) = (14 + if args.python.is_some() { 2 } else { 0 }, 0, Progress::new("axon"));
    let mut step = || {
        done += 1;
        progress.at(done, steps);
    };
    let mut figures = Figures { verify_us: verify_us(1), batch_us: verify_us(32), ..Figures::default() };

    let lode = Subject::start_lode(MAX_BATCH).await?;
    figures.start_ms = lode.start_ms;
    tokio::time::sleep(IDLE).await;
    figures.idle_mb = lode.resident_mb()?;
    let signed = |connections| scripts(Kind::Signed, &lode.hotkey, args.requests, connections, &clock);
    for connections in [1, 16, CONNECTIONS] {
        let what = format!("lode, signed, {connections} connection{}", if connections == 1 { "" } else { "s" });
        figures.batched.push(closed(&lode, what, signed(connections), 200).await?);
        step();
    }
    figures.loaded_mb = lode.resident_mb()?;
    let most_per_s = figures.batched.iter().map(Row::per_second).fold(0.0, f64::max);
    // Whatever else runs on this machine only ever adds to the tail: the least of five.
    for _ in 0..5 {
        let what = format!("lode, signed, {:.0}/s: half of that", most_per_s / 2.0);
        let row = open(&lode, what, signed(CONNECTIONS), most_per_s / 2.0).await?;
        figures.half = figures.half.filter(|least| least.load.p99_ms <= row.load.p99_ms).or(Some(row));
        step();
    }
    for (kind, what) in [
        (Kind::BadSignature, "a bad signature"),
        (Kind::Stranger, "an unknown hotkey"),
        (Kind::Malformed, "a malformed head"),
    ] {
        let script = scripts(kind, &lode.hotkey, REFUSED, CONNECTIONS, &clock);
        figures.refused.push(closed(&lode, format!("lode, refused: {what}"), script, kind.status()).await?);
        step();
    }
    let script = gets("/api/dashboard", DASHBOARD_RATE * DASHBOARD_SECONDS, 8);
    let before_s = lode.cpu_s()?;
    let load = open_loop(lode.api, script, f64::from(DASHBOARD_RATE), 200).await?;
    let what = format!("GET /api/dashboard, {DASHBOARD_RATE}/s");
    figures.dashboard = Some(Row { what, load, cpu_s: lode.cpu_s()? - before_s });
    step();
    drop(lode);

    let lode = Subject::start_lode(1).await?;
    let script = scripts(Kind::Signed, &lode.hotkey, args.requests, CONNECTIONS, &clock);
    let what = format!("lode, signed, {CONNECTIONS} connections, one by one");
    figures.unbatched = Some(closed(&lode, what, script, 200).await?);
    step();
    drop(lode);
    figures.held_mb = Some(hold_connections().await?);
    step();

    if let Some(python) = &args.python {
        for (caller, kind, what, status) in [
            (Caller::Anyone, Kind::Signed, "python axon 10.5.0, signed", 200),
            (Caller::Nobody, Kind::Signed, "python axon 10.5.0, refused: policy", 403),
        ] {
            let subject = Subject::start_python(python, &args.scripts, caller).await?;
            let script = scripts(kind, &subject.hotkey, PYTHON_REQUESTS, PYTHON_CONNECTIONS, &clock);
            let what = format!("{what}, {PYTHON_CONNECTIONS} connections");
            figures.python.push(closed(&subject, what, script, status).await?);
            step();
        }
    }
    drop(progress);
    figures.print(out)?;
    if args.python.is_none() {
        writeln!(out, "\nfor the SDK's own axon in the same run: --python <a venv with bittensor==10.5.0>")?;
    }
    Ok(())
}

async fn closed(subject: &Subject, what: String, scripts: Scripts, status: u16) -> Result<Row> {
    measure(subject, what, closed_loop(subject.axon, scripts, status)).await
}

async fn open(subject: &Subject, what: String, scripts: Scripts, per_s: f64) -> Result<Row> {
    measure(subject, what, open_loop(subject.axon, scripts, per_s, 200)).await
}

async fn measure(subject: &Subject, what: String, load: impl Future<Output = Result<Load>>) -> Result<Row> {
    let before_s = subject.cpu_s()?;
    let load = load.await.with_context(|| format!("{what}: under load"))?;
    Ok(Row { what, load, cpu_s: subject.cpu_s()? - before_s })
}

/// What one signature costs when `together` are checked at a time, microseconds: the least of five rounds.
fn verify_us(together: u32) -> f64 {
    let claim = |index: u32| {
        let signer = devnet_signer(&format!("validator {}", index % 12));
        let message = format!("message {index}");
        let signature = Signature::from_bytes(&signer.sign(message.as_bytes())).expect("64 bytes");
        Claim { public: PublicKey::from_bytes(signer.hotkey().bytes()).expect("a key"), message, signature }
    };
    let claims: Vec<_> = (0..together).map(claim).collect();
    let claims: Vec<_> = claims.iter().collect();
    let rounds = VERIFIED / together / 5;
    let round = |_| {
        let started = Instant::now();
        for _ in 0..rounds {
            match black_box(&claims).as_slice() {
                [claim] => assert!(verify(claim)),
                claims => assert!(verify_all(claims)),
            }
        }
        started.elapsed().as_secs_f64() * 1e6 / f64::from(rounds * together)
    };
    (0..5).map(round).fold(f64::INFINITY, f64::min)
}

/// Resident memory of a fresh miner with many open connections, megabytes: before anything is asked on them, and when each
/// has asked once and rests.
async fn hold_connections() -> Result<(f64, f64)> {
    let lode = Subject::start_lode(MAX_BATCH).await?;
    let request = b"GET /nothing HTTP/1.1\r\nhost: axon\r\n\r\n";
    let mut clients = Vec::with_capacity(IDLE_CONNECTIONS);
    for index in 0..IDLE_CONNECTIONS {
        clients.push(Client::connect(lode.axon).await?);
        if index % ACCEPTED_TOGETHER == 0 {
            // One that is answered has been accepted, and so have those before it.
            Client::connect(lode.axon).await?.exchange(request).await?;
        }
    }
    let silent_mb = lode.resident_mb()?;
    for client in &mut clients {
        if client.exchange(request).await? != 404 {
            bail!("a resting connection did not answer");
        }
        client.rest();
    }
    Ok((silent_mb, lode.resident_mb()?))
}
