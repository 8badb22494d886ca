//! What is left of a validator's timeout for the network and for writing the answer: learned from both.
//!
//! How long a request was under way is its age by its own nonce. That a clock is off cannot be told from a slow network, so
//! what is learned is bounded: a sender whose clock is behind loses two seconds of its timeout at most.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;

use crate::keys::Hotkey;

/// What is left before anything was learned.
const FIRST: Duration = Duration::from_millis(250);
/// For what is not measured: schedulers, and the reader's own work.
const LEAST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_secs(2);
/// Samples that say something.
const ENOUGH: usize = 20;
/// Samples kept of each kind.
const KEPT: usize = 128;
/// Quantiles are taken anew after so many samples.
const EVERY: u32 = 16;
/// More neurons than any subnet has.
const MAX_SENDERS: usize = 1_024;

/// Learns.
#[derive(Default)]
pub struct Margin {
    senders: Mutex<HashMap<Hotkey, Sender>>,
}

/// What was learned of one sender: one that reads slowly shortens nobody else's time.
#[derive(Default)]
struct Sender {
    transit: Recent,
    write: Recent,
}

/// The last samples of one kind, and their 95th percentile.
#[derive(Default)]
struct Recent {
    samples: VecDeque<Duration>,
    since: u32,
    p95: Option<Duration>,
}

impl Recent {
    fn push(&mut self, sample: Duration) {
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.since += 1;
        if self.samples.len() >= ENOUGH && (self.since >= EVERY || self.p95.is_none()) {
            self.since = 0;
            let mut sorted: Vec<_> = self.samples.iter().copied().collect();
            sorted.sort_unstable();
            self.p95 = sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied();
        }
    }
}

impl Margin {
    /// A request of `hotkey` was under way for so long, by its own clock.
    pub fn arrived(&self, hotkey: &Hotkey, age: Duration) {
        self.learn(hotkey, |sender| sender.transit.push(age.min(MOST)));
    }

    /// An answer to it took so long to be written.
    pub fn written(&self, hotkey: &Hotkey, took: Duration) {
        self.learn(hotkey, |sender| sender.write.push(took.min(MOST)));
    }

    fn learn(&self, hotkey: &Hotkey, learn: impl FnOnce(&mut Sender)) {
        let mut senders = self.senders.lock();
        if senders.len() < MAX_SENDERS || senders.contains_key(hotkey) {
            learn(senders.entry(*hotkey).or_default());
        }
    }

    /// What to leave of this sender's timeout: the way back takes as long as the way here.
    pub fn of(&self, hotkey: &Hotkey) -> Duration {
        let senders = self.senders.lock();
        match senders.get(hotkey).map(|sender| (sender.transit.p95, sender.write.p95)) {
            Some((Some(transit), Some(write))) => (LEAST + transit + write).min(MOST),
            _ => FIRST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_margin_follows_the_network_and_the_writing() {
        let (margin, near, far) = (Margin::default(), Hotkey::new([1; 32]), Hotkey::new([2; 32]));
        assert_eq!(margin.of(&near), FIRST, "nothing is known");
        for _ in 0..ENOUGH {
            margin.written(&near, ms(5));
            margin.arrived(&near, ms(10));
            margin.written(&far, ms(50));
            margin.arrived(&far, ms(300));
        }
        assert_eq!((margin.of(&near), margin.of(&far)), (ms(65), ms(400)));
        assert_eq!(margin.of(&Hotkey::new([3; 32])), FIRST, "a stranger");
        for _ in 0..2 * KEPT {
            margin.arrived(&near, ms(100));
        }
        assert_eq!(margin.of(&near), ms(155), "the last ones count");
    }

    #[test]
    fn a_clock_that_is_behind_takes_two_seconds_at_most() {
        let (margin, sender) = (Margin::default(), Hotkey::new([1; 32]));
        for _ in 0..KEPT {
            margin.written(&sender, Duration::MAX);
            margin.arrived(&sender, Duration::MAX);
        }
        assert_eq!(margin.of(&sender), MOST);
    }
}
