//! One remembered answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::domain::{Answer, Digest128, Posterior, Prior, Question};

/// Memory that an entry takes beside the bytes of its prompt and its answer: the entry itself, its row in the index and its
/// places in the maps, with its share of the analyses that are kept (`super::texts`, some 10 MB in all however many entries
/// there are). Measured by `lode bench` over 100,000 entries of one scope. One that is alone in its scope takes the scope's
/// maps besides, about a kilobyte.
pub const ENTRY_OVERHEAD_BYTES: u64 = 930;

/// What clocks are set back by, at most.
const CLOCK_STEP_MS: u64 = 300_000;

/// What is believed of an answer that passed validation, before its first label.
pub fn prior() -> Prior {
    Prior::default()
}

/// An answer, the question it was given to, and how it has done since.
pub struct Entry {
    /// Counts up over all runs.
    pub id: u64,
    /// The question's digest.
    pub key: Digest128,
    /// The digest of its scope.
    pub scope: Digest128,
    /// The prompt as it came.
    pub prompt: Box<str>,
    /// The answer.
    pub answer: Arc<Answer>,
    /// When it was solved, milliseconds since the Unix epoch.
    pub stored_ms: u64,
    /// When it was last given, the same.
    last_used_ms: AtomicU64,
    hits: AtomicU32,
    posterior: Mutex<Posterior>,
    /// Whether it may go to memory when it leaves the exact tier.
    is_dropped: AtomicBool,
    /// Whether it was wrong for another prompt: since then only its own question gets it.
    is_lone: AtomicBool,
}

/// What of an entry changes while it is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Times it was given.
    pub hits: u32,
    /// When last, milliseconds since the Unix epoch.
    pub last_used_ms: u64,
    /// How sure it is that the answer is right.
    pub posterior: Posterior,
    /// Whether only its own question gets it.
    pub is_lone: bool,
}

impl Record {
    /// Of an answer of which nothing is known yet.
    pub fn fresh(now_ms: u64) -> Self {
        Self { hits: 0, last_used_ms: now_ms, posterior: Posterior::new(now_ms), is_lone: false }
    }
}

impl Entry {
    /// A new answer to `question`, with what is known of it already.
    pub fn new(id: u64, question: &Question, answer: Arc<Answer>, stored_ms: u64, record: Record) -> Self {
        let (key, scope) = (question.digest(), question.scope_digest());
        Self::restored(id, key, scope, question.prompt.as_str().into(), answer, stored_ms, record)
    }

    /// As it was kept.
    pub fn restored(
        id: u64,
        key: Digest128,
        scope: Digest128,
        prompt: Box<str>,
        answer: Arc<Answer>,
        stored_ms: u64,
        record: Record,
    ) -> Self {
        Self {
            id,
            key,
            scope,
            prompt,
            answer,
            stored_ms,
            last_used_ms: record.last_used_ms.into(),
            hits: record.hits.into(),
            posterior: Mutex::new(record.posterior),
            is_dropped: false.into(),
            is_lone: record.is_lone.into(),
        }
    }

    /// How old its answer is, milliseconds. One from the future is as old as can be: a clock was wrong, and nobody knows by
    /// how much.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        let ahead_ms = self.stored_ms.saturating_sub(now_ms);
        if ahead_ms > CLOCK_STEP_MS { u64::MAX } else { now_ms.saturating_sub(self.stored_ms) }
    }

    /// When its solve began, at the latest: what was solved was the world of then.
    pub fn started_ms(&self) -> u64 {
        // A solve's time was rounded down when it was measured.
        self.stored_ms.saturating_sub(self.answer.solve_ms + 1)
    }

    /// Only its own question gets it from now on.
    pub fn set_lone(&self) {
        self.is_lone.store(true, Ordering::Relaxed);
    }

    /// Whether only its own question gets it.
    pub fn is_lone(&self) -> bool {
        self.is_lone.load(Ordering::Relaxed)
    }

    /// Counts that it was given.
    pub fn give(&self, now_ms: u64) {
        self.hits.fetch_add(1, Ordering::Relaxed);
        self.last_used_ms.fetch_max(now_ms, Ordering::Relaxed);
    }

    /// What changes.
    pub fn record(&self) -> Record {
        Record {
            hits: self.hits.load(Ordering::Relaxed),
            last_used_ms: self.last_used_ms.load(Ordering::Relaxed),
            posterior: *self.posterior.lock(),
            is_lone: self.is_lone.load(Ordering::Relaxed),
        }
    }

    /// How sure it is that the answer is right for its own question.
    pub fn posterior(&self) -> Posterior {
        *self.posterior.lock()
    }

    /// Learns that the answer was right, or wrong: one contradiction quarantines it. Tells whether this one did.
    pub fn judge(&self, right: bool, now_ms: u64) -> bool {
        let mut posterior = self.posterior.lock();
        let was_quarantined = posterior.is_quarantined();
        if right {
            posterior.right(1.0, &prior(), now_ms)
        } else {
            posterior.wrong(1.0, &prior(), now_ms)
        }
        posterior.is_quarantined() && !was_quarantined
    }

    /// It goes for good when it leaves its tier.
    pub fn set_dropped(&self) {
        self.is_dropped.store(true, Ordering::Release);
    }

    /// Whether it goes for good when it leaves its tier.
    pub fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::Acquire)
    }

    /// Whether it may not be given to anybody.
    pub fn is_quarantined(&self) -> bool {
        self.posterior.lock().is_quarantined()
    }

    /// Bytes of memory that it takes, about.
    pub fn size_bytes(&self) -> u64 {
        (self.prompt.len() + self.answer.json().len()) as u64 + ENTRY_OVERHEAD_BYTES
    }
}
