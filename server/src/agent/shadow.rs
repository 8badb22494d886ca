//! Shadow checks: some answers from memory are solved again behind the validator's back, to learn how often memory is wrong.

use lode_shared::Source;
use parking_lot::Mutex;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Faults;

/// Checks under way at the same time.
pub const MAX_UNDER_WAY: usize = 4;
/// Checks that may be saved up while nothing is to be checked.
const MAX_SAVED: f64 = 50.0;
/// Exact repeats are checked less: they are right about the match, and tell only how soon answers change.
const EXACT_SHARE: f64 = 0.2;

/// `[shadow]`: how many answers from memory are checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShadowConfig {
    /// Of the answers to similar prompts and by pattern, percent, 0 to 100; of exact repeats a fifth of that. The tuner starts
    /// from here, and moves it within its limits; 0 checks none, and stays.
    pub share_pct: f64,
    /// Of those with fewer than `few_labels` labels at least, percent, 0 to 100.
    pub new_share_pct: f64,
    /// How many labels make an answer known.
    pub few_labels: f64,
    /// Checks as a share of the solvers' other calls at most, percent, 0 to 100.
    pub max_calls_pct: f64,
}

impl Default for ShadowConfig {
    fn default() -> Self {
        Self { share_pct: 5.0, new_share_pct: 20.0, few_labels: 5.0, max_calls_pct: 10.0 }
    }
}

impl ShadowConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("shadow.share_pct", self.share_pct, 0.0..=100.0);
        faults.unless_within("shadow.new_share_pct", self.new_share_pct, 0.0..=100.0);
        faults.unless_within("shadow.few_labels", self.few_labels, 0.0..=1e6);
        faults.unless_within("shadow.max_calls_pct", self.max_calls_pct, 0.0..=100.0);
    }
}

/// Draws which answers are checked.
pub struct Shadows {
    config: ShadowConfig,
    state: Mutex<State>,
}

struct State {
    random: SmallRng,
    /// Checks that the solvers' other calls have earned.
    earned: f64,
}

impl Shadows {
    /// As configured; the same `seed` draws the same.
    pub fn new(config: ShadowConfig, seed: u64) -> Self {
        Self { config, state: Mutex::new(State { random: SmallRng::seed_from_u64(seed), earned: 1.0 }) }
    }

    /// A solver was called for a validator.
    pub fn earn(&self) {
        let mut state = self.state.lock();
        state.earned = (state.earned + self.config.max_calls_pct / 100.0).min(MAX_SAVED);
    }

    /// Whether this answer is to be checked, and if so the chance that it had of being drawn. `share_pct` is the tuner's.
    /// `labels` is how often the answer was found right or wrong.
    pub fn draw(&self, source: Source, labels: f64, share_pct: f64) -> Option<f64> {
        let is_new = labels < self.config.few_labels;
        let share = match source {
            _ if share_pct <= 0.0 => return None,
            Source::Exact => EXACT_SHARE * share_pct,
            _ if is_new => share_pct.max(self.config.new_share_pct),
            _ => share_pct,
        } / 100.0;
        let mut state = self.state.lock();
        if state.random.random_range(0.0..1.0) >= share || state.earned < 1.0 {
            return None;
        }
        state.earned -= 1.0;
        Some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(shadows: &Shadows, source: Source, labels: f64, times: usize) -> usize {
        (0..times)
            .filter(|_| {
                (0..50).for_each(|_| shadows.earn());
                shadows.draw(source, labels, shadows.config.share_pct).is_some()
            })
            .count()
    }

    #[test]
    fn a_share_is_drawn_more_of_what_is_little_known_and_less_of_exact_repeats() {
        let shadows = Shadows::new(ShadowConfig::default(), 7);
        let known = drawn(&shadows, Source::Semantic, 9.0, 10_000);
        let new = drawn(&shadows, Source::Pattern, 2.0, 10_000);
        assert!((400..600).contains(&known) && (1_800..2_200).contains(&new), "{known} and {new} of 10,000");
        let exact = drawn(&shadows, Source::Exact, 0.0, 10_000);
        assert!((60..140).contains(&exact), "{exact} of 10,000: a fifth of the share");
    }

    #[test]
    fn checks_stay_a_share_of_the_solvers_calls() {
        let config = ShadowConfig { new_share_pct: 100.0, max_calls_pct: 2.0, ..ShadowConfig::default() };
        let shadows = Shadows::new(config, 7);
        let mut checks = 0;
        for _ in 0..1_000 {
            shadows.earn();
            checks += (0..10).filter(|_| shadows.draw(Source::Semantic, 0.0, 5.0).is_some()).count();
        }
        assert!((20..=21).contains(&checks), "{checks}: one for a start, and one for each fifty calls");
    }

    #[test]
    fn no_share_checks_nothing() {
        let shadows = Shadows::new(ShadowConfig { share_pct: 0.0, new_share_pct: 0.0, ..ShadowConfig::default() }, 7);
        assert_eq!(drawn(&shadows, Source::Memory, 0.0, 1_000), 0);
    }
}
