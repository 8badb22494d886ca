//! Structured answers: what is asked of the model, and whether it did as it was asked.

use jsonschema::Validator;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// So many faults of an answer are told.
const FAULTS: usize = 5;
const FAULT_CHARS: usize = 300;

/// How a service is asked for JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFormat {
    /// With the schema: the service lets the model write nothing else.
    #[default]
    JsonSchema,
    /// For JSON of any kind; the schema stands in the system message.
    JsonObject,
    /// Not at all: the schema stands in the system message.
    None,
}

/// The answer's schema.
pub struct Shape {
    schema: Value,
    format: ResponseFormat,
    strict: bool,
    validator: Validator,
}

/// Why a text is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// For the operator: without what the model said.
    pub what: String,
    /// For the model.
    pub detail: String,
}

impl Shape {
    /// Compiles a schema; what is wrong with it otherwise.
    pub fn new(schema: Value, format: ResponseFormat, strict: bool) -> Result<Self, String> {
        let validator = jsonschema::validator_for(&schema).map_err(|error| cut(&error.to_string()))?;
        Ok(Self { schema, format, strict, validator })
    }

    /// The request's `response_format`.
    pub(super) fn response_format(&self) -> Option<Value> {
        match self.format {
            ResponseFormat::JsonSchema => Some(json!({
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": self.schema, "strict": self.strict},
            })),
            ResponseFormat::JsonObject => Some(json!({"type": "json_object"})),
            ResponseFormat::None => None,
        }
    }

    /// What the system message says of the schema, where the request itself does not.
    pub(super) fn instruction(&self) -> Option<String> {
        let schema = &self.schema;
        (self.format != ResponseFormat::JsonSchema).then(|| {
            format!("Answer with one JSON object that fits this JSON Schema, and with nothing else:\n{schema}")
        })
    }

    /// Whether an answer given before is one that could be asked for.
    pub(super) fn fits(&self, fields: Map<String, Value>) -> bool {
        self.validator.is_valid(&Value::Object(fields))
    }

    /// The answer's fields.
    pub(super) fn read(&self, text: &str) -> Result<Map<String, Value>, Misfit> {
        let value: Value = match serde_json::from_str(unfenced(text)) {
            Ok(value) => value,
            Err(error) => {
                let what = format!("it is no JSON: {error}");
                return Err(Misfit { detail: what.clone(), what });
            }
        };
        let (mut what, mut detail) = (Vec::new(), Vec::new());
        for error in self.validator.iter_errors(&value).take(FAULTS) {
            let path = error.instance_path().as_str();
            let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
            what.push(cut(&format!("{place}{}", error.masked())));
            detail.push(cut(&format!("{place}{error}")));
        }
        match value {
            Value::Object(fields) if what.is_empty() => Ok(fields),
            _ if what.is_empty() => {
                let what = "it is JSON, but no object".to_owned();
                Err(Misfit { detail: what.clone(), what })
            }
            _ => Err(Misfit { what: what.join("; "), detail: detail.join("\n") }),
        }
    }
}

/// What stands between the first fence and the next, if there are fences: models like to write ```json.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        return text;
    }
    let inside = text.split_once("```").and_then(|(_, rest)| rest.split_once('\n')).map(|(_, inside)| inside);
    inside.map_or(text, |inside| inside.split_once("\n```").map_or(inside, |(json, _)| json))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(FAULT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        let schema = json!({
            "type": "object", "required": ["n"], "additionalProperties": false,
            "properties": {"n": {"type": "integer", "maximum": 9}, "code": {"type": "string"}},
        });
        Shape::new(schema, ResponseFormat::JsonSchema, true).expect("a schema")
    }

    #[test]
    fn json_is_found_in_fences_and_without() {
        let shape = shape();
        for text in ["{\"n\": 1}", " \n{\"n\":1}\n", "```json\n{\"n\": 1}\n```", "Here:\n```\n{\"n\": 1}\n```\nBye."] {
            assert_eq!(shape.read(text).expect(text)["n"], json!(1), "{text}");
        }
        let answer = shape.read("{\"n\": 2, \"code\": \"a\\n```\\nb\"}").expect("a fence inside a text is text");
        assert_eq!(answer["code"], "a\n```\nb");
        let answer = shape.read("```json\n{\"n\": 2, \"code\": \"a ``` b\"}\n```").expect("inside a fence too");
        assert_eq!(answer["code"], "a ``` b");
    }

    #[test]
    fn a_misfit_tells_the_model_more_than_the_operator() {
        let misfit = shape().read("{\"n\": 77}").expect_err("too much");
        assert_eq!(misfit.what, "/n: value is greater than the maximum of 9");
        assert_eq!(misfit.detail, "/n: 77 is greater than the maximum of 9");
        let misfit = shape().read("I will not.").expect_err("prose");
        assert!(misfit.what.starts_with("it is no JSON"), "{misfit:?}");
        let anything = Shape::new(json!({}), ResponseFormat::None, true).expect("a schema");
        assert_eq!(anything.read("[1]").expect_err("a list").what, "it is JSON, but no object");
    }

    #[test]
    fn a_schema_that_is_none_is_refused() {
        let error = Shape::new(json!({"type": "objekt"}), ResponseFormat::JsonSchema, true).err().expect("a slip");
        assert!(error.contains("objekt"), "{error}");
    }

    #[test]
    fn a_service_without_schemas_is_told_in_words() {
        let with = |format| Shape::new(json!({"type": "object"}), format, false).expect("a schema");
        let shape = with(ResponseFormat::JsonObject);
        assert_eq!(shape.response_format(), Some(json!({"type": "json_object"})));
        assert!(shape.instruction().expect("words").ends_with("{\"type\":\"object\"}"));
        assert_eq!(with(ResponseFormat::None).response_format(), None);
        assert_eq!(with(ResponseFormat::JsonSchema).instruction(), None);
    }
}
