//! The vocabulary: from the text of a word piece to its number and back.

use std::sync::LazyLock;

use super::table::PIECES;

static FILE: &str = include_str!("../../../embedding/vocab.txt");

/// Pieces stand in frequency order from here on; what is before are marks, single characters and unused places.
const FIRST_RANKED: u16 = 1996;

/// `[UNK]`: a word that cannot be spelt with the vocabulary.
pub const UNKNOWN: u16 = 100;

/// How much a piece says: log(1 + rank), as in the first rows of the table. 0.69 to 10.3.
pub fn piece_weight(piece: u16) -> f32 {
    f32::from(piece.saturating_sub(FIRST_RANKED - 1).max(1)).ln_1p()
}

/// Slots of the hash table: a power of two, so that it is less than half full.
const SLOTS: usize = 1 << 16;

/// An empty slot; no piece has this number.
const EMPTY: u16 = u16::MAX;

/// The pieces and a hash table over them (open addressing, linear probing).
pub(super) struct Vocabulary {
    pieces: Vec<&'static str>,
    slots: Vec<u16>,
    /// Bytes of the longest piece: nothing longer needs a look.
    longest: usize,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::load);

/// The vocabulary, read at first use (about two milliseconds).
pub(super) fn vocabulary() -> &'static Vocabulary {
    &VOCABULARY
}

impl Vocabulary {
    fn load() -> Self {
        let pieces: Vec<&str> = FILE.lines().collect();
        assert_eq!(pieces.len(), PIECES, "one line a row of the table");
        let mut vocabulary = Self { pieces, slots: vec![EMPTY; SLOTS], longest: 0 };
        for number in 0..vocabulary.pieces.len() {
            let (text, inside) = spelling(vocabulary.pieces[number]);
            vocabulary.longest = vocabulary.longest.max(text.len());
            let mut slot = hash(text.as_bytes(), inside);
            while vocabulary.slots[slot] != EMPTY {
                slot = (slot + 1) % SLOTS;
            }
            vocabulary.slots[slot] = u16::try_from(number).expect("fewer than 65,536 pieces");
        }
        vocabulary
    }

    /// The number of the piece spelt `text`, at a word's start or `inside` it.
    pub(super) fn find(&self, text: &[u8], inside: bool) -> Option<u16> {
        let mut slot = hash(text, inside);
        loop {
            let number = self.slots[slot];
            if number == EMPTY {
                return None;
            }
            let (other, other_inside) = spelling(self.pieces[usize::from(number)]);
            if other_inside == inside && other.as_bytes() == text {
                return Some(number);
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// Bytes of the longest piece.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The pieces in order: text without `##`, and whether it continues a word.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.pieces.iter().map(|piece| spelling(piece))
    }

    /// A piece's text without its `##`.
    pub(super) fn text(&self, piece: u16) -> &'static str {
        spelling(self.pieces[usize::from(piece)]).0
    }
}

/// A piece's text and whether it continues a word.
fn spelling(piece: &'static str) -> (&'static str, bool) {
    // "##" alone does not exist; "#" is a piece of its own.
    match piece.strip_prefix("##") {
        Some(rest) if !rest.is_empty() => (rest, true),
        _ => (piece, false),
    }
}

/// A slot from the bytes, eight at a time: multiply and fold. The keys are ours, so no seed is needed; a stranger's text can
/// only probe, and a probe ends at the first empty slot.
fn hash(bytes: &[u8], inside: bool) -> usize {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = if inside { FACTOR } else { !FACTOR };
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let product = u128::from(state ^ u64::from_le_bytes(word)) * u128::from(FACTOR);
        state = (product as u64) ^ ((product >> 64) as u64);
    }
    (state ^ bytes.len() as u64) as usize % SLOTS
}
