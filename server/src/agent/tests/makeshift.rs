//! What is sent rather than nothing, and memory that is too slow.

use super::*;
use crate::domain::Digest128;
use crate::ports::{Example, Found, Nearest, Recollection};
use lode_shared::CacheStats;

/// Memory that takes its time and has one answer that may be right, or one that is.
struct FakeRecall {
    delay: Duration,
    recollection: Recollection,
    remembered: AtomicUsize,
}

impl Recall for FakeRecall {
    fn recall<'a>(&'a self, _: &'a Question, _: Look) -> BoxFuture<'a, Recollection> {
        Box::pin(async {
            tokio::time::sleep(self.delay).await;
            self.recollection.clone()
        })
    }

    fn renew(&self, _: &Question, _: Arc<Answer>, _: u64) {}

    fn remember(&self, _: &Question, _: Arc<Answer>, _: u64) {
        self.remembered.fetch_add(1, Ordering::Relaxed);
    }

    fn judge(&self, _: u64, _: Judged, _: u64) -> bool {
        false
    }

    fn judge_answer(&self, _: &str, _: Digest128, _: &Answer, _: bool, _: u64) -> bool {
        false
    }

    fn examples(&self, _: &Question, _: usize) -> Vec<Example> {
        Vec::new()
    }

    fn stats(&self, _: u64) -> CacheStats {
        CacheStats::default()
    }
}

fn reply(text: &str) -> Arc<Answer> {
    Arc::new(Answer::new(&Map::from_iter([("reply".to_owned(), json!(text))]), 1, "s".into()))
}

/// A solver that takes `solve_ms`, memory that takes `recall_ms`.
fn with_memory(solve_ms: u64, recall_ms: u64, recollection: Recollection) -> (Bench, Arc<FakeRecall>) {
    let mut bench = bench(solve_ms, 0);
    let recall = FakeRecall { delay: Duration::from_millis(recall_ms), recollection, remembered: AtomicUsize::new(0) };
    let recall = Arc::new(recall);
    bench.agent = agent_of(Arc::clone(&recall) as Arc<dyn Recall>, ShadowConfig::default());
    Arc::get_mut(&mut bench.asks).expect("not shared yet").fallback = Some(reply("fallback"));
    (bench, recall)
}

fn perhaps(chance: f64) -> Recollection {
    Recollection { nearest: Some(Nearest { answer: reply("candidate"), chance }), ..Recollection::default() }
}

#[tokio::test(start_paused = true)]
async fn the_best_candidate_or_the_fallback_is_sent_when_no_solver_answers_in_time_and_is_not_kept() {
    for (recollection, source) in [
        (perhaps(0.7), Source::Candidate),
        (perhaps(0.3), Source::Fallback),
        (Recollection::default(), Source::Fallback),
    ] {
        let (bench, recall) = with_memory(60_000, 0, recollection);
        let started = Instant::now();
        let answered = bench.ask("p", 3_000).await.expect("rather than nothing");
        assert_eq!((answered.source, started.elapsed().as_millis()), (source, 3_000));
        assert_eq!(answered.answer.fields()["reply"], source.label());
        assert_eq!(recall.remembered.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_solver_in_time_comes_before_any_makeshift() {
    let (bench, recall) = with_memory(500, 0, perhaps(0.9));
    assert_eq!(bench.ask("p", 3_000).await.expect("solved").source, Source::Solved);
    assert_eq!(recall.remembered.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn memory_that_is_slower_than_its_budget_is_not_waited_for() {
    let found = Found { answer: reply("remembered"), source: Source::Exact, labels: 0.0 };
    let recollection = Recollection { found: Some(found), ..Recollection::default() };
    let (bench, _) = with_memory(500, 299, recollection.clone());
    assert_eq!(bench.ask("p", 3_000).await.expect("in time").source, Source::Exact);
    let (bench, _) = with_memory(500, 5_000, recollection);
    let started = Instant::now();
    let answered = bench.ask("p", 3_000).await.expect("solved");
    assert_eq!((answered.source, started.elapsed().as_millis()), (Source::Solved, 800));
}

#[tokio::test(start_paused = true)]
async fn without_a_fallback_there_is_an_error() {
    let (mut bench, _) = with_memory(60_000, 0, perhaps(0.9));
    let asks = Arc::get_mut(&mut bench.asks).expect("not shared yet");
    (asks.fallback, asks.fallback_chance) = (None, 2.0);
    assert_eq!(bench.ask("p", 3_000).await.expect_err("nothing to send"), AnswerError::Timeout);
}
