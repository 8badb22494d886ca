//! The live stream: one snapshot a second, built and framed once for all open tabs, and not at all while none is open.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use futures_util::stream::unfold;
use futures_util::{Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use lode_shared::Snapshot;

use super::Api;
use crate::figures::Figures;

const PERIOD: Duration = Duration::from_secs(1);
/// After this long without a snapshot a tab gets a comment instead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b":\n\n");
/// A snapshot older than this is not sent to a tab that has just opened: it gets a fresh one.
const FRESH: Duration = Duration::from_millis(1_500);

/// The newest event.
type Newest = Option<Published>;
type Receiver = watch::Receiver<Newest>;

/// An event, and when and of what it was made.
struct Published {
    event: Bytes,
    at: Instant,
    /// Of targets and settings.
    revision: u64,
}

/// Publishes snapshots to open tabs.
pub struct LiveFeed {
    figures: Arc<Figures>,
    sender: watch::Sender<Newest>,
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
        // Read first: a change meanwhile makes it out of date.
        let revision = self.figures.revision();
        let event = event(&self.figures.snapshot_json());
        self.sender.send_replace(Some(Published { event, at: Instant::now(), revision }));
    }

    /// Whether a tab that has just opened may be shown this: a change that it has asked for must be in it.
    fn is_fresh(&self, newest: &Newest) -> bool {
        let fresh = |newest: &Published| newest.at.elapsed() <= FRESH && newest.revision == self.figures.revision();
        newest.as_ref().is_some_and(fresh)
    }

    /// Events as they go over the wire, the newest at once.
    fn subscribe(&self) -> impl Stream<Item = Bytes> + use<> {
        let mut receiver = self.sender.subscribe();
        let is_fresh = self.is_fresh(&receiver.borrow());
        if !is_fresh {
            self.publish();
        }
        receiver.mark_changed();
        unfold(receiver, next)
    }
}

/// The next event; a comment when there is none for long; nothing more when the feed has ended. A tab that is slow to read
/// gets the newest, not all.
async fn next(mut receiver: Receiver) -> Option<(Bytes, Receiver)> {
    loop {
        match timeout(KEEP_ALIVE, receiver.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => return Some((COMMENT, receiver)),
        }
        let event = receiver.borrow_and_update().as_ref().map(|newest| newest.event.clone());
        if let Some(event) = event {
            return Some((event, receiver));
        }
    }
}

/// One server-sent event. JSON as we write it is one line.
fn event(json: &[u8]) -> Bytes {
    [b"data: ", json, b"\n\n"].concat().into()
}

/// The same as server-sent events, one a second.
#[utoipa::path(
    get,
    path = "/api/v1/live",
    tag = "figures",
    responses(
        (status = 200, description = "Server-sent events: after `data: ` each has a whole snapshot on one line. After 15 s without one comes a comment.", body = Snapshot, content_type = "text/event-stream"),
    ),
)]
pub async fn get(State(api): State<Arc<Api>>) -> impl IntoResponse {
    // An open stream would keep the server from draining.
    let events = api.live.subscribe().take_until(api.stop.clone().cancelled_owned());
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(events.map(Ok::<_, Infallible>)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_tab_gets_the_newest_event_and_a_comment_when_there_is_none_for_long() {
        let sender = watch::Sender::new(None);
        let (sent, receiver) = next(sender.subscribe()).await.expect("the feed goes on");
        assert_eq!(sent, COMMENT);
        for json in [b"1", b"2"] {
            sender.send_replace(Some(Published { event: event(json), at: Instant::now(), revision: 0 }));
        }
        let (sent, receiver) = next(receiver).await.expect("the feed goes on");
        assert_eq!(&sent[..], b"data: 2\n\n");
        drop(sender);
        assert!(next(receiver).await.is_none(), "the feed has ended");
    }
}
