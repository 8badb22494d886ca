//! Does the stored answer hold? From the features of a pair to a calibrated probability, with weights fitted beforehand.
//!
//! The weights are a weighted sum of the features and a sum of small decision trees in `server/matching/verifier.json`; `training/README.md` tells what they were
//! fitted to. A hard conflict refuses a pair before any weight is asked.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::matching::features::{COUNT, NAMES};
use crate::matching::slots::Conflict;

/// Probabilities stay this far from 0 and 1: nothing fitted to examples is certain, and 0 is kept for refusals.
const CAUTION: f32 = 0.001;

/// Why a pair is refused whatever its features.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The texts ask for exactly different things.
    #[error("{0}")]
    Conflict(Conflict),
    /// One of the texts is longer than is compared.
    #[error("one of the texts is longer than is compared")]
    TooLong,
}

/// The weights, ready to use.
#[derive(Debug)]
pub struct Verifier {
    nodes: Vec<Node>,
    /// Where each tree starts.
    roots: Vec<u16>,
    /// What each feature adds to the score by itself.
    linear: [f32; COUNT],
    base: f32,
    scale: f32,
    shift: f32,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
enum Node {
    /// Goes to `left` if the feature is not above `threshold`, else to `right`.
    Split { feature: u8, left: u16, right: u16, threshold: f32 },
    /// What the tree adds to the score.
    Leaf(f32),
}

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// Not JSON of the expected form.
    #[error("the weights are not readable: {0}; make them again with `make train`")]
    Format(#[from] serde_json::Error),
    /// Fitted to other features.
    #[error("the weights were fitted to other features; make them again with `make train`")]
    OtherFeatures,
    /// A tree that does not end.
    #[error("tree {tree} of the weights is broken; make them again with `make train`")]
    Tree {
        /// Its place in the file, from 0.
        tree: usize,
    },
}

#[derive(Deserialize)]
struct File {
    features: Vec<String>,
    linear: Vec<f32>,
    base: f32,
    scale: f32,
    shift: f32,
    /// Nodes of each tree: feature, threshold, left, right; or a leaf's value alone.
    trees: Vec<Vec<Vec<f32>>>,
}

static DEFAULT: LazyLock<Verifier> = LazyLock::new(|| {
    Verifier::from_json(include_str!("../../matching/verifier.json"))
        .expect("the weights in the repository fit the code")
});

impl Verifier {
    /// The weights that come with the program.
    pub fn default_weights() -> &'static Self {
        &DEFAULT
    }

    /// Reads weights as `training/fit.py` writes them.
    pub fn from_json(text: &str) -> Result<Self, WeightsError> {
        let file: File = serde_json::from_str(text)?;
        let linear = <[f32; COUNT]>::try_from(file.linear).map_err(|_| WeightsError::OtherFeatures)?;
        if file.features != NAMES {
            return Err(WeightsError::OtherFeatures);
        }
        let (mut nodes, mut roots) = (Vec::new(), Vec::new());
        for (tree, raw) in file.trees.iter().enumerate() {
            let broken = WeightsError::Tree { tree };
            let Ok(root) = u16::try_from(nodes.len()) else { return Err(broken) };
            if raw.is_empty() || nodes.len() + raw.len() > usize::from(u16::MAX) {
                return Err(broken);
            }
            for (place, node) in raw.iter().enumerate() {
                let Some(node) = read(node, place, raw.len(), root) else { return Err(broken) };
                nodes.push(node);
            }
            roots.push(root);
        }
        Ok(Self { nodes, roots, linear, base: file.base, scale: file.scale, shift: file.shift })
    }

    /// Probability that the stored answer holds, for a pair that no hard conflict refuses.
    pub fn probability(&self, features: &[f32; COUNT]) -> f32 {
        let sum: f32 = self.linear.iter().zip(features).map(|(weight, feature)| weight * feature).sum();
        let score = self.base + sum + self.roots.iter().map(|root| self.leaf(*root, features)).sum::<f32>();
        let probability = 1.0 / (1.0 + (-(self.scale * score + self.shift)).exp());
        probability.clamp(CAUTION, 1.0 - CAUTION)
    }

    fn leaf(&self, root: u16, features: &[f32; COUNT]) -> f32 {
        let mut at = root;
        loop {
            match self.nodes[usize::from(at)] {
                Node::Leaf(value) => return value,
                Node::Split { feature, threshold, left, right } => {
                    at = if features[usize::from(feature)] <= threshold { left } else { right };
                }
            }
        }
    }
}

