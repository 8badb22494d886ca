//! What two pairs have in common: the least general template that explains both.

use std::ops::Range;

use serde_json::{Map, Value};

use super::fit::Literal;
use super::form::{FORMS, Spellings};
use super::propose::{Place, Proposal, build, is_bounded, places};
use super::template::{Element, Node, Part, Template};
use super::token::{Kind, Token};

/// Steps of reading two strings side by side.
const MAX_STEPS: usize = 4_096;

/// What a template was learnt from, as it cuts it.
pub(super) struct Learnt<'c> {
    pub template: &'c Template,
    /// Values by slot.
    pub values: &'c [String],
    /// The answer with these values in it.
    pub answer: &'c Map<String, Value>,
}

/// The template of `first` and of the pair (`tokens`, `answer`), whose prompt fits that of `first` with `values`. Values
/// that did not change are fixed words of it; of those that did, every one must stand in the answer and explain what
/// changed there. Its values are those of `first`.
pub(super) fn generalise(
    first: &Learnt<'_>,
    tokens: &[Token<'_>],
    values: &[Literal],
    answer: &Map<String, Value>,
) -> Option<Proposal> {
    let varying: Vec<_> = first
        .values
        .iter()
        .zip(values)
        .enumerate()
        .filter(|(_, (one, two))| **one != two.text)
        .map(|(slot, (one, two))| Varying { slot, one: Spellings::of(one), two: Spellings::of(&two.text) })
        .collect();
    if first.answer.len() != answer.len() {
        return None;
    }
    let fields = first.answer.iter().map(|(key, one)| Some((key.clone(), both(one, answer.get(key)?, &varying)?)));
    let answer = Node::Object(fields.collect::<Option<_>>()?);
    let mut used = vec![false; first.values.len()];
    answer.visit(&mut |slot| used[slot] = true);
    if varying.is_empty() || varying.iter().any(|value| !used[value.slot]) {
        return None;
    }
    let texts: Vec<&str> = first.values.iter().map(String::as_str).collect();
    build(tokens, &runs(first.template, values), answer, &texts)
}

/// A value that differs between the two pairs.
struct Varying<'v> {
    slot: usize,
    one: Spellings<'v>,
    two: Spellings<'v>,
}

/// Where the slots of `template` lie in a prompt that has these values.
fn runs(template: &Template, values: &[Literal]) -> Vec<(Range<usize>, usize)> {
    let mut runs = Vec::new();
    let mut place = 0;
    for element in &template.prompt {
        let length = match element {
            Element::Slot { slot, kind: Kind::Word, .. } => values[*slot].words.len(),
            _ => 1,
        };
        if let Element::Slot { slot, .. } = element {
            runs.push((place..place + length, *slot));
        }
        place += length;
    }
    runs
}

fn both(one: &Value, two: &Value, varying: &[Varying<'_>]) -> Option<Node> {
    if one == two {
        return Some(Node::Same(one.clone()));
    }
    match (one, two) {
        (Value::Number(first), Value::Number(second)) => {
            let mut fits = varying
                .iter()
                .filter(|value| value.one.all()[0] == first.as_str() && value.two.all()[0] == second.as_str());
            let slot = fits.next()?.slot;
            fits.next().is_none().then_some(Node::Number(slot))
        }
        (Value::String(first), Value::String(second)) => texts(first, second, varying).map(Node::Text),
        (Value::Array(first), Value::Array(second)) if first.len() == second.len() => {
            first.iter().zip(second).map(|(one, two)| both(one, two, varying)).collect::<Option<_>>().map(Node::Array)
        }
        (Value::Object(first), Value::Object(second)) if first.len() == second.len() => {
            let fields = first.iter().map(|(key, one)| Some((key.clone(), both(one, second.get(key)?, varying)?)));
            fields.collect::<Option<_>>().map(Node::Object)
        }
        _ => None,
    }
}

/// The only reading of two strings as one text with slots; nothing when there is none, or more than one.
fn texts(first: &str, second: &str, varying: &[Varying<'_>]) -> Option<Vec<Part>> {
    let slots: Vec<_> = varying.iter().map(|value| (value.slot, u8::MAX, value.one.clone())).collect();
    let mut places = places(first, &slots)?;
    places.sort_by_key(|place| place.range.start);
    let mut read = Reading { first, second, varying, places: &places, steps: 0, found: Vec::new() };
    read.from(0, 0, &mut Vec::new())?;
    let chosen = (read.found.len() == 1).then(|| read.found.swap_remove(0))?;
    Some(super::propose::parts(first, &chosen))
}

struct Reading<'r> {
    first: &'r str,
    second: &'r str,
    varying: &'r [Varying<'r>],
    places: &'r [Place],
    steps: usize,
    found: Vec<Vec<Place>>,
}

impl Reading<'_> {
    /// Reads on from `at` in the first and `other` in the second. Nothing when there is too much to look at.
    fn from(&mut self, at: usize, other: usize, chosen: &mut Vec<Place>) -> Option<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS || self.found.len() > 1 {
            return None;
        }
        // Without a further slot the rest must be the same.
        if self.first[at..] == self.second[other..] {
            self.found.push(chosen.clone());
        }
        let places = self.places;
        for place in places.iter().filter(|place| place.range.start >= at) {
            let between = &self.first[at..place.range.start];
            let Some(tail) = self.second[other..].strip_prefix(between) else { break };
            let Some(value) = self.varying.iter().find(|value| value.slot == place.slot) else { continue };
            let start = other + between.len();
            let mut tried: Vec<&str> = Vec::new();
            for form in (0..FORMS).filter(|form| place.forms & (1 << form) != 0) {
                let written = &*value.two.all()[form];
                let range = start..start + written.len();
                if tried.contains(&written) || !tail.starts_with(written) || !is_bounded(self.second, range.clone()) {
                    continue;
                }
                tried.push(written);
                let forms = place.forms & value.two.written(written);
                chosen.push(Place { forms, ..place.clone() });
                self.from(place.range.end, range.end, chosen)?;
                chosen.pop();
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_strings_are_read_in_one_way_or_not_at_all() {
        let varying = [
            Varying { slot: 0, one: Spellings::of("Search"), two: Spellings::of("Dune") },
            Varying { slot: 1, one: Spellings::of("2"), two: Spellings::of("3") },
        ];
        let read = |one, two| texts(one, two, &varying).is_some();
        assert!(read("Search for Search: page 2", "Search for Dune: page 3"));
        assert!(!read("Search for 2", "Search for 4"), "nothing explains the 4");
        assert!(!read("user2", "user3"), "a number inside a word");
        let same = both(&json!({"label": "Search", "n": 2}), &json!({"label": "Search", "n": 2}), &varying);
        assert!(same.is_some_and(|node| node.is_same()));
    }
}
