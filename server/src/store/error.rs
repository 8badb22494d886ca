//! Why the data file cannot be used, and what to do.

use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::path::PathBuf;

use super::Holder;

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
    /// A damaged file that stays where it is.
    #[error(
        "the data file {path} is damaged ({fault}) and cannot be moved aside: {error}; make room and its folder writable, or \
         choose another --data-dir"
    )]
    Aside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// There is no data file.
    #[error("there is no data file {path}; give the --data-dir, or the configuration, with which the miner runs")]
    Absent {
        /// Where it would be.
        path: PathBuf,
    },
    /// Somebody else uses the folder.
    #[error(
        "{} uses the data folder {folder}; stop it first, or choose another --data-dir",
        holder.map_or_else(|| "another lode".to_owned(), |holder| format!("another lode (process {})", holder.process))
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Who, where that is known.
        holder: Option<Holder>,
    },
    /// The lock file.
    #[error("cannot use the lock file {path}: {error}; check the folder's owner, or choose another --data-dir")]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A write did not come about.
    #[error("the data file could not be written: {0}")]
    NotWritten(String),
    /// A newer version of Lode wrote the file.
    #[error(
        "the data file {path} is of a newer Lode (schema {found}, this one knows {known}); use that, or another --data-dir"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// The writer is gone.
    #[error("the data file's writer has stopped")]
    Stopped,
}

impl StoreError {
    /// Whether it may pass by itself: the disk is full, fails, or is in somebody's hands.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Open { error, .. } | Self::Sqlite(error) => is_passing(error),
            Self::Aside { error, .. } | Self::Lock { error, .. } => {
                let of_sqlite = error.get_ref().and_then(|error| error.downcast_ref::<rusqlite::Error>());
                of_sqlite.is_some_and(is_passing) || matches!(error.kind(), StorageFull | QuotaExceeded)
            }
            _ => false,
        }
    }
}

fn is_passing(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, OutOfMemory, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DiskFull | OutOfMemory | SystemIoFailure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_may_pass_and_a_damaged_file_does_not() {
        let sqlite = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        let aside = |error| StoreError::Aside { path: "f".into(), fault: String::new(), error };
        assert!(StoreError::Sqlite(sqlite(rusqlite::ffi::SQLITE_FULL)).is_passing());
        assert!(aside(std::io::Error::other(sqlite(rusqlite::ffi::SQLITE_IOERR))).is_passing());
        assert!(aside(StorageFull.into()).is_passing());
        assert!(!aside(std::io::ErrorKind::PermissionDenied.into()).is_passing());
        assert!(!StoreError::Sqlite(sqlite(rusqlite::ffi::SQLITE_CORRUPT)).is_passing());
    }
}
