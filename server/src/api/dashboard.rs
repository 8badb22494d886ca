//! The cached snapshot: built once for all who ask within two seconds, rebuilt ahead of its expiry while it is asked
//! for, and dropped at once when a target or setting changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use lode_shared::Snapshot;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{Api, SNAPSHOT_TTL};
use crate::figures::Figures;

/// From this age on, the next reader starts a rebuild and still gets the old bytes.
const REFRESH_AFTER: Duration = Duration::from_millis(1_500);
/// Ours, those that the router adds, and those of the connection: the map grows for none of them.
const HEADERS: usize = 8;

/// The snapshot as bytes, serialised once.
#[derive(Clone)]
pub struct Dashboard {
    figures: Arc<Figures>,
    newest: Arc<Mutex<Option<Built>>>,
    refreshing: Arc<AtomicBool>,
    refreshes: TaskTracker,
}

/// A snapshot, ready to be sent.
#[derive(Clone)]
struct Built {
    json: Bytes,
    /// The length of `json`, as its header says it.
    length: HeaderValue,
    at: Instant,
    /// Of the tuner, from before the build: not even one that was under way serves old targets.
    revision: u64,
}

impl Dashboard {
    /// Nothing is built until somebody asks.
    pub fn new(figures: Arc<Figures>, refreshes: TaskTracker) -> Self {
        Self { figures, newest: Arc::default(), refreshing: Arc::default(), refreshes }
    }

    /// The snapshot, at most two seconds old.
    fn newest(&self) -> Built {
        let revision = self.figures.revision();
        let mut newest = self.newest.lock();
        let built = match &*newest {
            Some(built) if built.revision == revision && built.at.elapsed() < SNAPSHOT_TTL => built.clone(),
            // Who else asks meanwhile waits for this one.
            _ => newest.insert(self.build(revision)).clone(),
        };
        drop(newest);
        if built.at.elapsed() >= REFRESH_AFTER && !self.refreshing.swap(true, Ordering::AcqRel) {
            let this = self.clone();
            self.refreshes.spawn(async move {
                let built = this.build(revision);
                *this.newest.lock() = Some(built);
                this.refreshing.store(false, Ordering::Release);
            });
        }
        built
    }

    fn build(&self, revision: u64) -> Built {
        let json = self.figures.snapshot_json();
        Built { length: json.len().into(), json, at: Instant::now(), revision }
    }
}

/// The whole snapshot, at most 2 s old.
#[utoipa::path(
    get,
    path = "/api/dashboard",
    tag = "figures",
    responses(
        (status = 200, description = "Everything that the dashboard shows.", body = Snapshot),
    ),
)]
pub async fn get(State(api): State<Arc<Api>>) -> Response {
    let built = api.dashboard.newest();
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_LENGTH, built.length);
    let mut response = Response::new(Body::from(built.json));
    *response.headers_mut() = headers;
    response
}
