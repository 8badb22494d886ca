//! Whether two answers to one question say the same.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Answer;

/// How answers are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// The same JSON: whatever the order of keys, the way a number is written, and white space around texts.
    #[default]
    Json,
    /// Texts of which this share of the words is the same, 0 to 1, and every number. For answers that a model words anew.
    Text(f64),
    /// Lists of actions alike in order, types, selectors and values; how long each may take says nothing.
    Plan,
}

/// Of an action, what does not change what it does.
const TIMINGS: [&str; 6] = ["timeout_ms", "timeout_seconds", "time_seconds", "duration_ms", "steps", "timestamp"];

impl Comparison {
    /// Whether both say the same.
    pub fn same(self, a: &Answer, b: &Answer) -> bool {
        a.json() == b.json() || self.same_values(&Value::Object(a.fields()), &Value::Object(b.fields()))
    }

    fn same_values(self, a: &Value, b: &Value) -> bool {
        match (self, a, b) {
            (Self::Text(least), Value::String(a), Value::String(b)) => alike(a, b) >= least && numbers(a) == numbers(b),
            (_, Value::String(a), Value::String(b)) => a.trim() == b.trim(),
            (_, Value::Number(a), Value::Number(b)) => a == b || a.as_f64().is_some_and(|a| Some(a) == b.as_f64()),
            (_, Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same_values(a, b))
            }
            (_, Value::Object(a), Value::Object(b)) => match self {
                Self::Plan => self.same_fields(&essence(a), &essence(b)),
                _ => self.same_fields(&all(a), &all(b)),
            },
            _ => a == b,
        }
    }

    fn same_fields(self, a: &BTreeMap<&str, &Value>, b: &BTreeMap<&str, &Value>) -> bool {
        a.len() == b.len()
            && a.iter().zip(b).all(|((a_name, a), (b_name, b))| a_name == b_name && self.same_values(a, b))
    }
}

fn all(fields: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    fields.iter().map(|(name, value)| (name.as_str(), value)).collect()
}

/// What an action does: without timings and without what is not set. What is typed may be called its text or its value.
fn essence(action: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let is_set = |value: &Value| !matches!(value, Value::Null | Value::Bool(false));
    let told = action.iter().filter(|(name, value)| is_set(value) && !TIMINGS.contains(&name.as_str()));
    told.map(|(name, value)| match name.as_str() {
        "text" if !action.contains_key("value") => ("value", value),
        name => (name, value),
    })
    .collect()
}

/// Twice the words that both have, as a share of all (Dice).
fn alike(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    let all: usize = a.values().sum::<usize>() + b.values().sum::<usize>();
    let both: usize = a.iter().filter_map(|(word, count)| Some(*count.min(b.get(word)?))).sum();
    if all == 0 { 1.0 } else { 2.0 * both as f64 / all as f64 }
}

fn words(text: &str) -> BTreeMap<Cow<'_, str>, usize> {
    let mut words = BTreeMap::new();
    for word in text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = match word.chars().any(char::is_uppercase) {
            true => Cow::Owned(word.to_lowercase()),
            false => Cow::Borrowed(word),
        };
        *words.entry(word).or_default() += 1;
    }
    words
}

fn numbers(text: &str) -> Vec<&str> {
    let is_part = |char: char| char.is_ascii_digit() || char == '.';
    let runs = text.split(|char| !is_part(char)).map(|run| run.trim_matches('.'));
    let mut numbers: Vec<_> = runs.filter(|run| !run.is_empty()).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(how: Comparison, a: Value, b: Value) -> bool {
        let answer = |value: Value| Answer::new(value.as_object().expect("an object"), 1, "s".into());
        let (a, b) = (answer(a), answer(b));
        assert_eq!(how.same(&a, &b), how.same(&b, &a), "both ways");
        assert!(how.same(&a, &a));
        how.same(&a, &b)
    }

    #[test]
    fn json_is_compared_by_what_it_says() {
        let json = Comparison::Json;
        assert!(same(json, json!({"a": 1, "b": [" x "]}), json!({"b": ["x"], "a": 1.0})));
        for other in [json!({"a": 2, "b": ["x"]}), json!({"a": 1}), json!({"a": 1, "b": ["x", "y"]})] {
            assert!(!same(json, json!({"a": 1, "b": ["x"]}), other));
        }
        assert!(!same(json, json!({"a": [1, 2]}), json!({"a": [2, 1]})), "the order of a list says something");
    }

    #[test]
    fn plans_are_the_same_by_order_types_selectors_and_values() {
        let click = |value: &str| json!({"type": "Click", "selector": {"type": "tag", "value": value}});
        let kind = |text: &str| json!({"type": "Type", "text": text, "selector": {"type": "name", "value": "q"}});
        let plan = |actions: Value| json!({ "actions": actions });
        let ours = plan(json!([kind("Dune"), click("Go")]));
        let mut slower = ours.clone();
        slower["actions"][1]["timeout_ms"] = json!(5);
        slower["actions"][1]["selector"]["case_sensitive"] = json!(false);
        slower["actions"][0]["x"] = Value::Null;
        assert!(same(Comparison::Plan, ours.clone(), slower.clone()));
        assert!(!same(Comparison::Json, ours.clone(), slower));
        let named =
            plan(json!([{"type": "Type", "value": "Dune", "selector": {"type": "name", "value": "q"}}, click("Go")]));
        assert!(same(Comparison::Plan, ours.clone(), named), "a typed text by its other name");
        for other in [
            json!([click("Go"), kind("Dune")]),
            json!([kind("Dune")]),
            json!([kind("Emma"), click("Go")]),
            json!([kind("Dune"), click("Stop")]),
            json!([kind("Dune"), {"type": "Hover", "selector": {"type": "tag", "value": "Go"}}]),
        ] {
            assert!(!same(Comparison::Plan, ours.clone(), plan(other)));
        }
    }

    #[test]
    fn texts_are_the_same_by_their_words_and_every_number() {
        let text = |text: &str| json!({ "completion": text });
        let ours = text("The capital of France is Paris, with 2.1 million people.");
        let how = Comparison::Text(0.8);
        assert!(same(how, ours.clone(), text("the capital of France is Paris (with 2.1 million people)")));
        assert!(!same(how, ours.clone(), text("The capital of France is Paris, with 2.2 million people.")));
        assert!(!same(how, ours, text("It is Paris, 2.1")));
    }
}
