//! Flags of the commands that measure: `bench`, `simulate`, `eval`.

use std::path::PathBuf;

use clap::Args;

use crate::eval::Matcher;

/// Flags of `bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// What is measured.
    #[arg(long, value_enum, default_value_t)]
    pub only: Benched,
    /// Measure the cache with a million entries in one scope too: minutes, and two gigabytes of memory.
    #[arg(long)]
    pub million: bool,
    /// How long the soak takes.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub minutes: u32,
    /// Signed requests per measurement.
    #[arg(long, default_value_t = 40_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub requests: u32,
    /// A Python with `bittensor==10.5.0`, to measure the SDK's own axon in the same run.
    #[arg(long, value_name = "PYTHON", env = "LODE_BENCH_PYTHON")]
    pub python: Option<PathBuf>,
    /// Folder of the reference axon's scripts.
    #[arg(long, value_name = "DIR", default_value = "server/tests/interop")]
    pub scripts: PathBuf,
}

/// What `bench` measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Benched {
    /// Axon, chain keeper, page and cache.
    #[default]
    All,
    /// Requests, beside the Python axon where it is installed.
    Axon,
    /// The chain keeper: a sync's CPU time, and its memory.
    Chain,
    /// What the page asks for: figures beside nginx, where it is installed, and many open tabs.
    Page,
    /// Looks into memory, beside the Python miner's and GPTCache's.
    Cache,
    /// Whether the cache's memory stays what it is, for `--minutes`.
    Soak,
}

/// Flags of `simulate`.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Scenarios, or streams (`text`, `cluster`) as JSON lines.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print every round of the tuner.
    #[arg(long)]
    pub rounds: bool,
}

/// Flags of `eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// Pairs (`a`, `b`, `label`) or a stream (`text`, `cluster`), as JSON lines.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Which matchers are measured on pairs [default: all].
    #[arg(long, value_enum, value_delimiter = ',')]
    pub matcher: Vec<Matcher>,
    /// The threshold at which shares by type and streams are measured, 0 to 1.
    #[arg(long, default_value_t = 0.95)]
    pub threshold: f32,
    /// Replay streams with the tuner in charge too.
    #[arg(long)]
    pub trace: bool,
}
