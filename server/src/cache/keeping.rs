//! What the answer cache takes in, what it learns from that, and what it lets go.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::answers::AnswerCache;
use super::entry::{Entry, Record, prior};
use super::learned::Labelled;
use super::scopes::ScopeLabel;
use super::texts::Asked;
use crate::domain::{Answer, Comparison, Digest128, Question};

/// That an answer held for weeks says little more than that it held for days, and clocks can be wrong.
const MAX_AGE_MS: u64 = 24 * 3_600_000;

/// An answer with a prompt larger than this is not kept: entries are counted, so their size must be bounded too.
const MAX_ENTRY_BYTES: usize = 64 * 1024;

impl AnswerCache {
    /// Keeps what a solver said, unless something older than an epoch was asked for it, it is too large, or the configuration
    /// that came into force meanwhile has it invalid.
    pub(super) fn keep(&self, question: &Question, answer: Arc<Answer>, now_ms: u64) {
        let key = question.digest();
        let asked = self.texts.read_now(question, key);
        let scope = question.scope_digest();
        // Rounded down when it was measured.
        let started_ms = now_ms.saturating_sub(answer.solve_ms + 1);
        let is_barred =
            || self.epochs.forbids(&scope, started_ms) || !self.service.borrow().is_valid(&question.synapse, &answer);
        if is_barred() {
            return;
        }
        let size_bytes = question.prompt.len() + question.scope.len() + answer.json().len();
        if size_bytes <= MAX_ENTRY_BYTES {
            let record = self.inherited(&key, &answer, self.comparison(&question.synapse), now_ms);
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            let entry = Arc::new(Entry::new(id, question, Arc::clone(&answer), now_ms, record));
            self.texts.keep_stored(&entry, &asked);
            self.counters.store(&answer);
            self.insert(&entry, asked.vector.as_deref(), || ScopeLabel::of(question));
            // An epoch that began meanwhile has swept already, and so has a configuration.
            if is_barred() {
                return self.drop_entry(&entry);
            }
        }
        self.learn(question, &answer, &asked, scope, now_ms);
    }

    /// A solver was asked what was answered before: whether it says the same tells how soon answers change.
    pub(super) fn watch(&self, question: &Question, answer: &Answer, now_ms: u64) {
        if let Some(earlier) = self.current(&question.digest()).filter(|earlier| !earlier.is_quarantined()) {
            let held = self.comparison(&question.synapse).same(&earlier.answer, answer);
            self.learned.age(earlier.age_ms(now_ms).min(MAX_AGE_MS), held, now_ms);
        }
    }

    fn insert(&self, entry: &Arc<Entry>, vector: Option<&[i8]>, label: impl Fn() -> ScopeLabel) {
        // Before the tier that can let it go again.
        self.shelf.add(entry, vector, &label);
        self.shelf.keeper.put(entry, vector, label());
        if let Some(older) = self.shelf.memory.take(&entry.key) {
            self.shelf.drop_from_index(&older);
        }
        self.exact.insert(Arc::clone(entry));
        // moka saves its work up, and some look would have to do it for sixty-four insertions.
        self.exact.settle();
    }

    /// What an earlier answer to the same question leaves to a new one, if both say the same: its labels, and whether it was
    /// wrong for others. A fresh solve that repeats an answer that nobody contradicted is a label too; one that repeats a
    /// contradicted answer is wrong again.
    fn inherited(&self, key: &Digest128, answer: &Answer, how: Comparison, now_ms: u64) -> Record {
        let mut record = Record::fresh(now_ms);
        if let Some(earlier) = self.current(key).filter(|earlier| how.same(&earlier.answer, answer)) {
            record = Record { posterior: earlier.posterior(), is_lone: earlier.is_lone(), ..record };
            if !record.posterior.is_quarantined() {
                record.posterior.right(1.0, &prior(), now_ms);
            }
        }
        record
    }

    /// Takes the labels that a fresh answer gives for nothing.
    fn learn(&self, question: &Question, answer: &Answer, asked: &Asked, scope: Digest128, now_ms: u64) {
        if let Some(near) = asked.near.lock().take()
            && let Some(entry) = near.entry.upgrade().filter(|entry| !entry.is_quarantined())
        {
            let right = self.comparison(&question.synapse).same(&entry.answer, answer);
            let (label, stored_ms) = (&ScopeLabel::of(question), entry.stored_ms);
            self.learned.miss(Labelled { scope, label, right, stored_ms }, near.said, near.chance, now_ms);
        }
        if let Some(patterns) = &self.patterns
            && patterns.learn(scope, question, answer, now_ms)
            && let Some(kept) = patterns.kept(scope)
        {
            self.shelf.keeper.patterns(scope, ScopeLabel::of(question), kept);
        }
    }

    /// The entry that answers this question now.
    pub(super) fn current(&self, key: &Digest128) -> Option<Arc<Entry>> {
        self.exact.peek(key).or_else(|| self.shelf.memory.get(key))
    }

    /// An entry goes, wherever it stands, and from the disk.
    pub(super) fn drop_entry(&self, entry: &Arc<Entry>) {
        self.drop_here(entry);
        self.shelf.keeper.remove(entry);
    }

    /// An entry goes, wherever it stands; from the disk it is gone already.
    pub(super) fn drop_here(&self, entry: &Arc<Entry>) {
        entry.set_dropped();
        self.exact.remove(entry);
        if self.shelf.memory.holds(entry) {
            self.shelf.memory.take(&entry.key);
        }
        self.shelf.drop_from_index(entry);
        self.shelf.keeper.cancel(entry);
    }
}
