//! What forbids giving the answer to one prompt for another.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::{KINDS, Kind, Operator, Slot};
use super::lexicon::Question;
use super::opposites::opposed;
use super::stem::root;
use super::{Parsed, Slots};

/// Why a stored answer must not be given for the asked prompt. Displayed, it is a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "conflict", rename_all = "snake_case")]
pub enum Conflict {
    /// Both have a value of this kind where the other has another.
    Different {
        /// What is different.
        kind: Kind,
        /// As the asked prompt has it.
        asked: String,
        /// As the stored prompt has it.
        stored: String,
    },
    /// The stored prompt has a value that the asked one lacks.
    Missing {
        /// What is missing.
        kind: Kind,
        /// The stored prompt's value.
        value: String,
    },
    /// The asked prompt has a value that the stored one lacks.
    Additional {
        /// What was added.
        kind: Kind,
        /// The asked prompt's value.
        value: String,
    },
    /// The same value, compared in another way.
    Operator {
        /// How the asked prompt compares.
        asked: Operator,
        /// How the stored one does.
        stored: Operator,
        /// With what.
        value: String,
    },
    /// The same number of other units.
    Unit {
        /// The asked prompt's unit.
        asked: String,
        /// The stored prompt's.
        stored: String,
    },
    /// The same values under exchanged names: from 'a' to 'b', from 'b' to 'a'.
    Exchanged {
        /// The value that is under another name.
        value: String,
    },
    /// The way there is the way back.
    Direction {
        /// Where the asked prompt's way ends.
        towards: String,
    },
    /// One denies what the other says.
    Polarity {
        /// What is denied.
        word: String,
        /// Whether it is the asked prompt that denies it.
        asked: bool,
    },
    /// Words that ask for opposite or exclusive things.
    Opposite {
        /// What the asked prompt wants; the first word of its group, not always its own.
        asked: String,
        /// What the stored one wants.
        stored: String,
    },
    /// Questions for different things: who, when.
    Question,
    /// What follows the analysed part is not the same.
    Rest,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Different { kind: Kind::Number, asked, stored } => write!(f, "{asked} is not {stored}"),
            Self::Different { kind, asked, stored } => write!(f, "the {kind} '{asked}' is not '{stored}'"),
            Self::Missing { kind, value } => write!(f, "the {kind} '{value}' is missing"),
            Self::Additional { kind, value } => write!(f, "the {kind} '{value}' is additional"),
            Self::Operator { asked, stored, value } => write!(f, "`{asked}` is not `{stored}` for '{value}'"),
            Self::Unit { asked, stored } => write!(f, "the unit '{asked}' is not '{stored}'"),
            Self::Exchanged { value } => write!(f, "the value '{value}' stands under another name"),
            Self::Direction { towards } => write!(f, "the direction towards '{towards}' is the opposite"),
            Self::Polarity { word, asked: true } => write!(f, "'{word}' is denied, but not in the stored prompt"),
            Self::Polarity { word, asked: false } => write!(f, "'{word}' is denied in the stored prompt only"),
            Self::Opposite { asked, stored } => write!(f, "'{asked}' is the opposite of '{stored}'"),
            Self::Question => f.write_str("the questions ask for different things"),
            Self::Rest => f.write_str("the text past the analysed length is not the same"),
        }
    }
}

/// What forbids giving the answer stored for one prompt to another; none if nothing does. Whether there is one does not
/// depend on which of the two is asked.
pub fn conflict(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    if !same_rest(asked.rest(), stored.rest()) {
        return Some(Conflict::Rest);
    }
    values(asked, stored)
        .or_else(|| units(asked, stored))
        .or_else(|| names(asked, stored))
        .or_else(|| exchanged(asked, stored))
        .or_else(|| direction(asked, stored))
        .or_else(|| opposites(asked.slots, stored.slots))
        .or_else(|| denied(asked, stored).map(|word| Conflict::Polarity { word, asked: true }))
        .or_else(|| denied(stored, asked).map(|word| Conflict::Polarity { word, asked: false }))
        .or_else(|| reversed(asked, stored))
        .or_else(|| questions(asked.slots, stored.slots))
}

