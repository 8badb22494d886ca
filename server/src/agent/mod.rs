//! The agent: turns a verified request into an answer, from memory or from a solver, before the deadline.
//!
//! Memory first, within its budget; then one solve for all who ask the same, in its turn. When neither gives an answer in
//! time, the best that memory has, or the adapter's fallback, is sent rather than nothing: marked as that, counted as no
//! success, and never kept.

mod adapter;
mod deliveries;
mod flights;
mod gate;
mod outcome;
mod reading;
mod shadow;
mod solve;

use std::sync::Arc;
use std::time::Duration;

use lode_shared::{Settings, Source};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

pub use adapter::{Adapter, Asks, Feedback, HashField};
use deliveries::{Addressee, Deliveries, Delivery};
use flights::{Flights, Landing, News, Passenger, Seat};
use gate::{Gate, Rank, Ticket};
pub use outcome::{AnswerError, Answered, SolveTimes, Stages, Told};
pub use reading::{Part, PromptSource, ScopeField};
use shadow::MAX_UNDER_WAY;
pub use shadow::{ShadowConfig, Shadows};
use solve::{Fresh, Order, solve};

use crate::clock::Clock;
use crate::domain::{Digest128, LabelKind, Limit, Question, Task};
use crate::keys::Hotkey;
use crate::ports::{Found, Judged, Look, Nearest, Recall};
use crate::recorder::Recorder;

/// Memory that takes longer than this is no faster than what it saves.
const RECALL_BUDGET: Duration = Duration::from_millis(300);

/// A question and how it is to be answered.
pub struct Ask<'a> {
    /// The request.
    pub request_id: u64,
    /// Who asks; nobody when the operator does.
    pub hotkey: Option<Hotkey>,
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

/// An answer as it is being written.
pub struct Reading {
    passenger: Passenger,
    deadline: Instant,
    landed: Option<Fresh>,
    addressee: Option<Addressee>,
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

/// How a solve is wanted.
#[derive(Clone, Copy)]
struct Terms {
    stake_rao: u64,
    deadline: Instant,
    reads_along: bool,
    hedge_percentile: u32,
}

/// Answers questions.
pub struct Agent {
    recall: Arc<dyn Recall>,
    recorder: Arc<Recorder>,
    flights: Flights,
    /// Solves outlive the request that started them, so that followers are not left alone; shutdown waits for them.
    solves: TaskTracker,
    /// Bounds them: a sender that hangs up frees its own place, not that of the solve it started.
    gate: Arc<Gate>,
    shadows: Arc<Shadows>,
    /// Shadow checks under way.
    checks: Arc<Semaphore>,
    deliveries: Arc<Deliveries>,
    clock: Clock,
}

impl Agent {
    /// With this memory, and so many solves under way.
    pub fn new(
        recall: Arc<dyn Recall>,
        recorder: Arc<Recorder>,
        solves: TaskTracker,
        limit: Limit,
        shadow: ShadowConfig,
        clock: Clock,
    ) -> Self {
        let gate = Arc::new(Gate::new(limit));
        let shadows = Arc::new(Shadows::new(shadow, clock.now_ns()));
        let checks = Arc::new(Semaphore::new(MAX_UNDER_WAY));
        let (flights, deliveries) = (Flights::default(), Arc::default());
        Self { recall, recorder, flights, solves, gate, shadows, checks, deliveries, clock }
    }

    /// Answers, whole, at the latest at the deadline.
    pub async fn answer(&self, ask: Ask<'_>) -> Told<Answered> {
        let Told { result, stages } = self.join(ask, false).await;
        let result = result.map(|streamed| match streamed {
            Streamed::Whole(answered) => answered,
            Streamed::Reading(_) => unreachable!("only a stream is read along"),
        });
        Told { result, stages }
    }

    /// Answers as soon as there is something to read.
    pub async fn stream(&self, ask: Ask<'_>) -> Told<Streamed> {
        self.join(ask, true).await
    }

    /// Learns whether the last answer under this key was right; `false` when there is none any more.
    pub fn feedback(&self, key: &Digest128, right: bool) -> bool {
        let Some(delivery) = self.deliveries.take(key) else { return false };
        let Delivery { request_id, synapse, question, answer, source } = delivery;
        let now_ms = self.clock.now_ms();
        if source.is_memory() {
            let judged = Judged { right, kind: LabelKind::Validator, sampling_rate: 1.0 };
            self.recall.judge(request_id, judged, now_ms);
        } else if !source.is_makeshift() {
            self.recall.judge_answer(&synapse, question, &answer, right, now_ms);
        }
        self.recorder.label(request_id, right, LabelKind::Validator);
        true
    }

