//! Whether answers from memory were right: shadow checks and feedback.

use super::*;
use crate::agent::Feedback;
use crate::recorder::Filter;

const ALL: ShadowConfig =
    ShadowConfig { share_pct: 100.0, new_share_pct: 100.0, few_labels: 5.0, max_calls_pct: 100.0 };

/// Answers with what stands after `solved` in the order of calls.
struct Script {
    replies: Vec<&'static str>,
    calls: AtomicUsize,
}

impl Solver for Script {
    fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let reply = self.replies[call.min(self.replies.len() - 1)];
        Box::pin(async move { Ok(Map::from_iter([("reply".to_owned(), json!(reply))]).into()) })
    }
}

struct Learning {
    agent: Agent,
    asks: Arc<Asks>,
    recorder: Arc<Recorder>,
    solver: Arc<Script>,
    next: AtomicUsize,
}

fn learning(replies: &[&'static str], shadow: ShadowConfig) -> Learning {
    let solver = Arc::new(Script { replies: replies.to_vec(), calls: AtomicUsize::new(0) });
    let mut asks = asks_of(Arc::clone(&solver) as Arc<dyn Solver>);
    asks.join = Some(Vec::new());
    let capacity = CacheConfig::default().capacity(Duration::from_secs(1_800));
    let recall = Arc::new(AnswerCache::new(&capacity, Embedder::Table));
    let recorder = Arc::new(Recorder::new(100, None, 1));
    let clock = Clock::from_fn(|| 1_800_000_000_000_000_000);
    let agent = Agent::new(recall, Arc::clone(&recorder), TaskTracker::new(), Limit::Fixed(MAX_SOLVES), shadow, clock);
    Learning { agent, asks: Arc::new(asks), recorder, solver, next: AtomicUsize::new(1) }
}

impl Learning {
    /// Asks as a validator, counts it, and lets what goes on behind it finish.
    async fn ask(&self, prompt: &str) -> (u64, Source) {
        let body = Map::from_iter([("prompt".to_owned(), json!(prompt))]);
        let request_id = self.next.fetch_add(1, Ordering::Relaxed) as u64;
        let ask = Ask { request_id, hotkey: Some(Hotkey::new([1; 32])), ..request(&self.asks, &body, 5_000) };
        let answered = self.agent.answer(ask).await.result.expect("an answer");
        let outcome = crate::recorder::Outcome::Answered { source: answered.source, cacheable: true };
        self.recorder.record(&crate::recorder::Record::new(request_id, 0, outcome, Duration::ZERO));
        self.agent.solves.close();
        self.agent.solves.wait().await;
        self.agent.solves.reopen();
        (request_id, answered.source)
    }

    fn calls(&self) -> usize {
        self.solver.calls.load(Ordering::Relaxed)
    }

    fn label(&self, request_id: u64) -> Option<bool> {
        self.recorder.last(&Filter::default(), 100).into_iter().find(|row| row.id == request_id)?.right
    }
}

const FIRST: &str = "Show me details for the book 'Dune'";
const SIMILAR: &str = "Please show me details for the book 'Dune'";

#[tokio::test(start_paused = true)]
async fn a_drawn_answer_from_memory_is_solved_again_behind_it_and_its_agreement_is_a_label() {
    let learning = learning(&["a"], ALL);
    assert_eq!(learning.ask(FIRST).await.1, Source::Solved);
    let (id, source) = learning.ask(SIMILAR).await;
    assert_eq!((source, learning.calls(), learning.label(id)), (Source::Semantic, 2, Some(true)));
    assert_eq!(learning.ask(SIMILAR).await.1, Source::Exact, "the check's own answer is remembered");
    assert_eq!(learning.calls(), 2, "an exact repeat is not checked");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_disagrees_takes_the_answer_away_and_the_success_back() {
    let learning = learning(&["a", "b"], ALL);
    learning.ask(FIRST).await;
    let (id, source) = learning.ask(SIMILAR).await;
    assert_eq!((source, learning.label(id)), (Source::Semantic, Some(false)));
    assert_eq!(learning.recorder.observed().0.success_pct, Some(50.0));
    assert_eq!(learning.ask("Could you show me details for the book 'Dune'").await.1, Source::Solved);
    assert_eq!(learning.ask(FIRST).await.1, Source::Exact, "for its own question it was not wrong");
}

#[tokio::test(start_paused = true)]
async fn without_a_share_nothing_is_solved_again() {
    let learning = learning(&["a"], ShadowConfig { share_pct: 0.0, new_share_pct: 0.0, ..ALL });
    learning.ask(FIRST).await;
    let (id, source) = learning.ask(SIMILAR).await;
    assert_eq!((source, learning.calls(), learning.label(id)), (Source::Semantic, 1, None));
}

#[tokio::test(start_paused = true)]
async fn feedback_on_what_was_sent_rather_than_nothing_says_nothing_of_what_was_solved_since() {
    let mut learning = learning(&["a"], ShadowConfig { share_pct: 0.0, new_share_pct: 0.0, ..ALL });
    let asks = Arc::get_mut(&mut learning.asks).expect("not shared yet");
    asks.fallback = Some(Arc::new(Answer::new(&Map::from_iter([("reply".to_owned(), json!("sorry"))]), 0, "s".into())));
    asks.solver = Arc::new(FakeSolver { delay: Duration::from_secs(8), failures: 0, calls: AtomicUsize::new(0) });
    let (id, source) = learning.ask(FIRST).await;
    assert_eq!(source, Source::Fallback, "the solver is too slow, and its answer is remembered afterwards");
    let fields = Map::from_iter([("prompt".to_owned(), json!(FIRST))]);
    let question = learning.asks.question(&Arc::from("T"), &fields).expect("a prompt");
    let key = learning.asks.delivery(&[1; 32], &question, &fields).expect("there is feedback");
    assert!(learning.agent.feedback(&key, false));
    assert_eq!(learning.label(id), Some(false));
    assert_eq!(learning.ask(FIRST).await.1, Source::Exact, "nobody has said that this one is wrong");
}

#[tokio::test(start_paused = true)]
async fn a_validators_bad_score_takes_a_solvers_answer_out_of_memory() {
    let learning = learning(&["a", "b"], ShadowConfig { share_pct: 0.0, new_share_pct: 0.0, ..ALL });
    let feedback =
        Feedback { of: "T".into(), prompt: "prompt".into(), join: Vec::new(), score: "score".into(), right_from: 1.0 };
    let said = |prompt: &str, score: f64| {
        let fields = Map::from_iter([("prompt".to_owned(), json!(prompt)), ("score".to_owned(), json!(score))]);
        feedback.read(&[1; 32], &fields).expect("a score")
    };
    let (id, _) = learning.ask(FIRST).await;
    let (key, right) = said(FIRST, 0.0);
    assert!(learning.agent.feedback(&key, right));
    assert_eq!(learning.label(id), Some(false));
    assert!(!learning.agent.feedback(&key, right), "once");
    let (id, source) = learning.ask(FIRST).await;
    assert_eq!(source, Source::Solved, "it is solved anew");
    let (key, right) = said(FIRST, 1.0);
    assert!(learning.agent.feedback(&key, right));
    assert_eq!(learning.label(id), Some(true));
    assert_eq!(learning.ask(FIRST).await.1, Source::Exact);
}

#[tokio::test(start_paused = true)]
async fn a_streamed_answer_has_feedback_too() {
    let mut learning = learning(&["a", "b"], ShadowConfig { share_pct: 0.0, new_share_pct: 0.0, ..ALL });
    let asks = Arc::get_mut(&mut learning.asks).expect("not shared yet");
    asks.stream = true;
    asks.solver = Arc::new(FakeSolver { delay: Duration::from_millis(5), failures: 0, calls: AtomicUsize::new(0) });
    let body = Map::from_iter([("prompt".to_owned(), json!(FIRST))]);
    let ask = || Ask { hotkey: Some(Hotkey::new([1; 32])), ..request(&learning.asks, &body, 5_000) };
    let Ok(Streamed::Reading(mut reading)) = learning.agent.stream(ask()).await.result else { panic!("being written") };
    let question = ask().question;
    let key = learning.asks.delivery(&[1; 32], &question, &body).expect("there is feedback");
    assert!(!learning.agent.feedback(&key, false), "it has not gone out yet");
    while reading.next().await.is_some() {}
    learning.agent.solves.close();
    learning.agent.solves.wait().await;
    learning.agent.solves.reopen();
    assert!(learning.agent.feedback(&key, false));
    let again = learning.agent.stream(ask()).await.result;
    assert!(matches!(again, Ok(Streamed::Reading(_))), "it is solved anew");
}
