//! A snapshot in a few lines. What is not known yet says so.

use lode_shared::{Alert, Circuit, Snapshot, SolverView};

const NO_DATA: &str = "no data yet";

/// One line for each thing that an operator looks at, its name in front.
pub fn text(snapshot: &Snapshot) -> String {
    let mut lines = vec![
        ("Lode", miner(snapshot)),
        ("Subnet", subnet(snapshot)),
        ("Traffic", traffic(snapshot)),
        ("Answers", answers(snapshot)),
        ("Targets", targets(snapshot)),
        ("Tuner", tuner(snapshot)),
    ];
    let alert = |alert: &Alert| format!("{}, for {}", alert.text, since(snapshot, alert.since_ms));
    lines.splice(1..1, snapshot.alerts.iter().map(|row| ("Alert", alert(row))));
    lines.extend(snapshot.solvers.iter().map(|view| ("Solver", solver(view))));
    lines.into_iter().map(|(name, said)| format!("{name:<8} {said}\n")).collect()
}

fn miner(snapshot: &Snapshot) -> String {
    let miner = &snapshot.miner;
    format!("{}, up {}, {} on {}", miner.version, duration(miner.uptime_s), miner.hotkey, miner.axon)
}

fn subnet(snapshot: &Snapshot) -> String {
    let chain = &snapshot.chain;
    let place = format!("{} of {}", chain.netuid, chain.network);
    let Some(block) = chain.block else { return format!("{place}, {NO_DATA}") };
    let mut said = vec![format!("{place} at block {block}")];
    said.extend(chain.synced_ms.map(|at_ms| format!("read {} ago", since(snapshot, at_ms))));
    said.push(match chain.uid {
        Some(uid) => format!("uid {uid}"),
        None => "not registered".to_owned(),
    });
    if let (Some(rank), Some(miners)) = (chain.rank, chain.miners) {
        said.push(format!("rank {rank} of {miners}"));
    }
    said.extend(chain.incentive_pct.map(|share| format!("incentive {share:.2} %")));
    said.push(format!("axon {}", chain.keeper.serving.word()));
    said.join(", ")
}

fn traffic(snapshot: &Snapshot) -> String {
    let traffic = &snapshot.traffic;
    let failed: u64 = traffic.failed.values().sum();
    let refused: u64 = traffic.refused.values().sum();
    let rate = traffic.per_minute.map_or(String::new(), |rate| format!(", {rate} in the last minute"));
    let last = match traffic.last_request_ms {
        Some(at_ms) => format!("the last {} ago", since(snapshot, at_ms)),
        None => "none from a validator yet".to_owned(),
    };
    let count = traffic.requests;
    format!("{count} requests: {} answered, {failed} failed, {refused} refused{rate}, {last}", traffic.answered)
}

fn answers(snapshot: &Snapshot) -> String {
    let memory = snapshot.cache.hit_rate_pct().map_or(NO_DATA.to_owned(), |share| format!("{share:.1} % from memory"));
    let times = snapshot.traffic.latency.map_or(String::new(), |times| {
        format!(", p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms", times.p50_ms, times.p95_ms, times.p99_ms)
    });
    format!("{memory}{times}, {} remembered", snapshot.cache.entries + snapshot.cache.memory_entries)
}

fn targets(snapshot: &Snapshot) -> String {
    let tuning = &snapshot.performance_tuning;
    let (seen, wanted) = (&tuning.observed, &tuning.targets);
    let row = |name: &str, seen: Option<f64>, wanted: f64, unit: &str, is_met: fn(f64, f64) -> bool| match seen {
        None => format!("{name} {NO_DATA} of {wanted} {unit}"),
        Some(seen) => {
            let mark = if is_met(seen, wanted) { "✓" } else { "✗" };
            format!("{name} {seen:.2} of {wanted} {unit} {mark}")
        }
    };
    [
        row("response", seen.response_s, wanted.response_s(), "s", |seen, wanted| seen <= wanted),
        row("success", seen.success_pct, wanted.success_pct(), "%", |seen, wanted| seen >= wanted),
        row("from memory", seen.hit_rate_pct, wanted.hit_rate_pct(), "%", |seen, wanted| seen >= wanted),
    ]
    .join(", ")
}

