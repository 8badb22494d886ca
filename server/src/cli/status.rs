//! Flags of `status`.

use clap::Args;

use super::RunArgs;

/// Flags of `status`.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// Show it again every two seconds.
    #[arg(long)]
    pub watch: bool,
    /// Show every figure, as `GET /api/dashboard` has it.
    #[arg(long)]
    pub json: bool,
    /// Which miner.
    #[command(flatten)]
    pub run: RunArgs,
}
