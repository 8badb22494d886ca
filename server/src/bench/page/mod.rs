//! What the page asks for: the figures, beside nginx serving the same bytes from a file, and many open tabs.
//!
//! Both servers are asked by the same load generator in turns; where it is what holds both back, the rates are alike and
//! the CPU time of an answer tells them apart.

mod nginx;
mod tabs;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::sleep;

use super::load::{Client, closed_loop, open_loop};
use super::requests::gets;
use super::subject::Subject;
use super::table::Row;
use crate::app::{checker_threads, cores};
use nginx::Nginx;
use tabs::{Tabs, polling, reading, rest};

const PATH: &str = "/api/dashboard";
/// Of demo traffic, before anything is measured: log, requests and rounds of the tuner fill the snapshot.
const TRAFFIC: Duration = Duration::from_secs(15);
/// Each round asks one server and then the other.
const ROUNDS: usize = 7;
const ROUND_REQUESTS: u32 = 32_000;
const CONNECTIONS: u32 = 64;
const OPEN_ROUNDS: usize = 3;
const OPEN_RATE: u32 = 5_000;
const OPEN_SECONDS: u32 = 5;
const OPEN_CONNECTIONS: u32 = 16;
const TABS: u32 = 500;
const TABS_SECONDS: u32 = 20;
/// After tabs were closed.
const CLOSED: Duration = Duration::from_secs(3);

/// Measures and prints.
pub(super) async fn run(out: &mut impl Write) -> Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let lode = Subject::start_devnet().await?;
    sleep(TRAFFIC).await;
    let mut bars = Bars::default();
    throughput(&lode, &mut bars, out).await?;
    open_tabs(&lode, &mut bars, out).await?;
    bars.print(out)
}

async fn throughput(lode: &Subject, bars: &mut Bars, out: &mut impl Write) -> Result<()> {
    let body = figures(lode).await?;
    // As many as run the miner's requests.
    let workers = cores().saturating_sub(checker_threads(cores())).max(1);
    let nginx = Nginx::start(PATH, &body, workers).await?;
    writeln!(out, "\nthe figures, {} bytes, {CONNECTIONS} connections, {ROUNDS} rounds in turns", body.len())?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // The first of each warms up.
    for _ in 0..=ROUNDS {
        ours.push(closed("lode", lode.api, || lode.cpu_s()).await?);
        if let Some(nginx) = &nginx {
            // Ours grow with the traffic.
            nginx.serve(&figures(lode).await?)?;
            theirs.push(closed("nginx", nginx.address, || nginx.cpu_s()).await?);
        }
    }
    ours.remove(0);
    let (mut ours_open, mut theirs_open) = (Vec::new(), Vec::new());
    for _ in 0..OPEN_ROUNDS {
        ours_open.push(open("lode", lode.api, || lode.cpu_s()).await?);
        if let Some(nginx) = &nginx {
            theirs_open.push(open("nginx", nginx.address, || nginx.cpu_s()).await?);
        }
    }
    let columns = ["req/s", "p50 ms", "p99 ms", "of a core", "CPU µs/req", "req/CPU s"];
    let [rate, p50, p99, share, cost, per_cpu] = columns;
    writeln!(out, "{:<40}{rate:>9}{p50:>9}{p99:>9}{share:>11}{cost:>12}{per_cpu:>11}", "")?;
    for rows in [&ours, &ours_open] {
        print(rows, out)?;
    }
    match &nginx {
        Some(_) => {
            theirs.remove(0);
            for rows in [&theirs, &theirs_open] {
                print(rows, out)?;
            }
            let ratios = |of: fn(&Row) -> f64| median(ours.iter().zip(&theirs).map(|(our, their)| of(our) / of(their)));
            bars.least("requests/s, times nginx's, the median round", ratios(Row::per_second), 2, 0.8);
            bars.shown("requests per CPU second, times nginx's, the median round", ratios(Row::per_cpu_second), 2);
        }
        None => writeln!(out, "no nginx, not compared")?,
    }
    // Whatever else runs on this machine only ever adds to the tail.
    let least_p99_ms = |rows: &[Row]| rows.iter().map(|row| row.load.p99_ms).fold(f64::INFINITY, f64::min);
    let what = format!("p99 at {OPEN_RATE}/s, ms, the least of {OPEN_ROUNDS}");
    bars.most(&what, least_p99_ms(&ours_open), 2, 1.0);
    if let Some(nginx) = nginx {
        bars.shown(&format!("the same of nginx, ms, the least of {OPEN_ROUNDS}"), least_p99_ms(&theirs_open), 2);
        nginx.stop().await?;
    }
    Ok(())
}

