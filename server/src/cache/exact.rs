//! The exact tier: the same question again, in the same scope, within the time to live.
//!
//! The time to live is checked when an answer is asked for, against the setting in force: a shorter one counts at once,
//! and the clock is an argument. What nobody asks for is swept now and then. moka's own clock is not used: an entry that it
//! holds to be gone could neither be replaced nor found. What leaves goes to [`super::shelf::Shelf`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::notification::RemovalCause;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::RwLock;

use super::entry::Entry;
use crate::domain::Digest128;

/// Why an entry left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Another answer to the same question took its place.
    Replaced,
    /// It was too old, or was dropped.
    Let,
    /// There was no room.
    Crowded,
}

type OnLeave = Arc<dyn Fn(Arc<Entry>, Left) + Send + Sync>;

/// Answers by question, least recently used out first.
pub struct Exact {
    /// moka cannot change its capacity: another one takes its place then.
    entries: RwLock<Cache<Digest128, Arc<Entry>>>,
    capacity: AtomicU64,
    max_ttl_ms: AtomicU64,
    on_leave: OnLeave,
}

impl Exact {
    /// Holds up to `capacity` answers, none of them longer than `max_ttl`. `on_leave` hears of every entry that leaves, once;
    /// it must not call back.
    pub fn new(capacity: u64, max_ttl: Duration, on_leave: OnLeave) -> Self {
        let entries = RwLock::new(build(capacity, &on_leave));
        Self { entries, capacity: capacity.into(), max_ttl_ms: (max_ttl.as_millis() as u64).into(), on_leave }
    }

    /// The entry of this question, if it is no older than `ttl_ms`; an older one leaves.
    pub fn get(&self, key: &Digest128, ttl_ms: u64, now_ms: u64) -> Option<Arc<Entry>> {
        let entry = self.entries.read().get(key)?;
        if entry.age_ms(now_ms) >= ttl_ms {
            self.remove(&entry);
            return None;
        }
        Some(entry)
    }

    /// The entry of this question, however old.
    pub fn peek(&self, key: &Digest128) -> Option<Arc<Entry>> {
        self.entries.read().get(key)
    }

    /// Keeps `entry`; one of the same question leaves.
    pub fn insert(&self, entry: Arc<Entry>) {
        self.entries.read().insert(entry.key, entry);
    }

    /// Lets this very entry go; another one of its question stays.
    pub fn remove(&self, entry: &Arc<Entry>) {
        let same = |held: Option<moka::Entry<Digest128, Arc<Entry>>>| match held {
            Some(held) if Arc::ptr_eq(held.value(), entry) => Op::Remove,
            _ => Op::Nop,
        };
        self.entries.read().entry(entry.key).and_compute_with(same);
    }

    /// Lets go what is older than any time to live, and has moka do what it put off. Looks at every entry.
    pub fn sweep(&self, now_ms: u64) {
        let entries = self.entries.read().clone();
        for (_, entry) in &entries {
            if entry.age_ms(now_ms) >= self.max_ttl_ms() {
                self.remove(&entry);
            }
        }
        entries.run_pending_tasks();
    }

    /// Has moka do what it put off: those that there is no room for leave.
    pub fn settle(&self) {
        self.entries.read().clone().run_pending_tasks();
    }

    /// The longest time to live, milliseconds.
    pub fn max_ttl_ms(&self) -> u64 {
        self.max_ttl_ms.load(Ordering::Relaxed)
    }

    /// No answer is held longer from now on.
    pub fn set_max_ttl(&self, max_ttl: Duration) {
        self.max_ttl_ms.store(max_ttl.as_millis() as u64, Ordering::Relaxed);
    }

    /// How many there may be.
    pub fn capacity(&self) -> u64 {
        self.capacity.load(Ordering::Relaxed)
    }

    /// Holds up to `capacity` from now on; those used least recently leave if that is fewer.
    pub fn resize(&self, capacity: u64) {
        let before = self.entries.read().clone();
        let mut kept: Vec<_> = before.iter().map(|(_, entry)| entry).collect();
        kept.sort_by_cached_key(|entry| std::cmp::Reverse(entry.record().last_used_ms));
        let crowded = kept.split_off(kept.len().min(capacity as usize));
        let next = build(capacity, &self.on_leave);
        // Oldest use first, so that moka's own order is the same.
        for entry in kept.into_iter().rev() {
            next.insert(entry.key, entry);
        }
        *self.entries.write() = next.clone();
        self.capacity.store(capacity, Ordering::Relaxed);
        let crowded: std::collections::HashSet<u64> = crowded.iter().map(|entry| entry.id).collect();
        for (key, entry) in &before {
            if crowded.contains(&entry.id) {
                (self.on_leave)(entry, Left::Crowded);
            } else if next.get(&*key).is_none_or(|held| held.id < entry.id) {
                // It came while the others moved.
                next.insert(entry.key, entry);
            }
        }
    }
}

fn build(capacity: u64, on_leave: &OnLeave) -> Cache<Digest128, Arc<Entry>> {
    let on_leave = Arc::clone(on_leave);
    Cache::builder()
        .max_capacity(capacity)
        .eviction_policy(EvictionPolicy::lru())
        .eviction_listener(move |_, entry, cause| {
            on_leave(
                entry,
                match cause {
                    RemovalCause::Replaced => Left::Replaced,
                    RemovalCause::Expired | RemovalCause::Explicit => Left::Let,
                    RemovalCause::Size => Left::Crowded,
                },
            );
        })
        .build()
}
