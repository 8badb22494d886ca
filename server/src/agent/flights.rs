//! Questions in flight: the same question asked again while it is being solved waits for that solve.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::AnswerError;
use super::gate::Rank;
use crate::domain::Answer;

pub type Outcome = Result<Arc<Answer>, AnswerError>;

/// The questions being solved now, by key. Bounded by the gate.
#[derive(Default, Clone)]
pub struct Flights {
    inflight: Arc<Mutex<HashMap<String, Flight>>>,
}

/// One question being solved.
#[derive(Clone)]
struct Flight {
    progress: watch::Receiver<Progress>,
    rank: Rank,
}

/// How far a solve is.
#[derive(Default)]
struct Progress {
    /// The streamed field's text so far.
    text: String,
    outcome: Option<Outcome>,
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
    passengers: watch::Sender<Progress>,
}

impl Flights {
    /// Joins the flight of `key`, or starts it. `rank` is the stake of whom asks first; who joins may raise it.
    pub fn board(&self, key: String, rank: &Rank) -> Seat {
        let mut inflight = self.inflight.lock();
        if let Some(flight) = inflight.get(&key) {
            flight.rank.raise(rank.stake_rao());
            return Seat::Follower(Passenger { progress: flight.progress.clone(), read: 0 });
        }
        let (passengers, progress) = watch::channel(Progress::default());
        inflight.insert(key.clone(), Flight { progress: progress.clone(), rank: rank.clone() });
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
    pub async fn read(&mut self) -> Result<String, Outcome> {
        let read = self.read;
        let news = self.progress.wait_for(|progress| progress.text.len() > read || progress.outcome.is_some()).await;
        let Ok(progress) = news else { return Err(Err(AnswerError::Abandoned)) };
        match (&progress.text[read..], &progress.outcome) {
            ("", Some(outcome)) => Err(outcome.clone()),
            (text, _) => {
                let text = text.to_owned();
                drop(progress);
                self.read += text.len();
                Ok(text)
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

    /// Whether anybody still waits. One receiver is the flight's own.
    pub fn has_passengers(&self) -> bool {
        self.passengers.receiver_count() > 1
    }

    /// Lands with `outcome`.
    pub fn land(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // First the flight, then the news: who boards again must not board this one.
        self.flights.inflight.lock().remove(&self.key);
        if let Some(outcome) = self.outcome.take() {
            self.passengers.send_modify(|progress| progress.outcome = Some(outcome));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

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
        let answer = Arc::new(Answer { fields: Map::new(), solve_ms: 1 });
        landing.land(Ok(Arc::clone(&answer)));
        assert_eq!(waiting.outcome().await, Ok(answer));
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
        assert_eq!(first.read().await, Ok("one ".to_owned()));
        let mut late = follower(flights.board("q".into(), &Rank::new(0)));
        landing.write("é");
        assert_eq!((late.read().await, first.read().await), (Ok("one é".to_owned()), Ok("é".to_owned())));
        landing.write("!");
        landing.land(Err(AnswerError::Solver));
        assert_eq!((first.read().await, first.read().await), (Ok("!".to_owned()), Err(Err(AnswerError::Solver))));
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
