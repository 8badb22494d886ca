//! Figures of labelled pairs.

use std::collections::BTreeMap;
use std::io::Write;

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::input::Pair;
use super::matcher::Matcher;
use crate::domain::{Calibration, LabelKind};
use crate::matching::quality::{Scored, accepted, calibration_error, cut_keeping, measure, reliability};

/// Labels after which the calibration is looked at.
const LABELS: usize = 500;
/// Share of the true hits that a cut by type keeps.
const KEPT: f64 = 0.90;
/// Orders of labels that the calibration is averaged over: one alone is mostly noise.
const ORDERS: u64 = 10;

/// Prints the figures of each matcher, and those of the full one by type. `told` hears how many of how many scores are made.
pub fn report(
    pairs: &[Pair],
    matchers: &[Matcher],
    threshold: f32,
    told: &mut impl FnMut(u64, u64),
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let matchers = if matchers.is_empty() { &Matcher::ALL } else { matchers };
    writeln!(
        out,
        "  {:<10} {:>6} {:>6} {:>7} {:>7} {:>8} {:>8} {:>7}",
        "matcher", "same", "other", "ROC", "PR", "hit@1%", "hit@.1%", "ECE"
    )?;
    let (mut done, of) = (0, (matchers.len() * pairs.len()) as u64);
    for matcher in matchers {
        let mut score = |pair: &Pair| {
            done += 1;
            told(done, of);
            Scored { score: matcher.score(pair), holds: pair.holds() }
        };
        let scored: Vec<_> = pairs.iter().map(&mut score).collect();
        let quality = measure(&scored);
        let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        writeln!(
            out,
            "  {:<10} {:>6} {:>6} {:>7} {:>7} {:>8} {:>8} {:>7}",
            matcher.label(),
            quality.positives,
            quality.negatives,
            figure(quality.roc_auc),
            figure(quality.pr_auc),
            figure(quality.hits_at_1_percent),
            figure(quality.hits_at_0_1_percent),
            figure(quality.calibration_error),
        )?;
        if *matcher == Matcher::Full {
            by_type(pairs, &scored, threshold, out)?;
            on_line(&scored, out)?;
        }
    }
    Ok(())
}

/// Which share of each type is accepted, at the threshold and where nine of ten true hits are kept.
fn by_type(pairs: &[Pair], scored: &[Scored], threshold: f32, out: &mut impl Write) -> anyhow::Result<()> {
    let keeping = cut_keeping(scored, KEPT);
    let mut types: BTreeMap<(&str, bool), Vec<Scored>> = BTreeMap::new();
    for (pair, scored) in pairs.iter().zip(scored) {
        types.entry((&pair.kind, pair.holds())).or_default().push(*scored);
    }
    let at = keeping.map_or_else(|| "no cut".to_owned(), |cut| format!("at {:.3}", cut.threshold));
    writeln!(out, "    {:<44} {:>6} {:>9} {:>10}", "accepted, by type", "pairs", format!("at {threshold}"), at)?;
    for ((kind, holds), scored) in types {
        let share = |threshold: Option<f32>| {
            let share = threshold.and_then(|threshold| accepted(&scored, threshold));
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", 100.0 * share))
        };
        let name = format!("{} {kind}", if holds { "same " } else { "other" });
        let (here, there) = (share(Some(threshold)), share(keeping.map(|cut| cut.threshold)));
        writeln!(out, "    {name:<44} {:>6} {here:>9} {there:>10}", scored.len())?;
    }
    Ok(())
}

/// The calibration error of what the cache compares with its threshold, after 500 labels of this very traffic; measured on
/// the pairs that were not labelled. Pairs in conflict are never labelled: they are never given.
fn on_line(scored: &[Scored], out: &mut impl Write) -> anyhow::Result<()> {
    let mut open: Vec<_> = scored.iter().filter(|pair| pair.score > 0.0 && pair.score < 1.0).copied().collect();
    if open.len() < 2 * LABELS {
        return Ok(());
    }
    let (mut before, mut after) = (0.0, 0.0);
    for order in 0..ORDERS {
        open.shuffle(&mut SmallRng::seed_from_u64(order));
        let (labelled, rest) = open.split_at(LABELS);
        let mut calibration = Calibration::default();
        for (pair, at_ms) in labelled.iter().zip(0..) {
            calibration.label(1, pair.score.into(), pair.holds, LabelKind::GreyZone, at_ms);
        }
        let said = |pair: &Scored| calibration.probability(1, pair.score.into(), LABELS as u64).mean as f32;
        let learnt: Vec<_> = rest.iter().map(|pair| Scored { score: said(pair), holds: pair.holds }).collect();
        before += calibration_error(&reliability(rest)) / ORDERS as f64;
        after += calibration_error(&reliability(&learnt)) / ORDERS as f64;
    }
    writeln!(out, "    calibration error {before:.3}, after {LABELS} labels {after:.3} (mean of {ORDERS} orders)")?;
    Ok(())
}

/// A number within [0, 1): for what is chosen by chance.
pub(super) fn chance(random: &mut SmallRng) -> f64 {
    random.random()
}
