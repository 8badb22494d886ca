//! What survives the process: targets, settings, answers, requests, decisions, starts and history, in one SQLite file.
//!
//! One thread writes, in batches, from a bounded queue; nobody else waits for the disk. What must be durable before it
//! is acknowledged (targets, settings) waits for its own commit. WAL with `synchronous = FULL`: what was acknowledged
//! survives SIGKILL and power loss.

mod answers;
mod backup;
mod error;
mod exchange;
mod health;
mod lock;
mod mend;
mod read;
mod requests;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use lode_shared::{AuditRow, ChainPoint, Decision, HistoryPoint, RequestRecord, Start};
use parking_lot::Mutex;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

pub use answers::{AnswerChange, AnswerRow, AnswerWrite, Epoch, Kept, ScopeRow};
pub use backup::{BackupError, Copied, backup};
pub use error::StoreError;
pub use exchange::{ExchangeError, Imported, clear_answers, export_answers, import_answers};
pub use health::Health;
pub use lock::{DataLock, Holder, holder};
pub use writer::Together;
use writer::{Done, Write};

use crate::clock::Clock;
use crate::config::Faults;
use crate::domain::LabelKind;
use crate::recorder::{Filter, Record};

/// The data file in its folder.
const FILE: &str = "lode.sqlite";
/// Rows that may wait for the disk.
const QUEUE_ROWS: usize = 2_048;
/// Requests that may wait beside them for a batch: some two thousand a second. A row takes as long as a quarter of a request,
/// so a flood is counted rather than written down.
const MAX_REQUESTS: usize = 512;

/// The store's handle.
#[derive(Clone)]
pub struct Store {
    path: Arc<PathBuf>,
    queue: SyncSender<Write>,
    counts: Arc<Counts>,
}

/// What the handles and the writer count together.
#[derive(Default)]
struct Counts {
    dropped: AtomicU64,
    health: Mutex<Health>,
    /// Requests that wait for the disk. Not in the queue: each would wake the writer.
    requests: Mutex<Vec<Record>>,
}

/// `[history]`: how much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Requests, samples, decisions and starts are kept this many days, 1 to 3,650.
    pub days: u32,
    /// Of requests, the last this many at most, 1,000 to 1,000,000,000: some 200 bytes each.
    pub max_requests: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, max_requests: 5_000_000 }
    }
}

impl Retention {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("history.days", self.days, 1..=3_650);
        faults.unless_within("history.max_requests", self.max_requests, 1_000..=1_000_000_000);
    }
}

/// The writing end: [`StoreWriter::run`] belongs on a thread of its own.
pub struct StoreWriter {
    connection: Connection,
    queue: Receiver<Write>,
    counts: Arc<Counts>,
    retention: Retention,
    path: PathBuf,
    clock: Clock,
    watch: health::Watch,
}

impl Store {
    /// Opens or makes `lode.sqlite` in `folder`. A damaged one is moved aside, with an error in the log, and what can be read
    /// of targets, settings and changes goes into a new one; [`Store::open`] refuses it.
    pub fn recover(folder: &Path, clock: Clock) -> Result<(Self, StoreWriter), StoreError> {
        mend::mend(&folder.join(FILE), clock.now_ms() / 1_000)?;
        let (store, writer) = Self::open(folder)?;
        Ok((store, StoreWriter { clock, ..writer }))
    }

    /// Opens or makes `lode.sqlite` in `folder`.
    pub fn open(folder: &Path) -> Result<(Self, StoreWriter), StoreError> {
        let path = folder.join(FILE);
        let connection = open(&path)?;
        if let Err(error) = schema::let_shrink(&connection) {
            tracing::warn!("the data file {} could not be written anew: {error}; it cannot shrink", path.display());
        }
        let (sender, queue) = sync_channel(QUEUE_ROWS);
        let counts = Arc::<Counts>::default();
        let mut watch = health::Watch::default();
        watch.measure(&counts, &path);
        let store = Self { path: Arc::new(path.clone()), queue: sender, counts: Arc::clone(&counts) };
        let (retention, clock) = (Retention::default(), Clock::system());
        Ok((store, StoreWriter { connection, queue, counts, retention, path, clock, watch }))
    }

    /// How the data file fares. Asks nothing of the disk.
    pub fn health(&self) -> Health {
        Health { dropped: self.dropped(), ..self.counts.health.lock().clone() }
    }

    /// Keeps `value` under `key`; durable when this returns.
    pub async fn put(&self, key: &str, value: &impl Serialize) -> Result<(), StoreError> {
        self.write(Together::default().value(key, value)?).await
    }

    /// Writes all of it or nothing; durable when this returns.
    pub async fn write(&self, what: Together) -> Result<(), StoreError> {
        self.durable(|done| Write::Together { what: Box::new(what), done }).await
    }

    /// Writes answers, their changes and their ends, all or none; durable when this returns.
    pub async fn answers(&self, writes: Vec<AnswerWrite>) -> Result<(), StoreError> {
        self.durable(|done| Write::Answers { writes, done }).await
    }

