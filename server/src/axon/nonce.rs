//! Nonces: an honest request is accepted once, in any order; a replay never.
//!
//! A nonce is the sender's clock in nanoseconds. It must lie inside a window around ours, and must not have been seen
//! inside that window. The Python axon instead demands growing nonces and, once a sender is known, forgets to ask for
//! their age: a server with several threads would then refuse honest requests that overtake each other.
//!
//! Memory: at most [`MAX_SEEN`] entries of some 36 bytes, 18 MB in all, and only while signed requests of permitted senders
//! arrive at 25,000 a second; beyond that requests are refused rather than forgotten.

use std::collections::{BTreeMap, HashSet};

use parking_lot::Mutex;

use crate::keys::Hotkey;

/// How old a nonce may be beyond the request's own timeout: what the SDK allows.
const ALLOWED_DELTA_NS: u64 = 4_000_000_000;
/// How far a sender's clock may be ahead of ours.
const ALLOWED_AHEAD_NS: u64 = 4_000_000_000;
/// `timeout` is not signed, so what it adds to the window is capped: at the SDK's default, more than any network needs.
const MAX_TIMEOUT_NS: u64 = 12_000_000_000;
/// Entries kept at most.
pub const MAX_SEEN: usize = 500_000;
const SECOND_NS: u64 = 1_000_000_000;

/// Why a nonce is refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum NonceError {
    /// Older than the window.
    #[error("Nonce is too old: acceptable delta is {acceptable_s:.2} seconds but request was {age_s:.2} seconds old")]
    TooOld {
        /// The window's length.
        acceptable_s: f64,
        /// The nonce's age.
        age_s: f64,
    },
    /// Signed before this process started: it may have been answered by the one before.
    #[error("Nonce is too old: it was made before this axon started")]
    BeforeStart,
    /// The sender's clock is ahead.
    #[error("Nonce is in the future: check that the sender's clock is synchronised")]
    Future,
    /// Seen before.
    #[error("Nonce is too old, a newer one was last processed")]
    Replayed,
    /// More requests inside the window than can be remembered.
    #[error("Too many requests inside the nonce window")]
    Full,
}

/// The nonces seen inside the window.
pub struct Nonces {
    started_ns: u64,
    seen: Mutex<Seen>,
}

/// Nonces by the second they name, so that a whole second is forgotten at once.
#[derive(Default)]
struct Seen {
    seconds: BTreeMap<u64, HashSet<(u64, u64)>>,
    count: usize,
}

impl Nonces {
    /// Empty, for a process that started at `started_ns`: what was signed earlier is refused, so that a restart opens
    /// no window for replays.
    pub fn new(started_ns: u64) -> Self {
        Self { started_ns, seen: Mutex::default() }
    }

    /// Whether the nonce lies inside the window. Costs nothing, so it comes before the signature.
    pub fn check_window(&self, nonce_ns: u64, timeout_s: f64, now_ns: u64) -> Result<(), NonceError> {
        let acceptable_ns = Self::acceptable_ns(timeout_s);
        if nonce_ns > now_ns.saturating_add(ALLOWED_AHEAD_NS) {
            return Err(NonceError::Future);
        }
        let age_ns = now_ns.saturating_sub(nonce_ns);
        if age_ns >= acceptable_ns {
            return Err(NonceError::TooOld { acceptable_s: acceptable_ns as f64 / 1e9, age_s: age_ns as f64 / 1e9 });
        }
        if nonce_ns < self.started_ns {
            return Err(NonceError::BeforeStart);
        }
        Ok(())
    }

    /// Remembers the nonce, or refuses it as seen. Comes after the signature: nobody can use up another's nonces.
    ///
    /// Senders of one hotkey (several dendrites) do not collide: their nonces are clocks of one nanosecond.
    pub fn remember(&self, hotkey: Hotkey, nonce_ns: u64, now_ns: u64) -> Result<(), NonceError> {
        let mut seen = self.seen.lock();
        seen.forget_until(now_ns);
        if seen.count >= MAX_SEEN {
            return Err(NonceError::Full);
        }
        // Eight bytes of a public key tell senders apart; were two alike, they would also have to share a nanosecond.
        let [a, b, c, d, e, f, g, h, ..] = *hotkey.bytes();
        let sender = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        if !seen.seconds.entry(nonce_ns / SECOND_NS).or_default().insert((nonce_ns, sender)) {
            return Err(NonceError::Replayed);
        }
        seen.count += 1;
        Ok(())
    }

