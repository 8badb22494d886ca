//! A damaged file is moved aside, and what can still be read of the operator's own is taken over: the miner starts.
//!
//! Damage is what SQLite finds: no database, malformed, a failed check. A folder that cannot be read or written, a disk that
//! fails and a file of a newer version are no damage: there the miner refuses to start and nothing is moved.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, params};
use serde::de::IgnoredAny;

use super::{StoreError, beside, read, schema};

/// Up to this size every start looks at the whole file: some six seconds for each gigabyte where memory holds it already, and
/// validators wait. Of a larger file the requests are left out. They are nearly all of it, nothing is given from them, and
/// where a write finds them damaged the next start looks at them too ([`suspect`]).
const WHOLE_BYTES: u64 = 256 * 1024 * 1024;
/// The table that is left out.
const LEFT_OUT: &str = "request";
/// Damaged files that are kept.
const KEPT: usize = 3;
/// What a damaged file is called, before the second at which it was found.
const ASIDE: &str = ".damaged-";
/// Beside the file, when a write found it damaged.
const SUSPECT: &str = ".suspect";
/// A new file that is being filled.
const BEGUN: &str = ".begun";
/// A new file that is whole.
const FRESH: &str = ".new";

/// What of a damaged file could be taken over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) values: usize,
    pub(super) audit: usize,
}

/// Whether that is what a damaged file says.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Has the next start look at the whole file. On a disk that takes no file it will look as far as always.
pub(super) fn suspect(path: &Path) {
    let _ = fs::write(beside(path, SUSPECT), "");
}

/// Looks at the file and moves it aside if it is damaged. `now_s`: seconds since the Unix epoch, for its new name.
pub(super) fn mend(path: &Path, now_s: u64) -> Result<(), StoreError> {
    let open = |error| StoreError::Open { path: path.into(), error };
    if let Some(moved) = half_moved(path) {
        let fault = "a damaged file was being moved aside when the miner was ended".to_owned();
        replace(path, &moved).map_err(|error| StoreError::Aside { path: path.into(), fault, error })?;
        tracing::error!("the damaged data file is now {}: a new one has taken its place", moved.display());
    }
    let Ok(meta) = fs::metadata(path) else { return Ok(()) };
    let is_suspect = beside(path, SUSPECT).exists();
    let fault = match fault(path, is_suspect || meta.len() <= WHOLE_BYTES) {
        Ok(fault) => fault,
        Err(error) if is_damage(&error) => Some(error.to_string()),
        Err(error) => return Err(open(error)),
    };
    if let Some(fault) = fault {
        let aside = |error| StoreError::Aside { path: path.into(), fault: fault.clone(), error };
        let (moved, saved) = move_aside(path, now_s).map_err(aside)?;
        tracing::error!(
            "the data file {} is damaged ({fault}); it is now {}, and the miner starts with a new one. Taken over: {} \
             targets, settings and the like, {} changes of the operator's. Lost: remembered answers, requests, history. To have \
             them again, stop the miner and put a backup in the file's place; `sqlite3 {} .recover` may find more",
            path.display(),
            moved.display(),
            saved.values,
            saved.audit,
            moved.display(),
        );
    }
    if is_suspect {
        let _ = fs::remove_file(beside(path, SUSPECT));
    }
    Ok(())
}

