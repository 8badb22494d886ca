//! The writing side: batches, retention.

use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use lode_shared::{AuditRow, ChainPoint, Decision, HistoryPoint, Start};
use rusqlite::{Transaction, params};
use tokio::sync::oneshot;

use super::answers::{self, AnswerWrite};
use super::{StoreError, StoreWriter, mend, requests, schema};
use crate::domain::LabelKind;
use crate::recorder::Record;

/// A batch ends after this long or this many rows, whichever comes first.
const BATCH_TIME: Duration = Duration::from_millis(250);
const BATCH_ROWS: usize = 2_048;
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// Changes of the operator's that are kept, however old.
const MAX_AUDIT_ROWS: i64 = 10_000;
/// Starts that are kept: a miner that cannot stay up starts every few seconds.
const MAX_STARTS: i64 = 1_000;

/// Told when a write is durable.
pub(super) type Done = oneshot::Sender<Result<(), StoreError>>;

/// One thing to write.
pub(super) enum Write {
    Together {
        what: Box<Together>,
        done: Done,
    },
    Answers {
        writes: Vec<AnswerWrite>,
        done: Done,
    },
    /// Those that wait; filled when they are taken.
    Requests(Vec<Record>),
    Label {
        request_id: u64,
        right: bool,
        kind: LabelKind,
    },
    Point(HistoryPoint),
    ChainPoint(Box<ChainPoint>),
    Start(Start),
}

/// What is written all or not at all.
#[derive(Default)]
pub struct Together {
    /// Values by their keys, as JSON.
    pub(super) values: Vec<(String, String)>,
    /// What a round of the tuner decided.
    pub(super) decision: Option<Decision>,
    /// Changes of the operator's.
    pub(super) audit: Vec<AuditRow>,
    /// A request with its label.
    pub(super) request: Option<Record>,
}

impl Write {
    /// Rows that are lost with it; who waits for it is told.
    fn rows(&self) -> u64 {
        match self {
            Self::Requests(records) => records.len() as u64,
            write => u64::from(!write.is_awaited()),
        }
    }

    /// Whether somebody waits for it.
    fn is_awaited(&self) -> bool {
        matches!(self, Self::Together { .. } | Self::Answers { .. })
    }
}

impl StoreWriter {
    /// Writes until every [`super::Store`] is gone, then returns with everything on disk.
    pub fn run(mut self) {
        let mut pruned: Option<Instant> = None;
        while let Some(batch) = self.next_batch() {
            self.write(batch);
            if pruned.is_none_or(|at| at.elapsed() > PRUNE_EVERY) {
                pruned = Some(Instant::now());
                if let Err(error) = self.prune() {
                    tracing::error!("{error}: old rows stay");
                    if mend::is_damage(&error) {
                        mend::suspect(&self.path);
                    }
                }
            }
        }
    }

    /// Waits for a row, then takes what else arrives in time. A value that somebody waits for ends the batch.
    fn next_batch(&self) -> Option<Vec<Write>> {
        let mut batch = vec![self.queue.recv().ok()?];
        let ends = Instant::now() + BATCH_TIME;
        while batch.len() < BATCH_ROWS && !batch.last().is_some_and(Write::is_awaited) {
            match self.queue.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(write) => batch.push(write),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        Some(batch)
    }

    /// Writes a batch; tries once more when the file was busy; then counts what is lost, and tells those who wait.
    pub(super) fn write(&mut self, mut batch: Vec<Write>) {
        for write in &mut batch {
            if let Write::Requests(records) = write {
                *records = std::mem::take(&mut *self.counts.requests.lock());
            }
        }
        let before = self.connection.total_changes();
        let result = self.commit(&batch).or_else(|_| self.commit(&batch));
        let now_ms = self.clock.now_ms();
        match &result {
            Err(error) => {
                self.watch.failed(&self.counts, &self.path, error, now_ms);
                if mend::is_damage(error) {
                    mend::suspect(&self.path);
                }
                let rows: u64 = batch.iter().map(Write::rows).sum();
                self.counts.dropped.fetch_add(rows, Ordering::Relaxed);
            }
            // A batch that had nothing to change says nothing of the disk.
            Ok(()) if self.connection.total_changes() > before => {
                self.watch.wrote(&self.counts, &self.path, now_ms);
            }
            Ok(()) => {}
        }
        self.watch.measure(&self.counts, &self.path);
        for write in batch {
            if let Write::Together { done, .. } | Write::Answers { done, .. } = write {
                let said = result.as_ref().copied().map_err(|error| StoreError::NotWritten(error.to_string()));
                // The one who asked may have gone; a value that was kept stays kept.
                let _ = done.send(said);
            }
        }
    }

    fn commit(&mut self, batch: &[Write]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for write in batch {
            match write {
                Write::Together { what, .. } => insert_together(&transaction, what)?,
                Write::Answers { writes, .. } => {
                    for write in writes {
                        answers::write(&transaction, write)?;
                    }
                }
                Write::Requests(records) => {
                    for record in records {
                        requests::insert(&transaction, record)?;
                    }
                }
                Write::Label { request_id, right, kind } => requests::label(&transaction, *request_id, *right, *kind)?,
                Write::Point(point) => insert_point(&transaction, point)?,
                Write::ChainPoint(point) => insert_chain_point(&transaction, point)?,
                Write::Start(start) => insert_start(&transaction, start)?,
            }
        }
        transaction.commit()
    }

    fn prune(&self) -> rusqlite::Result<()> {
        // By the newest row or by the system's clock, whichever is earlier: a row from the future must not empty the file.
        for table in ["history", "decision", "chain", "start"] {
            let newest = format!("(SELECT min(max(at_ms), unixepoch() * 1000) FROM {table})");
            self.connection.execute(
                &format!("DELETE FROM {table} WHERE at_ms < {newest} - ?1"),
                [i64::from(self.retention.days) * 86_400_000],
            )?;
        }
        self.connection.execute("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1", [MAX_AUDIT_ROWS])?;
        self.connection.execute("DELETE FROM start WHERE id <= (SELECT max(id) FROM start) - ?1", [MAX_STARTS])?;
        requests::prune(&self.connection, self.retention.max_requests, self.retention.days)?;
        answers::prune(&self.connection)?;
        schema::shrink(&self.connection)
    }
}

fn insert_together(transaction: &Transaction<'_>, what: &Together) -> rusqlite::Result<()> {
    for (key, json) in &what.values {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO setting (key, json) VALUES (?1, ?2)")?
            .execute(params![key, json])?;
    }
    if let Some(decision) = &what.decision {
        insert_decision(transaction, decision)?;
    }
    if let Some(request) = &what.request {
        requests::insert(transaction, request)?;
    }
    for audit in &what.audit {
        let json = serde_json::to_string(audit).expect("plain data serialises");
        transaction
            .prepare_cached("INSERT INTO audit (at_ms, json) VALUES (?1, ?2)")?
            .execute(params![audit.at_ms as i64, json])?;
    }
    Ok(())
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

fn insert_chain_point(transaction: &Transaction<'_>, point: &ChainPoint) -> rusqlite::Result<()> {
    let json = serde_json::to_string(point).expect("plain data serialises");
    transaction
        .prepare_cached("INSERT OR REPLACE INTO chain (at_ms, json) VALUES (?1, ?2)")?
        .execute(params![point.at_ms as i64, json])?;
    Ok(())
}

fn insert_start(transaction: &Transaction<'_>, start: &Start) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO start (at_ms, version) VALUES (?1, ?2)")?
        .execute(params![start.at_ms as i64, start.version])?;
    Ok(())
}
