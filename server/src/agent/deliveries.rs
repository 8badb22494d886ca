//! What was sent to whom, for feedback that comes minutes later.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use lode_shared::Source;
use parking_lot::Mutex;

use crate::domain::{Answer, Digest128};

/// Deliveries that feedback may still be about.
const KEPT: usize = 4_096;
/// A larger answer is not kept for feedback: at most 64 MiB in all.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// An answer that was sent.
#[derive(Debug)]
pub struct Delivery {
    /// The request.
    pub request_id: u64,
    /// The synapse.
    pub synapse: Arc<str>,
    /// The question's digest.
    pub question: Digest128,
    /// What was answered.
    pub answer: Arc<Answer>,
    /// Where that came from.
    pub source: Source,
}

/// Whom an answer goes to that feedback may be about.
pub struct Addressee {
    /// What feedback names.
    pub key: Digest128,
    /// The request.
    pub request_id: u64,
    /// The synapse.
    pub synapse: Arc<str>,
    /// The question's digest.
    pub question: Digest128,
    /// Where it is kept.
    pub deliveries: Arc<Deliveries>,
}

impl Addressee {
    /// The answer has gone out.
    pub fn deliver(self, answer: &Arc<Answer>, source: Source) {
        let Self { key, request_id, synapse, question, deliveries } = self;
        deliveries.keep(key, Delivery { request_id, synapse, question, answer: Arc::clone(answer), source });
    }
}

/// The last deliveries, by what feedback names.
#[derive(Default)]
pub struct Deliveries(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    by_key: HashMap<Digest128, Delivery>,
    /// Oldest first, with the request that came under each key: a later one may have taken its place.
    order: VecDeque<(Digest128, u64)>,
}

impl Deliveries {
    /// Keeps one; the same question of the same sender takes the place of the earlier one.
    pub fn keep(&self, key: Digest128, delivery: Delivery) {
        if delivery.answer.json().len() > MAX_ANSWER_BYTES {
            return;
        }
        let mut inner = self.0.lock();
        inner.order.push_back((key, delivery.request_id));
        let earlier = inner.by_key.insert(key, delivery);
        let oldest = if inner.order.len() > KEPT { inner.order.pop_front() } else { None };
        let oldest = oldest.and_then(|(key, request_id)| {
            let is_current = inner.by_key.get(&key).is_some_and(|delivery| delivery.request_id == request_id);
            if is_current { inner.by_key.remove(&key) } else { None }
        });
        // Freed when nobody waits for the lock any more.
        drop(inner);
        drop((earlier, oldest));
    }

    /// The delivery that feedback is about: it has one outcome, so it is taken out.
    pub fn take(&self, key: &Digest128) -> Option<Delivery> {
        self.0.lock().by_key.remove(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn delivery(request_id: u64) -> Delivery {
        let answer = Arc::new(Answer::new(&Map::new(), 1, "s".into()));
        Delivery { request_id, synapse: "T".into(), question: key("q"), answer, source: Source::Solved }
    }

    fn key(name: &str) -> Digest128 {
        Digest128::of([name])
    }

    #[test]
    fn feedback_is_about_the_last_delivery_and_comes_once() {
        let deliveries = Deliveries::default();
        deliveries.keep(key("a"), delivery(1));
        deliveries.keep(key("a"), delivery(2));
        assert_eq!(deliveries.take(&key("a")).map(|delivery| delivery.request_id), Some(2));
        assert!(deliveries.take(&key("a")).is_none());
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let deliveries = Deliveries::default();
        deliveries.keep(key("again"), delivery(0));
        for id in 1..=KEPT as u64 {
            deliveries.keep(key(&id.to_string()), delivery(id));
            if id == 10 {
                deliveries.keep(key("again"), delivery(1_000_000));
            }
        }
        assert!(deliveries.take(&key("1")).is_none());
        assert!(deliveries.take(&key("again")).is_some(), "its first delivery has gone, not its second");
        let inner = deliveries.0.lock();
        assert!(inner.by_key.len() <= KEPT && inner.order.len() == KEPT);
    }
}
