//! One request on its way: what is learned of it. It is counted however it ends, also when its sender hangs up first.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::body::Body as _;
use lode_shared::Source;
use tokio::time::{Instant, timeout};

use super::Axon;
use crate::agent::Stages;
use crate::keys::Hotkey;
use crate::recorder::{Outcome, Record};

/// A body that nobody wants is read up to this much and this long, to keep its connection.
const MAX_DRAINED_BYTES: usize = 64 * 1024;
const DRAIN_TIMEOUT: Duration = Duration::from_millis(50);

pub(super) struct Call {
    pub(super) axon: Arc<Axon>,
    pub(super) started: Instant,
    /// Taken when its sender is proven.
    pub(super) body: Option<Body>,
    /// The sender, when proven.
    pub(super) hotkey: Option<Hotkey>,
    /// Its number.
    pub(super) id: u64,
    /// Its synapse, when known.
    pub(super) synapse: Option<Arc<str>>,
    /// Until its sender and body were proven.
    pub(super) verified: Option<Duration>,
    /// What the agent's stages took.
    pub(super) stages: Stages,
    /// Who solved it.
    pub(super) solver: Option<Arc<str>>,
    /// Whether its question may be answered from memory; absent until it is known to ask one.
    pub(super) cacheable: Option<bool>,
    is_counted: bool,
}

impl Call {
    pub(super) fn new(axon: Arc<Axon>, body: Body) -> Self {
        let id = axon.recorder.next_id();
        Self {
            axon,
            started: Instant::now(),
            body: Some(body),
            hotkey: None,
            id,
            synapse: None,
            verified: None,
            stages: Stages::default(),
            solver: None,
            cacheable: None,
            is_counted: false,
        }
    }

    /// Counts it.
    pub(super) fn end(&mut self, outcome: Outcome) {
        self.is_counted = true;
        let (at_ms, took) = (self.axon.clock.now_ms(), self.started.elapsed());
        self.axon.recorder.record(&Record {
            hotkey: self.hotkey,
            synapse: self.synapse.clone(),
            solver: self.solver.clone(),
            verify: self.verified,
            stages: self.stages,
            ..Record::new(self.id, at_ms, outcome, took)
        });
    }

    /// Counts it as answered.
    pub(super) fn end_answered(&mut self, source: Source) {
        self.end(Outcome::Answered { source, cacheable: self.cacheable.unwrap_or(false) });
    }

    /// Whether the connection is ready for the next request. A small body that nobody wanted is read and dropped for that.
    pub(super) async fn is_read_whole(&mut self) -> bool {
        match &mut self.body {
            None => true,
            Some(body) if body.is_end_stream() => true,
            Some(body) => {
                let rest = Limited::new(body, MAX_DRAINED_BYTES).collect();
                timeout(DRAIN_TIMEOUT, rest).await.is_ok_and(|read| read.is_ok())
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_counted {
            let reason = if std::thread::panicking() { "panicked" } else { "disconnected" };
            // A validator that did not wait for its answer counts as a failure: we were too slow for it.
            self.end(match self.cacheable {
                Some(cacheable) => Outcome::Failed { reason, cacheable },
                None => Outcome::Refused(reason),
            });
        }
    }
}
