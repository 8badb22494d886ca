//! Remembered answers on disk: rows, their changes, and the epochs before which nothing may be given.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::read::connect;

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow {
    /// Its entry's id.
    pub id: u64,
    /// Digest of the question.
    pub key: [u8; 16],
    /// Digest of its scope.
    pub scope: [u8; 16],
    /// The prompt.
    pub prompt: String,
    /// The answer's fields as JSON.
    pub answer: String,
    /// What it took to solve, milliseconds.
    pub solve_ms: u64,
    /// What that cost, US dollars, where the solver told.
    pub cost_usd: Option<f32>,
    /// Which solver gave it.
    pub solver: String,
    /// When, milliseconds since the Unix epoch.
    pub stored_ms: u64,
    /// What changes.
    pub change: AnswerChange,
    /// The prompt's vector.
    pub vector: Option<Vec<u8>>,
}

/// What of a kept answer changes.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerChange {
    /// Times it was given.
    pub hits: u32,
    /// When last, milliseconds since the Unix epoch.
    pub last_used_ms: u64,
    /// How sure it is that it is right, as JSON.
    pub posterior: String,
    /// Whether only its own question gets it.
    pub is_lone: bool,
}

/// A scope as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its digest.
    pub key: [u8; 16],
    /// The synapse's name.
    pub synapse: String,
    /// The values of its scope fields, cut to what can be shown.
    pub text: String,
}

/// What was solved at or before it may not be given any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// The scope; all of them when absent.
    pub scope: Option<[u8; 16]>,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerWrite {
    /// A new answer; one to the same question goes.
    Put(Box<AnswerRow>),
    /// A scope's name.
    Scope(ScopeRow),
    /// Changes of the answer of this key and id, if it is there.
    Change([u8; 16], u64, AnswerChange),
    /// The answer of this key and id goes, and so does an older one: what was to replace it may never have reached the disk.
    Remove([u8; 16], u64),
    /// An epoch begins; answers before it go.
    Epoch(Epoch),
    /// A scope's patterns, as JSON.
    Patterns([u8; 16], String),
    /// The patterns of a scope go, or all.
    ForgetPatterns(Option<[u8; 16]>),
    /// Vectors are another embedder's now: those that are there go.
    ForgetVectors,
}

/// What is there beside the answers.
#[derive(Debug, Default)]
pub struct Kept {
    /// Scopes, with their patterns.
    pub scopes: Vec<(ScopeRow, Option<String>)>,
    /// Epochs.
    pub epochs: Vec<Epoch>,
}

/// Stands for every scope.
const EVERY_SCOPE: &[u8] = &[];

pub(super) fn write(transaction: &Transaction<'_>, write: &AnswerWrite) -> rusqlite::Result<()> {
    match write {
        AnswerWrite::Put(row) => put(transaction, row)?,
        AnswerWrite::Scope(scope) => {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO scope (key, synapse, text) VALUES (?1, ?2, ?3)")?
                .execute(params![scope.key, scope.synapse, scope.text])?;
        }
        AnswerWrite::Change(key, id, change) => {
            transaction
                .prepare_cached(
                    "UPDATE answer SET hits = ?3, last_used_ms = ?4, posterior = ?5, is_lone = ?6 WHERE key = ?1 AND id = ?2",
                )?
                .execute(params![
                    key,
                    *id as i64,
                    change.hits,
                    change.last_used_ms as i64,
                    change.posterior,
                    change.is_lone
                ])?;
        }
        AnswerWrite::Remove(key, id) => {
            let mut remove = transaction.prepare_cached("DELETE FROM answer WHERE key = ?1 AND id <= ?2")?;
            remove.execute(params![key, *id as i64])?;
        }
        AnswerWrite::Epoch(epoch) => begin(transaction, epoch)?,
        AnswerWrite::Patterns(scope, json) => {
            transaction
                .prepare_cached("UPDATE scope SET patterns = ?2 WHERE key = ?1")?
                .execute(params![scope, json])?;
        }
        AnswerWrite::ForgetPatterns(scope) => {
            transaction.execute("UPDATE scope SET patterns = NULL WHERE ?1 IS NULL OR key = ?1", [scope])?;
        }
        AnswerWrite::ForgetVectors => {
            transaction.execute("UPDATE answer SET vector = NULL", [])?;
        }
    }
    Ok(())
}

