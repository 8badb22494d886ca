//! Which patterns a prompt may fit, found by hashes: the cost does not grow with the number of patterns.

use std::collections::HashMap;

use super::template::{Element, Template};
use super::token::{Kind, Token};

/// Patterns with the same key: the same words with other slots, or the same words around runs of bare words.
pub(super) const MAX_ALIKE: usize = 16;

const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a: the same on every machine, so that hashes can be stored.
pub(super) fn hash(bytes: &[u8], from: u64) -> u64 {
    bytes.iter().fold(from, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// The hash of values, each told from the next.
pub(super) fn hash_all<'t>(texts: impl Iterator<Item = &'t str>) -> u64 {
    texts.fold(START, |before, text| hash(&[0xff], hash(text.as_bytes(), before)))
}

fn mix(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(PRIME).rotate_left(23)
}

/// One token of the skeleton: of a literal only its kind.
fn piece(kind: Kind, text: &str, open: Option<char>, spaced: bool) -> u64 {
    let start = mix(mix(START, kind as u64), mix(u64::from(spaced), open.map_or(0, u64::from)));
    if kind.is_literal() { start } else { hash(text.as_bytes(), start) }
}

/// Hashes of every beginning and every end of a prompt's skeleton.
pub(super) struct Skeleton {
    /// By number of tokens from the start.
    starts: Vec<u64>,
    /// By number of tokens from the end.
    ends: Vec<u64>,
}

impl Skeleton {
    pub(super) fn new(tokens: &[Token<'_>]) -> Self {
        let pieces = tokens.iter().map(|token| piece(token.kind, token.text, token.open, token.spaced));
        Self { starts: running(pieces.clone()), ends: running(pieces.rev()) }
    }
}

fn running(pieces: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut hash = START;
    std::iter::once(START)
        .chain(pieces.map(|piece| {
            hash = mix(hash, piece);
            hash
        }))
        .collect()
}

/// Where a template is filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// By its whole skeleton: no slot takes a run of bare words.
    Whole(u64),
    /// By the tokens before the first such slot and after the last, and their hashes.
    Around { before: usize, after: usize, hash: u64 },
}

impl Key {
    pub(super) fn of(template: &Template) -> Self {
        let pieces = template.prompt.iter().map(|element| match element {
            Element::Fixed { kind, text, open, spaced } => piece(*kind, text, *open, *spaced),
            Element::Slot { kind, open, spaced, .. } => piece(*kind, "", *open, *spaced),
        });
        let open = || template.prompt.iter().position(Element::is_open);
        let Some((first, last)) = open().zip(template.prompt.iter().rposition(Element::is_open)) else {
            return Self::Whole(pieces.fold(START, mix));
        };
        let after = template.prompt.len() - last - 1;
        let start = pieces.clone().take(first).fold(START, mix);
        let end = pieces.rev().take(after).fold(START, mix);
        Self::Around { before: first, after, hash: mix(start, end) }
    }
}

/// Pattern ids by key.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    whole: HashMap<u64, Vec<u64>>,
    around: HashMap<(usize, usize), HashMap<u64, Vec<u64>>>,
}

impl Index {
    /// The patterns that a prompt may fit, at most [`MAX_ALIKE`] for each key. One look for the whole skeleton, and one
    /// for each pair of lengths that some pattern leaves around its runs of bare words.
    pub(super) fn find(&self, skeleton: &Skeleton) -> Vec<u64> {
        let length = skeleton.starts.len() - 1;
        let mut ids: Vec<u64> = self.whole.get(&skeleton.starts[length]).into_iter().flatten().copied().collect();
        for ((before, after), by_hash) in &self.around {
            if before + after < length {
                let hash = mix(skeleton.starts[*before], skeleton.ends[*after]);
                ids.extend(by_hash.get(&hash).into_iter().flatten());
            }
        }
        // The order must not hang on that of a hash map.
        ids.sort_unstable();
        ids
    }

    pub(super) fn alike(&self, key: Key) -> &[u64] {
        let ids = match key {
            Key::Whole(hash) => self.whole.get(&hash),
            Key::Around { before, after, hash } => self.around.get(&(before, after)).and_then(|ids| ids.get(&hash)),
        };
        ids.map_or(&[], Vec::as_slice)
    }

    pub(super) fn insert(&mut self, key: Key, id: u64) {
        match key {
            Key::Whole(hash) => self.whole.entry(hash).or_default().push(id),
            Key::Around { before, after, hash } => {
                self.around.entry((before, after)).or_default().entry(hash).or_default().push(id);
            }
        }
    }

    pub(super) fn remove(&mut self, key: Key, id: u64) {
        let drop = |ids: &mut HashMap<u64, Vec<u64>>, hash: u64| {
            if let Some(list) = ids.get_mut(&hash) {
                list.retain(|other| *other != id);
                if list.is_empty() {
                    ids.remove(&hash);
                }
            }
        };
        match key {
            Key::Whole(hash) => drop(&mut self.whole, hash),
            Key::Around { before, after, hash } => {
                if let Some(ids) = self.around.get_mut(&(before, after)) {
                    drop(ids, hash);
                    if ids.is_empty() {
                        self.around.remove(&(before, after));
                    }
                }
            }
        }
    }

    /// Whether nothing is filed.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.around.is_empty()
    }
}
