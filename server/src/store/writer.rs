//! The writing side: schema, batches, retention.

use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use lode_shared::{Decision, HistoryPoint};
use rusqlite::{Connection, Transaction, params};
use tokio::sync::oneshot;

use super::{RequestRow, StoreError, StoreWriter};

/// A batch ends after this long or this many rows, whichever comes first.
const BATCH_TIME: Duration = Duration::from_millis(250);
const BATCH_ROWS: usize = 2_048;
/// Rows older than this go.
const RETENTION_DAYS: u64 = 30;
/// Requests kept at most, whatever their age: some 150 MB.
const MAX_REQUESTS: i64 = 1_000_000;
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Tables are made once and only ever gain columns: `user_version` tells which.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS decision (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, adjusted INTEGER NOT NULL,
        json TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS decision_at ON decision (at_ms);
    CREATE TABLE IF NOT EXISTS history (at_ms INTEGER PRIMARY KEY, requests_per_s REAL NOT NULL, response_s REAL,
        success_pct REAL, hit_rate_pct REAL, match_threshold REAL NOT NULL, ttl_s INTEGER NOT NULL,
        incentive_pct REAL) STRICT;
    CREATE TABLE IF NOT EXISTS request (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, hotkey TEXT NOT NULL,
        synapse TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, took_us INTEGER NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS request_at ON request (at_ms);
    PRAGMA user_version = 1;";

/// One thing to write.
pub(super) enum Write {
    Put { key: String, json: String, done: oneshot::Sender<Result<(), StoreError>> },
    Decision(Box<Decision>),
    Point(HistoryPoint),
    Request(RequestRow),
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

impl StoreWriter {
    /// Writes until every [`super::Store`] is gone, then returns with everything on disk.
    pub fn run(mut self) {
        let mut pruned: Option<Instant> = None;
        while let Some(batch) = self.next_batch() {
            if let Err(error) = self.write(batch) {
                tracing::error!("{error}: figures of the last moment are lost");
            }
            if pruned.is_none_or(|at| at.elapsed() > PRUNE_EVERY) {
                pruned = Some(Instant::now());
                if let Err(error) = self.prune() {
                    tracing::error!("{error}: old rows stay");
                }
            }
        }
    }

    /// Waits for a row, then takes what else arrives in time. A value that somebody waits for ends the batch.
    fn next_batch(&self) -> Option<Vec<Write>> {
        let mut batch = vec![self.queue.recv().ok()?];
        let ends = Instant::now() + BATCH_TIME;
        while batch.len() < BATCH_ROWS && !matches!(batch.last(), Some(Write::Put { .. })) {
            match self.queue.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(write) => batch.push(write),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        Some(batch)
    }

    fn write(&mut self, batch: Vec<Write>) -> Result<(), StoreError> {
        let mut waiting = Vec::new();
        let result = self.commit(batch, &mut waiting);
        for done in waiting {
            let said = if result.is_ok() { Ok(()) } else { Err(StoreError::Stopped) };
            // The one who asked may have gone; the value is kept all the same.
            let _ = done.send(said);
        }
        Ok(result?)
    }

    fn commit(
        &mut self,
        batch: Vec<Write>,
        waiting: &mut Vec<oneshot::Sender<Result<(), StoreError>>>,
    ) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for write in batch {
            match write {
                Write::Put { key, json, done } => {
                    // First of all: should this row fail, its asker is still told.
                    waiting.push(done);
                    transaction
                        .prepare_cached("INSERT OR REPLACE INTO setting (key, json) VALUES (?1, ?2)")?
                        .execute(params![key, json])?;
                }
                Write::Decision(decision) => insert_decision(&transaction, &decision)?,
                Write::Point(point) => insert_point(&transaction, &point)?,
                Write::Request(row) => insert_request(&transaction, &row)?,
            }
        }
        transaction.commit()
    }

    fn prune(&self) -> rusqlite::Result<()> {
        // By the newest row's clock, not by ours: a clock that jumped must not empty the file.
        for table in ["history", "decision", "request"] {
            self.connection.execute(
                &format!("DELETE FROM {table} WHERE at_ms < (SELECT max(at_ms) FROM {table}) - ?1"),
                [(RETENTION_DAYS * 86_400_000) as i64],
            )?;
        }
        self.connection
            .execute("DELETE FROM request WHERE id <= (SELECT max(id) FROM request) - ?1", [MAX_REQUESTS])?;
        Ok(())
    }
}

fn insert_decision(transaction: &Transaction<'_>, decision: &Decision) -> rusqlite::Result<()> {
    let adjusted = matches!(decision.step, lode_shared::Step::Adjusted(_));
    let json = serde_json::to_string(decision).expect("plain data serialises");
    transaction
        .prepare_cached("INSERT INTO decision (at_ms, adjusted, json) VALUES (?1, ?2, ?3)")?
        .execute(params![decision.at_ms as i64, adjusted, json])?;
    Ok(())
}

fn insert_point(transaction: &Transaction<'_>, point: &HistoryPoint) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO history (at_ms, requests_per_s, response_s, success_pct, hit_rate_pct,
             match_threshold, ttl_s, incentive_pct) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            point.at_ms as i64,
            point.requests_per_s,
            point.response_s,
            point.success_pct,
            point.hit_rate_pct,
            point.match_threshold,
            point.ttl_s,
            point.incentive_pct
        ])?;
    Ok(())
}

fn insert_request(transaction: &Transaction<'_>, row: &RequestRow) -> rusqlite::Result<()> {
    // Written as text here, off the request's path: base58 costs more than the rest of the row.
    let hotkey = row.hotkey.map(|hotkey| hotkey.to_string()).unwrap_or_default();
    transaction
        .prepare_cached(
            "INSERT INTO request (at_ms, hotkey, synapse, outcome, detail, took_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![row.at_ms as i64, hotkey, row.synapse, row.outcome, row.detail, row.took_us as i64])?;
    Ok(())
}
