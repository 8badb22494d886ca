//! Asks all at once: the first answer is the answer, the others are dropped.
//!
//! What the dropped ones cost is not known, and they may well have cost something: a service that was asked may finish,
//! and bill, what nobody waits for any more.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::contest::{Contest, Outcome, Stage};
use super::{MAX_MEMBERS, Meter};
use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solver};

/// `kind = "race"`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RaceConfig {
    /// Whom it asks, 2 to 8 names.
    pub of: Vec<String>,
}

impl RaceConfig {
    /// Whether every value is in its range.
    pub fn check(&self) -> Result<(), String> {
        super::check_members(&self.of, 2, MAX_MEMBERS)
    }
}

/// Several solvers, all asked at once.
pub struct RaceSolver {
    members: Vec<Arc<Meter>>,
}

impl RaceSolver {
    /// Of these.
    pub fn new(members: Vec<Arc<Meter>>) -> Self {
        Self { members }
    }

    async fn run(&self, task: &Task, call: SolveCall<'_>) -> Outcome {
        let stage = Stage::new(call.write);
        let mut contest = Contest::new(task, &call, &stage);
        for (number, member) in self.members.iter().enumerate() {
            contest.start(number, member);
        }
        let mut fault: Option<(usize, SolveError)> = None;
        while let Some((number, outcome)) = contest.next().await {
            match outcome {
                Ok(solved) => return Ok(solved),
                Err(error) if stage.speaker() == Some(number) => return Err(error),
                Err(error) if fault.as_ref().is_none_or(|(earlier, _)| number < *earlier) => {
                    fault = Some((number, error));
                }
                Err(_) => {}
            }
        }
        Err(fault.map_or(SolveError::Late, |(_, error)| error))
    }
}

impl Solver for RaceSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Outcome> {
        self.run(task, call).boxed()
    }
}
