//! Questions in flight: the same question asked again while it is being solved waits for that solve.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::AnswerError;
use crate::domain::Answer;

type Outcome = Result<Arc<Answer>, AnswerError>;

/// The questions being solved now, by key. Bounded by the agent's places.
#[derive(Default, Clone)]
pub struct Flights {
    inflight: Arc<Mutex<HashMap<String, watch::Receiver<Option<Outcome>>>>>,
}

/// A seat in a flight.
pub enum Seat {
    /// Nobody solves this question yet: the holder does, and lands the outcome.
    Leader(Landing, Passenger),
    /// Somebody else does.
    Follower(Passenger),
}

/// Waits for the outcome.
pub struct Passenger(watch::Receiver<Option<Outcome>>);

/// Ends a flight. Dropped without an outcome (the solve was cancelled or panicked), it wakes everybody all the same.
pub struct Landing {
    key: String,
    flights: Flights,
    outcome: Option<Outcome>,
    passengers: watch::Sender<Option<Outcome>>,
}

impl Flights {
    /// Joins the flight of `key`, or starts it.
    pub fn board(&self, key: String) -> Seat {
        let mut inflight = self.inflight.lock();
        if let Some(flight) = inflight.get(&key) {
            return Seat::Follower(Passenger(flight.clone()));
        }
        let (passengers, flight) = watch::channel(None);
        inflight.insert(key.clone(), flight.clone());
        Seat::Leader(Landing { key, flights: self.clone(), outcome: None, passengers }, Passenger(flight))
    }
}

impl Passenger {
    /// The outcome, when the flight has landed.
    pub async fn outcome(mut self) -> Outcome {
        match self.0.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().expect("waited for some"),
            Err(_) => Err(AnswerError::Abandoned),
        }
    }
}

impl Landing {
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
            self.passengers.send_replace(Some(outcome));
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
        let (landing, _) = leader(flights.board("q".into()));
        let waiting = follower(flights.board("q".into()));
        leader(flights.board("another".into()));
        let answer = Arc::new(Answer { fields: Map::new(), solve_ms: 1 });
        landing.land(Ok(Arc::clone(&answer)));
        assert_eq!(waiting.outcome().await, Ok(answer));
        leader(flights.board("q".into()));
    }

    #[tokio::test]
    async fn a_leader_that_vanishes_wakes_its_followers() {
        let flights = Flights::default();
        let (landing, _) = leader(flights.board("q".into()));
        let waiting = follower(flights.board("q".into()));
        drop(landing);
        assert_eq!(waiting.outcome().await, Err(AnswerError::Abandoned));
    }
}
