//! The agent's promises, with a solver that the test holds in its hand.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, join_all};
use serde_json::json;

use super::*;
use crate::cache::ExactCache;
use crate::ports::Solver;

/// Answers after a delay with `reply: <prompt>`; fails the first `failures` times.
struct FakeSolver {
    delay: Duration,
    failures: usize,
    calls: AtomicUsize,
}

impl Solver for FakeSolver {
    fn solve<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<Map<String, Value>, SolveError>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            tokio::time::sleep(self.delay).await;
            if call < self.failures {
                return Err(SolveError::Upstream("upstream is down".into()));
            }
            Ok(Map::from_iter([("reply".to_owned(), json!(task.question.prompt))]))
        })
    }
}

const MAX_SOLVES: usize = 8;

struct Bench {
    agent: Agent,
    asks: Arc<Asks>,
    solver: Arc<FakeSolver>,
}

fn bench(delay_ms: u64, failures: usize) -> Bench {
    let solver = Arc::new(FakeSolver { delay: Duration::from_millis(delay_ms), failures, calls: AtomicUsize::new(0) });
    let asks = Asks {
        prompt: "prompt".into(),
        scope: Vec::new(),
        answer: vec!["reply".into()],
        cache: true,
        stream: false,
        timeout: Duration::from_secs(20),
        solver: Arc::clone(&solver) as Arc<dyn Solver>,
    };
    let recall = Arc::new(ExactCache::new(100, Duration::from_secs(1_800)));
    let agent = Agent::new(recall, TaskTracker::new(), MAX_SOLVES, Clock::from_fn(|| 1_000_000_000));
    Bench { agent, asks: Arc::new(asks), solver }
}

impl Bench {
    async fn ask(&self, prompt: &str, timeout_ms: u64) -> Result<Answered, AnswerError> {
        let body = Map::from_iter([("prompt".to_owned(), json!(prompt))]);
        let question = self.asks.question(&Arc::from("T"), &body).expect("a prompt");
        let deadline = Instant::now() + Duration::from_millis(timeout_ms);
        self.agent.answer(&self.asks, question, &body, Settings::default(), deadline).await
    }

    fn calls(&self) -> usize {
        self.solver.calls.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_is_solved_once_and_then_remembered() {
    let bench = bench(500, 0);
    let first = bench.ask("p", 5_000).await.expect("solved");
    assert_eq!((first.source, &first.answer.fields["reply"]), (Source::Solved, &json!("p")));
    let second = bench.ask("p", 5_000).await.expect("remembered");
    assert_eq!((second.source, bench.calls()), (Source::Exact, 1));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_identical_questions_at_once_make_one_solve() {
    let bench = bench(500, 0);
    let answers = join_all((0..200).map(|_| bench.ask("p", 5_000))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(bench.calls(), 1);
    let coalesced = answers.iter().flatten().filter(|answered| answered.source == Source::Coalesced).count();
    assert_eq!(coalesced, 199);
}

#[tokio::test(start_paused = true)]
async fn a_solver_slower_than_the_deadline_is_a_timeout_at_the_deadline() {
    let bench = bench(60_000, 0);
    let started = Instant::now();
    assert_eq!(bench.ask("p", 3_000).await.expect_err("too slow"), AnswerError::Timeout);
    assert_eq!(started.elapsed().as_millis(), 3_000);
    let started = Instant::now();
    assert_eq!(bench.ask("q", 600_000).await.expect_err("too slow"), AnswerError::Timeout);
    assert_eq!(started.elapsed().as_secs(), 20, "a long timeout of the validator's does not extend the task's");
}

#[tokio::test(start_paused = true)]
async fn followers_inherit_success_but_not_failure() {
    let bench = bench(500, 1);
    let answers = join_all((0..3).map(|_| bench.ask("p", 5_000))).await;
    let failed = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((failed, bench.calls()), (1, 2), "the leader fails, a follower tries again, the third joins it");
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_is_down_is_asked_twice_however_many_wait() {
    let bench = bench(500, usize::MAX);
    let answers = join_all((0..20).map(|_| bench.ask("p", 60_000))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(bench.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_patient_are_not_hurried_by_those_who_asked_first() {
    let bench = bench(4_000, 0);
    let (first, second, patient) = tokio::join!(bench.ask("p", 1_000), bench.ask("p", 2_000), bench.ask("p", 10_000));
    assert_eq!(first.expect_err("a second is too short"), AnswerError::Timeout);
    assert_eq!(second.expect_err("and so are two"), AnswerError::Timeout);
    assert_eq!((patient.is_ok(), bench.calls()), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn solves_are_bounded_even_when_those_who_asked_have_gone() {
    let bench = bench(500, 0);
    for question in 0..MAX_SOLVES {
        let gone = timeout(Duration::from_millis(1), bench.ask(&question.to_string(), 5_000)).await;
        assert!(gone.is_err(), "hung up");
    }
    assert_eq!(bench.ask("one more", 5_000).await.expect_err("no place"), AnswerError::Busy);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(bench.ask("one more", 5_000).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_given_again_is_shared_in_flight_only_by_the_very_same_request() {
    let mut bench = bench(500, 0);
    Arc::get_mut(&mut bench.asks).expect("not shared yet").cache = false;
    let ask = async |extra: &str| {
        let body = Map::from_iter([("prompt".to_owned(), json!("p")), ("extra".to_owned(), json!(extra))]);
        let question = bench.asks.question(&Arc::from("T"), &body).expect("a prompt");
        let deadline = Instant::now() + Duration::from_secs(5);
        bench.agent.answer(&bench.asks, question, &body, Settings::default(), deadline).await
    };
    let (a, again, b) = tokio::join!(ask("A"), ask("A"), ask("B"));
    assert_eq!(a.expect("solved").source, Source::Solved);
    assert_eq!(again.expect("the same").source, Source::Coalesced);
    assert_eq!(b.expect("another").source, Source::Solved);
}

#[tokio::test(start_paused = true)]
async fn followers_survive_the_leaders_cancellation() {
    let bench = bench(500, 0);
    let leader = timeout(Duration::from_millis(100), bench.ask("p", 5_000));
    let (leader, follower) = tokio::join!(leader, bench.ask("p", 5_000));
    assert!(leader.is_err(), "its client went away");
    assert!(follower.is_ok());
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn failures_are_not_remembered() {
    let bench = bench(0, 1);
    assert_eq!(bench.ask("p", 5_000).await.expect_err("down"), AnswerError::Solver);
    assert_eq!(bench.ask("p", 5_000).await.expect("up again").source, Source::Solved);
}
