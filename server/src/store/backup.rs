//! A copy of the data file while a miner writes to it.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, beside, existing, read};

/// Pages copied between two looks at the progress.
const PAGES: i32 = 512;
/// A copy is called so until it is whole.
const PART: &str = ".part";

/// A copy that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its size, bytes.
    pub bytes: u64,
    /// Rows of each table, by its name.
    pub rows: Vec<(String, u64)>,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something has that name already.
    #[error("{0} is there already; name another file, or move that one away")]
    Exists(PathBuf),
    /// The copy's file.
    #[error("cannot write {path}: {error}; is there room, and is the folder writable?")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Reading or writing.
    #[error("the copy failed: {0}; is there room for it?")]
    Copy(#[from] rusqlite::Error),
    /// The copy is not what it should be.
    #[error("the copy is damaged ({0}), so the data file itself may be; restart the miner to have it checked")]
    Damaged(String),
}

/// Copies the data file in `folder` to `to`, which only its owner may read, and checks the copy: as it was at one moment,
/// whoever writes meanwhile. `progress` hears of pages done and of all. Blocking.
pub fn backup(folder: &Path, to: &Path, progress: impl FnMut(u64, u64)) -> Result<Copied, BackupError> {
    let from = existing(folder)?;
    if to.exists() {
        return Err(BackupError::Exists(to.into()));
    }
    let part = beside(to, PART);
    let done = copy(&from, &part, progress).and_then(|copied| {
        publish(&part, to)?;
        Ok(copied)
    });
    // Gone if it was renamed.
    let _ = fs::remove_file(&part);
    done
}

fn copy(from: &Path, part: &Path, mut progress: impl FnMut(u64, u64)) -> Result<Copied, BackupError> {
    let failed = |error| BackupError::File { path: part.into(), error };
    // One that a copy left behind when it was killed.
    let _ = fs::remove_file(part);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(failed)?;
    let source = read::connect(from)?;
    // A moment that stays while this is open. Without it, every write of the miner's would begin the copy anew.
    source.execute_batch("BEGIN")?;
    let _: i64 = source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let mut copy = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let pages = Backup::new(&source, &mut copy)?;
    loop {
        let step = pages.step(PAGES)?;
        let count = pages.progress();
        progress((count.pagecount - count.remaining).max(0) as u64, count.pagecount.max(0) as u64);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(BackupError::Copy(busy())),
        }
    }
    drop(pages);
    drop(source);
    // One file, without a journal beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let said: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(BackupError::Damaged(said));
    }
    let rows = rows(&copy)?;
    drop(copy);
    let file = File::open(part).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    Ok(Copied { bytes: file.metadata().map_err(failed)?.len(), rows })
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}

/// Under its own name, unless somebody else has taken it meanwhile.
fn publish(part: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(to.into()),
        _ => BackupError::File { path: to.into(), error },
    };
    match fs::hard_link(part, to) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => fs::rename(part, to).map_err(failed)?,
        linked => linked.map_err(failed)?,
    }
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn rows(connection: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")?;
    let names = names.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let count = |name: String| {
        let query = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        connection.query_row(&query, [], |row| row.get::<_, i64>(0)).map(|count| (name, count as u64))
    };
    names.into_iter().map(count).collect()
}
