//! Requests as rows: who asked, what came of it, what each stage took, and whether the answer was right.

use std::path::Path;

use lode_shared::{RequestRecord, Source};
use rusqlite::{Connection, Row, Transaction, params};

use super::{StoreError, read};
use crate::domain::LabelKind;
use crate::keys::Hotkey;
use crate::recorder::{Filter, Outcome, Record};

/// Requests that a filter looks at.
const MOST_LOOKED_AT: i64 = 100_000;

pub(super) const SCHEMA: &str = "
    CREATE TABLE request (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, hotkey BLOB, synapse TEXT, source TEXT,
        solver TEXT, reason TEXT, took_us INTEGER NOT NULL, verify_us INTEGER, recall_us INTEGER, queue_us INTEGER,
        solve_us INTEGER, cost_usd REAL, right INTEGER, judged_by TEXT) STRICT;
    PRAGMA user_version = 3;";

const COLUMNS: &str = "id, at_ms, hotkey, synapse, source, solver, reason, took_us, verify_us, recall_us, queue_us, solve_us, \
                       cost_usd, right, judged_by";

pub(super) fn insert(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    let us = |duration: std::time::Duration| duration.as_micros() as i64;
    let (source, reason) = match record.outcome {
        Outcome::Answered { source, .. } => (Some(source.label()), None),
        Outcome::Failed { reason, .. } | Outcome::Refused(reason) => (None, Some(reason)),
    };
    let solve = record.stages.solve;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO request (id, at_ms, hotkey, synapse, source, solver, reason, took_us, verify_us,
             recall_us, queue_us, solve_us, cost_usd, right, judged_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            record.id as i64,
            record.at_ms as i64,
            record.hotkey.as_ref().map(|hotkey| hotkey.bytes().as_slice()),
            record.synapse.as_deref(),
            source,
            record.solver.as_deref(),
            reason,
            us(record.took),
            record.verify.map(us),
            record.stages.recall.map(us),
            solve.map(|solve| us(solve.queued)),
            solve.map(|solve| us(solve.took)),
            solve.and_then(|solve| solve.cost_usd),
            record.label.map(|(right, _)| right),
            record.label.map(|(_, kind)| kind.label()),
        ])?;
    Ok(())
}

/// The operator's word stays, whoever judges later.
pub(super) fn label(transaction: &Transaction<'_>, id: u64, right: bool, kind: LabelKind) -> rusqlite::Result<()> {
    let is_his = kind == LabelKind::Operator;
    let sql = "UPDATE request SET right = ?2, judged_by = ?3 WHERE id = ?1 AND (?4 OR judged_by IS NOT ?5)";
    let his = LabelKind::Operator.label();
    transaction.prepare_cached(sql)?.execute(params![id as i64, right, kind.label(), is_his, his])?;
    Ok(())
}

/// Rows beyond this many go, and those `days` older than the newest, oldest first. Numbers follow time, so no index of times
/// is kept.
pub(super) fn prune(connection: &Connection, max_rows: u64, days: u32) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM request WHERE id <= (SELECT max(id) FROM request) - ?1", [max_rows as i64])?;
    // By the system's clock where that is earlier: a row from the future must not empty the file.
    let newest = "SELECT min(at_ms, unixepoch() * 1000) FROM request ORDER BY id DESC LIMIT 1";
    let young = format!("SELECT id FROM request WHERE at_ms >= ({newest}) - ?1 ORDER BY id LIMIT 1");
    connection.execute(
        &format!("DELETE FROM request WHERE id < coalesce(({young}), (SELECT max(id) + 1 FROM request))"),
        [i64::from(days) * 86_400_000],
    )?;
    Ok(())
}

/// The newest number that was given.
pub(super) fn last_id(path: &Path) -> Result<u64, StoreError> {
    let connection = read::connect(path)?;
    let id: Option<i64> = connection.query_row("SELECT max(id) FROM request", [], |row| row.get(0))?;
    Ok(id.unwrap_or_default() as u64)
}

/// Up to `count` requests that are like `filter` and numbered below `before`, newest first. A filter looks at no more than
/// [`MOST_LOOKED_AT`] of them: there is no index for each, and the file may hold a thousand million.
pub(super) fn list(path: &Path, filter: &Filter, before: u64, count: usize) -> Result<Vec<RequestRecord>, StoreError> {
    let connection = read::connect(path)?;
    let before = before.min(i64::MAX as u64) as i64;
    let lowest = if *filter == Filter::default() {
        i64::MIN
    } else {
        let query = "SELECT max(id) FROM request WHERE id < ?1";
        let newest: Option<i64> = connection.query_row(query, [before], |row| row.get(0))?;
        newest.unwrap_or_default() - MOST_LOOKED_AT + 1
    };
    let query = format!(
        "SELECT {COLUMNS} FROM request WHERE id < ?1 AND id >= ?2 AND (?4 IS NULL OR hotkey = ?4)
         AND (?5 IS NULL OR synapse = ?5) AND (?6 IS NULL OR source = ?6) AND (?7 IS NULL OR (source IS NOT NULL) = ?7)
         AND (?8 IS NULL OR right = ?8) ORDER BY id DESC LIMIT ?3"
    );
    let mut statement = connection.prepare(&query)?;
    let bounds = params![
        before,
        lowest,
        count as i64,
        filter.hotkey.as_ref().map(|hotkey| hotkey.bytes().as_slice()),
        filter.synapse,
        filter.source.map(Source::label),
        filter.answered,
        filter.right,
    ];
    Ok(statement.query_map(bounds, record)?.collect::<Result<_, _>>()?)
}

