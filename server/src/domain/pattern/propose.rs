//! A template from one prompt and its answer: what stands in both becomes a slot.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::{Map, Value};

use super::fit::{MAX_RUN, is_run};
use super::form::{Forms, Spellings};
use super::template::{Element, MAX_SLOTS, Node, Part, Template};
use super::token::{Kind, Token, joined};

/// Bytes of answer looked through for values of the prompt before a pair is given up: some milliseconds.
const MAX_LOOKED: usize = 4 << 20;
/// Places of values in one string.
const MAX_PLACES: usize = 256;
/// Stands between the strings of an answer; a value with it in is not looked for.
const BETWEEN: char = '\0';

/// Words that stand in any text: alone they are no value.
const COMMON: [&str; 48] = [
    "a", "an", "the", "and", "or", "but", "not", "no", "of", "in", "on", "at", "to", "for", "from", "by", "with", "as",
    "is", "are", "was", "be", "it", "its", "this", "that", "these", "those", "i", "you", "he", "she", "we", "they",
    "my", "your", "me", "do", "does", "did", "has", "have", "will", "can", "if", "then", "what", "which",
];

/// A template and the values it was learnt from.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    pub template: Template,
    pub values: Vec<String>,
}

/// A value of the prompt that the answer repeats.
struct Found {
    run: Range<usize>,
    text: String,
    /// Forms it may have in the answer, as bits.
    forms: u8,
}

/// What a value may reach over. Of "wait 5 minutes" and its answer, the value may be "5 minutes" or "5": predictions decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// As far as the answer repeats the prompt, numbers and addresses included.
    Far,
    /// Numbers and addresses are values of their own.
    Near,
}

