//! Patterns from the outside: what they learn, when they answer, and what must never happen.

use serde_json::{Map, Value, json};

use super::*;

pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("an answer is an object: {other}"),
    }
}

pub(super) fn patterns() -> Patterns {
    Patterns::new(Limits::default())
}

/// Learns all pairs in turn and checks that nothing wrong was answered before.
pub(super) fn taught(pairs: &[(&str, Value)]) -> Patterns {
    let mut patterns = patterns();
    for (now, (prompt, answer)) in pairs.iter().enumerate() {
        if let Some(filled) = patterns.answer(prompt) {
            assert_eq!(Value::Object(filled.fields), *answer, "{prompt}");
        }
        patterns.learn(prompt, &fields(answer.clone()), now as u64);
    }
    patterns
}

pub(super) fn answer(patterns: &Patterns, prompt: &str) -> Option<Value> {
    patterns.answer(prompt).map(|filled| Value::Object(filled.fields))
}

pub(super) fn login(user: &str, password: &str) -> (String, Value) {
    let prompt = format!("Log in as {user} with password {password}");
    let answer = json!({"actions": [
        {"type": "NavigateAction", "url": "http://h/?seed=3"},
        {"type": "TypeAction", "text": user, "selector": {"type": "id", "value": "user"}},
        {"type": "TypeAction", "text": password, "selector": {"type": "id", "value": "password"}},
        {"type": "ClickAction", "x": 10, "y": 20.5},
    ]});
    (prompt, answer)
}

/// A scope that knows how to log in.
pub(super) fn logged_in(pairs: usize) -> Patterns {
    let mut patterns = patterns();
    for number in 0..pairs {
        let (prompt, answer) = login(&format!("user{number}"), &format!("pw{number}x"));
        patterns.learn(&prompt, &fields(answer), 0);
    }
    patterns
}

#[test]
fn a_pattern_answers_after_three_right_predictions_and_not_before() {
    let (prompt, truth) = login("maria", "s3cret");
    for pairs in 0..4 {
        assert_eq!(answer(&logged_in(pairs), &prompt), None, "after {pairs} pairs");
    }
    let filled = logged_in(4).answer(&prompt).expect("three predictions were right");
    assert_eq!(Value::Object(filled.fields), truth);
    assert_eq!((filled.evidence.right, filled.evidence.required), (3, 3));
}

#[test]
fn the_same_pair_again_is_no_evidence() {
    let mut patterns = logged_in(2);
    let (prompt, truth) = login("user1", "pw1x");
    for _ in 0..10 {
        patterns.learn(&prompt, &fields(truth.clone()), 0);
    }
    assert_eq!(answer(&patterns, &login("maria", "s3cret").0), None);
}

#[test]
fn a_template_reads_with_its_slots_and_what_never_changed_as_words() {
    let listed: Vec<_> = logged_in(4).list().collect();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].template, "Log in as {1} with password {2}");
}

#[test]
fn one_contradiction_ends_a_pattern_and_its_wording_needs_ten_agreements() {
    let mut patterns = logged_in(6);
    let (prompt, _) = login("maria", "s3cret");
    assert!(patterns.answer(&prompt).is_some());
    let events = patterns.learn(&prompt, &fields(json!({"actions": []})), 0);
    assert!(events.iter().any(|event| matches!(event, Event::Refuted { proven: true, .. })), "{events:?}");
    assert_eq!(answer(&patterns, &prompt), None);
    let mut agreed = 0;
    while answer(&patterns, &prompt).is_none() {
        let (prompt, truth) = login(&format!("u{agreed}"), &format!("p{agreed}"));
        patterns.learn(&prompt, &fields(truth), 0);
        agreed += 1;
        assert!(agreed < 20, "never recovers");
    }
    assert_eq!(agreed, 11, "the pair it is learnt from and ten more");
}

#[test]
fn a_served_answer_that_was_wrong_ends_the_pattern() {
    let mut patterns = logged_in(4);
    let (prompt, _) = login("maria", "s3cret");
    let id = patterns.answer(&prompt).expect("proven").pattern_id;
    assert!(matches!(patterns.contradict(id), Some(Event::Refuted { proven: true, .. })));
    assert_eq!(answer(&patterns, &prompt), None);
    assert_eq!(patterns.contradict(id), None);
}

#[test]
fn other_words_around_the_values_do_not_match() {
    let patterns = logged_in(6);
    for prompt in [
        "Log in as maria with password s3cret and then log out",
        "Log in as maria with password s3cret!",
        "Log in as maria with token s3cret",
        "log in as maria with password s3cret",
        "Do not log in as maria with password s3cret",
        "Log in as maria with password",
        "Log in as  with password s3cret",
        "Log in as maria , with password s3cret",
        "",
    ] {
        assert_eq!(answer(&patterns, prompt), None, "{prompt}");
    }
    assert!(answer(&patterns, "Log  in as\nmaria with password\ts3cret ").is_some(), "white space does not count");
}

