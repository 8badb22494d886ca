//! The exact tier: the same question again, in the same scope, within the time to live.
//!
//! The time to live is checked when an answer is asked for, against the setting in force: a shorter one counts at once,
//! and the clock is an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::{CacheStats, Settings, Source};
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::domain::{Answer, Question};
use crate::ports::{Recall, Recalled};

/// What moka and our own structures take for an entry beside its texts, measured once: a rough figure for the gauge.
const ENTRY_OVERHEAD_BYTES: u64 = 320;

/// An entry larger than this is not kept: entries are counted, so their size must be bounded too.
const MAX_ENTRY_BYTES: u64 = 64 * 1024;

struct Entry {
    answer: Arc<Answer>,
    stored_ms: u64,
    size_bytes: u64,
}

/// Counted at our own boundary: moka keeps no statistics.
#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
    expired: AtomicU64,
    evicted: AtomicU64,
    saved_ms: AtomicU64,
    size_bytes: AtomicU64,
}

/// Answers by question, least recently used out first.
pub struct ExactCache {
    entries: Cache<String, Arc<Entry>>,
    counters: Arc<Counters>,
    capacity: u64,
}

impl ExactCache {
    /// Holds up to `capacity` answers. `max_ttl` bounds how long moka keeps one that nobody asks for.
    pub fn new(capacity: u64, max_ttl: Duration) -> Self {
        let counters = Arc::new(Counters::default());
        let on_removal = Arc::clone(&counters);
        let entries = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(max_ttl)
            .eviction_listener(move |_, entry: Arc<Entry>, cause| {
                on_removal.size_bytes.fetch_sub(entry.size_bytes, Ordering::Relaxed);
                match cause {
                    RemovalCause::Size => on_removal.evicted.fetch_add(1, Ordering::Relaxed),
                    RemovalCause::Expired | RemovalCause::Explicit => {
                        on_removal.expired.fetch_add(1, Ordering::Relaxed)
                    }
                    RemovalCause::Replaced => 0,
                };
            })
            .build();
        Self { entries, counters, capacity }
    }

    fn get(&self, key: &str, settings: Settings, now_ms: u64) -> Option<Arc<Answer>> {
        let entry = self.entries.get(key)?;
        if now_ms.saturating_sub(entry.stored_ms) >= u64::from(settings.ttl_s) * 1_000 {
            self.entries.invalidate(key);
            return None;
        }
        Some(Arc::clone(&entry.answer))
    }
}

