//! What hits were worth: the share of wrong ones, and what it would be at other thresholds.

use lode_shared::WhatIfPoint;
use serde::{Deserialize, Serialize};

use super::ageing::{Ageing, HalfLife};
use super::interval::{Z_95, wilson_lower, wilson_upper};
use super::recent::Recent;

/// Buckets of 0.005 below [`FINE_FROM`], of 0.0005 above: a good verifier puts most of what is served into the last
/// coarse one, where no threshold could tell it apart.
const COARSE: usize = 199;
const FINE: usize = 10;
const FINE_FROM: f64 = 0.995;
const BUCKETS: usize = COARSE + FINE;
const WIDTH: f64 = 0.005;
const FINE_WIDTH: f64 = 0.0005;
/// Rounding must not put a score of 0.95 into the bucket below it.
const ROUNDING: f64 = 1e-9;
/// A hit cannot stand for more than so many: one label drawn at a rate of nearly 0 would be all the evidence.
const WEIGHT_MOST: f64 = 1_000.0;

/// Figures are aged by whole seconds.
const SECOND_MS: u64 = 1_000;

/// Who answered, other than the solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A stored answer to a similar prompt.
    Semantic,
    /// The same, kept beyond its time to live.
    Memory,
    /// A learned pattern, filled in.
    Pattern,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Semantic, Self::Memory, Self::Pattern];

    /// Serves what scores above the threshold. A pattern serves what it matches.
    fn has_threshold(self) -> bool {
        !matches!(self, Self::Pattern)
    }
}

/// A share of wrong answers and its bounds, all within `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WrongShare {
    /// The estimate: wrong weight by labelled weight (Hájek's ratio), each label weighing what it stands for.
    pub share: f64,
    /// Lower bound, one-sided 95 % (Wilson, of `labels`).
    pub lower: f64,
    /// Upper bound, one-sided 95 % (Wilson, of `labels`).
    pub upper: f64,
    /// Labels that this is worth: Kish's effective number `(Σ w)² / Σ w²`, decayed. Above 0.
    pub labels: f64,
}

/// What one tier served.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TierFigures {
    /// Which.
    pub tier: Tier,
    /// Hits served, decayed.
    pub served: f64,
    /// Its false-hit rate; absent without labels.
    pub wrong: Option<WrongShare>,
}

/// One point of the what-if curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WhatIf {
    /// The threshold: what scores at least this is served.
    pub threshold: f64,
    /// Share of the questions with a candidate that would have been served; absent without any.
    pub hit_share: Option<f64>,
    /// Share of those hits that would have been wrong; absent where it was never labelled.
    pub wrong: Option<WrongShare>,
}

impl WhatIf {
    /// The same in percent, as it is sent.
    pub fn view(&self) -> WhatIfPoint {
        let pct = |share: f64| 100.0 * share;
        WhatIfPoint {
            threshold: self.threshold,
            hit_pct: self.hit_share.map(pct),
            wrong_pct: self.wrong.map(|wrong| pct(wrong.share)),
            wrong_lower_pct: self.wrong.map(|wrong| pct(wrong.lower)),
            wrong_upper_pct: self.wrong.map(|wrong| pct(wrong.upper)),
            labels: self.wrong.map_or(0.0, |wrong| wrong.labels),
        }
    }
}

/// Labels of one kind in one bucket: sums over weights, decayed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Labels {
    right: f64,
    wrong: f64,
    squares: f64,
}

impl WrongShare {
    /// Together with what is known elsewhere, which counts as `most` labels at most.
    #[must_use]
    pub fn with(self, elsewhere: Option<Self>, most: f64) -> Self {
        let Some(elsewhere) = elsewhere else { return self };
        let more = elsewhere.labels.min(most);
        let labels = self.labels + more;
        let wrong = self.share * self.labels + elsewhere.share * more;
        let (lower, upper) = (wilson_lower(wrong, labels, Z_95), wilson_upper(wrong, labels, Z_95));
        Self { share: wrong / labels, lower, upper, labels }
    }
}

impl Labels {
    fn add(&mut self, is_right: bool, weight: f64) {
        *(if is_right { &mut self.right } else { &mut self.wrong }) += weight;
        self.squares += weight * weight;
    }

    fn plus(self, other: Self) -> Self {
        Self { right: self.right + other.right, wrong: self.wrong + other.wrong, squares: self.squares + other.squares }
    }

    /// `left` is what decay has left of each label: one that decayed to a half counts half, whatever it stands for.
    fn share(self, left: f64) -> Option<WrongShare> {
        let weight = self.right + self.wrong;
        if !(weight > 0.0 && self.squares > 0.0 && left > 0.0) {
            return None;
        }
        let share = self.wrong / weight;
        let labels = left * weight * weight / self.squares;
        let (lower, upper) = (wilson_lower(share * labels, labels, Z_95), wilson_upper(share * labels, labels, Z_95));
        Some(WrongShare { share, lower, upper, labels })
    }
}

