//! Rules as written, and what is made of them.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::RulesError;
use super::conditions::OPERATORS;
use super::slot::SlotType;
use super::values::Kind;
use crate::domain::Template;

/// A file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    #[serde(default)]
    part: BTreeMap<String, Vec<toml::Value>>,
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    name: String,
    about: Option<String>,
    #[serde(default)]
    when: Vec<String>,
    #[serde(default)]
    slots: BTreeMap<String, SlotType>,
    answer: toml::Table,
}

/// A rule, compiled.
pub struct Rule {
    pub name: String,
    /// Matched with the prompt's main clause without its values.
    pub about: Option<Regex>,
    /// Matched with the prompt, all of them.
    pub when: Vec<Regex>,
    pub slots: BTreeMap<String, SlotType>,
    pub answer: Vec<(String, Node)>,
}

/// A template of an answer.
#[derive(Debug, Clone)]
pub enum Node {
    Text(Template),
    Fixed(Value),
    List(Vec<Item>),
    Table(Vec<(String, Node)>),
}

/// What stands in a list.
#[derive(Debug, Clone)]
pub enum Item {
    One(Node),
    /// `{ if, do }`
    If {
        slot: String,
        items: Vec<Item>,
    },
    /// `{ each, where, do }`
    Each {
        list: List,
        only: Only,
        items: Vec<Item>,
    },
}

/// What `each` goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// Values whose field is known.
    Conditions,
    /// All of them.
    Values,
}

/// `where`: each key names what is allowed; without it, all are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    #[serde(default)]
    pub field: Vec<String>,
    #[serde(default)]
    pub operator: Vec<String>,
    #[serde(default)]
    pub kind: Vec<Kind>,
}

/// Reads and compiles every rule.
pub fn compile(text: &str) -> Result<Vec<Rule>, RulesError> {
    let file: RulesFile = toml::from_str(text).map_err(|error| {
        let (line, message) = crate::config::toml_fault(text, &error);
        RulesError::Toml { line, message }
    })?;
    let RulesFile { part, rule } = file;
    let parts = Parts::compile(part)?;
    rule.into_iter().map(|raw| parts.rule(raw)).collect()
}

fn json(value: impl serde::Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value)
}

#[derive(Default)]
struct Parts(BTreeMap<String, Vec<Item>>);

impl Parts {
    /// Parts may use each other, but not in a circle: a part is compiled when those that it uses are.
    fn compile(mut raw: BTreeMap<String, Vec<toml::Value>>) -> Result<Self, RulesError> {
        let mut parts = Self::default();
        while !raw.is_empty() {
            let (mut left, mut fault) = (BTreeMap::new(), None);
            let before = parts.0.len();
            for (name, items) in raw {
                let written_in = format!("part.{name}");
                let json = json(&items).map_err(|error| RulesError::Template { rule: written_in.clone(), error })?;
                match parts.items(json) {
                    Ok(compiled) => {
                        parts.0.insert(name, compiled);
                    }
                    Err(message) => {
                        fault.get_or_insert(RulesError::Step { rule: written_in, message });
                        left.insert(name, items);
                    }
                }
            }
            match fault {
                Some(fault) if parts.0.len() == before => return Err(fault),
                _ => raw = left,
            }
        }
        Ok(parts)
    }

    fn rule(&self, raw: RawRule) -> Result<Rule, RulesError> {
        let RawRule { name, about, when, slots, answer } = raw;
        let about = about.map(|text| pattern(&name, &text)).transpose()?;
        let when = when.iter().map(|text| pattern(&name, text)).collect::<Result<Vec<_>, _>>()?;
        let captured =
            |slot: &str| about.iter().chain(&when).any(|with| with.capture_names().flatten().any(|at| at == slot));
        if let Some(slot) = slots.keys().find(|slot| !captured(slot)) {
            let message = format!("slots declares `{slot}`, which no pattern captures; write (?<{slot}>…)");
            return Err(RulesError::Step { rule: name, message });
        }
        let answer = json(answer).map_err(|error| RulesError::Template { rule: name.clone(), error })?;
        let Value::Object(answer) = answer else { unreachable!("a TOML table is a JSON object") };
        let answer = self.table(answer).map_err(|message| RulesError::Step { rule: name.clone(), message })?;
        Ok(Rule { name, about, when, slots, answer })
    }

    fn table(&self, table: Map<String, Value>) -> Result<Vec<(String, Node)>, String> {
        table.into_iter().map(|(name, value)| Ok((name, self.node(value)?))).collect()
    }

    fn node(&self, value: Value) -> Result<Node, String> {
        Ok(match value {
            Value::String(text) => Node::Text(Template::parse(&text)),
            Value::Object(table) => Node::Table(self.table(table)?),
            list @ Value::Array(_) => Node::List(self.items(list)?),
            fixed => Node::Fixed(fixed),
        })
    }

    /// A list, or one item.
    fn items(&self, value: Value) -> Result<Vec<Item>, String> {
        let values = match value {
            Value::Array(values) => values,
            other => vec![other],
        };
        let items = values.into_iter().map(|value| match value {
            Value::Object(table) if ["use", "if", "each"].iter().any(|key| table.contains_key(*key)) => {
                self.step(table)
            }
            other => Ok(vec![Item::One(self.node(other)?)]),
        });
        Ok(items.collect::<Result<Vec<_>, String>>()?.concat())
    }

    fn step(&self, mut table: Map<String, Value>) -> Result<Vec<Item>, String> {
        if let Some(part) = table.remove("use") {
            let part: String = typed("use", part)?;
            nothing_else(&table)?;
            let known = || self.0.keys().cloned().collect::<Vec<_>>().join(", ");
            return self
                .0
                .get(&part)
                .cloned()
                .ok_or_else(|| format!("there is no [part] `{part}` here; there are: {}", known()));
        }
        let items = table.remove("do").ok_or("`if` and `each` need `do`: what stands in the list then")?;
        let items = self.items(items)?;
        let item = match (table.remove("if"), table.remove("each")) {
            (Some(slot), None) => Item::If { slot: typed("if", slot)?, items },
            (None, Some(list)) => {
                let only: Only =
                    table.remove("where").map(|only| typed("where", only)).transpose()?.unwrap_or_default();
                if let Some(odd) = only.operator.iter().find(|name| !OPERATORS.contains(&name.as_str())) {
                    return Err(format!("where.operator: there is no `{odd}`; there are {}", OPERATORS.join(", ")));
                }
                Item::Each { list: typed("each", list)?, only, items }
            }
            _ => return Err("`if` and `each` cannot stand in one table".to_owned()),
        };
        nothing_else(&table)?;
        Ok(vec![item])
    }
}

fn nothing_else(table: &Map<String, Value>) -> Result<(), String> {
    match table.keys().next() {
        None => Ok(()),
        Some(key) => Err(format!("`{key}` does not go with use, if or each")),
    }
}

fn typed<T: DeserializeOwned>(key: &str, value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| format!("{key}: {error}"))
}

fn pattern(rule: &str, text: &str) -> Result<Regex, RulesError> {
    Regex::new(text).map_err(|error| {
        // regex draws a picture of several lines; the last one says it in words.
        let text = error.to_string();
        let message = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        RulesError::Pattern { rule: rule.to_owned(), message }
    })
}
