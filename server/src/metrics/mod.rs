//! Prometheus: the snapshot's figures under documented names. One source for the page and for `/metrics`, so that they
//! cannot disagree. What is not measured yet is not exported; what counts is there from the start, at zero, under every
//! label that is known. `docs/metrics.md` lists all of it.

mod cache;
mod chain;
mod health;
mod page;
mod process;
mod solvers;
#[cfg(test)]
mod tests;
mod traffic;
mod tuner;

use std::sync::Arc;

use lode_shared::{Snapshot, SolverView};
use prometheus_client::registry::Unit;

pub use process::Process;

use crate::domain::Counted;
use crate::figures::Figures;
use crate::recorder::Timed;
use crate::store::Health;
use crate::telemetry::{LogRing, TraceCounts};
use page::{Page, one};

/// Everything that one scrape is made of.
#[derive(Clone)]
pub struct Measured {
    /// What the dashboard shows.
    pub snapshot: Snapshot,
    /// Solvers, by name.
    pub solvers: Vec<SolverView>,
    /// How long their answers took, by name.
    pub solver_durations: Vec<(String, Counted)>,
    /// How long requests took.
    pub timed: Timed,
    /// What became of traces.
    pub traces: TraceCounts,
    /// The log, for what it counts.
    pub log: LogRing,
    /// How the store fares.
    pub store: Health,
    /// When the miner started, milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The process.
    pub process: Process,
}

impl Measured {
    /// Of a running miner, now.
    pub fn of(figures: &Figures, store: Health) -> Self {
        let service = figures.service.borrow().clone();
        // A reload may have brought some: they too are there before their first request.
        figures.recorder.expect_synapses(service.adapters.by_name.values().map(|adapter| Arc::clone(&adapter.name)));
        Self {
            snapshot: figures.snapshot(),
            solvers: figures.solvers(),
            solver_durations: service.solvers.iter().map(|(name, meter)| (name.clone(), meter.timed())).collect(),
            timed: figures.recorder.timed(),
            traces: figures.recorder.traced(),
            log: figures.log.clone(),
            store,
            started_ms: figures.started_ms,
            process: Process::read(),
        }
    }
}

/// The text of `/metrics`.
///
/// # Errors
///
/// None that memory does not cause: the encoder writes into a text.
pub fn encode(measured: &Measured) -> Result<String, std::fmt::Error> {
    let Measured { snapshot, solvers, solver_durations, timed, traces, log, store, started_ms, process } = measured;
    let mut page = Page::new(Some("miner"));
    about(&mut page, snapshot);
    traffic::traffic(&mut page, &snapshot.traffic, timed);
    solvers::solvers(&mut page, solvers, solver_durations);
    cache::cache(&mut page, &snapshot.cache);
    tuner::tuner(&mut page, &snapshot.performance_tuning, *started_ms);
    chain::chain(&mut page, &snapshot.chain);
    health::store(&mut page, store);
    health::log(&mut page, log.counts(), *traces);
    // Their names are the same in every program.
    let mut standard = Page::new(None);
    process::process(&mut standard, process, *started_ms);
    Ok(page.text()? + &standard.text()? + "# EOF\n")
}

fn about(page: &mut Page, snapshot: &Snapshot) {
    let (miner, chain) = (&snapshot.miner, &snapshot.chain);
    page.info("build", "The running version", one("version", &miner.version));
    let identity = vec![
        ("hotkey", miner.hotkey.clone()),
        ("network", chain.network.clone()),
        ("netuid", chain.netuid.to_string()),
    ];
    page.info("identity", "Who the miner is, and on which subnet", identity);
    page.gauge("uptime", "Time since start", Some(Unit::Seconds), Some(miner.uptime_s as f64));
}
