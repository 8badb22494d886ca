//! The file's schema, and a connection that writes.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::requests;

/// What this version writes, kept in `user_version`.
pub(super) const SCHEMA_VERSION: i64 = 7;
/// The journal is cut back to this when all of it is in the file.
const JOURNAL_BYTES: i64 = 16 * 1024 * 1024;
/// Files up to this size are written anew once, so that they can shrink from then on: a second or so. A larger one would
/// keep the miner from its start for long; it stays as large as it ever was, and its free pages are used again.
const REWRITE_BYTES: i64 = 64 * 1024 * 1024;
/// A file keeps its free pages while they are at most one of so many: they will be needed again.
const SLACK: i64 = 8;
/// Pages given back at once, of four kilobytes: writers wait for it.
const PAGES: i64 = 2_048;

/// How each version came from the one before. A file goes through all that it has not seen, each whole or not at all.
pub(super) const MIGRATIONS: [&str; SCHEMA_VERSION as usize] = [
    "
    CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS decision (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, adjusted INTEGER NOT NULL,
        json TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS decision_at ON decision (at_ms);
    CREATE TABLE IF NOT EXISTS history (at_ms INTEGER PRIMARY KEY, requests_per_s REAL NOT NULL, response_s REAL,
        success_pct REAL, hit_rate_pct REAL, match_threshold REAL NOT NULL, ttl_s INTEGER NOT NULL,
        incentive_pct REAL) STRICT;
    PRAGMA user_version = 1;",
    "
    CREATE TABLE answer (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, scope BLOB NOT NULL, prompt TEXT NOT NULL,
        answer TEXT NOT NULL, solve_ms INTEGER NOT NULL, solver TEXT NOT NULL, stored_ms INTEGER NOT NULL,
        hits INTEGER NOT NULL, last_used_ms INTEGER NOT NULL, posterior TEXT NOT NULL, is_lone INTEGER NOT NULL, vector BLOB)
        STRICT;
    CREATE INDEX answer_scope ON answer (scope);
    CREATE TABLE scope (key BLOB PRIMARY KEY, synapse TEXT NOT NULL, text TEXT NOT NULL, patterns TEXT) STRICT,
        WITHOUT ROWID;
    CREATE TABLE epoch (scope BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 2;",
    requests::SCHEMA,
    "
    CREATE TABLE audit (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
    PRAGMA user_version = 4;",
    "
    CREATE TABLE chain (at_ms INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
    PRAGMA user_version = 5;",
    "
    CREATE TABLE start (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, version TEXT NOT NULL) STRICT;
    PRAGMA user_version = 6;",
    "
    ALTER TABLE answer ADD COLUMN cost_usd REAL;
    PRAGMA user_version = 7;",
];

/// Opens or makes the file, for one who writes.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Before the file is begun; of one that is there it says what VACUUM is to make of it.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES)?;
    Ok(connection)
}

/// Makes the tables that are not there yet. Tells the version of what was found.
pub(super) fn migrate(connection: &Connection) -> rusqlite::Result<i64> {
    let found = number(connection, "user_version")?;
    for migration in MIGRATIONS.iter().skip(found.max(0) as usize) {
        connection.execute_batch(&format!("BEGIN; {migration} COMMIT;"))?;
    }
    Ok(found)
}

/// Writes a small file of an older version anew, if it could not shrink otherwise.
pub(super) fn let_shrink(connection: &Connection) -> rusqlite::Result<()> {
    let bytes = number(connection, "page_count")? * number(connection, "page_size")?;
    if number(connection, "auto_vacuum")? == 0 && bytes <= REWRITE_BYTES {
        connection.execute_batch("VACUUM")?;
    }
    Ok(())
}

/// Gives free pages back to the disk, so many at a time, where they are more than will be needed soon.
pub(super) fn shrink(connection: &Connection) -> rusqlite::Result<()> {
    let free = number(connection, "freelist_count")?;
    let surplus = free - number(connection, "page_count")? / SLACK;
    if surplus > 0 && number(connection, "auto_vacuum")? == 2 {
        let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({})", surplus.min(PAGES)))?;
        let mut rows = statement.query([])?;
        // Each step gives one page back.
        while rows.next()?.is_some() {}
    }
    Ok(())
}

/// A pragma's number.
pub(super) fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
