//! The exported names, the table of `docs/metrics.md`, the dashboard and the alerts tell of the same metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lode_shared::{CacheStats, ChainStatus, Circuit, KeeperStatus, Observed, Percentiles, Serving};
use regex::Regex;
use serde_json::Value;

use super::*;
use crate::recorder::Recorder;

/// A miner of which everything is known.
fn known() -> Measured {
    let sample = include_str!("../../../shared/src/snapshot.json");
    let mut snapshot: Snapshot = serde_json::from_str(sample).expect("a snapshot");
    let some = Some(1);
    snapshot.chain = ChainStatus {
        spec_version: some,
        block: Some(1),
        block_ms: Some(1),
        synced_ms: Some(1),
        block_time_ms: Some(1),
        tempo_blocks: Some(1),
        next_epoch_blocks: Some(1),
        neurons: some,
        free_uids: some,
        validators_permitted: some,
        validators_stake_alpha: Some(1.0),
        uid: Some(1),
        registered: Some(true),
        stake_alpha: Some(1.0),
        incentive_pct: Some(1.0),
        rank: some,
        miners: some,
        of_best_pct: Some(1.0),
        emission_alpha: Some(1.0),
        emission_per_day_alpha: Some(1.0),
        immunity_blocks: Some(1),
        prune_margin: some,
        served_axon: Some("192.0.2.1:8091".into()),
        keeper: KeeperStatus { failing_since_ms: Some(1), serving: Serving::Visible, ..KeeperStatus::default() },
        ..snapshot.chain
    };
    snapshot.traffic.latency = Some(Percentiles { p50_ms: 1.0, p95_ms: 2.0, p99_ms: 3.0 });
    snapshot.traffic.last_request_ms = Some(1);
    snapshot.cache = CacheStats {
        saved_usd: Some(1.0),
        false_hit_pct: Some(1.0),
        false_hit_lower_pct: Some(0.5),
        false_hit_upper_pct: Some(2.0),
        ..snapshot.cache
    };
    // The sample's decisions are of the run before it.
    snapshot.performance_tuning.decisions[0].at_ms = snapshot.now_ms;
    let view = SolverView {
        name: "a".into(),
        kind: "http".into(),
        calls: 7,
        failures: 2,
        failures_by_kind: [("late".to_owned(), 2)].into(),
        inflight: 1,
        p50_ms: Some(250.0),
        p95_ms: Some(900.0),
        cost_usd: Some(0.25),
        circuit: Some(Circuit::Open),
        last_error: None,
    };
    let recorder = Recorder::new(100, None, 1);
    recorder.expect_synapses(["Web".into()]);
    Measured {
        snapshot,
        solvers: vec![view],
        solver_durations: vec![("a".into(), Counted::default())],
        timed: Timed { last_answer_ms: Some(1), ..recorder.timed() },
        traces: TraceCounts::default(),
        log: LogRing::default(),
        store: Health {
            dropped: 0,
            fault: None,
            failing_since_ms: Some(1),
            last_commit_ms: Some(1),
            file_bytes: Some(1),
            free_bytes: Some(1),
            disk_bytes: Some(1),
        },
        started_ms: 5_000,
        process: Process { tasks: Some(1), ..Process::read() },
    }
}

