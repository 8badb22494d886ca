//! The agent: turns a verified request into an answer, from memory or from a solver, before the deadline.

mod adapter;
mod flights;
mod gate;

use std::sync::Arc;
use std::time::Duration;

use lode_shared::{Settings, Source};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use adapter::PROTOCOL_KEYS;
pub use adapter::{Adapter, Asks, HashField};
use flights::{Flights, Landing, News, Passenger, Seat};
use gate::{Gate, Rank, Ticket};

use crate::clock::Clock;
use crate::domain::{Answer, Limit, Question, Task};
use crate::ports::{Recall, SolveCall, SolveError, Solved, Write};

/// Memory that takes longer than this is no faster than what it saves.
const RECALL_BUDGET: Duration = Duration::from_millis(300);

/// A question and how it is to be answered.
pub struct Ask<'a> {
    /// Its adapter's view.
    pub asks: &'a Arc<Asks>,
    /// The question.
    pub question: Question,
    /// Everything that was sent with it.
    pub body: &'a Map<String, Value>,
    /// The tuner's settings.
    pub settings: Settings,
    /// The stake behind it, rao: who comes first when not everybody can be served.
    pub stake_rao: u64,
    /// When the answer must be there.
    pub deadline: Instant,
}

/// An answer and where it came from.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer's fields, beside the adapter's `reply`.
    pub answer: Arc<Answer>,
    /// Where it came from.
    pub source: Source,
}

/// An answer as it is being written.
pub struct Reading {
    passenger: Passenger,
    deadline: Instant,
    /// What there was of it at first.
    pub text: String,
    /// Where it comes from.
    pub source: Source,
}

/// An answer to be streamed.
pub enum Streamed {
    /// There already.
    Whole(Answered),
    /// Being written.
    Reading(Reading),
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
    /// As many solves under way and waiting as there is time for.
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
    gate: Arc<Gate>,
    clock: Clock,
}

impl Agent {
    /// With this memory, and so many solves under way.
    pub fn new(recall: Arc<dyn Recall>, solves: TaskTracker, limit: Limit, clock: Clock) -> Self {
        Self { recall, flights: Flights::default(), solves, gate: Arc::new(Gate::new(limit)), clock }
    }

    /// Answers, whole, at the latest at the deadline.
    pub async fn answer(&self, ask: Ask<'_>) -> Result<Answered, AnswerError> {
        match self.join(ask, false).await? {
            Streamed::Whole(answered) => Ok(answered),
            Streamed::Reading(_) => unreachable!("only a stream is read along"),
        }
    }

    /// Answers as soon as there is something to read.
    pub async fn stream(&self, ask: Ask<'_>) -> Result<Streamed, AnswerError> {
        self.join(ask, true).await
    }

    async fn join(&self, ask: Ask<'_>, reads_along: bool) -> Result<Streamed, AnswerError> {
        let Ask { asks, question, body, settings, stake_rao, deadline } = ask;
        if asks.cache {
            let recall = self.recall.recall(&question, settings, self.clock.now_ms());
            if let Ok(recollection) = timeout(RECALL_BUDGET, recall).await
                && let Some(found) = recollection.found
                // What no solver said is checked like a solver's answer.
                && (found.source != Source::Pattern || asks.check(&found.answer.fields()).is_ok())
            {
                return Ok(Streamed::Whole(Answered { answer: found.answer, source: found.source }));
            }
        }
        let deadline = deadline.min(Instant::now() + asks.timeout);
        let task = asks.task(question, body);
        let key = asks.flight_key(&task);
        // A follower inherits only success: when its leader fails and time is left, it tries once more.
        for last_try in [false, true] {
            let rank = Rank::new(stake_rao);
            let (mut passenger, leads) = match self.flights.board(key.clone(), &rank) {
                Seat::Follower(passenger) => (passenger, false),
                Seat::Leader(landing, passenger) => {
                    let ticket = self.gate.queue(&task.question.synapse, rank, deadline)?;
                    self.start(asks, task.clone(), ticket, landing);
                    (passenger, true)
                }
            };
            let source = if leads { Source::Solved } else { Source::Coalesced };
            let news = async {
                match reads_along {
                    true => passenger.read().await,
                    false => News::Landed(passenger.outcome().await),
                }
            };
            match timeout_at(deadline, news).await {
                Err(_) => return Err(AnswerError::Timeout),
                Ok(News::Written(text)) => {
                    return Ok(Streamed::Reading(Reading { passenger, deadline, text, source }));
                }
                Ok(News::Landed(Ok(answer))) => return Ok(Streamed::Whole(Answered { answer, source })),
                Ok(News::Landed(Err(error))) if leads || last_try => return Err(error),
                Ok(News::Landed(Err(_))) => {}
            }
        }
        Err(AnswerError::Abandoned)
    }

    /// Starts a solve when it is its turn. It has the adapter's own time, not that of the request that happened to come
    /// first: others may wait longer, and what comes late is still remembered. Before its turn nothing was spent on it:
    /// its place in the queue is free again as soon as nobody is left to hear it.
    fn start(&self, asks: &Arc<Asks>, task: Task, ticket: Ticket, landing: Landing) {
        let (asks, recall, clock) = (Arc::clone(asks), Arc::clone(&self.recall), self.clock.clone());
        self.solves.spawn(async move {
            let turn = tokio::select! {
                biased;
                () = landing.deserted() => return,
                turn = ticket.turn() => turn,
            };
            let place = match turn {
                Ok(place) => place,
                Err(error) => return landing.land(Err(error)),
            };
            let started = Instant::now();
            let outcome = solve(asks, task, recall, clock, &|text| landing.write(text)).await;
            // Before anybody wakes: who asks again at once must find it free.
            place.end(started.elapsed(), matches!(outcome, Err(AnswerError::Timeout | AnswerError::Solver)));
            landing.land(outcome);
        });
    }
}

impl Reading {
    /// What was written since; an error when it ends too early; nothing when it is whole.
    pub async fn next(&mut self) -> Option<Result<String, AnswerError>> {
        match timeout_at(self.deadline, self.passenger.read()).await {
            Ok(News::Written(text)) => Some(Ok(text)),
            Ok(News::Landed(Ok(_))) => None,
            Ok(News::Landed(Err(error))) => Some(Err(error)),
            Err(_) => Some(Err(AnswerError::Timeout)),
        }
    }
}

/// One solve: asks the solver, checks what it says, and remembers it if it may be given again.
async fn solve(
    asks: Arc<Asks>,
    task: Task,
    recall: Arc<dyn Recall>,
    clock: Clock,
    write: Write<'_>,
) -> Result<Arc<Answer>, AnswerError> {
    let started = Instant::now();
    let stop = CancellationToken::new();
    let _gone = stop.clone().drop_guard();
    let examples = |count| recall.examples(&task.question, count);
    let deadline = started + asks.timeout;
    let call = SolveCall { deadline, stop, write, examples: &examples };
    let Solved { mut fields, by, .. } = match timeout_at(deadline, asks.solver.solve(&task, call)).await {
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
    let solver = by.unwrap_or_else(|| Arc::clone(&asks.solver_name));
    let answer = Arc::new(Answer::new(&fields, started.elapsed().as_millis() as u64, solver));
    if asks.cache {
        recall.remember(&task.question, Arc::clone(&answer), clock.now_ms());
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
