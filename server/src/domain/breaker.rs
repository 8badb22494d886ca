//! Circuit breakers: what failed again and again is left alone for a while, then tried with one call.

use std::time::Duration;

use lode_shared::Circuit;

/// The longest that it stays open by itself, unless it was configured to stay open longer.
const LONGEST: Duration = Duration::from_secs(600);
/// What a service asks to be left alone for is believed up to this.
const MOST_BELIEVED: Duration = Duration::from_secs(3_600);
/// And from this: to be asked again at once is what was just done.
const LEAST_BELIEVED: Duration = Duration::from_secs(1);

/// One upstream's circuit. `now` is by a clock that never goes back.
#[derive(Debug, Clone)]
pub struct Breaker {
    /// Faults in a row that open it.
    failures: u32,
    /// How long it stays open the first time.
    open: Duration,
    /// How long it stays open the next time.
    next_open: Duration,
    state: State,
    /// Counts changes of state: what began before the last one says nothing about now.
    generation: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Closed { faults: u32 },
    Open { until: Duration },
    Probing,
}

/// Leave to ask once. Its outcome is told to the breaker that gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass(u64);

/// Why nobody may ask now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shut {
    /// It is open for so long yet.
    For(Duration),
    /// One call tries it just now.
    Probing,
}

impl Breaker {
    /// Closed. Opens after so many faults in a row, for `open` at first.
    pub fn new(failures: u32, open: Duration) -> Self {
        Self { failures, open, next_open: open, state: State::Closed { faults: 0 }, generation: 0 }
    }

