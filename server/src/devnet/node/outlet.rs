//! The way out to one client.

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Messages that may wait for a client. One that reads so little loses the rest.
const MAX_MESSAGES: usize = 256;

/// A message, and when it was ready.
pub(super) type Ready = (Instant, String);

/// Where answers and notifications for one client go, in their order.
#[derive(Clone)]
pub(super) struct Outlet(mpsc::Sender<Ready>);

impl Outlet {
    pub(super) fn new() -> (Self, mpsc::Receiver<Ready>) {
        let (sender, messages) = mpsc::channel(MAX_MESSAGES);
        (Self(sender), messages)
    }

    pub(super) fn push(&self, message: &Value) {
        // A client that is gone, or does not read, misses it.
        let _ = self.0.try_send((Instant::now(), message.to_string()));
    }
}
