//! `lode`: parse, load, start, say where, run, drain.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches};
use lode::admin::{self, AdminError};
use lode::alerts::Webhook;
use lode::api::AdminToken;
use lode::app::{App, Reload, Surroundings, checker_threads, cores, make_data_dir};
use lode::chain::Network;
use lode::check::{self, Verdict};
use lode::cli::{
    self, AlertCommand, BenchArgs, CacheCommand, Cli, Command, ConfigArgs, DataArgs, EvalArgs, FileArgs, InitArgs,
    RunArgs, SimulateArgs, StatusArgs,
};
use lode::clock::Clock;
use lode::config::{self, Config};
use lode::solver::Meters;
use lode::status::{self, Asker};
use lode::{bench, eval, init, shutdown, simulate, supervisor, telemetry};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

/// Remembered answers come and go for months: glibc's allocator would keep ever more room between them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Wrong flags, configuration, wallet or port: the operator can mend it.
const EXIT_USAGE: u8 = 2;
/// Something failed while running: the supervisor should start us again.
const EXIT_FAILED: u8 = 1;

fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches();
    let (cli, matches) = match parsed.and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches))) {
        Ok(parsed) => parsed,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => return complain(EXIT_USAGE, &cli::sentence(&error)),
    };
    rustls::crypto::ring::default_provider().install_default().expect("nothing installed a provider before main");
    let runtime = runtime();
    let result = match cli.command {
        None => runtime.block_on(run(cli.run)),
        Some(Command::Run(args)) => runtime.block_on(run(*args)),
        Some(Command::Init(args)) => initialise(&args),
        Some(Command::Config(args)) => effective(&args, &matches),
        Some(Command::Completions(args)) => say(&cli::completions(&args)),
        Some(Command::Token(args)) => token(&args),
        Some(Command::Check(args)) => runtime.block_on(check(&args)),
        Some(Command::Status(args)) => runtime.block_on(status(&args)),
        Some(Command::Alert(AlertCommand::Test(args))) => runtime.block_on(alert_test(&args)),
        Some(Command::Bench(args)) => runtime.block_on(measure(args)),
        Some(Command::Eval(args)) => evaluate(&args),
        Some(Command::Simulate(args)) => simulated(&args),
        Some(Command::Backup(args)) => backup(&args),
        Some(Command::Cache(command)) => runtime.block_on(cache(&command)),
    };
    // A disk or an upstream that hangs must not keep us: what had to be kept is kept by now.
    runtime.shutdown_timeout(LAST_MOMENT);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => complain(code, &message),
    }
}

/// Some of the cores check signatures on threads of their own; the others run everything else.
fn runtime() -> Runtime {
    let threads = cores().saturating_sub(checker_threads(cores())).max(1);
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("the system gives us threads")
}

/// Between two looks of `status --watch`.
const WATCH_PERIOD: Duration = Duration::from_secs(2);
/// Threads that still wait for something have this long.
const LAST_MOMENT: Duration = Duration::from_millis(300);

type Exit = (u8, String);

async fn run(args: RunArgs) -> Result<(), Exit> {
    let usage = |error: &dyn std::fmt::Display| (EXIT_USAGE, error.to_string());
    let config = config::load(args.config.as_deref(), args.layer()).map_err(|error| usage(&error))?;
    let data_dir = data_dir(&args.data, &config)?;
    let clock = match config.subtensor.network() {
        Network::Devnet => Clock::system().faster(config.devnet.speed),
        _ => Clock::system(),
    };
    let telemetry = telemetry::init(clock.clone(), &config.log).map_err(|error| usage(&error))?;
    // Before anybody is told that we are here: who is told may stop us at once.
    let signals =
        shutdown::Signals::new().map_err(|error| (EXIT_FAILED, format!("cannot wait for signals: {error}")))?;
    let (reload, asked) = mpsc::channel(1);
    let load = Box::new(move || config::load(args.config.as_deref(), args.layer()));
    let surroundings = Surroundings {
        clock,
        log: telemetry.ring.clone(),
        feeder: Some(telemetry.feeder),
        reload: Some(Reload { asked, load }),
    };
    let headless = config.api.headless || cfg!(not(feature = "ui"));
    let app = App::start(config, &data_dir, surroundings).await.map_err(|error| usage(&error))?;
    say_where(&app, headless);
    supervisor::ready(&format!("Axon {} answers on {}", app.hotkey, app.axon));
    let stop = async {
        let signal = tokio::select! {
            signal = signals.next(reload) => signal,
            () = supervisor::keep_alive() => unreachable!("it never ends"),
        };
        supervisor::stopping();
        tracing::info!("{signal}: finishing the requests in flight");
    };
    app.run(stop).await.map_err(|error| (EXIT_FAILED, error))
}

