//! What the cache did since start.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lode_shared::{CacheStats, Source};

use crate::domain::Answer;

const NANO: f64 = 1e-9;

/// Counts.
#[derive(Default)]
pub struct Counters {
    hits: [AtomicU64; Source::MEMORY.len()],
    misses: AtomicU64,
    stored: AtomicU64,
    quarantined: AtomicU64,
    forgotten: AtomicU64,
    saved_ms: AtomicU64,
    /// Billionths of a US dollar: a sum that many add to at once must be a whole number.
    saved_nano_usd: AtomicU64,
    /// Whether any solver told what an answer cost.
    is_priced: AtomicBool,
}

impl Counters {
    /// Memory had an answer.
    pub fn hit(&self, source: Source, answer: &Answer) {
        let tier = Source::MEMORY.iter().position(|tier| *tier == source);
        add(&self.hits[tier.expect("memory answers")], 1);
        add(&self.saved_ms, answer.solve_ms);
        // A cast to an integer saturates, and makes 0 of what is not a number.
        add(&self.saved_nano_usd, answer.cost_usd.map_or(0, |usd| (f64::from(usd) / NANO).round() as u64));
    }

    /// Memory had none.
    pub fn miss(&self) {
        add(&self.misses, 1);
    }

    /// An answer was kept.
    pub fn store(&self, answer: &Answer) {
        add(&self.stored, 1);
        self.hold(answer);
    }

    /// An answer is held: once one tells what it cost, it is known what hits save.
    pub fn hold(&self, answer: &Answer) {
        if answer.cost_usd.is_some() {
            self.is_priced.store(true, Ordering::Relaxed);
        }
    }

    /// An answer was contradicted that had not been before.
    pub fn quarantine(&self) {
        add(&self.quarantined, 1);
    }

    /// So many answers were forgotten because somebody said so.
    pub fn forget(&self, count: usize) {
        add(&self.forgotten, count as u64);
    }

    /// All of it; what is not counted here is left at nothing.
    pub fn stats(&self) -> CacheStats {
        let [exact, semantic, memory, pattern] = self.hits.each_ref().map(read);
        let is_priced = self.is_priced.load(Ordering::Relaxed);
        CacheStats {
            hits: exact + semantic + memory + pattern,
            semantic_hits: semantic,
            memory_hits: memory,
            pattern_hits: pattern,
            misses: read(&self.misses),
            stored: read(&self.stored),
            quarantined: read(&self.quarantined),
            forgotten: read(&self.forgotten),
            saved_s: read(&self.saved_ms) as f64 / 1_000.0,
            saved_usd: is_priced.then(|| read(&self.saved_nano_usd) as f64 * NANO),
            ..CacheStats::default()
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
