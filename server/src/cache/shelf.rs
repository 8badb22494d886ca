//! Where entries stand: what leaves the exact tier goes to memory, what leaves memory goes for good, and index, maps, disk
//! and counters hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::entry::Entry;
use super::exact::Left;
use super::keeper::Keeper;
use super::memory::Memory;
use super::scopes::{ScopeLabel, Scopes};

/// Everything beneath the exact tier.
pub struct Shelf {
    /// Every entry by scope.
    pub scopes: Scopes,
    /// Those beyond their time to live.
    pub memory: Memory,
    /// What waits for the disk.
    pub keeper: Arc<Keeper>,
    /// Bytes held.
    pub size_bytes: AtomicU64,
    /// Entries that left the exact tier for their age.
    pub expired: AtomicU64,
    /// Entries that left it for room.
    pub evicted: AtomicU64,
}

impl Shelf {
    /// Empty.
    pub fn new(memory: usize) -> Self {
        Self {
            scopes: Scopes::default(),
            memory: Memory::new(memory),
            keeper: Arc::default(),
            size_bytes: 0.into(),
            expired: 0.into(),
            evicted: 0.into(),
        }
    }

    /// Adds an entry to its scope.
    pub fn add(&self, entry: &Arc<Entry>, vector: Option<&[i8]>, label: impl FnOnce() -> ScopeLabel) {
        self.size_bytes.fetch_add(entry.size_bytes(), Ordering::Relaxed);
        self.scopes.insert(Arc::clone(entry), vector, label);
    }

    /// An entry left the exact tier.
    pub fn left(&self, entry: Arc<Entry>, why: Left) {
        match why {
            // Its row on disk is the other one's by now, or soon.
            Left::Replaced => return self.drop_from_index(&entry),
            Left::Let if entry.is_dropped() => return,
            Left::Let => &self.expired,
            Left::Crowded => &self.evicted,
        }
        .fetch_add(1, Ordering::Relaxed);
        self.retire(entry);
    }

    /// Keeps an entry beyond its time to live, if it may ever be given again.
    pub fn retire(&self, entry: Arc<Entry>) {
        if entry.is_dropped() {
            return self.forget(&entry);
        }
        let key = entry.key;
        for gone in self.memory.keep(entry) {
            match gone.key == key && self.memory.get(&key).is_some() {
                true => self.drop_from_index(&gone),
                false => self.forget(&gone),
            }
        }
    }

    /// An entry goes for good.
    pub fn forget(&self, entry: &Entry) {
        self.drop_from_index(entry);
        self.keeper.remove(entry);
    }

    /// An entry goes, but another answer to its question stays.
    pub fn drop_from_index(&self, entry: &Entry) {
        if self.scopes.remove(entry) {
            self.size_bytes.fetch_sub(entry.size_bytes(), Ordering::Relaxed);
        }
    }
}