/// Everything that `prompt` and `answer` share becomes a slot. Nothing when they share nothing or too much.
pub(super) fn propose(tokens: &[Token<'_>], answer: &Map<String, Value>, reach: Reach) -> Option<Proposal> {
    let found = shared(tokens, answer, reach)?;
    // The same text twice in the prompt is one slot: it has to be the same wherever it stands.
    let mut texts: Vec<&str> = Vec::new();
    let mut slots: Vec<(usize, u8, Spellings<'_>)> = Vec::new();
    for value in &found {
        match texts.iter().position(|text| *text == value.text) {
            Some(slot) => slots[slot].1 |= value.forms,
            None if texts.len() == MAX_SLOTS => return None,
            None => {
                slots.push((texts.len(), value.forms, Spellings::of(&value.text)));
                texts.push(&value.text);
            }
        }
    }
    let fields = answer.iter().map(|(key, field)| Some((key.clone(), slotted(field, &slots)?)));
    let answer = Node::Object(fields.collect::<Option<_>>()?);
    let slot = |value: &Found| texts.iter().position(|text| *text == value.text);
    let runs: Vec<_> = found.iter().filter_map(|value| Some((value.run.clone(), slot(value)?))).collect();
    build(tokens, &runs, answer, &texts)
}

/// Puts a template together. `runs` are the places of slots in the prompt in order, `texts` their values to remember.
/// Slots that the answer does not use stay in the prompt as they are there.
pub(super) fn build(
    tokens: &[Token<'_>],
    runs: &[(Range<usize>, usize)],
    mut answer: Node,
    texts: &[&str],
) -> Option<Proposal> {
    let mut used = HashSet::new();
    answer.visit(&mut |slot| {
        used.insert(slot);
    });
    let mut numbers: Vec<Option<usize>> = vec![None; texts.len()];
    let mut values = Vec::new();
    let mut prompt = Vec::with_capacity(tokens.len());
    let mut place = 0;
    for (run, slot) in runs {
        let slot = *slot;
        if !used.contains(&slot) {
            continue;
        }
        prompt.extend(tokens[place..run.start].iter().map(Element::fixed));
        let number = *numbers[slot].get_or_insert_with(|| {
            values.push(texts[slot].to_owned());
            values.len() - 1
        });
        let first = &tokens[run.start];
        let kind = if run.len() == 1 && first.kind.is_literal() { first.kind } else { Kind::Word };
        prompt.push(Element::Slot { slot: number, kind, open: first.open, spaced: first.spaced });
        place = run.end;
    }
    prompt.extend(tokens[place..].iter().map(Element::fixed));
    renumber(&mut answer, &numbers)?;
    let template = Template::new(prompt, answer, values.len())?;
    Some(Proposal { template, values })
}

fn renumber(node: &mut Node, numbers: &[Option<usize>]) -> Option<()> {
    match node {
        Node::Same(_) => {}
        Node::Number(slot) => *slot = numbers[*slot]?,
        Node::Text(parts) => {
            for part in parts {
                if let Part::Slot { slot, .. } = part {
                    *slot = numbers[*slot]?;
                }
            }
        }
        Node::Array(items) => items.iter_mut().try_for_each(|item| renumber(item, numbers))?,
        Node::Object(fields) => fields.iter_mut().try_for_each(|(_, field)| renumber(field, numbers))?,
    }
    Some(())
}

/// The values of the prompt that the answer repeats, longest first from left to right, without overlap.
fn shared(tokens: &[Token<'_>], answer: &Map<String, Value>, reach: Reach) -> Option<Vec<Found>> {
    let mut texts = Texts::new(answer);
    let mut found = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let mut best = None;
        for length in 1..=MAX_RUN.min(tokens.len() - place) {
            let run = place..place + length;
            let token = &tokens[place];
            let apart = |kind: Kind| kind == Kind::Quoted || reach == Reach::Near && kind.is_literal();
            if length > 1 && tokens[run.clone()].iter().any(|token| apart(token.kind)) {
                break;
            }
            let text = joined(tokens, run.clone());
            // The first word of a prompt is written large whatever it is, so "Click" is not taken for "click".
            let verbatim = place == 0 && length == 1 && token.kind == Kind::Word;
            let seen = texts.look(&text, if verbatim { 1 } else { u8::MAX })?;
            if seen.bounded != 0 && (token.kind == Kind::Quoted || is_value(tokens, run.clone())) {
                best = Some(Found { run, text, forms: seen.bounded });
            }
            // No longer run can be there when this one is not.
            if !seen.anywhere {
                break;
            }
        }
        place = best.as_ref().map_or(place + 1, |value| value.run.end);
        found.extend(best);
    }
    Some(found)
}

fn is_value(tokens: &[Token<'_>], run: Range<usize>) -> bool {
    let first = &tokens[run.start];
    let common = run.len() == 1 && first.kind == Kind::Word && COMMON.contains(&first.text.to_lowercase().as_str());
    !common && is_run(tokens, run)
}

/// All strings and numbers of an answer in one text.
struct Texts {
    all: String,
    left: usize,
}

struct Seen {
    /// Forms that stand somewhere as whole words.
    bounded: u8,
    /// Some form stands somewhere, perhaps inside a word.
    anywhere: bool,
}

impl Texts {
    fn new(answer: &Map<String, Value>) -> Self {
        let mut all = String::from(BETWEEN);
        answer.values().for_each(|field| collect(field, &mut all));
        Self { all, left: MAX_LOOKED }
    }

    fn look(&mut self, value: &str, forms: u8) -> Option<Seen> {
        let mut seen = Seen { bounded: 0, anywhere: false };
        if value.contains(BETWEEN) {
            return Some(seen);
        }
        let spellings = Spellings::of(value);
        let mut tried: Vec<&str> = Vec::new();
        for (form, text) in spellings.all().iter().enumerate() {
            if forms & (1 << form) == 0 || text.is_empty() || tried.contains(&&**text) {
                continue;
            }
            tried.push(text);
            self.left = self.left.checked_sub(self.all.len())?;
            for (at, _) in self.all.match_indices(&**text) {
                seen.anywhere = true;
                if is_bounded(&self.all, at..at + text.len()) {
                    seen.bounded |= spellings.written(text) & forms;
                    break;
                }
            }
        }
        Some(seen)
    }
}

fn collect(value: &Value, all: &mut String) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => all.extend([number.as_str(), "\0"]),
        Value::String(text) => all.extend([text.as_str(), "\0"]),
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, all)),
    }
}