/// For whoever started us by hand. The token goes to a terminal only, never into a log: it stands in the link's fragment,
/// which browsers do not send.
fn say_where(app: &App, headless: bool) {
    tracing::info!("axon {} answers on {}", app.hotkey, app.axon);
    tracing::info!("API on http://{}", app.api);
    let mut out = std::io::stdout();
    if !headless {
        let token = if out.is_terminal() { format!("/#token={}", app.token.reveal()) } else { String::new() };
        // Whoever reads our output may have gone; the miner goes on.
        let _ = writeln!(out, "\n  Dashboard  http://{}{token}\n", app.api);
    }
}

/// Writes a configuration file, after questions where somebody can answer.
fn initialise(args: &InitArgs) -> Result<(), Exit> {
    let usage = |error: String| (EXIT_USAGE, error);
    let path = args.run.config.clone().unwrap_or_else(|| config::DEFAULT_FILE.into());
    let mut chosen = args.layer();
    let stdin = std::io::stdin();
    if !args.yes && stdin.is_terminal() {
        init::refuse_if_there(&path, args.force).map_err(usage)?;
        chosen = init::ask(chosen, &mut stdin.lock(), &mut std::io::stdout()).map_err(usage)?;
    }
    init::write(&path, &chosen, args.force).map_err(usage)?;
    let flag = args.run.config.as_ref().map_or_else(String::new, |path| format!(" --config {}", path.display()));
    say(format!("Wrote {}. Next: lode check{flag}, then lode run{flag}\n", path.display()).as_bytes())
}

/// What is in force, and where it comes from.
fn effective(args: &ConfigArgs, matches: &ArgMatches) -> Result<(), Exit> {
    let said = matches.subcommand_matches("config").map(cli::origins).unwrap_or_default();
    let shown = config::show(args.run.config.as_deref(), args.run.layer(), &said, args.changed);
    say(shown.map_err(|error| (EXIT_USAGE, error.to_string()))?.as_bytes())
}

/// To whoever reads our output.
fn say(text: &[u8]) -> Result<(), Exit> {
    std::io::stdout().write_all(text).map_err(|error| (EXIT_FAILED, format!("cannot write: {error}")))
}

fn token(args: &RunArgs) -> Result<(), Exit> {
    let config = config::load(args.config.as_deref(), args.layer()).map_err(|error| (EXIT_USAGE, error.to_string()))?;
    let folder = data_dir(&args.data, &config)?;
    let made = make_data_dir(&folder).map_err(|error| error.to_string());
    let token = made.and_then(|()| AdminToken::load_or_make(&folder).map_err(|error| error.to_string()));
    let token = token.map_err(|error| (EXIT_USAGE, error))?;
    writeln!(std::io::stdout(), "{}", token.reveal()).map_err(|error| (EXIT_FAILED, error.to_string()))
}

/// Tells every fault of the file, or the first of the flags and variables; or what there is, and how the chain sees us.
async fn check(args: &RunArgs) -> Result<(), Exit> {
    let usage = |error: &dyn std::fmt::Display| (EXIT_USAGE, error.to_string());
    let default = Path::new(config::DEFAULT_FILE);
    let file = args.config.as_deref().or_else(|| default.exists().then_some(default));
    let faults = file.map(config::check).transpose().map_err(|error| usage(&error))?.unwrap_or_default();
    if let (Some(file), false) = (file, faults.is_empty()) {
        let told: Vec<_> = faults.iter().map(|fault| format!("{}, {fault}", file.display())).collect();
        return Err((EXIT_USAGE, told.join("\nlode: ")));
    }
    let config = config::load(args.config.as_deref(), args.layer()).map_err(|error| usage(&error))?;
    let (adapters, _) = config::build_adapters(&config, &Meters::new()).map_err(|error| usage(&error))?;
    let mut names: Vec<_> = adapters.by_name.keys().map(String::as_str).collect();
    names.sort_unstable();
    let file = file.map_or("the defaults".into(), |file| file.display().to_string());
    let mut out = std::io::stdout();
    let failed = |error: std::io::Error| (EXIT_FAILED, error.to_string());
    writeln!(out, "✓ {:<13} {file}: good. Synapses: {}.", "configuration", names.join(", ")).map_err(failed)?;
    let lines = check::check(&config, &data_dir(&args.data, &config)?, &Clock::system()).await;
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(failed)?;
    let bad = lines.iter().filter(|line| line.verdict >= Verdict::Outside).count();
    match lines.iter().map(|line| line.verdict).max() {
        Some(Verdict::Mend) => Err((EXIT_USAGE, format!("{bad} of these are not well"))),
        Some(Verdict::Outside) => Err((EXIT_FAILED, format!("{bad} of these are not well"))),
        _ => Ok(()),
    }
}

