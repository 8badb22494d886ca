//! Nonces: an honest request is accepted once, in any order; a replay never.
//!
//! A nonce is the sender's clock in nanoseconds. It must lie inside a window around ours, and must not have been seen
//! inside that window. The Python axon instead demands growing nonces and, once a sender is known, forgets to ask for
//! their age: a server with several threads would then refuse honest requests that overtake each other.
//!
//! Memory: at most [`MAX_SEEN`] entries of some 36 bytes, 18 MB in all, in [`SHARDS`] parts so that threads seldom wait for
//! each other. When signed requests arrive faster than that holds, the oldest seconds are forgotten and the window ends
//! after them: fresh requests are never refused for it.
//!
//! After a restart nothing of this is known. So what was signed before the start is refused, and of senders whose clocks are
//! ahead, what was signed up to the mark that [`super::marks`] kept of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use parking_lot::Mutex;

use crate::keys::Hotkey;

/// How old a nonce may be beyond the request's own timeout: what the SDK allows.
const ALLOWED_DELTA_NS: u64 = 4_000_000_000;
/// How far a sender's clock may be ahead of ours.
const ALLOWED_AHEAD_NS: u64 = 4_000_000_000;
/// `timeout` is not signed, so what it adds to the window is capped. A dendrite signs before it waits for a free connection,
/// so with the longest timeout in use (120 s for a web task) an honest nonce may be as old.
const MAX_TIMEOUT_NS: u64 = 180_000_000_000;
/// Between reading the clock and remembering a nonce, its signature waits to be checked.
const SLACK_NS: u64 = 30_000_000_000;
/// How far back nonces are remembered: past the window's end.
const MEMORY_NS: u64 = ALLOWED_DELTA_NS + MAX_TIMEOUT_NS + SLACK_NS;
/// How long a floor matters: what was accepted below it may have been ahead of the clock.
const FLOOR_MATTERS: Duration = Duration::from_nanos(MEMORY_NS + ALLOWED_AHEAD_NS);
/// A signed `btauth/1` request may be this old…
const AUTH_AGE_NS: u64 = 10_000_000_000;
/// …or this far ahead.
const AUTH_AHEAD_NS: u64 = 2_000_000_000;
/// Entries kept at most.
pub const MAX_SEEN: usize = 500_000;
const SHARDS: usize = 16;
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
    /// Signed before this process started, or before what it still remembers: it may have been answered then.
    #[error("Nonce is too old: it can no longer be told from a replay")]
    Forgotten,
    /// The sender's clock is ahead.
    #[error("Nonce is in the future: check that the sender's clock is synchronised")]
    Future,
    /// Seen before.
    #[error("Nonce is too old, a newer one was last processed")]
    Replayed,
}

/// The nonces seen inside the window.
pub struct Nonces {
    /// By the nonce, not by the sender: one busy validator fills them evenly.
    shards: [Mutex<Seen>; SHARDS],
    /// What the run before may have accepted of senders whose clocks are ahead: nonces below these.
    marks: HashMap<Hotkey, u64>,
}

/// Nonces by the second they name, so that a whole second is forgotten at once.
struct Seen {
    seconds: BTreeMap<u64, HashSet<(u64, u64)>>,
    count: usize,
    /// Nonces before this are unknown to us…
    floor_ns: u64,
    /// …which matters until this much uptime: by then the window itself has passed them. Not for longer, or a wall clock
    /// that was ahead at the start and is set right would have us refuse everybody until it gets there again.
    floor_until: Duration,
}

impl Nonces {
    /// Empty, for a process that listens since `started_ns`: what was signed earlier is refused, and what the senders in
    /// `marks` signed below their mark, so that a restart opens no window for replays.
    pub fn new(started_ns: u64, marks: HashMap<Hotkey, u64>) -> Self {
        let seen = || Seen { seconds: BTreeMap::new(), count: 0, floor_ns: started_ns, floor_until: FLOOR_MATTERS };
        Self { shards: std::array::from_fn(|_| Mutex::new(seen())), marks }
    }

