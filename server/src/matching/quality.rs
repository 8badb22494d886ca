//! How good scores are on labelled pairs. Equal scores are one step: no figure depends on the order of the pairs.

/// A pair's score and whether the stored answer really holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Probability that the answer holds, 0 to 1. Exactly 0 means refused outright: no threshold accepts it.
    pub score: f32,
    /// Whether it does.
    pub holds: bool,
}

/// The figures of one set of pairs. `None`: the set has no pair of one of the two kinds, so there is nothing to tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Pairs whose answer holds.
    pub positives: usize,
    /// Pairs whose answer does not.
    pub negatives: usize,
    /// Share of (positive, negative) couples in which the positive scores higher; equal scores count half.
    pub roc_auc: Option<f64>,
    /// Average precision: precision at each step, weighted by the positives gained there.
    pub pr_auc: Option<f64>,
    /// Share of positives accepted when at most 1 % of the negatives are.
    pub hits_at_1_percent: Option<f64>,
    /// The same at 0.1 %.
    pub hits_at_0_1_percent: Option<f64>,
    /// Expected calibration error over [`BINS`] bins of equal mass; `None` only for an empty set.
    pub calibration_error: Option<f64>,
}

/// A threshold and what it accepts: scores not below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    /// The lowest score accepted; above 1 if nothing can be.
    pub threshold: f32,
    /// Share of the positives accepted.
    pub hits: f64,
    /// Share of the negatives accepted.
    pub false_hits: f64,
}

/// One bin of a reliability table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Pairs in it.
    pub pairs: usize,
    /// Their mean score.
    pub said: f64,
    /// The share of them whose answer holds.
    pub held: f64,
}

/// Bins of the calibration error.
pub const BINS: usize = 10;

/// All figures of a set. Scores that are not numbers count as 0.
pub fn measure(pairs: &[Scored]) -> Quality {
    let steps = steps(pairs);
    let (positives, negatives) = totals(&steps);
    let both = positives > 0 && negatives > 0;
    Quality {
        positives,
        negatives,
        roc_auc: both.then(|| roc_auc(&steps)),
        pr_auc: both.then(|| average_precision(&steps)),
        hits_at_1_percent: both.then(|| cut_at(&steps, 0.01).hits),
        hits_at_0_1_percent: both.then(|| cut_at(&steps, 0.001).hits),
        calibration_error: (!pairs.is_empty()).then(|| calibration_error(&reliability(pairs))),
    }
}

/// The cut with the most hits that accepts at most `share` of the negatives.
pub fn cut_at_false_share(pairs: &[Scored], share: f64) -> Cut {
    cut_at(&steps(pairs), share)
}

/// The highest cut that accepts at least `share` of the positives; `None` if refused pairs make that impossible.
pub fn cut_keeping(pairs: &[Scored], share: f64) -> Option<Cut> {
    let steps = steps(pairs);
    let (positives, _) = totals(&steps);
    cuts(&steps).find(|cut| cut.hits * positives as f64 >= share * positives as f64 - 1e-9)
}

/// Share of pairs that a threshold accepts; `None` of none.
pub fn accepted(pairs: &[Scored], threshold: f32) -> Option<f64> {
    let count = pairs.iter().filter(|pair| pair.score > 0.0 && pair.score >= threshold).count();
    (!pairs.is_empty()).then(|| count as f64 / pairs.len() as f64)
}

/// Up to [`BINS`] bins of about equal mass, from low scores to high. Equal scores stay in one bin.
pub fn reliability(pairs: &[Scored]) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::with_capacity(BINS);
    let (mut before, mut open) = (0, Step { score: 0.0, held: 0, failed: 0 });
    let mut said = 0.0;
    for step in steps(pairs).into_iter().rev() {
        said += f64::from(step.score) * step.pairs() as f64;
        open = Step { held: open.held + step.held, failed: open.failed + step.failed, ..step };
        // The bin ends with the first step that reaches the next tenth of all pairs not reached before.
        let tenth = before * BINS / pairs.len() + 1;
        if (before + open.pairs()) * BINS >= tenth * pairs.len() {
            before += open.pairs();
            let mass = open.pairs() as f64;
            bins.push(Bin { pairs: open.pairs(), said: said / mass, held: open.held as f64 / mass });
            (open, said) = (Step { score: 0.0, held: 0, failed: 0 }, 0.0);
        }
    }
    bins
}