/// What the page is given.
async fn figures(lode: &Subject) -> Result<Vec<u8>> {
    let mut client = Client::connect(lode.api).await?;
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: {}\r\n\r\n", lode.api);
    match client.exchange(request.as_bytes()).await? {
        200 => Ok(client.body().to_vec()),
        status => bail!("the figures were refused with status {status}"),
    }
}

async fn closed(who: &str, address: SocketAddr, cpu_s: impl Fn() -> Result<f64>) -> Result<Row> {
    let before_s = cpu_s()?;
    let load = closed_loop(address, gets(PATH, ROUND_REQUESTS, CONNECTIONS), 200).await?;
    Ok(Row { what: format!("{who}, as fast as it can"), load, cpu_s: cpu_s()? - before_s })
}

async fn open(who: &str, address: SocketAddr, cpu_s: impl Fn() -> Result<f64>) -> Result<Row> {
    let before_s = cpu_s()?;
    let script = gets(PATH, OPEN_RATE * OPEN_SECONDS, OPEN_CONNECTIONS);
    let load = open_loop(address, script, f64::from(OPEN_RATE), 200).await?;
    Ok(Row { what: format!("{who}, {OPEN_RATE}/s"), load, cpu_s: cpu_s()? - before_s })
}

/// One line for all rounds: the median of each figure.
fn print(rows: &[Row], out: &mut impl Write) -> Result<()> {
    let of = |figure: fn(&Row) -> f64| median(rows.iter().map(figure));
    let unexpected: u32 = rows.iter().map(|row| row.load.unexpected).sum();
    if unexpected > 0 {
        bail!("{unexpected} answers had another status than 200");
    }
    writeln!(
        out,
        "{:<40}{:>9.0}{:>9.2}{:>9.2}{:>11.2}{:>12.1}{:>11.0}",
        rows.first().map_or("", |row| &row.what),
        of(Row::per_second),
        of(|row| row.load.p50_ms),
        of(|row| row.load.p99_ms),
        of(|row| row.cpu_s / row.load.wall_s),
        of(Row::cpu_us),
        of(Row::per_cpu_second),
    )?;
    Ok(())
}

async fn open_tabs(lode: &Subject, bars: &mut Bars, out: &mut impl Write) -> Result<()> {
    let rest_share = rest(lode, TABS_SECONDS).await?;
    let reading = reading(lode, TABS, TABS_SECONDS).await?;
    sleep(CLOSED).await;
    let polling = polling(lode, TABS, TABS_SECONDS).await?;
    writeln!(
        out,
        "\n{TABS} tabs for {TABS_SECONDS} s; the miner's CPU with none {:.2} % of a core",
        100.0 * rest_share
    )?;
    let columns = ["CPU %", "a 100 tabs", "least/s", "most/s", "bytes/s a tab"];
    writeln!(out, "{:<40}{:>9}{:>12}{:>9}{:>9}{:>15}", "", columns[0], columns[1], columns[2], columns[3], columns[4])?;
    let per_100 = |tabs: &Tabs| 100.0 * (tabs.cpu_share - rest_share) * 100.0 / f64::from(TABS);
    for (what, tabs) in [("reading /api/v1/live", &reading), ("asking for /api/dashboard once a second", &polling)] {
        let (least, most) = tabs.per_s;
        let cpu_pct = 100.0 * tabs.cpu_share;
        let per_100_pct = per_100(tabs);
        writeln!(out, "{what:<40}{cpu_pct:>9.2}{per_100_pct:>12.2}{least:>9.2}{most:>9.2}{:>15.0}", tabs.bytes_per_s)?;
    }
    bars.most("CPU of 100 tabs on the live stream, % of a core", per_100(&reading), 2, 1.0);
    bars.least("events a second, of the tab that got the fewest", reading.per_s.0, 2, 0.9);
    bars.shown("CPU of 100 tabs that ask once a second, % of a core", per_100(&polling), 2);
    Ok(())
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Figures with what they must be.
#[derive(Default)]
struct Bars(Vec<(String, String)>);

impl Bars {
    fn least(&mut self, what: &str, value: f64, digits: usize, bar: f64) {
        self.push(what, value, digits, &format!(">= {bar:<6}{}", verdict(value >= bar)));
    }

    fn most(&mut self, what: &str, value: f64, digits: usize, bar: f64) {
        self.push(what, value, digits, &format!("< {bar:<7}{}", verdict(value < bar)));
    }

    fn shown(&mut self, what: &str, value: f64, digits: usize) {
        self.push(what, value, digits, "");
    }

    fn push(&mut self, what: &str, value: f64, digits: usize, bar: &str) {
        self.0.push((what.to_owned(), format!("{value:>10.digits$}  {bar}")));
    }

    fn print(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "\n{:<76}{:>10}  bar", "the page", "measured")?;
        for (what, measured) in &self.0 {
            writeln!(out, "{what:<76}{}", measured.trim_end())?;
        }
        Ok(())
    }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}