fn record(row: &Row<'_>) -> rusqlite::Result<RequestRecord> {
    let ms = |index: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(|us| us as f64 / 1_000.0));
    let source: Option<String> = row.get(4)?;
    let hotkey: Option<Vec<u8>> = row.get(2)?;
    Ok(RequestRecord {
        id: row.get::<_, i64>(0)? as u64,
        at_ms: row.get::<_, i64>(1)? as u64,
        hotkey: hotkey.and_then(|bytes| Some(Hotkey::new(bytes.try_into().ok()?).to_string())),
        synapse: row.get(3)?,
        source: Source::ALL.into_iter().find(|known| Some(known.label()) == source.as_deref()),
        solver: row.get(5)?,
        reason: row.get(6)?,
        took_ms: ms(7)?.unwrap_or_default(),
        verify_ms: ms(8)?,
        recall_ms: ms(9)?,
        queue_ms: ms(10)?,
        solve_ms: ms(11)?,
        cost_usd: row.get(12)?,
        right: row.get(13)?,
        judged_by: row.get(14)?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Store;
    use super::*;

    const TOOK: Duration = Duration::from_millis(5);

    /// Writes these and tells how to find them.
    fn stored(records: Vec<Record>) -> (tempfile::TempDir, impl Fn(Filter, u64, usize) -> Vec<u64>) {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, writer) = Store::open(folder.path()).expect("a fresh folder");
        let writer = std::thread::spawn(move || writer.run());
        records.into_iter().for_each(|record| store.request(record));
        let path = folder.path().join("lode.sqlite");
        drop(store);
        writer.join().expect("written");
        let ids = move |filter: Filter, before, count| {
            list(&path, &filter, before, count).expect("readable").iter().map(|row| row.id).collect()
        };
        (folder, ids)
    }

    #[test]
    fn the_disk_finds_requests_as_memory_does() {
        let outcomes = [
            Outcome::Answered { source: Source::Exact, cacheable: true },
            Outcome::Answered { source: Source::Solved, cacheable: true },
            Outcome::Failed { reason: "timeout", cacheable: true },
            Outcome::Refused("replayed"),
        ];
        let labels = [None, Some((true, LabelKind::Shadow)), Some((false, LabelKind::Operator))];
        let synapses: [Option<std::sync::Arc<str>>; 2] = [None, Some("Web".into())];
        let record = |id: u64| Record {
            hotkey: Some(Hotkey::new([(id % 5) as u8; 32])),
            synapse: synapses[id as usize % 2].clone(),
            label: labels[id as usize % 3],
            ..Record::new(id, id, outcomes[id as usize % 4], TOOK)
        };
        let records: Vec<_> = (1..=120).map(record).collect();
        let any = Filter::default;
        let filters = [
            any(),
            Filter { hotkey: Some(Hotkey::new([3; 32])), ..any() },
            Filter { synapse: Some("Web".into()), ..any() },
            Filter { source: Some(Source::Exact), ..any() },
            Filter { answered: Some(true), right: Some(true), ..any() },
            Filter { answered: Some(false), ..any() },
            Filter { right: Some(false), synapse: Some("Web".into()), ..any() },
            Filter { synapse: Some("Wob".into()), ..any() },
        ];
        let (_folder, ids) = stored(records.clone());
        for filter in filters {
            let wanted: Vec<_> =
                records.iter().rev().filter(|record| filter.matches(record)).map(|record| record.id).collect();
            assert_eq!(ids(filter.clone(), u64::MAX, 1_000), wanted, "{filter:?}");
            let older: Vec<_> = wanted.into_iter().filter(|id| *id < 60).take(3).collect();
            assert_eq!(ids(filter.clone(), 60, 3), older, "{filter:?}");
        }
    }

    #[test]
    fn a_filter_looks_at_so_many_requests_and_goes_on_from_a_number() {
        let refused = |id| Record::new(id, id, Outcome::Refused("replayed"), TOOK);
        let newest = MOST_LOOKED_AT as u64 + 10;
        let (_folder, ids) = stored([1, 10, 11, newest].map(refused).into());
        let failed = || Filter { answered: Some(false), ..Filter::default() };
        assert_eq!(ids(failed(), u64::MAX, 9), [newest, 11]);
        assert_eq!(ids(failed(), 11, 9), [10, 1]);
        assert_eq!(ids(Filter::default(), u64::MAX, 9), [newest, 11, 10, 1], "all of them need no look");
    }
}