/// What is wrong with the file; nothing of one of a newer version, which is not ours to judge.
pub(super) fn fault(path: &Path, whole: bool) -> rusqlite::Result<Option<String>> {
    let connection = read::connect(path)?;
    if schema::number(&connection, "user_version")? > schema::SCHEMA_VERSION {
        return Ok(None);
    }
    if whole {
        return check(&connection, "1");
    }
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1")?;
    let names = names.query_map([LEFT_OUT], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for name in names {
        if let Some(fault) = check(&connection, &format!("'{}'", name.replace('\'', "''")))? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

/// `quick_check`: every page and record, but not whether each index has each row. That takes longer the more answers there
/// are, and such a file still reads and writes; `lode backup` looks at that too.
fn check(connection: &Connection, what: &str) -> rusqlite::Result<Option<String>> {
    let said: String = connection.query_row(&format!("PRAGMA quick_check({what})"), [], |row| row.get(0))?;
    Ok((said != "ok").then_some(said))
}

/// A whole new file takes the place of the damaged one. A crash before that has its name leaves all as it was; one after it is
/// found by [`half_moved`].
fn move_aside(path: &Path, now_s: u64) -> std::io::Result<(PathBuf, Saved)> {
    let begun = beside(path, BEGUN);
    for suffix in ["", "-journal"] {
        remove(&beside(&begun, suffix))?;
    }
    let saved = save(path, &begun).map_err(std::io::Error::other)?;
    fs::rename(begun, beside(path, FRESH))?;
    let names = (now_s..).map(|second| beside(path, &format!("{ASIDE}{second}")));
    let aside = names.into_iter().find(|name| !name.exists()).expect("seconds do not end");
    // Not every file system has links; there the file is gone for a moment.
    fs::hard_link(path, &aside).or_else(|_| fs::rename(path, &aside))?;
    replace(path, &aside)?;
    Ok((aside, saved))
}

/// The name that a damaged file got shortly before a crash, when the new one stands ready and has not taken its place.
fn half_moved(path: &Path) -> Option<PathBuf> {
    if !beside(path, FRESH).exists() {
        return None;
    }
    let inode = |path: &Path| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let (file, newest) = (inode(path), seconds_aside(path).ok()?.pop()?);
    let aside = beside(path, &format!("{ASIDE}{newest}"));
    (file.is_none() || file == inode(&aside)).then_some(aside)
}

/// The damaged file's journal follows it, and the new file takes its place.
fn replace(path: &Path, aside: &Path) -> std::io::Result<()> {
    // What was looked at leaves an empty journal, and its index is made anew from it.
    let journal = beside(path, "-wal");
    if fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0) {
        fs::rename(&journal, beside(aside, "-wal"))?;
    } else {
        remove(&journal)?;
    }
    remove(&beside(path, "-shm"))?;
    fs::rename(beside(path, FRESH), path)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    drop_old(path)
}

/// Takes over what the operator said and what the miner knows about itself: small, and each value is whole or not there.
fn save(path: &Path, begun: &Path) -> rusqlite::Result<Saved> {
    let mut to = Connection::open(begun)?;
    to.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    schema::migrate(&to)?;
    let mut saved = Saved::default();
    // What cannot be opened or read ends the search, not the start.
    let Ok(from) = read::connect(path) else { return Ok(saved) };
    let transaction = to.transaction()?;
    let is_json = |json: &str| serde_json::from_str::<IgnoredAny>(json).is_ok();
    if let Ok(mut values) = from.prepare("SELECT key, json FROM setting")
        && let Ok(rows) = values.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
    {
        for (key, json) in rows.map_while(Result::ok).filter(|(_, json)| is_json(json)) {
            let insert = "INSERT OR REPLACE INTO setting (key, json) VALUES (?1, ?2)";
            saved.values += transaction.prepare_cached(insert)?.execute(params![key, json])?;
        }
    }
    if let Ok(mut audit) = from.prepare("SELECT at_ms, json FROM audit ORDER BY id")
        && let Ok(rows) = audit.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
    {
        for (at_ms, json) in rows.map_while(Result::ok).filter(|(_, json)| is_json(json)) {
            let insert = "INSERT INTO audit (at_ms, json) VALUES (?1, ?2)";
            saved.audit += transaction.prepare_cached(insert)?.execute(params![at_ms, json])?;
        }
    }
    transaction.commit()?;
    Ok(saved)
}

/// When the damaged files beside it were found, the newest last.
fn seconds_aside(path: &Path) -> std::io::Result<Vec<u64>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned() + ASIDE;
    let mut seconds = Vec::new();
    for entry in fs::read_dir(path.parent().unwrap_or(Path::new("")))? {
        let found = entry?.file_name();
        seconds.extend(found.to_string_lossy().strip_prefix(&name).and_then(|second| second.parse::<u64>().ok()));
    }
    seconds.sort_unstable();
    Ok(seconds)
}

/// The newest damaged files stay.
fn drop_old(path: &Path) -> std::io::Result<()> {
    for second in seconds_aside(path)?.iter().rev().skip(KEPT) {
        for suffix in ["", "-wal", "-shm"] {
            remove(&beside(path, &format!("{ASIDE}{second}{suffix}")))?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
