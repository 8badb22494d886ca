//! Answers by a model behind an OpenAI-compatible `/chat/completions`: vLLM, Ollama, `LiteLLM`, Chutes, OpenAI. The task becomes
//! a conversation; what comes back is the answer's text, or JSON after a schema. Nothing is asked twice but for one repair of
//! JSON that does not fit: who asks whom again is for other solvers to say.

mod budget;
mod reply;
mod request;
mod service;
mod shape;
mod spending;
mod stream;

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Response;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use url::Url;

pub use budget::Prices;
pub use request::Form;
pub use service::{ApiKey, endpoint};
pub use shape::{ResponseFormat, Shape};

use super::client::body;
use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver, Write};
use reply::{Reply, ReplyError};
use request::Message;
use service::Service;
use shape::Misfit;
pub use spending::Purse;
use spending::Spending;

/// Of an answer that does not fit, the model sees no more than this again.
const MAX_REPAIR_CHARS: usize = 32 * 1024;

/// What a solver is made of.
pub struct Setup {
    /// Where the chat completions are; see [`endpoint`].
    pub url: Url,
    /// The key, where one is asked for.
    pub key: Option<ApiKey>,
    /// How tasks become conversations.
    pub form: Form,
    /// What tokens cost.
    pub prices: Option<Prices>,
    /// US dollars that may be spent in an hour, by those prices.
    pub budget_usd_per_hour: Option<f64>,
}

/// A model that solves tasks.
pub struct OpenAiSolver {
    service: Service,
    form: Form,
    spending: Spending,
}

/// A reply that holds an answer's text, and what it cost.
struct Text {
    text: String,
    cost_usd: Option<f64>,
}

impl OpenAiSolver {
    /// Sets it up, to go on spending from `purse`; fails where there can be no HTTP client.
    pub fn new(setup: Setup, purse: Arc<Purse>) -> Result<Self, reqwest::Error> {
        let Setup { url, key, form, prices, budget_usd_per_hour } = setup;
        let max_tokens = form.max_tokens.unwrap_or_default().into();
        Ok(Self {
            service: Service::new(url, key, form.model.clone())?,
            form,
            spending: Spending::new(prices, budget_usd_per_hour, max_tokens, purse),
        })
    }

    async fn answer(&self, task: &Task, call: &SolveCall<'_>) -> Result<Solved, SolveError> {
        let began = Instant::now();
        let examples = if self.form.examples > 0 { (call.examples)(self.form.examples) } else { Vec::new() };
        let mut messages = self.form.messages(task, examples)?;
        let Some(shape) = &self.form.shape else {
            let Text { text, cost_usd } = self.ask(&messages, task.streams.is_some().then_some(call.write)).await?;
            let fields = Map::from_iter([(self.form.answer_field(task).to_owned(), Value::String(text))]);
            return Ok(Solved { fields, cost_usd, by: None });
        };
        // JSON is not the text that validators read along: a structured answer comes whole.
        let first = self.ask(&messages, None).await?;
        let Misfit { what, detail } = match shape.read(&first.text) {
            Ok(fields) => return Ok(Solved { fields, cost_usd: first.cost_usd, by: None }),
            Err(misfit) => misfit,
        };
        let misfit = |what: &str| self.bad(&format!("the model's answer does not fit the schema: {what}"));
        let now = Instant::now();
        if !leaves_time(began, now, call.deadline) {
            return Err(misfit(&what));
        }
        messages.push(Message::new("assistant", first.text.chars().take(MAX_REPAIR_CHARS).collect::<String>()));
        messages.push(Message::new(
            "user",
            format!(
                "That answer does not fit the schema:\n{detail}\nAnswer again with the corrected JSON object alone."
            ),
        ));
        let second = self.ask(&messages, None).await?;
        let fields =
            shape.read(&second.text).map_err(|Misfit { what, .. }| misfit(&format!("{what} (asked twice)")))?;
        let cost_usd = first.cost_usd.zip(second.cost_usd).map(|(first, second)| first + second);
        Ok(Solved { fields, cost_usd, by: None })
    }

    /// One call.
    async fn ask(&self, messages: &[Message], write: Option<Write<'_>>) -> Result<Text, SolveError> {
        let request = self.form.body(messages, write.is_some());
        let held = self.spending.hold(request.len())?;
        let response = match self.service.post(request, messages).await {
            Ok(response) => response,
            Err(refused) => {
                if refused.is_free {
                    held.release();
                }
                return Err(refused.error);
            }
        };
        let reply = match write {
            Some(write) if is_event_stream(&response) => stream::read(body(response), write).await,
            Some(write) => reply::read(body(response)).await.inspect(|reply| write(&reply.text)),
            None => reply::read(body(response)).await,
        };
        let reply = reply.map_err(|error| {
            let text = format!("{}: {}", self.service.name(), self.service.quotable(&error.to_string(), messages));
            match error {
                ReplyError::Broken(_) => SolveError::Upstream(text),
                ReplyError::Malformed(_) => SolveError::BadAnswer(text),
            }
        })?;
        let cost_usd = held.settle(reply.usage);
        self.text(reply).map(|text| Text { text, cost_usd })
    }

    /// The answer in a reply, if it is one.
    fn text(&self, reply: Reply) -> Result<String, SolveError> {
        let Reply { text, refusal, finish_reason, .. } = reply;
        let is_empty = text.trim().is_empty();
        match finish_reason.as_deref() {
            Some("length") if is_empty || self.form.shape.is_some() => {
                Err(self.bad("the model's answer was cut off; raise max_tokens"))
            }
            Some("content_filter") if is_empty => Err(self.bad("a content filter took the model's answer")),
            _ if is_empty && refusal.is_some() => Err(self.bad("the model declined to answer")),
            _ if is_empty => Err(self.bad("the model's answer is empty")),
            _ => Ok(text),
        }
    }

    fn bad(&self, what: &str) -> SolveError {
        SolveError::BadAnswer(format!("{}: {what}", self.service.name()))
    }
}

impl Solver for OpenAiSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        let deadline = call.deadline;
        async move { timeout_at(deadline, self.answer(task, &call)).await.unwrap_or(Err(SolveError::Late)) }.boxed()
    }
}

/// Whether there is time to ask once more, as long as it took at first.
fn leaves_time(began: Instant, now: Instant, deadline: Instant) -> bool {
    now + now.duration_since(began) < deadline
}

fn is_event_stream(response: &Response) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.trim_start().get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case("text/event-stream"))
}

#[cfg(test)]
mod tests;
