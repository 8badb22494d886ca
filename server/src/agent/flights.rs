//! Questions in flight: the same question asked again while it is being solved waits for that solve.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::AnswerError;
use super::gate::Rank;
use super::solve::Fresh;

pub type Outcome = Result<Fresh, AnswerError>;

/// The questions being solved now, by key. Bounded by the gate.
#[derive(Default, Clone)]
pub struct Flights {
    inflight: Arc<Mutex<HashMap<String, Flight>>>,
}

/// One question being solved. Holds no receiver: there are as many as there are passengers.
struct Flight {
    passengers: Arc<watch::Sender<Progress>>,
    rank: Rank,
}

/// How far a solve is.
#[derive(Default)]
struct Progress {
    /// The streamed field's text so far.
    text: String,
    outcome: Option<Outcome>,
}

/// What a passenger hears.
#[derive(Debug, PartialEq)]
pub enum News {
    /// More of the text.
    Written(String),
    /// There is no more.
    Landed(Outcome),
}

/// A seat in a flight.
pub enum Seat {
    /// Nobody solves this question yet: the holder does, and lands the outcome.
    Leader(Landing, Passenger),
    /// Somebody else does.
    Follower(Passenger),
}

/// Waits for the outcome, or reads along.
pub struct Passenger {
    progress: watch::Receiver<Progress>,
    /// Bytes of the text that were read.
    read: usize,
}

/// Ends a flight. Dropped without an outcome (the solve was cancelled or panicked), it wakes everybody all the same.
pub struct Landing {
    key: String,
    flights: Flights,
    outcome: Option<Outcome>,
    passengers: Arc<watch::Sender<Progress>>,
}

impl Flights {
    /// Joins the flight of `key`, or starts it. `rank` is the stake of whom asks first; who joins may raise it.
    pub fn board(&self, key: String, rank: &Rank) -> Seat {
        let mut inflight = self.inflight.lock();
        if let Some(flight) = inflight.get(&key) {
            flight.rank.raise(rank.stake_rao());
            return Seat::Follower(Passenger { progress: flight.passengers.subscribe(), read: 0 });
        }
        let (passengers, progress) = watch::channel(Progress::default());
        let passengers = Arc::new(passengers);
        inflight.insert(key.clone(), Flight { passengers: Arc::clone(&passengers), rank: rank.clone() });
        let landing = Landing { key, flights: self.clone(), outcome: None, passengers };
        Seat::Leader(landing, Passenger { progress, read: 0 })
    }
}

impl Passenger {
    /// The outcome, when the flight has landed.
    pub async fn outcome(&mut self) -> Outcome {
        match self.progress.wait_for(|progress| progress.outcome.is_some()).await {
            Ok(progress) => progress.outcome.clone().expect("waited for some"),
            Err(_) => Err(AnswerError::Abandoned),
        }
    }

    /// What was written since the last time; the outcome when there is no more.
    pub async fn read(&mut self) -> News {
        let read = self.read;
        let news = self.progress.wait_for(|progress| progress.text.len() > read || progress.outcome.is_some()).await;
        let Ok(progress) = news else { return News::Landed(Err(AnswerError::Abandoned)) };
        match (&progress.text[read..], &progress.outcome) {
            ("", Some(outcome)) => News::Landed(outcome.clone()),
            (text, _) => {
                let text = text.to_owned();
                drop(progress);
                self.read += text.len();
                News::Written(text)
            }
        }
    }
}

impl Landing {
    /// Appends to the text that passengers read along.
    pub fn write(&self, text: &str) {
        if !text.is_empty() {
            self.passengers.send_modify(|progress| progress.text.push_str(text));
        }
    }

    /// Comes back when the last passenger has gone. The flight has ended then: who boards next starts another.
    pub async fn deserted(&self) {
        loop {
            self.passengers.closed().await;
            // Somebody may have boarded since; nobody can while this is locked.
            let mut inflight = self.flights.inflight.lock();
            if self.passengers.receiver_count() == 0 {
                self.leave(&mut inflight);
                return;
            }
        }
    }

    /// Ends the flight, unless it has ended: the key may be another's by now.
    fn leave(&self, inflight: &mut HashMap<String, Flight>) {
        if inflight.get(&self.key).is_some_and(|flight| Arc::ptr_eq(&flight.passengers, &self.passengers)) {
            inflight.remove(&self.key);
        }
    }

    /// Tells everybody the answer, those who board from now on too, until it has landed.
    pub fn announce(&self, fresh: &Fresh) {
        self.passengers.send_modify(|progress| progress.outcome = Some(Ok(fresh.clone())));
    }

