//! What the answer cache did.

use serde::{Deserialize, Serialize};

/// Counters since start, and the cache's size now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CacheStats {
    /// Answers held now within their time to live.
    pub entries: u64,
    /// Answers of these that it may hold.
    pub capacity: u64,
    /// Answers held beyond their time to live: candidates when they have proven themselves.
    pub memory_entries: u64,
    /// Bytes of prompts and answers held now, an estimate.
    pub size_bytes: u64,
    /// Questions answered from it, by whatever tier.
    pub hits: u64,
    /// Of these, with the answer to a similar prompt.
    pub semantic_hits: u64,
    /// With an answer beyond its time to live.
    pub memory_hits: u64,
    /// By a pattern.
    pub pattern_hits: u64,
    /// Questions it could not answer.
    pub misses: u64,
    /// Answers stored.
    pub stored: u64,
    /// Answers dropped because they were older than the time to live.
    pub expired: u64,
    /// Answers dropped because the cache was full.
    pub evicted: u64,
    /// Answers given to nobody any more because they were contradicted.
    #[serde(default)]
    pub quarantined: u64,
    /// Answers forgotten because somebody said so: the operator, or the subnet's own rules.
    #[serde(default)]
    pub forgotten: u64,
    /// Solver time that hits saved: the sum of what each answer once took to solve, seconds.
    pub saved_s: f64,
    /// What hits saved in the same way, US dollars; absent while no solver told what it costs.
    #[serde(default)]
    pub saved_usd: Option<f64>,
    /// Hits that were found right or wrong; older ones count less.
    pub labels: f64,
    /// Share of these that were wrong, percent; absent before the first.
    pub false_hit_pct: Option<f64>,
    /// Lower end of that share's one-sided 95 % interval (Wilson), percent; absent before the first.
    #[serde(default)]
    pub false_hit_lower_pct: Option<f64>,
    /// Upper end of that share's one-sided 95 % interval (Wilson), percent; absent before the first.
    pub false_hit_upper_pct: Option<f64>,
}

impl CacheStats {
    /// Share of questions answered from the cache since start, percent; absent before the first question.
    pub fn hit_rate_pct(&self) -> Option<f64> {
        let asked = self.hits + self.misses;
        (asked > 0).then(|| 100.0 * self.hits as f64 / asked as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_that_was_never_asked_has_no_hit_rate() {
        assert_eq!(CacheStats::default().hit_rate_pct(), None);
        let asked = CacheStats { hits: 1, misses: 3, ..CacheStats::default() };
        assert_eq!(asked.hit_rate_pct(), Some(25.0));
    }
}