    async fn join(&self, ask: Ask<'_>, reads_along: bool) -> Told<Streamed> {
        let mut stages = Stages::default();
        let key = ask.hotkey.and_then(|hotkey| ask.asks.delivery(hotkey.bytes(), &ask.question, ask.body));
        let addressee = key.map(|key| Addressee {
            key,
            request_id: ask.request_id,
            synapse: Arc::clone(&ask.question.synapse),
            question: ask.question.digest(),
            deliveries: Arc::clone(&self.deliveries),
        });
        let mut result = self.try_join(ask, reads_along, &mut stages).await;
        match (addressee, &mut result) {
            (Some(addressee), Ok(Streamed::Whole(answered))) => addressee.deliver(&answered.answer, answered.source),
            (Some(addressee), Ok(Streamed::Reading(reading))) => reading.addressee = Some(addressee),
            _ => {}
        }
        Told { result, stages }
    }

    async fn try_join(&self, ask: Ask<'_>, reads_along: bool, stages: &mut Stages) -> Result<Streamed, AnswerError> {
        let Ask { request_id, asks, settings, deadline, .. } = ask;
        let mut nearest = None;
        if asks.cache {
            let started = Instant::now();
            let look = Look { request_id, settings, now_ms: self.clock.now_ms() };
            let until = deadline.min(started + RECALL_BUDGET);
            let recollection = timeout_at(until, self.recall.recall(&ask.question, look)).await.unwrap_or_default();
            stages.recall = Some(started.elapsed());
            // What no solver said is checked like a solver's answer.
            let found = recollection
                .found
                .filter(|found| found.source != Source::Pattern || asks.check(&found.answer.fields()).is_ok());
            if let Some(found) = found {
                self.check_behind(&ask, &found);
                return Ok(Streamed::Whole(Answered { answer: found.answer, source: found.source }));
            }
            nearest = recollection.nearest;
        }
        let task = asks.task(ask.question, ask.body);
        let deadline = deadline.min(Instant::now() + asks.timeout);
        let terms =
            Terms { stake_rao: ask.stake_rao, deadline, reads_along, hedge_percentile: settings.hedge_percentile };
        let solved = self.fly(asks, task, terms, stages).await;
        solved.or_else(|error| makeshift(asks, nearest).map(Streamed::Whole).ok_or(error))
    }

    /// Joins the flight of a task, or starts it. A follower inherits only success: when its leader fails and time is left,
    /// it tries once more.
    async fn fly(
        &self,
        asks: &Arc<Asks>,
        task: Task,
        terms: Terms,
        stages: &mut Stages,
    ) -> Result<Streamed, AnswerError> {
        let Terms { stake_rao, deadline, reads_along, .. } = terms;
        let key = asks.flight_key(&task);
        for last_try in [false, true] {
            let rank = Rank::new(stake_rao);
            let (mut passenger, leads) = match self.flights.board(key.clone(), &rank) {
                Seat::Follower(passenger) => (passenger, false),
                Seat::Leader(landing, passenger) => {
                    let ticket = self.gate.queue(&task.question.synapse, rank, deadline)?;
                    self.start(asks, task.clone(), terms, ticket, landing);
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
                    return Ok(Streamed::Reading(Reading {
                        passenger,
                        deadline,
                        landed: None,
                        addressee: None,
                        text,
                        source,
                    }));
                }
                Ok(News::Landed(Ok(fresh))) => {
                    stages.solve = Some(fresh.times.seen_by(source));
                    return Ok(Streamed::Whole(Answered { answer: fresh.answer, source }));
                }
                Ok(News::Landed(Err(error))) if leads || last_try => return Err(error),
                Ok(News::Landed(Err(_))) => {}
            }
        }
        Err(AnswerError::Abandoned)
    }