    /// Whether the nonce of a dendrite lies inside the window. Costs nothing, so it comes before the signature.
    pub fn check_window(nonce_ns: u64, timeout_s: f64, now_ns: u64) -> Result<(), NonceError> {
        let acceptable_ns = Self::acceptable_ns(timeout_s);
        if nonce_ns > now_ns.saturating_add(ALLOWED_AHEAD_NS) {
            return Err(NonceError::Future);
        }
        let age_ns = now_ns.saturating_sub(nonce_ns);
        if age_ns >= acceptable_ns {
            return Err(NonceError::TooOld { acceptable_s: acceptable_ns as f64 / 1e9, age_s: age_ns as f64 / 1e9 });
        }
        Ok(())
    }

    /// The same for `btauth/1`, whose bounds are its own.
    pub fn check_auth_window(nonce_ns: u64, now_ns: u64) -> bool {
        nonce_ns <= now_ns.saturating_add(AUTH_AHEAD_NS) && now_ns.saturating_sub(nonce_ns) <= AUTH_AGE_NS
    }

    /// Remembers the nonce, or refuses it as seen. Comes after the signature: nobody can use up another's nonces.
    ///
    /// `instance` tells the dendrites of one hotkey apart, whose clocks may read the same; it is signed. `uptime` is how long
    /// the process has run, by the monotonic clock.
    pub fn remember(
        &self,
        hotkey: Hotkey,
        instance: &str,
        nonce_ns: u64,
        now_ns: u64,
        uptime: Duration,
    ) -> Result<(), NonceError> {
        if uptime < FLOOR_MATTERS && self.marks.get(&hotkey).is_some_and(|mark| nonce_ns <= *mark) {
            return Err(NonceError::Forgotten);
        }
        let mut seen = self.shards[shard(nonce_ns)].lock();
        seen.forget_until(now_ns);
        if seen.count >= MAX_SEEN / SHARDS {
            seen.forget_oldest(now_ns, uptime)?;
        }
        if nonce_ns < seen.floor_ns && uptime < seen.floor_until {
            return Err(NonceError::Forgotten);
        }
        if !seen.seconds.entry(nonce_ns / SECOND_NS).or_default().insert((nonce_ns, sender(hotkey, instance))) {
            return Err(NonceError::Replayed);
        }
        seen.count += 1;
        Ok(())
    }

    /// Whether a nonce is remembered.
    pub fn is_known(&self, hotkey: Hotkey, instance: &str, nonce_ns: u64) -> bool {
        let seen = self.shards[shard(nonce_ns)].lock();
        let second = seen.seconds.get(&(nonce_ns / SECOND_NS));
        second.is_some_and(|second| second.contains(&(nonce_ns, sender(hotkey, instance))))
    }

    fn acceptable_ns(timeout_s: f64) -> u64 {
        // A float to integer cast saturates; a negative timeout adds nothing.
        ALLOWED_DELTA_NS + ((timeout_s * 1e9) as u64).min(MAX_TIMEOUT_NS)
    }
}

/// Eight bytes tell senders apart; were two alike, they would also have to share a nanosecond.
fn sender(hotkey: Hotkey, instance: &str) -> u64 {
    let mut sender = DefaultHasher::new();
    (hotkey, instance).hash(&mut sender);
    sender.finish()
}

