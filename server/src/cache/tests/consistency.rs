//! Random operations: whatever happens, in whatever order, the parts agree.

use std::collections::BTreeSet;

use lode_shared::Source;
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Remember(u8, u8),
    Ask(u8),
    Judge(u8, bool),
    Pass(u16),
    Resize(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..24u8, 0..3u8).prop_map(|(prompt, answer)| Step::Remember(prompt, answer)),
        4 => (0..24u8).prop_map(Step::Ask),
        1 => (0..24u8, any::<bool>()).prop_map(|(prompt, right)| Step::Judge(prompt, right)),
        1 => (0..2_000u16).prop_map(Step::Pass),
        1 => (1..12u8).prop_map(Step::Resize),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: index, tiers and counters hold the same entries, bounds hold, and what is given
    /// is what was last stored for that very question, within its time.
    #[test]
    fn tiers_index_and_counters_stay_consistent(steps in prop::collection::vec(step(), 0..120)) {
        let cache = cache_of(8, 6);
        let (mut now_ms, mut capacity) = (START_MS, 8);
        let mut last: std::collections::HashMap<u8, (String, u64)> = std::collections::HashMap::new();
        // Every prompt holds a number of its own, so none may get another's answer.
        let ask = |prompt: u8| asked_at(&format!("Show me page {prompt}"), &format!("[{}]", prompt % 3));
        for step in steps {
            match step {
                Step::Remember(prompt, text) => {
                    let text = format!("{prompt}:{text}");
                    cache.remember(&ask(prompt), answer(&text), now_ms);
                    last.insert(prompt, (text, now_ms));
                }
                Step::Ask(prompt) => {
                    if let Some((source, fields)) = found(&cache, &ask(prompt), now_ms) {
                        let (text, stored_ms) = &last[&prompt];
                        prop_assert_eq!(fields["reply"].as_str(), Some(text.as_str()));
                        prop_assert!(source == Source::Memory || now_ms - stored_ms < TTL_MS);
                    }
                }
                Step::Judge(prompt, right) => {
                    let look = look(&cache, &ask(prompt), now_ms);
                    let judged = cache.judge(look.request_id, judged(right), now_ms);
                    prop_assert_eq!(judged, look.found.is_some());
                    if judged && !right {
                        prop_assert!(found(&cache, &ask(prompt), now_ms).is_none());
                    }
                }
                Step::Pass(seconds) => now_ms += u64::from(seconds) * 1_000,
                Step::Resize(entries) => {
                    capacity = u64::from(entries);
                    cache.resize(capacity);
                }
            }
            let stats = cache.stats(now_ms);
            let scopes = cache.shelf.scopes.all();
            prop_assert!(scopes.iter().all(|(_, scope)| scope.is_consistent() && scope.len() > 0));
            let entries: Vec<_> = scopes.iter().flat_map(|(_, scope)| scope.entries()).collect();
            prop_assert!(stats.entries <= capacity && stats.memory_entries <= 6, "{:?}", stats);
            prop_assert_eq!(stats.entries + stats.memory_entries, entries.len() as u64);
            prop_assert_eq!(stats.size_bytes, entries.iter().map(|entry| entry.size_bytes()).sum::<u64>());
            let keys: BTreeSet<_> = entries.iter().map(|entry| entry.key).collect();
            prop_assert_eq!(keys.len(), entries.len(), "one entry for a question");
        }
    }
}
