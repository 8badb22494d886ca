//! The reading side: short-lived read-only connections, so that readers and the writer never wait for each other.

use std::path::Path;
use std::time::Duration;

use lode_shared::{AuditRow, ChainPoint, Decision, History, HistoryPoint, Start};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::StoreError;
use crate::domain::thin;

/// Decisions sent with a history at most.
const MAX_DECISIONS: u32 = 200;
/// Of each bucket the least and the most.
const POINTS_A_BUCKET: u64 = 2;
/// The same of starts.
const MAX_STARTS: u32 = 200;

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

pub(super) fn value(path: &Path, key: &str) -> Result<Option<String>, StoreError> {
    let connection = connect(path)?;
    Ok(connection.query_row("SELECT json FROM setting WHERE key = ?1", [key], |row| row.get(0)).optional()?)
}

pub(super) fn history(path: &Path, since_ms: u64, now_ms: u64, max_points: u64) -> Result<History, StoreError> {
    let connection = connect(path)?;
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM history WHERE at_ms > ?1 AND at_ms <= ?2",
        params![since_ms as i64, now_ms as i64],
        |row| row.get(0),
    )?;
    // Buckets only when there is more than fits: a young history keeps every sample.
    let span_ms = now_ms.saturating_sub(since_ms);
    let buckets = (max_points / POINTS_A_BUCKET).max(1);
    let bucket_ms = if count as u64 > max_points { span_ms.div_ceil(buckets).max(1) } else { 1 };
    let mut statement = connection.prepare(
        "SELECT at_ms, requests_per_s, response_s, success_pct, hit_rate_pct, match_threshold, ttl_s, incentive_pct
         FROM history WHERE at_ms > ?1 AND at_ms <= ?2 ORDER BY at_ms",
    )?;
    let samples = statement.query_map(params![since_ms as i64, now_ms as i64], point)?;
    let points = thin(samples.collect::<Result<Vec<_>, _>>()?, bucket_ms);
    let mut decisions = decisions(
        &connection,
        "SELECT json FROM decision WHERE adjusted AND at_ms > ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2",
        since_ms,
        MAX_DECISIONS,
    )?;
    decisions.reverse();
    let starts = starts(&connection, since_ms, now_ms)?;
    let gap_ms = points.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).min().unwrap_or(0);
    let step_ms = gap_ms.max(bucket_ms / POINTS_A_BUCKET);
    Ok(History { step_s: step_ms.div_ceil(1_000) as u32, points, decisions, starts })
}

/// The last of them, oldest first.
fn starts(connection: &Connection, since_ms: u64, now_ms: u64) -> rusqlite::Result<Vec<Start>> {
    let mut statement = connection.prepare(
        "SELECT at_ms, version FROM start WHERE at_ms > ?1 AND at_ms <= ?2 ORDER BY at_ms DESC, id DESC LIMIT ?3",
    )?;
    let start = |row: &Row<'_>| Ok(Start { at_ms: row.get::<_, i64>(0)? as u64, version: row.get(1)? });
    let rows = statement.query_map(params![since_ms as i64, now_ms as i64, MAX_STARTS], start)?;
    let mut starts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    starts.reverse();
    Ok(starts)
}

pub(super) fn last_decisions(path: &Path, count: u32) -> Result<Vec<Decision>, StoreError> {
    decisions(
        &connect(path)?,
        "SELECT json FROM decision WHERE at_ms >= ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2",
        0,
        count,
    )
}

pub(super) fn decisions_since(path: &Path, since_ms: u64, count: u32) -> Result<Vec<Decision>, StoreError> {
    let mut newest_first = decisions(
        &connect(path)?,
        "SELECT json FROM decision WHERE at_ms >= ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2",
        since_ms,
        count,
    )?;
    newest_first.reverse();
    Ok(newest_first)
}

pub(super) fn audit(path: &Path, count: u32) -> Result<Vec<AuditRow>, StoreError> {
    let connection = connect(path)?;
    let mut statement = connection.prepare("SELECT json FROM audit ORDER BY id DESC LIMIT ?1")?;
    let rows = statement.query_map([count], |row| row.get::<_, String>(0))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
}

/// The last of each bucket: a place is no average.
pub(super) fn chain_history(
    path: &Path,
    since_ms: u64,
    now_ms: u64,
    max_points: u64,
) -> Result<Vec<ChainPoint>, StoreError> {
    let connection = connect(path)?;
    let bucket_ms = now_ms.saturating_sub(since_ms).div_ceil(max_points.max(1)).max(1);
    let mut statement = connection.prepare(
        "SELECT json, max(at_ms) FROM chain WHERE at_ms > ?1 AND at_ms <= ?2 GROUP BY at_ms / ?3 ORDER BY 2",
    )?;
    let bounds = params![since_ms as i64, now_ms as i64, bucket_ms as i64];
    let rows = statement.query_map(bounds, |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
}

fn decisions(connection: &Connection, query: &str, since_ms: u64, count: u32) -> Result<Vec<Decision>, StoreError> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map(params![since_ms as i64, count], |row| row.get::<_, String>(0))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    // What another version wrote may not be readable here; that is no reason to go without the rest.
    Ok(rows.iter().filter_map(|json| serde_json::from_str(json).ok()).collect())
}

fn point(row: &Row<'_>) -> rusqlite::Result<HistoryPoint> {
    Ok(HistoryPoint {
        at_ms: row.get::<_, i64>(0)? as u64,
        requests_per_s: row.get(1)?,
        response_s: row.get(2)?,
        success_pct: row.get(3)?,
        hit_rate_pct: row.get(4)?,
        match_threshold: row.get(5)?,
        ttl_s: row.get(6)?,
        incentive_pct: row.get(7)?,
    })
}