/// Clocks tick in microseconds or coarser on some systems, so the low bits alone would not spread.
fn shard(nonce_ns: u64) -> usize {
    (nonce_ns.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize
}

impl Seen {
    /// `timeout` may be changed by a replayer, so the longest window that any value gives counts.
    fn forget_until(&mut self, now_ns: u64) {
        let oldest = now_ns.saturating_sub(MEMORY_NS) / SECOND_NS;
        while let Some(second) = self.seconds.first_entry() {
            if *second.key() >= oldest {
                break;
            }
            self.count -= second.remove().len();
        }
    }

    /// Makes room, and moves the window's end to what is still known. What is ahead of the clock stays: to forget it would
    /// be to refuse everybody until the clock gets there.
    fn forget_oldest(&mut self, now_ns: u64, uptime: Duration) -> Result<(), NonceError> {
        let oldest = self.seconds.first_entry().filter(|second| (*second.key() + 1) * SECOND_NS <= now_ns);
        let (second, nonces) = oldest.ok_or(NonceError::Forgotten)?.remove_entry();
        self.count -= nonces.len();
        self.floor_ns = (second + 1) * SECOND_NS;
        self.floor_until = uptime + FLOOR_MATTERS;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000_000_000;
    const SECOND: u64 = SECOND_NS;

    fn nonces() -> Nonces {
        Nonces::new(NOW - 1_000 * SECOND, HashMap::new())
    }

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::new([byte; 32])
    }

    const UP: Duration = Duration::from_secs(1);

    #[test]
    fn requests_out_of_order_are_accepted_and_replays_are_not() {
        let nonces = nonces();
        for nonce in [NOW - 1, NOW - 3, NOW - 2] {
            assert_eq!(nonces.remember(hotkey(1), "uuid", nonce, NOW, UP), Ok(()));
        }
        assert_eq!(nonces.remember(hotkey(1), "uuid", NOW - 3, NOW, UP), Err(NonceError::Replayed));
        assert_eq!(
            nonces.remember(hotkey(2), "uuid", NOW - 3, NOW, UP),
            Ok(()),
            "another sender's clock may read the same"
        );
        assert_eq!(
            nonces.remember(hotkey(1), "another", NOW - 3, NOW, UP),
            Ok(()),
            "and another dendrite's of its own"
        );
    }

    #[test]
    fn a_nonce_is_good_for_four_seconds_and_the_timeout() {
        assert_eq!(Nonces::check_window(NOW - 15 * SECOND, 12.0, NOW), Ok(()));
        assert_eq!(Nonces::check_window(NOW - 100 * SECOND, 120.0, NOW), Ok(()), "waited for a free connection");
        let error = Nonces::check_window(NOW - 60 * SECOND, 12.0, NOW).expect_err("a minute old");
        assert_eq!(
            error.to_string(),
            "Nonce is too old: acceptable delta is 16.00 seconds but request was 60.00 seconds old"
        );
    }

    #[test]
    fn a_huge_timeout_does_not_open_the_window() {
        let error = Nonces::check_window(NOW - 185 * SECOND, 3_600.0, NOW);
        assert!(matches!(error, Err(NonceError::TooOld { .. })));
        let error = Nonces::check_window(NOW - 5 * SECOND, -100.0, NOW);
        assert!(matches!(error, Err(NonceError::TooOld { .. })));
    }

    #[test]
    fn a_nonce_from_the_future_is_refused() {
        assert_eq!(Nonces::check_window(NOW + 3 * SECOND, 12.0, NOW), Ok(()), "clocks differ a little");
        assert_eq!(Nonces::check_window(NOW + 5 * SECOND, 12.0, NOW), Err(NonceError::Future));
        assert_eq!(Nonces::check_window(u64::MAX, 12.0, NOW), Err(NonceError::Future));
    }

    #[test]
    fn what_was_signed_before_the_start_cannot_be_replayed_after_it() {
        let restarted = Nonces::new(NOW, HashMap::new());
        assert_eq!(restarted.remember(hotkey(1), "uuid", NOW - 1, NOW + SECOND, UP), Err(NonceError::Forgotten));
        assert_eq!(restarted.remember(hotkey(1), "uuid", NOW, NOW + SECOND, UP), Ok(()));
    }

    #[test]
    fn a_clock_that_was_ahead_at_the_start_does_not_refuse_everybody_for_ever() {
        let hour_ahead = Nonces::new(NOW + 3_600 * SECOND, HashMap::new());
        assert_eq!(hour_ahead.remember(hotkey(1), "uuid", NOW, NOW, UP), Err(NonceError::Forgotten));
        assert_eq!(hour_ahead.remember(hotkey(1), "uuid", NOW, NOW, FLOOR_MATTERS), Ok(()));
    }

    #[test]
    fn a_sender_whose_clock_was_ahead_before_a_restart_starts_at_its_mark() {
        let restarted = Nonces::new(NOW, HashMap::from([(hotkey(1), NOW + 2 * SECOND)]));
        assert_eq!(restarted.remember(hotkey(1), "uuid", NOW + 2 * SECOND, NOW, UP), Err(NonceError::Forgotten));
        assert_eq!(restarted.remember(hotkey(1), "uuid", NOW + 2 * SECOND + 1, NOW, UP), Ok(()));
        assert_eq!(
            restarted.remember(hotkey(2), "uuid", NOW + SECOND, NOW, UP),
            Ok(()),
            "others are not held up by it"
        );
    }

    #[test]
    fn the_bounds_of_btauth_are_ten_seconds_back_and_two_ahead() {
        for (nonce_ns, good) in [
            (NOW - 10 * SECOND, true),
            (NOW - 10 * SECOND - 1, false),
            (NOW + 2 * SECOND, true),
            (NOW + 2 * SECOND + 1, false),
            (u64::MAX, false),
        ] {
            assert_eq!(Nonces::check_auth_window(nonce_ns, NOW), good, "{nonce_ns}");
        }
    }

    #[test]
    fn what_is_at_the_windows_end_when_it_arrives_is_still_known_when_its_signature_is_checked() {
        let nonces = nonces();
        let nonce_ns = NOW - 184 * SECOND + 1;
        assert_eq!(Nonces::check_window(nonce_ns, 180.0, NOW), Ok(()));
        assert_eq!(nonces.remember(hotkey(1), "uuid", nonce_ns, NOW, UP), Ok(()));
        let later = NOW + 20 * SECOND;
        assert_eq!(
            nonces.remember(hotkey(1), "uuid", later, later, UP),
            Ok(()),
            "another's, which lets the old be forgotten"
        );
        assert_eq!(nonces.remember(hotkey(1), "uuid", nonce_ns, NOW, UP), Err(NonceError::Replayed));
    }

    #[test]
    fn a_mark_holds_as_long_as_what_is_below_it_could_be_replayed() {
        let restarted = Nonces::new(NOW, HashMap::from([(hotkey(1), NOW + 4 * SECOND)]));
        let (later, up) = (NOW + 187 * SECOND, Duration::from_secs(187));
        assert_eq!(Nonces::check_window(NOW + 4 * SECOND, 180.0, later), Ok(()), "still inside the window");
        assert_eq!(restarted.remember(hotkey(1), "uuid", NOW + 4 * SECOND, later, up), Err(NonceError::Forgotten));
    }

    #[test]
    fn a_flood_of_nonces_ahead_of_the_clock_is_refused_and_what_is_of_now_is_not_shut_out_after_it() {
        let nonces = nonces();
        let ahead = |index: u64| NOW + 3 * SECOND + index;
        let refused = (0..MAX_SEEN as u64 * 2)
            .filter(|index| nonces.remember(hotkey(1), "uuid", ahead(*index), NOW, UP) == Err(NonceError::Forgotten))
            .count();
        assert!(refused > MAX_SEEN / 2, "{refused}");
        let later = NOW + 5 * SECOND;
        for index in 0..100 {
            assert_eq!(nonces.remember(hotkey(2), "uuid", later - index, later, UP), Ok(()), "two seconds later");
        }
    }

    #[test]
    fn nonces_of_coarse_clocks_spread_over_the_shards() {
        for tick_ns in [1, 100, 1_000, 1_000_000] {
            let mut counts = [0; SHARDS];
            for index in 0..1_600 {
                counts[shard(NOW + index * tick_ns)] += 1;
            }
            assert!(counts.iter().all(|count| (50..150).contains(count)), "{tick_ns} ns: {counts:?}");
        }
    }

    #[test]
    fn under_a_flood_the_oldest_are_forgotten_and_refused_but_the_fresh_are_answered() {
        let nonces = nonces();
        // Over six seconds, up to now: a fifth more than there is room for.
        let many = MAX_SEEN as u64 * 6 / 5;
        let nonce = |index: u64| NOW - 6 * SECOND + index * 10_000;
        for index in 0..many {
            nonces.remember(hotkey(1), "uuid", nonce(index), NOW, UP).expect("room is made");
        }
        let held = |nonces: &Nonces| nonces.shards.iter().map(|shard| shard.lock().count).sum::<usize>();
        assert!(held(&nonces) <= MAX_SEEN, "{}", held(&nonces));
        assert_eq!(nonces.remember(hotkey(1), "uuid", NOW, NOW, UP), Ok(()), "fresh");
        assert_eq!(nonces.remember(hotkey(1), "uuid", nonce(0), NOW, UP), Err(NonceError::Forgotten), "a replay");
        assert_eq!(
            nonces.remember(hotkey(1), "uuid", nonce(many - 9), NOW, UP),
            Err(NonceError::Replayed),
            "still known"
        );
        let later = NOW + 250 * SECOND;
        for index in 0..1_000 {
            assert_eq!(nonces.remember(hotkey(1), "uuid", later + index, later, UP), Ok(()));
        }
        assert_eq!(held(&nonces), 1_000, "and what the window has passed takes no memory");
    }
}
