//! Between a request's fields and what a service calls them: `send` and `receive` of the configuration.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::{Task, Template, field, text_of};

/// What is sent, made from a task.
pub(super) struct Sending {
    fields: Vec<(String, Shape)>,
}

/// A value that may have places to fill.
enum Shape {
    /// Where a JSON pointer into the task's fields leads, as it is.
    Pointer(String),
    /// A text with slots.
    Text(Template),
    /// The same for every task.
    Fixed(Value),
    List(Vec<Shape>),
    Table(Vec<(String, Shape)>),
}

/// Answer fields, each with the JSON pointer into what the service said.
pub(super) struct Receiving {
    pointers: BTreeMap<String, String>,
}

impl Sending {
    /// From the configuration's table. A text that begins with `/` and has no slots is a pointer.
    pub(super) fn new(table: toml::Table) -> Result<Self, String> {
        match serde_json::to_value(table) {
            Ok(Value::Object(fields)) if fields.is_empty() => {
                Err("send has no fields; leave it out to send all".into())
            }
            Ok(Value::Object(fields)) => {
                Ok(Self { fields: fields.into_iter().map(|(name, value)| (name, Shape::new(value))).collect() })
            }
            Ok(_) => unreachable!("a TOML table is a JSON object"),
            Err(error) => Err(format!("send cannot be written as JSON: {error}")),
        }
    }

    /// What `task` is sent as; the name of the slot that it does not fill. Where a pointer leads nowhere, the field is
    /// left out.
    pub(super) fn fill(&self, task: &Task) -> Result<Map<String, Value>, String> {
        fill_table(&self.fields, task)
    }
}

impl Shape {
    fn new(value: Value) -> Self {
        match value {
            Value::String(text) => {
                let template = Template::parse(&text);
                let has_slots = template.slots().next().is_some();
                match (has_slots, text.starts_with('/')) {
                    (true, _) => Self::Text(template),
                    (false, true) => Self::Pointer(text),
                    (false, false) => Self::Fixed(text.into()),
                }
            }
            Value::Array(items) => Self::List(items.into_iter().map(Self::new).collect()),
            Value::Object(map) => Self::Table(map.into_iter().map(|(name, value)| (name, Self::new(value))).collect()),
            other => Self::Fixed(other),
        }
    }

    fn fill(&self, task: &Task) -> Result<Option<Value>, String> {
        Ok(Some(match self {
            Self::Pointer(pointer) => return Ok(field(&task.fields, pointer).cloned()),
            Self::Text(template) => template.fill(|name| slot(task, name))?.into(),
            Self::Fixed(value) => value.clone(),
            Self::List(items) => {
                let filled: Result<Vec<_>, _> = items.iter().map(|item| item.fill(task)).collect();
                filled?.into_iter().flatten().collect()
            }
            Self::Table(fields) => Value::Object(fill_table(fields, task)?),
        }))
    }
}

impl Receiving {
    /// From the configuration's table; a pointer is empty (all of it) or begins with `/`.
    pub(super) fn new(pointers: BTreeMap<String, String>) -> Result<Self, String> {
        match pointers.iter().find(|(_, pointer)| !pointer.is_empty() && !pointer.starts_with('/')) {
            Some((name, pointer)) => {
                Err(format!("receive.{name} is `{pointer}`; a JSON pointer begins with /, such as /choices/0/text"))
            }
            None => Ok(Self { pointers }),
        }
    }

    /// The answer's fields in what the service said; without pointers all of them.
    pub(super) fn fields(&self, mut said: Value) -> Result<Map<String, Value>, String> {
        if self.pointers.is_empty() {
            return match said {
                Value::Object(fields) => Ok(fields),
                _ => Err("answered no JSON object".into()),
            };
        }
        let mut fields = Map::new();
        for (name, pointer) in &self.pointers {
            // Cloned, not taken: two pointers may lead into one another.
            match said.pointer_mut(pointer) {
                Some(value) if !value.is_null() => fields.insert(name.clone(), value.clone()),
                _ => return Err(format!("answered nothing at `{pointer}`, where receive.{name} looks")),
            };
        }
        Ok(fields)
    }
}

fn fill_table(fields: &[(String, Shape)], task: &Task) -> Result<Map<String, Value>, String> {
    let mut filled = Map::new();
    for (name, shape) in fields {
        if let Some(value) = shape.fill(task)? {
            filled.insert(name.clone(), value);
        }
    }
    Ok(filled)
}

fn slot<'a>(task: &'a Task, name: &str) -> Option<Cow<'a, str>> {
    let prompt = || (name == "prompt").then_some(Cow::Borrowed(task.question.prompt.as_str()));
    field(&task.fields, name).map(text_of).or_else(prompt)
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

    fn sending(text: &str) -> Sending {
        Sending::new(text.parse().expect("TOML")).expect("fields")
    }

    #[test]
    fn pointers_keep_their_type_texts_are_filled_and_the_rest_is_as_it_is() {
        let send = sending(
            "input = \"Do {prompt} on {/site/url}\"\nseed = \"/seed\"\nnone = \"/nowhere\"\nn = 4\n\
             options = { tags = [\"/tag\", \"x\", \"/nowhere\"], hot = 0.5, path = \"/p/{seed}\" }",
        );
        let task = task("this", json!({"site": {"url": "http://a/"}, "seed": 7, "tag": ["t"]}));
        let expected = json!({
            "input": "Do this on http://a/", "seed": 7, "n": 4,
            "options": {"tags": [["t"], "x"], "hot": 0.5, "path": "/p/7"}
        });
        assert_eq!(Value::Object(send.fill(&task).expect("filled")), expected);
    }

    #[test]
    fn a_slot_without_a_value_is_named() {
        assert_eq!(sending("a = \"{nowhere}\"").fill(&task("p", json!({}))), Err("nowhere".to_owned()));
        assert!(Sending::new(toml::Table::new()).is_err(), "to send nothing is a slip");
    }

    #[test]
    fn answer_fields_are_found_by_pointer() {
        let receive = |text: &str| Receiving::new(toml::from_str(text).expect("TOML"));
        let said = json!({"choices": [{"text": "hi"}], "usage": null});
        let fields = receive("reply = \"/choices/0/text\"\nraw = \"\"").expect("pointers").fields(said.clone());
        assert_eq!(fields.map(Value::Object), Ok(json!({"raw": said, "reply": "hi"})));
        for pointer in ["/usage", "/choices/1/text"] {
            let error = receive(&format!("reply = \"{pointer}\"")).expect("a pointer").fields(said.clone());
            let error = error.expect_err("nothing there");
            assert!(error.contains(pointer) && error.contains("receive.reply"), "{error}");
        }
        assert!(receive("reply = \"choices\"").err().is_some_and(|error| error.contains("receive.reply")));
        let whole = Receiving::new(BTreeMap::new()).expect("none");
        assert_eq!(whole.fields(said.clone()).map(Value::Object), Ok(said));
        assert!(whole.fields(json!([1])).is_err());
    }
}
