//! How soon answers change: what a time to live is to be chosen by.

use serde::{Deserialize, Serialize};

use super::ageing::{Ageing, HalfLife};
use super::interval::Z_95;
use super::ledger::WrongShare;
use super::recent::Recent;

/// Labels of answers by their age, forgotten exponentially.
///
/// An answer that was found the same after some time was watched for that long and did not change; one that was found
/// different changed once within it, in the middle as far as anybody knows. So labels of every age bear on every time to
/// live, those of answers beyond it too, which cost nothing: a solver is asked anyway.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ages {
    half_life: HalfLife,
    ageing: Ageing,
    changed: f64,
    watched_s: f64,
    /// Ever, not decayed: tells new evidence from old.
    changes_seen: u64,
    #[serde(default)]
    recent: Recent,
}

/// What they say: a rate of change, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hazard {
    /// Answers that had changed, decayed.
    pub changed: f64,
    /// Seconds over which answers were watched, decayed; above 0.
    pub watched_s: f64,
}

impl Ages {
    /// Empty.
    pub fn new(half_life: HalfLife) -> Self {
        Self {
            half_life,
            ageing: Ageing::default(),
            changed: 0.0,
            watched_s: 0.0,
            changes_seen: 0,
            recent: Recent::default(),
        }
    }

    /// Learns whether an answer of this age still held. `now` is in milliseconds since the Unix epoch, here and below.
    pub fn label(&mut self, age_ms: u64, held: bool, now: u64) {
        let left = self.ageing.advance(&self.half_life, now);
        self.changed *= left;
        self.watched_s *= left;
        let age_s = age_ms as f64 / 1_000.0;
        if held {
            self.watched_s += age_s;
        } else {
            self.changed += 1.0;
            self.watched_s += age_s / 2.0;
            self.changes_seen += 1;
        }
        self.ageing.count();
        self.recent.add(held);
    }

    /// The share that had changed among the last labels, whatever their age; absent without labels.
    pub fn recent(&self) -> Option<WrongShare> {
        self.recent.share()
    }

    /// What they say; nothing before an answer was watched.
    pub fn hazard(&self, now: u64) -> Option<Hazard> {
        let left = self.ageing.left(&self.half_life, now);
        let hazard = Hazard { changed: left * self.changed, watched_s: left * self.watched_s };
        (hazard.watched_s > 0.0).then_some(hazard)
    }

    /// Forgets every label, but not how many changes were seen.
    pub fn restart(&mut self) {
        *self = Self { changes_seen: self.changes_seen, ..Self::new(self.half_life) };
    }

    /// Changes ever seen.
    pub fn changes_seen(&self) -> u64 {
        self.changes_seen
    }
}

impl Hazard {
    /// With what is believed before any label: `changed` changes in `watched_s` seconds.
    #[must_use]
    pub fn with(self, changed: f64, watched_s: f64) -> Self {
        Self { changed: self.changed + changed, watched_s: self.watched_s + watched_s }
    }

    /// Share of repeats within `ttl_s` seconds that are out of date, `[0, 1]`.
    pub fn stale(&self, ttl_s: f64) -> f64 {
        stale(self.changed / self.watched_s * ttl_s)
    }

    /// Upper end of its one-sided 95 % interval: the score interval of a Poisson rate, `(k + z²/2 + z √(k + z²/4)) / t`.
    pub fn stale_upper(&self, ttl_s: f64) -> f64 {
        let (k, z) = (self.changed, Z_95);
        let most = k + z * z / 2.0 + z * (k + z * z / 4.0).sqrt();
        stale(most / self.watched_s * ttl_s)
    }
}

/// Repeats come at any age up to the time to live alike, and an answer of age a has changed with `1 − e^(−λa)`: on average
/// `1 − (1 − e^(−x)) / x` with `x = λ·ttl`.
fn stale(x: f64) -> f64 {
    if x < 1e-6 { x / 2.0 } else { 1.0 - -(-x).exp_m1() / x }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_LIFE: HalfLife = HalfLife { time_ms: 86_400_000, labels: 500.0 };

    #[test]
    fn nothing_is_said_before_anything_was_watched() {
        assert_eq!(Ages::new(HALF_LIFE).hazard(0), None);
    }

    #[test]
    fn what_held_for_long_proves_a_short_time_to_live() {
        let mut ages = Ages::new(HALF_LIFE);
        for _ in 0..100 {
            ages.label(3_600_000, true, 0);
        }
        let hazard = ages.hazard(0).expect("watched");
        assert_eq!((hazard.changed, hazard.watched_s), (0.0, 360_000.0));
        // By hand: 1.645² / 360,000 s · 1,200 s / 2 = 0.45 %.
        assert!((hazard.stale_upper(1_200.0) - 0.0045).abs() < 0.0001);
        assert_eq!(hazard.stale(1_200.0), 0.0);
    }

    #[test]
    fn changes_make_repeats_stale_in_proportion_to_the_time_to_live() {
        let mut ages = Ages::new(HALF_LIFE);
        for label in 0..200 {
            ages.label(600_000, label % 20 != 0, 0);
        }
        let hazard = ages.hazard(0).expect("watched");
        // 10 changes in 190 · 600 + 10 · 300 seconds.
        assert!((hazard.stale(600.0) - 0.0253).abs() < 0.001, "{}", hazard.stale(600.0));
        assert!(hazard.stale(1_200.0) > 1.9 * hazard.stale(600.0));
        assert!(hazard.stale_upper(600.0) > hazard.stale(600.0));
        assert_eq!(ages.changes_seen(), 10);
    }

    #[test]
    fn old_labels_are_forgotten() {
        let mut ages = Ages::new(HALF_LIFE);
        ages.label(600_000, false, 0);
        let hazard = ages.hazard(86_400_000).expect("not quite");
        assert!((hazard.changed - 0.5).abs() < 0.01);
    }
}
