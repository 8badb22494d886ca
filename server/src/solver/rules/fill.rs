//! Tries a rule with a prompt, and fills its template.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::conditions::{self, Condition};
use super::file::{Item, List, Node, Only, Rule};
use super::values::Kind;
use super::words::{main_clause, verb_and_subject};
use crate::domain::{Task, Template, field, text_of};

/// A prompt as rules see it.
pub struct Prompt<'a> {
    text: &'a str,
    /// Values with what is said about them.
    conditions: Vec<Condition>,
    /// The prompt with underscores in place of its values.
    bare: String,
    /// Where its main clause begins.
    main: usize,
    verb: String,
    subject: String,
}

impl<'a> Prompt<'a> {
    /// Reads its values.
    pub fn read(text: &'a str) -> Self {
        let conditions = conditions::conditions(text);
        let mut bare = text.to_owned();
        for said in conditions.iter().map(|condition| &condition.said).filter(|said| said.is_certain) {
            // As many bytes as before: a place in one text is the same in the other.
            bare.replace_range(said.start..said.end, &"_".repeat(said.end - said.start));
        }
        let main = main_clause(text, &conditions);
        let (verb, subject) = verb_and_subject(text, main, &conditions);
        Self { text, conditions, bare, main, verb, subject }
    }

    /// The slots of `rule` when all its patterns match and every capture is of its type.
    pub fn slots(&self, rule: &Rule) -> Option<Slots> {
        let mut slots = Slots { texts: HashMap::new(), used: vec![false; self.conditions.len()] };
        let about = rule.about.iter().map(|pattern| (pattern, &self.bare[self.main..], self.main));
        for (pattern, searched, offset) in about.chain(rule.when.iter().map(|pattern| (pattern, self.text, 0))) {
            let captures = pattern.captures(searched)?;
            for name in pattern.capture_names().flatten() {
                let Some(found) = captures.name(name) else { continue };
                let (start, end) = (offset + found.start(), offset + found.end());
                let text = self.text[start..end].trim_matches(['\'', '"']);
                let text = match rule.slots.get(name) {
                    Some(kind) => kind.read(text)?,
                    None => text.to_owned(),
                };
                for (used, condition) in slots.used.iter_mut().zip(&self.conditions) {
                    *used |= condition.said.meets(start, end);
                }
                slots.texts.insert(name.to_owned(), text);
            }
        }
        Some(slots)
    }
}

/// What a rule's patterns captured.
pub struct Slots {
    texts: HashMap<String, String>,
    /// Of the prompt's values, those that a capture holds.
    used: Vec<bool>,
}

/// Fills `rule`'s template; the name of the first slot that has no value.
pub fn fill(rule: &Rule, slots: Slots, prompt: &Prompt<'_>, task: &Task) -> Result<Map<String, Value>, String> {
    let Slots { texts, used } = slots;
    let mut filling = Filling { texts, used, prompt, task, current: None };
    filling.table(&rule.answer)
}

struct Filling<'a> {
    texts: HashMap<String, String>,
    /// Values that `each` passes over: they stand in the answer already.
    used: Vec<bool>,
    prompt: &'a Prompt<'a>,
    task: &'a Task,
    /// The value that `each` is at.
    current: Option<usize>,
}

impl<'a> Filling<'a> {
    fn table(&mut self, table: &[(String, Node)]) -> Result<Map<String, Value>, String> {
        table.iter().map(|(name, node)| Ok((name.clone(), self.node(node)?))).collect()
    }

    fn node(&mut self, node: &Node) -> Result<Value, String> {
        Ok(match node {
            Node::Fixed(value) => value.clone(),
            Node::Text(template) => Value::String(self.text(template)?),
            Node::Table(table) => Value::Object(self.table(table)?),
            Node::List(items) => {
                let mut list = Vec::new();
                self.items(items, &mut list)?;
                Value::Array(list)
            }
        })
    }

