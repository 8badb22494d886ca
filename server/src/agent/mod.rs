//! The agent: turns a verified request into an answer, from memory or from a solver, before the deadline.

mod adapter;
mod flights;

use std::sync::Arc;
use std::time::Duration;

use lode_shared::{Settings, Source};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use adapter::PROTOCOL_KEYS;
pub use adapter::{Adapter, Asks, HashField};
use flights::{Flights, Landing, Seat};

use crate::clock::Clock;
use crate::domain::{Answer, Question, Task};
use crate::ports::{Recall, SolveError};

/// Memory that takes longer than this is no faster than what it saves.
const RECALL_BUDGET: Duration = Duration::from_millis(300);

/// An answer and where it came from.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer's fields, beside the adapter's `reply`.
    pub answer: Arc<Answer>,
    /// Where it came from.
    pub source: Source,
}

/// Why a verified request got no answer. The texts are safe to show to a validator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The deadline came first.
    #[error("Response timeout: no answer before the deadline")]
    Timeout,
    /// The solver failed.
    #[error("Internal Server Error: no answer")]
    Solver,
    /// What the solver said is no valid answer.
    #[error("Internal Server Error: no valid answer")]
    Invalid,
    /// The solve this request waited for was given up.
    #[error("Internal Server Error: solving was abandoned")]
    Abandoned,
    /// As many solves under way as are allowed.
    #[error("Service unavailable: too many questions are being solved")]
    Busy,
}

impl AnswerError {
    /// Every label that [`AnswerError::label`] gives, and `disconnected` for a validator that hung up first.
    pub const LABELS: [&str; 7] =
        ["abandoned", "busy", "disconnected", "invalid_answer", "panicked", "solver_error", "timeout"];

    /// The label under which it is counted.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Solver => "solver_error",
            Self::Invalid => "invalid_answer",
            Self::Abandoned => "abandoned",
            Self::Busy => "busy",
        }
    }
}

/// Answers questions.
pub struct Agent {
    recall: Arc<dyn Recall>,
    flights: Flights,
    /// Solves outlive the request that started them, so that followers are not left alone; shutdown waits for them.
    solves: TaskTracker,
    /// Bounds them: a sender that hangs up frees its own place, not that of the solve it started.
    places: Arc<Semaphore>,
    clock: Clock,
}

impl Agent {
    /// With this memory, and at most `max_solves` under way.
    pub fn new(recall: Arc<dyn Recall>, solves: TaskTracker, max_solves: usize, clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(max_solves));
        Self { recall, flights: Flights::default(), solves, places, clock }
    }

    /// Answers the question in `body`, at the latest at `deadline`.
    pub async fn answer(
        &self,
        asks: &Arc<Asks>,
        question: Question,
        body: &Map<String, Value>,
        settings: Settings,
        deadline: Instant,
    ) -> Result<Answered, AnswerError> {
        if asks.cache {
            let recall = self.recall.recall(&question, settings, self.clock.now_ms());
            if let Ok(Some(found)) = timeout(RECALL_BUDGET, recall).await {
                return Ok(Answered { answer: found.answer, source: found.source });
            }
        }
        let deadline = deadline.min(Instant::now() + asks.timeout);
        let task = asks.task(question, body);
        let key = asks.flight_key(&task);
        // A follower inherits only success: when its leader fails and time is left, it tries once more.
        for last_try in [false, true] {
            let (passenger, leads) = match self.flights.board(key.clone()) {
                Seat::Follower(passenger) => (passenger, false),
                Seat::Leader(landing, passenger) => {
                    self.start(asks, task.clone(), landing)?;
                    (passenger, true)
                }
            };
            match timeout_at(deadline, passenger.outcome()).await {
                Ok(Ok(answer)) => {
                    let source = if leads { Source::Solved } else { Source::Coalesced };
                    return Ok(Answered { answer, source });
                }
                Ok(Err(error)) if leads || last_try => return Err(error),
                Ok(Err(_)) => {}
                Err(_) => return Err(AnswerError::Timeout),
            }
        }
        Err(AnswerError::Abandoned)
    }

    /// Starts a solve. It has the adapter's own time, not that of the request that happened to come first: others may wait
    /// longer, and what comes late is still remembered.
    fn start(&self, asks: &Arc<Asks>, task: Task, landing: Landing) -> Result<(), AnswerError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| AnswerError::Busy)?;
        let solve = solve(Arc::clone(asks), task, Arc::clone(&self.recall), self.clock.clone());
        self.solves.spawn(async move {
            let outcome = solve.await;
            // Before anybody wakes: who asks again at once must find it free.
            drop(place);
            landing.land(outcome);
        });
        Ok(())
    }
}

/// One solve: asks the solver, checks what it says, and remembers it if it may be given again.
async fn solve(asks: Arc<Asks>, task: Task, recall: Arc<dyn Recall>, clock: Clock) -> Result<Arc<Answer>, AnswerError> {
    let started = Instant::now();
    let mut fields = match timeout(asks.timeout, asks.solver.solve(&task)).await {
        Err(_) => return Err(AnswerError::Timeout),
        Ok(Ok(fields)) => fields,
        Ok(Err(error)) => {
            tracing::warn!(synapse = %task.question.synapse, "no answer: {error}");
            return Err(match error {
                SolveError::BadAnswer(_) => AnswerError::Invalid,
                SolveError::NoRule | SolveError::Upstream(_) => AnswerError::Solver,
            });
        }
    };
    // An upstream may set what it likes of the synapse, but not the protocol's own keys: a dendrite would refuse them.
    fields.retain(|name, _| !PROTOCOL_KEYS.contains(&name.as_str()));
    if let Err(fault) = asks.check(&fields) {
        tracing::warn!(synapse = %task.question.synapse, "answer refused: {fault}");
        return Err(AnswerError::Invalid);
    }
    let answer = Arc::new(Answer { fields, solve_ms: started.elapsed().as_millis() as u64 });
    if asks.cache {
        recall.remember(&task.question, Arc::clone(&answer), clock.now_ms());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
