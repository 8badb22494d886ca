//! What survives the process: targets, settings, history and requests, in one SQLite file.
//!
//! One thread writes, in batches, from a bounded queue; requests never wait for the disk. What must be durable before it
//! is acknowledged (targets, settings) waits for its own commit. WAL with `synchronous = FULL`: what was acknowledged
//! survives SIGKILL and power loss.

mod read;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use lode_shared::{Decision, HistoryPoint};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::keys::Hotkey;
use writer::Write;

/// Rows that may wait for the disk. At a thousand requests a second some eight seconds of a stalled disk.
const QUEUE_ROWS: usize = 8_192;

/// One answered, failed or refused request, as kept.
#[derive(Debug, Clone)]
pub struct RequestRow {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The sender, when proven.
    pub hotkey: Option<Hotkey>,
    /// The synapse's name; empty when unknown.
    pub synapse: String,
    /// `answered`, `failed` or `refused`.
    pub outcome: &'static str,
    /// The answer's source, or the reason there is none.
    pub detail: &'static str,
    /// Microseconds it took.
    pub took_us: u64,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file or its folder.
    #[error("cannot use the data file {path}: {error}; move it aside or choose another --data-dir")]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        error: rusqlite::Error,
    },
    /// A write or read of a running store.
    #[error("the data file failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value that an older or newer version wrote.
    #[error("the data file holds a `{key}` that cannot be read: {error}")]
    Value {
        /// Its key.
        key: String,
        /// The fault.
        error: serde_json::Error,
    },
    /// The writer is gone.
    #[error("the data file's writer has stopped")]
    Stopped,
}

/// The store's handle.
#[derive(Clone)]
pub struct Store {
    path: Arc<PathBuf>,
    queue: SyncSender<Write>,
    dropped: Arc<AtomicU64>,
}

/// The writing end: [`StoreWriter::run`] belongs on a thread of its own.
pub struct StoreWriter {
    connection: Connection,
    queue: Receiver<Write>,
}

impl Store {
    /// Opens or makes `lode.sqlite` in `folder`.
    pub fn open(folder: &Path) -> Result<(Self, StoreWriter), StoreError> {
        let path = folder.join("lode.sqlite");
        let connection = writer::connect(&path).map_err(|error| StoreError::Open { path: path.clone(), error })?;
        let (sender, queue) = sync_channel(QUEUE_ROWS);
        let store = Self { path: Arc::new(path), queue: sender, dropped: Arc::default() };
        Ok((store, StoreWriter { connection, queue }))
    }

    /// Keeps `value` under `key`; durable when this returns.
    pub async fn put(&self, key: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let json = serde_json::to_string(value).map_err(|error| StoreError::Value { key: key.into(), error })?;
        let (done, committed) = oneshot::channel();
        let write = Write::Put { key: key.into(), json, done };
        // The queue may be full of rows, and they keep the order: wait off the async threads.
        let queue = self.queue.clone();
        let sent = tokio::task::spawn_blocking(move || queue.send(write)).await;
        sent.map_err(|_| StoreError::Stopped)?.map_err(|_| StoreError::Stopped)?;
        committed.await.map_err(|_| StoreError::Stopped)?
    }

    /// What was kept under `key`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        let json = read::value(&self.path, key)?;
        json.map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| StoreError::Value { key: key.into(), error })
    }

    /// Keeps a request; dropped and counted when the disk is that far behind.
    pub fn request(&self, row: RequestRow) {
        self.offer(Write::Request(row));
    }

    /// Keeps a sample of the history.
    pub fn point(&self, point: HistoryPoint) {
        self.offer(Write::Point(point));
    }

    /// Keeps a decision.
    pub fn decision(&self, decision: &Decision) {
        self.offer(Write::Decision(Box::new(decision.clone())));
    }

    /// Rows dropped because the disk was behind.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The samples and decisions since `since_ms`, thinned to at most about `max_points`. Blocking.
    pub fn history(&self, since_ms: u64, now_ms: u64, max_points: u64) -> Result<lode_shared::History, StoreError> {
        read::history(&self.path, since_ms, now_ms, max_points)
    }

    /// The last `count` decisions, newest first. Blocking.
    pub fn decisions(&self, count: u32) -> Result<Vec<Decision>, StoreError> {
        read::last_decisions(&self.path, count)
    }

    fn offer(&self, write: Write) {
        if self.queue.try_send(write).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;
