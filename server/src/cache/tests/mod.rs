//! The cache's promises. Time is an argument; the store is a real one where something has to survive.

mod consistency;
mod figures;
mod remote;
mod restart;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use lode_shared::{Settings, Source};
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::{Answer, LabelKind, Question};
use crate::ports::{Found, Judged, Look, Recall, Recollection, Steered};

const SETTINGS: Settings = Settings { ttl_s: 600, ..Settings::DEFAULT };
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
    look_with(cache, question, SETTINGS, now_ms)
}

fn look_with(cache: &AnswerCache, question: &Question, settings: Settings, now_ms: u64) -> Recollection {
    cache.recall(question, next_look(settings, now_ms)).now_or_never().expect("the table does not wait")
}

/// Of a request of its own.
fn next_look(settings: Settings, now_ms: u64) -> Look {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    Look { request_id: REQUESTS.fetch_add(1, Ordering::Relaxed), settings, now_ms }
}

fn found(cache: &AnswerCache, question: &Question, now_ms: u64) -> Option<(Source, Map<String, Value>)> {
    let Found { answer, source, .. } = look(cache, question, now_ms).found?;
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
        let look = look_with(&cache, &question(other), eager, START_MS);
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
    let look = look_with(&cache, &asked, strict, START_MS);
    assert!(look.found.is_none());
    let labelled = |cache: &AnswerCache| cache.what_if(START_MS + 1).iter().any(|point| point.labels > 0.0);
    assert!(!labelled(&cache));
    cache.remember(&asked, answer("a"), START_MS + 1);
    assert!(labelled(&cache));
}

#[test]
fn with_similar_answers_off_only_the_very_question_is_answered_and_labels_still_come() {
    let cache = cache();
    let (kept, asked) = (
        question("find a cheap hotel near the station"),
        question("look for an inexpensive hotel close to the station"),
    );
    cache.remember(&kept, answer("a"), START_MS);
    let off = Settings { match_threshold: 0.0, exact_only: true, ..SETTINGS };
    let look = look_with(&cache, &asked, off, START_MS);
    assert!(look.found.is_none() && look.nearest.is_none(), "nor is it sent rather than nothing");
    assert_eq!(look_with(&cache, &kept, off, START_MS).found.map(|found| found.source), Some(Source::Exact));
    cache.remember(&asked, answer("a"), START_MS + 1);
    assert!(cache.what_if(START_MS + 1).iter().any(|point| point.labels > 0.0), "so that it may end");
}

#[test]
fn answers_that_change_are_watched_whoever_asks_again() {
    let cache = cache();
    let asked = question("Open the inbox");
    let hour_ms = 3_600_000;
    for (hour, text) in [(0, "a"), (1, "a"), (2, "b")] {
        cache.remember(&asked, answer(text), START_MS + hour * hour_ms);
    }
    let labels = cache.labels(&[0.95], START_MS + 2 * hour_ms);
    let hazard = labels.hazard.expect("watched twice");
    assert!((hazard.changed - 1.0).abs() < 0.1 && hazard.watched_s > 5_000.0, "{hazard:?}");
    assert_eq!(labels.changes_seen, 1);
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
    cache.remember(&question(own), answer("a"), START_MS + 4);
    assert_eq!(
        reply(&cache, "Please show me details for the book 'Dune'", START_MS + 5),
        None,
        "the same answer again"
    );
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
    assert_eq!(cache.explain(u64::MAX, START_MS), None);
}

#[test]
fn only_the_last_looks_are_kept() {
    let cache = cache_of(8, 6);
    let first = look(&cache, &question("Open page 0"), START_MS).request_id;
    let ids: Vec<_> =
        (1..2_000).map(|page| look(&cache, &question(&format!("Open page {page}")), START_MS).request_id).collect();
    assert_eq!(cache.explain(first, START_MS), None);
    let explained = ids.into_iter().filter(|id| cache.explain(*id, START_MS).is_some()).count();
    assert_eq!(explained, 1_024);
}

#[test]
fn an_example_is_never_the_answer_that_is_to_be_judged() {
    let cache = cache();
    for (prompt, text) in [("find a cheap hotel near the station", "a"), ("find a cheap hotel near the airport", "b")] {
        cache.remember(&question(prompt), answer(text), START_MS);
    }
    let strict = Settings { match_threshold: 1.0, ..SETTINGS };
    let asked = question("look for an inexpensive hotel close to the station");
    let examples = |question: &Question| {
        let examples = cache.examples(question, 8);
        examples.iter().map(|example| example.prompt.clone()).collect::<Vec<_>>()
    };
    assert_eq!(examples(&asked).len(), 2);
    assert!(look_with(&cache, &asked, strict, START_MS).found.is_none(), "a near miss");
    assert_eq!(examples(&asked), ["find a cheap hotel near the airport"], "the other is compared with the answer");
    assert_eq!(examples(&question("find a cheap hotel near the airport")), ["find a cheap hotel near the station"]);
}

#[test]
fn a_scope_goes_with_its_last_entry() {
    let cache = cache_of(8, 6);
    for scope in 0..500 {
        cache.remember(&asked_at("Open the inbox", &format!("[{scope}]")), answer("a"), START_MS);
    }
    let stats = cache.stats(START_MS);
    assert_eq!((stats.entries, stats.memory_entries, cache.scopes()), (8, 6, 14));
}
