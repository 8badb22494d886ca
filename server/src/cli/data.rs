//! Flags of the commands that work on what is kept.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RunArgs;

/// What is done with remembered answers. Each takes the flags with which the miner runs.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Write every remembered answer to a new file of JSON lines, while the miner runs or not.
    Export(Box<FileArgs>),
    /// Take the answers of such a file in, all or none. The miner must not run: it reads them when it starts.
    Import(Box<FileArgs>),
    /// Forget every remembered answer, of the miner that runs or, when none does, on disk.
    Clear(Box<ClearArgs>),
}

/// A file, and whose data.
#[derive(Debug, Clone, Args)]
pub struct FileArgs {
    /// The file. One that is written must not be there yet; only its owner may read it.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Flags of `cache clear`.
#[derive(Debug, Clone, Args)]
pub struct ClearArgs {
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}
