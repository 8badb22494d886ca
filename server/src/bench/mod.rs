//! `lode bench`: what this machine does, beside the SDK's own axon in the same run.
//!
//! Servers run as processes of their own and their CPU time is read from `/proc`: on a busy machine that is the figure
//! that repeats. Wall-clock rates share the cores with the load generator.

mod load;
mod subject;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::axon::EMPTY_BODY_HASH;
use crate::cli::BenchArgs;
use crate::clock::Clock;
use crate::devnet::{Dendrite, devnet_signer};
use load::{Load, closed_loop, open_loop};
use subject::Subject;

/// The SDK's axon answers some 170 requests a CPU second: enough for a figure, not for a coffee break.
const PYTHON_REQUESTS: u32 = 1_600;
/// The bar for the dashboard's figures: 1,000 requests a second for five seconds.
const DASHBOARD_RATE: u32 = 1_000;
const DASHBOARD_SECONDS: u32 = 5;
/// After the start, before memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// Requests are signed before the run: this keeps both axons from refusing the last of them as too old (Lode for three
/// minutes).
const TIMEOUT_S: f64 = 600.0;

/// One measured load.
struct Row {
    what: String,
    load: Load,
    cpu_s: f64,
}

impl Row {
    fn per_cpu_second(&self) -> f64 {
        f64::from(self.load.answered) / self.cpu_s
    }
}

/// Measures and prints.
pub async fn run(args: BenchArgs, out: &mut impl Write) -> Result<()> {
    if args.connections > args.requests.min(PYTHON_REQUESTS) {
        bail!("more connections than requests: lower --connections or raise --requests");
    }
    let lode = Subject::start_lode().await?;
    writeln!(out, "start to first answer      {:>9.0} ms", lode.start_ms)?;
    tokio::time::sleep(IDLE).await;
    writeln!(out, "resident memory, idle      {:>9.1} MB", lode.resident_mb()?)?;

    let mut rows = Vec::new();
    for connections in [1, args.connections] {
        rows.push(signed(&lode, "lode", args.requests, connections).await?);
    }
    writeln!(out, "resident memory, loaded    {:>9.1} MB", lode.resident_mb()?)?;
    let before_s = lode.cpu_s()?;
    let load = open_loop(lode.api, "/api/dashboard", DASHBOARD_RATE, DASHBOARD_SECONDS).await?;
    let dashboard = Row { what: "GET /api/dashboard, 1,000/s".into(), load, cpu_s: lode.cpu_s()? - before_s };
    drop(lode);

    let mut python_best = None;
    if let Some(python) = &args.python {
        let subject = Subject::start_python(python, &args.scripts).await?;
        let row = signed(&subject, "python axon 10.5.0", PYTHON_REQUESTS, args.connections).await?;
        python_best = Some(row.per_cpu_second());
        rows.push(row);
    }
    print(out, &rows, &dashboard)?;
    match python_best {
        Some(python) => {
            let lode =
                rows.iter().filter(|row| row.what.starts_with("lode")).map(Row::per_cpu_second).fold(0.0, f64::max);
            writeln!(out, "\nrequests per CPU second, lode : python = {:.0} : 1", lode / python)?;
        }
        None => writeln!(out, "\nfor the SDK's own axon in the same run: --python <a venv with bittensor==10.5.0>")?,
    }
    Ok(())
}

/// Signed requests for one cached answer.
async fn signed(subject: &Subject, name: &str, requests: u32, connections: u32) -> Result<Row> {
    let per_connection = requests / connections;
    let fields = Map::from_iter([("text".to_owned(), Value::from("hello"))]);
    let clock = Clock::system();
    let scripts = (0..connections)
        .map(|connection| {
            // One dendrite per connection: the SDK's axon demands growing nonces of each.
            let uuid = format!("bench-{connection}-{}", clock.now_ns());
            let dendrite = Dendrite::new(devnet_signer("validator 0"), uuid);
            let sign =
                || dendrite.sign(&subject.hotkey, "EchoSynapse", &fields, EMPTY_BODY_HASH, TIMEOUT_S, clock.now_ns());
            (0..per_connection).map(|_| sign().to_http()).collect()
        })
        .collect();
    let before_s = subject.cpu_s()?;
    let load = closed_loop(subject.axon, scripts).await.with_context(|| format!("{name} under load"))?;
    let what = format!("{name}, signed, {connections} connection{}", if connections == 1 { "" } else { "s" });
    Ok(Row { what, load, cpu_s: subject.cpu_s()? - before_s })
}

fn print(out: &mut impl Write, rows: &[Row], dashboard: &Row) -> Result<()> {
    writeln!(
        out,
        "\n{:<42}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "", "req/s", "p50 ms", "p99 ms", "CPU µs/req", "req/CPU s"
    )?;
    for row in rows.iter().chain([dashboard]) {
        let load = &row.load;
        writeln!(
            out,
            "{:<42}{:>10.0}{:>10.2}{:>10.2}{:>12.1}{:>12.0}",
            row.what,
            f64::from(load.answered) / load.wall_s,
            load.p50_ms,
            load.p99_ms,
            1e6 * row.cpu_s / f64::from(load.answered),
            row.per_cpu_second(),
        )?;
        if load.refused > 0 {
            writeln!(out, "    of these {} were not answered with 200: the figures above do not count", load.refused)?;
        }
    }
    Ok(())
}
