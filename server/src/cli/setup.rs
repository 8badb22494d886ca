//! Flags of the commands that help to set up: `init`, `config`, `completions`.

use clap::Args;
use clap_complete::Shell;
use toml::{Table, Value};

use super::RunArgs;

/// Flags of `init`. What `run` takes is written into the file.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// Flags of `run`; `--config` says where the file goes.
    #[command(flatten)]
    pub run: RunArgs,
    /// Synapses and solvers to start from [default: sn36-2025,prompt].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub presets: Option<Vec<String>>,
    /// Ask nothing: what no flag says stays at its default.
    #[arg(long, short)]
    pub yes: bool,
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
}

impl InitArgs {
    /// What the operator chose.
    pub fn layer(&self) -> Table {
        let mut layer = self.run.layer();
        if let Some(presets) = &self.presets {
            layer.insert("presets".into(), presets.iter().cloned().map(Value::String).collect::<Vec<_>>().into());
        }
        layer
    }
}

/// Flags of `config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// Flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
    /// Print only what is not at its default.
    #[arg(long)]
    pub changed: bool,
}

/// Flags of `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}
