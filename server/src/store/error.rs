//! Why the data file cannot be used, and what to do.

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
        use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, OutOfMemory, SystemIoFailure};
        match self {
            Self::Open { error, .. } | Self::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DatabaseBusy | DiskFull | OutOfMemory | SystemIoFailure))
            }
            Self::Aside { error, .. } | Self::Lock { error, .. } => error.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}
