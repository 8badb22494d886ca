//! The command line.

mod data;
mod measure;
mod run;
mod setup;
mod status;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

pub use data::{CacheCommand, ClearArgs, FileArgs};
pub use measure::{BenchArgs, Benched, EvalArgs, SimulateArgs};
pub use run::{DataArgs, RunArgs, origins};
pub use setup::{CompletionsArgs, ConfigArgs, InitArgs};
pub use status::StatusArgs;

use crate::config::REDACTED;

/// After the flags, where people look for examples.
const AFTER_HELP: &str = "\
Examples:
  lode                            rehearse on a subnet inside the process, dashboard on http://127.0.0.1:8080
  lode init && lode check         write lode.toml and see whether it would work
  lode run --subtensor.network finney --netuid 36 --wallet.name W --wallet.hotkey H

Flags beat LODE__SECTION__KEY variables, which beat lode.toml, which beats the defaults; `lode config` shows what won.

Exit codes:
  0  stopped as asked, or done
  1  failed while running: start it again
  2  wrong flags, configuration, wallet or port: one sentence says what to do";

/// A self-tuning Bittensor miner with a live dashboard.
///
/// Without a command it does what `run` does.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags of `run`.
    #[command(flatten)]
    pub run: RunArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer validators until SIGTERM or Ctrl-C. Prints the dashboard's address, then its log.
    Run(Box<RunArgs>),
    /// Write a commented lode.toml: asks a few questions on a terminal, or takes the flags of `run`. Prints the next command.
    Init(Box<InitArgs>),
    /// Print the effective configuration as TOML, each value with where it comes from; secrets are left out. Takes the flags
    /// with which the miner runs.
    Config(Box<ConfigArgs>),
    /// Print the admin token, which the dashboard needs for changes. Takes the flags with which the miner runs.
    Token(Box<RunArgs>),
    /// Look whether a miner would work here, line by line: configuration, wallet, folder, ports, clock, chain, registration,
    /// solvers. Each has a ✓, or says what to do; · is what cannot be told from here. Takes the flags with which the miner
    /// runs. Fails with 2 when something here must be mended, with 1 when something outside is not well.
    Check(Box<RunArgs>),
    /// Show how a running miner is: the dashboard's first panel as text. Takes the flags with which the miner runs. Fails with 1
    /// when none answers, or when it cannot answer validators yet.
    Status(Box<StatusArgs>),
    /// Send a message to the webhook of `[alerts]`, to see that it arrives. Takes the flags with which the miner runs.
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Copy the data file while the miner runs, and check the copy. Takes the flags with which the miner runs.
    Backup(Box<FileArgs>),
    /// Carry remembered answers from one miner to another, or forget them.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Measure this machine: signed requests a second, beside the Python axon where it is installed, the page's figures
    /// beside nginx, and looks into the answer cache.
    Bench(BenchArgs),
    /// Run the tuner over scenarios (TOML) or recorded streams (JSON lines) with a clock of its own, beside fixed thresholds
    /// and the rules that it replaced.
    Simulate(SimulateArgs),
    /// Measure how good the cache's matching is, on labelled pairs or recorded streams (JSON lines).
    Eval(EvalArgs),
    /// Print the script with which a shell completes our commands and flags.
    Completions(CompletionsArgs),
}

/// What `alert` does.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// Send a message, and tell whether it was taken.
    Test(Box<RunArgs>),
}

/// A shell's script.
pub fn completions(args: &CompletionsArgs) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lode", &mut script);
    script
}

/// A wrong flag in one sentence: clap's own, with the flag that it thinks was meant.
pub fn sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let tips = lines.filter_map(|line| line.trim().strip_prefix("tip: "));
    let told: Vec<_> = std::iter::once(first.as_str()).chain(tips).collect();
    let told = format!("{}; see lode --help", told.join("; "));
    match error.get(ContextKind::InvalidValue) {
        // A URL may hold a secret, and a variable's value ends up in the journal.
        Some(ContextValue::String(value)) if value.contains([':', '/']) => told.replace(value, REDACTED),
        _ => told,
    }
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_url_that_is_none_is_not_told_for_it_may_hold_a_secret() {
        let endpoint = ["lode", "--subtensor.chain_endpoint", "wss//u:hunter2@host"];
        for line in [endpoint, ["lode", "--subtensor.network", "wss://host/hunter2"]] {
            let told = sentence(&Cli::try_parse_from(line).expect_err("no URL"));
            assert!(told.contains("--subtensor.") && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn the_sdks_flags_become_the_topmost_layer() {
        let cli = Cli::parse_from(["lode", "--netuid", "7", "--wallet.name", "w", "--axon.port", "9", "--headless"]);
        let layer = cli.run.layer();
        assert_eq!(layer["netuid"].as_integer(), Some(7));
        assert_eq!(layer["wallet"]["name"].as_str(), Some("w"));
        assert_eq!(layer["axon"]["port"].as_integer(), Some(9));
        assert_eq!(layer["api"]["headless"].as_bool(), Some(true));
        assert!(!layer.contains_key("devnet"), "what was not said stays unsaid");
    }

    #[test]
    fn a_wrong_flag_names_the_one_that_was_meant_in_one_line() {
        for (given, meant) in [("--axon.prot", "--axon.port"), ("chekc", "check"), ("--walet.name", "--wallet.name")] {
            let error = Cli::try_parse_from(["lode", given, "1"]).expect_err(given);
            let told = sentence(&error);
            assert!(told.contains(given) && told.contains(meant) && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn help_is_grouped_and_ends_with_examples_and_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        for word in ["Chain:", "Wallet:", "Axon:", "Dashboard:", "Examples:", "Exit codes:", "completions"] {
            assert!(help.contains(word), "{word}");
        }
    }

    #[test]
    fn every_shell_gets_a_script() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = String::from_utf8(completions(&CompletionsArgs { shell })).expect("text");
            assert!(script.contains("completions") && script.contains("wallet.name"), "{shell}");
        }
    }
}