/// A miner that has just started, with one solver and one synapse, which nobody has asked yet.
fn fresh() -> Measured {
    let known = known();
    let mut snapshot = known.snapshot;
    let started_ms = snapshot.now_ms;
    snapshot.miner.uptime_s = 0;
    snapshot.traffic = Recorder::new(100, None, 1).traffic(None, started_ms, started_ms);
    snapshot.cache = CacheStats::default();
    snapshot.chain = ChainStatus { network: "finney".into(), netuid: 36, ..ChainStatus::default() };
    let tuning = &mut snapshot.performance_tuning;
    (tuning.observed, tuning.moves) = (Observed::default(), Vec::new());
    // As they were before the restart.
    tuning.decisions.iter_mut().for_each(|decision| decision.at_ms = started_ms - 1);
    let view = SolverView { cost_usd: None, p50_ms: None, p95_ms: None, circuit: None, ..known.solvers[0].clone() };
    Measured {
        snapshot,
        started_ms,
        solvers: vec![view],
        timed: Timed { last_answer_ms: None, ..known.timed },
        store: Health::default(),
        ..known
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    kind: String,
    unit: String,
    labels: BTreeSet<String>,
    meaning: String,
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"([a-z_]+)="(?:[^"\\]|\\.)*""#).expect("a pattern"));

/// What is exported, by the name that one asks for: counters end with `_total`, infos with `_info`.
fn exported(measured: &Measured) -> BTreeMap<String, Row> {
    let text = encode(measured).expect("a text");
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "one end");
    let of = |word: &str, name: &str| {
        let start = format!("# {word} {name} ");
        text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default().to_owned()
    };
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let row = |(name, kind): (&str, &str)| {
        let asked = match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        };
        let samples = text.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or("x");
            ["{", " ", "_total{", "_info{", "_bucket{"].iter().any(|start| rest.starts_with(start))
        });
        let labels = samples.flat_map(|line| LABEL.captures_iter(line).map(|found| found[1].to_owned()));
        let labels = labels.filter(|label| label != "le").collect();
        let meaning = of("HELP", name).trim_end_matches('.').to_owned();
        (asked, Row { kind: kind.into(), unit: of("UNIT", name), labels, meaning })
    };
    let names: Vec<_> = types.clone().map(|(name, _)| name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each name is described once");
    types.map(row).collect()
}

/// The names of single series, and their labels: a histogram has three.
fn series() -> BTreeMap<String, BTreeSet<String>> {
    let of = |(name, row): (String, Row)| match row.kind.as_str() {
        "histogram" => ["_bucket", "_count", "_sum"].map(|end| (format!("{name}{end}"), row.labels.clone())).to_vec(),
        _ => vec![(name, row.labels)],
    };
    let scraped = [("up".to_owned(), BTreeSet::new())];
    exported(&known()).into_iter().flat_map(of).chain(scraped).collect()
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The table's rows, and whether each is there from the start.
fn documented() -> BTreeMap<String, (Row, bool)> {
    let text = read("docs/metrics.md");
    let rows = text.lines().filter(|line| line.starts_with("| `miner_") || line.starts_with("| `process_"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect();
        let [name, kind, unit, labels, there, meaning] =
            cells.try_into().unwrap_or_else(|_| panic!("six cells: {line}"));
        let labels = labels.split(", ").filter(|label| !label.is_empty()).map(str::to_owned).collect();
        (name, (Row { kind, unit, labels, meaning }, there == "always"))
    })
    .collect()
}

#[test]
fn the_table_is_what_is_exported() {
    let documented = documented();
    let exported = exported(&known());
    let names = |of: &BTreeMap<_, _>| -> BTreeSet<String> { of.keys().cloned().collect() };
    let table: BTreeSet<_> = documented.keys().cloned().collect();
    let missing: Vec<_> = names(&exported).difference(&table).cloned().collect();
    let gone: Vec<_> = table.difference(&names(&exported)).cloned().collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in docs/metrics.md: {missing:?}; not exported: {gone:?}");
    for (name, (row, _)) in documented {
        let told = &exported[&name];
        // The page has ticks where the text has them too.
        let told = Row { meaning: told.meaning.replace('`', ""), ..told.clone() };
        assert_eq!(row, told, "{name}");
    }
}

#[test]
fn at_the_start_everything_is_there_but_what_the_table_says_is_not() {
    let exported = exported(&fresh());
    for (name, (_, always)) in documented() {
        assert_eq!(exported.contains_key(&name), always, "{name}");
    }
}

#[test]
fn at_the_start_every_known_label_is_there_at_zero() {
    let text = encode(&fresh()).expect("a text");
    for line in [
        "miner_requests_total 0",
        "miner_answers_total{source=\"exact\"} 0",
        "miner_failures_total{reason=\"timeout\"} 0",
        "miner_refusals_total{reason=\"replayed\"} 0",
        "miner_request_duration_seconds_count{source=\"none\"} 0",
        "miner_request_duration_seconds_bucket{le=\"12.0\",source=\"solved\"} 0",
        "miner_synapse_duration_seconds_count{synapse=\"Web\"} 0",
        "miner_stage_duration_seconds_sum{stage=\"queue\"} 0.0",
        "miner_tuner_moves_total{setting=\"ttl\"} 0",
        "miner_serving{state=\"unknown\"} 1.0",
        "miner_serving{state=\"hidden\"} 0.0",
        "miner_log_lines_total{level=\"error\"} 0",
        "miner_log_lines_dropped_total{to=\"stderr\"} 0",
        "miner_traces_total{outcome=\"dropped\"} 0",
        "miner_store_rows_dropped_total 0",
        "miner_sync_failing 0.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(up|(?:miner|process)_[a-z0-9_]+)\b(?:\{([^}]*)\})?").expect("a pattern"));
static GROUPED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:by|on|ignoring|without|group_left)\s*\(([^)]*)\)").expect("a pattern"));
/// What a scrape adds, and what histograms and metadata have.
const OTHERS: [&str; 4] = ["instance", "job", "le", "__name__"];

