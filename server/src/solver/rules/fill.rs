//! Tries a rule with a prompt, and fills its template.

use std::borrow::Cow;
use std::cell::OnceCell;
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
    /// Read when a rule first needs it: most rules look at the text alone.
    reading: OnceCell<Reading>,
}

/// What a prompt says.
struct Reading {
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
    /// Of this text.
    pub fn new(text: &'a str) -> Self {
        Self { text, reading: OnceCell::new() }
    }

    fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::of(self.text))
    }

    fn conditions(&self) -> &[Condition] {
        &self.reading().conditions
    }

    /// The slots of `rule` when all its patterns match and every capture is of its type.
    pub fn slots(&self, rule: &Rule) -> Option<Slots> {
        let mut slots = Slots::default();
        let about = rule.about.iter().map(|pattern| {
            let Reading { bare, main, .. } = self.reading();
            (pattern, &bare[*main..], *main)
        });
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
                slots.spans.push((start, end));
                slots.texts.insert(name.to_owned(), text);
            }
        }
        Some(slots)
    }
}

impl Reading {
    /// Reads its values.
    fn of(text: &str) -> Self {
        let conditions = conditions::conditions(text);
        let mut bare = text.to_owned();
        for said in conditions.iter().map(|condition| &condition.said).filter(|said| said.is_certain) {
            // As many bytes as before: a place in one text is the same in the other.
            bare.replace_range(said.start..said.end, &"_".repeat(said.end - said.start));
        }
        let main = main_clause(text, &conditions);
        let (verb, subject) = verb_and_subject(text, main, &conditions);
        Self { conditions, bare, main, verb, subject }
    }
}

/// What a rule's patterns captured.
#[derive(Default)]
pub struct Slots {
    texts: HashMap<String, String>,
    /// Where in the prompt.
    spans: Vec<(usize, usize)>,
}

/// Fills `rule`'s template; the name of the first slot that has no value.
pub fn fill(rule: &Rule, slots: Slots, prompt: &Prompt<'_>, task: &Task) -> Result<Map<String, Value>, String> {
    let Slots { texts, spans } = slots;
    let mut filling = Filling { texts, spans, used: None, prompt, task, current: None };
    filling.table(&rule.answer)
}

struct Filling<'a> {
    texts: HashMap<String, String>,
    spans: Vec<(usize, usize)>,
    /// Of the prompt's values those that `each` passes over: captures hold them, or they stand in the answer already.
    used: Option<Vec<bool>>,
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
                    for at in 0..self.used().len() {
                        if self.used()[at] || !allows(*which, only, &self.prompt.conditions()[at]) {
                            continue;
                        }
                        self.used()[at] = true;
                        let outer = self.current.replace(at);
                        self.items(items, list)?;
                        self.current = outer;
                    }
                }
            }
        }
        Ok(())
    }

    fn used(&mut self) -> &mut Vec<bool> {
        self.used.get_or_insert_with(|| {
            let is_captured =
                |condition: &Condition| self.spans.iter().any(|(start, end)| condition.said.meets(*start, *end));
            self.prompt.conditions().iter().map(is_captured).collect()
        })
    }

    fn text(&mut self, template: &Template) -> Result<String, String> {
        for slot in template.slots() {
            if let Some(at) = self.condition_of(slot) {
                self.used()[at] = true;
            }
        }
        template.fill(|slot| self.lookup(slot))
    }

    /// A slot's value: of what `each` is at, of the rule's captures, of the request, of the prompt's conditions.
    fn lookup(&self, slot: &str) -> Option<Cow<'_, str>> {
        if let Some(found) = self.current.and_then(|at| of_condition(&self.prompt.conditions()[at], slot)) {
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
            "verb" => Some(Cow::Borrowed(&self.prompt.reading().verb)),
            "subject" => Some(Cow::Borrowed(&self.prompt.reading().subject)),
            _ => match self.condition_of(slot) {
                Some(at) => Some(Cow::Borrowed(self.prompt.conditions()[at].said.text.as_str())),
                None => (slot == "topic").then_some(Cow::Borrowed(&self.prompt.reading().subject)),
            },
        }
    }

    /// The condition that gives `slot`, unless something else does.
    fn condition_of(&self, slot: &str) -> Option<usize> {
        let is_fixed = matches!(slot, "prompt" | "verb" | "subject");
        if is_fixed || self.texts.contains_key(slot) || field(&self.task.fields, slot).is_some() {
            return None;
        }
        let is_meant = |found: &Condition| match slot {
            "topic" => is_topic(found),
            _ => found.field == slot,
        };
        let is_given = |found: &Condition| is_meant(found) && !found.operator.starts_with("not");
        self.prompt.conditions().iter().position(is_given)
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
        let text = "Käufe: search 'delete é' für 4";
        let reading = Reading::of(text);
        assert_eq!(reading.bare, "Käufe: search ___________ für _");
        assert_eq!(reading.bare.len(), text.len());
    }
}
