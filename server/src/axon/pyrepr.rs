//! Python's text of a JSON value, and the body hash over it.
//!
//! A dendrite signs `sha3_256(concat(sha3_256(str(field))))` over the synapse's `required_hash_fields`, where `str` is
//! Python's, applied after pydantic has coerced the value to the declared type. So `1` in a `float` field reads `1.0`,
//! and a list reads `['it', "isn't"]`.

use std::fmt::Write;
use std::str::FromStr;

use serde_json::{Number, Value};
use sha3::{Digest, Sha3_256};

use super::nonprintable::NONPRINTABLE;

/// How pydantic changes a value of a declared type, as far as it changes its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PyType {
    /// Left as it is: `str`, `bool`, `Any`, models and everything else whose JSON already has its type.
    #[default]
    Any,
    /// `float`: whole numbers gain `.0`.
    Float,
    /// `int`: a float without fraction loses its `.0`.
    Int,
    /// `list[T]` or `dict[str, T]`: applies to every value inside.
    Each(Box<PyType>),
}

impl FromStr for PyType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix(']');
        if let Some(inner) = inside("Optional[") {
            return inner.parse();
        }
        if let Some(inner) = inside("list[").or_else(|| inside("dict[str,")) {
            return Ok(match inner.parse()? {
                Self::Any => Self::Any,
                inner => Self::Each(Box::new(inner)),
            });
        }
        match text {
            "float" => Ok(Self::Float),
            "int" => Ok(Self::Int),
            "str" | "bool" | "Any" | "dict" | "list" => Ok(Self::Any),
            _ => Err(format!(
                "unknown type `{text}`; use str, int, float, bool, Any, list[…], dict[str, …] or Optional[…]"
            )),
        }
    }
}

/// Whole floats up to this become an `int`; pydantic refuses larger ones, and one of them has up to 309 digits.
const MAX_INT: f64 = 9.2e18;

/// The hash over no fields: what a synapse without `required_hash_fields` is signed with.
pub const EMPTY_BODY_HASH: &str = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";

/// The body hash over `fields`, in order: lower-case hexadecimal.
pub fn body_hash<'a>(fields: impl IntoIterator<Item = (&'a Value, &'a PyType)>) -> String {
    let mut all = Sha3_256::new();
    let mut text = String::new();
    for (value, kind) in fields {
        text.clear();
        write_str(&mut text, value, kind);
        all.update(hex::encode(Sha3_256::digest(text.as_bytes())));
    }
    hex::encode(all.finalize())
}

/// Python's `str(value)`: like `repr`, except that a string stands for itself.
fn write_str(out: &mut String, value: &Value, kind: &PyType) {
    match value {
        Value::String(text) => out.push_str(text),
        other => write_repr(out, other, kind),
    }
}

fn write_repr(out: &mut String, value: &Value, kind: &PyType) {
    let inner = match kind {
        PyType::Each(inner) => inner,
        other => other,
    };
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => write_number(out, number, kind),
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_repr(out, item, inner);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_quoted(out, key);
                out.push_str(": ");
                write_repr(out, item, inner);
            }
            out.push('}');
        }
    }
}

fn write_number(out: &mut String, number: &Number, kind: &PyType) {
    let text = number.as_str();
    let is_float = text.contains(['.', 'e', 'E']);
    match (kind, text.parse::<f64>()) {
        (PyType::Int, Ok(value)) if is_float && value.fract() == 0.0 && value.abs() < MAX_INT => {
            let _ = write!(out, "{}", value as i64);
        }
        (PyType::Float, Ok(value)) => write_float(out, value),
        (_, Ok(value)) if is_float => write_float(out, value),
        // An integer is exact in Python, however long; only `-0` has no sign there.
        _ => out.push_str(if text == "-0" { "0" } else { text }),
    }
}

/// Python's `repr(float)`: the shortest digits that read back the same, in positional notation for decimal exponents
/// from -4 to 15, else as `d.ddde±XX`.
fn write_float(out: &mut String, value: f64) {
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "inf" } else { "-inf" });
    }
    // Rust's `{:e}` has the same shortest digits: `-1.25e-7`.
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` always writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a whole exponent");
    if (-4..16).contains(&exponent) {
        let positional = format!("{value}");
        out.push_str(&positional);
        if !positional.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

fn write_quoted(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(character);
            }
            _ if is_hidden(character) => write_escape(out, character as u32),
            _ => out.push(character),
        }
    }
    out.push(quote);
}

fn write_escape(out: &mut String, code: u32) {
    let _ = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

fn is_hidden(character: char) -> bool {
    let code = character as u32;
    // Most text is ASCII; spare it the search.
    if (0x20..0x7f).contains(&code) {
        return false;
    }
    NONPRINTABLE
        .binary_search_by(|&(first, last)| {
            if last < code {
                std::cmp::Ordering::Less
            } else if first > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/vectors/body_hash.json")).expect("the vectors are JSON")
    }

    fn field<'a>(case: &'a Value, name: &str) -> &'a str {
        case[name].as_str().expect("a text in every vector")
    }

    #[test]
    fn every_single_field_vector_of_the_real_sdk_has_its_text_and_hash() {
        let vectors = vectors();
        let cases = vectors["single_field"].as_array().expect("a list");
        assert!(cases.len() >= 40, "the file is whole");
        for case in cases {
            let value: Value = serde_json::from_str(field(case, "json_value")).expect("each vector is JSON");
            let kind: PyType = field(case, "declared_type").parse().expect("each type is known");
            let mut text = String::new();
            write_str(&mut text, &value, &kind);
            assert_eq!(text, field(case, "python_str"), "{case}");
            assert_eq!(body_hash([(&value, &kind)]), field(case, "body_hash"), "{case}");
        }
    }

    #[test]
    fn every_multi_field_vector_of_the_real_sdk_has_its_hash() {
        let vectors = vectors();
        for case in vectors["multi_field"].as_array().expect("a list") {
            let body: Value = serde_json::from_str(field(case, "body")).expect("a body");
            let order = case["order_used"].as_array().expect("a list");
            let fields = order.iter().map(|name| (&body[name.as_str().expect("a name")], &PyType::Any));
            assert_eq!(body_hash(fields), field(case, "body_hash"), "{case}");
        }
    }

    #[test]
    fn no_fields_hash_as_the_empty_text() {
        assert_eq!(body_hash([]), EMPTY_BODY_HASH);
    }

    #[test]
    fn a_whole_float_becomes_an_int_as_far_as_pydantic_takes_it_for_one() {
        for (json, text) in [("3.0", "3"), ("-0.0", "0"), ("1e15", "1000000000000000"), ("1e308", "1e+308")] {
            let mut out = String::new();
            write_str(&mut out, &serde_json::from_str(json).expect("a number"), &PyType::Int);
            assert_eq!(out, text, "{json}");
        }
    }

    #[test]
    fn an_unknown_type_is_named_with_those_that_are_known() {
        let error = "flaot".parse::<PyType>().expect_err("a slip");
        assert!(error.contains("flaot") && error.contains("list[…]"), "{error}");
    }

    proptest! {
        #[test]
        fn a_float_reads_back_as_the_same_float(value in proptest::num::f64::NORMAL) {
            let mut text = String::new();
            write_float(&mut text, value);
            prop_assert_eq!(text.parse::<f64>(), Ok(value));
        }

        #[test]
        fn quoted_text_holds_no_raw_control_character(text: String) {
            let mut out = String::new();
            write_quoted(&mut out, &text);
            prop_assert!(out.chars().all(|character| !character.is_control()));
        }
    }
}
