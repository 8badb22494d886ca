//! Patterns against random templates, a world where everything coincides, and any text and JSON at all.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::tests::{fields, patterns};
use super::*;

/// A literal of each way of writing.
fn literal(kind: u8) -> BoxedStrategy<String> {
    match kind % 4 {
        0 => "[A-Z][a-z]{2,6} [a-z]{3,6}".prop_map(|text| format!("'{text}'")).boxed(),
        1 => (1_000u32..1_000_000).prop_map(|number| number.to_string()).boxed(),
        2 => "[a-z]{3,6}[0-9]{2}@[a-z]{3,6}\\.org".boxed(),
        _ => "[a-z]{4,8}[0-9]{3}".boxed(),
    }
}

/// A template of one to four slots and values for them, many times over.
fn template() -> impl Strategy<Value = (Vec<String>, Vec<u8>, Vec<Vec<String>>)> {
    let slots = prop::collection::vec((0..4u8, "[a-z]{2,9}( [a-z]{2,9}){0,2}"), 1..5);
    slots.prop_flat_map(|slots| {
        let (kinds, words): (Vec<u8>, Vec<String>) = slots.into_iter().unzip();
        let row: Vec<_> = kinds.iter().map(|kind| literal(*kind)).collect();
        (Just(words), Just(kinds), prop::collection::vec(row, 16))
    })
}

fn pair_of(words: &[String], kinds: &[u8], row: &[String]) -> (String, Map<String, Value>) {
    let mut prompt = String::new();
    let mut actions = vec![json!({"type": "NavigateAction", "url": "http://h/?seed=3"})];
    for ((word, kind), text) in words.iter().zip(kinds).zip(row) {
        prompt.push_str(&format!("{word} {text} "));
        let text = text.trim_matches('\'');
        actions.push(match kind {
            1 => json!({"type": "Wait", "ms": text.parse::<u64>().expect("digits"), "note": format!("{text} ms")}),
            _ => json!({"type": "Type", "text": text, "note": format!("<{text}>"), "enter": true}),
        });
    }
    (prompt, fields(json!({"actions": actions})))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_learnt_from_a_template_is_the_truth((words, kinds, rows) in template()) {
        let rows: Vec<_> = rows.iter().enumerate().filter(|(place, row)| !rows[..*place].contains(row)).map(|(_, row)| row).collect();
        prop_assume!(rows.len() == 16);
        let mut patterns = patterns();
        let mut right = 0;
        for (number, row) in rows.iter().enumerate() {
            let (prompt, truth) = pair_of(&words, &kinds, row);
            if let Some(filled) = patterns.answer(&prompt) {
                prop_assert!(number > 3, "before three right predictions");
                prop_assert_eq!(&filled.fields, &truth);
                right += 1;
            }
            patterns.learn(&prompt, &truth, number as u64);
        }
        prop_assert!(right >= 8, "answered {} of 16", right);
    }

    #[test]
    fn after_a_contradiction_there_is_no_answer((words, kinds, rows) in template(), wrong in "[a-z]{1,5}") {
        let mut patterns = patterns();
        let (last, rows) = rows.split_last().expect("sixteen");
        for row in rows {
            let (prompt, truth) = pair_of(&words, &kinds, row);
            patterns.learn(&prompt, &truth, 0);
        }
        let (prompt, _) = pair_of(&words, &kinds, last);
        if patterns.answer(&prompt).is_some() {
            patterns.learn(&prompt, &fields(json!({"actions": [wrong]})), 0);
            for row in rows.iter().chain([last]) {
                prop_assert_eq!(patterns.answer(&pair_of(&words, &kinds, row).0), None);
            }
        }
    }

    #[test]
    fn no_text_and_no_json_panics_or_breaks_a_bound(
        pairs in prop::collection::vec((any_prompt(), any_answer()), 1..24)
    ) {
        let mut patterns = Patterns::new(Limits { patterns: 6, ..Limits::default() });
        for (number, (prompt, answer)) in pairs.iter().enumerate() {
            if number < 4 {
                prop_assert_eq!(patterns.answer(prompt), None);
            }
            patterns.learn(prompt, answer, number as u64);
            patterns.explain(prompt);
            if let Some(filled) = patterns.answer(prompt) {
                prop_assert!(fields_bytes(&filled.fields) <= 64 << 10);
            }
            prop_assert!(patterns.len() <= 6);
        }
        let text = serde_json::to_string(&patterns.store()).expect("plain data");
        let again = Patterns::load(serde_json::from_str(&text).expect("as written"), Limits::default());
        prop_assert!(patterns.list().eq(again.list()));
    }
}

