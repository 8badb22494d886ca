//! Asks one solver after the other until one answers. One that fails again and again is left alone for a while.
//!
//! A try that is not the last has a share of the time that is left, so that one that hangs leaves some for the others.
//! Once a solver has written text of a streamed answer, no other can take its place: it has all the time there is, and
//! its fault is the outcome.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::circuit::Circuit;
use super::contest::{Outcome, Stage, ask};
use super::{MAX_MEMBERS, Meter};
use crate::domain::{Breaker, Shut, Task};
use crate::ports::{SolveCall, SolveError, Solver};

/// `kind = "failover"`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FailoverConfig {
    /// Whom it asks, in this order, 1 to 8 names.
    pub of: Vec<String>,
    /// Faults in a row after which one of them is left alone, 1 to 100.
    pub failures: u32,
    /// For how long, seconds, 1 to 3600: twice as long after each try that fails, up to ten minutes, or as long as it asks.
    pub open_s: u32,
    /// Of the time left, what a try may take that is not the last, 0.1 to 0.9.
    pub share: f64,
}

impl Default for FailoverConfig {
    fn default() -> Self {
        Self { of: Vec::new(), failures: 5, open_s: 30, share: 0.6 }
    }
}

impl FailoverConfig {
    /// Whether every value is in its range.
    pub fn check(&self) -> Result<(), String> {
        super::check_members(&self.of, 1, MAX_MEMBERS)?;
        super::check_range("failures", u64::from(self.failures), 1, 100)?;
        super::check_range("open_s", u64::from(self.open_s), 1, 3_600)?;
        match (0.1..=0.9).contains(&self.share) {
            true => Ok(()),
            false => Err(format!("share is {}; it must be 0.1 to 0.9", self.share)),
        }
    }
}

/// Several solvers, asked one after the other.
pub struct FailoverSolver {
    members: Vec<(Arc<Meter>, Arc<Circuit>)>,
    share: f64,
}

impl FailoverSolver {
    /// As configured, of these.
    pub fn new(config: &FailoverConfig, members: Vec<Arc<Meter>>) -> Self {
        let breaker = Breaker::new(config.failures, Duration::from_secs(config.open_s.into()));
        let with_circuit = |member: Arc<Meter>| {
            let circuit = Arc::new(Circuit::new(member.name(), breaker.clone()));
            member.watch(&circuit);
            (member, circuit)
        };
        Self { members: members.into_iter().map(with_circuit).collect(), share: config.share }
    }

    async fn run(&self, task: &Task, call: SolveCall<'_>) -> Outcome {
        let stage = Stage::new(call.write);
        let mut fault = None;
        let mut soonest: Option<Duration> = None;
        for (number, (member, circuit)) in self.members.iter().enumerate() {
            let through = match circuit.enter() {
                Ok(through) => through,
                Err(Shut::For(wait)) => {
                    soonest = Some(soonest.map_or(wait, |sooner| sooner.min(wait)));
                    continue;
                }
                Err(Shut::Probing) => continue,
            };
            let now = Instant::now();
            if now >= call.deadline {
                return Err(fault.unwrap_or(SolveError::Late));
            }
            let is_last = !self.members[number + 1..].iter().any(|(_, later)| later.admits());
            let share = self.share;
            // Of the time in which it is waited for; when that is over, of what is left for memory.
            let end = if now < call.wanted { call.wanted } else { call.deadline };
            let own_deadline = if is_last { call.deadline } else { now + (end - now).mul_f64(share) };
            let outcome = attempt(member, number, task, &call, own_deadline, &stage).await;
            through.end(&outcome);
            match outcome {
                Ok(solved) => return Ok(solved),
                Err(error) if stage.speaker().is_some() => return Err(error),
                Err(error) => fault = Some(error),
            }
        }
        Err(fault.unwrap_or_else(|| SolveError::Limited {
            message: format!(
                "all of {} failed too often of late and are left alone for now; the log says why",
                self.names()
            ),
            retry_after: soonest,
        }))
    }

    fn names(&self) -> String {
        self.members.iter().map(|(member, _)| &**member.name()).collect::<Vec<_>>().join(", ")
    }
}

/// One try, until `own_deadline`, or to the end of the call when it has written by then.
async fn attempt(
    member: &Meter,
    number: usize,
    task: &Task,
    call: &SolveCall<'_>,
    own_deadline: Instant,
    stage: &Stage<'_>,
) -> Outcome {
    // Who may write may get more time yet, so it is told of all of it.
    let told = if task.streams.is_some() { call.deadline } else { own_deadline };
    let run = ask(member, number, task, call, told, stage);
    tokio::pin!(run);
    match timeout_at(own_deadline, &mut run).await {
        Ok(outcome) => outcome,
        Err(_) if stage.speaker().is_some() => run.await,
        Err(_) => {
            member.count_late();
            Err(SolveError::Late)
        }
    }
}

impl Solver for FailoverSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Outcome> {
        self.run(task, call).boxed()
    }
}