    /// Every answer that was kept, least recently used first, with its scope and epochs; the rows come to `each` as they
    /// are read. Blocking.
    pub fn kept_answers(&self, each: impl FnMut(AnswerRow)) -> Result<Kept, StoreError> {
        answers::read(&self.path, each)
    }

    async fn durable(&self, write: impl FnOnce(Done) -> Write) -> Result<(), StoreError> {
        let (done, committed) = oneshot::channel();
        let write = write(done);
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

    /// Keeps a sample of the history; dropped and counted when the disk is that far behind.
    pub fn point(&self, point: HistoryPoint) {
        self.offer(Write::Point(point));
    }

    /// Keeps our place on the subnet at one sync; dropped and counted when the disk is that far behind.
    pub fn chain_point(&self, point: ChainPoint) {
        self.offer(Write::ChainPoint(Box::new(point)));
    }

    /// Keeps that the miner has started.
    pub fn started(&self, start: Start) {
        self.offer(Write::Start(start));
    }

    /// Keeps a request; dropped and counted when the disk is behind: requests never wait for it.
    pub fn request(&self, record: Record) {
        let mut waiting = self.counts.requests.lock();
        if waiting.len() >= MAX_REQUESTS {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push(record);
        // The first one calls the writer, who takes what has come by then.
        if waiting.len() == 1 && !self.offer(Write::Requests(Vec::new())) {
            waiting.clear();
        }
    }

    /// Keeps whether the answer to a request was right.
    pub fn label_request(&self, request_id: u64, right: bool, kind: LabelKind) {
        self.offer(Write::Label { request_id, right, kind });
    }

    /// The newest number that a request was given; 0 before the first.
    pub fn last_request_id(&self) -> Result<u64, StoreError> {
        requests::last_id(&self.path)
    }

    /// Up to `count` requests that are like `filter` and numbered below `before`, newest first; of those that are there, a
    /// filter looks at the newest 100,000. Blocking.
    pub fn requests(&self, filter: &Filter, before: u64, count: usize) -> Result<Vec<RequestRecord>, StoreError> {
        requests::list(&self.path, filter, before, count)
    }

    /// Rows lost because the disk was behind or refused them.
    pub fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// The samples, decisions and starts since `since_ms`, samples thinned to at most about `max_points`. Blocking.
    pub fn history(&self, since_ms: u64, now_ms: u64, max_points: u64) -> Result<lode_shared::History, StoreError> {
        read::history(&self.path, since_ms, now_ms, max_points)
    }

    /// Our place on the subnet since `since_ms`, oldest first, thinned to at most about `max_points`. Blocking.
    pub fn chain_history(&self, since_ms: u64, now_ms: u64, max_points: u64) -> Result<Vec<ChainPoint>, StoreError> {
        read::chain_history(&self.path, since_ms, now_ms, max_points)
    }

    /// The last `count` changes of the operator's, newest first. Blocking.
    pub fn audit(&self, count: u32) -> Result<Vec<AuditRow>, StoreError> {
        read::audit(&self.path, count)
    }

    /// The decisions since `since_ms`, moves or not, oldest first, the last `count` of them. Blocking.
    pub fn decisions_since(&self, since_ms: u64, count: u32) -> Result<Vec<Decision>, StoreError> {
        read::decisions_since(&self.path, since_ms, count)
    }

    /// The last `count` decisions, newest first. Blocking.
    pub fn decisions(&self, count: u32) -> Result<Vec<Decision>, StoreError> {
        read::last_decisions(&self.path, count)
    }

    /// Whether there was room.
    fn offer(&self, write: Write) -> bool {
        let is_kept = self.queue.try_send(write).is_ok();
        if !is_kept {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
        is_kept
    }
}

impl Together {
    /// With `value` under `key`.
    pub fn value(mut self, key: &str, value: &impl Serialize) -> Result<Self, StoreError> {
        let json = serde_json::to_string(value).map_err(|error| StoreError::Value { key: key.into(), error })?;
        self.values.push((key.into(), json));
        Ok(self)
    }

    /// With a decision.
    pub fn decision(self, decision: Decision) -> Self {
        Self { decision: Some(decision), ..self }
    }

    /// With a request as it is now, label and all, whether or not its row was written before.
    pub fn request(self, request: Record) -> Self {
        Self { request: Some(request), ..self }
    }

    /// With a change of the operator's.
    pub fn audit(mut self, audit: AuditRow) -> Self {
        self.audit.push(audit);
        self
    }
}

impl StoreWriter {
    /// Keeps rows so long.
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }
}

/// A connection that writes, to a file of this version's schema.
fn open(path: &Path) -> Result<Connection, StoreError> {
    let failed = |error| StoreError::Open { path: path.into(), error };
    let connection = schema::connect(path).map_err(failed)?;
    match schema::migrate(&connection).map_err(failed)? {
        found if found > schema::SCHEMA_VERSION => {
            Err(StoreError::Newer { path: path.into(), found, known: schema::SCHEMA_VERSION })
        }
        _ => Ok(connection),
    }
}

/// The data file of a folder, where there is one.
fn existing(folder: &Path) -> Result<PathBuf, StoreError> {
    let path = folder.join(FILE);
    if path.exists() { Ok(path) } else { Err(StoreError::Absent { path }) }
}

/// The file's neighbour of this suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;
