//! A failover's circuit to one of its solvers: the breaker with a clock, a lock and a voice.

use std::sync::Arc;
use std::time::Duration;

use lode_shared::Circuit as State;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::domain::{Breaker, Pass, Shut};
use crate::ports::{SolveError, Solved};

/// The way to one solver.
pub struct Circuit {
    to: Arc<str>,
    breaker: Mutex<Breaker>,
    started: Instant,
}

/// One call through a circuit. Dropped without an outcome, it says nothing about the solver.
pub(super) struct Through<'a> {
    circuit: &'a Circuit,
    pass: Pass,
}

impl Circuit {
    /// To the solver of this name.
    pub(super) fn new(to: &Arc<str>, breaker: Breaker) -> Self {
        Self { to: Arc::clone(to), breaker: Mutex::new(breaker), started: Instant::now() }
    }

    /// Its state, now.
    pub(super) fn state(&self) -> State {
        self.breaker.lock().state(self.started.elapsed())
    }

    /// Whether a call would pass now.
    pub(super) fn admits(&self) -> bool {
        self.breaker.lock().admits(self.started.elapsed())
    }

    /// Lets a call pass, or says how long none will.
    pub(super) fn enter(&self) -> Result<Through<'_>, Shut> {
        let pass = self.breaker.lock().admit(self.started.elapsed())?;
        Ok(Through { circuit: self, pass })
    }
}

impl Through<'_> {
    /// Learns what came of it. An answer that cannot be used, or no rule, is no fault of the upstream: somebody answers.
    pub(super) fn end(self, outcome: &Result<Solved, SolveError>) {
        let Circuit { to, breaker, started } = self.circuit;
        let (error, retry_after) = match outcome {
            Err(error @ SolveError::Limited { retry_after, .. }) => (error, *retry_after),
            Err(error @ (SolveError::Upstream(_) | SolveError::Late)) => (error, None),
            Ok(_) | Err(SolveError::BadAnswer(_) | SolveError::NoRule) => {
                if breaker.lock().answered(self.pass) {
                    tracing::info!(solver = %to, "it answers again");
                }
                return;
            }
        };
        // Bound first: the lock must not be held while the log is written.
        let opened: Option<Duration> = breaker.lock().failed(self.pass, started.elapsed(), retry_after);
        if let Some(open) = opened {
            tracing::warn!(solver = %to, "it is left alone for {} s: {error}", open.as_secs());
        }
    }
}

impl Drop for Through<'_> {
    fn drop(&mut self) {
        // Says nothing when there was an outcome: the circuit has moved on, or was closed and stays so.
        self.circuit.breaker.lock().abandoned(self.pass);
    }
}
