//! Prometheus: the snapshot's figures under documented names. One source for the page and for `/metrics`, so that they
//! cannot disagree. What is not measured yet is not exported.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use lode_shared::{Circuit, Serving, Setting, Snapshot, SolverView};
use prometheus_client::encoding::text::encode as encode_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::agent::AnswerError;
use crate::axon::Refusal;

type Labels = [(&'static str, String); 1];
type TwoLabels = [(&'static str, String); 2];
type Float = Gauge<f64, AtomicU64>;

/// The text of `/metrics`.
pub fn encode(snapshot: &Snapshot, by_solver: &[SolverView], rows_dropped: u64) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("miner");
    traffic(&mut registry, snapshot);
    solvers(&mut registry, by_solver);
    cache(&mut registry, snapshot);
    tuner(&mut registry, snapshot);
    chain(&mut registry, snapshot);
    counter(&mut registry, "store_rows_dropped", "Rows that the disk was too slow for", rows_dropped);
    gauge(&mut registry, "uptime", "Time since start", Unit::Seconds, Some(snapshot.miner.uptime_s as f64));
    let mut text = String::new();
    encode_text(&mut text, &registry)?;
    Ok(text)
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    registry.register(name, help, counter);
}

fn counters(registry: &mut Registry, name: &str, help: &str, label: &'static str, values: Vec<(String, u64)>) {
    let family = Family::<Labels, Counter>::default();
    for (value, count) in values {
        family.get_or_create(&[(label, value)]).inc_by(count);
    }
    registry.register(name, help, family);
}

fn gauge(registry: &mut Registry, name: &str, help: &str, unit: Unit, value: Option<f64>) {
    if let Some(value) = value {
        let gauge = Float::default();
        gauge.set(value);
        registry.register_with_unit(name, help, unit, gauge);
    }
}

fn ratio(percent: Option<f64>) -> Option<f64> {
    percent.map(|percent| percent / 100.0)
}

fn traffic(registry: &mut Registry, snapshot: &Snapshot) {
    let traffic = &snapshot.traffic;
    counter(registry, "requests", "Requests that arrived", traffic.requests);
    // Every reason is there from the start, at zero: an alert on a rate needs the time before the first.
    let every = |known: &[&str], counts: &BTreeMap<String, u64>| {
        let zeros = known.iter().map(|reason| ((*reason).to_owned(), 0));
        zeros.chain(counts.iter().map(|(reason, count)| (reason.clone(), *count))).collect()
    };
    let sources = traffic.sources.iter().map(|row| (row.source.label().to_owned(), row.answers)).collect();
    counters(registry, "answers", "Requests answered, by source of the answer", "source", sources);
    counters(
        registry,
        "failures",
        "Verified requests not answered",
        "reason",
        every(&AnswerError::LABELS, &traffic.failed),
    );
    counters(registry, "refusals", "Requests turned away", "reason", every(&Refusal::LABELS, &traffic.refused));
    let last_s = traffic.last_request_ms.map(|at_ms| at_ms as f64 / 1_000.0);
    gauge(registry, "last_request_timestamp", "When the last request arrived", Unit::Seconds, last_s);
    for (quantile, pick) in [("p50", 0), ("p95", 1), ("p99", 2)] {
        let value = traffic.latency.map(|p| [p.p50_ms, p.p95_ms, p.p99_ms][pick] / 1_000.0);
        let name = format!("response_{quantile}");
        gauge(registry, &name, "Response time over the last five minutes", Unit::Seconds, value);
    }
}

/// By the solvers' names in the configuration.
fn solvers(registry: &mut Registry, views: &[SolverView]) {
    let calls = views.iter().map(|view| (view.name.clone(), view.calls)).collect();
    counters(registry, "solver_calls", "Times a solver was asked", "solver", calls);
    let failures = Family::<TwoLabels, Counter>::default();
    for (view, (kind, count)) in views.iter().flat_map(|view| view.failures_by_kind.iter().map(move |row| (view, row)))
    {
        failures.get_or_create(&[("solver", view.name.clone()), ("kind", kind.clone())]).inc_by(*count);
    }
    registry.register("solver_failures", "Times a solver had no answer, by kind", failures);
    let cost = Family::<Labels, Counter<f64, AtomicU64>>::default();
    for (view, usd) in views.iter().filter_map(|view| Some((view, view.cost_usd?))) {
        cost.get_or_create(&[("solver", view.name.clone())]).inc_by(usd);
    }
    let help = "What a solver's answers cost, US dollars, as far as known";
    registry.register_with_unit("solver_cost", help, Unit::Other("usd".into()), cost);
    let mut gauges = |name: &str, help: &str, unit: Option<Unit>, read: fn(&SolverView) -> Option<f64>| {
        let family = Family::<Labels, Float>::default();
        for (view, value) in views.iter().filter_map(|view| Some((view, read(view)?))) {
            family.get_or_create(&[("solver", view.name.clone())]).set(value);
        }
        match unit {
            Some(unit) => registry.register_with_unit(name, help, unit, family),
            None => registry.register(name, help, family),
        }
    };
    gauges("solver_inflight", "Calls of a solver under way", None, |view| Some(view.inflight as f64));
    let help = "Whether a failover asks it: 0 closed, 1 half-open, 2 open";
    gauges("solver_circuit", help, None, |view| {
        view.circuit.map(|circuit| match circuit {
            Circuit::Closed => 0.0,
            Circuit::HalfOpen => 1.0,
            Circuit::Open => 2.0,
        })
    });
    let help = "Median time to an answer over the last ten minutes";
    gauges("solver_response_p50", help, Some(Unit::Seconds), |view| view.p50_ms.map(|ms| ms / 1_000.0));
    let help = "95th percentile of the same";
    gauges("solver_response_p95", help, Some(Unit::Seconds), |view| view.p95_ms.map(|ms| ms / 1_000.0));
}

fn cache(registry: &mut Registry, snapshot: &Snapshot) {
    let cache = &snapshot.cache;
    for (name, help, value) in [
        ("cache_hits", "Questions answered from memory", cache.hits),
        ("cache_misses", "Questions that memory could not answer", cache.misses),
        ("cache_stored", "Answers stored", cache.stored),
        ("cache_expired", "Answers dropped for their age", cache.expired),
        ("cache_evicted", "Answers dropped for room", cache.evicted),
        ("cache_quarantined", "Answers given to nobody any more because they were contradicted", cache.quarantined),
        ("cache_forgotten", "Answers forgotten because somebody said so", cache.forgotten),
    ] {
        counter(registry, name, help, value);
    }
    let entries = Unit::Other("entries".into());
    gauge(
        registry,
        "cache_size",
        "Answers held within their time to live",
        entries.clone(),
        Some(cache.entries as f64),
    );
    let beyond = Some(cache.memory_entries as f64);
    gauge(registry, "cache_memory", "Answers held beyond their time to live", entries, beyond);
    gauge(registry, "cache_size", "Memory held by answers, estimated", Unit::Bytes, Some(cache.size_bytes as f64));
    for (name, help, share) in [
        ("cache_false_hit", "Share of labelled hits that were wrong", cache.false_hit_pct),
        ("cache_false_hit_lower", "Lower end of its one-sided 95 % interval", cache.false_hit_lower_pct),
        ("cache_false_hit_upper", "Upper end of its one-sided 95 % interval", cache.false_hit_upper_pct),
    ] {
        gauge(registry, name, help, Unit::Ratios, ratio(share));
    }
    gauge(registry, "cache_saved", "Solver time saved by hits", Unit::Seconds, Some(cache.saved_s));
    let help = "What hits saved of what solvers cost, US dollars, as far as known";
    gauge(registry, "cache_saved", help, Unit::Other("usd".into()), cache.saved_usd);
}

fn tuner(registry: &mut Registry, snapshot: &Snapshot) {
    let tuning = &snapshot.performance_tuning;
    let (observed, targets, settings) = (tuning.observed, tuning.targets, tuning.settings);
    let exact_only = settings.get(Setting::ExactOnly);
    let moves = Setting::ALL.map(|setting| {
        let count = tuning.moves.iter().find(|moved| moved.setting == setting).map_or(0, |moved| moved.count);
        (setting.word().to_owned(), count)
    });
    counters(registry, "tuner_moves", "Times that the tuner has moved a setting", "setting", moves.into());
    for (name, help, value) in [
        ("success", "Share of the last requests answered well", ratio(observed.success_pct)),
        ("hit_rate", "Share of the last questions answered from memory", ratio(observed.hit_rate_pct)),
        ("target_success", "Target of the same", ratio(Some(targets.success_pct()))),
        ("target_hit_rate", "Target of the same", ratio(Some(targets.hit_rate_pct()))),
        ("match_threshold", "Least probability at which similar answers are given", Some(settings.match_threshold)),
        ("false_hit_budget", "Share of the answers from memory that may be wrong", ratio(Some(tuning.budget_pct))),
        ("shadow_share", "Share of the answers to similar prompts that is checked", ratio(Some(settings.shadow_pct))),
        ("exact_only", "Whether memory answers exact repeats alone: 1 yes, 0 no", Some(exact_only)),
    ] {
        gauge(registry, name, help, Unit::Ratios, value);
    }
    for (name, help, value) in [
        ("response_mean", "Mean response time of the last requests", observed.response_s),
        ("target_response", "Target of the same", Some(targets.response_s())),
        ("ttl", "How long an answer may be given again", Some(f64::from(settings.ttl_s))),
    ] {
        gauge(registry, name, help, Unit::Seconds, value);
    }
}

fn chain(registry: &mut Registry, snapshot: &Snapshot) {
    let chain = &snapshot.chain;
    let synced_s = chain.synced_ms.map(|at_ms| at_ms as f64 / 1_000.0);
    gauge(registry, "last_sync_timestamp", "When the metagraph was last read", Unit::Seconds, synced_s);
    let failing_s = chain.keeper.failing_since_ms.map(|at_ms| at_ms as f64 / 1_000.0);
    gauge(registry, "sync_failing_since_timestamp", "Since when the chain cannot be read", Unit::Seconds, failing_s);
    let block_s = chain.block_ms.map(|at_ms| at_ms as f64 / 1_000.0);
    gauge(registry, "chain_block_timestamp", "The time that the block read last bears", Unit::Seconds, block_s);
    let help = "Times that another endpoint of the chain was taken because one had failed";
    counter(registry, "chain_failovers", help, chain.keeper.failovers);
    let state = |registry: &mut Registry, name: &str, help: &str, value: Option<bool>| {
        if let Some(value) = value {
            let gauge = Float::default();
            gauge.set(f64::from(u8::from(value)));
            registry.register(name, help, gauge);
        }
    };
    state(registry, "registered", "Whether our hotkey is on the subnet: 1 yes, 0 no", chain.registered);
    let is_visible = match chain.keeper.serving {
        Serving::Visible => Some(true),
        Serving::Pending | Serving::Hidden => Some(false),
        Serving::Unknown | Serving::Off => None,
    };
    state(registry, "axon_visible", "Whether the chain has our axon as it is: 1 yes, 0 no", is_visible);
    let alpha = Unit::Other("alpha".into());
    gauge(registry, "stake", "Our stake", alpha.clone(), chain.stake_alpha);
    gauge(registry, "emission", "What we got in the last epoch", alpha, chain.emission_alpha);
    let helped = "Our place among miners by incentive, 1 is best";
    gauge(registry, "rank", helped, Unit::Other("place".into()), chain.rank.map(f64::from));
    gauge(registry, "incentive", "Our share of what miners earn", Unit::Ratios, ratio(chain.incentive_pct));
    let places = Unit::Other("places".into());
    gauge(registry, "prune_margin", "Neurons pruned before us", places, chain.prune_margin.map(f64::from));
    let blocks = Unit::Other("blocks".into());
    gauge(registry, "immunity", "Immunity left", blocks.clone(), chain.immunity_blocks.map(|blocks| blocks as f64));
    gauge(registry, "chain_height", "Best block seen", blocks, chain.block.map(|block| block as f64));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solvers_are_told_apart_by_name_and_what_is_not_measured_is_left_out() {
        let view = SolverView {
            name: "a".into(),
            kind: "http".into(),
            calls: 7,
            failures: 2,
            failures_by_kind: [("late".to_owned(), 2), ("upstream".to_owned(), 0)].into(),
            inflight: 1,
            p50_ms: Some(250.0),
            p95_ms: None,
            cost_usd: Some(0.25),
            circuit: Some(Circuit::HalfOpen),
            last_error: Some("whatever it said".into()),
        };
        let other = SolverView { name: "b".into(), circuit: None, cost_usd: None, p50_ms: None, ..view.clone() };
        let mut registry = Registry::with_prefix("miner");
        solvers(&mut registry, &[view, other]);
        let mut text = String::new();
        encode_text(&mut text, &registry).expect("a text");
        for line in [
            "miner_solver_calls_total{solver=\"b\"} 7",
            "miner_solver_failures_total{solver=\"a\",kind=\"late\"} 2",
            "miner_solver_failures_total{solver=\"a\",kind=\"upstream\"} 0",
            "miner_solver_inflight{solver=\"a\"} 1.0",
            "miner_solver_cost_usd_total{solver=\"a\"} 0.25",
            "miner_solver_circuit{solver=\"a\"} 1.0",
            "miner_solver_response_p50_seconds{solver=\"a\"} 0.25",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for absent in ["circuit{solver=\"b\"", "cost_usd_total{solver=\"b\"", "p95_seconds{", "whatever it said"] {
            assert!(!text.contains(absent), "{absent}\n{text}");
        }
    }
}
