//! `lode backup`

use std::io::Write;
use std::path::Path;

use super::AdminError;
use crate::progress::Progress;
use crate::store::{self, BackupError, StoreError};

/// Copies the data file in `folder` to `to` and checks the copy; tells path, size and rows.
pub fn backup(folder: &Path, to: &Path, out: &mut impl Write) -> Result<(), AdminError> {
    let mut progress = Progress::new("copying");
    let copied = store::backup(folder, to, |done, of| progress.at(done, of)).map_err(|error| match error {
        BackupError::Exists(_) | BackupError::Store(StoreError::Absent { .. }) => AdminError::refused(error),
        _ => AdminError::failed(error),
    })?;
    drop(progress);
    let rows: Vec<_> =
        copied.rows.iter().filter(|(_, count)| *count > 0).map(|(table, count)| format!("{count} {table}")).collect();
    let rows = if rows.is_empty() { "no rows".to_owned() } else { rows.join(", ") };
    writeln!(out, "{}: {} bytes, checked; rows: {rows}", to.display(), copied.bytes).map_err(AdminError::failed)
}
