//! What a solver spends: each call holds what it may cost, and gives back what it did not.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::budget::{Budget, NanoUsd, Prices, Spent};
use super::reply::Usage;
use crate::ports::SolveError;

/// Bytes of a request for one token: about right for English, and too many tokens for JSON.
const BYTES_PER_TOKEN: u64 = 4;

/// What a solver has spent, by its name: kept when the configuration is read again.
pub struct Purse {
    budget: Mutex<Budget>,
    began: Instant,
}

impl Default for Purse {
    fn default() -> Self {
        Self { budget: Mutex::default(), began: Instant::now() }
    }
}

/// What calls cost, and the bound on it.
pub(super) struct Spending {
    prices: Option<Prices>,
    hourly: Option<NanoUsd>,
    /// Tokens that one answer may have.
    max_tokens: u64,
    purse: Arc<Purse>,
}

/// What one call may cost. It counts as spent from when it is dropped: whoever gives up a call may have to pay for it.
pub(super) struct Held<'a> {
    spending: &'a Spending,
    reserved: NanoUsd,
    cost: NanoUsd,
}

impl Spending {
    /// By these prices, within a budget of US dollars an hour.
    pub(super) fn new(prices: Option<Prices>, usd_per_hour: Option<f64>, max_tokens: u64, purse: Arc<Purse>) -> Self {
        Self { prices, hourly: usd_per_hour.map(NanoUsd::of), max_tokens, purse }
    }

    /// Holds what a request of so many bytes may cost.
    pub(super) fn hold(&self, request_bytes: usize) -> Result<Held<'_>, SolveError> {
        let input = (request_bytes as u64).div_ceil(BYTES_PER_TOKEN);
        let usd = self.prices.map_or(0.0, |prices| prices.cost_usd(input, self.max_tokens));
        let reserved = NanoUsd::of(usd);
        // Counted without a bound too: there may be one tomorrow.
        let (Purse { budget, began }, hourly) = (&*self.purse, self.hourly.unwrap_or(NanoUsd::MAX));
        budget.lock().reserve(reserved, hourly, began.elapsed()).map_err(|Spent { retry_after }| {
            let message =
                format!("budget_usd_per_hour is spent: a call may cost {usd:.6} USD, and there is no room for that");
            SolveError::Limited { message, retry_after }
        })?;
        Ok(Held { spending: self, reserved, cost: reserved })
    }
}

impl Held<'_> {
    /// Gives back what was not spent; the cost, US dollars, where it is known.
    pub(super) fn settle(mut self, usage: Option<Usage>) -> Option<f64> {
        let usage = usage?;
        let usd = self.spending.prices?.cost_usd(usage.prompt_tokens?, usage.completion_tokens?);
        self.cost = NanoUsd::of(usd);
        Some(usd)
    }

    /// Gives all of it back.
    pub(super) fn release(mut self) {
        self.cost = NanoUsd::of(0.0);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Purse { budget, began } = &*self.spending.purse;
        budget.lock().settle(self.reserved, self.cost, began.elapsed());
    }
}
