//! Slips of the pen: two words that differ by a letter or two.

use crate::matching::embedding::piece_text;

/// Letters of a word that is compared; longer words are no slips of each other.
const LONGEST: usize = 24;

/// The letters of a word that may be a slip of another.
pub(super) struct Letters {
    word: [u8; LONGEST],
    length: usize,
    /// Which letters it has.
    set: u32,
}

impl Letters {
    /// The letters of the word of these pieces, if they are all ASCII letters and not too many: digits and signs are meant.
    /// Not of words under four letters: too many are words of their own.
    pub(super) fn of(pieces: &[u16]) -> Option<Self> {
        let (mut word, mut length) = ([0; LONGEST], 0);
        for piece in pieces {
            let text = piece_text(*piece).as_bytes();
            word.get_mut(length..length + text.len())?.copy_from_slice(text);
            length += text.len();
        }
        let letters = &word[..length];
        if length < 4 || !letters.iter().all(u8::is_ascii_lowercase) {
            return None;
        }
        let set = letters.iter().fold(0, |set, letter| set | 1 << (letter - b'a'));
        Some(Self { word, length, set })
    }

    /// Whether two words are one edit apart (insert, drop, replace or exchange neighbours), or two if both have eight
    /// letters or more.
    pub(super) fn nearly_equal(&self, other: &Self) -> bool {
        let allowed = if self.length.min(other.length) >= 8 { 2 } else { 1 };
        // An edit takes one kind of letter away at most, and brings one.
        let (lost, new) = ((self.set & !other.set).count_ones(), (other.set & !self.set).count_ones());
        self.length.abs_diff(other.length) <= allowed
            && lost.max(new) as usize <= allowed
            && distance(&self.word[..self.length], &other.word[..other.length]) <= allowed
    }
}

/// Edits between two words, an exchange of neighbours counted as one (optimal string alignment).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut rows = [[0; LONGEST + 1]; 3];
    rows[0] = std::array::from_fn(|column| column);
    for i in 1..=a.len() {
        let (now, before, twice) = (i % 3, (i + 2) % 3, (i + 1) % 3);
        rows[now][0] = i;
        for j in 1..=b.len() {
            let replaced = rows[before][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[before][j] + 1).min(rows[now][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[twice][j - 2] + 1);
            }
            rows[now][j] = least;
        }
    }
    rows[a.len() % 3][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::embedding::Tokens;

    fn near(a: &str, b: &str) -> bool {
        let letters = |word| Letters::of(&Tokens::of(word).pieces);
        letters(a).zip(letters(b)).is_some_and(|(a, b)| a.nearly_equal(&b))
    }

    #[test]
    fn one_slip_is_forgiven_and_two_in_a_long_word() {
        assert!(near("calendar", "calandar") && near("calender", "calnedar") && near("movie", "moive"));
        assert!(near("restaurant", "resturent"));
        assert!(!near("movie", "moveis"));
    }

    #[test]
    fn short_words_and_numbers_are_never_slips() {
        assert!(!near("bat", "bar") && !near("a1234", "a1235") && !near("2024", "2025"));
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("kitten", "sitting", 3), ("ab", "ba", 1), ("", "abc", 3), ("abc", "abc", 0), ("ca", "abc", 3)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), edits, "{a} {b}");
        }
    }
}
