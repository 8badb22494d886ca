//! Answers by rule: patterns over the prompt whose captures fill a template. Declared in TOML, tried in order.
//!
//! ```toml
//! [[rule]]
//! name = "search"
//! when = ["(?i)\\b(search|find)\\b", "'(?<title>[^']+)'"]   # all must match; named captures are the slots
//! [rule.answer]                                              # {slot} or {field of the request}
//! actions = [{ type = "NavigateAction", url = "{url}" }, { type = "TypeAction", text = "{title}" }]
//! ```

use std::collections::HashMap;
use std::sync::LazyLock;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use regex::{Captures, Regex};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver};

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{([a-z_][a-z0-9_]*)\}").expect("a constant pattern"));

/// Rules, compiled.
pub struct RulesSolver {
    rules: Vec<Rule>,
}

struct Rule {
    name: String,
    when: Vec<Regex>,
    answer: Map<String, Value>,
}

/// Rules as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    #[serde(default)]
    when: Vec<String>,
    answer: toml::Table,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, or not rules.
    #[error("line {line}: {message}")]
    Toml {
        /// Counted from 1.
        line: usize,
        /// The fault.
        message: String,
    },
    /// A pattern that is none.
    #[error("rule `{rule}`: {message}")]
    Pattern {
        /// The rule's name.
        rule: String,
        /// What the pattern lacks.
        message: String,
    },
    /// A template that JSON cannot hold (a date).
    #[error("rule `{rule}`: its answer cannot be written as JSON: {error}")]
    Template {
        /// The rule's name.
        rule: String,
        /// The fault.
        error: serde_json::Error,
    },
}

impl RulesSolver {
    /// Compiles rules from TOML.
    pub fn new(text: &str) -> Result<Self, RulesError> {
        let file: RulesFile = toml::from_str(text).map_err(|error| {
            let (line, message) = crate::config::toml_fault(text, &error);
            RulesError::Toml { line, message }
        })?;
        let rules = file.rule.into_iter().map(Rule::compile).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    fn answer(&self, task: &Task) -> Result<Map<String, Value>, SolveError> {
        self.rules
            .iter()
            .find_map(|rule| rule.slots(&task.question.prompt).map(|slots| rule.fill(slots, task)))
            .unwrap_or(Err(SolveError::NoRule))
    }
}

impl Solver for RulesSolver {
    fn solve<'a>(&'a self, task: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        std::future::ready(self.answer(task).map(Solved::from)).boxed()
    }
}

impl Rule {
    fn compile(raw: RawRule) -> Result<Self, RulesError> {
        let RawRule { name, when, answer } = raw;
        let when = when.iter().map(|pattern| Regex::new(pattern)).collect::<Result<_, _>>().map_err(|error| {
            // regex draws a picture of several lines; the last one says it in words.
            let text = error.to_string();
            let message = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            RulesError::Pattern { rule: name.clone(), message }
        })?;
        match serde_json::to_value(answer) {
            Ok(Value::Object(answer)) => Ok(Self { name, when, answer }),
            Ok(_) => unreachable!("a TOML table is a JSON object"),
            Err(error) => Err(RulesError::Template { rule: name, error }),
        }
    }