    fn acceptable_ns(timeout_s: f64) -> u64 {
        // A float to integer cast saturates; a negative timeout adds nothing.
        ALLOWED_DELTA_NS + ((timeout_s * 1e9) as u64).min(MAX_TIMEOUT_NS)
    }
}

impl Seen {
    /// `timeout` may be changed by a replayer, so the longest window that any value gives counts.
    fn forget_until(&mut self, now_ns: u64) {
        let oldest = now_ns.saturating_sub(ALLOWED_DELTA_NS + MAX_TIMEOUT_NS) / SECOND_NS;
        while let Some(second) = self.seconds.first_entry() {
            if *second.key() >= oldest {
                break;
            }
            self.count -= second.remove().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000_000_000;
    const SECOND: u64 = SECOND_NS;

    fn nonces() -> Nonces {
        Nonces::new(NOW - 1_000 * SECOND)
    }

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::new([byte; 32])
    }

    #[test]
    fn requests_out_of_order_are_accepted_and_replays_are_not() {
        let nonces = nonces();
        for nonce in [NOW - 1, NOW - 3, NOW - 2] {
            assert_eq!(nonces.remember(hotkey(1), nonce, NOW), Ok(()));
        }
        assert_eq!(nonces.remember(hotkey(1), NOW - 3, NOW), Err(NonceError::Replayed));
        assert_eq!(nonces.remember(hotkey(2), NOW - 3, NOW), Ok(()), "another sender's clock may read the same");
    }

    #[test]
    fn a_nonce_is_good_for_four_seconds_and_the_timeout() {
        let nonces = nonces();
        assert_eq!(nonces.check_window(NOW - 15 * SECOND, 12.0, NOW), Ok(()));
        let error = nonces.check_window(NOW - 60 * SECOND, 12.0, NOW).expect_err("a minute old");
        assert_eq!(
            error.to_string(),
            "Nonce is too old: acceptable delta is 16.00 seconds but request was 60.00 seconds old"
        );
    }

    #[test]
    fn a_huge_timeout_does_not_open_the_window() {
        let error = nonces().check_window(NOW - 17 * SECOND, 3_600.0, NOW);
        assert!(matches!(error, Err(NonceError::TooOld { .. })));
        let error = nonces().check_window(NOW - 5 * SECOND, -100.0, NOW);
        assert!(matches!(error, Err(NonceError::TooOld { .. })));
    }

    #[test]
    fn a_nonce_from_the_future_is_refused() {
        assert_eq!(nonces().check_window(NOW + 3 * SECOND, 12.0, NOW), Ok(()), "clocks differ a little");
        assert_eq!(nonces().check_window(NOW + 5 * SECOND, 12.0, NOW), Err(NonceError::Future));
        assert_eq!(nonces().check_window(u64::MAX, 12.0, NOW), Err(NonceError::Future));
    }

    #[test]
    fn what_was_signed_before_the_start_cannot_be_replayed_after_it() {
        let restarted = Nonces::new(NOW);
        assert_eq!(restarted.check_window(NOW - SECOND, 12.0, NOW + SECOND), Err(NonceError::BeforeStart));
    }

    #[test]
    fn nonces_are_forgotten_when_the_window_has_passed_and_memory_is_bounded() {
        let nonces = nonces();
        for index in 0..MAX_SEEN as u64 {
            nonces.remember(hotkey(1), NOW + index, NOW).expect("room");
        }
        assert_eq!(nonces.remember(hotkey(1), NOW - 1, NOW), Err(NonceError::Full));
        let later = NOW + 100 * SECOND;
        assert_eq!(nonces.remember(hotkey(1), later, later), Ok(()));
        assert_eq!(nonces.seen.lock().count, 1);
    }
}