fn tuner(snapshot: &Snapshot) -> String {
    let (tuning, cache) = (&snapshot.performance_tuning, &snapshot.cache);
    let wrong = cache.false_hit_pct.map_or(NO_DATA.to_owned(), |share| format!("{share:.2} %"));
    let (mode, settings) = (tuning.mode.label(), &tuning.settings);
    let (threshold, ttl) = (settings.match_threshold, duration(settings.ttl_s.into()));
    format!(
        "{mode}, threshold {threshold:.2}, kept {ttl}, wrong from memory {wrong} of {} % at most",
        tuning.budget_pct
    )
}

fn solver(view: &SolverView) -> String {
    let circuit = match view.circuit {
        Some(Circuit::Open) => ", circuit open",
        Some(Circuit::HalfOpen) => ", circuit half-open",
        Some(Circuit::Closed) | None => "",
    };
    let time = |name, ms: Option<f64>| ms.map_or(String::new(), |ms| format!(", {name} {ms:.0} ms"));
    let times = time("p50", view.p50_ms) + &time("p95", view.p95_ms);
    let cost = view.cost_usd.map_or(String::new(), |usd| format!(", {usd:.2} USD"));
    let SolverView { name, calls, failures, inflight, .. } = view;
    format!("{name}: {calls} calls, {inflight} under way, {failures} failures{times}{cost}{circuit}")
}

fn since(snapshot: &Snapshot, at_ms: u64) -> String {
    duration(snapshot.now_ms.saturating_sub(at_ms) / 1_000)
}

/// In the two largest units.
fn duration(s: u64) -> String {
    match (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, minutes, s) => format!("{minutes} min {s} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, _, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Snapshot {
        let sample = include_str!("../../../shared/src/snapshot.json");
        Snapshot { alerts: Vec::new(), ..serde_json::from_str(sample).expect("a snapshot") }
    }

    #[test]
    fn every_line_has_its_name_in_front() {
        let text = text(&sample());
        let names: Vec<_> = text.lines().map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
        assert_eq!(names[..6], ["Lode", "Subnet", "Traffic", "Answers", "Targets", "Tuner"]);
        assert!(names[6..].iter().all(|name| *name == "Solver"), "{text}");
        assert!(text.contains("of 1.5 s") && text.contains("at block"), "{text}");
    }

    #[test]
    fn what_is_wrong_stands_first() {
        let mut snapshot = sample();
        let since_ms = snapshot.now_ms - 125_000;
        snapshot.alerts = vec![Alert { kind: "disk".into(), text: "the disk is full".into(), since_ms }];
        let text = text(&snapshot);
        assert_eq!(text.lines().nth(1), Some("Alert    the disk is full, for 2 min 5 s"), "{text}");
    }

    #[test]
    fn what_is_not_known_yet_says_so_and_is_no_zero() {
        let mut snapshot = sample();
        snapshot.chain = lode_shared::ChainStatus::default();
        snapshot.traffic = lode_shared::Traffic::default();
        snapshot.cache = lode_shared::CacheStats::default();
        snapshot.performance_tuning.observed = lode_shared::Observed::default();
        snapshot.solvers.clear();
        let text = text(&snapshot);
        assert_eq!(text.matches(NO_DATA).count(), 6, "{text}");
        assert!(text.contains("none from a validator yet"), "{text}");
    }

    #[test]
    fn times_are_in_their_two_largest_units() {
        let all = [59, 61, 3_700, 100_000].map(duration);
        assert_eq!(all, ["59 s", "1 min 1 s", "1 h 1 min", "1 d 3 h"]);
    }
}