    /// Lands with `outcome`.
    pub fn land(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // First the flight, then the news: who boards again must not board this one.
        self.leave(&mut self.flights.inflight.lock());
        if let Some(outcome) = self.outcome.take() {
            self.passengers.send_if_modified(|progress| {
                let is_news = progress.outcome.is_none();
                progress.outcome.get_or_insert(outcome);
                is_news
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::Map;

    use super::*;
    use crate::agent::SolveTimes;
    use crate::domain::Answer;

    fn leader(seat: Seat) -> (Landing, Passenger) {
        match seat {
            Seat::Leader(landing, passenger) => (landing, passenger),
            Seat::Follower(_) => panic!("a flight was there before"),
        }
    }

    fn follower(seat: Seat) -> Passenger {
        match seat {
            Seat::Follower(passenger) => passenger,
            Seat::Leader(..) => panic!("no flight was there"),
        }
    }

    #[tokio::test]
    async fn followers_get_the_leaders_answer_and_the_flight_ends() {
        let flights = Flights::default();
        let (landing, _) = leader(flights.board("q".into(), &Rank::new(0)));
        let mut waiting = follower(flights.board("q".into(), &Rank::new(0)));
        leader(flights.board("another".into(), &Rank::new(0)));
        let answer = Arc::new(Answer::new(&Map::new(), 1, "s".into()));
        let fresh = Fresh { answer, times: SolveTimes::default() };
        landing.land(Ok(fresh.clone()));
        assert_eq!(waiting.outcome().await, Ok(fresh));
        leader(flights.board("q".into(), &Rank::new(0)));
    }

    #[tokio::test]
    async fn a_leader_that_vanishes_wakes_its_followers() {
        let flights = Flights::default();
        let (landing, _) = leader(flights.board("q".into(), &Rank::new(0)));
        let mut waiting = follower(flights.board("q".into(), &Rank::new(0)));
        drop(landing);
        assert_eq!(waiting.outcome().await, Err(AnswerError::Abandoned));
    }

    #[tokio::test]
    async fn a_passenger_reads_along_from_the_start_whenever_it_boards() {
        let flights = Flights::default();
        let (landing, mut first) = leader(flights.board("q".into(), &Rank::new(0)));
        landing.write("one ");
        assert_eq!(first.read().await, News::Written("one ".to_owned()));
        let mut late = follower(flights.board("q".into(), &Rank::new(0)));
        landing.write("é");
        assert_eq!(late.read().await, News::Written("one é".to_owned()));
        assert_eq!(first.read().await, News::Written("é".to_owned()));
        landing.write("!");
        landing.land(Err(AnswerError::Solver));
        assert_eq!(first.read().await, News::Written("!".to_owned()));
        assert_eq!(first.read().await, News::Landed(Err(AnswerError::Solver)));
    }

    #[tokio::test]
    async fn a_flight_is_deserted_when_the_last_of_its_passengers_has_gone() {
        let flights = Flights::default();
        let (landing, first) = leader(flights.board("q".into(), &Rank::new(0)));
        let second = follower(flights.board("q".into(), &Rank::new(0)));
        drop(first);
        assert_eq!(landing.deserted().now_or_never(), None, "one is left");
        let mut deserted = tokio::task::JoinSet::new();
        deserted.spawn(async move {
            landing.deserted().await;
            landing
        });
        tokio::task::yield_now().await;
        drop(second);
        let landing = deserted.join_next().await.expect("one").expect("no panic");
        let (_another, _aboard) = leader(flights.board("q".into(), &Rank::new(0)));
        drop(landing);
        follower(flights.board("q".into(), &Rank::new(0)));
    }

    #[tokio::test]
    async fn who_boards_after_the_last_has_gone_but_before_it_was_noticed_keeps_the_flight() {
        let flights = Flights::default();
        let (landing, first) = leader(flights.board("q".into(), &Rank::new(0)));
        let mut deserted = Box::pin(landing.deserted());
        assert_eq!(deserted.as_mut().now_or_never(), None);
        drop(first);
        let mut late = follower(flights.board("q".into(), &Rank::new(0)));
        assert_eq!(deserted.as_mut().now_or_never(), None);
        drop(deserted);
        landing.land(Err(AnswerError::Solver));
        assert_eq!(late.outcome().await, Err(AnswerError::Solver));
    }

    #[test]
    fn who_boards_while_a_deserted_flight_is_being_ended_keeps_it() {
        let flights = Flights::default();
        let (landing, first) = leader(flights.board("q".into(), &Rank::new(0)));
        drop(first);
        std::thread::scope(|threads| {
            let inflight = flights.inflight.lock();
            let ending = threads.spawn(|| landing.deserted().now_or_never());
            // Time enough to find that all have gone, and to wait for the lock.
            (0..10_000).for_each(|_| std::thread::yield_now());
            let _late = inflight["q"].passengers.subscribe();
            drop(inflight);
            assert_eq!(ending.join().expect("no panic"), None);
        });
        follower(flights.board("q".into(), &Rank::new(0)));
    }

    #[tokio::test]
    async fn who_joins_with_more_stake_raises_the_flight() {
        let flights = Flights::default();
        let rank = Rank::new(1);
        let (_landing, _) = leader(flights.board("q".into(), &rank));
        follower(flights.board("q".into(), &Rank::new(7)));
        assert_eq!(rank.stake_rao(), 7);
    }
}
