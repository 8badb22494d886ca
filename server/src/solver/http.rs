//! Answers by an HTTP service: the task's fields go out as one JSON object, the answer's fields come back as one. Where the
//! answer is streamed, the service may send its text instead, as `text/…`, bit by bit.

use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver, Write};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// An answer larger than this is a fault of the service, not an answer.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// A service that solves tasks.
pub struct HttpSolver {
    client: reqwest::Client,
    url: Url,
}

impl HttpSolver {
    /// Posts to `url`.
    pub fn new(url: Url) -> Result<Self, reqwest::Error> {
        // A task is the validator's data: it goes where the operator said, and follows no redirect elsewhere.
        let mut client =
            reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if is_loopback(&url) {
            // A proxy would look for the service on its own machine.
            client = client.no_proxy();
        }
        Ok(Self { client: client.build()?, url })
    }

    async fn post(&self, task: &Task, write: Write<'_>) -> Result<Map<String, Value>, SolveError> {
        // Never the URL in an error: it may hold credentials.
        let upstream = |error: reqwest::Error| {
            let error = anyhow::Error::from(error.without_url());
            SolveError::Upstream(format!("the solver at {} failed: {error:#}", self.origin()))
        };
        let mut response = self.client.post(self.url.clone()).json(&task.fields).send().await.map_err(upstream)?;
        let status = response.status();
        if !status.is_success() {
            return Err(SolveError::Upstream(format!("the solver at {} answered {status}", self.origin())));
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let streams = task.streams.as_ref().filter(|_| content_type.is_some_and(is_text));
        let mut body = Vec::new();
        let mut passed_on = 0;
        while let Some(chunk) = response.chunk().await.map_err(upstream)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SolveError::BadAnswer(format!("the solver at {} answered too much", self.origin())));
            }
            body.extend_from_slice(&chunk);
            if streams.is_some() {
                let text = whole_characters(&body[passed_on..]);
                let text = text
                    .ok_or_else(|| SolveError::BadAnswer(format!("the solver at {} sent no UTF-8", self.origin())))?;
                write(text);
                passed_on += text.len();
            }
        }
        if let Some(field) = streams {
            let text = String::from_utf8(body);
            let text =
                text.map_err(|_| SolveError::BadAnswer(format!("the solver at {} sent no UTF-8", self.origin())))?;
            return Ok(Map::from_iter([(field.clone(), text.into())]));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(SolveError::BadAnswer(format!("the solver at {} answered no JSON object", self.origin()))),
        }
    }

    fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

fn is_text(content_type: &str) -> bool {
    content_type.split_once('/').is_some_and(|(kind, _)| kind.trim().eq_ignore_ascii_case("text"))
}

/// What can be shown of text that is still coming: a chunk may end inside a character. Nothing if it is no UTF-8.
fn whole_characters(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_some() => None,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl Solver for HttpSolver {
    fn solve<'a>(&'a self, task: &'a Task, call: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        self.post(task, call.write).map(|answer| answer.map(Solved::from)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_passed_on_up_to_its_last_whole_character() {
        let text = "é€😀";
        for end in 0..=text.len() {
            let shown = whole_characters(&text.as_bytes()[..end]).expect("UTF-8 so far");
            assert!(text.starts_with(shown) && end - shown.len() < 4, "{end}: {shown}");
        }
        assert_eq!(whole_characters(b"ok\xffno"), None, "what is no UTF-8 is never passed on");
    }
}
