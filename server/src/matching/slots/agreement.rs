//! Soft counts of what two prompts have in common, for the verifier.

use super::conflict::walk;
use super::kind::{KINDS, Kind};
use super::{Parsed, Slots};

/// How far the typed literals of two prompts agree. Symmetric but for `asked_only` and `stored_only`. Counts end at 255.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Values in both, by [`Kind`].
    pub shared: [u8; KINDS],
    /// Values the asked prompt alone has, by kind.
    pub asked_only: [u8; KINDS],
    /// Values the stored prompt alone has, by kind.
    pub stored_only: [u8; KINDS],
    /// Shared values that have the same operator.
    pub same_operator: u8,
    /// Shared values that have another operator.
    pub other_operator: u8,
    /// Shared values under the same name or field.
    pub same_field: u8,
    /// Shared values under another.
    pub other_field: u8,
    /// Pairs of shared names and values, next to each other in the asked prompt, that stand the other way round in the
    /// stored one.
    pub turned: u8,
    /// Sides of opposites on which both stand: both add, both want the cheapest.
    pub same_sides: u8,
    /// Sides on which only one stands, the other saying nothing.
    pub lone_sides: u8,
    /// Both ask, or both want something done.
    pub same_register: bool,
    /// Whether they ask the same, if both say what they ask: who, how.
    pub same_question: Option<bool>,
}

impl Agreement {
    /// Counts what `asked` and `stored` have in common.
    pub fn of(asked: Parsed<'_>, stored: Parsed<'_>) -> Self {
        let mut counts = Self { same_register: asked.slots.asks == stored.slots.asks, ..Self::default() };
        // Where shared names and values stand, in both texts. A prompt with more of them says enough with these.
        let mut places = [(0_u16, 0_u16); 16];
        let mut placed = 0;
        for step in walk(&asked.slots.found, &stored.slots.found) {
            let Some(kind) = step.asked.first().or(step.stored.first()).map(|slot| slot.kind) else { continue };
            let shared = step.asked.len().min(step.stored.len());
            let add =
                |count: &mut u8, more: usize| *count = count.saturating_add(u8::try_from(more).unwrap_or(u8::MAX));
            add(&mut counts.shared[kind as usize], shared);
            add(&mut counts.asked_only[kind as usize], step.asked.len() - shared);
            add(&mut counts.stored_only[kind as usize], step.stored.len() - shared);
            if kind > Kind::Name {
                continue;
            }
            for (a, b) in step.asked.iter().zip(step.stored) {
                let operator = if a.bound.operator() == b.bound.operator() {
                    &mut counts.same_operator
                } else {
                    &mut counts.other_operator
                };
                add(operator, 1);
                if a.field != 0 && b.field != 0 {
                    add(if a.field == b.field { &mut counts.same_field } else { &mut counts.other_field }, 1);
                }
                if placed < places.len() {
                    places[placed] = (a.start, b.start);
                    placed += 1;
                }
            }
        }
        let places = &mut places[..placed];
        places.sort_unstable();
        counts.turned = places.windows(2).filter(|pair| pair[0].1 > pair[1].1).count() as u8;
        counts.count_sides(asked.slots, stored.slots);
        counts
    }

    fn count_sides(&mut self, asked: &Slots, stored: &Slots) {
        self.same_sides = asked.sides.shared(stored.sides) as u8;
        self.lone_sides = asked.sides.lone(stored.sides) as u8;
        self.same_question = match (asked.question, stored.question) {
            (Some(a), Some(b)) => Some(a == b),
            _ => None,
        };
    }
}
