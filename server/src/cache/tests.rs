//! The cache's promises. Time is an argument; the store is a real one where something has to survive.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use lode_shared::{Settings, Source};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::{Answer, LabelKind, Question};
use crate::ports::{Found, Judged, Recall, Recollection};
use crate::store::Store;

const SETTINGS: Settings = Settings { match_threshold: 0.95, ttl_s: 600 };
const START_MS: u64 = 1_800_000_000_000;
const TTL_MS: u64 = 600_000;

/// Without patterns.
fn cache_of(entries: u64, memory: usize) -> AnswerCache {
    let max_ttl = Duration::from_secs(1_800);
    let capacity = Capacity { entries, memory, texts: 500, max_ttl, similar: true, patterns: false };
    AnswerCache::new(&capacity, Embedder::Table)
}

fn cache() -> AnswerCache {
    let capacity = crate::config::CacheConfig::default().capacity(Duration::from_secs(1_800));
    AnswerCache::new(&capacity, Embedder::Table)
}

fn question(prompt: &str) -> Question {
    asked_at(prompt, r#"["http://shop.example/?seed=1"]"#)
}

fn asked_at(prompt: &str, scope: &str) -> Question {
    Question { synapse: "TaskSynapse".into(), prompt: prompt.into(), scope: scope.into() }
}

fn answer(text: &str) -> Arc<Answer> {
    answer_of(json!({ "reply": text }))
}

fn answer_of(fields: Value) -> Arc<Answer> {
    Arc::new(Answer::new(fields.as_object().expect("an object"), 2_000, "web".into()))
}

fn look(cache: &AnswerCache, question: &Question, now_ms: u64) -> Recollection {
    cache.recall(question, SETTINGS, now_ms).now_or_never().expect("the table does not wait")
}

fn found(cache: &AnswerCache, question: &Question, now_ms: u64) -> Option<(Source, Map<String, Value>)> {
    let Found { answer, source } = look(cache, question, now_ms).found?;
    Some((source, answer.fields()))
}

fn reply(cache: &AnswerCache, prompt: &str, now_ms: u64) -> Option<(Source, String)> {
    let (source, fields) = found(cache, &question(prompt), now_ms)?;
    Some((source, fields["reply"].as_str().expect("a text").to_owned()))
}

fn judged(right: bool) -> Judged {
    Judged { right, kind: LabelKind::Validator, sampling_rate: 1.0 }
}

#[test]
fn an_answer_is_given_again_until_its_time_is_over_in_its_scope_alone() {
    let cache = cache();
    cache.remember(&question("Show me the cart"), answer("a"), START_MS);
    let prompt = "Show me the cart";
    assert_eq!(reply(&cache, prompt, START_MS + TTL_MS - 1), Some((Source::Exact, "a".into())));
    assert_eq!(reply(&cache, prompt, START_MS + TTL_MS), None, "and is not proven enough for more");
    for scope in [r#"["http://other.example/?seed=1"]"#, r#"["http://shop.example/?seed=2"]"#] {
        assert_eq!(found(&cache, &asked_at(prompt, scope), START_MS), None, "{scope}");
    }
}

#[test]
fn a_similar_prompt_gets_the_answer_and_is_not_stored_with_it() {
    let cache = cache();
    cache.remember(&question("Show me details for the book 'Dune'"), answer("a"), START_MS);
    let similar = "Please show me details for the book 'Dune'";
    assert_eq!(reply(&cache, similar, START_MS + 1), Some((Source::Semantic, "a".into())));
    assert_eq!(
        reply(&cache, similar, START_MS + 2),
        Some((Source::Semantic, "a".into())),
        "not exact: it was not stored"
    );
    assert_eq!(cache.stats(START_MS).entries, 1);
}

#[test]
fn a_prompt_with_another_value_is_never_answered_whatever_the_threshold() {
    let cache = cache();
    cache.remember(&question("Buy 2 tickets for 'Dune' where the hall equals 'North'"), answer("a"), START_MS);
    let eager = Settings { match_threshold: 0.0, ..SETTINGS };
    for other in [
        "Buy 3 tickets for 'Dune' where the hall equals 'North'",
        "Buy 2 tickets for 'Emma' where the hall equals 'North'",
        "Buy 2 tickets for 'Dune' where the hall not equals 'North'",
    ] {
        let look = cache.recall(&question(other), eager, START_MS).now_or_never().expect("no waiting");
        assert!(look.found.is_none(), "{other}");
        let why = cache.explain(look.request_id, START_MS).expect("among the last");
        assert!(why.candidates[0].conflict.is_some() && why.verdict.contains("conflicts"), "{why:?}");
    }
}

#[test]
fn one_contradiction_quarantines_an_answer_until_another_is_solved() {
    let cache = cache();
    let prompt = "Open the settings page";
    cache.remember(&question(prompt), answer("wrong"), START_MS);
    let look = look(&cache, &question(prompt), START_MS + 1);
    assert!(cache.judge(look.request_id, judged(false), START_MS + 2));
    assert!(!cache.judge(look.request_id, judged(true), START_MS + 2), "a request has one outcome");
    assert_eq!(reply(&cache, prompt, START_MS + 3), None);
    assert_eq!(reply(&cache, "Please open the settings page", START_MS + 3), None, "nor for a similar prompt");
    cache.remember(&question(prompt), answer("wrong"), START_MS + 4);
    assert_eq!(reply(&cache, prompt, START_MS + 5), None, "the same mistake again is no cure");
    cache.remember(&question(prompt), answer("right"), START_MS + 6);
    assert_eq!(reply(&cache, prompt, START_MS + 7), Some((Source::Exact, "right".into())));
}

#[test]
fn beyond_its_time_only_an_answer_that_has_proven_itself_is_given() {
    let cache = cache();
    for (prompt, labels) in [("Show me the proven page", 40), ("Read out an unproven text", 0)] {
        cache.remember(&question(prompt), answer(prompt), START_MS);
        for _ in 0..labels {
            let look = look(&cache, &question(prompt), START_MS + 1);
            assert!(cache.judge(look.request_id, judged(true), START_MS + 1));
        }
    }
    let late = START_MS + TTL_MS + 1;
    assert_eq!(reply(&cache, "Read out an unproven text", late), None);
    let proven = Some((Source::Memory, "Show me the proven page".to_owned()));
    assert_eq!(reply(&cache, "Show me the proven page", late), proven);
    assert_eq!(cache.stats(late).memory_entries, 2, "both are kept as candidates");
    // Labels fade: what was right a month ago is not known to be right now.
    assert_eq!(reply(&cache, "Show me the proven page", START_MS + 30 * 86_400_000), None);
}

#[test]
fn the_least_recently_used_go_first_and_the_capacity_changes_while_running() {
    let cache = cache_of(3, 0);
    let prompts = ["Open the inbox", "Delete my account", "Play some jazz", "Call a taxi"];
    for (prompt, at) in prompts.iter().zip(0..) {
        cache.remember(&question(prompt), answer(prompt), START_MS + at);
        // Used again: not the next to go.
        assert!(reply(&cache, prompts[0], START_MS + at).is_some());
        cache.exact.settle();
    }
    let held = |cache: &AnswerCache, now| prompts.map(|prompt| reply(cache, prompt, now).is_some());
    assert_eq!(held(&cache, START_MS + 10), [true, false, true, true]);
    assert!(reply(&cache, prompts[2], START_MS + 20).is_some());
    cache.resize(1);
    assert_eq!(held(&cache, START_MS + 30), [false, false, true, false]);
    cache.resize(10);
    cache.remember(&question(prompts[0]), answer("a"), START_MS + 40);
    assert_eq!((cache.stats(START_MS).entries, cache.stats(START_MS).capacity), (2, 10));
}

#[test]
fn a_solvers_answer_after_a_near_miss_is_a_label() {
    let cache = cache();
    cache.remember(&question("find a cheap hotel near the station"), answer("a"), START_MS);
    let strict = Settings { match_threshold: 1.0, ..SETTINGS };
    let asked = question("look for an inexpensive hotel close to the station");
    let look = cache.recall(&asked, strict, START_MS).now_or_never().expect("no waiting");
    assert!(look.found.is_none());
    let labelled = |cache: &AnswerCache| cache.what_if(START_MS + 1).iter().any(|point| point.labels > 0.0);
    assert!(!labelled(&cache));
    cache.remember(&asked, answer("a"), START_MS + 1);
    assert!(labelled(&cache));
}

#[test]
fn a_pattern_answers_new_values_after_three_right_predictions_and_never_after_a_wrong_one() {
    let cache = cache();
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    let plan = |name: &str| answer_of(json!({"actions": [{"type": "TypeAction", "text": name, "selector": "#name"}]}));
    let names = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"];
    for (name, at) in names.iter().zip(0..) {
        cache.remember(&ask(name), plan(name), START_MS + at);
    }
    let (source, fields) = found(&cache, &ask("Tony"), START_MS + 10).expect("a pattern");
    assert_eq!((source, &fields["actions"][0]["text"]), (Source::Pattern, &json!("Tony")));
    let elsewhere = asked_at("Type 'Tony' into the name field", "[]");
    assert_eq!(found(&cache, &elsewhere, START_MS + 10), None, "another scope");
    let look = look(&cache, &ask("Leslie"), START_MS + 11);
    assert!(cache.judge(look.request_id, judged(false), START_MS + 12));
    assert_eq!(found(&cache, &ask("Tony"), START_MS + 13), None);
}

#[test]
fn a_pattern_lets_a_question_through_now_and_then_so_that_a_change_is_found() {
    let cache = cache();
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"].iter().zip(0..) {
        cache.remember(&ask(name), answer_of(json!({"text": name, "field": "name"})), START_MS + at);
    }
    let late = START_MS + 5 + TTL_MS;
    assert!(found(&cache, &ask("Tony"), late - 1).is_some());
    assert_eq!(found(&cache, &ask("Tony"), late), None, "nobody has seen it right for as long as an answer lives");
    cache.remember(&ask("Tony"), answer_of(json!({"text": "Tony", "field": "name"})), late);
    assert!(found(&cache, &ask("Leslie"), late + 1).is_some());
}

