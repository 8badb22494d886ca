//! Answers by an HTTP service: the task's fields go out as one JSON object, the answer's fields come back as one.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::domain::Task;
use crate::ports::{SolveError, Solver};

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

    async fn post(&self, task: &Task) -> Result<Map<String, Value>, SolveError> {
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
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(upstream)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SolveError::BadAnswer(format!("the solver at {} answered too much", self.origin())));
            }
            body.extend_from_slice(&chunk);
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl Solver for HttpSolver {
    fn solve<'a>(&'a self, task: &'a Task) -> BoxFuture<'a, Result<Map<String, Value>, SolveError>> {
        self.post(task).boxed()
    }
}
