//! Marks: how far ahead of our clock an accepted nonce may have been, kept on disk for the next run.
//!
//! A run refuses what was signed before its start, so a request from the run before cannot be replayed to it, unless its
//! sender's clock was ahead. Of such a sender a mark is durable before it is answered: no accepted nonce of it is above.
//! Senders whose clocks are right cost nothing; one that is ahead costs a write a second.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::keys::Hotkey;
use crate::store::{Store, StoreError};

const KEY: &str = "nonce_marks";
/// A mark is set this far above the nonce that needs it, so that the next second's need none.
const STEP_NS: u64 = 1_000_000_000;
/// Senders that are ahead at the same time, at most.
const MAX_MARKS: usize = 1_024;
/// A disk that takes longer must not cost us the validator.
const PATIENCE: Duration = Duration::from_millis(500);

/// Nanoseconds since the Unix epoch, by SS58 address.
type Kept = BTreeMap<String, u64>;

/// Keeps marks.
pub struct Marks {
    store: Store,
    kept: Mutex<Kept>,
    /// What is said once is not said again until it was well in between.
    is_failing: AtomicBool,
}

impl Marks {
    /// Those of the run before, and where those of this one go.
    pub fn load(store: Store) -> Result<(Self, HashMap<Hotkey, u64>), StoreError> {
        let kept: Kept = store.get(KEY)?.unwrap_or_default();
        let before = kept.iter().filter_map(|(address, mark)| Some((address.parse().ok()?, *mark))).collect();
        Ok((Self { store, kept: Mutex::new(kept), is_failing: AtomicBool::new(false) }, before))
    }

    /// Returns when a mark above `nonce_ns` is on disk, if it needs one, or when the disk takes too long.
    pub async fn cover(&self, hotkey: Hotkey, nonce_ns: u64, now_ns: u64) {
        if nonce_ns <= now_ns {
            return;
        }
        let fault = match timeout(PATIENCE, self.write(hotkey, nonce_ns, now_ns)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the disk does not answer".to_owned()),
        };
        let failed_before = self.is_failing.swap(fault.is_some(), Ordering::Relaxed);
        if let Some(fault) = fault.filter(|_| !failed_before) {
            tracing::warn!("{fault}: requests that are ahead of our clock could be replayed after a restart");
        }
    }

    async fn write(&self, hotkey: Hotkey, nonce_ns: u64, now_ns: u64) -> Result<(), MarkError> {
        let address = hotkey.to_string();
        // Held while writing: maps must land in the order in which they grew.
        let mut kept = self.kept.lock().await;
        if kept.get(&address).is_some_and(|mark| nonce_ns <= *mark) {
            return Ok(());
        }
        let mut next: Kept =
            kept.iter().filter(|(_, mark)| **mark > now_ns).map(|(at, mark)| (at.clone(), *mark)).collect();
        if next.len() >= MAX_MARKS && !next.contains_key(&address) {
            return Err(MarkError::TooMany);
        }
        next.insert(address, nonce_ns.saturating_add(STEP_NS));
        self.store.put(KEY, &next).await?;
        *kept = next;
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum MarkError {
    #[error("more than {MAX_MARKS} senders have clocks that are ahead (is ours behind?)")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}
