//! What works on the data file: `lode backup`, `lode cache`.

use super::{Exit, configured_data_dir, failed, usage};
use crate::admin::{self, AdminError};
use crate::cli::{CacheCommand, FileArgs};
use crate::clock::Clock;

/// Copies it while the miner runs.
pub fn backup(args: &FileArgs) -> Result<(), Exit> {
    let folder = configured_data_dir(&args.run)?;
    admin::backup(&folder, &args.file, &mut std::io::stdout()).map_err(|error| told(&error))
}

/// Carries remembered answers elsewhere, or forgets them.
pub async fn cache(command: &CacheCommand) -> Result<(), Exit> {
    let run = match command {
        CacheCommand::Export(args) | CacheCommand::Import(args) => &args.run,
        CacheCommand::Clear(args) => &args.run,
    };
    let (folder, now_ms) = (configured_data_dir(run)?, Clock::system().now_ms());
    let out = &mut std::io::stdout();
    let done = match command {
        CacheCommand::Export(args) => admin::export(&folder, &args.file, now_ms, out),
        CacheCommand::Import(args) => admin::import(&folder, &args.file, now_ms, out),
        CacheCommand::Clear(args) => admin::clear(&folder, args.yes, now_ms, out).await,
    };
    done.map_err(|error| told(&error))
}

fn told(error: &AdminError) -> Exit {
    if matches!(error, AdminError::Refused(_)) { usage(error) } else { failed(error) }
}
