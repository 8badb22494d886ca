//! What calls cost, and how much of it an hour may see.

use std::collections::VecDeque;
use std::time::Duration;

const MINUTE_S: u64 = 60;
const MINUTES: u64 = 60;

/// What tokens cost, US dollars for a million of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    /// Tokens that are read.
    pub input: f64,
    /// Tokens that are written.
    pub output: f64,
}

impl Prices {
    /// The cost of so many tokens, US dollars.
    pub fn cost_usd(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        (input_tokens as f64 * self.input + output_tokens as f64 * self.output) / 1e6
    }
}

/// A billionth of a US dollar, so that sums come out even.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NanoUsd(u64);

impl NanoUsd {
    /// No bound.
    pub const MAX: Self = Self(u64::MAX);

    /// Of an amount, rounded up.
    pub fn of(usd: f64) -> Self {
        Self((usd * 1e9).ceil() as u64)
    }
}

/// What was spent in the last hour, to the minute. A call reserves what it may cost before it begins, so that many at once do
/// not spend more than one after the other.
#[derive(Debug, Default)]
pub struct Budget {
    /// Minute and what was spent in it, oldest first: those of the last hour alone.
    spent: VecDeque<(u64, u64)>,
    reserved: u64,
}

/// There is no room for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// When there will be; absent where that depends on how calls under way end, or where one call is more than the budget.
    pub retry_after: Option<Duration>,
}

impl Budget {
    /// Reserves `usd` of what may be spent in an hour, at `now`, by a clock that never goes back.
    pub fn reserve(&mut self, usd: NanoUsd, hourly: NanoUsd, now: Duration) -> Result<(), Spent> {
        self.forget(now);
        let spent: u64 = self.spent.iter().map(|(_, usd)| usd).sum();
        let taken = spent.saturating_add(self.reserved).saturating_add(usd.0);
        let mut missing = taken.saturating_sub(hourly.0);
        if missing == 0 {
            self.reserved += usd.0;
            return Ok(());
        }
        let freed = self.spent.iter().find(|(_, usd)| {
            missing = missing.saturating_sub(*usd);
            missing == 0
        });
        Err(Spent { retry_after: freed.map(|(minute, _)| leaves_at(*minute).saturating_sub(now)) })
    }

    /// Turns what was reserved into what it did cost.
    pub fn settle(&mut self, reserved: NanoUsd, cost: NanoUsd, now: Duration) {
        self.forget(now);
        self.reserved = self.reserved.saturating_sub(reserved.0);
        if cost.0 == 0 {
            return;
        }
        let minute = now.as_secs() / MINUTE_S;
        match self.spent.back_mut().filter(|(last, _)| *last >= minute) {
            Some((_, usd)) => *usd = usd.saturating_add(cost.0),
            None => self.spent.push_back((minute, cost.0)),
        }
    }

    fn forget(&mut self, now: Duration) {
        while self.spent.front().is_some_and(|(minute, _)| leaves_at(*minute) <= now) {
            self.spent.pop_front();
        }
    }
}

/// When the last that was spent in a minute is an hour old.
fn leaves_at(minute: u64) -> Duration {
    Duration::from_secs((minute + 1 + MINUTES) * MINUTE_S)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    /// One US dollar an hour.
    fn reserve(budget: &mut Budget, usd: f64, now: Duration) -> Result<(), Spent> {
        budget.reserve(NanoUsd::of(usd), NanoUsd::of(1.0), now)
    }

    fn spend(budget: &mut Budget, usd: f64, now: Duration) {
        reserve(budget, usd, now).expect("room");
        budget.settle(NanoUsd::of(usd), NanoUsd::of(usd), now);
    }

    #[test]
    fn tokens_cost_by_the_million() {
        let prices = Prices { input: 0.15, output: 0.6 };
        assert!((prices.cost_usd(1_000, 500) - 0.000_45).abs() < 1e-12);
    }

    #[test]
    fn what_is_spent_is_free_again_an_hour_later() {
        let mut budget = Budget::default();
        spend(&mut budget, 0.6, at(0));
        spend(&mut budget, 0.4, at(100));
        let spent = reserve(&mut budget, 0.5, at(120)).expect_err("nothing left");
        assert_eq!(spent.retry_after, Some(at(3_660 - 120)), "when the first minute is an hour old");
        assert!(reserve(&mut budget, 0.5, at(3_659)).is_err());
        assert_eq!(reserve(&mut budget, 0.5, at(3_660)), Ok(()));
    }

    #[test]
    fn what_calls_under_way_may_cost_is_taken() {
        let mut budget = Budget::default();
        assert_eq!(reserve(&mut budget, 0.7, at(0)), Ok(()));
        let error = reserve(&mut budget, 0.7, at(0)).expect_err("taken");
        assert_eq!(error.retry_after, None, "nobody knows what the call under way will cost");
        budget.settle(NanoUsd::of(0.7), NanoUsd::of(0.1), at(0));
        assert_eq!(reserve(&mut budget, 0.7, at(0)), Ok(()), "it cost less");
    }

    #[test]
    fn a_call_that_costs_more_than_the_budget_never_has_room() {
        let mut budget = Budget::default();
        assert_eq!(reserve(&mut budget, 1.1, at(0)), Err(Spent { retry_after: None }));
    }

    proptest! {
        #[test]
        fn no_hour_sees_more_than_the_budget(calls in prop::collection::vec((0_u64..400, 0.0..0.5_f64), 1..300)) {
            let mut budget = Budget::default();
            let (mut now, mut spent) = (0, Vec::new());
            for (later, usd) in calls {
                now += later;
                if reserve(&mut budget, usd, at(now)).is_ok() {
                    budget.settle(NanoUsd::of(usd), NanoUsd::of(usd), at(now));
                    spent.push((now, NanoUsd::of(usd).0));
                }
                prop_assert!(budget.spent.len() <= 61, "one entry a minute");
                let hour: u64 = spent.iter().filter(|(then, _)| now - then < 3_600).map(|(_, usd)| usd).sum();
                prop_assert!(hour <= NanoUsd::of(1.0).0);
            }
        }
    }
}
