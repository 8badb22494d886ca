//! What a text is about, in 128 numbers, without a model: a static table of word pieces and the mean of their rows.
//!
//! Good for finding candidates in microseconds; whether a stored answer holds is for the verifier to say. Where the table comes from is
//! told in `server/embedding/README.md`.

mod table;
mod vocab;
mod wordpiece;

pub use table::DIMENSIONS;
pub use vocab::{UNKNOWN, piece_weight};
pub use wordpiece::{Shape, TEXT_BYTES, Tokens, Word};

pub(in crate::matching) use table::{Row, dot, dots};

use table::table;
use vocab::vocabulary;

/// A direction in the embedding's space: unit length, times 127, rounded. All zero for a text without words.
pub type Vector = [i8; DIMENSIONS];

/// The vector of a text (its first [`TEXT_BYTES`]).
pub fn embed(text: &str) -> Vector {
    embed_tokens(&Tokens::of(text))
}

/// The vector of a text already read.
pub fn embed_tokens(tokens: &Tokens) -> Vector {
    embed_pieces(&tokens.pieces)
}

/// The vector of some pieces.
pub(in crate::matching) fn embed_pieces(pieces: &[u16]) -> Vector {
    quantised(&mean_direction(pieces))
}

/// The direction of one word, in units of its own, and its length in them.
pub(in crate::matching) fn word_direction(pieces: &[u16]) -> (Row, f32) {
    if let [piece] = pieces {
        let (row, length) = table().row(*piece);
        return (*row, length);
    }
    let row = quantised(&mean_direction(pieces)).map(|value| value as u8);
    (row, (dot(&row, &row) as f32).sqrt())
}

/// A piece's row, its length in units of its own, and its length in the table's: what it weighs in a text's vector.
pub(in crate::matching) fn piece_direction(piece: u16) -> (&'static Row, f32, f32) {
    let (row, length) = table().row(piece);
    (row, length, length * table().scale(piece))
}

/// The vocabulary's pieces in order: text without `##`, and whether it continues a word.
pub(in crate::matching) fn pieces() -> impl Iterator<Item = (&'static str, bool)> {
    vocabulary().pieces()
}

/// A piece's text without `##`.
pub(in crate::matching) fn piece_text(piece: u16) -> &'static str {
    vocabulary().text(piece)
}

/// Cosine of two vectors, -1 to 1; 0 if either is all zero.
pub fn cosine(a: &Vector, b: &Vector) -> f32 {
    let (a, b) = (a.map(|x| x as u8), b.map(|x| x as u8));
    let lengths = (dot(&a, &a) as f32 * dot(&b, &b) as f32).sqrt();
    if lengths == 0.0 { 0.0 } else { dot(&a, &b) as f32 / lengths }
}

/// The sum of the pieces' rows at unit length; all zero if there are none.
fn mean_direction(pieces: &[u16]) -> [f32; DIMENSIONS] {
    let (table, mut sum) = (table(), [0.0; DIMENSIONS]);
    for piece in pieces {
        table.add(*piece, &mut sum);
    }
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|value| *value /= length);
    }
    sum
}

fn quantised(direction: &[f32; DIMENSIONS]) -> Vector {
    // No component of a unit vector exceeds 1, so 127 times it fits.
    direction.map(|value| rounded(value * 127.0))
}

