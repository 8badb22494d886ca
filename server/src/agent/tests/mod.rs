//! The agent's promises, with a solver that the test holds in its hand.

mod evidence;
mod makeshift;

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, join_all};
use serde_json::json;
use tokio::time::timeout;

use super::*;
use crate::cache::{AnswerCache, Embedder};
use crate::config::CacheConfig;
use crate::domain::Answer;
use crate::ports::{SolveCall, SolveError, Solved, Solver};

/// Answers after a delay with `reply: <prompt>`, half of it written before; fails the first `failures` times.
struct FakeSolver {
    delay: Duration,
    failures: usize,
    calls: AtomicUsize,
}

impl Solver for FakeSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if let Some(half) =
                task.question.prompt.get(..task.question.prompt.len() / 2).filter(|_| task.streams.is_some())
            {
                (call.write)(half);
            }
            tokio::time::sleep(self.delay).await;
            if number < self.failures {
                return Err(SolveError::Upstream("upstream is down".into()));
            }
            if task.streams.is_some() {
                (call.write)(&task.question.prompt[task.question.prompt.len() / 2..]);
            }
            Ok(Map::from_iter([("reply".to_owned(), json!(task.question.prompt))]).into())
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
    let asks = asks_of(Arc::clone(&solver) as Arc<dyn Solver>);
    let capacity = CacheConfig { similar: false, ..CacheConfig::default() }.capacity(Duration::from_secs(1_800));
    let agent = agent_of(Arc::new(AnswerCache::new(&capacity, Embedder::Table)), ShadowConfig::default());
    Bench { agent, asks: Arc::new(asks), solver }
}

/// What somebody asks who waits so long.
fn request<'a>(asks: &'a Arc<Asks>, body: &'a Map<String, Value>, timeout_ms: u64) -> Ask<'a> {
    let question = asks.question(&Arc::from("T"), body).expect("a prompt");
    let (settings, deadline) = (Settings::default(), Instant::now() + Duration::from_millis(timeout_ms));
    Ask { request_id: 1, hotkey: None, asks, question, body, settings, stake_rao: 0, deadline }
}

fn asks_of(solver: Arc<dyn Solver>) -> Asks {
    Asks::plain("prompt", "reply", solver)
}

fn agent_of(recall: Arc<dyn Recall>, shadow: ShadowConfig) -> Agent {
    let recorder = Arc::new(Recorder::new(100, None, 1));
    let (limit, clock) = (Limit::Fixed(MAX_SOLVES), Clock::from_fn(|| 1_000_000_000));
    Agent::new(recall, recorder, TaskTracker::new(), limit, shadow, clock)
}

impl Bench {
    async fn ask(&self, prompt: &str, timeout_ms: u64) -> Result<Answered, AnswerError> {
        let body = Map::from_iter([("prompt".to_owned(), json!(prompt))]);
        self.agent.answer(request(&self.asks, &body, timeout_ms)).await.result
    }