/// Mean distance between what the bins said and what held, weighted by their pairs.
pub fn calibration_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.pairs).sum();
    bins.iter().map(|bin| (bin.said - bin.held).abs() * bin.pairs as f64).sum::<f64>() / all.max(1) as f64
}

/// The pairs of one score.
#[derive(Clone, Copy)]
struct Step {
    score: f32,
    held: usize,
    failed: usize,
}

impl Step {
    fn pairs(&self) -> usize {
        self.held + self.failed
    }
}

/// The distinct scores from high to low.
fn steps(pairs: &[Scored]) -> Vec<Step> {
    let clean = |pair: &Scored| if pair.score.is_nan() { 0.0 } else { pair.score + 0.0 };
    let mut sorted: Vec<(f32, bool)> = pairs.iter().map(|pair| (clean(pair), pair.holds)).collect();
    sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut steps: Vec<Step> = Vec::new();
    for (score, holds) in sorted {
        if steps.last().is_none_or(|last| last.score != score) {
            steps.push(Step { score, held: 0, failed: 0 });
        }
        if let Some(last) = steps.last_mut() {
            if holds { last.held += 1 } else { last.failed += 1 }
        }
    }
    steps
}

fn totals(steps: &[Step]) -> (usize, usize) {
    steps.iter().fold((0, 0), |(held, failed), step| (held + step.held, failed + step.failed))
}

fn roc_auc(steps: &[Step]) -> f64 {
    let (positives, negatives) = totals(steps);
    let (mut above, mut wins) = (0, 0.0);
    for step in steps {
        wins += step.failed as f64 * (above as f64 + step.held as f64 / 2.0);
        above += step.held;
    }
    wins / (positives as f64 * negatives as f64)
}

fn average_precision(steps: &[Step]) -> f64 {
    let (positives, _) = totals(steps);
    let (mut held, mut seen, mut sum) = (0, 0, 0.0);
    for step in steps {
        held += step.held;
        seen += step.pairs();
        sum += step.held as f64 * held as f64 / seen as f64;
    }
    sum / positives as f64
}

/// Every cut from "nothing" downwards, refused pairs left out.
fn cuts(steps: &[Step]) -> impl Iterator<Item = Cut> {
    let (positives, negatives) = totals(steps);
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let nothing = Cut { threshold: f32::INFINITY, hits: 0.0, false_hits: 0.0 };
    let lower = steps.iter().take_while(|step| step.score > 0.0).scan((0, 0), move |(held, failed), step| {
        *held += step.held;
        *failed += step.failed;
        Some(Cut { threshold: step.score, hits: share(*held, positives), false_hits: share(*failed, negatives) })
    });
    std::iter::once(nothing).chain(lower)
}

