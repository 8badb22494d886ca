//! How good plans for web tasks are: whether they are valid, and whether they name the values that their prompts name. What a
//! page does with a plan is not known here.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::domain::PLAN_SCHEMA;

/// Quoted texts between white space or marks, e-mail addresses, dates, numbers. Written apart from the rules' own reading of
/// prompts, so that what one overlooks the other does not.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
          (?:^|[\s(:=,\[]) '(?P<single>[^']+)' (?:$|[\s)\].,;:!?'])
        | (?:^|[\s(:=,\[]) "(?P<double>[^"]+)" (?:$|[\s)\].,;:!?])
        | (?P<email> [\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
        | (?P<date> \b\d{4}-\d{2}-\d{2}\b )
        | (?P<number> \b\d+(?:\.\d+)?\b )"#,
    )
    .expect("a constant pattern")
});

/// What was found out about a plan.
#[derive(Debug, PartialEq)]
pub struct Judged {
    /// Why it is not valid, if it is not: the schema's fault, or that it does not begin with the page.
    pub fault: Option<String>,
    /// Values of the prompt that none of its actions holds.
    pub missing: Vec<String>,
}

impl Judged {
    /// Whether it is valid and holds every value.
    pub fn is_right(&self) -> bool {
        self.fault.is_none() && self.missing.is_empty()
    }
}

/// Judges the answer to `prompt`, asked of the page `url`.
pub fn judge(prompt: &str, url: &str, answer: &Map<String, Value>) -> Judged {
    let first = answer.get("actions").map(|actions| &actions[0]);
    let opens = first.is_some_and(|first| first["type"] == "NavigateAction" && first["url"] == url);
    let fault = PLAN_SCHEMA.check(&Value::Object(answer.clone())).err();
    let fault = fault.or_else(|| (!opens).then(|| "the first action does not open the page".to_owned()));
    let mut texts = Vec::new();
    for action in answer.get("actions").and_then(Value::as_array).into_iter().flatten() {
        let carriers = [&action["text"], &action["value"], &action["selector"]["value"]];
        texts.extend(carriers.into_iter().filter_map(Value::as_str));
    }
    let missing = said(prompt).into_iter().filter(|value| !texts.iter().any(|text| holds(text, value))).collect();
    Judged { fault, missing }
}

/// The values of a prompt.
fn said(prompt: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(captures) = VALUES.captures_at(prompt, at) {
        let value = captures.iter().skip(1).flatten().next().expect("every alternative captures");
        found.push(value.as_str().to_owned());
        // The mark behind a quote may be the one before the next.
        at = value.end() + usize::from(captures.name("single").or(captures.name("double")).is_some());
    }
    found
}

/// Whether `value` stands in `text`, not as a part of a longer number or word.
fn holds(text: &str, value: &str) -> bool {
    text.match_indices(value).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + value.len()..].chars().next();
        let is_joined = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        !is_joined(before) && !is_joined(after)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(prompt: &str, actions: Value) -> Judged {
        judge(prompt, "http://a/?seed=1", json!({"actions": actions}).as_object().expect("an object"))
    }

    #[test]
    fn a_plan_is_right_when_it_is_valid_and_holds_every_value() {
        let prompt = "Mail 'Ana' and \"Bo\" at c@example.org on 2026-12-01 about 4 or 4.5 things, 'as said'.";
        let typed = |text: &str| json!({"type": "TypeAction", "text": text});
        let open = json!({"type": "NavigateAction", "url": "http://a/?seed=1"});
        let all = json!([
            open,
            typed("Ana, Bo"),
            typed("c@example.org"),
            typed("2026-12-01"),
            typed("4"),
            typed("4.5 as said")
        ]);
        assert_eq!(judged(prompt, all), Judged { fault: None, missing: vec![] });
        let missing = ["Ana", "Bo", "c@example.org", "2026-12-01", "4", "4.5", "as said"].map(str::to_owned).to_vec();
        assert_eq!(judged(prompt, json!([open, typed("44.55")])), Judged { fault: None, missing });
    }

    #[test]
    fn a_plan_for_another_page_or_of_odd_actions_is_not_valid() {
        let elsewhere = judged("Go", json!([{"type": "NavigateAction", "url": "http://a/?seed=2"}]));
        assert_eq!(elsewhere.fault.as_deref(), Some("the first action does not open the page"));
        let odd = judged("Go", json!([{"type": "ClickAction"}]));
        assert_eq!(odd.fault.as_deref(), Some("actions[0]: ClickAction needs a selector or both x and y"));
        assert!(!odd.is_right() && !judged("Go", json!([])).is_right());
    }
}
