//! What a text is, and whether a stored answer holds for another text: pure, no I/O, no clock, no randomness.

pub mod embedding;
pub mod features;
pub mod quality;
pub mod slots;
pub mod verifier;

pub use embedding::{cosine, embed};
pub use features::Analysed;
pub use verifier::Refusal;

use verifier::Verifier;

/// A text with its analysis.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// The text.
    pub text: &'a str,
    /// Its analysis.
    pub analysed: &'a Analysed,
}

/// The probability that the answer to `stored` holds for `asked`, within (0, 1); or why it never does.
pub fn judge(asked: Text<'_>, stored: Text<'_>) -> Result<f32, Refusal> {
    match refusal(asked, stored) {
        Some(refusal) => Err(refusal),
        None => Ok(probability(asked, stored)),
    }
}

/// Why the answer to `stored` never holds for `asked`, if something speaks against it. A tenth of what [`probability`] costs.
pub fn refusal(asked: Text<'_>, stored: Text<'_>) -> Option<Refusal> {
    let (a, b) = (asked.analysed, stored.analysed);
    if a.is_partial() || b.is_partial() {
        return Some(Refusal::TooLong);
    }
    slots::conflict(a.slots.of(asked.text), b.slots.of(stored.text)).map(Refusal::Conflict)
}

/// The probability that the answer to `stored` holds for `asked`, within (0, 1), where nothing speaks against it.
pub fn probability(asked: Text<'_>, stored: Text<'_>) -> f32 {
    Verifier::default_weights().probability(&features::features(asked.analysed, stored.analysed))
}

/// What the verifier sees of two texts, by name.
pub fn named_features(asked: Text<'_>, stored: Text<'_>) -> Vec<(String, f32)> {
    let values = features::features(asked.analysed, stored.analysed);
    features::NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value)).collect()
}