    /// The slots' values, when every pattern matches.
    fn slots<'a>(&self, prompt: &'a str) -> Option<HashMap<String, &'a str>> {
        let mut slots = HashMap::new();
        for pattern in &self.when {
            let captures = pattern.captures(prompt)?;
            for name in pattern.capture_names().flatten() {
                if let Some(found) = captures.name(name) {
                    slots.insert(name.to_owned(), found.as_str());
                }
            }
        }
        Some(slots)
    }

    fn fill(&self, slots: HashMap<String, &str>, task: &Task) -> Result<Map<String, Value>, SolveError> {
        let mut missing = None;
        let lookup = |name: &str| -> Option<String> {
            if let Some(slot) = slots.get(name) {
                return Some((*slot).to_owned());
            }
            match (name, task.fields.get(name)) {
                (_, Some(Value::String(text))) => Some(text.clone()),
                (_, Some(Value::Number(number))) => Some(number.to_string()),
                ("prompt", _) => Some(task.question.prompt.clone()),
                _ => None,
            }
        };
        let mut filled = Value::Object(self.answer.clone());
        fill_value(&mut filled, &mut |text| {
            PLACEHOLDER
                .replace_all(text, |found: &Captures<'_>| {
                    lookup(&found[1]).unwrap_or_else(|| {
                        missing = Some(found[1].to_owned());
                        String::new()
                    })
                })
                .into_owned()
        });
        match (missing, filled) {
            (None, Value::Object(fields)) => Ok(fields),
            (missing, _) => Err(SolveError::BadAnswer(format!(
                "rule `{}` needs {{{}}}, which neither its patterns nor the request give",
                self.name,
                missing.unwrap_or_default()
            ))),
        }
    }
}

fn fill_value(value: &mut Value, fill: &mut impl FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = fill(text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_value(item, fill)),
        Value::Object(map) => map.values_mut().for_each(|item| fill_value(item, fill)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Question;

    fn task(prompt: &str, fields: Value) -> Task {
        let question = Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() };
        Task { question, fields: fields.as_object().expect("an object").clone(), streams: None }
    }

    const RULES: &str = r#"
        [[rule]]
        name = "table"
        when = ["(?i)\\btable\\b", "\\bfor (?<people>\\d+)", "'(?<place>[^']+)'"]
        [rule.answer]
        actions = [{ type = "TypeAction", text = "{place} × {people}" }, { type = "NavigateAction", url = "{url}" }]

        [[rule]]
        name = "echo"
        [rule.answer]
        reply = "{prompt}"
    "#;

    #[test]
    fn captures_and_request_fields_fill_the_template_of_the_first_rule_that_matches() {
        let rules = RulesSolver::new(RULES).expect("good rules");
        let url = json!({"url": "http://a/?seed=4"});
        let answer = rules.answer(&task("Book a table for 4 at 'Gusto'", url.clone())).expect("a plan");
        assert_eq!(
            Value::Object(answer),
            json!({"actions": [
                {"type": "TypeAction", "text": "Gusto × 4"},
                {"type": "NavigateAction", "url": "http://a/?seed=4"}
            ]})
        );
        let answer = rules.answer(&task("Book a table", url)).expect("the second rule");
        assert_eq!(answer["reply"], "Book a table");
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_not_filled_again() {
        let rules = RulesSolver::new(RULES).expect("good rules");
        let answer = rules.answer(&task("Say {url}", json!({"url": "secret"}))).expect("echo");
        assert_eq!(answer["reply"], "Say {url}");
    }

    #[test]
    fn a_placeholder_without_a_value_names_rule_and_slot() {
        let rules = RulesSolver::new("[[rule]]\nname = \"r\"\n[rule.answer]\nx = \"{nowhere}\"").expect("good rules");
        let error = rules.answer(&task("p", json!({}))).expect_err("no such field").to_string();
        assert!(error.contains("`r`") && error.contains("{nowhere}"), "{error}");
    }

    #[test]
    fn without_a_matching_rule_there_is_no_answer() {
        let rules =
            RulesSolver::new("[[rule]]\nname = \"r\"\nwhen = [\"x\"]\n[rule.answer]\ny = 1").expect("good rules");
        assert_eq!(rules.answer(&task("p", json!({}))), Err(SolveError::NoRule));
    }

    #[test]
    fn a_bad_pattern_names_its_rule() {
        let error = RulesSolver::new("[[rule]]\nname = \"broken\"\nwhen = [\"(\"]\n[rule.answer]\ny = 1");
        assert_eq!(error.err().expect("an open bracket").to_string(), "rule `broken`: unclosed group");
        let error = RulesSolver::new("[[rule]]\nname = \"r\"\nwhn = []\n").err().expect("a slip").to_string();
        assert!(error.starts_with("line 3: unknown field `whn`") && !error.contains('\n'), "{error}");
    }
}