/// What an expression names that there is not.
fn unknown(expr: &str, series: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut unknown = Vec::new();
    let mut labels = BTreeSet::new();
    for found in NAME.captures_iter(expr) {
        let Some(own) = series.get(&found[1]) else {
            unknown.push(found[1].to_owned());
            continue;
        };
        labels.extend(own.iter().cloned());
        let selectors = found.get(2).map_or("", |selectors| selectors.as_str());
        for label in selectors.split(',').filter_map(|one| one.split(['=', '!']).next()).map(str::trim) {
            if !label.is_empty() && !own.contains(label) && !OTHERS.contains(&label) {
                unknown.push(format!("{}{{{label}}}", &found[1]));
            }
        }
    }
    for found in GROUPED.captures_iter(expr) {
        let grouped = found[1].split(',').map(|label| label.trim().to_owned());
        unknown.extend(grouped.filter(|label| !labels.contains(label) && !OTHERS.contains(&label.as_str())));
    }
    unknown
}

/// Every text under this key, however deep.
fn texts<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| match inner {
            Value::String(text) if name == key => found.push(text),
            inner => texts(inner, key, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| texts(item, key, found)),
        _ => {}
    }
}

#[test]
fn a_name_or_label_that_nobody_exports_is_found() {
    let series = series();
    let good = "sum by (le, source) (rate(miner_request_duration_seconds_bucket{instance=~\"$instance\"}[5m])) > up";
    assert_eq!(unknown(good, &series), [""; 0]);
    assert_eq!(unknown("miner_requests", &series), ["miner_requests"]);
    assert_eq!(unknown("miner_answers_total{reason=\"x\"}", &series), ["miner_answers_total{reason}"]);
    assert_eq!(unknown("sum by (solver) (miner_answers_total)", &series), ["solver"]);
}

#[test]
fn the_dashboard_asks_only_for_what_there_is() {
    let dashboard: Value = serde_json::from_str(&read("packaging/grafana/lode.json")).expect("JSON");
    let series = series();
    let mut exprs = Vec::new();
    texts(&dashboard, "expr", &mut exprs);
    assert!(exprs.len() > 60, "{}", exprs.len());
    for expr in &exprs {
        assert_eq!(unknown(expr, &series), [""; 0], "{expr}");
    }
    let panels = dashboard["panels"].as_array().expect("panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap_or_default();
        assert!(!title.is_empty() && panel["description"].is_string(), "{panel}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
    }
    let ids: BTreeSet<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each has an id of its own");
}

#[test]
fn the_alerts_ask_only_for_what_there_is_and_each_is_tested() {
    let (rules, tests) = (read("packaging/prometheus/alerts.yml"), read("packaging/prometheus/alerts_test.yml"));
    let series = series();
    let asked = rules.lines().filter(|line| !line.trim_start().starts_with('#'));
    let given = tests.lines().filter(|line| line.contains("series: '"));
    for line in asked.chain(given) {
        assert_eq!(unknown(line, &series), [""; 0], "{line}");
    }
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: Vec<_> = alerts.collect();
    assert_eq!(alerts.len(), 18);
    for alert in alerts {
        assert!(
            tests.contains(&format!("alertname=\"{alert}\"")) || tests.contains(&format!("alertname: {alert}\n")),
            "{alert}"
        );
    }
    for word in ["for: ", "severity: ", "summary: ", "runbook: "] {
        let count = rules.matches(word).count();
        assert!(count == 18 || word == "for: ", "{word}: {count}");
    }
}

#[test]
fn a_run_has_one_start_whenever_it_is_asked() {
    let now = known();
    let later_ms = now.snapshot.now_ms + 999;
    let later = Measured { snapshot: Snapshot { now_ms: later_ms, ..now.snapshot.clone() }, ..known() };
    for measured in [now, later] {
        let text = encode(&measured).expect("a text");
        assert!(text.contains("\nprocess_start_time_seconds 5.0\n"), "restarts are counted by it");
    }
}