fn same_rest(a: &str, b: &str) -> bool {
    a.chars().filter(|c| !c.is_whitespace()).eq(b.chars().filter(|c| !c.is_whitespace()))
}

/// One step of the walk over two sorted lists: the slots of one value, on either side.
pub(super) struct Step<'a> {
    pub asked: &'a [Slot],
    pub stored: &'a [Slot],
}

/// Walks both lists together, value by value.
pub(super) fn walk<'a>(mut asked: &'a [Slot], mut stored: &'a [Slot]) -> impl Iterator<Item = Step<'a>> {
    let key = |slot: &Slot| (slot.kind, slot.hash);
    let run = move |slots: &[Slot]| slots.iter().take_while(|slot| key(slot) == key(&slots[0])).count();
    std::iter::from_fn(move || {
        let order = match (asked.first(), stored.first()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
        };
        let (a, b) = (if order.is_le() { run(asked) } else { 0 }, if order.is_ge() { run(stored) } else { 0 });
        let step = Step { asked: &asked[..a], stored: &stored[..b] };
        (asked, stored) = (&asked[a..], &stored[b..]);
        Some(step)
    })
}

/// Values missing, added, different, or otherwise compared.
fn values(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    // The first unmatched value of each kind, on either side.
    let mut lone: [[Option<&Slot>; KINDS]; 2] = [[None; KINDS]; 2];
    let mut searches = MOST_SEARCHES;
    for step in walk(&asked.slots.found, &stored.slots.found) {
        let kind = step.asked.first().or(step.stored.first())?.kind;
        if let ([a, ..], [b, ..]) = (step.asked, step.stored) {
            // The hash is no secret; for what a stranger can write at will the bytes decide.
            if kind == Kind::Quoted && asked.words(a) != stored.words(b) && a.len < u16::MAX {
                return Some(different(asked, a, stored, b));
            }
            if let Some((a, b)) = other_operator(asked, step.asked, stored, step.stored) {
                let value = asked.words(a).to_owned();
                return Some(Conflict::Operator { asked: a.bound.operator(), stored: b.bound.operator(), value });
            }
        }
        if !kind.is_literal() && !matches!(kind, Kind::Bare | Kind::Field) {
            continue;
        }
        for (side, (ours, theirs, parsed, other)) in
            [(step.asked, step.stored, asked, stored), (step.stored, step.asked, stored, asked)].into_iter().enumerate()
        {
            let needed = ours.iter().filter(|slot| !slot.bound.is_optional()).count();
            let lacks = needed > 0 && if kind.counts() { needed > theirs.len() } else { theirs.is_empty() };
            if !lacks || lone[side][kind as usize].is_some() {
                continue;
            }
            if matches!(kind, Kind::Quoted | Kind::Field) && searches > 0 {
                searches -= 1;
                if unquoted(parsed, ours, other) {
                    continue;
                }
            }
            lone[side][kind as usize] = ours.first();
        }
    }
    let [ours, theirs] = lone;
    let both_ask = asked.slots.asks && stored.slots.asks;
    ours.iter().zip(theirs).find_map(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => Some(different(asked, a, stored, b)),
        (Some(a), None) if a.kind.is_needed(both_ask) => {
            Some(Conflict::Additional { kind: a.kind, value: asked.words(a).to_owned() })
        }
        (None, Some(b)) if b.kind.is_needed(both_ask) => {
            Some(Conflict::Missing { kind: b.kind, value: stored.words(b).to_owned() })
        }
        _ => None,
    })
}

/// How many times a text is searched for a value the other has in quotes.
const MOST_SEARCHES: u8 = 16;

/// Whether a value in quotes stands in the other text without them, or a `snake_case` field as words of their own.
fn unquoted(parsed: Parsed<'_>, slots: &[Slot], other: Parsed<'_>) -> bool {
    let Some(slot) = slots.first() else { return false };
    let value = parsed.words(slot);
    if slots.iter().any(|slot| slot.bound.operator() != Operator::EQUALS) || value.len() < 2 {
        return false;
    }
    let spaced = if slot.kind == Kind::Field { value.replace('_', " ") } else { String::new() };
    let wanted = if slot.kind == Kind::Field { spaced.as_str() } else { value };
    let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let quoted = |at: usize| {
        other.slots.found.iter().any(|slot| {
            let start = usize::from(slot.start);
            slot.kind == Kind::Quoted && (start..start + usize::from(slot.len)).contains(&at)
        })
    };
    other.text.match_indices(wanted).take(8).any(|(at, found)| {
        edge(other.text[..at].chars().next_back()) && edge(other.text[at + found.len()..].chars().next()) && !quoted(at)
    })
}

