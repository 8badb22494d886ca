//! Solvers, by their names in the configuration.

use lode_shared::{Circuit, SolverView};
use prometheus_client::registry::Unit;

use super::page::{Page, one};
use crate::domain::Counted;

pub(super) fn solvers(page: &mut Page, views: &[SolverView], timed: &[(String, Counted)]) {
    let of = |view: &SolverView| one("solver", &view.name);
    page.counters("solver_calls", "Times a solver was asked", views.iter().map(|view| (of(view), view.calls)));
    let failures = views.iter().flat_map(|view| {
        view.failures_by_kind
            .iter()
            .map(|(kind, count)| (vec![("solver", view.name.clone()), ("kind", kind.clone())], *count))
    });
    page.counters("solver_failures", "Times a solver had no answer, by kind", failures);
    let help = "What a solver's answers cost, US dollars, as far as known";
    let costs = views.iter().filter_map(|view| Some((of(view), view.cost_usd?)));
    page.totals("solver_cost", help, Unit::Other("usd".into()), costs);
    page.histograms("solver_duration", "How long a solver's answers took", "solver", timed.to_vec());
    let mut gauges = |name: &str, help: &str, unit: Option<Unit>, read: fn(&SolverView) -> Option<f64>| {
        page.gauges(name, help, unit, views.iter().filter_map(|view| Some((of(view), read(view)?))));
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
    let help = "95th percentile of the time to an answer over the last ten minutes";
    gauges("solver_response_p95", help, Some(Unit::Seconds), |view| view.p95_ms.map(|ms| ms / 1_000.0));
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
        let mut page = Page::new(Some("miner"));
        solvers(&mut page, &[view, other], &[("a".into(), Counted::default())]);
        let text = page.text().expect("a text");
        for line in [
            "miner_solver_calls_total{solver=\"b\"} 7",
            "miner_solver_failures_total{solver=\"a\",kind=\"late\"} 2",
            "miner_solver_failures_total{solver=\"a\",kind=\"upstream\"} 0",
            "miner_solver_inflight{solver=\"a\"} 1.0",
            "miner_solver_cost_usd_total{solver=\"a\"} 0.25",
            "miner_solver_circuit{solver=\"a\"} 1.0",
            "miner_solver_response_p50_seconds{solver=\"a\"} 0.25",
            "miner_solver_duration_seconds_bucket{le=\"12.0\",solver=\"a\"} 0",
            "miner_solver_duration_seconds_count{solver=\"a\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for absent in ["circuit{solver=\"b\"", "cost_usd_total{solver=\"b\"", "p95_seconds{", "whatever it said"] {
            assert!(!text.contains(absent), "{absent}\n{text}");
        }
    }
}