/// The nearest of the numbers that fit, as [`f32::round`] has it: that is a call for each, and this is not.
pub(in crate::matching) fn rounded(value: f32) -> i8 {
    // The largest below a half: a half itself would carry 0.49999997 to 1.
    (value + 0.5_f32.next_down().copysign(value)) as i8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The check values of `server/embedding/README.md`.
    const KNOWN: [(&str, &[u16], [f32; 6]); 2] = [
        (
            "How do I reset my password?",
            &[2129, 2079, 1045, 25141, 2026, 20786, 1029],
            [0.28984, -0.10494, 0.08603, 0.24281, 0.24858, 0.01853],
        ),
        (
            "Click the 'Sign-up' button, naïve café №5",
            &[11562, 1996, 1005, 3696, 1011, 2039, 1005, 6462, 1010, 15743, 7668, 1578, 2629],
            [0.28008, -0.12779, -0.05152, -0.05072, 0.12356, 0.14649],
        ),
    ];

    #[test]
    fn texts_have_the_pieces_and_vectors_of_the_makers_own_tools() {
        for (text, pieces, start) in KNOWN {
            let tokens = Tokens::of(text);
            assert_eq!(tokens.pieces, pieces);
            let direction = mean_direction(&tokens.pieces);
            for (got, want) in direction.iter().zip(start) {
                assert!((got - want).abs() < 1e-5, "{got} is not {want}");
            }
            let vector = embed(text);
            assert!(
                vector
                    .iter()
                    .zip(direction)
                    .all(|(q, value)| (f32::from(*q) / 127.0 - value).abs() <= 0.5 / 127.0 + 1e-6)
            );
        }
    }

    #[test]
    fn words_keep_their_borders_and_shapes() {
        let tokens = Tokens::of("Book 2 unaffordable rooms in Zürich!");
        let shapes: Vec<_> = tokens.words.iter().map(|word| word.shape).collect();
        use Shape::{Capital, Mark, Number, Plain};
        assert_eq!(shapes, [Capital, Number, Plain, Plain, Plain, Capital, Mark]);
        assert!(tokens.word(2).len() > 1);
        assert_eq!(Tokens::of("zurich").pieces, tokens.word(5));
    }

    #[test]
    fn a_word_of_more_than_a_hundred_characters_is_unknown() {
        assert_eq!(Tokens::of(&"a".repeat(101)).pieces, [UNKNOWN]);
        assert_ne!(Tokens::of(&"a".repeat(100)).pieces, [UNKNOWN]);
        assert_eq!(Tokens::of("\u{10FFFF}").pieces, [UNKNOWN]);
    }

    #[test]
    fn ideographs_and_marks_stand_alone_and_format_characters_vanish() {
        assert_eq!(Tokens::of("中国").words.len(), 2);
        assert_eq!(Tokens::of("«a»…b").words.len(), 5);
        assert_eq!(Tokens::of("pass\u{200B}word").pieces, Tokens::of("password").pieces);
    }

    #[test]
    fn a_text_without_words_has_no_direction() {
        assert_eq!(embed(" \n\t"), [0; DIMENSIONS]);
        assert_eq!(cosine(&embed(""), &embed("password")), 0.0);
    }

    #[test]
    fn close_meanings_have_close_vectors() {
        let asked = embed("How do I reset my password?");
        let same = cosine(&asked, &embed("I forgot my password, how can I reset it?"));
        let other = cosine(&asked, &embed("What is the tallest mountain in Africa?"));
        assert!(same > 0.7 && other < 0.5, "{same} {other}");
        assert!((cosine(&asked, &asked) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn only_the_start_of_a_long_text_is_read() {
        let long = "é".repeat(TEXT_BYTES);
        let tokens = Tokens::of(&long);
        assert!(tokens.truncated);
        assert_eq!(tokens.pieces, [UNKNOWN]);
        assert!(!Tokens::of(&long[..TEXT_BYTES]).truncated);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_its_words_cover_its_pieces(text in "\\PC{0,300}|[\\x00-\\x{10FFFF}]{0,100}") {
            let tokens = Tokens::of(&text);
            let spelt: usize = (0..tokens.words.len()).map(|index| tokens.word(index).len()).sum();
            prop_assert_eq!(spelt, tokens.pieces.len());
            prop_assert!((0..tokens.words.len()).all(|index| !tokens.word(index).is_empty()));
            let length = cosine(&embed_tokens(&tokens), &embed_tokens(&tokens));
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-5);
        }

        #[test]
        fn case_and_space_change_no_piece(text in "[a-zA-Z ,.'0-9]{0,80}") {
            let shouted = text.to_uppercase().replace(' ', " \u{A0} ");
            prop_assert_eq!(Tokens::of(&text).pieces, Tokens::of(&shouted).pieces);
        }
    }
}