fn cut_at(steps: &[Step], share: f64) -> Cut {
    // The first cut accepts nothing, so there always is one.
    cuts(steps).take_while(|cut| cut.false_hits <= share + 1e-12).last().expect("accepting nothing is allowed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(pairs: &[(f32, bool)]) -> Vec<Scored> {
        pairs.iter().map(|(score, holds)| Scored { score: *score, holds: *holds }).collect()
    }

    #[test]
    fn a_perfect_order_has_all_hits_at_no_cost() {
        let quality = measure(&set(&[(0.9, true), (0.8, true), (0.2, false), (0.1, false)]));
        assert_eq!((quality.roc_auc, quality.pr_auc, quality.hits_at_0_1_percent), (Some(1.0), Some(1.0), Some(1.0)));
    }

    #[test]
    fn equal_scores_are_one_step() {
        let pairs = set(&[(0.5, true), (0.5, false), (0.5, true), (0.5, false)]);
        let quality = measure(&pairs);
        assert_eq!((quality.roc_auc, quality.pr_auc, quality.hits_at_1_percent), (Some(0.5), Some(0.5), Some(0.0)));
        assert_eq!(reliability(&pairs).len(), 1);
    }

    #[test]
    fn a_refused_pair_is_accepted_by_no_threshold() {
        let pairs = set(&[(0.0, true), (0.0, false), (0.4, true)]);
        assert_eq!(cut_keeping(&pairs, 0.9), None);
        assert_eq!(cut_keeping(&pairs, 0.5).unwrap().threshold, 0.4);
        assert_eq!(accepted(&pairs, 0.0), Some(1.0 / 3.0));
    }

    #[test]
    fn one_kind_alone_has_no_curve() {
        let quality = measure(&set(&[(0.5, true)]));
        assert_eq!((quality.roc_auc, quality.calibration_error), (None, Some(0.5)));
        assert_eq!(measure(&[]).calibration_error, None);
    }

    proptest! {
        #[test]
        fn figures_agree_with_their_definitions(raw in prop::collection::vec((0_u8..12, any::<bool>()), 1..80)) {
            let pairs: Vec<Scored> =
                raw.iter().map(|(score, holds)| Scored { score: f32::from(*score) / 11.0, holds: *holds }).collect();
            let quality = measure(&pairs);
            let of = |holds: bool| pairs.iter().filter(move |pair| pair.holds == holds).map(|pair| pair.score);
            prop_assert_eq!((quality.positives, quality.negatives), (of(true).count(), of(false).count()));
            prop_assume!(quality.positives > 0 && quality.negatives > 0);

            let wins: f64 = of(true)
                .flat_map(|high| of(false).map(move |low| if high > low { 1.0 } else if high == low { 0.5 } else { 0.0 }))
                .sum();
            let couples = (quality.positives * quality.negatives) as f64;
            prop_assert!((quality.roc_auc.unwrap() - wins / couples).abs() < 1e-9);

            let at = |scores: &mut dyn Iterator<Item = f32>, cut: f32| scores.filter(|score| *score >= cut).count() as f64;
            let precision: f64 = of(true)
                .map(|score| at(&mut of(true), score) / (at(&mut of(true), score) + at(&mut of(false), score)))
                .sum();
            prop_assert!((quality.pr_auc.unwrap() - precision / quality.positives as f64).abs() < 1e-9);

            for (share, got) in [(0.01, quality.hits_at_1_percent), (0.001, quality.hits_at_0_1_percent), (0.3, None)] {
                let best = pairs
                    .iter()
                    .map(|pair| pair.score)
                    .filter(|cut| *cut > 0.0 && at(&mut of(false), *cut) <= share * quality.negatives as f64)
                    .map(|cut| at(&mut of(true), cut) / quality.positives as f64)
                    .fold(0.0, f64::max);
                let cut = cut_at_false_share(&pairs, share);
                prop_assert!((cut.hits - best).abs() < 1e-9);
                prop_assert!(got.is_none_or(|hits| hits == cut.hits));
            }
        }

        #[test]
        fn the_order_of_the_pairs_changes_nothing(raw in prop::collection::vec((0_u8..30, any::<bool>()), 0..80)) {
            let pairs: Vec<Scored> =
                raw.iter().map(|(score, holds)| Scored { score: f32::from(*score) / 29.0, holds: *holds }).collect();
            let mut turned = pairs.clone();
            turned.reverse();
            prop_assert_eq!(measure(&pairs), measure(&turned));
            let bins = reliability(&pairs);
            prop_assert_eq!(bins.iter().map(|bin| bin.pairs).sum::<usize>(), pairs.len());
            prop_assert!(bins.len() <= BINS);
        }
    }
}
