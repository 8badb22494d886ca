//! How long requests and their stages took, by few labels that are known beforehand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lode_shared::Source;
use parking_lot::RwLock;

use super::{Outcome, Record};
use crate::domain::{Counted, Histogram};

/// Synapses that are told apart at most.
const MAX_SYNAPSES: usize = 64;
/// The stages of a request.
const STAGES: [&str; 4] = ["verify", "recall", "queue", "solve"];
/// Requests that were verified, but not answered, have no source.
const NO_SOURCE: &str = "none";

/// Durations since start.
#[derive(Debug, Default)]
pub(super) struct Timings {
    /// By [`Source`] in the order of its declaration, then those without one.
    sources: [Histogram; Source::ALL.len() + 1],
    stages: [Histogram; STAGES.len()],
    synapses: RwLock<BTreeMap<Arc<str>, Arc<Histogram>>>,
    /// 0 before the first.
    last_answer_ms: AtomicU64,
}

/// How long requests took, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Timed {
    /// Requests that were answered, by the answer's source, and under `none` those that were verified but not answered.
    pub sources: Vec<(String, Counted)>,
    /// Stages of requests.
    pub stages: Vec<(String, Counted)>,
    /// Requests that were answered, or verified but not answered, by synapse.
    pub synapses: Vec<(String, Counted)>,
    /// When the last answer was given, milliseconds since the Unix epoch.
    pub last_answer_ms: Option<u64>,
}

impl Timings {
    /// Synapses that are there from the start.
    pub(super) fn expect(&self, synapses: impl IntoIterator<Item = Arc<str>>) {
        let mut known = self.synapses.write();
        for synapse in synapses {
            if known.len() < MAX_SYNAPSES {
                known.entry(synapse).or_default();
            }
        }
    }

    pub(super) fn record(&self, record: &Record) {
        let source = match record.outcome {
            Outcome::Refused(_) => return,
            Outcome::Failed { .. } => Source::ALL.len(),
            Outcome::Answered { source, .. } => {
                self.last_answer_ms.store(record.at_ms, Ordering::Relaxed);
                source as usize
            }
        };
        self.sources[source].record(record.took);
        let solve = record.stages.solve;
        let stages =
            [record.verify, record.stages.recall, solve.map(|solve| solve.queued), solve.map(|solve| solve.took)];
        for (durations, took) in self.stages.iter().zip(stages) {
            took.into_iter().for_each(|took| durations.record(took));
        }
        let Some(synapse) = &record.synapse else { return };
        if let Some(durations) = self.synapses.read().get(synapse) {
            return durations.record(record.took);
        }
        // Nobody has scraped since a reload brought it.
        self.expect([Arc::clone(synapse)]);
        if let Some(durations) = self.synapses.read().get(synapse) {
            durations.record(record.took);
        }
    }

    pub(super) fn timed(&self) -> Timed {
        let sources = Source::ALL.map(|source| (source.label(), &self.sources[source as usize]));
        let sources = sources.into_iter().chain([(NO_SOURCE, &self.sources[Source::ALL.len()])]);
        let named = |(name, durations): (&str, &Histogram)| (name.to_owned(), durations.counted());
        let last_answer_ms = self.last_answer_ms.load(Ordering::Relaxed);
        Timed {
            sources: sources.map(named).collect(),
            stages: STAGES.into_iter().zip(&self.stages).map(named).collect(),
            synapses: self.synapses.read().iter().map(|(name, durations)| named((name, durations))).collect(),
            last_answer_ms: (last_answer_ms > 0).then_some(last_answer_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::agent::{SolveTimes, Stages};

    fn record(outcome: Outcome, synapse: &str) -> Record {
        let solve = SolveTimes { queued: Duration::ZERO, took: Duration::from_secs(2), cost_usd: None };
        let stages = Stages { recall: None, solve: Some(solve) };
        Record { synapse: Some(synapse.into()), stages, ..Record::new(1, 77, outcome, Duration::from_secs(2)) }
    }

    fn count(of: &[(String, Counted)], name: &str) -> Option<u64> {
        of.iter().find(|(label, _)| label == name).map(|(_, counted)| counted.count())
    }

    #[test]
    fn every_label_is_there_before_the_first_request() {
        let timings = Timings::default();
        timings.expect(["Web".into()]);
        let timed = timings.timed();
        assert_eq!((timed.sources.len(), timed.stages.len(), timed.last_answer_ms), (10, 4, None));
        assert_eq!((count(&timed.sources, "exact"), count(&timed.synapses, "Web")), (Some(0), Some(0)));
    }

    #[test]
    fn each_source_counts_its_own_and_refusals_take_no_time() {
        let timings = Timings::default();
        for source in Source::ALL {
            timings.record(&record(Outcome::Answered { source, cacheable: true }, "Web"));
        }
        timings.record(&record(Outcome::Failed { reason: "timeout", cacheable: true }, "Web"));
        timings.record(&record(Outcome::Refused("replayed"), "Web"));
        let timed = timings.timed();
        assert!(timed.sources.iter().all(|(_, counted)| counted.count() == 1), "{:?}", timed.sources);
        assert_eq!((count(&timed.synapses, "Web"), count(&timed.stages, "solve")), (Some(10), Some(10)));
        assert_eq!((count(&timed.stages, "recall"), timed.last_answer_ms), (Some(0), Some(77)));
    }

    #[test]
    fn synapses_are_told_apart_up_to_a_bound() {
        let timings = Timings::default();
        for number in 0..100 {
            timings.record(&record(Outcome::Answered { source: Source::Exact, cacheable: true }, &number.to_string()));
        }
        let timed = timings.timed();
        assert_eq!((timed.synapses.len(), count(&timed.sources, "exact")), (64, Some(100)));
    }
}
