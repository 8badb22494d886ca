//! One solve: asks the solver, checks what it says, and makes an answer of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::adapter::{Asks, PROTOCOL_KEYS};
use super::{AnswerError, SolveTimes};
use crate::domain::{Answer, Task};
use crate::ports::{Recall, SolveCall, SolveError, Solved, Write};

/// A solver's valid answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// The answer.
    pub answer: Arc<Answer>,
    /// What it took.
    pub times: SolveTimes,
}

/// How a task is to be solved.
pub struct Order<'a> {
    /// How long it has waited for its turn.
    pub queued: Duration,
    /// Until when the one who asked first waits.
    pub wanted: Instant,
    /// Who has examples; nobody when the answer is to judge what is remembered.
    pub recall: Option<&'a dyn Recall>,
    /// Passes on text as it is written.
    pub write: Write<'a>,
    /// The tuner's: see [`SolveCall::hedge_percentile`].
    pub hedge_percentile: u32,
}

/// Asks for `task`.
pub async fn solve(asks: &Asks, task: &Task, order: Order<'_>) -> Result<Fresh, AnswerError> {
    let Order { queued, wanted, recall, write, hedge_percentile } = order;
    let started = Instant::now();
    let deadline = started + asks.timeout;
    let stop = CancellationToken::new();
    let _nobody_waits = stop.clone().drop_guard();
    let examples = |count| recall.map(|recall| recall.examples(&task.question, count)).unwrap_or_default();
    let wanted = wanted.min(deadline);
    let call = SolveCall { deadline, wanted, stop, write, examples: &examples, hedge_percentile };
    let Solved { mut fields, by, cost_usd } = match timeout_at(deadline, asks.solver.solve(task, call)).await {
        Err(_) => return Err(AnswerError::Timeout),
        Ok(Ok(solved)) => solved,
        Ok(Err(error)) => {
            tracing::warn!(synapse = %task.question.synapse, "no answer: {error}");
            return Err(match error {
                SolveError::BadAnswer(_) => AnswerError::Invalid,
                SolveError::NoRule | SolveError::Upstream(_) | SolveError::Limited { .. } => AnswerError::Solver,
                SolveError::Late => AnswerError::Timeout,
            });
        }
    };
    // An upstream may set what it likes of the synapse, but not the protocol's own keys: a dendrite would refuse them.
    fields.retain(|name, _| !PROTOCOL_KEYS.contains(&name.as_str()));
    if let Err(fault) = asks.check(&fields) {
        tracing::warn!(synapse = %task.question.synapse, "answer refused: {fault}");
        return Err(AnswerError::Invalid);
    }
    let took = started.elapsed();
    let solver = by.unwrap_or_else(|| Arc::clone(&asks.solver_name));
    let answer = Answer::new(&fields, took.as_millis() as u64, solver).costing(cost_usd.map(|usd| usd as f32));
    let answer = Arc::new(answer);
    Ok(Fresh { answer, times: SolveTimes { queued, took, cost_usd } })
}
