//! Scopes: the entries among which a question may find its answer, with their vectors.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use super::entry::Entry;
use super::index::{Index, Near};
use crate::domain::{Digest128, Question};

/// A scope's text is shown up to this many bytes.
const SHOWN_BYTES: usize = 512;

/// Every scope that holds an entry.
#[derive(Default)]
pub struct Scopes {
    by_key: RwLock<HashMap<Digest128, Arc<Scope>>>,
    /// Entries of all scopes.
    count: AtomicUsize,
}

/// The entries of one scope.
pub struct Scope {
    /// Its name.
    pub label: ScopeLabel,
    rows: RwLock<Rows>,
}

/// What a scope is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLabel {
    /// The synapse's name.
    pub synapse: Arc<str>,
    /// The values of its scope fields as JSON, cut to what can be shown.
    pub text: Arc<str>,
}

#[derive(Default)]
struct Rows {
    /// Absent until the first vector tells how many components they have.
    index: Option<Index>,
    /// A tree: a hash table would, now and then, take tens of milliseconds to grow under the lock.
    entries: BTreeMap<u64, Arc<Entry>>,
}

/// A candidate and how near its prompt is.
pub struct Candidate {
    /// The entry.
    pub entry: Arc<Entry>,
    /// Cosine of the two prompts' vectors, -1 to 1.
    pub cosine: f32,
}

impl ScopeLabel {
    /// Of a question's scope.
    pub fn of(question: &Question) -> Self {
        let text = &question.scope[..question.scope.floor_char_boundary(SHOWN_BYTES)];
        Self { synapse: Arc::clone(&question.synapse), text: text.into() }
    }
}

impl Scopes {
    /// Puts `entry` into its scope. Without a vector it can be found by its very question alone.
    pub fn insert(&self, entry: Arc<Entry>, vector: Option<&[i8]>, label: impl FnOnce() -> ScopeLabel) {
        let insert = |scope: &Scope| {
            let mut rows = scope.rows.write();
            rows.entries.insert(entry.id, Arc::clone(&entry));
            self.count.fetch_add(1, Ordering::Relaxed);
            let Some(vector) = vector else { return };
            let index = rows.index.get_or_insert_with(|| Index::new(vector.len()));
            if let Err(fault) = index.insert(entry.id, vector) {
                tracing::warn!("an answer can be found by its very question alone: {fault}");
            }
        };
        // A scope is dropped with its last entry, under the lock's writing side: while we read, it stays.
        if let Some(scope) = self.by_key.read().get(&entry.scope) {
            return insert(scope);
        }
        let mut by_key = self.by_key.write();
        insert(
            by_key.entry(entry.scope).or_insert_with(|| Arc::new(Scope { label: label(), rows: RwLock::default() })),
        );
    }

    /// Takes `entry` out of its scope. Tells whether it was there.
    pub fn remove(&self, entry: &Entry) -> bool {
        let is_empty = {
            let by_key = self.by_key.read();
            let Some(scope) = by_key.get(&entry.scope) else { return false };
            let mut rows = scope.rows.write();
            if rows.entries.remove(&entry.id).is_none() {
                return false;
            }
            self.count.fetch_sub(1, Ordering::Relaxed);
            if let Some(index) = &mut rows.index {
                index.remove(entry.id);
            }
            rows.entries.is_empty()
        };
        if is_empty {
            let mut by_key = self.by_key.write();
            // Another entry may have come since.
            if by_key.get(&entry.scope).is_some_and(|scope| scope.rows.read().entries.is_empty()) {
                by_key.remove(&entry.scope);
            }
        }
        true
    }

    /// The scope of this digest.
    pub fn get(&self, key: &Digest128) -> Option<Arc<Scope>> {
        self.by_key.read().get(key).cloned()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Every scope.
    pub fn all(&self) -> Vec<(Digest128, Arc<Scope>)> {
        self.by_key.read().iter().map(|(key, scope)| (*key, Arc::clone(scope))).collect()
    }
}

impl Scope {
    /// The entries whose prompts are nearest to `vector`, at most `count`, nearest first.
    pub fn nearest(&self, vector: &[i8], count: usize) -> Vec<Candidate> {
        let rows = self.rows.read();
        let mut near: Vec<Near> = Vec::with_capacity(count);
        if let Some(index) = &rows.index {
            // A vector of another width is a changed embedder's: it finds nothing.
            let _ = index.nearest(vector, count, &mut near);
        }
        let candidate =
            |near: Near| Some(Candidate { entry: Arc::clone(rows.entries.get(&near.id)?), cosine: near.cosine });
        near.into_iter().filter_map(candidate).collect()
    }

    /// The entry of this id.
    pub fn entry(&self, id: u64) -> Option<Arc<Entry>> {
        self.rows.read().entries.get(&id).cloned()
    }

    /// Every entry.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.rows.read().entries.values().cloned().collect()
    }

    /// How many entries there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.rows.read().entries.len()
    }

    /// Whether ids of index and entries are the same: so they are between any two operations.
    #[cfg(test)]
    pub fn is_consistent(&self) -> bool {
        let rows = self.rows.read();
        let indexed = rows.index.as_ref().map_or(0, Index::len);
        indexed == rows.entries.len()
            && rows.entries.keys().all(|id| rows.index.as_ref().is_some_and(|i| i.contains(*id)))
    }
}
