//! What is kept of a text so that it can be compared with others in microseconds.

use super::concepts::{action_bit, concept_of, phrase, starts_phrase};
use super::lexicon::{Class, Joint, joint, look_up};
use super::senses::{NOT_LISTED, sense_of};
use crate::matching::embedding::{Shape, Tokens, Vector, embed_pieces, embed_tokens, piece_text};
use crate::matching::slots::Slots;

/// Words that are compared. A text with more is [partial](Analysed::is_partial).
pub const WORDS: usize = 256;

/// Of the sketch of letters, the number of bits, as a power of two, and of words.
const SKETCH_BITS: u32 = 10;
const SKETCH_WORDS: usize = 1 << (SKETCH_BITS - 6);

/// Weight of a verb of two words, in steps of 1/20: as much as a common verb of one.
const PHRASE_WEIGHT: u8 = 140;

/// Marks that are as good as words: "C++", "4 / 2". Others come and go with the writer.
const SYMBOLS: &[u8] = b"+*/^#%";

/// A weight above this is a word rarer than ten thousand others.
const RARE: f32 = 9.2;

/// A text, read and weighed. About 11 bytes a word and 16 a slot on the heap, 512 bytes besides.
#[derive(Clone, Debug)]
pub struct Analysed {
    /// Direction of the whole text.
    pub vector: Vector,
    /// Direction of the words that say what is to be done: neither exact values nor what only holds the sentence together.
    pub(super) frame: Vector,
    /// Exact values, operators, negations.
    pub slots: Slots,
    /// Piece numbers of all words but punctuation.
    pieces: Box<[u16]>,
    /// The words but punctuation, in order.
    words: Box<[Term]>,
    /// Which runs of three and of four letters the content words have, hashed.
    sketch: [u64; SKETCH_WORDS],
    /// The actions it names, by group, and the first of them.
    pub(super) actions: u64,
    pub(super) first_action: u64,
    /// Hash of the signs of arithmetic and the like outside exact values, in order; 0 if there are none.
    pub(super) symbols: u32,
    /// More text or more words than are compared: nothing may be concluded from what was read.
    partial: bool,
}

/// One word of a text, in 8 bytes: a cache holds millions of texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// Equal for forms of one word.
    pub key: u32,
    /// Index behind the last piece.
    end: u16,
    /// Steps of 1/20.
    weight: u8,
    /// The class in the lowest three bits, then [`NAME`], [`ARGUMENT`] and [`VALUE`].
    traits: u8,
}

/// Looks like a name: a capital inside a sentence, a rare word, or a spelling the vocabulary lacks.
const NAME: u8 = 1 << 3;
/// Stands behind a preposition: whom, where, with what, rather than what is done.
const ARGUMENT: u8 = 1 << 4;
/// Part of an exact value, which is for the slots to compare.
const VALUE: u8 = 1 << 5;

/// Where in a sentence a word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among what is done.
    Clause,
    /// Behind a preposition.
    Argument,
    /// Behind "to", which may be either.
    Open,
}

impl Place {
    /// The place of a word and of what follows it.
    fn behind(self, class: Class, key: u32, before: Option<Class>) -> Self {
        if class == Class::Content {
            return if self == Self::Open { Self::Clause } else { self };
        }
        match (self, joint(key)) {
            (_, Joint::Preposition) | (Self::Open, Joint::Article) => Self::Argument,
            // "Flights to Denver", but "want to go" and "how to go".
            (_, Joint::To) if before == Some(Class::Content) => Self::Argument,
            (_, Joint::To) => Self::Open,
            (_, Joint::Article) => self,
            (_, Joint::Other) => Self::Clause,
        }
    }
}

impl Term {
    /// How much the word says, 0 to 10.3.
    pub(super) fn weight(&self) -> f32 {
        f32::from(self.weight) / 20.0
    }

    /// Its part in what the text asks for.
    pub(super) fn class(&self) -> Class {
        Class::ALL[usize::from(self.traits & 7)]
    }

    /// Whether the word is weighed as meaning.
    pub(super) fn is_content(&self) -> bool {
        matches!(self.class(), Class::Content | Class::Light | Class::Negation)
    }

    /// Whether it says what is to be done, not with which value.
    pub(super) fn is_frame(&self) -> bool {
        self.is_content() && !self.is_value()
    }

    /// Whether it looks like a name.
    pub(super) fn is_name(&self) -> bool {
        self.traits & NAME != 0
    }

    /// Whether it stands behind a preposition.
    pub(super) fn is_argument(&self) -> bool {
        self.traits & ARGUMENT != 0
    }

    /// Whether it is part of an exact value.
    pub(super) fn is_value(&self) -> bool {
        self.traits & VALUE != 0
    }

    /// Its entry in the data on meanings.
    pub(super) fn sense(&self) -> u16 {
        if matches!(self.class(), Class::Content | Class::Light) { sense_of(self.key) } else { NOT_LISTED }
    }

    /// The group of everyday words it belongs to.
    pub(super) fn concept(&self) -> u8 {
        concept_of(self.key)
    }
}

