//! Reads bodies, bounded each and all together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::refusal::Refusal;

/// A sender has this long for its whole body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// A body up to this is bounded well enough by the number of requests in flight.
const SMALL_BYTES: usize = 64 * KIB;
/// Larger bodies held at the same time, in all. A parsed body takes a multiple of its text.
const ALL_BODIES_BYTES: usize = 64 * 1024 * 1024;
const KIB: usize = 1_024;
/// Parsing or hashing more than this would hold up the other requests of its thread.
const READ_APART_BYTES: usize = 256 * KIB;

/// The room for bodies.
pub struct Bodies {
    kib: Arc<Semaphore>,
}

/// A body as it came. Its room is free again when it is dropped.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// All of it free.
    #[expect(clippy::new_without_default, reason = "made once, by the composition root")]
    pub fn new() -> Self {
        Self { kib: Arc::new(Semaphore::new(ALL_BODIES_BYTES / KIB)) }
    }

    /// Reads the body in `slot`, of `limit` bytes at most. It stays there, unread or half read, when it is refused.
    pub(super) async fn receive(
        &self,
        headers: &HeaderMap,
        slot: &mut Option<Body>,
        limit: usize,
    ) -> Result<Received, Refusal> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let length = announced.unwrap_or(limit);
        if length > limit {
            return Err(Refusal::BodyTooLarge(limit));
        }
        let mut room = self.reserve(length)?;
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
        Ok(Received { bytes, _room: room })
    }

    fn reserve(&self, length: usize) -> Result<Option<OwnedSemaphorePermit>, Refusal> {
        if length <= SMALL_BYTES {
            return Ok(None);
        }
        let kib = length.min(ALL_BODIES_BYTES).div_ceil(KIB) as u32;
        let room = Arc::clone(&self.kib).try_acquire_many_owned(kib);
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