/// Scores of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Bucket {
    /// Questions whose best candidate scored here.
    candidates: f64,
    /// Hits, by tier.
    hits: [Labels; 3],
    /// Best candidates that were not served, and compared with what the upstream answered.
    misses: Labels,
}

/// Labelled evidence by score, forgotten exponentially: 22 KB.
///
/// Scores are the calibrated probabilities that the threshold is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "stored::Stored", into = "stored::Stored")]
pub struct Ledger {
    half_life: HalfLife,
    ageing: Ageing,
    served: [f64; 3],
    buckets: Vec<Bucket>,
    seen: Seen,
    recent: Recent,
}

/// Labels ever seen, not decayed: tells new evidence from old.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Labels.
    pub labels: u64,
    /// Of hits that were served and wrong.
    pub wrong: u64,
    /// When the last one came, milliseconds since the Unix epoch; 0 before the first.
    pub last_ms: u64,
}

impl Ledger {
    /// Empty.
    pub fn new(half_life: HalfLife) -> Self {
        let buckets = vec![Bucket::default(); BUCKETS];
        Self {
            half_life,
            ageing: Ageing::default(),
            served: [0.0; 3],
            buckets,
            seen: Seen::default(),
            recent: Recent::default(),
        }
    }

    /// Counts a question whose best candidate, of semantic tier or memory, scored `score`, served or not. One that had
    /// no candidate, or only candidates in hard conflict, does not count: no threshold would serve it.
    ///
    /// `now` is in milliseconds since the Unix epoch, here and below.
    pub fn candidate(&mut self, score: f64, now: u64) {
        self.age(now);
        self.bucket(score).candidates += 1.0;
    }

    /// Counts a hit served.
    pub fn served(&mut self, tier: Tier, now: u64) {
        self.age(now);
        self.served[tier as usize] += 1.0;
    }

    /// Learns whether a hit that was served was right. `sampling_rate` is the probability with which this one was
    /// chosen for a label, within `(0, 1]`: at 0.05 it stands for twenty. One label for each hit: of a shadow check and
    /// a validator's score, the validator's.
    pub fn label_hit(&mut self, tier: Tier, score: f64, is_right: bool, sampling_rate: f64, now: u64) {
        self.age(now);
        let weight = (1.0 / sampling_rate.max(0.0)).clamp(1.0, WEIGHT_MOST);
        self.bucket(score).hits[tier as usize].add(is_right, weight);
        self.count(now);
        self.seen.wrong += u64::from(!is_right);
        if tier.has_threshold() {
            self.recent.add(is_right);
        }
    }

    /// Learns whether the best candidate of a miss would have been right. Those of the grey zone are all labelled, so
    /// each stands for itself.
    pub fn label_miss(&mut self, score: f64, is_right: bool, now: u64) {
        self.age(now);
        self.bucket(score).misses.add(is_right, 1.0);
        self.count(now);
    }

    /// The share of wrong ones among the last hits that a threshold let through; absent without labels.
    pub fn recent(&self) -> Option<WrongShare> {
        self.recent.share()
    }

    /// What was ever seen.
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// The false-hit rate over all tiers; absent without labels.
    ///
    /// Each label weighs `1 / sampling rate`, so this estimates the share among all hits served, not among those
    /// labelled. It assumes that a label that failed to come about (the solver was down) says nothing of the answer.
    pub fn false_hits(&self, now: u64) -> Option<WrongShare> {
        Tier::ALL.iter().map(|tier| self.hits(*tier)).fold(Labels::default(), Labels::plus).share(self.left(now))
    }

    /// The same for each tier.
    pub fn tiers(&self, now: u64) -> [TierFigures; 3] {
        let left = self.left(now);
        Tier::ALL.map(|tier| TierFigures {
            tier,
            served: left * self.served[tier as usize],
            wrong: self.hits(tier).share(left),
        })
    }

    /// The what-if curve, one point for each bucket, thresholds ascending.
    ///
    /// The question: *had the threshold been so, and all else the same, which share of the questions with a candidate
    /// would the cache have answered, and which share of these answers would have been wrong?* Recent requests count
    /// more. Each point pools hits and grey-zone misses at or above its threshold, weighed by what they stand for.
    ///
    /// Where it is biased:
    /// - Nothing is known below the lowest score with a label, so `wrong` is absent there; close above, few labels
    ///   stand for much, and bounds are wide.
    /// - Misses are labelled only when the upstream answered, so questions on which it fails are missing.
    /// - A hit is not stored again. At a lower threshold fewer entries would be stored, and candidates be further away:
    ///   hit shares below the threshold in force are a little too high, above it a little too low.
    /// - Only best candidates count. Where the best one is not served, the curve does not try the second.
    /// - Scores are those of their time: while the calibration moves, so do they.
    /// - Labels that compare answers take two right answers that differ for a wrong one: `wrong` is too high by that.
    pub fn what_if(&self, now: u64) -> Vec<WhatIf> {
        let mut points = self.points((0..BUCKETS).rev(), now);
        points.reverse();
        points
    }