impl Recall for ExactCache {
    fn recall<'a>(
        &'a self,
        question: &'a Question,
        settings: Settings,
        now_ms: u64,
    ) -> BoxFuture<'a, Option<Recalled>> {
        let found = self.get(&question.key(), settings, now_ms);
        match &found {
            Some(answer) => {
                self.counters.hits.fetch_add(1, Ordering::Relaxed);
                self.counters.saved_ms.fetch_add(answer.solve_ms, Ordering::Relaxed);
            }
            None => {
                self.counters.misses.fetch_add(1, Ordering::Relaxed);
            }
        }
        std::future::ready(found.map(|answer| Recalled { answer, source: Source::Exact })).boxed()
    }

    fn remember(&self, question: &Question, answer: Arc<Answer>, now_ms: u64) {
        let key = question.key();
        let texts = key.len() + serde_json::to_string(&answer.fields).map_or(0, |json| json.len());
        let size_bytes = texts as u64 + ENTRY_OVERHEAD_BYTES;
        if size_bytes > MAX_ENTRY_BYTES {
            return;
        }
        self.counters.stored.fetch_add(1, Ordering::Relaxed);
        self.counters.size_bytes.fetch_add(size_bytes, Ordering::Relaxed);
        self.entries.insert(key, Arc::new(Entry { answer, stored_ms: now_ms, size_bytes }));
    }

    fn stats(&self) -> CacheStats {
        // moka counts lazily.
        self.entries.run_pending_tasks();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            entries: self.entries.entry_count(),
            capacity: self.capacity,
            size_bytes: read(&self.counters.size_bytes),
            hits: read(&self.counters.hits),
            misses: read(&self.counters.misses),
            stored: read(&self.counters.stored),
            expired: read(&self.counters.expired),
            evicted: read(&self.counters.evicted),
            saved_s: read(&self.counters.saved_ms) as f64 / 1_000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    const SETTINGS: Settings = Settings { match_threshold: 0.95, ttl_s: 600 };

    fn cache(capacity: u64) -> ExactCache {
        ExactCache::new(capacity, Duration::from_secs(1_800))
    }

    fn question(prompt: &str) -> Question {
        Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() }
    }

    fn answer(text: &str) -> Arc<Answer> {
        let mut fields = Map::new();
        fields.insert("reply".into(), json!(text));
        Arc::new(Answer { fields, solve_ms: 2_000 })
    }

    fn ask(cache: &ExactCache, prompt: &str, now_ms: u64) -> Option<Arc<Answer>> {
        cache.recall(&question(prompt), SETTINGS, now_ms).now_or_never().expect("ready").map(|found| found.answer)
    }

    #[test]
    fn an_answer_is_given_again_until_its_time_to_live_is_over() {
        let cache = cache(10);
        cache.remember(&question("p"), answer("a"), 1_000);
        assert_eq!(ask(&cache, "p", 600_999), Some(answer("a")));
        assert_eq!(ask(&cache, "p", 601_000), None);
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.expired, stats.hits, stats.misses), (0, 1, 1, 1));
        assert_eq!(stats.saved_s, 2.0);
        assert_eq!(stats.size_bytes, 0);
    }

    #[test]
    fn a_shorter_time_to_live_counts_at_once() {
        let cache = cache(10);
        cache.remember(&question("p"), answer("a"), 0);
        let short = Settings { ttl_s: 60, ..SETTINGS };
        assert!(cache.recall(&question("p"), short, 61_000).now_or_never().expect("ready").is_none());
    }

    #[test]
    fn the_least_recently_used_answer_leaves_first() {
        let cache = cache(2);
        for prompt in ["a", "b"] {
            cache.remember(&question(prompt), answer(prompt), 0);
            cache.stats();
        }
        assert!(ask(&cache, "a", 1).is_some());
        cache.stats();
        cache.remember(&question("c"), answer("c"), 2);
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.evicted), (2, 1));
        assert!(ask(&cache, "b", 3).is_none(), "not used since it was stored");
        assert!(ask(&cache, "a", 3).is_some());
    }

    #[test]
    fn an_answer_too_large_is_not_kept() {
        let cache = cache(10);
        cache.remember(&question("p"), answer(&"x".repeat(70_000)), 0);
        assert_eq!(cache.stats(), CacheStats { capacity: 10, ..CacheStats::default() });
    }

    proptest! {
        #[test]
        fn counters_agree_with_one_another_whatever_happens(
            steps in proptest::collection::vec((0..3u8, 0..12u8, 0..400_000u64), 0..200)
        ) {
            let cache = cache(6);
            let (mut now_ms, mut asked) = (0, 0);
            for (kind, prompt, passed_ms) in steps {
                now_ms += passed_ms;
                let prompt = prompt.to_string();
                if kind == 0 {
                    cache.remember(&question(&prompt), answer(&prompt), now_ms);
                } else {
                    asked += 1;
                    if let Some(found) = ask(&cache, &prompt, now_ms) {
                        prop_assert_eq!(found, answer(&prompt), "never another question's answer");
                    }
                }
            }
            let stats = cache.stats();
            prop_assert_eq!(stats.hits + stats.misses, asked);
            prop_assert!(stats.entries <= 6);
            prop_assert!(stats.stored >= stats.entries + stats.evicted + stats.expired);
            prop_assert_eq!(stats.size_bytes == 0, stats.entries == 0);
        }
    }
}
