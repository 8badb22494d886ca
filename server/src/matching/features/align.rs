//! Which words of two texts stand for each other: equal words first, then the nearest through the embedding.

use super::analysed::{Analysed, Term, WORDS};
use super::concepts::NO_CONCEPT;
use super::senses::{Bond, bond};
use super::spelling::Letters;
use crate::matching::embedding::{Row, dot, dots, rounded, word_direction};

/// Words a side that are compared by their vectors; more unmatched words than these are as good as unlike.
const COMPARED: usize = 40;

/// Likeness of a word and the same word mistyped.
const SLIP: f32 = 0.9;

/// No counterpart.
const NONE: u16 = u16::MAX;

/// One side of an alignment.
pub(super) struct Side {
    /// Index of the equal word on the other side, by word.
    pub partner: [u16; WORDS],
    /// The content words without an equal one.
    pub loose: Vec<Loose>,
}

/// A content word that does not occur on the other side.
#[derive(Clone, Copy)]
pub(super) struct Loose {
    /// Its place among the words.
    pub index: usize,
    /// Likeness of the loose word of the other side that comes nearest; 0 if it has none.
    pub likeness: f32,
    /// The bond with that word.
    pub bond: Bond,
}

impl Loose {
    fn meet(&mut self, likeness: f32, bond: Bond) {
        if likeness > self.likeness {
            (self.likeness, self.bond) = (likeness, bond);
        }
    }
}

/// Two texts laid side by side.
pub(super) struct Alignment {
    pub asked: Side,
    pub stored: Side,
    /// Cosine of the sums of the loose words' directions; `None` if a side has none.
    pub rest: Option<f32>,
}

impl Side {
    pub(super) fn partner(&self, index: usize) -> Option<usize> {
        (self.partner[index] != NONE).then(|| usize::from(self.partner[index]))
    }
}

/// Aligns two texts.
pub(super) fn align(asked: &Analysed, stored: &Analysed) -> Alignment {
    let (mut first, mut second) = equal_words(asked.words(), stored.words());
    let (ones, twos) = (looks(asked, &first), looks(stored, &second));
    let rows: Vec<&Row> = twos.iter().map(|two| &two.direction.0).collect();
    let mut products = [0; COMPARED];
    for (i, one) in ones.iter().enumerate() {
        dots(&one.direction.0, &rows, &mut products);
        for (j, two) in twos.iter().enumerate() {
            let (likeness, bond) = meeting(one, two, products[j]);
            first.loose[i].meet(likeness, bond);
            second.loose[j].meet(likeness, bond);
        }
    }
    let rest = (!ones.is_empty() && !twos.is_empty()).then(|| {
        let ((one, length_one), (two, length_two)) = (sum(&ones), sum(&twos));
        cosine(dot(&one, &two), length_one, length_two)
    });
    Alignment { asked: first, stored: second, rest }
}

/// What is looked up of a loose word once, for all its comparisons.
struct Look {
    /// Direction and its length.
    direction: (Row, f32),
    /// Letters, of a word that may be a slip of the pen.
    letters: Option<Letters>,
    /// The vocabulary has it whole.
    listed: bool,
    sense: u16,
    concept: u8,
}

/// How alike two different words are, whose directions' product this is, and their bond.
fn meeting(one: &Look, two: &Look, product: i32) -> (f32, Bond) {
    let mut bond = bond(one.sense, two.sense);
    if one.concept == two.concept && one.concept != NO_CONCEPT {
        bond.same = bond.same.max(0.4);
    }
    // A word outside the vocabulary may be a slip of the pen. Two listed words one letter apart are two words.
    if !(one.listed && two.listed)
        && let (Some(a), Some(b)) = (&one.letters, &two.letters)
        && a.nearly_equal(b)
    {
        return (SLIP, Bond { same: 0.5, ..bond });
    }
    let cosine = cosine(product, one.direction.1, two.direction.1);
    // Words that can mean the same are alike whatever the embedding, which has no row for many a word, says of them.
    let floor = if bond.same > 0.0 { (0.55 + bond.same).min(0.95) } else { 0.0 };
    (cosine.max(floor), bond)
}

/// Pairs equal words from left to right, and lists the content words left over.
fn equal_words(asked: &[Term], stored: &[Term]) -> (Side, Side) {
    let (mut first, mut second) = ([NONE; WORDS], [NONE; WORDS]);
    // Most words that have no equal are known by this not to.
    let bit = |word: &Term| 1_u128 << (word.key % 128);
    let known = stored.iter().fold(0, |known, word| known | bit(word));
    for (i, word) in asked.iter().enumerate().filter(|(_, word)| known & bit(word) != 0) {
        let free = stored.iter().enumerate().find(|(j, other)| other.key == word.key && second[*j] == NONE);
        if let Some((j, _)) = free {
            // Both indices are below WORDS, which is below 65,536.
            (first[i], second[j]) = (j as u16, i as u16);
        }
    }
    let loose = |words: &[Term], partner: &[u16; WORDS]| {
        words
            .iter()
            .enumerate()
            .filter(|(index, word)| word.is_content() && partner[*index] == NONE)
            .map(|(index, _)| Loose { index, likeness: 0.0, bond: Bond::default() })
            .collect()
    };
    let (loose_first, loose_second) = (loose(asked, &first), loose(stored, &second));
    (Side { partner: first, loose: loose_first }, Side { partner: second, loose: loose_second })
}

/// The looks of a side's loose words.
fn looks(text: &Analysed, side: &Side) -> Vec<Look> {
    let look = |loose: &Loose| {
        let (term, spelling) = (&text.words()[loose.index], text.word(loose.index));
        let direction = word_direction(spelling);
        // Part of an exact value: no slip of the pen is forgiven there.
        let letters = if term.is_value() { None } else { Letters::of(spelling) };
        Look { direction, letters, listed: spelling.len() == 1, sense: term.sense(), concept: term.concept() }
    };
    side.loose.iter().take(COMPARED).map(look).collect()
}

/// Cosine of two directions with this product and these lengths, not below 0.
fn cosine(product: i32, length_one: f32, length_two: f32) -> f32 {
    let lengths = length_one * length_two;
    if lengths == 0.0 { 0.0 } else { (product as f32 / lengths).max(0.0) }
}

/// The directions' sum at 127 a component at most.
fn sum(looks: &[Look]) -> (Row, f32) {
    let mut total = [0.0_f32; size_of::<Row>()];
    for Look { direction: (row, length), .. } in looks {
        for (value, byte) in total.iter_mut().zip(row) {
            *value += f32::from(*byte as i8) / length.max(1.0);
        }
    }
    let largest = total.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let row = total.map(|value| rounded(value / largest * 127.0) as u8);
    (row, (dot(&row, &row) as f32).sqrt())
}
