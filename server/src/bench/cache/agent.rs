//! What the agent adds to a solver: from the question to the answer, with a solver that takes no time.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::{BoxFuture, FutureExt, ready};
use lode_shared::Source;
use serde_json::{Map, json};
use tokio::task::JoinSet;
use tokio::time::Instant as Deadline;
use tokio_util::task::TaskTracker;

use super::table::{Bar, Row, Table};
use super::{LOOKUPS, ROUNDS, SETTINGS, START_MS, STRANGERS, Summary, Times, cache_of, prompts};
use crate::agent::{Agent, Ask, Asks, PromptSource, ShadowConfig, Told};
use crate::clock::Clock;
use crate::domain::{Comparison, Limit, Question, Task};
use crate::ports::{Recall, SolveCall, SolveError, Solved, Solver};
use crate::recorder::Recorder;

const ENTRIES: u64 = 500;

struct Instantly;

impl Solver for Instantly {
    fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        ready(Ok(Map::from_iter([("actions".to_owned(), json!([{"type": "WaitAction"}]))]).into())).boxed()
    }
}

/// On a worker, where requests are answered.
pub(super) async fn measure(table: &mut Table<'_, impl Write>) -> Result<()> {
    let mut worker = JoinSet::new();
    worker.spawn(times());
    let [exact, miss] = worker.join_next().await.context("a task")???;
    table.row(&Row::new("agent, exact hit").times(exact).bar(Bar::P99(20.0)))?;
    table.row(&Row::new("agent, miss, 500 entries, beside the solver").times(miss).bar(Bar::P99(100.0)))
}

async fn times() -> Result<[Summary; 2]> {
    let cache = Arc::new(cache_of(2 * ENTRIES));
    let solver = Arc::from("web");
    let kept: Vec<_> = (0..ENTRIES).map(|number| prompts::question(number, 0)).collect();
    for (question, number) in kept.iter().zip(0..) {
        cache.remember(question, prompts::answer(number, &solver), START_MS);
    }
    let recorder = Arc::new(Recorder::new(100, None, 1));
    let clock = Clock::from_fn(|| START_MS * 1_000_000);
    let shadow = ShadowConfig::default();
    let agent = Agent::new(cache, recorder, TaskTracker::new(), Limit::Fixed(64), shadow, clock);
    let asks = Arc::new(Asks {
        prompt: PromptSource::Field("prompt".into()),
        scope: Vec::new(),
        answer: vec!["actions".into()],
        schema: None,
        compare: Comparison::Json,
        fallback: None,
        fallback_chance: 0.5,
        join: None,
        cache: true,
        stream: false,
        timeout: Duration::from_secs(20),
        solver: Arc::new(Instantly),
        solver_name: "web".into(),
    });
    let (mut exact, mut miss, mut asked) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let (mut hit, mut solved) = (Times::new(), Times::new());
        for _ in 0..LOOKUPS {
            asked += 1;
            let known = kept[(asked % ENTRIES) as usize].clone();
            hit.add(ask(&agent, &asks, known, asked, Source::Exact).await?);
            let stranger = prompts::question(STRANGERS + asked, 0);
            solved.add(ask(&agent, &asks, stranger, asked, Source::Solved).await?);
        }
        exact.push(hit.summary());
        miss.push(solved.summary());
    }
    Ok([Summary::least(exact).context("rounds")?, Summary::least(miss).context("rounds")?])
}

async fn ask(agent: &Agent, asks: &Arc<Asks>, question: Question, id: u64, expected: Source) -> Result<Duration> {
    let body = Map::from_iter([("prompt".to_owned(), json!(question.prompt))]);
    let deadline = Deadline::now() + Duration::from_secs(20);
    let ask =
        Ask { request_id: id, hotkey: None, asks, question, body: &body, settings: SETTINGS, stake_rao: 0, deadline };
    let started = Instant::now();
    let Told { result, .. } = agent.answer(ask).await;
    let took = started.elapsed();
    match result {
        // A stranger may be near enough to one that is kept: that is a hit of another kind.
        Ok(answered) if answered.source == expected || expected == Source::Solved => Ok(took),
        other => bail!("expected {expected:?}, got {other:?}"),
    }
}
