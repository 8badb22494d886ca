//! Values into the answer of a template, and an answer back against it.

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::fit::is_plain;
use super::form::{FORMS, Forms, Spellings};
use super::template::{Node, Part};

/// Why values give no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unfilled {
    /// Its forms write this value differently, or too few predictions spoke against the others.
    Form(usize),
    /// The answer has a number there, and this is none that JSON can write.
    Number(usize),
    /// Longer than an answer may be.
    TooLarge,
}

/// How sure the form of a value must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Care {
    /// All forms alive agree: enough for a prediction that is only compared.
    Agreed,
    /// Every other form was wrong so many times: what serving asks for.
    Settled(u8),
}

/// Writes the answer with `values` in it.
pub(super) fn fill(
    answer: &Node,
    values: &[Spellings<'_>],
    care: Care,
    max: usize,
) -> Result<Map<String, Value>, Unfilled> {
    let mut room = max;
    match node(answer, values, care, &mut room)? {
        Value::Object(fields) => Ok(fields),
        // Templates hold objects only.
        _ => Err(Unfilled::TooLarge),
    }
}

fn node(node: &Node, values: &[Spellings<'_>], care: Care, room: &mut usize) -> Result<Value, Unfilled> {
    match node {
        Node::Same(value) => {
            take(room, json_bytes(value))?;
            Ok(value.clone())
        }
        Node::Number(slot) => {
            let text = &spellings(values, *slot)?.all()[0];
            take(room, text.len())?;
            number(text).map(Value::Number).ok_or(Unfilled::Number(*slot))
        }
        Node::Text(parts) => {
            let mut text = String::new();
            for part in parts {
                match part {
                    Part::Fixed(fixed) => text.push_str(fixed),
                    Part::Slot { slot, forms } => {
                        text.push_str(spell(forms, spellings(values, *slot)?, care).ok_or(Unfilled::Form(*slot))?)
                    }
                }
                if text.len() > *room {
                    return Err(Unfilled::TooLarge);
                }
            }
            take(room, string_bytes(&text))?;
            Ok(Value::String(text))
        }
        Node::Array(items) => {
            take(room, 2 + items.len().saturating_sub(1))?;
            items.iter().map(|item| self::node(item, values, care, room)).collect::<Result<_, _>>().map(Value::Array)
        }
        Node::Object(fields) => {
            take(room, 2 + fields.len().saturating_sub(1))?;
            let mut map = Map::with_capacity(fields.len());
            for (key, field) in fields {
                take(room, string_bytes(key) + 1)?;
                map.insert(key.clone(), self::node(field, values, care, room)?);
            }
            Ok(Value::Object(map))
        }
    }
}

fn spell<'s>(forms: &Forms, spellings: &'s Spellings<'_>, care: Care) -> Option<&'s str> {
    match care {
        Care::Agreed => forms.agreed(spellings),
        Care::Settled(required) => forms.settled(spellings, required),
    }
}

fn spellings<'v, 'a>(values: &'v [Spellings<'a>], slot: usize) -> Result<&'v Spellings<'a>, Unfilled> {
    values.get(slot).ok_or(Unfilled::Form(slot))
}

fn take(room: &mut usize, bytes: usize) -> Result<(), Unfilled> {
    *room = room.checked_sub(bytes).ok_or(Unfilled::TooLarge)?;
    Ok(())
}

/// The number that JSON writes exactly so, and no program otherwise.
pub(super) fn number(text: &str) -> Option<Number> {
    let number: Number = is_plain(text).then(|| text.parse().ok()).flatten()?;
    (number.as_str() == text).then_some(number)
}

/// Length as JSON text without white space.
pub(super) fn json_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => string_bytes(text),
        Value::Array(items) => 2 + items.len().saturating_sub(1) + items.iter().map(json_bytes).sum::<usize>(),
        Value::Object(fields) => fields_bytes(fields),
    }
}

/// Length of an answer as JSON text without white space.
pub(super) fn fields_bytes(fields: &Map<String, Value>) -> usize {
    let inside = fields.iter().map(|(key, field)| string_bytes(key) + 1 + json_bytes(field)).sum::<usize>();
    2 + fields.len().saturating_sub(1) + inside
}