/// Asks a running miner how it is, once or again and again.
async fn status(args: &StatusArgs) -> Result<(), Exit> {
    let config = config::load(args.run.config.as_deref(), args.run.layer());
    let config = config.map_err(|error| (EXIT_USAGE, error.to_string()))?;
    let failed = |error: &dyn std::fmt::Display| (EXIT_FAILED, error.to_string());
    let asker = Asker::new(config.api.bind).map_err(|error| failed(&error))?;
    let mut out = std::io::stdout();
    loop {
        let asked = asker.ask().await;
        let text = match &asked {
            Ok(status) if args.json => format!("{}\n", status.json),
            Ok(status) => status::text(&status.snapshot),
            Err(_) => String::new(),
        };
        let clear = if args.watch && !args.json && out.is_terminal() { "\x1b[H\x1b[2J" } else { "" };
        write!(out, "{clear}{text}").and_then(|()| out.flush()).map_err(|error| failed(&error))?;
        if !args.watch {
            let status = asked.map_err(|error| failed(&error))?;
            return status.waiting.map_or(Ok(()), |waiting| Err((EXIT_FAILED, waiting)));
        }
        if let Err(error) = asked {
            complain(EXIT_FAILED, &error.to_string());
        }
        tokio::time::sleep(WATCH_PERIOD).await;
    }
}

/// Sends one message to where alerts go.
async fn alert_test(args: &RunArgs) -> Result<(), Exit> {
    let usage = |error: &dyn std::fmt::Display| (EXIT_USAGE, error.to_string());
    let config = config::load(args.config.as_deref(), args.layer()).map_err(|error| usage(&error))?;
    let webhook = Webhook::new(&config.alerts, |name| std::env::var(name).ok()).map_err(|error| usage(&error))?;
    let webhook = webhook.ok_or_else(|| {
        usage(&"no webhook is named: put its URL into a file and name that in alerts.webhook_file, or set LODE_ALERTS_WEBHOOK")
    })?;
    webhook.test(&config).await.map_err(|error| (EXIT_FAILED, error.to_string()))?;
    writeln!(std::io::stdout(), "The webhook's service has taken the message, as {}.", webhook.format().word())
        .map_err(|error| (EXIT_FAILED, error.to_string()))
}

async fn measure(args: BenchArgs) -> Result<(), Exit> {
    bench::run(args, &mut std::io::stdout()).await.map_err(|error| (EXIT_FAILED, format!("{error:#}")))
}

fn evaluate(args: &EvalArgs) -> Result<(), Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let done = eval::run(args, &mut out).and_then(|()| Ok(out.flush()?));
    done.map_err(|error| (EXIT_USAGE, format!("{error:#}")))
}

fn simulated(args: &SimulateArgs) -> Result<(), Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let done = simulate::run(args, &mut out).and_then(|()| Ok(out.flush()?));
    done.map_err(|error| (EXIT_USAGE, format!("{error:#}")))
}

fn backup(args: &FileArgs) -> Result<(), Exit> {
    let folder = configured_data_dir(&args.run)?;
    admin::backup(&folder, &args.file, &mut std::io::stdout()).map_err(|error| told(&error))
}

async fn cache(command: &CacheCommand) -> Result<(), Exit> {
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
    let code = if matches!(error, AdminError::Refused(_)) { EXIT_USAGE } else { EXIT_FAILED };
    (code, error.to_string())
}

fn configured_data_dir(args: &RunArgs) -> Result<PathBuf, Exit> {
    let config = config::load(args.config.as_deref(), args.layer()).map_err(|error| (EXIT_USAGE, error.to_string()))?;
    data_dir(&args.data, &config)
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
        .ok_or_else(|| (EXIT_USAGE, "there is no home folder to keep data in; give one with --data-dir".to_owned()))
}

fn complain(code: u8, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "lode: {message}");
    ExitCode::from(code)
}
