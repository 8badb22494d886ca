use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use lode_shared::Source;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::agent::{SolveTimes, Stages};
use crate::keys::Hotkey;
use crate::recorder::Outcome;

const END_MS: u64 = 1_800_000_000_000;

fn answered(id: u64) -> Record {
    let ms = Duration::from_millis;
    let solve = SolveTimes { queued: ms(5), took: ms(900), cost_usd: Some(0.002) };
    let outcome = Outcome::Answered { source: Source::Solved, cacheable: true };
    Record {
        hotkey: Some(Hotkey::new([7; 32])),
        synapse: Some("Web".into()),
        solver: Some("model".into()),
        verify: Some(ms(2)),
        stages: Stages { recall: Some(ms(3)), solve: Some(solve) },
        ..Record::new(id, END_MS, outcome, ms(1_000))
    }
}

/// A collector that gives what it gets to the test, and answers with `status`.
async fn collector(status: StatusCode, tasks: &mut JoinSet<()>) -> (TelemetryConfig, mpsc::Receiver<Got>) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let (told, got) = mpsc::channel(16);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let kind = headers["content-type"].to_str().expect("text").to_owned();
        told.send((kind, ExportTraceServiceRequest::decode(body).expect("protobuf"))).await.expect("the test listens");
        status
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}/", listener.local_addr().expect("bound"));
    let router = Router::new().route("/v1/traces", post(take));
    tasks.spawn(async move { axum::serve(listener, router).await.expect("served") });
    let config = TelemetryConfig { otlp_endpoint: endpoint.parse().ok(), ..TelemetryConfig::default() };
    (config, got)
}

type Got = (String, ExportTraceServiceRequest);

fn spans(request: &ExportTraceServiceRequest) -> Vec<Span> {
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| scope.spans.clone()).collect()
}

fn text(span: &Span, name: &str) -> Option<String> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        other => Some(format!("{other:?}")),
    }
}

#[tokio::test]
async fn a_request_is_one_span_with_a_child_for_each_stage() {
    let mut tasks = JoinSet::new();
    let (config, mut got) = collector(StatusCode::OK, &mut tasks).await;
    let (queue, sender) = traces(&config, "5Our").expect("a client").expect("a collector");
    let stop = CancellationToken::new();
    queue.offer(&answered(11));
    stop.cancel();
    sender.run(stop).await;
    let (kind, request) = got.recv().await.expect("sent");
    assert_eq!(kind, "application/x-protobuf");
    let about = request.resource_spans[0].resource.as_ref().expect("who");
    let about: Vec<_> = about.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert!(
        ["service.name", "service.version", "service.instance.id"].iter().all(|key| about.contains(key)),
        "{about:?}"
    );
    let spans = spans(&request);
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["Web", "verify", "recall", "queue", "solve"]);
    let root = &spans[0];
    assert_eq!((root.kind(), root.parent_span_id.len()), (SpanKind::Server, 0));
    assert_eq!(
        (root.start_time_unix_nano, root.end_time_unix_nano),
        ((END_MS - 1_000) * 1_000_000, END_MS * 1_000_000)
    );
    assert!(spans[1..].iter().all(|span| span.parent_span_id == root.span_id && span.trace_id == root.trace_id));
    let lasts_ms: Vec<_> =
        spans.iter().map(|span| (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000).collect();
    assert_eq!(lasts_ms, [1_000, 2, 3, 5, 900]);
    assert!(spans[1..].windows(2).all(|pair| pair[0].end_time_unix_nano == pair[1].start_time_unix_nano));
    assert_eq!(
        (text(root, "lode.source").as_deref(), text(root, "lode.solver").as_deref()),
        (Some("solved"), Some("model"))
    );
    assert_eq!(queue.counts(), TraceCounts { sent: 1, ..TraceCounts::default() });
}

#[test]
fn a_solve_that_began_before_the_request_stays_within_it() {
    let solve = SolveTimes { queued: Duration::ZERO, took: Duration::from_secs(9), cost_usd: None };
    let record = Record { stages: Stages { recall: None, solve: Some(solve) }, ..answered(1) };
    let spans = super::span::spans_of(&record, &mut StdRng::from_seed([3; 32]));
    let solve = spans.last().expect("a stage");
    assert_eq!((solve.end_time, solve.start_time > spans[0].start_time), (spans[0].end_time, true));
    assert!(solve.attributes.iter().any(|attribute| attribute.value == 9_000.0.into()), "told whole");
}

#[test]
fn failures_are_errors_and_have_no_source() {
    let record = Record { outcome: Outcome::Failed { reason: "timeout", cacheable: true }, ..answered(1) };
    let spans = super::span::spans_of(&record, &mut StdRng::from_seed([3; 32]));
    assert_eq!(spans[0].status, opentelemetry::trace::Status::error("timeout"));
    let keys: Vec<_> = spans[0].attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert!(keys.contains(&"error.type") && !keys.contains(&"lode.source"), "{keys:?}");
}

#[tokio::test]
async fn what_the_collector_does_not_take_is_counted_and_what_waits_too_long_is_dropped() {
    let mut tasks = JoinSet::new();
    let (config, mut got) = collector(StatusCode::BAD_REQUEST, &mut tasks).await;
    let (queue, sender) = traces(&config, "5Our").expect("a client").expect("a collector");
    let stop = CancellationToken::new();
    (0..QUEUE as u64 + 3).for_each(|id| queue.offer(&answered(id)));
    assert_eq!(queue.counts().dropped, 3);
    stop.cancel();
    sender.run(stop).await;
    drop(tasks);
    let mut arrived = 0;
    while let Some((_, request)) = got.recv().await {
        arrived += spans(&request).len();
    }
    assert_eq!(arrived, 5 * QUEUE);
    assert_eq!(queue.counts(), TraceCounts { sent: 0, failed: QUEUE as u64, dropped: 3 });
}

#[test]
fn without_a_collector_there_is_nothing_and_a_share_is_spread_evenly() {
    assert!(traces(&TelemetryConfig::default(), "5Our").expect("fine").is_none());
    for share in [0, 1, 250, 5_000, 10_000] {
        let traced = (70_000..80_000).filter(|id| is_traced(*id, share)).count() as u64;
        assert_eq!(traced, share);
    }
    assert!((0..100).filter(|id| is_traced(*id, 1_000)).count() > 5, "not all at once");
}