/// Whether what stands at `place` is not a part of a longer word or number.
pub(super) fn is_bounded(text: &str, place: Range<usize>) -> bool {
    let joined = |one: Option<char>, two: Option<char>| {
        one.is_some_and(char::is_alphanumeric) && two.is_some_and(char::is_alphanumeric)
    };
    let inside = &text[place.clone()];
    !joined(text[..place.start].chars().next_back(), inside.chars().next())
        && !joined(inside.chars().next_back(), text[place.end..].chars().next())
}

/// The answer with every place of a value as a slot. Nothing when a string has too many.
fn slotted(value: &Value, slots: &[(usize, u8, Spellings<'_>)]) -> Option<Node> {
    Some(match value {
        Value::Number(number) => match slots.iter().find(|(.., value)| value.all()[0] == number.as_str()) {
            Some((slot, ..)) => Node::Number(*slot),
            None => Node::Same(value.clone()),
        },
        Value::String(text) => match pieces(text, slots)? {
            Some(parts) => Node::Text(parts),
            None => Node::Same(value.clone()),
        },
        Value::Array(items) => {
            let nodes: Vec<_> = items.iter().map(|item| slotted(item, slots)).collect::<Option<_>>()?;
            if nodes.iter().all(Node::is_same) { Node::Same(value.clone()) } else { Node::Array(nodes) }
        }
        Value::Object(fields) => {
            let nodes: Vec<_> =
                fields.iter().map(|(key, field)| Some((key.clone(), slotted(field, slots)?))).collect::<Option<_>>()?;
            if nodes.iter().all(|(_, node)| node.is_same()) { Node::Same(value.clone()) } else { Node::Object(nodes) }
        }
        Value::Null | Value::Bool(_) => Node::Same(value.clone()),
    })
}

/// A place where a string repeats a value.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub range: Range<usize>,
    pub slot: usize,
    /// Forms that write what stands there, as bits.
    pub forms: u8,
}

/// All places of values in `text`, whole words only, longest first. Nothing when they are too many.
pub(super) fn places(text: &str, slots: &[(usize, u8, Spellings<'_>)]) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    for (slot, allowed, spellings) in slots {
        let mut tried: Vec<&str> = Vec::new();
        for written in spellings.all() {
            let forms = spellings.written(written) & allowed;
            if forms == 0 || written.is_empty() || tried.contains(&&**written) {
                continue;
            }
            tried.push(written);
            for (at, _) in text.match_indices(&**written) {
                let range = at..at + written.len();
                if is_bounded(text, range.clone()) {
                    places.push(Place { range, slot: *slot, forms });
                }
                if places.len() > MAX_PLACES {
                    return None;
                }
            }
        }
    }
    // Of places as long, the one where the value stands as it is goes first.
    places.sort_by_key(|place| (std::cmp::Reverse(place.range.len()), place.forms & 1 == 0, place.range.start));
    Some(places)
}

fn pieces(text: &str, slots: &[(usize, u8, Spellings<'_>)]) -> Option<Option<Vec<Part>>> {
    let mut chosen: Vec<Place> = Vec::new();
    for place in places(text, slots)? {
        if chosen.iter().all(|other| place.range.end <= other.range.start || other.range.end <= place.range.start) {
            chosen.push(place);
        }
    }
    chosen.sort_by_key(|place| place.range.start);
    Some((!chosen.is_empty()).then(|| parts(text, &chosen)))
}

/// The parts of `text` with slots at `chosen`, which are in order and apart.
pub(super) fn parts(text: &str, chosen: &[Place]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    for place in chosen {
        if at < place.range.start {
            parts.push(Part::Fixed(text[at..place.range.start].to_owned()));
        }
        parts.push(Part::Slot { slot: place.slot, forms: Forms::new(place.forms) });
        at = place.range.end;
    }
    if at < text.len() {
        parts.push(Part::Fixed(text[at..].to_owned()));
    }
    parts
}