impl Analysed {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let (tokens, slots) = (Tokens::of(text), Slots::parse(text));
        let mut values: Vec<_> = slots.places().collect();
        values.sort_unstable_by_key(|place| place.start);
        let mut values = values.into_iter().peekable();
        let mut frame = Vec::with_capacity(tokens.pieces.len());
        let (mut pieces, mut words): (_, Vec<Term>) =
            (Vec::with_capacity(tokens.pieces.len()), Vec::with_capacity(tokens.words.len()));
        let mut sketch = [0; SKETCH_WORDS];
        let mut named = Vec::with_capacity(tokens.words.len());
        // A sentence starts with a capital whatever the word.
        let mut starts = true;
        let mut symbols = 0;
        let mut place = Place::Clause;
        let spoken = tokens.words.iter().filter(|word| word.shape != Shape::Mark).count();
        for (index, word) in tokens.words.iter().enumerate() {
            if word.shape == Shape::Mark {
                let start = usize::from(word.start);
                while values.next_if(|place| place.end <= start).is_some() {}
                let outside = values.peek().is_none_or(|place| place.start > start);
                if outside && SYMBOLS.contains(&text.as_bytes()[start]) {
                    symbols = (symbols ^ u32::from(text.as_bytes()[start])).wrapping_mul(0x0100_0193);
                }
                (starts, place) = (true, Place::Clause);
                continue;
            }
            if words.len() == WORDS {
                break;
            }
            let (class, key, weight) = look_up(&tokens, index);
            place = place.behind(class, key, words.last().map(Term::class));
            let spelling = tokens.word(index);
            pieces.extend_from_slice(spelling);
            let start = usize::from(word.start);
            while values.next_if(|place| place.end <= start).is_some() {}
            let name = spelling.len() > 1 || weight > RARE || (word.shape == Shape::Capital && !starts);
            let value = values.peek().is_some_and(|place| place.start <= start);
            let trait_of = |has: bool, bit: u8| if has { bit } else { 0 };
            let content = class == Class::Content;
            let term = Term {
                key,
                end: u16::try_from(pieces.len()).expect("a capped text has few pieces"),
                weight: (weight * 20.0).round() as u8,
                traits: class as u8
                    | trait_of(content && name, NAME)
                    | trait_of(content && place == Place::Argument, ARGUMENT)
                    | trait_of(value, VALUE),
            };
            if let Some(last) = words.last_mut()
                && starts_phrase(last.key)
                && let Some(whole) = phrase(last.key, key)
            {
                *last = Term {
                    key: whole,
                    weight: PHRASE_WEIGHT,
                    traits: last.traits & !7 | Class::Content as u8,
                    ..*last
                };
                if let Some(action) = named.last_mut() {
                    *action = action_bit(concept_of(whole));
                }
            }
            // "Delete the added task" adds nothing: what has been done is not asked for.
            let done = spelling.last().is_some_and(|piece| piece_text(*piece).ends_with("ed"));
            named.push(if done || value { 0 } else { action_bit(concept_of(key)) });
            if term.is_content() {
                add_grams(spelling, &mut sketch);
            }
            if term.is_frame() {
                frame.extend_from_slice(spelling);
            }
            words.push(term);
            starts = false;
        }
        Self {
            vector: embed_tokens(&tokens),
            frame: embed_pieces(&frame),
            slots,
            pieces: pieces.into(),
            words: words.into(),
            sketch,
            actions: named.iter().fold(0, |all, action| all | action),
            first_action: named.iter().copied().find(|action| *action != 0).unwrap_or(0),
            symbols,
            partial: tokens.truncated || spoken > WORDS,
        }
    }

    /// Whether text was left unread.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.pieces) + size_of_val(&*self.words) + self.slots.heap_bytes()
    }

    pub(super) fn words(&self) -> &[Term] {
        &self.words
    }

    /// The pieces of all words.
    pub(super) fn pieces(&self) -> &[u16] {
        &self.pieces
    }

    /// The pieces of the word at `index`.
    pub(super) fn word(&self, index: usize) -> &[u16] {
        let start = if index == 0 { 0 } else { self.words[index - 1].end };
        &self.pieces[usize::from(start)..usize::from(self.words[index].end)]
    }

    /// Dice's coefficient of the two texts' runs of letters, as far as the sketches tell them apart: what chance alone would make
    /// common is taken off.
    pub(super) fn gram_dice(&self, other: &Self) -> f32 {
        let count = |bits: &[u64; SKETCH_WORDS]| bits.iter().map(|part| part.count_ones()).sum::<u32>() as f32;
        let both: u32 = self.sketch.iter().zip(&other.sketch).map(|(a, b)| (a & b).count_ones()).sum();
        let (mine, theirs) = (count(&self.sketch), count(&other.sketch));
        let chance = mine * theirs / (1 << SKETCH_BITS) as f32;
        let most = (mine + theirs) / 2.0 - chance;
        if most <= 0.0 { 1.0 } else { ((both as f32 - chance) / most).clamp(0.0, 1.0) }
    }
}

/// Sets the bits of a word's runs of three and of four letters, its borders among them.
fn add_grams(word: &[u16], sketch: &mut [u64; SKETCH_WORDS]) {
    // Four letters of 21 bits each; the word starts with its border.
    let mut window = u128::from(b' ');
    for character in word.iter().flat_map(|piece| piece_text(*piece).chars()).chain([' ']) {
        window = (window << 21 | u128::from(u32::from(character))) & ((1 << 84) - 1);
        for length in [3, 4] {
            if window >> ((length - 1) * 21) != 0 {
                let run = window & ((1 << (length * 21)) - 1);
                let bit = ((run >> 64) as u64 ^ run as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SKETCH_BITS);
                sketch[(bit >> 6) as usize] |= 1 << (bit & 63);
            }
        }
    }
}
