//! The solver against services of all kinds.

mod faults;
mod spending;
mod streaming;
mod structured;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::domain::{Answer, Question, Template};
use crate::ports::Example;
use upstream::{Upstream, completion};

const KEY: &str = "sk-0123456789abcdef";

/// A solver at `base`, and what is different about it.
fn solver_at(base: &str, change: impl FnOnce(&mut Setup)) -> OpenAiSolver {
    rustls::crypto::ring::default_provider().install_default().ok();
    let form = Form {
        model: "m".into(),
        system: None,
        user: Template::parse("{prompt}"),
        chat: None,
        roles: None,
        examples: 0,
        answer: "completion".into(),
        temperature: None,
        max_tokens: None,
        shape: None,
    };
    let url = endpoint(base).expect("a base URL");
    let mut setup = Setup { url, key: None, form, prices: None, budget_usd_per_hour: None };
    change(&mut setup);
    OpenAiSolver::new(setup, Arc::default()).expect("a client")
}

fn task(prompt: &str) -> Task {
    let question = Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() };
    Task { question, fields: Map::new(), streams: None }
}

fn alone() -> SolveCall<'static> {
    SolveCall::alone(Instant::now() + Duration::from_secs(20))
}

async fn solve(solver: &OpenAiSolver) -> Result<Solved, SolveError> {
    solver.solve(&task("What is it?"), alone()).await
}

#[tokio::test]
async fn a_prompt_goes_out_and_a_text_comes_back() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    let solver = solver_at(&upstream.base, |setup| {
        setup.key = ApiKey::new(KEY);
        setup.form.system = Some(Template::parse("Be brief."));
        (setup.form.temperature, setup.form.max_tokens) = (Some(0.5), Some(64));
        setup.prices = Some(Prices { input: 1.0, output: 2.0 });
    });
    let solved = solve(&solver).await.expect("an answer");
    assert_eq!(Value::Object(solved.fields), json!({"completion": "A stone."}));
    assert!((solved.cost_usd.expect("prices") - 210e-6).abs() < 1e-12, "ten tokens and a hundred");
    let messages =
        [json!({"role": "system", "content": "Be brief."}), json!({"role": "user", "content": "What is it?"})];
    assert_eq!(
        upstream.asked(),
        [json!({"model": "m", "messages": messages, "temperature": 0.5, "max_tokens": 64})],
        "and nothing else"
    );
    assert_eq!(upstream.header("authorization").expect("sent"), format!("Bearer {KEY}"));
}

#[tokio::test]
async fn without_prices_nobody_knows_what_it_cost() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    assert_eq!(solve(&solver_at(&upstream.base, |_| ())).await.expect("an answer").cost_usd, None);
    assert_eq!(upstream.header("authorization"), None, "nor is there a key");
}

#[tokio::test]
async fn examples_are_asked_for_and_sent() {
    let upstream = Upstream::start(|_| completion("A stone.")).await;
    let solver = solver_at(&upstream.base, |setup| setup.form.examples = 2);
    let examples = |count| {
        assert_eq!(count, 2);
        let fields = Map::from_iter([("completion".to_owned(), json!("A tree."))]);
        let answer = Arc::new(Answer::new(&fields, 1, "s".into()));
        vec![Example { prompt: "What was it?".into(), answer }]
    };
    let call = SolveCall { examples: &examples, ..alone() };
    solver.solve(&task("What is it?"), call).await.expect("an answer");
    let said = ["What was it?", "A tree.", "What is it?"];
    let messages = &upstream.asked()[0]["messages"];
    assert_eq!(said.map(|text| json!(text)), [0, 1, 2].map(|at: usize| messages[at]["content"].clone()));
}
