//! The gate before the solvers: so many solves at once, the others in a queue by stake.
//!
//! Nobody is left hanging. When the queue is full, who has the least stake is refused at once; and so is who cannot be
//! answered before the validator's timeout, by what solves of its kind have taken of late. Who need not wait is never
//! refused on such an estimate.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::AnswerError;
use crate::domain::{Durations, Limit};

/// Questions that wait at most. More would only wait for their timeout.
pub const MAX_WAITING: usize = 256;

/// The stake behind a question, rao. Rises when a larger validator asks the same.
#[derive(Debug, Clone)]
pub struct Rank(Arc<AtomicU64>);

impl Rank {
    /// The stake of the first who asks.
    pub fn new(stake_rao: u64) -> Self {
        Self(Arc::new(AtomicU64::new(stake_rao)))
    }

    /// Somebody else asks the same.
    pub fn raise(&self, stake_rao: u64) {
        self.0.fetch_max(stake_rao, Ordering::Relaxed);
    }

    /// The largest so far.
    pub fn stake_rao(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Lets solves through.
pub struct Gate {
    state: Mutex<State>,
}

struct State {
    limit: Limit,
    busy: usize,
    waiting: Vec<Waiter>,
    durations: HashMap<Arc<str>, Durations>,
}

struct Waiter {
    rank: Rank,
    turn: oneshot::Sender<Place>,
    synapse: Arc<str>,
}

/// A solve that may go on. Its end lets the next one through.
pub struct Place {
    gate: Arc<Gate>,
    synapse: Arc<str>,
    /// Absent until it is used.
    ended: Option<(Duration, bool)>,
}

/// A turn that comes, or does not.
pub struct Ticket {
    turn: oneshot::Receiver<Place>,
    latest: Instant,
}

impl Gate {
    /// Closed to nobody yet.
    pub fn new(limit: Limit) -> Self {
        let state = State { limit, busy: 0, waiting: Vec::new(), durations: HashMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// Asks for a turn, for an answer at `deadline`. Refused when it would come too late, or when the queue is full of
    /// questions with more stake behind them.
    pub fn queue(self: &Arc<Self>, synapse: &Arc<str>, rank: Rank, deadline: Instant) -> Result<Ticket, AnswerError> {
        let (turn, ticket) = oneshot::channel();
        let mut state = self.state.lock();
        let took = state.expected(synapse);
        let latest = deadline.checked_sub(took).unwrap_or(deadline);
        let ticket = Ticket { turn: ticket, latest };
        if state.busy < state.limit.now() && state.waiting.is_empty() {
            state.busy += 1;
            drop(state);
            // Its receiver is in our hands.
            let _ = turn.send(Place { gate: Arc::clone(self), synapse: Arc::clone(synapse), ended: None });
            return Ok(ticket);
        }
        state.waiting.retain(|waiter| !waiter.turn.is_closed());
        if Instant::now() + state.wait(&rank) > latest {
            return Err(AnswerError::Busy);
        }
        if state.waiting.len() >= MAX_WAITING {
            // Of equals the one that came last.
            let least = state.waiting.iter().enumerate().rev().min_by_key(|(_, waiter)| waiter.rank.stake_rao());
            match least.map(|(index, waiter)| (index, waiter.rank.stake_rao())) {
                Some((index, stake_rao)) if stake_rao < rank.stake_rao() => drop(state.waiting.remove(index)),
                _ => return Err(AnswerError::Busy),
            }
        }
        state.waiting.push(Waiter { rank, turn, synapse: Arc::clone(synapse) });
        Ok(ticket)
    }

    /// A solve has ended, or its place was not taken: the next ones by stake, then in order of arrival.
    fn release(self: &Arc<Self>, synapse: &Arc<str>, ended: Option<(Duration, bool)>) {
        let mut called = Vec::new();
        {
            let mut state = self.state.lock();
            let busy = state.busy;
            state.busy -= 1;
            if let Some((took, is_failure)) = ended {
                let State { limit, durations, .. } = &mut *state;
                let durations = durations.entry(Arc::clone(synapse)).or_default();
                limit.learn(durations, took.as_secs_f64() * 1_000.0, is_failure, busy);
            }
            while state.busy < state.limit.now() {
                let first = state.waiting.iter().enumerate().rev().max_by_key(|(_, waiter)| waiter.rank.stake_rao());
                let Some((index, _)) = first else { break };
                called.push(state.waiting.remove(index));
                state.busy += 1;
            }
        }
        for waiter in called {
            // One that hung up meanwhile drops its place, and so calls the next.
            let _ = waiter.turn.send(Place { gate: Arc::clone(self), synapse: waiter.synapse, ended: None });
        }
    }
}

impl State {
    fn expected(&self, synapse: &Arc<str>) -> Duration {
        let expected_ms = self.durations.get(synapse).and_then(Durations::expected_ms);
        Duration::from_secs_f64(expected_ms.unwrap_or_default() / 1_000.0)
    }

    /// How long those ahead of `rank` will take, about.
    fn wait(&self, rank: &Rank) -> Duration {
        let ahead = self.waiting.iter().filter(|waiter| waiter.rank.stake_rao() >= rank.stake_rao());
        let work: Duration = ahead.map(|waiter| self.expected(&waiter.synapse)).sum();
        work / self.limit.now() as u32
    }
}

impl Ticket {
    /// The place, when it is this question's turn; refused when that would be too late, or for one with more stake.
    pub async fn turn(self) -> Result<Place, AnswerError> {
        match timeout_at(self.latest, self.turn).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(AnswerError::Busy),
        }
    }
}

impl Place {
    /// The solve is over.
    pub fn end(mut self, took: Duration, is_failure: bool) {
        self.ended = Some((took, is_failure));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.release(&self.synapse, self.ended.take());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn gate(limit: usize) -> (Arc<Gate>, Arc<str>) {
        (Arc::new(Gate::new(Limit::Fixed(limit))), Arc::from("T"))
    }

    fn in_s(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_by_stake_and_among_equals_in_order() {
        let (gate, synapse) = gate(1);
        let first = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        let stakes = [5, 9, 5, 1];
        let tickets: Vec<_> =
            stakes.map(|stake| gate.queue(&synapse, Rank::new(stake), in_s(60)).expect("room")).into();
        let mut order = tokio::task::JoinSet::new();
        let served = Arc::new(Mutex::new(Vec::new()));
        for (index, ticket) in tickets.into_iter().enumerate() {
            let served = Arc::clone(&served);
            order.spawn(async move {
                let place = ticket.turn().await.expect("a turn");
                served.lock().push(index);
                drop(place);
            });
        }
        tokio::task::yield_now().await;
        drop(first);
        order.join_all().await;
        assert_eq!(*served.lock(), [1, 0, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_sheds_the_least_stake_at_once() {
        let (gate, synapse) = gate(1);
        let _busy = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        let mut tickets: Vec<_> = (0..MAX_WAITING as u64)
            .map(|stake| gate.queue(&synapse, Rank::new(10 + stake), in_s(60)).expect("room"))
            .collect();
        assert!(
            matches!(gate.queue(&synapse, Rank::new(10), in_s(60)), Err(AnswerError::Busy)),
            "no more than the least"
        );
        let large = gate.queue(&synapse, Rank::new(1_000_000), in_s(60));
        assert!(large.is_ok(), "it takes the place of the least");
        let shed = tickets.remove(0);
        assert!(matches!(shed.turn().await, Err(AnswerError::Busy)), "who is told at once");
    }

    #[tokio::test(start_paused = true)]
    async fn who_cannot_be_answered_in_time_is_refused_at_once_and_who_need_not_wait_never_is() {
        let (gate, synapse) = gate(1);
        let place = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        place.end(Duration::from_secs(10), false);
        let _busy = gate.queue(&synapse, Rank::new(0), in_s(1)).expect("free").turn().await.expect("it may be quicker");
        assert!(matches!(gate.queue(&synapse, Rank::new(0), in_s(5)), Err(AnswerError::Busy)), "ten seconds of work");
        let _waits = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("time enough");
        assert!(matches!(gate.queue(&synapse, Rank::new(0), in_s(15)), Err(AnswerError::Busy)), "behind the other");
        assert!(gate.queue(&synapse, Rank::new(1), in_s(15)).is_ok(), "before the other");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_come_is_given_up_while_the_validator_still_listens() {
        let (gate, synapse) = gate(1);
        let place = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        place.end(Duration::from_secs(2), false);
        let _busy = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        let asked = Instant::now();
        let waits = gate.queue(&synapse, Rank::new(0), in_s(12)).expect("time enough");
        assert!(waits.turn().await.is_err());
        assert_eq!(asked.elapsed().as_secs(), 10, "two seconds before its deadline");
    }

    #[tokio::test(start_paused = true)]
    async fn a_larger_validator_that_asks_the_same_lifts_the_question() {
        let (gate, synapse) = gate(1);
        let first = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        let small = Rank::new(1);
        let lifted = gate.queue(&synapse, small.clone(), in_s(60)).expect("room");
        let other = gate.queue(&synapse, Rank::new(5), in_s(60)).expect("room");
        small.raise(9);
        drop(first);
        let place = lifted.turn().await.expect("its turn");
        drop(place);
        other.turn().await.expect("then the other");
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_are_refused_or_shed_hear_of_it_at_once() {
        let (gate, synapse) = gate(1);
        let _busy = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        let asked = Instant::now();
        let queue = |stake_rao| gate.queue(&synapse, Rank::new(stake_rao), in_s(60));
        let shed: Vec<_> = (0..MAX_WAITING).map(|_| queue(1).expect("room")).collect();
        let waiting: Vec<_> = (0..MAX_WAITING).map(|_| queue(2).expect("the place of a smaller one")).collect();
        assert!((0..MAX_WAITING).all(|_| queue(2).is_err()), "refused");
        for ticket in shed {
            assert!(matches!(ticket.turn().await, Err(AnswerError::Busy)));
        }
        assert_eq!(asked.elapsed(), Duration::ZERO);
        assert_eq!(gate.state.lock().waiting.len(), waiting.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_shrinks_lets_nobody_in_until_fewer_are_under_way_and_loses_nobody() {
        let (gate, synapse) = (Arc::new(Gate::new(Limit::adaptive(64))), Arc::from("T"));
        let queue = || gate.queue(&synapse, Rank::new(0), in_s(60)).expect("room");
        let places = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..32 {
            places.lock().push(queue().turn().now_or_never().expect("at once").expect("free"));
        }
        let mut served = tokio::task::JoinSet::new();
        for ticket in (0..50).map(|_| queue()).collect::<Vec<_>>() {
            let places = Arc::clone(&places);
            served.spawn(async move {
                let place = ticket.turn().await.expect("a turn");
                places.lock().push(place);
            });
        }
        tokio::task::yield_now().await;
        let busy_and_limit = || {
            let state = gate.state.lock();
            (state.busy, state.limit.now())
        };
        let (mut ended, mut held_back) = (0, 0);
        loop {
            let place = places.lock().pop();
            let Some(place) = place else { break };
            // The first ones fail.
            place.end(Duration::from_secs(1), ended < 20);
            ended += 1;
            let (busy, limit) = busy_and_limit();
            held_back += usize::from(busy > limit);
            tokio::time::sleep(Duration::from_millis(1)).await;
            let (under_way, left) = (places.lock().len(), 82 - ended);
            assert_eq!(under_way, busy, "everybody called has come");
            assert!(busy >= limit.min(left), "{busy} of {limit}: nobody waits without need");
            assert!(busy + ended == 32 || busy <= limit, "{busy} of {limit}: let in too early");
        }
        assert!(held_back >= 20, "{held_back}");
        assert_eq!((ended, served.len(), served.join_all().await.len()), (82, 50, 50));
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_while_waiting_leaves_its_turn_to_the_next() {
        let (gate, synapse) = gate(1);
        let first = gate.queue(&synapse, Rank::new(0), in_s(60)).expect("free").turn().await.expect("at once");
        drop(gate.queue(&synapse, Rank::new(9), in_s(60)).expect("room"));
        let next = gate.queue(&synapse, Rank::new(1), in_s(60)).expect("room");
        drop(first);
        next.turn().await.expect("its turn");
    }
}
