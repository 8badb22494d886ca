//! Extrinsics that wait for a block, and those who watch them.

use serde_json::{Value, json};

use super::block::{Account, Hash, blake2_256};
use super::outlet::Outlet;
use super::runtime::hex;

/// Extrinsics that may wait. One more is refused, as a real node refuses.
const MAX_WAITING: usize = 64;

/// One that waits.
pub(super) struct Waiting {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
    pub(super) signer: Account,
    pub(super) nonce: u32,
    watcher: Option<Watcher>,
}

/// Who asked to be told what becomes of an extrinsic.
pub(super) struct Watcher {
    pub(super) outlet: Outlet,
    pub(super) subscription: String,
}

impl Waiting {
    pub(super) fn new(bytes: Vec<u8>, signer: Account, nonce: u32, watcher: Option<Watcher>) -> Self {
        Self { hash: blake2_256(&bytes), bytes, signer, nonce, watcher }
    }

    pub(super) fn notify(&self, status: &Value) {
        if let Some(watcher) = &self.watcher {
            watcher.outlet.push(&json!({
                "jsonrpc": "2.0",
                "method": "author_extrinsicUpdate",
                "params": {"result": status, "subscription": watcher.subscription},
            }));
        }
    }

    /// It is in this block, which is final at once.
    pub(super) fn notify_included(&self, block: Hash) {
        self.notify(&json!({"inBlock": hex(block)}));
        self.notify(&json!({"finalized": hex(block)}));
    }
}

/// Why the pool has no place for a valid extrinsic.
#[derive(Debug, Clone, Copy)]
pub(super) enum NoPlace {
    /// It is there already.
    Known,
    /// Another one of this signer has its nonce.
    NonceTaken,
    Full,
}

#[derive(Default)]
pub(super) struct Pool {
    waiting: Vec<Waiting>,
    subscriptions: u64,
}

impl Pool {
    /// Whether there is a place.
    pub(super) fn has_place(&self, one: &Waiting) -> Result<(), NoPlace> {
        if self.waiting.iter().any(|other| other.hash == one.hash) {
            return Err(NoPlace::Known);
        }
        if self.waiting.iter().any(|other| (other.signer, other.nonce) == (one.signer, one.nonce)) {
            return Err(NoPlace::NonceTaken);
        }
        if self.waiting.len() >= MAX_WAITING { Err(NoPlace::Full) } else { Ok(()) }
    }

    pub(super) fn add(&mut self, one: Waiting) {
        self.waiting.push(one);
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// The one added last.
    pub(super) fn newest(&self) -> Option<&Waiting> {
        self.waiting.last()
    }

    /// Takes all, by nonce: what cannot be executed yet is to be added again.
    pub(super) fn take(&mut self) -> Vec<Waiting> {
        let mut all = std::mem::take(&mut self.waiting);
        all.sort_by_key(|one| one.nonce);
        all
    }

    /// The first nonce from this one on that none of the signer's extrinsics has.
    pub(super) fn next_nonce(&self, signer: &Account, from: u32) -> u32 {
        let taken = |nonce: &u32| self.waiting.iter().any(|one| one.signer == *signer && one.nonce == *nonce);
        (from..).find(|nonce| !taken(nonce)).unwrap_or(from)
    }

    /// A name for a new subscription. Text: some clients do not read numbers there.
    pub(super) fn subscription(&mut self) -> String {
        self.subscriptions += 1;
        format!("watch-{}", self.subscriptions)
    }

    /// Tells nothing more; whether there was anything to tell.
    pub(super) fn unwatch(&mut self, subscription: &str) -> bool {
        let watched = |one: &&mut Waiting| one.watcher.as_ref().is_some_and(|known| known.subscription == subscription);
        self.waiting.iter_mut().find(watched).and_then(|one| one.watcher.take()).is_some()
    }
}
