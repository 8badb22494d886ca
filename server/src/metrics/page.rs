//! The registry of one scrape, and a word for each kind of metric.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::domain::Counted;

type Float = Gauge<f64, AtomicU64>;
/// The labels of one series.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Metrics of one scrape, all with one prefix.
pub(super) struct Page(Registry);

impl Page {
    /// Names begin with `prefix` and `_`; with none they are as they are.
    pub(super) fn new(prefix: Option<&str>) -> Self {
        Self(prefix.map_or_else(Registry::default, Registry::with_prefix))
    }

    /// In OpenMetrics' text format, without its end.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        text.truncate(text.trim_end_matches("# EOF\n").len());
        Ok(text)
    }

    fn add(&mut self, name: &str, help: &str, unit: Option<Unit>, metric: impl Metric) {
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, metric),
            None => self.0.register(name, help, metric),
        }
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        self.add(name, help, None, counter);
    }

    /// A counter of something that is no whole number.
    pub(super) fn total(&mut self, name: &str, help: &str, unit: Unit, value: f64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.add(name, help, Some(unit), counter);
    }

    pub(super) fn counters(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, count) in values {
            family.get_or_create(&labels).inc_by(count);
        }
        self.add(name, help, None, family);
    }

    pub(super) fn totals(
        &mut self,
        name: &str,
        help: &str,
        unit: Unit,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.add(name, help, Some(unit), family);
    }

    /// Nothing when there is no value: absent is not zero.
    pub(super) fn gauge(&mut self, name: &str, help: &str, unit: Option<Unit>, value: Option<f64>) {
        if let Some(value) = value {
            let gauge = Float::default();
            gauge.set(value);
            self.add(name, help, unit, gauge);
        }
    }

    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Float>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.add(name, help, unit, family);
    }

    /// 1 or 0; nothing when it is not known.
    pub(super) fn state(&mut self, name: &str, help: &str, value: Option<bool>) {
        self.gauge(name, help, None, value.map(|value| f64::from(u8::from(value))));
    }

    /// When something happened, of milliseconds since the Unix epoch.
    pub(super) fn timestamp(&mut self, name: &str, help: &str, at_ms: Option<u64>) {
        self.gauge(name, help, Some(Unit::Seconds), at_ms.map(|at_ms| at_ms as f64 / 1_000.0));
    }

    pub(super) fn info(&mut self, name: &str, help: &str, labels: Labels) {
        self.add(name, help, None, Info::new(labels));
    }

    /// Histograms of seconds, by one label.
    pub(super) fn histograms(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        series: impl IntoIterator<Item = (String, Counted)>,
    ) {
        let series = series.into_iter().map(|(value, counted)| (vec![(label, value)], counted)).collect();
        self.add(name, help, Some(Unit::Seconds), Histograms(series));
    }
}

/// One label and its value.
pub(super) fn one(label: &'static str, value: impl Into<String>) -> Labels {
    vec![(label, value.into())]
}

/// Percent as a share of one.
pub(super) fn ratio(percent: Option<f64>) -> Option<f64> {
    percent.map(|percent| percent / 100.0)
}

#[derive(Debug)]
struct Histograms(Vec<(Labels, Counted)>);

impl EncodeMetric for Histograms {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        for (labels, counted) in &self.0 {
            let mut series = encoder.encode_family(labels)?;
            series.encode_histogram::<NoLabelSet>(counted.sum_s(), counted.count(), &counted.buckets(), None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