#[test]
fn an_answer_that_was_wrong_for_another_prompt_is_left_to_its_own() {
    let cache = cache();
    let own = "Show me details for the book 'Dune'";
    cache.remember(&question(own), answer("a"), START_MS);
    let other = look(&cache, &question("Please show me details for the book 'Dune'"), START_MS + 1);
    assert!(cache.judge(other.request_id, judged(false), START_MS + 2));
    assert_eq!(reply(&cache, "Please show me details for the book 'Dune'", START_MS + 3), None);
    assert_eq!(reply(&cache, own, START_MS + 3), Some((Source::Exact, "a".into())));
}

#[test]
fn a_late_verdict_finds_the_answer_where_it_stands_by_now() {
    let cache = cache();
    cache.remember(&question("Open the inbox"), answer("a"), START_MS);
    let first = look(&cache, &question("Open the inbox"), START_MS + 1);
    cache.remember(&question("Open the inbox"), answer("a"), START_MS + 2);
    assert!(cache.judge(first.request_id, judged(false), START_MS + 3));
    assert_eq!(reply(&cache, "Open the inbox", START_MS + 4), None, "the new entry says the same");
    cache.remember(&question("Open the inbox"), answer("b"), START_MS + 5);
    let second = look(&cache, &question("Open the inbox"), START_MS + 6);
    cache.remember(&question("Open the inbox"), answer("c"), START_MS + 7);
    assert!(cache.judge(second.request_id, judged(false), START_MS + 8));
    assert_eq!(reply(&cache, "Open the inbox", START_MS + 9), Some((Source::Exact, "c".into())), "this one does not");
}