/// A piece of a string of the answer: a constant, or slot and form (as it is, in lower case, percent-encoded, as a slug).
#[derive(Debug, Clone)]
enum Piece {
    Constant(&'static str),
    Slot(usize, u8),
}

/// Words that are values, words of the prompt and constants of the answer, all at once.
const SMALL: [&str; 12] = ["red", "Red", "red hat", "Red Hat", "hat", "2", "3", "12", "a", "b-c", "to", "search"];

fn small() -> impl Strategy<Value = &'static str> {
    prop::sample::select(SMALL.as_slice())
}

/// How prompts and answers are made, the words and quotes of the prompt and the strings of the answer, and values for them.
type SmallWorld = (Vec<(&'static str, bool)>, Vec<Vec<Piece>>, Vec<Vec<&'static str>>);

fn small_world() -> impl Strategy<Value = SmallWorld> {
    prop::collection::vec((small(), any::<bool>()), 1..4).prop_flat_map(|slots| {
        let count = slots.len();
        let piece = prop_oneof![
            small().prop_map(Piece::Constant),
            (0..count, prop_oneof![4 => Just(0u8), 1 => 1..4u8]).prop_map(|(slot, form)| Piece::Slot(slot, form)),
        ];
        let texts = prop::collection::vec(prop::collection::vec(piece, 1..4), 1..4);
        (Just(slots), texts, prop::collection::vec(prop::collection::vec(small(), count), 60))
    })
}

fn small_pair(slots: &[(&str, bool)], texts: &[Vec<Piece>], row: &[&str]) -> (String, Map<String, Value>) {
    let asked = slots.iter().zip(row).map(|((word, quoted), value)| match quoted {
        true => format!("{word} '{value}'"),
        false => format!("{word} {value}"),
    });
    let prompt = format!("do {}", asked.collect::<Vec<_>>().join(" "));
    let written = |piece: &Piece| match piece {
        Piece::Constant(text) => (*text).to_owned(),
        Piece::Slot(slot, 0) => row[*slot].to_owned(),
        Piece::Slot(slot, 1) => row[*slot].to_lowercase(),
        Piece::Slot(slot, 2) => row[*slot].replace(' ', "%20"),
        Piece::Slot(slot, _) => row[*slot].to_lowercase().replace(' ', "-"),
    };
    let text = |pieces: &Vec<Piece>| {
        let text = pieces.iter().map(written).collect::<Vec<_>>().join(" ");
        fill::number(&text).map_or(Value::String(text), Value::Number)
    };
    (prompt, fields(json!({"texts": texts.iter().map(text).collect::<Vec<_>>()})))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_everything_coincides_no_answer_is_wrong((slots, texts, rows) in small_world()) {
        let mut patterns = patterns();
        for (number, row) in rows.iter().enumerate() {
            let (prompt, truth) = small_pair(&slots, &texts, row);
            if let Some(filled) = patterns.answer(&prompt) {
                prop_assert_eq!(&filled.fields, &truth, "{}: {:?}", prompt, patterns.explain(&prompt));
            }
            patterns.learn(&prompt, &truth, number as u64);
        }
    }
}

fn any_prompt() -> impl Strategy<Value = String> {
    prop_oneof![
        "(go|to|'a b'|\"x\"|2|3|the|http://h/p\\?q=1|a@b.c|,|\\.| |\u{301}|’|“|é|日本){0,12}",
        "[a-c](  ?[a-c0-2]){0,10}",
        any::<String>(),
    ]
}

fn any_answer() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..4u32).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-c0-2 ]{0,9}".prop_map(Value::from),
        "(a b|x|2|é|日本|%20|http://h/p\\?q=1| ){0,6}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let tree = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]{0,2}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    prop::collection::vec(("[a-c]{0,2}", tree), 0..4).prop_map(|fields| fields.into_iter().collect())
}
