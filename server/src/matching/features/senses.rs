//! What words can mean, from WordNet: who shares a meaning with whom, who stands beside or against whom.
//!
//! The embedding finds "cheap" and "expensive" as close as "cheap" and "inexpensive"; this tells them apart. The data are
//! made by `training/senses.py`, which also describes the file.

use std::sync::LazyLock;

static FILE: &[u8] = include_bytes!("../../../matching/senses.bin");

/// A word that is not in the data.
pub(super) const NOT_LISTED: u16 = u16::MAX;

/// Slots of the hash table over the words: a power of two, less than half full.
const SLOTS: usize = 1 << 16;

/// No more general synset.
const TOP: u16 = u16::MAX;

struct Senses {
    /// Keys of the words.
    keys: Vec<u32>,
    /// Hash table of indices into `keys` (open addressing, linear probing).
    slots: Vec<u16>,
    /// Where each word's senses end.
    ends: Vec<u32>,
    senses: Vec<Sense>,
    /// Pairs of opposite synsets, sorted.
    against: Vec<(u16, u16)>,
}

/// One sense of a word, with all that is asked of its synset: hundreds of pairs are compared for two texts.
#[derive(Clone, Copy)]
struct Sense {
    synset: u16,
    /// The next more general synset.
    above: u16,
    /// The share of the word's uses it makes up, of 255.
    share: u8,
    /// Whether its synset has opposites at all: most have none.
    opposed: bool,
}

static SENSES: LazyLock<Senses> = LazyLock::new(Senses::load);

/// How two different words are related, each from 0 (not) to 1 (in every use of both).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bond {
    /// They can mean the same.
    pub same: f32,
    /// One is a kind of the other.
    pub under: f32,
    /// They are different kinds of one thing: red and blue, two cities.
    pub beside: f32,
    /// They are opposites.
    pub against: f32,
}

/// The word with this key, or [`NOT_LISTED`].
pub(super) fn sense_of(key: u32) -> u16 {
    let mut slot = key as usize % SLOTS;
    loop {
        let index = SENSES.slots[slot];
        if index == NOT_LISTED || SENSES.keys[usize::from(index)] == key {
            return index;
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// The bond of two words found by [`sense_of`].
pub(super) fn bond(a: u16, b: u16) -> Bond {
    let mut bond = Bond::default();
    if a == NOT_LISTED || b == NOT_LISTED {
        return bond;
    }
    let data = &*SENSES;
    for one in data.of(a) {
        for two in data.of(b) {
            // One branch for nearly all pairs, which have nothing to do with each other.
            let near = (one.synset == two.synset) | (one.above == two.synset) | (one.synset == two.above);
            if near | (one.above == two.above) | (one.opposed & two.opposed) {
                data.join(one, two, &mut bond);
            }
        }
    }
    bond
}

impl Senses {
    /// Adds what two senses have to do with each other.
    fn join(&self, one: &Sense, two: &Sense, bond: &mut Bond) {
        let both = f32::from(one.share.min(two.share)) / 255.0;
        if one.synset == two.synset {
            bond.same += both;
        } else if one.above == two.synset || two.above == one.synset {
            bond.under += both;
        } else if one.above == two.above && one.above != TOP {
            bond.beside += both;
        }
        if one.opposed && two.opposed && self.against.binary_search(&(one.synset, two.synset)).is_ok() {
            bond.against += both;
        }
    }

    fn of(&self, word: u16) -> &[Sense] {
        let start = if word == 0 { 0 } else { self.ends[usize::from(word) - 1] };
        &self.senses[start as usize..self.ends[usize::from(word)] as usize]
    }

    fn load() -> Self {
        let mut rest = FILE;
        let counts = take::<4>(&mut rest, 4).map(u32::from_le_bytes).map(|count| count as usize).collect::<Vec<_>>();
        let [words, senses, synsets, pairs] = counts[..] else { unreachable!("four counts were taken") };
        let keys: Vec<u32> = take::<4>(&mut rest, words).map(u32::from_le_bytes).collect();
        let ends: Vec<u32> = take::<4>(&mut rest, words).map(u32::from_le_bytes).collect();
        let of: Vec<u16> = take::<2>(&mut rest, senses).map(u16::from_le_bytes).collect();
        let shares: Vec<u8> = take::<1>(&mut rest, senses).map(|[share]| share).collect();
        let above: Vec<u16> = take::<2>(&mut rest, synsets).map(u16::from_le_bytes).collect();
        let against: Vec<(u16, u16)> = take::<4>(&mut rest, pairs)
            .map(|[a, b, c, d]| (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])))
            .collect();
        let mut opposed = vec![false; synsets];
        against.iter().for_each(|(synset, _)| opposed[usize::from(*synset)] = true);
        assert!(rest.is_empty() && words < SLOTS / 2, "the file holds what its counts say");
        let mut slots = vec![NOT_LISTED; SLOTS];
        for (index, key) in keys.iter().enumerate() {
            let mut slot = *key as usize % SLOTS;
            while slots[slot] != NOT_LISTED {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = u16::try_from(index).expect("fewer words than half the slots");
        }
        let sense = |(synset, share): (u16, u8)| {
            let at = usize::from(synset);
            Sense { synset, above: above[at], share, opposed: opposed[at] }
        };
        let senses = of.into_iter().zip(shares).map(sense).collect();
        Self { keys, slots, ends, senses, against }
    }
}

/// The next `count` groups of `N` bytes.
fn take<const N: usize>(rest: &mut &'static [u8], count: usize) -> impl Iterator<Item = [u8; N]> + use<N> {
    let (head, tail) = rest.split_at(N * count);
    *rest = tail;
    head.as_chunks::<N>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::embedding::Tokens;
    use crate::matching::features::lexicon::look_up;

    fn between(a: &str, b: &str) -> Bond {
        let sense = |word| sense_of(look_up(&Tokens::of(word), 0).1);
        bond(sense(a), sense(b))
    }

    #[test]
    fn words_that_can_mean_the_same_are_found_in_all_their_forms() {
        for (a, b) in [("buy", "purchased"), ("bought", "purchase"), ("film", "movies"), ("begin", "started")] {
            assert!(between(a, b).same > 0.1, "{a} {b} {:?}", between(a, b));
        }
        assert_eq!(between("film", "hotel"), Bond::default());
    }

    #[test]
    fn opposites_and_siblings_are_not_taken_for_the_same() {
        assert!(between("cheap", "expensive").against > 0.3);
        assert!(between("monday", "tuesday").beside > 0.3);
        assert!(between("red", "blue").beside > 0.1);
        assert!(between("cheap", "expensive").same == 0.0);
    }

    #[test]
    fn an_unlisted_word_has_no_bonds() {
        assert_eq!(between("zxqvw", "film"), Bond::default());
    }
}