#[test]
fn a_pattern_that_gives_a_contradicted_answer_goes_with_it() {
    let cache = cache();
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald"].iter().zip(0..) {
        cache.remember(&ask(name), answer_of(json!({"text": name, "field": "name"})), START_MS + at);
    }
    let exact = look(&cache, &ask("Ada"), START_MS + 10);
    assert!(cache.judge(exact.request_id, judged(false), START_MS + 11));
    assert_eq!(found(&cache, &ask("Ada"), START_MS + 12), None, "the pattern would say the same");
}

#[test]
fn examples_are_the_nearest_answers_that_nobody_contradicted() {
    let cache = cache();
    for prompt in ["Play some jazz music", "Open the inbox", "Play some rock music"] {
        cache.remember(&question(prompt), answer(prompt), START_MS);
    }
    let look = look(&cache, &question("Play some rock music"), START_MS);
    cache.judge(look.request_id, judged(false), START_MS);
    let examples = cache.examples(&question("Play some blues music"), 2);
    assert_eq!(examples[0].prompt, "Play some jazz music");
    assert!(examples.iter().all(|example| example.prompt != "Play some rock music"));
}

struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn store(&self) -> Store {
        let (store, writer) = Store::open(self.folder.path()).expect("a data folder");
        std::thread::spawn(move || writer.run());
        store
    }
}