    /// What is known at `now`.
    pub fn state(&self, now: Duration) -> Circuit {
        match self.state {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until } if now < until => Circuit::Open,
            State::Open { .. } | State::Probing => Circuit::HalfOpen,
        }
    }

    /// Whether [`Breaker::admit`] would let a call pass.
    pub fn admits(&self, now: Duration) -> bool {
        self.shut(now).is_none()
    }

    /// Leave to ask, if there is any. Half open, the first to come is the probe.
    pub fn admit(&mut self, now: Duration) -> Result<Pass, Shut> {
        if let Some(shut) = self.shut(now) {
            return Err(shut);
        }
        if matches!(self.state, State::Open { .. }) {
            self.turn(State::Probing);
        }
        Ok(Pass(self.generation))
    }

    /// The upstream answered. True when that closed the circuit.
    pub fn answered(&mut self, pass: Pass) -> bool {
        if pass.0 != self.generation {
            return false;
        }
        let was_probed = self.state == State::Probing;
        if was_probed {
            self.next_open = self.open;
            self.turn(State::Closed { faults: 0 });
        } else {
            self.state = State::Closed { faults: 0 };
        }
        was_probed
    }

    /// The upstream failed, and asked to be left alone for `retry_after` if it said so. How long the circuit is open when
    /// that opened it.
    pub fn failed(&mut self, pass: Pass, now: Duration, retry_after: Option<Duration>) -> Option<Duration> {
        if pass.0 != self.generation {
            return None;
        }
        if let State::Closed { faults } = &mut self.state {
            *faults += 1;
            if *faults < self.failures {
                return None;
            }
        }
        let believed = retry_after.map(|wait| wait.clamp(LEAST_BELIEVED, MOST_BELIEVED));
        let open = believed.unwrap_or(self.next_open);
        self.next_open = (self.next_open * 2).min(LONGEST.max(self.open));
        self.turn(State::Open { until: now + open });
        Some(open)
    }

    /// Nobody waited for the outcome. A probe is open to the next one then.
    pub fn abandoned(&mut self, pass: Pass) {
        if pass.0 == self.generation && self.state == State::Probing {
            self.turn(State::Open { until: Duration::ZERO });
        }
    }

    fn shut(&self, now: Duration) -> Option<Shut> {
        match self.state {
            State::Open { until } if now < until => Some(Shut::For(until - now)),
            State::Probing => Some(Shut::Probing),
            State::Open { .. } | State::Closed { .. } => None,
        }
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPEN: Duration = Duration::from_secs(30);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn fail(breaker: &mut Breaker, now: Duration) -> Option<Duration> {
        let pass = breaker.admit(now).expect("it lets pass");
        breaker.failed(pass, now, None)
    }

    #[test]
    fn so_many_faults_in_a_row_open_it_and_an_answer_begins_a_new_row() {
        let mut breaker = Breaker::new(3, OPEN);
        assert_eq!([fail(&mut breaker, at(0)), fail(&mut breaker, at(1))], [None, None]);
        let pass = breaker.admit(at(2)).expect("closed");
        assert!(!breaker.answered(pass), "it was never open");
        assert_eq!([fail(&mut breaker, at(3)), fail(&mut breaker, at(4))], [None, None]);
        assert_eq!(fail(&mut breaker, at(5)), Some(OPEN));
        assert_eq!((breaker.state(at(34)), breaker.admit(at(34))), (Circuit::Open, Err(Shut::For(at(1)))));
    }

    #[test]
    fn half_open_it_lets_one_probe_pass_which_closes_it_or_opens_it_for_twice_as_long() {
        let mut breaker = Breaker::new(1, OPEN);
        fail(&mut breaker, at(0));
        assert_eq!(breaker.state(at(30)), Circuit::HalfOpen);
        let probe = breaker.admit(at(30)).expect("the probe");
        assert_eq!((breaker.admit(at(31)), breaker.state(at(31))), (Err(Shut::Probing), Circuit::HalfOpen));
        assert_eq!(breaker.failed(probe, at(32), None), Some(OPEN * 2));
        assert_eq!(breaker.admit(at(90)), Err(Shut::For(at(2))));
        let probe = breaker.admit(at(92)).expect("the next probe");
        assert!(breaker.answered(probe), "that closes it");
        assert_eq!(breaker.state(at(92)), Circuit::Closed);
        assert_eq!(fail(&mut breaker, at(93)), Some(OPEN), "and it begins anew");
    }

    #[test]
    fn it_is_never_open_longer_than_ten_minutes_unless_it_was_told_to() {
        for (open_s, longest_s) in [(30, 600), (3_600, 3_600)] {
            let mut breaker = Breaker::new(1, at(open_s));
            let mut now = at(0);
            for _ in 0..10 {
                now += fail(&mut breaker, now).expect("each opens it");
            }
            assert_eq!(fail(&mut breaker, now), Some(at(longest_s)));
        }
    }

    #[test]
    fn it_is_open_as_long_as_the_service_asks_within_an_hour() {
        for (asked, open) in [(at(7), at(7)), (at(0), at(1)), (at(86_400), at(3_600))] {
            let mut breaker = Breaker::new(1, OPEN);
            let pass = breaker.admit(at(0)).expect("closed");
            assert_eq!(breaker.failed(pass, at(0), Some(asked)), Some(open));
        }
    }

    #[test]
    fn a_probe_that_nobody_waited_for_leaves_its_place_to_the_next() {
        let mut breaker = Breaker::new(1, OPEN);
        fail(&mut breaker, at(0));
        let probe = breaker.admit(at(30)).expect("the probe");
        breaker.abandoned(probe);
        let next = breaker.admit(at(30)).expect("the next probe");
        breaker.abandoned(probe);
        assert_eq!(breaker.admit(at(30)), Err(Shut::Probing), "an old pass frees nobody else's place");
        assert!(breaker.answered(next));
    }

    #[test]
    fn what_began_before_the_circuit_opened_neither_closes_it_nor_opens_it_again() {
        let mut breaker = Breaker::new(1, OPEN);
        let [old, older] = [breaker.admit(at(0)).expect("closed"), breaker.admit(at(0)).expect("closed")];
        fail(&mut breaker, at(1));
        assert!(!breaker.answered(old));
        assert_eq!(breaker.failed(older, at(20), None), None);
        assert_eq!(breaker.admit(at(30)), Err(Shut::For(at(1))));
    }

    proptest! {
        #[test]
        fn never_more_than_one_call_is_under_way_while_it_is_not_closed(
            steps in prop::collection::vec((0_u64..40, 0_u8..4), 1..200)
        ) {
            let mut breaker = Breaker::new(2, OPEN);
            let (mut now, mut under_way) = (Duration::ZERO, Vec::new());
            for (seconds, what) in steps {
                now += at(seconds);
                let was_closed = breaker.state(now) == Circuit::Closed;
                match (what, under_way.pop()) {
                    (0, pass) => {
                        under_way.extend(pass);
                        if let Ok(pass) = breaker.admit(now) {
                            let probes = under_way.iter().filter(|other| **other == pass).count();
                            prop_assert!(was_closed || probes == 0, "{breaker:?}");
                            under_way.push(pass);
                        }
                    }
                    (1, Some(pass)) => {
                        breaker.answered(pass);
                    }
                    (2, Some(pass)) => {
                        breaker.failed(pass, now, None);
                    }
                    (_, Some(pass)) => breaker.abandoned(pass),
                    (_, None) => {}
                }
            }
        }
    }
}