    fn items(&mut self, items: &[Item], list: &mut Vec<Value>) -> Result<(), String> {
        for item in items {
            match item {
                Item::One(node) => list.push(self.node(node)?),
                Item::If { slot, items } => {
                    if self.lookup(slot).is_some_and(|text| !text.is_empty()) {
                        self.items(items, list)?;
                    }
                }
                Item::Each { list: which, only, items } => {
                    for at in 0..self.used.len() {
                        if self.used[at] || !allows(*which, only, &self.prompt.conditions[at]) {
                            continue;
                        }
                        self.used[at] = true;
                        let outer = self.current.replace(at);
                        self.items(items, list)?;
                        self.current = outer;
                    }
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, template: &Template) -> Result<String, String> {
        for slot in template.slots() {
            if let Some(at) = self.condition_of(slot) {
                self.used[at] = true;
            }
        }
        template.fill(|slot| self.lookup(slot))
    }

    /// A slot's value: of what `each` is at, of the rule's captures, of the request, of the prompt's conditions.
    fn lookup(&self, slot: &str) -> Option<Cow<'_, str>> {
        if let Some(found) = self.current.and_then(|at| of_condition(&self.prompt.conditions[at], slot)) {
            return Some(found);
        }
        if let Some(text) = self.texts.get(slot) {
            return Some(Cow::Borrowed(text));
        }
        if let Some(value) = field(&self.task.fields, slot) {
            return Some(text_of(value));
        }
        match slot {
            "prompt" => Some(Cow::Borrowed(&self.task.question.prompt)),
            "verb" => Some(Cow::Borrowed(&self.prompt.verb)),
            "subject" => Some(Cow::Borrowed(&self.prompt.subject)),
            _ => match self.condition_of(slot) {
                Some(at) => Some(Cow::Borrowed(self.prompt.conditions[at].said.text.as_str())),
                None => (slot == "topic").then_some(Cow::Borrowed(&self.prompt.subject)),
            },
        }
    }

    /// The condition that gives `slot`, unless something else does.
    fn condition_of(&self, slot: &str) -> Option<usize> {
        let is_taken = self.texts.contains_key(slot) || field(&self.task.fields, slot).is_some();
        let is_meant = |found: &Condition| match slot {
            "topic" => is_topic(found),
            _ => found.field == slot,
        };
        let is_given = |found: &Condition| is_meant(found) && !found.operator.starts_with("not");
        self.prompt.conditions.iter().position(is_given).filter(|_| !is_taken)
    }
}

/// Whether a prompt may be about this value: what it is called, not who asks.
fn is_topic(condition: &Condition) -> bool {
    matches!(condition.said.kind, Kind::Text | Kind::Name | Kind::Email)
        && !condition.field.contains("username")
        && !condition.field.contains("password")
}

fn allows(list: List, only: &Only, condition: &Condition) -> bool {
    let among = |names: &[String], name: &str| names.is_empty() || names.iter().any(|known| known == name);
    (list == List::Values || !condition.field.is_empty())
        && among(&only.field, &condition.field)
        && among(&only.operator, condition.operator)
        && (only.kind.is_empty() || only.kind.contains(&condition.said.kind))
}

fn of_condition<'a>(condition: &'a Condition, slot: &str) -> Option<Cow<'a, str>> {
    Some(match slot {
        "value" => Cow::Borrowed(&condition.said.text),
        "field" => Cow::Borrowed(&condition.field),
        "operator" => Cow::Borrowed(condition.operator),
        "literal" => Cow::Owned(xpath_literal(&condition.said.text)),
        _ => return None,
    })
}

/// A text as XPath writes it: whatever a prompt holds, it stays a text there.
fn xpath_literal(text: &str) -> String {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => format!("'{text}'"),
        (true, false) => format!("\"{text}\""),
        (true, true) => format!("concat('{}')", text.replace('\'', "', \"'\", '")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_xpath_literal_keeps_whatever_quotes_a_value_has() {
        assert_eq!(xpath_literal("Dune"), "'Dune'");
        assert_eq!(xpath_literal("Men's"), "\"Men's\"");
        assert_eq!(xpath_literal(r#"a'b"c"#), r#"concat('a', "'", 'b"c')"#);
    }

    #[test]
    fn the_prompt_without_its_values_keeps_every_place() {
        let prompt = Prompt::read("Käufe: search 'delete é' für 4");
        assert_eq!(prompt.bare, "Käufe: search ___________ für _");
        assert_eq!(prompt.bare.len(), prompt.text.len());
    }
}
