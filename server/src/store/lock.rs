//! One process at a time uses a data folder: two miners on one file would each write what the other forgets.
//!
//! `flock` on `lode.lock`: the system lets go of it however the process ends, so that nothing is left to clean up.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StoreError;

const FILE: &str = "lode.lock";
/// Who looks whether somebody uses the folder ([`holder`]) has the lock for microseconds: it is tried again so often.
const TRIES: u32 = 200;
/// No note of ours is longer.
const MAX_BYTES: u64 = 4_096;

/// The data folder is ours while this lives.
#[derive(Debug)]
pub struct DataLock {
    file: File,
    path: PathBuf,
}

/// Who uses a data folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub process: u32,
    /// Where its API answers; absent when it has none, or not yet.
    pub api: Option<SocketAddr>,
}

impl DataLock {
    /// Takes the folder, or tells who has it.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let failed = |error| StoreError::Lock { path: path.clone(), error };
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = open.map_err(failed)?;
        let mut locked = file.try_lock();
        for _ in 0..TRIES {
            if !matches!(locked, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::yield_now();
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { folder: folder.into(), holder: read(&mut file) });
            }
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => {
                tracing::warn!(
                    "{} cannot be locked here: take care that no second miner uses the folder",
                    path.display()
                );
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let lock = Self { file, path };
        lock.tell(None);
        Ok(lock)
    }

    /// Notes where our API answers, for commands that ask a running miner. A disk that takes no note is no reason not to run.
    pub fn tell(&self, api: Option<SocketAddr>) {
        let note = serde_json::to_vec(&Holder { process: std::process::id(), api }).expect("plain data serialises");
        let mut file = &self.file;
        let written = file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).and_then(|_| file.write_all(&note));
        if let Err(error) = written {
            tracing::warn!(
                "{} cannot be written: {error}; `lode cache clear` will not find this miner",
                self.path.display()
            );
        }
    }
}

/// Who uses the folder now; nobody when it is free.
pub fn holder(folder: &Path) -> Result<Option<Holder>, StoreError> {
    let path = folder.join(FILE);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::Lock { path, error }),
    };
    // Shared: who only looks must not be taken for one who uses it by another who looks.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(Some(read(&mut file).unwrap_or_default())),
        _ => Ok(None),
    }
}

fn read(file: &mut File) -> Option<Holder> {
    let mut note = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut note).ok()?;
    serde_json::from_slice(&note).ok()
}
