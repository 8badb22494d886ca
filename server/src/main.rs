//! `lode`: parse, do what is asked, and say how it ended.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use lode::app::{checker_threads, cores};
use lode::cli::{self, AlertCommand, Cli, Command};
use lode::commands::{self, Exit};
use tokio::runtime::{Builder, Runtime};

/// Remembered answers come and go for months: glibc's allocator would keep ever more room between them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Threads that still wait for something have this long.
const LAST_MOMENT: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches();
    let (cli, matches) = match parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
        Ok(parsed) => parsed,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => return complain(&commands::usage(&cli::sentence(&error))),
    };
    rustls::crypto::ring::default_provider().install_default().expect("nothing installed a provider before main");
    let runtime = runtime();
    let result = runtime.block_on(obey(cli, &matches));
    // A disk or an upstream that hangs must not keep us: what had to be kept is kept by now.
    runtime.shutdown_timeout(LAST_MOMENT);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => complain(&exit),
    }
}

async fn obey(cli: Cli, matches: &ArgMatches) -> Result<(), Exit> {
    match cli.command {
        None => commands::run(cli.run).await,
        Some(Command::Run(args)) => commands::run(*args).await,
        Some(Command::Init(args)) => commands::init(&args),
        Some(Command::Config(args)) => commands::show(&args, matches),
        Some(Command::Token(args)) => commands::token(&args),
        Some(Command::Check(args)) => commands::check(&args).await,
        Some(Command::Status(args)) => commands::status(&args).await,
        Some(Command::Alert(AlertCommand::Test(args))) => commands::alert_test(&args).await,
        Some(Command::Backup(args)) => commands::backup(&args),
        Some(Command::Cache(command)) => commands::cache(&command).await,
        Some(Command::Bench(args)) => commands::bench(args).await,
        Some(Command::Eval(args)) => commands::eval(&args),
        Some(Command::Simulate(args)) => commands::simulate(&args),
        Some(Command::Completions(args)) => commands::completions(&args),
    }
}

/// Some of the cores check signatures on threads of their own; the others run everything else.
fn runtime() -> Runtime {
    let threads = cores().saturating_sub(checker_threads(cores())).max(1);
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("the system gives us threads")
}

fn complain(exit: &Exit) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "lode: {}", exit.message);
    ExitCode::from(exit.code)
}
