//! Empties the queue of traces into the collector.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter as Exporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use rand::rngs::StdRng;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Counts;
use super::span::spans_of;
use crate::recorder::Record;

/// Requests that go together at most: some five spans each.
const BATCH: usize = 256;
/// Whoever comes within this time goes along.
const GATHER: Duration = Duration::from_secs(1);
/// For one batch, all attempts together.
const TIMEOUT: Duration = Duration::from_secs(5);
/// And at the end.
const LAST_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends spans to the collector.
pub struct SpanSender {
    exporter: Exporter,
    place: String,
    queue: mpsc::Receiver<Record>,
    counts: Arc<Counts>,
    random: StdRng,
    is_failing: bool,
}

impl SpanSender {
    pub(super) fn new(
        endpoint: &Url,
        hotkey: &str,
        queue: mpsc::Receiver<Record>,
        counts: Arc<Counts>,
    ) -> Result<Self, String> {
        let no_client = |error: &dyn std::fmt::Display| format!("telemetry.otlp_endpoint: no client for it: {error}");
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT).build();
        let mut exporter = Exporter::builder()
            .with_http()
            .with_http_client(client.map_err(|error| no_client(&error))?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| no_client(&error))?;
        let about = [
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", hotkey.to_owned()),
        ];
        // Nothing is read from the machine's variables.
        exporter.set_resource(&Resource::builder_empty().with_service_name("lode").with_attributes(about).build());
        // Without user and password, which may stand before it.
        let place = endpoint.host_str().unwrap_or("the collector").to_owned();
        Ok(Self { exporter, place, queue, counts, random: rand::make_rng(), is_failing: false })
    }

    /// Sends until `stop`, and what is left then.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(Some(first)) = stop.run_until_cancelled(self.queue.recv()).await {
            let until = Instant::now() + GATHER;
            let mut records = vec![first];
            while records.len() < BATCH
                && let Some(Ok(Some(record))) = stop.run_until_cancelled(timeout_at(until, self.queue.recv())).await
            {
                records.push(record);
            }
            self.send(&records, TIMEOUT).await;
        }
        self.queue.close();
        let mut rest = Vec::new();
        while let Some(record) = self.queue.recv().await {
            rest.push(record);
        }
        let until = Instant::now() + LAST_TIMEOUT;
        for records in rest.chunks(BATCH) {
            self.send(records, until.saturating_duration_since(Instant::now())).await;
        }
        stop.cancelled().await;
    }

    async fn send(&mut self, records: &[Record], most: Duration) {
        let spans: Vec<SpanData> = records.iter().flat_map(|record| spans_of(record, &mut self.random)).collect();
        let fault = match timeout(most, self.exporter.export(spans)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("no answer in time".into()),
        };
        let count = |of: &AtomicU64| of.fetch_add(records.len() as u64, Ordering::Relaxed);
        count(if fault.is_some() { &self.counts.failed } else { &self.counts.sent });
        match (&fault, self.is_failing) {
            (Some(fault), false) => tracing::warn!(
                "traces do not reach {}: {fault}; they are dropped until they do, answers do not wait for them",
                self.place
            ),
            (None, true) => tracing::info!("traces reach {} again", self.place),
            _ => {}
        }
        self.is_failing = fault.is_some();
    }
}
