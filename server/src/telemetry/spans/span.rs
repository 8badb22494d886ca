//! A request as spans: one for the whole, one for each of its stages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::recorder::{Outcome, Record};

/// The request's own span first. Stages follow one another; what others shared with it and began before it, such as
/// another's solve, is shown within it and told whole by `lode.stage_ms`.
pub(super) fn spans_of(record: &Record, random: &mut StdRng) -> Vec<SpanData> {
    let end = UNIX_EPOCH + Duration::from_millis(record.at_ms);
    let start = end.checked_sub(record.took).unwrap_or(UNIX_EPOCH);
    let trace = TraceId::from_bytes(random.random::<u128>().to_be_bytes());
    let mut id = || SpanId::from_bytes(random.random::<u64>().to_be_bytes());
    let root = id();
    let mut spans = vec![SpanData {
        span_kind: SpanKind::Server,
        name: record.synapse.as_deref().map_or("request".into(), |synapse| synapse.to_owned().into()),
        attributes: attributes(record),
        status: status(record),
        ..span(trace, root, start, end)
    }];
    let mut from = start;
    for (name, took, cost_usd) in stages(record) {
        let to = (from + took).min(end);
        let stage_ms = KeyValue::new("lode.stage_ms", took.as_secs_f64() * 1_000.0);
        spans.push(SpanData {
            parent_span_id: root,
            name: name.into(),
            attributes: [Some(stage_ms), cost_usd.map(|usd| KeyValue::new("lode.cost_usd", usd))]
                .into_iter()
                .flatten()
                .collect(),
            ..span(trace, id(), from, to)
        });
        from = to;
    }
    spans
}

/// Those that it went through.
fn stages(record: &Record) -> impl Iterator<Item = (&'static str, Duration, Option<f64>)> {
    let solve = record.stages.solve;
    [
        record.verify.map(|took| ("verify", took, None)),
        record.stages.recall.map(|took| ("recall", took, None)),
        solve.map(|solve| ("queue", solve.queued, None)),
        solve.map(|solve| ("solve", solve.took, solve.cost_usd)),
    ]
    .into_iter()
    .flatten()
}

fn attributes(record: &Record) -> Vec<KeyValue> {
    let (outcome, source, reason) = match record.outcome {
        Outcome::Answered { source, .. } => ("answered", Some(source.label()), None),
        Outcome::Failed { reason, .. } => ("failed", None, Some(reason)),
        Outcome::Refused(reason) => ("refused", None, Some(reason)),
    };
    let mut attributes = vec![
        KeyValue::new("lode.request", i64::try_from(record.id).unwrap_or(i64::MAX)),
        KeyValue::new("lode.outcome", outcome),
    ];
    let texts = [
        ("lode.synapse", record.synapse.as_deref().map(str::to_owned)),
        ("lode.source", source.map(str::to_owned)),
        ("lode.solver", record.solver.as_deref().map(str::to_owned)),
        ("lode.hotkey", record.hotkey.map(|hotkey| hotkey.to_string())),
        ("error.type", reason.map(str::to_owned)),
    ];
    attributes.extend(texts.into_iter().filter_map(|(name, text)| Some(KeyValue::new(name, text?))));
    attributes
}

/// Who was turned away did something wrong; we did not.
fn status(record: &Record) -> Status {
    match record.outcome {
        Outcome::Failed { reason, .. } => Status::error(reason),
        Outcome::Answered { .. } | Outcome::Refused(_) => Status::Unset,
    }
}

fn span(trace: TraceId, id: SpanId, start_time: SystemTime, end_time: SystemTime) -> SpanData {
    SpanData {
        span_context: SpanContext::new(trace, id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "".into(),
        start_time,
        end_time,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("lode").with_version(env!("CARGO_PKG_VERSION")).build(),
    }
}