/// A node of a tree of `size` nodes whose first is `root`. Children come after their parents, so every walk ends.
fn read(raw: &[f32], place: usize, size: usize, root: u16) -> Option<Node> {
    match *raw {
        [value] => Some(Node::Leaf(value)),
        [feature, threshold, left, right] => {
            let child = |number: f32| {
                let child = number as usize;
                (child > place && child < size).then(|| root + child as u16)
            };
            let feature = feature as usize;
            let known = u8::try_from(feature).ok().filter(|_| feature < COUNT)?;
            Some(Node::Split { feature: known, threshold, left: child(left)?, right: child(right)? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::{Analysed, Text, judge, named_features};

    /// Both texts analysed, and what is made of them.
    fn with<T>(asked: &str, stored: &str, judge: impl Fn(Text<'_>, Text<'_>) -> T) -> T {
        let (a, b) = (Analysed::of(asked), Analysed::of(stored));
        judge(Text { text: asked, analysed: &a }, Text { text: stored, analysed: &b })
    }

    fn judged(asked: &str, stored: &str) -> Result<f32, Refusal> {
        with(asked, stored, judge)
    }

    #[test]
    fn the_same_task_in_other_words_is_likelier_than_another_task() {
        let same = judged("Please open the settings page", "go to the settings page").unwrap();
        let other = judged("Please open the settings page", "Write a review of the settings menu").unwrap();
        assert!(same > other + 0.2, "{same} {other}");
        assert!(judged("Play some jazz", "play some jazz please").unwrap() > 0.8);
    }

    #[test]
    fn a_conflict_refuses_whatever_the_words() {
        let verdict = judged("Book a table for 4 people", "Book a table for 2 people");
        assert!(matches!(verdict, Err(Refusal::Conflict(_))));
    }

    #[test]
    fn what_was_not_read_is_not_concluded_from() {
        let long = "word ".repeat(300);
        assert_eq!(judged(&long, &long), Err(Refusal::TooLong));
    }

    #[test]
    fn weights_for_other_features_or_with_broken_trees_are_refused() {
        let file = |features: &[&str], tree: &str| {
            let features = serde_json::to_string(features).unwrap();
            let linear = vec![0.0; COUNT];
            format!(
                "{{\"features\":{features},\"linear\":{linear:?},\"base\":0,\"scale\":1,\"shift\":0,\"trees\":[{tree}]}}"
            )
        };
        assert!(matches!(Verifier::from_json(&file(&["x"], "[[0.5]]")), Err(WeightsError::OtherFeatures)));
        for broken in ["[]", "[[0,0.5,0,1],[1.0]]", "[[200,0.5,1,2],[1.0],[1.0]]", "[[0,0.5,1,9],[1.0]]", "[[1,2]]"] {
            assert!(
                matches!(Verifier::from_json(&file(&NAMES, broken)), Err(WeightsError::Tree { tree: 0 })),
                "{broken}"
            );
        }
        let verifier = Verifier::from_json(&file(&NAMES, "[[0,0.5,1,2],[-2.0],[2.0]]")).unwrap();
        assert!(verifier.probability(&[0.4; COUNT]) < 0.2 && verifier.probability(&[0.6; COUNT]) > 0.8);
        assert!(Verifier::from_json("{").is_err());
    }

    #[test]
    fn courtesy_changes_nothing_and_a_changed_thing_does() {
        let task = "Book the appointment with the dentist in Leeds for the first free morning";
        for same in [
            "Could you please book the appointment with the dentist in Leeds for the first free morning",
            "book the appointment with the dentist in leeds for the first free morning, thanks",
            "I'd like you to book the appointment with the dentist in Leeds for the first free morning.",
        ] {
            let said = judged(same, task).unwrap();
            assert!(said >= 0.95, "{same}: {said}");
        }
        for other in [
            "Cancel the appointment with the dentist in Leeds for the first free morning",
            "Could you please book the appointment with the dentist in Dover for the first free morning",
            "Book the appointment with the plumber in Leeds for the first free morning",
        ] {
            assert!(judged(other, task).is_ok_and(|said| said < 0.9) || judged(other, task).is_err(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn more_agreement_never_lowers_the_probability(values in prop::array::uniform32(0.0_f32..1.0), more in 0.0_f32..1.0) {
            let place = |name: &str| NAMES.iter().position(|known| *known == name).unwrap();
            let mut features = [0.5; COUNT];
            features[..32].copy_from_slice(&values);
            for name in ["text_cosine", "soft_coverage_min", "exact_coverage_max", "order", "rest_cosine"] {
                let mut raised = features;
                raised[place(name)] += more;
                let verifier = Verifier::default_weights();
                prop_assert!(verifier.probability(&raised) >= verifier.probability(&features) - 1e-6, "{}", name);
            }
        }

        #[test]
        fn any_two_texts_are_judged_and_both_ways_alike(a in "\\PC{0,120}", b in "\\PC{0,120}") {
            let (there, back) = (judged(&a, &b), judged(&b, &a));
            prop_assert_eq!(there.is_err(), back.is_err());
            prop_assert!(there.is_err() || there.is_ok_and(|probability| probability > 0.0 && probability < 1.0));
            prop_assert!(with(&a, &b, named_features).iter().all(|(_, value)| value.is_finite()));
        }
    }
}
