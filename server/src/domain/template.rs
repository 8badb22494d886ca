//! Texts with places that a request's fields fill: `Do {prompt} on {/site/url}`.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A text with slots. `{name}` is a field or a capture, `{/a/0/b}` a JSON pointer (RFC 6901) into the fields. Other braces are
/// text, so that JSON can stand in a template as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot(String),
}

impl Template {
    /// Finds the slots of `text`.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let (mut rest, mut plain) = (text, String::new());
        while let Some(open) = rest.find('{') {
            let inside = &rest[open + 1..];
            match inside.find(['{', '}']).filter(|end| inside.as_bytes()[*end] == b'}' && is_slot(&inside[..*end])) {
                Some(end) => {
                    plain.push_str(&rest[..open]);
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Slot(inside[..end].to_owned()));
                    rest = &inside[end + 1..];
                }
                None => {
                    plain.push_str(&rest[..=open]);
                    rest = inside;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Self { parts }
    }

    /// The slots' names, in order.
    pub fn slots(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Whether a brace stands in the text: mostly a slot that is misspelt.
    pub fn has_stray_brace(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(['{', '}'])))
    }

    /// The text with every slot filled; the name of the first for which `lookup` has nothing. What is filled in is never
    /// searched for slots again.
    pub fn fill<'a>(&self, lookup: impl Fn(&str) -> Option<Cow<'a, str>>) -> Result<String, String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Slot(name) => text.push_str(&lookup(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(text)
    }

    /// The same with what `fields` hold.
    pub fn fill_from(&self, fields: &Map<String, Value>) -> Result<String, String> {
        self.fill(|name| field(fields, name).map(text_of))
    }
}

/// The value of a field, or where a JSON pointer leads; nothing for null.
pub fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let value = match name.strip_prefix('/') {
        None => fields.get(name),
        Some(path) => {
            let (first, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
            fields.get(&first.replace("~1", "/").replace("~0", "~")).and_then(|value| value.pointer(rest))
        }
    };
    value.filter(|value| !value.is_null())
}

/// A value as it stands in a text: texts as they are, everything else as JSON.
pub fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

fn is_slot(name: &str) -> bool {
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match name.strip_prefix('/') {
        Some(path) => !path.is_empty() && !path.contains(|char: char| char.is_whitespace() || char == '"'),
        None => !name.is_empty() && is_word(name) && !name.starts_with(|char: char| char.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str, fields: Value) -> Result<String, String> {
        Template::parse(template).fill_from(fields.as_object().expect("an object"))
    }

    #[test]
    fn fields_and_pointers_fill_the_slots() {
        let fields = json!({"prompt": "buy", "n": 4, "site": {"urls": ["a", "b"]}, "a/b": true});
        assert_eq!(
            fill("{prompt} {n} at {/site/urls/1}: {/a~1b}", fields.clone()).expect("all there"),
            "buy 4 at b: true"
        );
        assert_eq!(fill("{/site}", fields).expect("there"), r#"{"urls":["a","b"]}"#);
    }

    #[test]
    fn json_in_a_template_is_text() {
        let text = r#"Say {"a": {"b": 1}} or {} { x } {{prompt}} {1}"#;
        assert_eq!(fill(text, json!({"prompt": "p"})).expect("one slot"), text.replace("{prompt}", "p"));
        assert_eq!(Template::parse(text).slots().collect::<Vec<_>>(), ["prompt"]);
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("{a}{b}", json!({"a": "{b}", "b": null})), Err("b".to_owned()));
        assert_eq!(fill("{a}", json!({"a": "{b}"})), Ok("{b}".to_owned()));
    }
}