    /// The points of the curve at these thresholds, ascending: a microsecond or two.
    pub fn what_if_at(&self, thresholds: &[f64], now: u64) -> Vec<WhatIf> {
        let mut points = self.points(thresholds.iter().rev().map(|threshold| index(*threshold)), now);
        points.reverse();
        points.iter().zip(thresholds).map(|(point, threshold)| WhatIf { threshold: *threshold, ..*point }).collect()
    }

    /// The points at these buckets, descending.
    fn points(&self, descending: impl Iterator<Item = usize>, now: u64) -> Vec<WhatIf> {
        let left = self.left(now);
        let all: f64 = self.buckets.iter().map(|bucket| bucket.candidates).sum();
        let lowest = self.buckets.iter().position(Bucket::is_labelled);
        let (mut candidates, mut labels, mut from_here) = (0.0, Labels::default(), BUCKETS);
        let point = |at: usize| {
            for bucket in self.buckets[at..from_here].iter().rev() {
                candidates += bucket.candidates;
                labels = labels.plus(bucket.curve_labels());
            }
            from_here = at;
            WhatIf {
                threshold: from(at),
                hit_share: (all > 0.0).then(|| (candidates / all).min(1.0)),
                wrong: labels.share(left).filter(|_| lowest.is_some_and(|lowest| at >= lowest)),
            }
        };
        descending.map(point).collect()
    }

    /// Forgets every figure, but not that it was seen.
    pub fn restart(&mut self) {
        *self = Self { seen: self.seen, ..Self::new(self.half_life) };
    }

    fn count(&mut self, now: u64) {
        self.ageing.count();
        self.seen.labels += 1;
        self.seen.last_ms = self.seen.last_ms.max(now);
    }

    fn hits(&self, tier: Tier) -> Labels {
        self.buckets.iter().map(|bucket| bucket.hits[tier as usize]).fold(Labels::default(), Labels::plus)
    }

    fn bucket(&mut self, score: f64) -> &mut Bucket {
        &mut self.buckets[index(score)]
    }

    fn left(&self, now: u64) -> f64 {
        self.ageing.left(&self.half_life, now)
    }

    fn age(&mut self, now: u64) {
        // A second is nothing to a half-life of hours, and a look into memory must not scale every bucket.
        if now.saturating_sub(self.ageing.at_ms()) < SECOND_MS {
            return;
        }
        let left = self.ageing.advance(&self.half_life, now);
        if left < 1.0 {
            self.served.iter_mut().for_each(|served| *served *= left);
            self.buckets.iter_mut().for_each(|bucket| bucket.scale(left));
        }
    }
}

impl Bucket {
    /// Whether the curve has a label here.
    fn is_labelled(&self) -> bool {
        let of_tier = |tier: Tier| tier.has_threshold() && self.hits[tier as usize].squares > 0.0;
        self.misses.squares > 0.0 || Tier::ALL.into_iter().any(of_tier)
    }

    fn curve_labels(&self) -> Labels {
        let hits = Tier::ALL.iter().filter(|tier| tier.has_threshold()).map(|tier| self.hits[*tier as usize]);
        hits.fold(self.misses, Labels::plus)
    }

    fn scale(&mut self, left: f64) {
        self.candidates *= left;
        for labels in self.hits.iter_mut().chain([&mut self.misses]) {
            *labels = Labels { right: labels.right * left, wrong: labels.wrong * left, squares: labels.squares * left };
        }
    }
}

/// The bucket of a score; what is not a number is in the lowest.
fn index(score: f64) -> usize {
    // A cast to an integer saturates, and makes 0 of what is not a number.
    let score = score.clamp(0.0, 1.0) + ROUNDING;
    if score >= FINE_FROM {
        (COARSE + ((score - FINE_FROM) / FINE_WIDTH) as usize).min(BUCKETS - 1)
    } else {
        (score / WIDTH) as usize
    }
}

/// The lowest score of a bucket.
fn from(index: usize) -> f64 {
    if index < COARSE { index as f64 * WIDTH } else { FINE_FROM + (index - COARSE) as f64 * FINE_WIDTH }
}

mod reliability;
mod stored;
#[cfg(test)]
mod tests;
