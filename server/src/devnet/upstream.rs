//! The demo's solver service: the web rules behind HTTP, as slow and as fallible as a real model. It shows what memory
//! saves, and takes the same way as an operator's own service.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::DevnetConfig;
use crate::domain::{Question, Task};
use crate::ports::{SolveCall, Solver};
use crate::solver::RulesSolver;

/// The service's state.
pub struct Upstream {
    rules: RulesSolver,
    delay_ms: [u64; 2],
    failure_share: f64,
    random: Mutex<StdRng>,
}

impl Upstream {
    /// Its one route.
    pub fn router(config: &DevnetConfig) -> Router {
        let upstream = Self {
            rules: RulesSolver::new(include_str!("../../presets/web-rules.toml")).expect("the rules are tested"),
            delay_ms: config.solver_delay_ms,
            failure_share: config.solver_failure_pct / 100.0,
            random: Mutex::new(StdRng::seed_from_u64(config.seed)),
        };
        Router::new().route("/solve", post(solve)).with_state(Arc::new(upstream))
    }

    /// Most answers are quick, some are slow: the square of a uniform draw between the two ends.
    fn draw(&self) -> (Duration, bool) {
        let mut random = self.random.lock();
        let [fastest, slowest] = self.delay_ms;
        let share = random.random_range(0.0..1.0f64).powi(2);
        let delay_ms = fastest + (share * (slowest - fastest) as f64) as u64;
        (Duration::from_millis(delay_ms), random.random_bool(self.failure_share))
    }
}

async fn solve(
    State(upstream): State<Arc<Upstream>>,
    Json(fields): Json<Map<String, Value>>,
) -> Result<Json<Map<String, Value>>, StatusCode> {
    let (delay, fails) = upstream.draw();
    sleep(delay).await;
    if fails {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let prompt = fields.get("prompt").and_then(Value::as_str).unwrap_or_default().to_owned();
    let question = Question { synapse: "demo".into(), prompt, scope: String::new() };
    let task = Task { question, fields, streams: None };
    let answer = upstream.rules.solve(&task, SolveCall::alone(Instant::now())).await;
    answer.map(|solved| Json(solved.fields)).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)
}
