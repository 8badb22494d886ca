//! Patterns across a restart, within their bounds, and explained.

use serde_json::json;

use super::tests::{answer, fields, logged_in, login, patterns};
use super::*;

#[test]
fn patterns_survive_a_restart() {
    let mut patterns = logged_in(4);
    patterns.served(1, 77);
    patterns.learn("Buy 2 tickets for 'Dune'", &fields(json!({"film": "Dune", "n": 2.50})), 5);
    let text = serde_json::to_string(&patterns.store()).expect("plain data");
    let again = Patterns::load(serde_json::from_str(&text).expect("as written"), Limits::default());
    assert!(patterns.list().eq(again.list()));
    let (prompt, truth) = login("maria", "s3cret");
    assert_eq!(answer(&again, &prompt), Some(truth));
    let none = Limits { patterns: 1, ..Limits::default() };
    assert_eq!(Patterns::load(patterns.store(), none).len(), 1);
}

#[test]
fn a_deep_answer_survives_a_restart() {
    let mut patterns = patterns();
    let deep = |levels: usize| (0..levels).fold(json!("Dune"), |inside, _| json!({"in": [inside]}));
    assert!(patterns.learn("Take 'Dune' now", &fields(deep(12)), 0).len() == 1);
    assert!(patterns.learn("Take 'Dune' again", &fields(deep(13)), 0).is_empty(), "deeper than is learnt");
    let text = serde_json::to_string(&patterns.store()).expect("plain data");
    serde_json::from_str::<super::store::Stored>(&text).expect("not too deep for the parser");
}

#[test]
fn damaged_patterns_are_left_out() {
    let stored = serde_json::to_string(&logged_in(4).store()).expect("plain data");
    for (from, to) in [("\"slots\":3", "\"slots\":2"), ("\"slot\":1", "\"slot\":9"), ("\"version\":1", "\"version\":0")]
    {
        assert!(stored.contains(from), "{from}");
        let stored = serde_json::from_str(&stored.replace(from, to)).expect("still of the form");
        assert!(Patterns::load(stored, Limits::default()).is_empty(), "{to}");
    }
}

#[test]
fn room_is_made_by_the_least_useful() {
    let limits = Limits { patterns: 8, ..Limits::default() };
    let mut patterns = Patterns::new(limits);
    for (prompt, truth) in (0..4).map(|number| login(&format!("user{number}"), "secret7")) {
        patterns.learn(&prompt, &fields(truth), 0);
    }
    for number in 0..100 {
        let prompt = format!("Task of kind k{number}x with value '{number}'");
        patterns.learn(&prompt, &fields(json!({"value": number})), 1);
        assert!(patterns.len() <= 8);
    }
    assert!(answer(&patterns, &login("maria", "secret7").0).is_some());
    patterns.clear();
    assert!(patterns.is_empty() && patterns.proven.is_empty() && patterns.candidates.is_empty());
}

#[test]
fn memory_stays_within_its_bound() {
    let limits = Limits { bytes: 64 << 10, ..Limits::default() };
    let mut patterns = Patterns::new(limits);
    for number in 0..60 {
        let prompt = format!("Task {} of '{number}x'", "a".repeat(number % 7));
        let truth = json!({"value": format!("{number}x"), "rest": "r".repeat(300 * (number % 50)), "k": number / 10});
        patterns.learn(&prompt, &fields(truth), 0);
        assert!(patterns.size_bytes() <= 80 << 10, "{}", patterns.size_bytes());
    }
}

#[test]
fn an_answer_stays_within_its_bound() {
    let limits = Limits { answer_bytes: 200, ..Limits::default() };
    let mut patterns = Patterns::new(limits);
    for word in ["aa1", "bb2", "cc3", "dd4"] {
        patterns.learn(&format!("Say '{word}' thrice"), &fields(json!({"text": format!("{word} {word} {word}")})), 0);
    }
    assert!(answer(&patterns, "Say 'ee5' thrice").is_some());
    assert_eq!(answer(&patterns, &format!("Say '{}' thrice", "e".repeat(70))), None);
}

#[test]
fn an_explanation_says_what_is_missing() {
    let patterns = logged_in(3);
    let explained = patterns.explain("Log in as maria with password s3cret");
    assert_eq!(explained.reason, "pattern 1: 2 of 3 answers predicted");
    let values = [("{1}", "maria"), ("password", "password"), ("{2}", "s3cret")];
    assert_eq!(explained.fitting[0].values, values.map(|(slot, value)| (slot.to_owned(), value.to_owned())));
    let patterns = logged_in(4);
    assert!(patterns.explain("Log in as maria with password s3cret").answered);
    let explained = patterns.explain("Log in as maria with token s3cret");
    assert_eq!(explained.reason, "pattern 1: every right prediction had “password” where this prompt differs");
    assert_eq!(patterns.explain("Something else").reason, "no pattern fits");
}
