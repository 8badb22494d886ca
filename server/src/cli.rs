//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use toml::{Table, Value};

use crate::chain::Network;
use crate::eval::Matcher;

/// A self-tuning Bittensor miner with a live dashboard.
///
/// Without a subcommand: `run`. Exit codes: 0 stopped as asked, 1 failed while running, 2 wrong flags, configuration,
/// wallet or port.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
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
    /// Answer validators until SIGTERM or Ctrl-C.
    Run(Box<RunArgs>),
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
    /// Measure this machine: signed requests a second, beside the Python axon where it is installed, the page's figures
    /// beside nginx, and looks into the answer cache.
    Bench(BenchArgs),
    /// Run the tuner over scenarios (TOML) or recorded streams (JSON lines) with a clock of its own, beside fixed thresholds
    /// and the rules that it replaced.
    Simulate(SimulateArgs),
    /// Measure how good the cache's matching is, on labelled pairs or recorded streams (JSON lines).
    Eval(EvalArgs),
}

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

/// What `alert` does.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// Send a message, and tell whether it was taken.
    Test(Box<RunArgs>),
}

/// Where Lode keeps what survives a restart.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder for targets, settings, history and the admin token [default: the platform's data folder + lode, or
    /// lode-devnet on devnet].
    #[arg(long, value_name = "DIR", env = "LODE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// Flags of `run`. The SDK's own names and variables are accepted.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Where Lode keeps its data.
    #[command(flatten)]
    pub data: DataArgs,
    /// Configuration file [default: lode.toml in the working folder, if there].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Serve the API without the dashboard.
    #[arg(long)]
    pub headless: bool,
    /// Where dashboard and API listen [default: 127.0.0.1:8080].
    #[arg(long = "api.bind", value_name = "IP:PORT")]
    pub api_bind: Option<SocketAddr>,
    /// The subnet [default: 36].
    #[arg(long, env = "BT_NETUID")]
    pub netuid: Option<u16>,
    /// Where the metagraph comes from: devnet, offline, finney, test or local [default: devnet; local with an endpoint].
    #[arg(long = "subtensor.network", alias = "network", value_name = "NETWORK", env = "BT_SUBTENSOR_NETWORK")]
    pub network: Option<Network>,
    /// The chain's endpoint to ask first [default: the network's own].
    #[arg(long = "subtensor.chain_endpoint", value_name = "WS_URL", env = "BT_SUBTENSOR_CHAIN_ENDPOINT")]
    pub chain_endpoint: Option<url::Url>,
    /// Folder of wallets [default: ~/.bittensor/wallets].
    #[arg(long = "wallet.path", value_name = "DIR", env = "BT_WALLET_PATH")]
    pub wallet_path: Option<PathBuf>,
    /// The wallet [default: default].
    #[arg(long = "wallet.name", value_name = "NAME", env = "BT_WALLET_NAME")]
    pub wallet_name: Option<String>,
    /// The hotkey [default: default].
    #[arg(long = "wallet.hotkey", value_name = "NAME", env = "BT_WALLET_HOTKEY")]
    pub wallet_hotkey: Option<String>,
    /// Port that validators call [default: 8091].
    #[arg(long = "axon.port", value_name = "PORT", env = "BT_AXON_PORT")]
    pub axon_port: Option<u16>,
    /// Address to listen on for validators [default: 0.0.0.0; loopback on devnet].
    #[arg(long = "axon.ip", value_name = "IP", env = "BT_AXON_IP")]
    pub axon_ip: Option<IpAddr>,
    /// Address under which validators reach us.
    #[arg(long = "axon.external_ip", value_name = "IP", env = "BT_AXON_EXTERNAL_IP")]
    pub axon_external_ip: Option<IpAddr>,
    /// Port under which they do, where a router maps it [default: the one we listen on].
    #[arg(long = "axon.external_port", value_name = "PORT", env = "BT_AXON_EXTERNAL_PORT")]
    pub axon_external_port: Option<u16>,
    /// Whether Lode registers the axon on chain [default: true].
    #[arg(long = "axon.serve", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub axon_serve: Option<bool>,
    /// Requests a second that devnet's validators send, 0 to 1000 [default: 4].
    #[arg(long = "devnet.rate", value_name = "PER_S")]
    pub devnet_rate: Option<f64>,
}

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

impl RunArgs {
    /// What was given, as the topmost layer of the configuration.
    pub fn layer(&self) -> Table {
        let mut layer = Table::new();
        let text = |value: &dyn ToString| Some(Value::String(value.to_string()));
        let path = |value: &PathBuf| Some(Value::String(value.to_string_lossy().into_owned()));
        let network = self.network.map(Network::word);
        let given = [
            ("", "netuid", self.netuid.map(|netuid| Value::Integer(netuid.into()))),
            ("subtensor", "network", network.and_then(|network| text(&network))),
            ("subtensor", "chain_endpoint", self.chain_endpoint.as_ref().and_then(|url| text(url))),
            ("wallet", "path", self.wallet_path.as_ref().and_then(path)),
            ("wallet", "name", self.wallet_name.as_ref().and_then(|name| text(name))),
            ("wallet", "hotkey", self.wallet_hotkey.as_ref().and_then(|name| text(name))),
            ("axon", "port", self.axon_port.map(|port| Value::Integer(port.into()))),
            ("axon", "ip", self.axon_ip.and_then(|ip| text(&ip))),
            ("axon", "external_ip", self.axon_external_ip.and_then(|ip| text(&ip))),
            ("axon", "external_port", self.axon_external_port.map(|port| Value::Integer(port.into()))),
            ("axon", "serve", self.axon_serve.map(Value::Boolean)),
            ("api", "bind", self.api_bind.and_then(|bind| text(&bind))),
            ("api", "headless", self.headless.then_some(Value::Boolean(true))),
            ("devnet", "rate", self.devnet_rate.map(Value::Float)),
        ];
        for (section, key, value) in given {
            let Some(value) = value else { continue };
            if section.is_empty() {
                layer.insert(key.into(), value);
            } else if let Value::Table(table) = layer.entry(section).or_insert_with(|| Value::Table(Table::new())) {
                table.insert(key.into(), value);
            }
        }
        layer
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
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
}
