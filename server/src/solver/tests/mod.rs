//! Solvers that ask others, against every kind of fault: fakes that do as they are told, on a paused clock.

mod failover;
mod hedge;
mod meter;
mod race;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Map, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::{Question, Task};
use crate::ports::{SolveCall, SolveError, Solved, Solver};

/// What a fake does, in order; at the end it answers.
#[derive(Clone)]
enum Step {
    Wait(u64),
    Write(&'static str),
    Fail(SolveError),
}

use Step::{Fail, Wait, Write};

/// Longer than any deadline here.
const HANG: Step = Wait(24 * 60 * 60 * 1_000);

/// What the test sees of a fake.
#[derive(Default)]
struct Seen {
    calls: AtomicUsize,
    alive: AtomicUsize,
    tokens: Mutex<Vec<CancellationToken>>,
}

struct Fake<F> {
    name: &'static str,
    script: F,
    seen: Arc<Seen>,
}

/// A future that the test counts, until it is dropped.
struct Alive(Arc<Seen>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<F: Fn(usize) -> Vec<Step> + Send + Sync> Solver for Fake<F> {
    fn solve<'a>(&'a self, _: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        Box::pin(async move {
            let steps = (self.script)(self.seen.calls.fetch_add(1, Ordering::Relaxed));
            self.seen.alive.fetch_add(1, Ordering::Relaxed);
            let _alive = Alive(Arc::clone(&self.seen));
            self.seen.tokens.lock().push(call.stop.clone());
            for step in steps {
                match step {
                    Wait(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
                    Write(text) => (call.write)(text),
                    Fail(error) => return Err(error),
                }
            }
            Ok(Map::from_iter([("reply".to_owned(), json!(self.name))]).into())
        })
    }
}

impl Seen {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether nothing of it is left: its futures are gone, its tokens cancelled.
    fn is_gone(&self) -> bool {
        self.alive.load(Ordering::Relaxed) == 0 && self.tokens.lock().iter().all(CancellationToken::is_cancelled)
    }
}

/// A fake that does what `script` says for its first call, its second, …
fn fake(name: &'static str, script: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> (Arc<Meter>, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    (Arc::new(Meter::new(name, "fake", Fake { name, script, seen: Arc::clone(&seen) })), seen)
}

/// The same for every call.
fn always(name: &'static str, steps: &[Step]) -> (Arc<Meter>, Arc<Seen>) {
    let steps = steps.to_vec();
    fake(name, move |_| steps.clone())
}

fn down() -> Step {
    Fail(SolveError::Upstream("down".into()))
}

/// What came of a call.
#[derive(Debug)]
struct Came {
    outcome: Result<Solved, SolveError>,
    /// What was written.
    text: String,
    took_ms: u128,
}

impl Came {
    fn by(&self) -> &str {
        self.outcome.as_ref().expect("an answer").by.as_deref().expect("one of several")
    }

    fn error(&self) -> &SolveError {
        self.outcome.as_ref().expect_err("no answer")
    }
}

async fn ask_with(solver: &dyn Solver, streams: bool, deadline_ms: u64) -> Came {
    let question = Question { synapse: "T".into(), prompt: "p".into(), scope: String::new() };
    let task = Task { question, fields: Map::new(), streams: streams.then(|| "reply".to_owned()) };
    let text = Mutex::new(String::new());
    let write = |bit: &str| text.lock().push_str(bit);
    let started = Instant::now();
    let call = SolveCall { write: &write, ..SolveCall::alone(started + Duration::from_millis(deadline_ms)) };
    let outcome = solver.solve(&task, call).await;
    let text = text.lock().clone();
    Came { outcome, text, took_ms: started.elapsed().as_millis() }
}

async fn ask(solver: &dyn Solver, deadline_ms: u64) -> Came {
    ask_with(solver, false, deadline_ms).await
}

async fn stream(solver: &dyn Solver, deadline_ms: u64) -> Came {
    ask_with(solver, true, deadline_ms).await
}

#[tokio::test(start_paused = true)]
async fn nested_the_innermost_says_its_name() {
    let (a, _) = always("a", &[down()]);
    let (b, _) = always("b", &[Wait(10)]);
    let (c, _) = always("c", &[HANG]);
    let race = Arc::new(Meter::new("r", "race", RaceSolver::new(vec![b, c])));
    let config = FailoverConfig::default();
    let failover = Arc::new(Meter::new("f", "failover", FailoverSolver::new(&config, vec![a, race])));
    let hedge = HedgeSolver::new(&HedgeConfig::default(), vec![failover]);
    let came = ask(&hedge, 10_000).await;
    assert_eq!((came.by(), came.took_ms), ("b", 10));
}
