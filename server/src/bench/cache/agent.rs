//! What the agent adds to a solver: from the question to the answer, with a solver that takes no time.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::{BoxFuture, FutureExt, join_all, pending, ready};
use lode_shared::Source;
use serde_json::{Map, json};
use tokio::task::JoinSet;
use tokio::time::Instant as Deadline;
use tokio_util::task::TaskTracker;

use super::table::{Bar, Row, Table};
use super::{LOOKUPS, MAX_TTL, ROUNDS, SETTINGS, START_MS, STRANGERS, Summary, Times, cache_of, prompts};
use crate::agent::{Agent, Ask, Asks, ShadowConfig, Told};
use crate::cache::{AnswerCache, Embedder};
use crate::clock::Clock;
use crate::config::CacheConfig;
use crate::domain::{Limit, Question, Task};
use crate::ports::{SolveCall, SolveError, Solved, Solver};
use crate::recorder::Recorder;

const ENTRIES: u64 = 500;
/// Requests to a solver that hangs, and how long they wait.
const HUNG: u64 = 200;
const PATIENCE: Duration = Duration::from_millis(500);

struct Instantly;

impl Solver for Instantly {
    fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        ready(Ok(Map::from_iter([("actions".to_owned(), json!([{"type": "WaitAction"}]))]).into())).boxed()
    }
}

struct Hanging;

impl Solver for Hanging {
    fn solve<'a>(&'a self, _: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        pending().boxed()
    }
}

/// On a worker, where requests are answered.
pub(super) async fn measure(table: &mut Table<'_, impl Write>) -> Result<()> {
    let mut worker = JoinSet::new();
    worker.spawn(overtime());
    let late_ms = worker.join_next().await.context("a task")???;
    let what = format!("agent, {HUNG} requests at once to a solver that hangs: past the deadline, ms");
    table.figure(&what, late_ms, 1, "at most 20", late_ms <= 20.0)?;
    let mut worker = JoinSet::new();
    worker.spawn(times());
    let [exact, miss] = worker.join_next().await.context("a task")???;
    table.row(&Row::new("agent, exact hit").times(exact).bar(Bar::P99(20.0)))?;
    table.row(&Row::new("agent, miss, 500 entries, beside the solver").times(miss).bar(Bar::P99(100.0)))
}

/// How long after its deadline the last of many requests to a solver that hangs is answered, milliseconds.
async fn overtime() -> Result<f64> {
    let agent = agent_over(Arc::new(cache_of(ENTRIES)));
    let asks = Arc::new(Asks::plain("prompt", "actions", Arc::new(Hanging)));
    let deadline = Deadline::now() + PATIENCE;
    let asked = (0..HUNG).map(|number| {
        let (agent, asks) = (&agent, &asks);
        async move {
            let question = prompts::question(number, 0);
            let body = Map::from_iter([("prompt".to_owned(), json!(question.prompt))]);
            let settings = SETTINGS;
            let ask =
                Ask { request_id: number, hotkey: None, asks, question, body: &body, settings, stake_rao: 0, deadline };
            let Told { result, .. } = agent.answer(ask).await;
            (result.is_err(), Deadline::now().saturating_duration_since(deadline))
        }
    });
    let ended = join_all(asked).await;
    if ended.iter().any(|(is_err, _)| !is_err) {
        bail!("a solver that hangs has answered");
    }
    let last = ended.into_iter().map(|(_, late)| late).max().context("requests")?;
    Ok(last.as_secs_f64() * 1e3)
}

/// The least times of each question over several rounds: of an exact repeat, and of a question that has to be solved.
async fn times() -> Result<[Summary; 2]> {
    let mut least = vec![[Duration::MAX; 2]; LOOKUPS as usize];
    for _ in 0..ROUNDS {
        let times = round().await?;
        for ([least_exact, least_miss], (hit, miss)) in least.iter_mut().zip(times) {
            *least_exact = hit.map_or(*least_exact, |took| took.min(*least_exact));
            *least_miss = miss.map_or(*least_miss, |took| took.min(*least_miss));
        }
    }
    let [mut hits, mut misses] = [Times::new(), Times::new()];
    for [hit, miss] in least {
        if hit < Duration::MAX {
            hits.add(hit);
        }
        if miss < Duration::MAX {
            misses.add(miss);
        }
    }
    Ok([hits.summary(), misses.summary()])
}

/// Each question is new, and asked again when the next one has been answered. The oldest entries go, so their number stays.
/// What another's answer was near enough for is neither.
async fn round() -> Result<Vec<(Option<Duration>, Option<Duration>)>> {
    let config = CacheConfig { entries: ENTRIES, memory_entries: 0, ..CacheConfig::default() };
    let cache = Arc::new(AnswerCache::new(&config.capacity(MAX_TTL), Embedder::Table));
    let (agent, asks) = (agent_over(cache), Arc::new(Asks::plain("prompt", "actions", Arc::new(Instantly))));
    let (mut times, mut before) = (Vec::new(), None);
    for number in 0..ENTRIES + LOOKUPS {
        let question = prompts::question(STRANGERS + number, 0);
        let (took, source) = ask(&agent, &asks, question.clone(), number).await?;
        let miss = (source == Source::Solved).then_some(took);
        let hit = match before.take() {
            Some(known) => {
                let (took, source) = ask(&agent, &asks, known, number).await?;
                (source == Source::Exact).then_some(took)
            }
            None => None,
        };
        before = miss.map(|_| question);
        // The first ones fill.
        if number >= ENTRIES {
            times.push((hit, miss));
        }
    }
    Ok(times)
}

fn agent_over(cache: Arc<AnswerCache>) -> Agent {
    let recorder = Arc::new(Recorder::new(100, None, 1));
    let clock = Clock::from_fn(|| START_MS * 1_000_000);
    Agent::new(cache, recorder, TaskTracker::new(), Limit::Fixed(HUNG as usize), ShadowConfig::default(), clock)
}

async fn ask(agent: &Agent, asks: &Arc<Asks>, question: Question, id: u64) -> Result<(Duration, Source)> {
    let body = Map::from_iter([("prompt".to_owned(), json!(question.prompt))]);
    let deadline = Deadline::now() + Duration::from_secs(20);
    let settings = SETTINGS;
    let ask = Ask { request_id: id, hotkey: None, asks, question, body: &body, settings, stake_rao: 0, deadline };
    let started = Instant::now();
    let Told { result, .. } = agent.answer(ask).await;
    let took = started.elapsed();
    Ok((took, result.context("an answer")?.source))
}