fn string_bytes(text: &str) -> usize {
    let escapes = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 1,
        0..32 => 5,
        _ => 0,
    });
    2 + text.len() + escapes.sum::<usize>()
}

/// The forms, place by place as [`Node::visit_forms`] goes, that write `truth` with these values; nothing when none do.
pub(super) fn narrowed(answer: &Node, values: &[Spellings<'_>], truth: &Map<String, Value>) -> Option<Vec<u8>> {
    let Node::Object(fields) = answer else { return None };
    let mut kept = Vec::new();
    narrow_fields(fields, values, truth, &mut kept)?;
    Some(kept)
}

fn narrow_fields(
    fields: &[(String, Node)],
    values: &[Spellings<'_>],
    truth: &Map<String, Value>,
    kept: &mut Vec<u8>,
) -> Option<()> {
    if fields.len() != truth.len() {
        return None;
    }
    fields.iter().try_for_each(|(key, field)| narrow(field, values, truth.get(key)?, kept))
}

fn narrow(node: &Node, values: &[Spellings<'_>], truth: &Value, kept: &mut Vec<u8>) -> Option<()> {
    match (node, truth) {
        (Node::Same(value), truth) => (value == truth).then_some(()),
        (Node::Number(slot), Value::Number(number)) => (number.as_str() == values.get(*slot)?.all()[0]).then_some(()),
        (Node::Text(parts), Value::String(text)) => {
            let start = kept.len();
            kept.extend(parts.iter().filter(|part| matches!(part, Part::Slot { .. })).map(|_| 0));
            let mut steps = 256;
            narrow_text(parts, values, text, &mut kept[start..], &mut steps).then_some(())
        }
        (Node::Array(items), Value::Array(truth)) if items.len() == truth.len() => {
            items.iter().zip(truth).try_for_each(|(item, truth)| narrow(item, values, truth, kept))
        }
        (Node::Object(fields), Value::Object(truth)) => narrow_fields(fields, values, truth, kept),
        _ => None,
    }
}

/// Adds to `kept` the forms of every reading of `text`: keeping one too many only means less is answered.
fn narrow_text(parts: &[Part], values: &[Spellings<'_>], text: &str, kept: &mut [u8], steps: &mut u32) -> bool {
    if *steps == 0 {
        return false;
    }
    *steps -= 1;
    match parts {
        [] => text.is_empty(),
        [Part::Fixed(fixed), rest @ ..] => {
            text.strip_prefix(fixed.as_str()).is_some_and(|text| narrow_text(rest, values, text, kept, steps))
        }
        [Part::Slot { slot, forms }, rest @ ..] => {
            let (Some(spellings), Some((here, later))) = (values.get(*slot), kept.split_first_mut()) else {
                return false;
            };
            let mut fits = false;
            let alive = |form: &usize| forms.alive() & (1 << form) != 0;
            for form in (0..FORMS).filter(alive) {
                let written = &spellings.all()[form];
                // Forms that write the same are read once.
                if (0..form).filter(alive).any(|earlier| spellings.all()[earlier] == *written) {
                    continue;
                }
                let tail = text.strip_prefix(&**written);
                if tail.is_some_and(|tail| narrow_text(rest, values, tail, later, steps)) {
                    *here |= spellings.written(written);
                    fits = true;
                }
            }
            fits
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_json_writes_so_is_a_number() {
        for text in ["0", "7", "-3", "7.5", "0.05", "123456789012345"] {
            assert_eq!(number(text).map(|number| number.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "007",
            "1,000",
            "1.50",
            "1.0",
            "-0",
            "--1",
            "-",
            "1e5",
            "12345678901234567890",
            "+5",
            "12:30",
            "2026-01-31",
            "1.",
            ".5",
            "NaN",
            " 7",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn length_is_that_of_the_json_text(text in any::<String>(), number in any::<f64>(), flag in any::<bool>()) {
            let value = serde_json::json!({ "a": [text, number, flag, null], text.clone(): {}, "e": [] });
            prop_assert_eq!(json_bytes(&value), value.to_string().len());
        }
    }
}
