//! What the command line asks for, one function each. What they print is for whoever asked; their failures are exit codes.

mod data;
mod look;
mod measure;
mod run;
mod setup;

use std::fmt::Display;
use std::io::Write;
use std::path::PathBuf;

pub use data::{backup, cache};
pub use look::{alert_test, check, status};
pub use measure::{bench, eval, simulate};
pub use run::run;
pub use setup::{completions, init, show, token};

use crate::chain::Network;
use crate::cli::{DataArgs, RunArgs};
use crate::config::{self, Config};

/// Why a command failed: a sentence that says what to do, and the exit code.
#[derive(Debug)]
pub struct Exit {
    /// 1: something failed while running, and the supervisor should start us again. 2: wrong flags, configuration, wallet or
    /// port, which the operator can mend.
    pub code: u8,
    /// What happened and what to do, in a sentence.
    pub message: String,
}

/// The operator can mend it.
pub fn usage(error: &dyn Display) -> Exit {
    Exit { code: 2, message: error.to_string() }
}

/// Something failed while running.
pub fn failed(error: &dyn Display) -> Exit {
    Exit { code: 1, message: error.to_string() }
}

/// To whoever reads our output.
fn say(text: &[u8]) -> Result<(), Exit> {
    std::io::stdout().write_all(text).map_err(|error| failed(&format!("cannot write: {error}")))
}

/// The configuration that these flags lead to.
fn load(args: &RunArgs) -> Result<Config, Exit> {
    config::load(args.config.as_deref(), args.layer()).map_err(|error| usage(&error))
}

fn configured_data_dir(args: &RunArgs) -> Result<PathBuf, Exit> {
    data_dir(&args.data, &load(args)?)
}

/// Each chain's data stays apart: a rehearsal's targets and history are nobody's earnings.
fn data_dir(args: &DataArgs, config: &Config) -> Result<PathBuf, Exit> {
    let name = match config.subtensor.network() {
        Network::Finney | Network::Offline => "lode",
        Network::Devnet => "lode-devnet",
        Network::Test => "lode-test",
        Network::Local => "lode-local",
    };
    let platform = || directories::BaseDirs::new().map(|dirs| dirs.data_dir().join(name));
    args.data_dir
        .clone()
        .or_else(platform)
        .ok_or_else(|| usage(&"there is no home folder to keep data in; give one with --data-dir"))
}
