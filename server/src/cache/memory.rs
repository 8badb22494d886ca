//! Vector memory: what left the exact tier and may still be of use, bounded, least useful out first.
//!
//! Usefulness halves with every [`HALF_LIFE_MS`] since the last use, for all alike; so the order of two entries changes only
//! when one of them is used, and a sorted set keeps it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;

use super::entry::{Entry, prior};
use crate::domain::Digest128;

/// In this time an entry that nobody uses becomes half as useful.
const HALF_LIFE_MS: f64 = 7.0 * 86_400_000.0;

/// Entries beyond their time to live.
pub struct Memory {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_key: HashMap<Digest128, (Rank, Arc<Entry>)>,
    /// Least useful first.
    order: BTreeMap<Rank, Digest128>,
}

/// Usefulness in units that can be compared, and the entry's id, so that no two are equal.
type Rank = (i64, u64);

fn rank(entry: &Entry) -> Rank {
    let record = entry.record();
    let (right, _) = record.posterior.labels(&prior(), record.last_used_ms);
    let used = (1.0 + f64::from(record.hits) + right).log2();
    let half_lives = record.last_used_ms as f64 / HALF_LIFE_MS;
    (((used + half_lives) * 1e9) as i64, entry.id)
}

impl Memory {
    /// Holds up to `capacity` entries.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    /// Keeps `entry`. Gives back those that have to go for it: an older answer to the same question, the least useful, or
    /// the entry itself.
    pub fn keep(&self, entry: Arc<Entry>) -> Vec<Arc<Entry>> {
        let mut inner = self.inner.lock();
        if inner.by_key.get(&entry.key).is_some_and(|(_, held)| held.id > entry.id) {
            return vec![entry];
        }
        let mut gone: Vec<_> = inner.take(&entry.key).into_iter().collect();
        inner.put(entry);
        while inner.by_key.len() > self.capacity {
            let least = inner.order.first_key_value().map(|(_, key)| *key);
            gone.extend(least.and_then(|key| inner.take(&key)));
        }
        gone
    }

    /// The entry of this question.
    pub fn get(&self, key: &Digest128) -> Option<Arc<Entry>> {
        self.inner.lock().by_key.get(key).map(|(_, entry)| Arc::clone(entry))
    }

    /// Lets the entry of this question go.
    pub fn take(&self, key: &Digest128) -> Option<Arc<Entry>> {
        self.inner.lock().take(key)
    }

    /// Takes note that `entry` was used or judged, if it is here.
    pub fn touch(&self, entry: &Arc<Entry>) {
        let mut inner = self.inner.lock();
        if inner.by_key.get(&entry.key).is_some_and(|(_, held)| Arc::ptr_eq(held, entry)) {
            inner.take(&entry.key);
            inner.put(Arc::clone(entry));
        }
    }

    /// Whether this very entry is here.
    pub fn holds(&self, entry: &Arc<Entry>) -> bool {
        self.inner.lock().by_key.get(&entry.key).is_some_and(|(_, held)| Arc::ptr_eq(held, entry))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner.lock().by_key.len()
    }
}

impl Inner {
    fn put(&mut self, entry: Arc<Entry>) {
        let rank = rank(&entry);
        self.order.insert(rank, entry.key);
        self.by_key.insert(entry.key, (rank, entry));
    }

    fn take(&mut self, key: &Digest128) -> Option<Arc<Entry>> {
        let (rank, entry) = self.by_key.remove(key)?;
        self.order.remove(&rank);
        Some(entry)
    }
}
