//! The cached snapshot: built once for all who ask within two seconds, rebuilt ahead of its expiry while it is asked
//! for, and dropped at once when a target or setting changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use moka::future::Cache;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{Api, SNAPSHOT_TTL};
use crate::figures::Figures;

/// From this age on, the next reader starts a rebuild and still gets the old bytes.
const REFRESH_AFTER: Duration = Duration::from_millis(1_500);

/// The snapshot as bytes, serialised once.
#[derive(Clone)]
pub struct Dashboard {
    figures: Arc<Figures>,
    /// By the tuner's revision: a change makes another key, so not even a build that was under way serves old targets.
    cache: Cache<u64, Built>,
    refreshing: Arc<AtomicBool>,
    refreshes: TaskTracker,
}

#[derive(Clone)]
struct Built {
    json: Bytes,
    at: Instant,
}

impl Dashboard {
    /// Nothing is built until somebody asks.
    pub fn new(figures: Arc<Figures>, refreshes: TaskTracker) -> Self {
        let cache = Cache::builder().max_capacity(2).time_to_live(SNAPSHOT_TTL).build();
        Self { figures, cache, refreshing: Arc::default(), refreshes }
    }

    /// The snapshot's JSON, at most two seconds old.
    pub async fn json(&self) -> Bytes {
        let revision = self.figures.revision();
        let built = self.cache.get_with(revision, async { self.build() }).await;
        if built.at.elapsed() >= REFRESH_AFTER && !self.refreshing.swap(true, Ordering::AcqRel) {
            let this = self.clone();
            self.refreshes.spawn(async move {
                this.cache.insert(revision, this.build()).await;
                this.refreshing.store(false, Ordering::Release);
            });
        }
        built.json
    }

    fn build(&self) -> Built {
        Built { json: self.figures.snapshot_json(), at: Instant::now() }
    }
}

/// `GET /api/dashboard`
pub async fn get(State(api): State<Arc<Api>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], api.dashboard.json().await)
}
