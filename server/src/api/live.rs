//! The live stream: one snapshot a second, built once for all open tabs, and not at all while none is open.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::CancellationToken;

use super::Api;
use crate::figures::Figures;

const PERIOD: Duration = Duration::from_secs(1);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A snapshot older than this is not sent to a tab that has just opened: it gets a fresh one.
const FRESH: Duration = Duration::from_millis(1_500);

/// Publishes snapshots to open tabs.
pub struct LiveFeed {
    figures: Arc<Figures>,
    sender: watch::Sender<Option<(Instant, Bytes)>>,
}

impl LiveFeed {
    /// Nobody is listening yet.
    pub fn new(figures: Arc<Figures>) -> Self {
        Self { figures, sender: watch::Sender::new(None) }
    }

    /// Publishes until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if self.sender.receiver_count() > 0 {
                self.publish();
            }
        }
    }

    fn publish(&self) {
        self.sender.send_replace(Some((Instant::now(), self.figures.snapshot_json())));
    }

    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        let receiver = self.sender.subscribe();
        let stale = receiver.borrow().as_ref().is_none_or(|(at, _)| at.elapsed() > FRESH);
        if stale {
            self.publish();
        }
        WatchStream::new(receiver).filter_map(|published| std::future::ready(published.map(|(_, json)| json)))
    }
}

/// `GET /api/v1/live`
pub async fn get(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let events = api.live.subscribe().map(|json| {
        let text = std::str::from_utf8(&json).unwrap_or_default();
        Ok::<_, Infallible>(Event::default().data(text))
    });
    // An open stream would keep the server from draining.
    let events = events.take_until(api.stop.clone().cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
