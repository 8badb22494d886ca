//! The patterns of every scope.

use std::sync::Arc;

use lode_shared::{PatternRow, Source};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;

use super::trace::PatternSaid;
use crate::domain::{Answer, Digest128, PatternLimits, Patterns, Question};

/// Scopes whose patterns are kept; those not asked for longest make room.
const MAX_SCOPES: u64 = 1_024;

/// Of one scope: 256 MiB in all scopes at the very most, and mostly far less.
fn limits() -> PatternLimits {
    PatternLimits { patterns: 128, bytes: 256 * 1024, ..PatternLimits::default() }
}

/// Patterns by scope.
pub struct PatternBook(Cache<Digest128, Arc<Mutex<Patterns>>>);

impl Default for PatternBook {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_SCOPES).eviction_policy(EvictionPolicy::lru()).build())
    }
}

impl PatternBook {
    /// The answer of the proven pattern that fits a question, if a solver's answer was as it predicted within `ttl_ms`: what
    /// is only ever answered by a pattern would never be found to have changed.
    pub fn answer(
        &self,
        scope: Digest128,
        question: &Question,
        ttl_ms: u64,
        now_ms: u64,
    ) -> Option<(PatternSaid, Answer)> {
        let patterns = self.0.get(&scope)?;
        let mut patterns = patterns.lock();
        let filled = patterns.answer(&question.prompt)?;
        if now_ms.saturating_sub(filled.evidence.right_ms) >= ttl_ms {
            return None;
        }
        patterns.served(filled.pattern_id, now_ms);
        let said = PatternSaid { id: filled.pattern_id, right: filled.evidence.right };
        Some((said, Answer::new(&filled.fields, 0, Source::Pattern.label().into())))
    }

    /// Why a prompt is answered, or is not, as of now.
    pub fn explain(&self, scope: Digest128, prompt: &str) -> Option<String> {
        Some(self.0.get(&scope)?.lock().explain(prompt).reason)
    }

    /// Learns from a solver's answer. Tells whether there is something to keep.
    pub fn learn(&self, scope: Digest128, question: &Question, answer: &Answer, now_ms: u64) -> bool {
        let new = || Arc::new(Mutex::new(Patterns::new(limits())));
        let patterns = self.0.get_with(scope, new);
        let events = patterns.lock().learn(&question.prompt, &answer.fields(), now_ms);
        !events.is_empty()
    }

    /// This answer to this prompt was wrong: the pattern that gives it too goes. Tells whether there was one.
    pub fn contradict(&self, scope: Digest128, prompt: &str, wrong: &Answer) -> bool {
        let Some(patterns) = self.0.get(&scope) else { return false };
        let mut patterns = patterns.lock();
        let filled = patterns.answer(prompt).filter(|filled| filled.fields == wrong.fields());
        filled.and_then(|filled| patterns.contradict(filled.pattern_id)).is_some()
    }

    /// A pattern's answer was wrong.
    pub fn drop(&self, scope: Digest128, id: u64) -> bool {
        self.0.get(&scope).is_some_and(|patterns| patterns.lock().contradict(id).is_some())
    }

    /// Forgets the patterns of a scope, or all.
    pub fn clear(&self, scope: Option<Digest128>) {
        match scope {
            Some(scope) => self.0.invalidate(&scope),
            None => self.0.invalidate_all(),
        }
    }

    /// The patterns of a scope.
    pub fn list(&self, scope: Digest128) -> Vec<PatternRow> {
        let Some(patterns) = self.0.get(&scope) else { return Vec::new() };
        let row = |listed: crate::domain::ListedPattern| PatternRow {
            id: listed.id,
            template: listed.template,
            proven: listed.proven,
            right: listed.evidence.right,
            required: listed.evidence.required,
            served: listed.evidence.served,
            last_used_ms: listed.evidence.last_used_ms,
        };
        patterns.lock().list().map(row).collect()
    }

    /// The patterns of a scope as they survive a restart.
    pub fn kept(&self, scope: Digest128) -> Option<Arc<Mutex<Patterns>>> {
        self.0.get(&scope)
    }

    /// As they were before a restart; nothing when another version wrote them.
    pub fn restore(&self, scope: Digest128, json: &str) {
        match serde_json::from_str(json) {
            Ok(stored) => {
                let patterns = Patterns::load(stored, limits());
                self.0.insert(scope, Arc::new(Mutex::new(patterns)));
            }
            Err(error) => tracing::warn!("the patterns of a scope cannot be read and are learnt anew: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_asked_for_longest_ago_make_room() {
        let book = PatternBook::default();
        let scope = |number: u64| Digest128::from_bytes(u128::from(number).to_le_bytes());
        let fields = json!({"text": "Dune"});
        let answer = Answer::new(fields.as_object().expect("an object"), 1, "web".into());
        let question = Question { synapse: "S".into(), prompt: "Type 'Dune' here".into(), scope: "[]".into() };
        for number in 0..2 * MAX_SCOPES {
            assert!(book.learn(scope(number), &question, &answer, number));
            book.0.run_pending_tasks();
            assert!(book.0.entry_count() <= MAX_SCOPES);
        }
        assert!(book.kept(scope(0)).is_none() && book.kept(scope(2 * MAX_SCOPES - 1)).is_some());
    }
}