#[test]
fn a_coincidence_is_not_taken_for_a_rule() {
    let buy = |count: u32, film: &str| {
        let answer = json!({"actions": [{"film": film, "count": count}, {"click": {"index": 2}}]});
        (format!("Buy {count} tickets for '{film}'"), answer)
    };
    let mut patterns = patterns();
    for film in ["Dune", "Alien", "Heat", "Big", "Jaws"] {
        let (prompt, truth) = buy(2, film);
        patterns.learn(&prompt, &fields(truth), 0);
    }
    assert_eq!(answer(&patterns, "Buy 2 tickets for 'Up'"), Some(buy(2, "Up").1));
    assert_eq!(answer(&patterns, "Buy 3 tickets for 'Up'"), None, "the count never varied");
    for (count, film) in [(3, "Fargo"), (4, "Argo"), (5, "Her"), (6, "It")] {
        let (prompt, truth) = buy(count, film);
        assert!(answer(&patterns, &prompt).is_none_or(|answer| answer == truth));
        patterns.learn(&prompt, &fields(truth), 0);
    }
    assert_eq!(answer(&patterns, "Buy 9 tickets for 'Up'"), Some(buy(9, "Up").1));
    assert_eq!(answer(&patterns, "Buy 2 tickets for 'Us'"), Some(buy(2, "Us").1));
}

#[test]
fn a_value_that_is_a_label_of_the_answer_leaves_the_label_alone() {
    let pair = |word: &str| {
        (format!("Type '{word}' and submit"), json!({"do": [{"label": "Search", "text": word}, {"click": "Search"}]}))
    };
    let words = ["Search", "Dune", "Heat", "Alien", "Jaws"].map(pair);
    let pairs: Vec<_> = words.iter().map(|(prompt, answer)| (prompt.as_str(), answer.clone())).collect();
    let patterns = taught(&pairs);
    assert_eq!(answer(&patterns, "Type 'Brazil' and submit"), Some(pair("Brazil").1));
}

#[test]
fn a_value_may_be_a_word_of_the_template() {
    let patterns = logged_in(6);
    for (user, password) in [("password", "with"), ("as", "password"), ("Log", "in")] {
        let (prompt, truth) = login(user, password);
        assert!(answer(&patterns, &prompt).is_none_or(|answer| answer == truth), "{prompt}");
    }
}

#[test]
fn the_same_value_twice_must_be_the_same_twice() {
    let pair = |one: &str, two: &str| {
        (format!("Rename '{one}' to '{two}' and tell '{one}'"), json!({"from": one, "to": two, "tell": one}))
    };
    let texts = [("a1", "b1"), ("c1", "d1"), ("e1", "f1"), ("g1", "h1"), ("i1", "j1")].map(|(one, two)| pair(one, two));
    let pairs: Vec<_> = texts.iter().map(|(prompt, answer)| (prompt.as_str(), answer.clone())).collect();
    let patterns = taught(&pairs);
    assert_eq!(answer(&patterns, &pair("x", "y").0), Some(pair("x", "y").1));
    assert_eq!(answer(&patterns, "Rename 'x' to 'y' and tell 'z'"), None);
}

#[test]
fn what_stands_in_the_prompt_alone_must_be_the_same() {
    let mut patterns = patterns();
    for number in 0..8 {
        let prompt = format!("Book room '{number}0' in town 'Ulm' of 'Mr {number}'");
        patterns.learn(&prompt, &fields(json!({"guest": format!("Mr {number}"), "room": format!("{number}0")})), 0);
    }
    assert!(answer(&patterns, "Book room '77' in town 'Ulm' of 'Ms Y'").is_some());
    assert_eq!(answer(&patterns, "Book room '77' in town 'Bern' of 'Ms Y'"), None);
}

#[test]
fn a_prompt_that_can_be_cut_in_two_ways_gets_no_answer() {
    let pair = |one: &str, two: &str| (format!("Copy {one} to {two}"), json!({"from": one, "to": two}));
    let mut patterns = patterns();
    for number in 0..10 {
        let word = |name: &str| match number % 2 {
            0 => format!("{name}{number}"),
            _ => format!("{name}{number} x{number} y{number}"),
        };
        let (prompt, truth) = pair(&word("a"), &word("b"));
        patterns.learn(&prompt, &fields(truth), 0);
    }
    let (prompt, truth) = pair("p q r", "s");
    assert_eq!(answer(&patterns, &prompt), Some(truth));
    assert_eq!(answer(&patterns, "Copy p to q to r"), None);
}

#[test]
fn a_number_that_is_repeated_alone_and_with_its_unit_is_one_value() {
    let mut patterns = patterns();
    let pair = |number: u32| {
        (format!("Wait {number} minutes here"), json!({"wait": number, "note": format!("{number} minutes")}))
    };
    for number in 11..16 {
        let (prompt, truth) = pair(number);
        patterns.learn(&prompt, &fields(truth), 0);
    }
    assert_eq!(answer(&patterns, &pair(70).0), Some(pair(70).1));
}

