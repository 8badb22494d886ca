//! Writes what changed to the store, a second's worth at a time: nobody who asks waits for the disk.
//!
//! Changes wait by question, so that an answer given a thousand times is written once. A crash loses the last second.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::entry::Entry;
use super::scopes::ScopeLabel;
use crate::domain::{Digest128, Patterns};
use crate::store::{AnswerChange, AnswerRow, AnswerWrite, ScopeRow, Store, StoreError};

/// Writes in one transaction.
const BATCH: usize = 4_096;
/// Changes that may wait. With a disk that fails for long, further ones are lost and counted.
const MAX_WAITING: usize = 262_144;
/// Scopes whose patterns may wait, as many as have patterns. With a disk that fails for long, what scopes leave behind
/// that made room for others would pile up.
const MAX_WAITING_SCOPES: usize = 1_024;

#[derive(Clone)]
enum Change {
    Put {
        entry: Arc<Entry>,
        vector: Option<Box<[i8]>>,
        label: ScopeLabel,
    },
    Touch(Arc<Entry>),
    /// The entry of this id.
    Remove(u64),
}

/// Changes that wait to be written.
#[derive(Default)]
pub struct Keeper {
    waiting: Mutex<Waiting>,
    /// Held while something is written: what is forgotten must not be overtaken by what was to be kept before.
    disk: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    answers: HashMap<Digest128, Change>,
    patterns: HashMap<Digest128, ScopePatterns>,
    lost: u64,
}

impl Keeper {
    /// A new entry.
    pub fn put(&self, entry: &Arc<Entry>, vector: Option<&[i8]>, label: ScopeLabel) {
        let change = Change::Put { entry: Arc::clone(entry), vector: vector.map(Into::into), label };
        self.waiting.lock().change(entry.key, change);
    }

    /// An entry that was given or judged.
    pub fn touch(&self, entry: &Arc<Entry>) {
        let mut waiting = self.waiting.lock();
        // What waits to be written as a whole is written as it is then; what waits of an older entry would find no row.
        if waiting.answers.get(&entry.key).is_none_or(|waits| waits.id() < entry.id) {
            waiting.change(entry.key, Change::Touch(Arc::clone(entry)));
        }
    }

    /// An entry that is gone. One of the same question that waits is another.
    pub fn remove(&self, entry: &Entry) {
        let mut waiting = self.waiting.lock();
        if waiting.answers.get(&entry.key).is_none_or(|waits| waits.id() == entry.id) {
            waiting.change(entry.key, Change::Remove(entry.id));
        }
    }

    /// An entry that is gone from the disk already.
    pub fn cancel(&self, entry: &Entry) {
        let mut waiting = self.waiting.lock();
        if waiting.answers.get(&entry.key).is_some_and(|waits| waits.id() == entry.id) {
            waiting.answers.remove(&entry.key);
        }
    }

    /// A scope's patterns have changed.
    pub fn patterns(&self, scope: Digest128, label: ScopeLabel, patterns: Arc<Mutex<Patterns>>) {
        self.waiting.lock().patterns_of(scope, (label, patterns));
    }

    /// The patterns of a scope, or all, are gone.
    pub fn cancel_patterns(&self, scope: Option<&Digest128>) {
        let mut waiting = self.waiting.lock();
        waiting.patterns.retain(|key, _| scope.is_some_and(|scope| scope != key));
    }

    /// Keeps everybody else from writing.
    pub async fn hold(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.disk.lock().await
    }

    /// Changes lost because too many waited.
    pub fn lost(&self) -> u64 {
        self.waiting.lock().lost
    }

    /// Writes all that waits; durable when this returns. What could not be written waits on.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        loop {
            let _disk = self.hold().await;
            let (changes, patterns) = self.waiting.lock().take(BATCH);
            if changes.is_empty() && patterns.is_empty() {
                return Ok(());
            }
            // Written out without the lock: whoever answers needs it.
            let mut writes: Vec<_> = changes.iter().cloned().flat_map(|(key, change)| change.writes(key)).collect();
            writes.extend(patterns.iter().flat_map(|(scope, (label, patterns))| {
                let json = serde_json::to_string(&patterns.lock().store()).expect("plain data serialises");
                [label.write(scope), AnswerWrite::Patterns(*scope.as_bytes(), json)]
            }));
            if let Err(error) = store.answers(writes).await {
                let mut waiting = self.waiting.lock();
                for (key, change) in changes {
                    // What came meanwhile is newer.
                    if !waiting.answers.contains_key(&key) {
                        waiting.change(key, change);
                    }
                }
                for (scope, kept) in patterns {
                    if !waiting.patterns.contains_key(&scope) {
                        waiting.patterns_of(scope, kept);
                    }
                }
                return Err(error);
            }
        }
    }
}