    fn calls(&self) -> usize {
        self.solver.calls.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_is_solved_once_and_then_remembered() {
    let bench = bench(500, 0);
    let first = bench.ask("p", 5_000).await.expect("solved");
    assert_eq!((first.source, &first.answer.fields()["reply"]), (Source::Solved, &json!("p")));
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
    let started = Instant::now();
    assert!(bench.ask("one more", 5_000).await.is_ok(), "when one of them is over");
    assert_eq!(started.elapsed().as_millis(), 1_000 - MAX_SOLVES as u128);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_waits_for_any_more_is_not_solved_when_its_turn_comes() {
    let bench = bench(500, 0);
    let ask = async |question: usize| bench.ask(&question.to_string(), 5_000).await;
    let busy = join_all((0..MAX_SOLVES).map(ask));
    let gone = timeout(Duration::from_millis(1), bench.ask("gone", 5_000));
    let (busy, gone) = tokio::join!(busy, gone);
    assert!(busy.iter().all(Result::is_ok) && gone.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.calls(), MAX_SOLVES);
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_while_waiting_leaves_the_queue_to_others_at_once() {
    let bench = bench(500, 0);
    let busy = join_all((0..MAX_SOLVES).map(async |question| bench.ask(&question.to_string(), 5_000).await));
    let others = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        // Many more than can wait.
        for round in 0..3 {
            let gone = (0..gate::MAX_WAITING).map(async |index| bench.ask(&format!("{round} {index}"), 5_000).await);
            let gone = timeout(Duration::from_millis(1), join_all(gone)).await;
            assert!(gone.is_err(), "none is refused, and all hang up");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bench.ask("one that stays", 5_000).await.map(|answered| answered.source)
    };
    let (_, stays) = tokio::join!(busy, others);
    assert_eq!((stays, bench.calls()), (Ok(Source::Solved), MAX_SOLVES + 1));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_waits_keeps_its_turn_while_anybody_who_asked_is_left() {
    let bench = bench(500, 0);
    let busy = join_all((0..MAX_SOLVES).map(async |question| bench.ask(&question.to_string(), 5_000).await));
    let leader = timeout(Duration::from_millis(100), bench.ask("p", 5_000));
    let follower = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.ask("p", 5_000).await.map(|answered| answered.source)
    };
    let (_, leader, follower) = tokio::join!(busy, leader, follower);
    assert!(leader.is_err(), "hung up");
    assert_eq!((follower, bench.calls()), (Ok(Source::Coalesced), MAX_SOLVES + 1));
}

#[tokio::test(start_paused = true)]
async fn a_solve_that_has_begun_is_remembered_though_everybody_has_gone() {
    let bench = bench(500, 0);
    assert!(timeout(Duration::from_millis(100), bench.ask("p", 5_000)).await.is_err(), "hung up");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bench.ask("p", 5_000).await.expect("remembered").source, Source::Exact);
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn under_overload_the_larger_stake_is_answered_and_the_smaller_is_told_at_once() {
    let bench = bench(1_000, 0);
    bench.ask("so that a solve's time is known", 5_000).await.expect("solved");
    let ask = async |question: usize, stake_rao: u64| {
        let body = Map::from_iter([("prompt".to_owned(), json!(question.to_string()))]);
        let asked = Instant::now();
        let answer = bench.agent.answer(Ask { stake_rao, ..request(&bench.asks, &body, 4_500) });
        (answer.await.result.is_ok(), asked.elapsed())
    };
    // Eight at a time, a second each, four and a half seconds: 32 of 80 can be served.
    let small = join_all((0..60).map(|question| ask(question, 1)));
    let large = join_all((60..80).map(|question| ask(question, 1_000)));
    let (small, large) = tokio::join!(small, large);
    assert!(large.iter().all(|(is_ok, _)| *is_ok), "all of the large ones");
    let served = small.iter().filter(|(is_ok, _)| *is_ok).count();
    assert!((8..=16).contains(&served), "{served} of the small ones");
    let told: Vec<_> = small.iter().filter(|(is_ok, _)| !is_ok).map(|(_, took)| took.as_millis()).collect();
    assert!(told.iter().filter(|took| **took == 0).count() > 20, "at once, where it was clear at once: {told:?}");
    assert!(told.iter().all(|took| *took <= 3_500), "and the others while their validator still listens: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_given_again_is_shared_in_flight_only_by_the_very_same_request() {
    let mut bench = bench(500, 0);
    Arc::get_mut(&mut bench.asks).expect("not shared yet").cache = false;
    let ask = async |extra: &str| {
        let body = Map::from_iter([("prompt".to_owned(), json!("p")), ("extra".to_owned(), json!(extra))]);
        bench.agent.answer(request(&bench.asks, &body, 5_000)).await.result
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

#[tokio::test(start_paused = true)]
async fn a_streamed_answer_is_read_as_it_is_written_and_remembered_whole() {
    let mut bench = bench(500, 0);
    Arc::get_mut(&mut bench.asks).expect("not shared yet").stream = true;
    let body = Map::from_iter([("prompt".to_owned(), json!("one two!"))]);
    let stream = async || bench.agent.stream(request(&bench.asks, &body, 5_000)).await.result;
    let started = Instant::now();
    let Ok(Streamed::Reading(mut reading)) = stream().await else { panic!("it is being written") };
    assert_eq!((reading.text.as_str(), started.elapsed().as_millis()), ("one ", 0));
    let Ok(Streamed::Reading(mut second)) = stream().await else { panic!("the same one") };
    assert_eq!((second.text.as_str(), second.source), ("one ", Source::Coalesced));
    for reading in [&mut reading, &mut second] {
        assert_eq!(reading.next().await, Some(Ok("two!".to_owned())));
        assert_eq!(reading.next().await, None);
    }
    assert_eq!((started.elapsed().as_millis(), bench.calls()), (500, 1));
    let Ok(Streamed::Whole(remembered)) = stream().await else { panic!("it is there already") };
    assert_eq!((remembered.source, &remembered.answer.fields()["reply"]), (Source::Exact, &json!("one two!")));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_says_so_and_one_that_is_late_ends_at_its_deadline() {
    for (delay_ms, failures, error) in [(500, 1, AnswerError::Solver), (60_000, 0, AnswerError::Timeout)] {
        let mut bench = bench(delay_ms, failures);
        Arc::get_mut(&mut bench.asks).expect("not shared yet").stream = true;
        let body = Map::from_iter([("prompt".to_owned(), json!("one two!"))]);
        let ask = request(&bench.asks, &body, 5_000);
        let Ok(Streamed::Reading(mut reading)) = bench.agent.stream(ask).await.result else {
            panic!("it is being written")
        };
        assert_eq!(reading.next().await, Some(Err(error)));
    }
}