#[test]
fn values_inside_each_other_are_kept_apart() {
    let pair = |one: u32, many: u32| {
        (
            format!("From page {one} to page {many}"),
            json!({"first": one, "last": many, "text": format!("{one}-{many}")}),
        )
    };
    let texts = [(1, 12), (2, 23), (3, 31), (11, 1), (5, 55)].map(|(one, many)| pair(one, many));
    let pairs: Vec<_> = texts.iter().map(|(prompt, answer)| (prompt.as_str(), answer.clone())).collect();
    let patterns = taught(&pairs);
    assert_eq!(answer(&patterns, &pair(7, 777).0), Some(pair(7, 777).1));
}

#[test]
fn numbers_stay_numbers_and_what_is_none_gets_no_answer() {
    let pair = |text: &str| {
        (format!("Set the limit to {text} now"), fields(json!({"limit": fill::number(text).expect("a number")})))
    };
    let mut patterns = patterns();
    for text in ["1", "22", "35", "47"] {
        let (prompt, truth) = pair(text);
        patterns.learn(&prompt, &truth, 0);
    }
    assert_eq!(answer(&patterns, "Set the limit to 8 now"), Some(json!({"limit": 8})));
    for text in ["007", "1,000", "12:30", "2026-01-31", "1.50", "-0", "eight", "'8'"] {
        assert_eq!(answer(&patterns, &format!("Set the limit to {text} now")), None, "{text}");
    }
}

#[test]
fn a_form_of_a_value_is_used_once_predictions_settled_it() {
    let pair = |text: &str, slug: &str, query: &str| {
        (
            format!("Open the page of \"{text}\" please"),
            json!({"url": format!("http://h/{slug}?q={query}"), "title": text}),
        )
    };
    let mut patterns = patterns();
    for word in ["dune", "heat", "jaws", "alien", "argo"] {
        let (prompt, truth) = pair(word, word, word);
        patterns.learn(&prompt, &fields(truth), 0);
    }
    assert!(answer(&patterns, &pair("brazil", "", "").0).is_some());
    let red = pair("Red Dawn", "red-dawn", "Red%20Dawn");
    assert_eq!(answer(&patterns, &red.0), None, "nobody knows how blanks are written");
    for (text, slug, query) in [
        ("Big Fish", "big-fish", "Big%20Fish"),
        ("Blue Moon", "blue-moon", "Blue%20Moon"),
        ("Dark City", "dark-city", "Dark%20City"),
    ] {
        let (prompt, truth) = pair(text, slug, query);
        patterns.learn(&prompt, &fields(truth), 0);
        assert_eq!(answer(&patterns, &red.0), None, "after {text}");
    }
    let (prompt, truth) = pair("Dead Man", "dead-man", "Dead%20Man");
    patterns.learn(&prompt, &fields(truth), 0);
    assert_eq!(answer(&patterns, &red.0), Some(red.1));
    let old = pair("Old Boy", "old-boy", "Old%20Boy");
    assert_eq!(answer(&patterns, &old.0), Some(old.1));
    assert_eq!(answer(&patterns, &pair("Tom & Jo", "", "").0), None, "nobody knows how the sign is written");
}

#[test]
fn values_that_an_answer_may_escape_need_right_predictions_of_their_own() {
    let pair =
        |text: &str| (format!("Find the film \"{text}\" here"), fields(json!({"xpath": format!("//a[.='{text}']")})));
    let mut patterns = patterns();
    for text in ["Dune", "Big Fish", "Blue Moon", "Dark City", "Red Dawn"] {
        let (prompt, truth) = pair(text);
        patterns.learn(&prompt, &truth, 0);
    }
    assert!(patterns.answer(&pair("Dead Man").0).is_some());
    for text in ["O'Brien", "a & b", "<b>", "true", "1917", "7.50", "a  b", "a ", "a\\b"] {
        assert_eq!(patterns.answer(&pair(text).0), None, "{text}");
    }
}

#[test]
fn empty_values_and_answers_teach_nothing() {
    let mut patterns = patterns();
    for _ in 0..5 {
        assert_eq!(patterns.learn("Type '' into the box", &fields(json!({"text": ""})), 0), []);
        assert_eq!(patterns.learn("", &fields(json!({"text": ""})), 0), []);
        assert_eq!(patterns.learn("hello there", &Map::new(), 0), []);
    }
    assert!(patterns.is_empty());
}

#[test]
fn an_answer_that_keeps_changing_is_never_given() {
    let mut patterns = patterns();
    for number in 0..300u32 {
        // Two ways of answering, one after the other at no fixed pace.
        let kind = if (number * 7919 + number / 3) % 5 < 3 { "click" } else { "press" };
        let prompt = format!("Choose item '{number}' of the list");
        let truth = json!({"do": kind, "item": number.to_string()});
        let before = answer(&patterns, &prompt);
        patterns.learn(&prompt, &fields(truth.clone()), u64::from(number));
        if number > 60 {
            assert_eq!(before, None, "{number}");
        }
    }
}