async fn loaded(store: &Store, now_ms: u64) -> Arc<AnswerCache> {
    let cache = Arc::new(cache());
    cache.load(store, now_ms).await.expect("readable");
    cache
}

#[tokio::test]
async fn a_restart_keeps_answers_their_use_their_labels_and_the_patterns() {
    let disk = Disk::new();
    let first = loaded(&disk.store(), START_MS).await;
    first.remember(&question("Show me details for the book 'Dune'"), answer("a"), START_MS);
    first.remember(&question("Open the inbox"), answer("b"), START_MS);
    let given = look(&first, &question("Open the inbox"), START_MS + 1);
    first.judge(given.request_id, judged(false), START_MS + 2);
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara"].iter().zip(0..) {
        let plan = answer_of(json!({"text": name, "field": "name"}));
        first.remember(&question(&format!("Type '{name}' into the name field")), plan, START_MS + at);
    }
    first.flush(&disk.store()).await.expect("written");

    let second = loaded(&disk.store(), START_MS + 10).await;
    assert_eq!(reply(&second, "Show me details for the book 'Dune'", START_MS + 10), Some((Source::Exact, "a".into())));
    let similar = reply(&second, "Please show me details for the book 'Dune'", START_MS + 10);
    assert_eq!(similar, Some((Source::Semantic, "a".into())));
    assert_eq!(reply(&second, "Open the inbox", START_MS + 10), None, "contradicted it stays");
    let (source, fields) =
        found(&second, &question("Type 'Tony' into the name field"), START_MS + 10).expect("a pattern");
    assert_eq!((source, &fields["text"]), (Source::Pattern, &json!("Tony")));
    let (total, rows) = second.entries(&EntryQuery { search: "inbox".into(), ..EntryQuery::default() }, START_MS + 10);
    assert_eq!((total, rows[0].hits, rows[0].quarantined, &*rows[0].solver), (1, 1, true, "web"));
    second.remember(&question("Call a taxi"), answer("c"), START_MS + 20);
    let (_, rows) = second.entries(&EntryQuery::default(), START_MS + 20);
    let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "ids go on counting");
}

#[tokio::test]
async fn what_is_forgotten_stays_forgotten_after_a_restart() {
    for what in ["all", "scope", "before", "entry"] {
        let disk = Disk::new();
        let store = disk.store();
        let first = loaded(&store, START_MS).await;
        let (old, new) = (question("Open the inbox"), asked_at("Play some jazz", "[]"));
        first.remember(&old, answer("a"), START_MS);
        first.remember(&new, answer("b"), START_MS + 5_000);
        first.flush(&store).await.expect("written");
        let id = first.entries(&EntryQuery { search: "inbox".into(), ..EntryQuery::default() }, START_MS).1[0].id;
        let what_is_meant = match what {
            "all" => Forget::All,
            "scope" => Forget::Scope(old.scope_digest()),
            "before" => Forget::Before(START_MS + 100),
            _ => Forget::Entry(id),
        };
        let expected = if what == "all" { 2 } else { 1 };
        assert_eq!(first.forget(what_is_meant, &store, START_MS + 6_000).await.expect("written"), expected, "{what}");
        // As after SIGKILL: nothing more is written.
        let second = loaded(&disk.store(), START_MS + 7_000).await;
        for cache in [&first, &second] {
            assert_eq!(found(cache, &old, START_MS + 7_000), None, "{what}");
            assert_eq!(found(cache, &new, START_MS + 7_000).is_some(), what != "all", "{what}");
        }
    }
}

