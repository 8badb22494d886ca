//! What sets a miner up: `lode init`, `lode config`, `lode token`, `lode completions`.

use std::io::IsTerminal;

use clap::ArgMatches;

use super::{Exit, configured_data_dir, say, usage};
use crate::api::AdminToken;
use crate::app::make_data_dir;
use crate::cli::{self, CompletionsArgs, ConfigArgs, InitArgs, RunArgs};
use crate::{config, init as file};

/// Writes a configuration file, after questions where somebody can answer.
pub fn init(args: &InitArgs) -> Result<(), Exit> {
    let path = args.run.config.clone().unwrap_or_else(|| config::DEFAULT_FILE.into());
    let mut chosen = args.layer();
    let stdin = std::io::stdin();
    if !args.yes && stdin.is_terminal() {
        file::refuse_if_there(&path, args.force).map_err(|error| usage(&error))?;
        chosen = file::ask(chosen, &mut stdin.lock(), &mut std::io::stdout()).map_err(|error| usage(&error))?;
    }
    file::write(&path, &chosen, args.force).map_err(|error| usage(&error))?;
    let flag = args.run.config.as_ref().map_or_else(String::new, |path| format!(" --config {}", path.display()));
    say(format!("Wrote {}. Next: lode check{flag}, then lode run{flag}\n", path.display()).as_bytes())
}

/// What is in force, and where it comes from.
pub fn show(args: &ConfigArgs, matches: &ArgMatches) -> Result<(), Exit> {
    let said = matches.subcommand_matches("config").map(cli::origins).unwrap_or_default();
    let shown = config::show(args.run.config.as_deref(), args.run.layer(), &said, args.changed);
    say(shown.map_err(|error| usage(&error))?.as_bytes())
}

/// The admin token, for whoever owns the data.
pub fn token(args: &RunArgs) -> Result<(), Exit> {
    let folder = configured_data_dir(args)?;
    make_data_dir(&folder).map_err(|error| usage(&error))?;
    let token = AdminToken::load_or_make(&folder).map_err(|error| usage(&error))?;
    say(format!("{}\n", token.reveal()).as_bytes())
}

/// A shell's script.
pub fn completions(args: &CompletionsArgs) -> Result<(), Exit> {
    say(&cli::completions(args))
}
