//! What memory did.

use lode_shared::CacheStats;
use prometheus_client::registry::Unit;

use super::page::{Page, ratio};

pub(super) fn cache(page: &mut Page, cache: &CacheStats) {
    for (name, help, value) in [
        ("cache_hits", "Questions answered from memory", cache.hits),
        ("cache_misses", "Questions that memory could not answer", cache.misses),
        ("cache_stored", "Answers stored", cache.stored),
        ("cache_expired", "Answers dropped for their age", cache.expired),
        ("cache_evicted", "Answers dropped for room", cache.evicted),
        ("cache_quarantined", "Answers given to nobody any more because they were contradicted", cache.quarantined),
        ("cache_forgotten", "Answers forgotten because somebody said so", cache.forgotten),
    ] {
        page.counter(name, help, value);
    }
    let entries = Some(Unit::Other("entries".into()));
    for (name, help, value) in [
        ("cache_size", "Answers held within their time to live", cache.entries),
        ("cache_capacity", "Answers that may be held within their time to live", cache.capacity),
        ("cache_memory", "Answers held beyond their time to live", cache.memory_entries),
    ] {
        page.gauge(name, help, entries.clone(), Some(value as f64));
    }
    let size = Some(cache.size_bytes as f64);
    page.gauge("cache_size", "Memory held by answers, estimated", Some(Unit::Bytes), size);
    page.gauge("cache_labels", "Hits that were found right or wrong; older ones count less", None, Some(cache.labels));
    for (name, help, share) in [
        ("cache_false_hit", "Share of labelled hits that were wrong", cache.false_hit_pct),
        ("cache_false_hit_lower", "Lower end of that share's one-sided 95 % interval", cache.false_hit_lower_pct),
        ("cache_false_hit_upper", "Upper end of that share's one-sided 95 % interval", cache.false_hit_upper_pct),
    ] {
        page.gauge(name, help, Some(Unit::Ratios), ratio(share));
    }
    page.gauge("cache_saved", "Solver time saved by hits", Some(Unit::Seconds), Some(cache.saved_s));
    let help = "What hits saved of what solvers cost, US dollars, as far as known";
    page.gauge("cache_saved", help, Some(Unit::Other("usd".into())), cache.saved_usd);
}