/// Tasks about different names: each has one of which the other has not a word. Questions may well name what they are
/// about in other words.
fn names(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    let (ours, theirs) = (of_kind(asked.slots, Kind::Name), of_kind(stored.slots, Kind::Name));
    if ours.is_empty() || theirs.is_empty() || asked.slots.asks && stored.slots.asks {
        return None;
    }
    let a = strange(asked, ours, stored, theirs)?;
    let b = strange(stored, theirs, asked, ours)?;
    Some(different(asked, a, stored, b))
}

/// The first name of which the other text has no word.
fn strange<'a>(parsed: Parsed<'_>, names: &'a [Slot], other: Parsed<'_>, others: &[Slot]) -> Option<&'a Slot> {
    let known = |slot: &Slot| others.binary_search_by_key(&slot.hash, |held| held.hash).is_ok();
    let mut lone = names.iter().filter(|slot| !known(slot)).take(8).peekable();
    lone.peek()?;
    let mut said: Vec<u64> = roots(other).collect();
    said.sort_unstable();
    lone.find(|slot| {
        let mut words = words(parsed.words(slot));
        !words.any(|word| said.binary_search(&word).is_ok())
    })
}

/// The same number with another unit.
fn units(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    let theirs = of_kind(stored.slots, Kind::Unit);
    of_kind(asked.slots, Kind::Unit).iter().find_map(|a| {
        let from = theirs.partition_point(|slot| slot.hash >> 8 < a.hash >> 8);
        let same = &theirs[from..];
        let same = &same[..same.partition_point(|slot| slot.hash >> 8 == a.hash >> 8)];
        (!same.is_empty() && !same.iter().any(|slot| slot.hash == a.hash))
            .then(|| Conflict::Unit { asked: asked.words(a).to_owned(), stored: stored.words(&same[0]).to_owned() })
    })
}

fn of_kind(slots: &Slots, kind: Kind) -> &[Slot] {
    let from = slots.found.partition_point(|slot| slot.kind < kind);
    let to = slots.found.partition_point(|slot| slot.kind <= kind);
    &slots.found[from..to]
}

fn different(asked: Parsed<'_>, a: &Slot, stored: Parsed<'_>, b: &Slot) -> Conflict {
    Conflict::Different { kind: a.kind, asked: asked.words(a).to_owned(), stored: stored.words(b).to_owned() }
}

/// An operator one side has for a value and the other has not.
fn other_operator<'a>(
    asked: Parsed<'_>,
    ours: &'a [Slot],
    stored: Parsed<'_>,
    theirs: &'a [Slot],
) -> Option<(&'a Slot, &'a Slot)> {
    let kind = ours.first()?.kind;
    if kind == Kind::Name && asked.slots.asks && stored.slots.asks || kind > Kind::Name {
        return None;
    }
    let operator = |slot: &Slot| match kind {
        Kind::Name => Operator { negated: slot.bound.is_negated(), ..Operator::EQUALS },
        _ => slot.bound.operator(),
    };
    let has = |slots: &[Slot], wanted: Operator| slots.iter().any(|slot| operator(slot) == wanted);
    if let Some(a) = ours.iter().find(|a| !has(theirs, operator(a))) {
        return Some((a, &theirs[0]));
    }
    theirs.iter().find(|b| !has(ours, operator(b))).map(|b| (&ours[0], b))
}

/// Two values that stand under each other's names.
fn exchanged(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    let (ours, theirs) = (&asked.slots.found, &stored.slots.found);
    let named = |slot: &&Slot| slot.field != 0 && slot.kind <= Kind::Bare;
    for step in walk(ours, theirs) {
        let ([a], [b]) = (step.asked, step.stored) else { continue };
        if a.field == b.field || !named(&a) || !named(&b) {
            continue;
        }
        let both_fields = a.bound.is_snake() && b.bound.is_snake();
        let other = |slots: &[Slot], field: u16| {
            slots.iter().filter(named).any(|slot| slot.field == field && slot.hash != a.hash)
        };
        if both_fields || other(ours, b.field) && other(theirs, a.field) {
            return Some(Conflict::Exchanged { value: asked.words(a).to_owned() });
        }
    }
    None
}