#[tokio::test]
async fn forgotten_patterns_stay_forgotten_also_those_that_waited_for_the_disk() {
    let disk = Disk::new();
    let store = disk.store();
    let first = loaded(&store, START_MS).await;
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara"].iter().zip(0..) {
        first.remember(&ask(name), answer_of(json!({"text": name, "field": "name"})), START_MS + at);
    }
    assert!(found(&first, &ask("Tony"), START_MS + 10).is_some());
    // Nothing is on disk yet.
    let scope = Forget::Scope(ask("Tony").scope_digest());
    assert_eq!(first.forget(scope, &store, START_MS + 11).await.expect("written"), 5);
    first.flush(&store).await.expect("written");
    let second = loaded(&disk.store(), START_MS + 12).await;
    for cache in [&first, &second] {
        assert_eq!(found(cache, &ask("Tony"), START_MS + 12), None);
        assert_eq!(found(cache, &ask("Ada"), START_MS + 12), None);
    }
}

#[tokio::test]
async fn a_row_that_reaches_the_disk_after_its_scope_was_forgotten_is_not_read_back() {
    let disk = Disk::new();
    let store = disk.store();
    let first = loaded(&store, START_MS).await;
    let old = question("Open the inbox");
    first.remember(&old, answer("a"), START_MS);
    // The epoch is on disk before the row is.
    let epoch = crate::store::Epoch { scope: Some(*old.scope_digest().as_bytes()), at_ms: START_MS + 1 };
    store.answers(vec![crate::store::AnswerWrite::Epoch(epoch)]).await.expect("written");
    first.flush(&store).await.expect("written");
    let second = loaded(&disk.store(), START_MS + 2).await;
    assert_eq!(found(&second, &old, START_MS + 2), None);
}

#[tokio::test]
async fn a_solve_that_began_before_its_scope_was_forgotten_is_not_kept() {
    let disk = Disk::new();
    let store = disk.store();
    let cache = loaded(&store, START_MS).await;
    let asked = question("Open the inbox");
    cache.forget(Forget::Scope(asked.scope_digest()), &store, START_MS).await.expect("written");
    // Answers here take two seconds to solve.
    cache.remember(&asked, answer("stale"), START_MS + 1_000);
    assert_eq!(found(&cache, &asked, START_MS + 1_000), None);
    cache.remember(&asked, answer("fresh"), START_MS + 2_002);
    assert_eq!(reply(&cache, "Open the inbox", START_MS + 2_002), Some((Source::Exact, "fresh".into())));
}

#[test]
fn a_huge_answer_is_not_kept() {
    let cache = cache();
    cache.remember(&question("Open the inbox"), answer(&"x".repeat(70_000)), START_MS);
    assert_eq!(reply(&cache, "Open the inbox", START_MS), None);
    assert_eq!(cache.stats(START_MS).size_bytes, 0);
}

#[test]
fn explanations_tell_the_tier_the_candidates_and_the_threshold() {
    let cache = cache();
    cache.remember(&question("Show me details for the book 'Dune'"), answer("a"), START_MS);
    let exact = look(&cache, &question("Show me details for the book 'Dune'"), START_MS + 1).request_id;
    let similar = look(&cache, &question("Please show me details for the book 'Dune'"), START_MS + 1).request_id;
    let missed = look(&cache, &asked_at("Show me", "[]"), START_MS + 1).request_id;
    let why = |id| cache.explain(id, START_MS + 2).expect("among the last");
    assert_eq!((why(exact).request.source, why(exact).candidates.len()), (Some(Source::Exact), 0));
    let similar = why(similar);
    assert_eq!((similar.request.source, similar.match_threshold), (Some(Source::Semantic), 0.95));
    let candidate = &similar.candidates[0];
    assert!(candidate.chance.is_some_and(|chance| chance >= 0.95) && !candidate.features.is_empty(), "{candidate:?}");
    assert!(why(missed).verdict.contains("no remembered prompt"), "{}", why(missed).verdict);
    assert_eq!(cache.explain(99, START_MS), None);
    assert_eq!(cache.requests(2).iter().map(|row| row.id).collect::<Vec<_>>(), [3, 2]);
}

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
