//! Several solvers for one task, and one text: who writes first is the only one from then on, so that no answer is made
//! of two.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::Meter;
use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver, Write};

const NOBODY: usize = usize::MAX;

pub(super) type Outcome = Result<Solved, SolveError>;

/// Where one of several may write.
pub(super) struct Stage<'a> {
    write: Write<'a>,
    speaker: AtomicUsize,
}

/// Solvers asked at the same time.
pub(super) struct Contest<'a> {
    task: &'a Task,
    call: &'a SolveCall<'a>,
    stage: &'a Stage<'a>,
    running: Vec<(usize, BoxFuture<'a, Outcome>)>,
}

impl<'a> Stage<'a> {
    /// What is said goes to `write`.
    pub(super) fn new(write: Write<'a>) -> Self {
        Self { write, speaker: AtomicUsize::new(NOBODY) }
    }

    /// Who has written.
    pub(super) fn speaker(&self) -> Option<usize> {
        Some(self.speaker.load(Ordering::Acquire)).filter(|number| *number != NOBODY)
    }

    fn say(&self, number: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let before = self.speaker.compare_exchange(NOBODY, number, Ordering::AcqRel, Ordering::Acquire);
        if before.is_ok() || before == Err(number) {
            (self.write)(text);
        }
    }
}

/// Asks one of several, as number `number` on the stage. Dropped, it is stopped.
pub(super) async fn ask(
    member: &Meter,
    number: usize,
    task: &Task,
    call: &SolveCall<'_>,
    deadline: Instant,
    stage: &Stage<'_>,
) -> Outcome {
    let stop = call.stop.child_token();
    let _gone = stop.clone().drop_guard();
    let write = |text: &str| stage.say(number, text);
    let wanted = call.wanted.min(deadline);
    let own = SolveCall { wanted, stop, write: &write, ..call.clone() };
    let mut solved = member.solve(task, own).await?;
    solved.by.get_or_insert_with(|| member.name().clone());
    Ok(solved)
}

impl<'a> Contest<'a> {
    /// Nobody runs yet.
    pub(super) fn new(task: &'a Task, call: &'a SolveCall<'a>, stage: &'a Stage<'a>) -> Self {
        Self { task, call, stage, running: Vec::new() }
    }

    /// Asks `member` too.
    pub(super) fn start(&mut self, number: usize, member: &'a Meter) {
        let run = ask(member, number, self.task, self.call, self.call.deadline, self.stage);
        self.running.push((number, run.boxed()));
    }

    /// Whether number `number` has not ended.
    pub(super) fn runs(&self, number: usize) -> bool {
        self.running.iter().any(|(running, _)| *running == number)
    }

    /// The next that ends; nothing when none runs. As soon as one writes, the others are dropped.
    pub(super) async fn next(&mut self) -> Option<(usize, Outcome)> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Outcome)>> {
        let mut at = 0;
        while let Some((number, run)) = self.running.get_mut(at) {
            let (number, polled) = (*number, run.poll_unpin(context));
            if self.stage.speaker() == Some(number) {
                self.running.retain(|(running, _)| *running == number);
                at = 0;
            }
            match polled {
                Poll::Ready(outcome) => {
                    drop(self.running.remove(at));
                    return Poll::Ready(Some((number, outcome)));
                }
                Poll::Pending => at += 1,
            }
        }
        if self.running.is_empty() { Poll::Ready(None) } else { Poll::Pending }
    }
}
