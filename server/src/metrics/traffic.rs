//! Who asked, how it went, and how long it took.

use std::collections::BTreeMap;

use lode_shared::Traffic;
use prometheus_client::registry::Unit;

use super::page::{Labels, Page, one};
use crate::agent::AnswerError;
use crate::axon::Refusal;
use crate::recorder::Timed;

pub(super) fn traffic(page: &mut Page, traffic: &Traffic, timed: &Timed) {
    page.counter("requests", "Requests that have ended: answered, failed or refused", traffic.requests);
    let answers = traffic.sources.iter().map(|row| (one("source", row.source.label()), row.answers));
    page.counters("answers", "Requests answered, by source of the answer", answers);
    let failures = every(&AnswerError::LABELS, &traffic.failed);
    page.counters("failures", "Verified requests not answered", failures);
    page.counters("refusals", "Requests turned away", every(&Refusal::LABELS, &traffic.refused));
    page.timestamp("last_request_timestamp", "When the last verified request ended", traffic.last_request_ms);
    page.timestamp("last_answer_timestamp", "When the last answer was given", timed.last_answer_ms);
    let latency = traffic.latency;
    for (name, help, value_ms) in [
        ("response_p50", "Median response time over the last five minutes", latency.map(|l| l.p50_ms)),
        ("response_p95", "95th percentile of the response time over the last five minutes", latency.map(|l| l.p95_ms)),
        ("response_p99", "99th percentile of the response time over the last five minutes", latency.map(|l| l.p99_ms)),
    ] {
        page.gauge(name, help, Some(Unit::Seconds), value_ms.map(|ms| ms / 1_000.0));
    }
    let help = "How long requests took, by source of the answer; `none`: verified, not answered";
    page.histograms("request_duration", help, "source", timed.sources.clone());
    let help = "How long verified requests took, by synapse";
    page.histograms("synapse_duration", help, "synapse", timed.synapses.clone());
    let help = "How long the stages of requests took";
    page.histograms("stage_duration", help, "stage", timed.stages.clone());
}

/// Every reason is there from the start, at zero: an alert on a rate needs the time before the first.
fn every(known: &[&str], counts: &BTreeMap<String, u64>) -> Vec<(Labels, u64)> {
    let zeros = known.iter().filter(|reason| !counts.contains_key(**reason)).map(|reason| (one("reason", *reason), 0));
    zeros.chain(counts.iter().map(|(reason, count)| (one("reason", reason), *count))).collect()
}
