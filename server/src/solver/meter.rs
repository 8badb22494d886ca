//! Every solver as its figures see it: how often it was asked, what came of it, how long it took, what it cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use lode_shared::SolverView;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};

use super::circuit::Circuit;
use super::openai::Purse;
use crate::domain::{Counted, Histogram, Latencies, Task};
use crate::ports::{SolveCall, SolveError, Solved, Solver};

/// Every solver by its name.
pub type Meters = BTreeMap<String, Arc<Meter>>;

/// Of an error, this much is kept for the page.
const MAX_ERROR_CHARS: usize = 300;
const FAILURES: [&str; 5] = ["bad_answer", "late", "limited", "no_rule", "upstream"];

/// A solver that is counted. It is never asked beyond a call's deadline.
pub struct Meter {
    name: Arc<str>,
    kind: &'static str,
    solver: Box<dyn Solver>,
    ledger: Mutex<Arc<Ledger>>,
    /// Of one that pays.
    purse: Option<Arc<Purse>>,
    /// Those of the failovers that ask it.
    circuits: Mutex<Vec<Arc<Circuit>>>,
}

/// What was counted since the start; handed on when the configuration is read again.
struct Ledger {
    started: Instant,
    answered: Histogram,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    calls: u64,
    inflight: u64,
    failures: BTreeMap<&'static str, u64>,
    cost_usd: Option<f64>,
    latencies: Latencies,
    last_error: Option<String>,
}

/// A call under way; not any more when dropped.
struct UnderWay(Arc<Ledger>);

impl Meter {
    /// Counts `solver`, which the configuration calls `name`.
    pub fn new(name: &str, kind: &'static str, solver: impl Solver + 'static) -> Self {
        let counts = Counts { failures: FAILURES.map(|kind| (kind, 0)).into(), ..Counts::default() };
        Self {
            name: name.into(),
            kind,
            solver: Box::new(solver),
            ledger: Mutex::new(Arc::new(Ledger {
                started: Instant::now(),
                answered: Histogram::default(),
                counts: Mutex::new(counts),
            })),
            purse: None,
            circuits: Mutex::default(),
        }
    }

    /// The same of a solver that pays from `purse`.
    pub fn paying_from(self, purse: Arc<Purse>) -> Self {
        Self { purse: Some(purse), ..self }
    }

    /// What it pays from; absent where it does not pay.
    pub fn purse(&self) -> Option<&Arc<Purse>> {
        self.purse.as_ref()
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its figures, now.
    pub fn view(&self) -> SolverView {
        let circuit = self.circuits.lock().iter().map(|circuit| circuit.state()).max();
        let ledger = self.ledger();
        let counts = ledger.counts.lock();
        let latency = counts.latencies.quantiles([0.5, 0.95], 1, ledger.started.elapsed());
        let [p50_ms, p95_ms] = match latency {
            Some(quantiles) => quantiles.map(|took| Some(took.as_secs_f64() * 1_000.0)),
            None => [None; 2],
        };
        SolverView {
            name: self.name.to_string(),
            kind: self.kind.to_owned(),
            calls: counts.calls,
            failures: counts.failures.values().sum(),
            failures_by_kind: counts.failures.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
            inflight: counts.inflight,
            p50_ms,
            p95_ms,
            cost_usd: counts.cost_usd,
            circuit,
            last_error: counts.last_error.clone(),
        }
    }

    /// How long its answers took since start.
    pub fn timed(&self) -> Counted {
        self.ledger().answered.counted()
    }

    /// Shows a failover's circuit among its figures.
    pub(super) fn watch(&self, circuit: &Arc<Circuit>) {
        self.circuits.lock().push(Arc::clone(circuit));
    }

    /// Counts a call that was given up because it took more than its share of the time: its own future never ended.
    pub(super) fn count_late(&self) {
        self.learn(&Err(SolveError::Late), Duration::ZERO);
    }

    /// Counts on where `before` has got to; calls that `before` still makes count here too.
    pub fn go_on_from(&self, before: &Self) {
        *self.ledger.lock() = before.ledger();
    }

    fn ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger.lock())
    }

    fn start(&self) -> UnderWay {
        let ledger = self.ledger();
        {
            let mut counts = ledger.counts.lock();
            counts.calls += 1;
            counts.inflight += 1;
        }
        UnderWay(ledger)
    }

    fn learn(&self, outcome: &Result<Solved, SolveError>, took: Duration) {
        let ledger = self.ledger();
        let mut counts = ledger.counts.lock();
        match outcome {
            Ok(solved) => {
                ledger.answered.record(took);
                counts.latencies.record(took, ledger.started.elapsed());
                if let Some(cost_usd) = solved.cost_usd {
                    *counts.cost_usd.get_or_insert_default() += cost_usd;
                }
            }
            Err(error) => {
                *counts.failures.entry(label(error)).or_default() += 1;
                counts.last_error = Some(error.to_string().chars().take(MAX_ERROR_CHARS).collect());
            }
        }
    }
}

impl Solver for Meter {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        Box::pin(async move {
            let _under_way = self.start();
            let (started, deadline) = (Instant::now(), call.deadline);
            let outcome = timeout_at(deadline, self.solver.solve(task, call)).await.unwrap_or(Err(SolveError::Late));
            self.learn(&outcome, started.elapsed());
            outcome
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.counts.lock().inflight -= 1;
    }
}

fn label(error: &SolveError) -> &'static str {
    match error {
        SolveError::BadAnswer(_) => "bad_answer",
        SolveError::Late => "late",
        SolveError::Limited { .. } => "limited",
        SolveError::NoRule => "no_rule",
        SolveError::Upstream(_) => "upstream",
    }
}
