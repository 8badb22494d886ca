//! Words without their endings and beginnings.

use super::table::{hash, stems};

/// A word without its most common endings, so that "archive" and "archiving" are the same.
pub(super) fn root(word: &[u8]) -> u64 {
    let cut = |ending: &[u8]| {
        (word.len() >= ending.len() + 3 && word[word.len() - ending.len()..].eq_ignore_ascii_case(ending))
            .then(|| &word[..word.len() - ending.len()])
    };
    let stem = cut(b"ing")
        .or_else(|| cut(b"ed"))
        .or_else(|| cut(b"es"))
        .or_else(|| cut(b"s"))
        .or_else(|| cut(b"e"))
        .unwrap_or(word);
    hash(stem)
}

/// The hash of a word's singular.
pub(super) fn singular(word: &[u8]) -> u64 {
    stems(word)[0].unwrap_or_else(|| hash(word))
}

/// The root of what un-, dis- or de- turns into its opposite, if the word may be such a one. Whether it is, the other text
/// tells: only if it has the plain word.
pub(super) fn reversed(word: &[u8]) -> Option<u64> {
    let prefix = [&b"un"[..], b"dis", b"de"]
        .into_iter()
        .find(|prefix| word.len() >= prefix.len() + 3 && word[..prefix.len()].eq_ignore_ascii_case(prefix))?;
    Some(root(&word[prefix.len()..]))
}
