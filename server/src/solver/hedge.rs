//! Asks one solver, and a second one too when the first takes longer than it nearly always does: the first answer is the
//! answer, the other is dropped.
//!
//! Longer than nearly always is beyond a percentile of its last answers, the 95th unless the tuner has moved it. A call that the second one won counts
//! with the time that it had taken by then: without it the slow ones would vanish from the figures, and the percentile
//! would creep down. Only a share of all calls gets a second solver, or an upstream that has become slow would get twice
//! the load on top.
//!
//! What the dropped one cost is not known, and it may well have cost something: a service that was asked may finish, and
//! bill, what nobody waits for any more.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;

use super::Meter;
use super::contest::{Contest, Outcome, Stage};
use crate::domain::{Latencies, Share, Task};
use crate::ports::{SolveCall, SolveError, Solver};

/// Answers from which the percentile is taken, at least.
const LEAST_SAMPLES: u64 = 20;
const FIRST: usize = 0;
const SECOND: usize = 1;

/// `kind = "hedge"`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HedgeConfig {
    /// Whom it asks, and whom when that takes long: 1 or 2 names; one is asked a second time itself.
    pub of: Vec<String>,
    /// The second one is asked after this at the earliest, milliseconds, 1 to 600000.
    pub after_min_ms: u64,
    /// And after this at the latest, or while too few answers are known, milliseconds, `after_min_ms` to 600000.
    pub after_max_ms: u64,
    /// Of all calls, this share gets a second solver at most, percent, 1 to 100.
    pub max_pct: u8,
}

impl Default for HedgeConfig {
    fn default() -> Self {
        Self { of: Vec::new(), after_min_ms: 50, after_max_ms: 5_000, max_pct: 10 }
    }
}

impl HedgeConfig {
    /// Whether every value is in its range.
    pub fn check(&self) -> Result<(), String> {
        super::check_members(&self.of, 1, 2)?;
        super::check_range("after_min_ms", self.after_min_ms, 1, 600_000)?;
        super::check_range("after_max_ms", self.after_max_ms, self.after_min_ms, 600_000)?;
        super::check_range("max_pct", u64::from(self.max_pct), 1, 100)
    }
}

/// A solver and one that helps out.
pub struct HedgeSolver {
    first: Arc<Meter>,
    /// Absent: the first itself.
    second: Option<Arc<Meter>>,
    least: Duration,
    most: Duration,
    started: Instant,
    share: Mutex<Share>,
    latencies: Mutex<Latencies>,
}

impl HedgeSolver {
    /// As configured, with the one or two solvers that it names.
    pub fn new(config: &HedgeConfig, members: Vec<Arc<Meter>>) -> Self {
        let mut members = members.into_iter();
        Self {
            first: members.next().expect("the configuration has been checked"),
            second: members.next(),
            least: Duration::from_millis(config.after_min_ms),
            most: Duration::from_millis(config.after_max_ms),
            started: Instant::now(),
            share: Mutex::new(Share::new(config.max_pct)),
            latencies: Mutex::default(),
        }
    }

    /// How long the first one has for itself.
    fn patience(&self, percentile: u32) -> Duration {
        let quantile = f64::from(percentile) / 100.0;
        let usual = self.latencies.lock().quantiles([quantile], LEAST_SAMPLES, self.started.elapsed());
        usual.map_or(self.most, |[usual]| usual.clamp(self.least, self.most))
    }

    fn may_hedge(&self) -> bool {
        self.share.lock().take()
    }

    fn learn(&self, took: Duration) {
        self.latencies.lock().record(took, self.started.elapsed());
    }

    async fn run(&self, task: &Task, call: SolveCall<'_>) -> Outcome {
        self.share.lock().count();
        let started = Instant::now();
        let stage = Stage::new(call.write);
        let mut contest = Contest::new(task, &call, &stage);
        contest.start(FIRST, &self.first);
        let second = self.second.as_ref().unwrap_or(&self.first);
        let (mut waits, mut is_hedged) = (true, false);
        let patience = sleep_until(started + self.patience(call.hedge_percentile));
        tokio::pin!(patience);
        let mut fault = None;
        loop {
            let ended = tokio::select! {
                biased;
                ended = contest.next() => ended,
                () = &mut patience, if waits => {
                    waits = false;
                    is_hedged = stage.speaker().is_none() && self.may_hedge();
                    if is_hedged {
                        contest.start(SECOND, second);
                    }
                    continue;
                }
            };
            match ended {
                Some((number, Ok(solved))) => {
                    if number == FIRST || contest.runs(FIRST) {
                        self.learn(started.elapsed());
                    }
                    return Ok(solved);
                }
                Some((number, Err(error))) if stage.speaker() == Some(number) => return Err(error),
                Some((FIRST, Err(error))) => {
                    fault = Some(error);
                    waits = false;
                    // Another one is no load on the first. The same again is, and right when it has trouble.
                    if !is_hedged && (self.second.is_some() || self.may_hedge()) {
                        is_hedged = true;
                        contest.start(SECOND, second);
                    }
                }
                Some((_, Err(_))) => {}
                None => return Err(fault.unwrap_or(SolveError::Late)),
            }
        }
    }
}

impl Solver for HedgeSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Outcome> {
        self.run(task, call).boxed()
    }
}