/// What is to be written next.
type Taken = (Vec<(Digest128, Change)>, Vec<(Digest128, ScopePatterns)>);
type ScopePatterns = (ScopeLabel, Arc<Mutex<Patterns>>);

impl Waiting {
    fn change(&mut self, key: Digest128, change: Change) {
        if self.answers.len() >= MAX_WAITING && !self.answers.contains_key(&key) {
            self.lost += 1;
        } else {
            self.answers.insert(key, change);
        }
    }

    fn patterns_of(&mut self, scope: Digest128, kept: ScopePatterns) {
        if self.patterns.len() >= MAX_WAITING_SCOPES && !self.patterns.contains_key(&scope) {
            self.lost += 1;
        } else {
            self.patterns.insert(scope, kept);
        }
    }

    fn take(&mut self, count: usize) -> Taken {
        let keys: Vec<_> = self.answers.keys().take(count).copied().collect();
        let changes = keys.into_iter().filter_map(|key| self.answers.remove_entry(&key)).collect();
        (changes, self.patterns.drain().collect())
    }
}

impl Change {
    /// Whose it is.
    fn id(&self) -> u64 {
        match self {
            Self::Put { entry, .. } | Self::Touch(entry) => entry.id,
            Self::Remove(id) => *id,
        }
    }

    fn writes(self, key: Digest128) -> Vec<AnswerWrite> {
        let id = self.id();
        match self {
            Self::Remove(_) => vec![AnswerWrite::Remove(*key.as_bytes(), id)],
            Self::Touch(entry) => vec![AnswerWrite::Change(*key.as_bytes(), id, change(&entry))],
            Self::Put { entry, vector, label } => {
                let row = AnswerRow {
                    id,
                    key: *key.as_bytes(),
                    scope: *entry.scope.as_bytes(),
                    prompt: entry.prompt.to_string(),
                    answer: entry.answer.json().to_owned(),
                    solve_ms: entry.answer.solve_ms,
                    cost_usd: entry.answer.cost_usd,
                    solver: entry.answer.solver.to_string(),
                    stored_ms: entry.stored_ms,
                    change: change(&entry),
                    vector: vector.map(|vector| vector.iter().map(|value| value.cast_unsigned()).collect()),
                };
                vec![label.write(&entry.scope), AnswerWrite::Put(Box::new(row))]
            }
        }
    }
}

impl ScopeLabel {
    fn write(&self, scope: &Digest128) -> AnswerWrite {
        let (synapse, text) = (self.synapse.to_string(), self.text.to_string());
        AnswerWrite::Scope(ScopeRow { key: *scope.as_bytes(), synapse, text })
    }
}

fn change(entry: &Entry) -> AnswerChange {
    let record = entry.record();
    let posterior = serde_json::to_string(&record.posterior).expect("plain data serialises");
    AnswerChange { hits: record.hits, last_used_ms: record.last_used_ms, posterior, is_lone: record.is_lone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PatternLimits;

    fn key(number: usize) -> Digest128 {
        Digest128::from_bytes((number as u128).to_le_bytes())
    }

    #[test]
    fn with_a_disk_that_fails_only_so_many_changes_wait_and_the_others_are_counted() {
        let keeper = Keeper::default();
        let waiting = || {
            let waiting = keeper.waiting.lock();
            (waiting.answers.len(), waiting.patterns.len(), waiting.lost)
        };
        for number in 0..MAX_WAITING + 5 {
            keeper.waiting.lock().change(key(number), Change::Remove(1));
        }
        // What waits already may change.
        keeper.waiting.lock().change(key(0), Change::Remove(2));
        assert_eq!(waiting(), (MAX_WAITING, 0, 5));
        let patterns = Arc::new(Mutex::new(Patterns::new(PatternLimits::default())));
        let label = ScopeLabel { synapse: "S".into(), text: "[]".into() };
        for number in (0..MAX_WAITING_SCOPES + 7).chain([0]) {
            keeper.patterns(key(number), label.clone(), Arc::clone(&patterns));
        }
        assert_eq!(waiting(), (MAX_WAITING, MAX_WAITING_SCOPES, 12));
    }
}