fn put(transaction: &Transaction<'_>, row: &AnswerRow) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO answer (id, key, scope, prompt, answer, solve_ms, solver, stored_ms, hits,
             last_used_ms, posterior, is_lone, vector, cost_usd)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            row.id as i64,
            row.key,
            row.scope,
            row.prompt,
            row.answer,
            row.solve_ms as i64,
            row.solver,
            row.stored_ms as i64,
            row.change.hits,
            row.change.last_used_ms as i64,
            row.change.posterior,
            row.change.is_lone,
            row.vector,
            row.cost_usd
        ])?;
    Ok(())
}

fn begin(transaction: &Transaction<'_>, epoch: &Epoch) -> rusqlite::Result<()> {
    let at_ms = epoch.at_ms as i64;
    let scope = epoch.scope.as_ref().map_or(EVERY_SCOPE, |scope| scope);
    transaction.execute(
        "INSERT INTO epoch (scope, at_ms) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at_ms = max(at_ms, ?2)",
        params![scope, at_ms],
    )?;
    // By when the solve began, at the latest: its time was rounded down.
    let old = "stored_ms - solve_ms - 1";
    match &epoch.scope {
        Some(scope) => {
            let forget = format!("DELETE FROM answer WHERE scope = ?1 AND {old} <= ?2");
            transaction.execute(&forget, params![scope, at_ms])?;
        }
        None => {
            transaction.execute(&format!("DELETE FROM answer WHERE {old} <= ?1"), [at_ms])?;
            // What an older epoch forbids, this one forbids too.
            transaction.execute("DELETE FROM epoch WHERE length(scope) > 0 AND at_ms <= ?1", [at_ms])?;
        }
    }
    Ok(())
}

/// Drops scopes that hold nothing, with their patterns, and epochs before which nothing is kept.
pub(super) fn prune(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM scope WHERE NOT EXISTS (SELECT 1 FROM answer WHERE answer.scope = scope.key)", [])?;
    connection.execute(
        "DELETE FROM epoch WHERE length(scope) > 0 AND at_ms < (SELECT min(stored_ms - solve_ms) - 86400000 FROM answer)",
        [],
    )?;
    Ok(())
}

pub(super) fn read(path: &Path, mut each: impl FnMut(AnswerRow)) -> Result<Kept, StoreError> {
    read_from(&connect(path)?, &mut each)
}

pub(super) fn read_from(connection: &Connection, each: &mut impl FnMut(AnswerRow)) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    let mut scopes = connection.prepare("SELECT key, synapse, text, patterns FROM scope")?;
    let scope = |row: &rusqlite::Row<'_>| {
        Ok((ScopeRow { key: row.get(0)?, synapse: row.get(1)?, text: row.get(2)? }, row.get(3)?))
    };
    for row in scopes.query_map([], scope)? {
        kept.scopes.push(row?);
    }
    let mut epochs = connection.prepare("SELECT scope, at_ms FROM epoch")?;
    for row in epochs.query_map([], epoch)? {
        kept.epochs.push(row?);
    }
    let mut answers = connection.prepare(
        "SELECT id, key, scope, prompt, answer, solve_ms, solver, stored_ms, hits, last_used_ms, posterior, is_lone,
         vector, cost_usd FROM answer ORDER BY last_used_ms",
    )?;
    for row in answers.query_map([], answer)? {
        each(row?);
    }
    Ok(kept)
}

pub(super) fn epoch(row: &rusqlite::Row<'_>) -> rusqlite::Result<Epoch> {
    let scope: Vec<u8> = row.get(0)?;
    Ok(Epoch { scope: scope.try_into().ok(), at_ms: row.get::<_, i64>(1)? as u64 })
}

fn answer(row: &rusqlite::Row<'_>) -> rusqlite::Result<AnswerRow> {
    let whole = |index| row.get::<_, i64>(index).map(|value| value as u64);
    Ok(AnswerRow {
        id: whole(0)?,
        key: row.get(1)?,
        scope: row.get(2)?,
        prompt: row.get(3)?,
        answer: row.get(4)?,
        solve_ms: whole(5)?,
        solver: row.get(6)?,
        stored_ms: whole(7)?,
        change: AnswerChange {
            hits: row.get(8)?,
            last_used_ms: whole(9)?,
            posterior: row.get(10)?,
            is_lone: row.get(11)?,
        },
        vector: row.get(12)?,
        cost_usd: row.get(13)?,
    })
}
