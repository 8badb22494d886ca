//! Reads bodies, bounded each and all together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::refusal::Refusal;

/// A sender has this long for its whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A body up to this is bounded well enough by the number of requests in flight.
const SMALL_BYTES: usize = 64 * KIB;
/// Larger bodies held at the same time, in all; also the most that one may have. A parsed body takes a multiple of its text.
pub const ALL_BODIES_BYTES: usize = 64 * 1024 * 1024;
/// The same of senders who are not proven yet…
const UNPROVEN_BYTES: usize = 8 * 1024 * 1024;
/// …and how many bodies of any size they may have under way.
const UNPROVEN_BODIES: usize = 256;
const KIB: usize = 1_024;
/// Parsing or hashing more than this would hold up the other requests of its thread.
const READ_APART_BYTES: usize = 256 * KIB;

/// The room for bodies.
pub struct Bodies {
    kib: Arc<Semaphore>,
    unproven_kib: Arc<Semaphore>,
    unproven: Arc<Semaphore>,
}

/// The room that a body takes.
pub(super) type Room = Option<OwnedSemaphorePermit>;

/// A body as it came. Its room is free again when that is dropped.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) room: Room,
}

impl Bodies {
    /// All of it free.
    #[expect(clippy::new_without_default, reason = "made once, by the composition root")]
    pub fn new() -> Self {
        let room = |bytes| Arc::new(Semaphore::new(bytes / KIB));
        let unproven = Arc::new(Semaphore::new(UNPROVEN_BODIES));
        Self { kib: room(ALL_BODIES_BYTES), unproven_kib: room(UNPROVEN_BYTES), unproven }
    }

    /// A place for the body of a sender who is not proven yet.
    pub(super) fn unproven_place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.unproven).try_acquire_owned().map_err(|_| Refusal::Overloaded)
    }

    /// Reads the body in `slot`, of `limit` bytes at most. It stays there, unread or half read, when it is refused.
    pub(super) async fn receive(
        &self,
        slot: &mut Option<Body>,
        limit: usize,
        is_proven: bool,
    ) -> Result<Received, Refusal> {
        // Without a length it may be as much as the limit.
        let announced = slot.as_ref().and_then(|body| body.size_hint().upper());
        let length = announced.map_or(limit, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if length > limit {
            return Err(Refusal::BodyTooLarge(limit));
        }
        let mut room = self.reserve(length, is_proven)?;
        let bytes = match slot.as_mut() {
            None => Bytes::new(),
            Some(body) => match timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await {
                Ok(Ok(collected)) => collected.to_bytes(),
                Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Refusal::BodyTooLarge(limit)),
                Ok(Err(_)) | Err(_) => return Err(Refusal::BodyBroken),
            },
        };
        *slot = None;
        if let Some(room) = &mut room {
            // Without a length the most that it could be was reserved.
            drop(room.split(room.num_permits().saturating_sub(bytes.len().div_ceil(KIB))));
        }
        Ok(Received { bytes, room })
    }

    fn reserve(&self, length: usize, is_proven: bool) -> Result<Room, Refusal> {
        if length <= SMALL_BYTES {
            return Ok(None);
        }
        let room = if is_proven { &self.kib } else { &self.unproven_kib };
        let room = Arc::clone(room).try_acquire_many_owned(length.div_ceil(KIB) as u32);
        room.map(Some).map_err(|_| Refusal::Overloaded)
    }
}

impl Received {
    /// What `work` makes of the body, off the async threads when it is large.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&[u8]) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        if self.bytes.len() <= READ_APART_BYTES {
            return work(&self.bytes);
        }
        let bytes = self.bytes.clone();
        spawn_blocking(move || work(&bytes)).await.map_err(|_| Refusal::BodyBroken)?
    }
}

/// The fields of a body.
pub(super) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::BodyBroken)?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Refusal::BadBody("the body is not a JSON object".into())),
        Err(_) => Err(Refusal::NotJson),
    }
}
