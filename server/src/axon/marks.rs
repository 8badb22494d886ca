//! Marks: how far ahead of our clock an accepted nonce may have been, kept on disk for the next run.
//!
//! A run refuses what was signed before its start, so a request from the run before cannot be replayed to it, unless its
//! sender's clock was ahead. Of such a sender a mark is durable before it is answered: no accepted nonce of it is above.
//! Senders whose clocks are right cost nothing; one that is ahead costs a write a second.

use std::collections::{BTreeMap, HashMap};
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
}

impl Marks {
    /// Those of the run before, and where those of this one go.
    pub fn load(store: Store) -> Result<(Self, HashMap<Hotkey, u64>), StoreError> {
        let kept: Kept = store.get(KEY)?.unwrap_or_default();
        let before = kept.iter().filter_map(|(address, mark)| Some((address.parse().ok()?, *mark))).collect();
        Ok((Self { store, kept: Mutex::new(kept) }, before))
    }

    /// Returns when a mark above `nonce_ns` is on disk, if it needs one.
    pub async fn cover(&self, hotkey: Hotkey, nonce_ns: u64, now_ns: u64) {
        if nonce_ns <= now_ns {
            return;
        }
        let address = hotkey.to_string();
        // Held while writing: maps must land in the order in which they grew.
        let mut kept = self.kept.lock().await;
        if kept.get(&address).is_some_and(|mark| nonce_ns <= *mark) {
            return;
        }
        let mut next: Kept =
            kept.iter().filter(|(_, mark)| **mark > now_ns).map(|(at, mark)| (at.clone(), *mark)).collect();
        if next.len() >= MAX_MARKS {
            return tracing::warn!("more than {MAX_MARKS} senders have clocks that are ahead; is ours behind?");
        }
        next.insert(address, nonce_ns.saturating_add(STEP_NS));
        match timeout(PATIENCE, self.store.put(KEY, &next)).await {
            Ok(Ok(())) => *kept = next,
            Ok(Err(error)) => {
                tracing::warn!("{error}: a request that is ahead of our clock could be replayed after a restart")
            }
            Err(_) => tracing::warn!(
                "the disk is slow: a request that is ahead of our clock could be replayed after a restart"
            ),
        }
    }
}
