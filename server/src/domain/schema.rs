//! JSON Schemas of answers, with errors that an operator can act on.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

/// Longest message, bytes.
const MESSAGE_BYTES: usize = 240;
/// Longest type name that a message repeats.
const TYPE_BYTES: usize = 40;

/// A JSON Schema, compiled. It may not refer to other documents: nothing is fetched.
///
/// A rule of the schema may say in `x-fault` what its failure is called: `{"anyOf": […], "x-fault": "needs a selector"}`.
#[derive(Debug)]
pub struct Schema {
    source: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a schema; its draft is what `$schema` says, else 2020-12.
    pub fn parse(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::validator_for(schema).map_err(|error| bounded(&error.to_string()))?;
        Ok(Self { source: schema.clone(), validator })
    }

    /// Whether `value` is as the schema says. The error is one line of at most 240 bytes: where the first fault is and what
    /// it is. It repeats no value but the name of the type of an object that has one.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        self.validator.validate(value).map_err(|error| self.message(&error, value))
    }

    fn message(&self, error: &ValidationError<'_>, value: &Value) -> String {
        let place = Place::of(error.instance_path().as_str(), value);
        let fault = match (self.named_fault(error), error.kind()) {
            (Some(fault), _) => format!(" {fault}"),
            (None, ValidationErrorKind::Required { property: Value::String(name) }) => format!(" needs {name}"),
            (None, ValidationErrorKind::MinItems { limit: 1 }) => " is empty".to_owned(),
            (None, ValidationErrorKind::MaxItems { limit }) => format!(" has more than {limit} items"),
            (None, _) => format!(": {}", error.masked_with("it")),
        };
        bounded(&format!("{place}{fault}"))
    }

    /// `x-fault` beside the keyword that failed.
    fn named_fault(&self, error: &ValidationError<'_>) -> Option<&str> {
        let (rule, _) = error.schema_path().as_str().rsplit_once('/')?;
        self.source.pointer(rule)?.get("x-fault")?.as_str()
    }
}

/// Where a fault is: `actions[2]`, then `ClickAction` when the object there says its `type`, then the way inside it.
struct Place {
    outer: String,
    kind: Option<String>,
    inner: String,
}

impl Place {
    fn of(pointer: &str, root: &Value) -> Self {
        let mut place = Self { outer: String::new(), kind: None, inner: String::new() };
        let mut at = root;
        for key in pointer.split('/').skip(1) {
            let key = key.replace("~1", "/").replace("~0", "~");
            let way = match place.kind {
                Some(_) => &mut place.inner,
                None => &mut place.outer,
            };
            let next = match at {
                Value::Array(items) => {
                    way.push_str(&format!("[{key}]"));
                    key.parse().ok().and_then(|index: usize| items.get(index))
                }
                other => {
                    if !way.is_empty() || place.kind.is_some() {
                        way.push('.');
                    }
                    way.push_str(&key);
                    other.get(&key)
                }
            };
            at = next.unwrap_or(&Value::Null);
            place.kind = place.kind.or_else(|| type_name(at));
        }
        place
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Some(kind) => write!(f, "{}: {kind}{}", self.outer, self.inner),
            None if self.outer.is_empty() => f.write_str("the value"),
            None => f.write_str(&self.outer),
        }
    }
}

fn type_name(value: &Value) -> Option<String> {
    let name = value.get("type")?.as_str()?;
    let is_name = name.len() <= TYPE_BYTES && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !name.is_empty()).then(|| name.to_owned())
}

/// One line that is not too long.
fn bounded(message: &str) -> String {
    let mut line = message.lines().next().unwrap_or_default().to_owned();
    if line.len() > MESSAGE_BYTES {
        line.truncate(line.floor_char_boundary(MESSAGE_BYTES - '…'.len_utf8()));
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(value: Value) -> Schema {
        Schema::parse(&value).expect("a good schema")
    }

    #[test]
    fn the_message_names_the_place_and_the_fault() {
        let schema = schema(json!({
            "required": ["list"],
            "properties": {
                "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {
                    "properties": {"n": {"type": "integer"}},
                    "anyOf": [{"required": ["n"]}, {"required": ["m"]}], "x-fault": "needs n or m"
                }},
                "a/b": {"type": "object", "required": ["c d"]}
            }
        }));
        assert_eq!(schema.check(&json!({"list": [{"n": 1}]})), Ok(()));
        for (value, message) in [
            (json!({}), "the value needs list"),
            (json!({"list": []}), "list is empty"),
            (json!({"list": [{"n": 1}, {"n": 1}, {"n": 1}]}), "list has more than 2 items"),
            (json!({"list": [{}]}), "list[0] needs n or m"),
            (json!({"list": [{"m": 1}, {"type": "Sum"}]}), "list[1]: Sum needs n or m"),
            (json!({"list": [{"type": "Sum", "n": "secret"}]}), r#"list[0]: Sum.n: it is not of type "integer""#),
            (json!({"list": [{"n": 1}], "a/b": {}}), "a/b needs c d"),
        ] {
            assert_eq!(schema.check(&value), Err(message.to_owned()), "{value}");
        }
    }

    #[test]
    fn a_message_is_one_short_line_and_tells_no_values() {
        let long = "x".repeat(9_000);
        let schema = schema(json!({"additionalProperties": {"type": "integer"}}));
        let message = schema.check(&json!({"a": long})).expect_err("a text");
        assert!(!message.contains("xxx"), "{message}");
        let message = schema.check(&json!({long: "b"})).expect_err("a long name");
        assert!(message.len() <= MESSAGE_BYTES && !message.contains('\n'), "{}", message.len());
    }

    #[test]
    fn what_is_no_schema_or_lies_elsewhere_is_refused() {
        assert!(Schema::parse(&json!({"type": "strin"})).is_err());
        assert!(Schema::parse(&json!({"$ref": "http://127.0.0.1:1/schema.json"})).is_err());
    }
}