fn direction(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    let theirs = of_kind(stored.slots, Kind::Direction);
    of_kind(asked.slots, Kind::Direction)
        .iter()
        .find(|a| {
            let back = a.hash.rotate_left(32);
            back != a.hash && theirs.binary_search_by_key(&back, |slot| slot.hash).is_ok()
        })
        .map(|a| Conflict::Direction { towards: asked.words(a).to_owned() })
}

fn opposites(asked: &Slots, stored: &Slots) -> Option<Conflict> {
    let (asked, stored) = opposed(asked.sides, stored.sides)?;
    Some(Conflict::Opposite { asked: asked.to_owned(), stored: stored.to_owned() })
}

/// A word that one text denies and the other says without denying it. Between questions only if the other denies nothing
/// at all: there, denial is often a manner of speaking.
fn denied(denying: Parsed<'_>, other: Parsed<'_>) -> Option<String> {
    let theirs = of_kind(other.slots, Kind::Negation);
    let both_ask = denying.slots.asks && other.slots.asks;
    if both_ask && (!theirs.is_empty() || other.slots.found.iter().any(|slot| slot.bound.is_negated())) {
        return None;
    }
    let ours = of_kind(denying.slots, Kind::Negation);
    let mut ours =
        ours.iter().filter(|slot| theirs.binary_search_by_key(&slot.hash, |held| held.hash).is_err()).peekable();
    ours.peek()?;
    let mut said: Vec<u64> = roots(other).collect();
    said.sort_unstable();
    ours.find(|slot| said.binary_search(&slot.hash).is_ok()).map(|slot| denying.words(slot).to_owned())
}

/// A word of one text that un-, dis- or de- turns into the opposite of a word of the other.
fn reversed(asked: Parsed<'_>, stored: Parsed<'_>) -> Option<Conflict> {
    let find = |turned: Parsed<'_>, plain: Parsed<'_>| {
        let theirs = of_kind(plain.slots, Kind::Reversed);
        let ours = of_kind(turned.slots, Kind::Reversed);
        let mut ours =
            ours.iter().filter(|slot| theirs.binary_search_by_key(&slot.hash, |held| held.hash).is_err()).peekable();
        ours.peek()?;
        let sorted = |parsed| {
            let mut roots: Vec<u64> = roots(parsed).collect();
            roots.sort_unstable();
            roots
        };
        let (said, both) = (sorted(plain), sorted(turned));
        ours.find(|slot| said.binary_search(&slot.hash).is_ok() && both.binary_search(&slot.hash).is_err())
            .map(|slot| turned.words(slot).to_owned())
    };
    let plain = |word: &str| {
        let skip = if word.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("dis")) { 3 } else { 2 };
        word.get(skip..).unwrap_or(word).to_lowercase()
    };
    if let Some(word) = find(asked, stored) {
        return Some(Conflict::Opposite { stored: plain(&word), asked: word });
    }
    find(stored, asked).map(|word| Conflict::Opposite { asked: plain(&word), stored: word })
}

/// The roots of a text's words, as far as it is analysed.
fn roots(parsed: Parsed<'_>) -> impl Iterator<Item = u64> {
    let end = (parsed.slots.end as usize).min(parsed.text.len());
    words(&parsed.text[..end]).take(1024)
}

fn words(text: &str) -> impl Iterator<Item = u64> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.len() >= 3).map(|word| root(word.as_bytes()))
}

/// Who, when, where and why ask for different things; what and how can ask for any of them.
fn questions(asked: &Slots, stored: &Slots) -> Option<Conflict> {
    let exact =
        |question: Question| matches!(question, Question::Who | Question::When | Question::Where | Question::Why);
    match (asked.question, stored.question) {
        (Some(a), Some(b)) if asked.asks && stored.asks && a != b && exact(a) && exact(b) => Some(Conflict::Question),
        _ => None,
    }
}