    /// Starts a solve when it is its turn. It has the adapter's own time, not that of the request that happened to come
    /// first: others may wait longer, and what comes late is still remembered. Before its turn nothing was spent on it:
    /// its place in the queue is free again as soon as nobody is left to hear it.
    fn start(&self, asks: &Arc<Asks>, task: Task, terms: Terms, ticket: Ticket, landing: Landing) {
        let Terms { deadline: wanted, hedge_percentile, .. } = terms;
        let (asks, recall, clock) = (Arc::clone(asks), Arc::clone(&self.recall), self.clock.clone());
        let shadows = Arc::clone(&self.shadows);
        self.solves.spawn(async move {
            let queued = Instant::now();
            let turn = tokio::select! {
                biased;
                () = landing.deserted() => return,
                turn = ticket.turn() => turn,
            };
            let place = match turn {
                Ok(place) => place,
                Err(error) => return landing.land(Err(error)),
            };
            shadows.earn();
            let started = Instant::now();
            let (queued, write) = (started - queued, |text: &str| landing.write(text));
            let order = Order { queued, wanted, recall: Some(&*recall), write: &write, hedge_percentile };
            let outcome = solve(&asks, &task, order).await;
            // Before anybody wakes: who asks again at once must find it free.
            place.end(started.elapsed(), matches!(outcome, Err(AnswerError::Timeout | AnswerError::Solver)));
            if let Ok(fresh) = &outcome
                && asks.cache
            {
                // Nobody waits for memory to take it in; who asks meanwhile still boards this flight.
                landing.announce(fresh);
                recall.remember(&task.question, Arc::clone(&fresh.answer), clock.now_ms());
            }
            landing.land(outcome);
        });
    }

    /// Solves again what memory has answered, if it is drawn and there is room; what comes of it is a label.
    fn check_behind(&self, ask: &Ask<'_>, found: &Found) {
        let Ask { request_id: id, asks, question, body, settings, .. } = ask;
        let Some(sampling_rate) = self.shadows.draw(found.source, found.labels, settings.shadow_pct) else { return };
        let Ok(permit) = Arc::clone(&self.checks).try_acquire_owned() else { return };
        // Behind everybody else, and never in the queue for long.
        let deadline = Instant::now() + asks.timeout;
        let Ok(ticket) = self.gate.queue(&question.synapse, Rank::new(0), deadline) else { return };
        let (task, hedge_percentile) = (asks.task(question.clone(), body), settings.hedge_percentile);
        let id = *id;
        let (asks, given) = (Arc::clone(asks), Arc::clone(&found.answer));
        let (recall, recorder, clock) = (Arc::clone(&self.recall), Arc::clone(&self.recorder), self.clock.clone());
        self.solves.spawn(async move {
            let _permit = permit;
            let Ok(place) = ticket.turn().await else { return };
            let started = Instant::now();
            // Without examples: what is to be judged would be among them.
            let queued = Duration::ZERO;
            let order = Order { queued, wanted: deadline, recall: None, write: &|_| (), hedge_percentile };
            let outcome = solve(&asks, &task, order).await;
            place.end(started.elapsed(), matches!(outcome, Err(AnswerError::Timeout | AnswerError::Solver)));
            let Ok(Fresh { answer, .. }) = outcome else { return };
            let right = asks.compare.same(&given, &answer);
            let now_ms = clock.now_ms();
            recall.judge(id, Judged { right, kind: LabelKind::Shadow, sampling_rate }, now_ms);
            recorder.label(id, right, LabelKind::Shadow);
            recall.renew(&task.question, answer, now_ms);
        });
    }
}

/// What is sent rather than nothing.
fn makeshift(asks: &Asks, nearest: Option<Nearest>) -> Option<Answered> {
    let nearest = nearest.filter(|nearest| nearest.chance >= asks.fallback_chance);
    let candidate = nearest.map(|nearest| Answered { answer: nearest.answer, source: Source::Candidate });
    candidate.or_else(|| Some(Answered { answer: Arc::clone(asks.fallback.as_ref()?), source: Source::Fallback }))
}

impl Reading {
    /// What was written since; an error when it ends too early; nothing when it is whole.
    pub async fn next(&mut self) -> Option<Result<String, AnswerError>> {
        match timeout_at(self.deadline, self.passenger.read()).await {
            Ok(News::Written(text)) => Some(Ok(text)),
            Ok(News::Landed(Ok(fresh))) => {
                if let Some(addressee) = self.addressee.take() {
                    addressee.deliver(&fresh.answer, self.source);
                }
                self.landed = Some(fresh);
                None
            }
            Ok(News::Landed(Err(error))) => Some(Err(error)),
            Err(_) => Some(Err(AnswerError::Timeout)),
        }
    }

    /// Who has written it, and what it took; nothing before it is whole.
    pub fn written_by(&self) -> Option<(Arc<str>, SolveTimes)> {
        let landed = self.landed.as_ref()?;
        Some((Arc::clone(&landed.answer.solver), landed.times.seen_by(self.source)))
    }
}

#[cfg(test)]
mod tests;
