//! Flags of the miner itself: those of the SDK's names, and the layer that they make over file and environment.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args};
use toml::{Table, Value};

use crate::chain::Network;
use crate::telemetry::LogFormat;

/// Where Lode keeps what survives a restart.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder for targets, settings, history and the admin token [default: the platform's data folder + lode, or
    /// lode-devnet on devnet].
    #[arg(long, value_name = "DIR", env = "LODE_DATA_DIR", help_heading = "General")]
    pub data_dir: Option<PathBuf>,
}

/// Flags of `run`. The SDK's own names and variables are accepted.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Where Lode keeps its data.
    #[command(flatten)]
    pub data: DataArgs,
    /// Configuration file [default: lode.toml in the working folder, if there].
    #[arg(long, value_name = "FILE", env = "LODE_CONFIG", help_heading = "General")]
    pub config: Option<PathBuf>,
    /// Serve the API without the dashboard.
    #[arg(long, help_heading = "Dashboard")]
    pub headless: bool,
    /// Where dashboard and API listen [default: 127.0.0.1:8080].
    #[arg(long = "api.bind", value_name = "IP:PORT", help_heading = "Dashboard")]
    pub api_bind: Option<SocketAddr>,
    /// The subnet [default: 36].
    #[arg(long, env = "BT_NETUID", help_heading = "Chain")]
    pub netuid: Option<u16>,
    /// Where the metagraph comes from: devnet, offline, finney, test or local [default: devnet; local with an endpoint].
    #[arg(
        long = "subtensor.network",
        alias = "network",
        value_name = "NETWORK",
        env = "BT_SUBTENSOR_NETWORK",
        help_heading = "Chain"
    )]
    pub network: Option<Network>,
    /// The chain's endpoint to ask first [default: the network's own].
    #[arg(
        long = "subtensor.chain_endpoint",
        value_name = "WS_URL",
        env = "BT_SUBTENSOR_CHAIN_ENDPOINT",
        hide_env_values = true,
        help_heading = "Chain"
    )]
    pub chain_endpoint: Option<url::Url>,
    /// Folder of wallets [default: ~/.bittensor/wallets].
    #[arg(long = "wallet.path", value_name = "DIR", env = "BT_WALLET_PATH", help_heading = "Wallet")]
    pub wallet_path: Option<PathBuf>,
    /// The wallet [default: default].
    #[arg(long = "wallet.name", value_name = "NAME", env = "BT_WALLET_NAME", help_heading = "Wallet")]
    pub wallet_name: Option<String>,
    /// The hotkey [default: default].
    #[arg(long = "wallet.hotkey", value_name = "NAME", env = "BT_WALLET_HOTKEY", help_heading = "Wallet")]
    pub wallet_hotkey: Option<String>,
    /// Port that validators call [default: 8091].
    #[arg(long = "axon.port", value_name = "PORT", env = "BT_AXON_PORT", help_heading = "Axon")]
    pub axon_port: Option<u16>,
    /// Address to listen on for validators [default: 0.0.0.0; loopback on devnet].
    #[arg(long = "axon.ip", value_name = "IP", env = "BT_AXON_IP", help_heading = "Axon")]
    pub axon_ip: Option<IpAddr>,
    /// Address under which validators reach us.
    #[arg(long = "axon.external_ip", value_name = "IP", env = "BT_AXON_EXTERNAL_IP", help_heading = "Axon")]
    pub axon_external_ip: Option<IpAddr>,
    /// Port under which they do, where a router maps it [default: the one we listen on].
    #[arg(long = "axon.external_port", value_name = "PORT", env = "BT_AXON_EXTERNAL_PORT", help_heading = "Axon")]
    pub axon_external_port: Option<u16>,
    /// Whether Lode registers the axon on chain [default: true].
    #[arg(long = "axon.serve", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Axon")]
    pub axon_serve: Option<bool>,
    /// How the log is written [default: human].
    #[arg(long = "log.format", value_enum, value_name = "FORMAT", help_heading = "Logs")]
    pub log_format: Option<LogFormat>,
    /// Folder to which it is written too, a file a day [default: to standard error alone].
    #[arg(long = "log.folder", value_name = "DIR", help_heading = "Logs")]
    pub log_folder: Option<PathBuf>,
    /// Requests a second that devnet's validators send, 0 to 1000 [default: 4].
    #[arg(long = "devnet.rate", value_name = "PER_S", help_heading = "Devnet")]
    pub devnet_rate: Option<f64>,
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
            ("log", "format", self.log_format.and_then(|format| text(&format.word()))),
            ("log", "folder", self.log_folder.as_ref().and_then(path)),
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

/// Where each key that the command line sets comes from: of `axon.port` its flag or, where that was not given, its variable.
pub fn origins(matches: &ArgMatches) -> BTreeMap<String, String> {
    let command = RunArgs::augment_args(clap::Command::new("run"));
    let said = command.get_arguments().filter_map(|arg| {
        let (id, flag) = (arg.get_id().as_str(), arg.get_long()?);
        let key = if flag == "headless" { "api.headless" } else { flag };
        // `try_`: what a command does not have was not said.
        matches.try_contains_id(id).ok()?;
        let origin = match matches.value_source(id)? {
            ValueSource::CommandLine => format!("--{flag}"),
            ValueSource::EnvVariable => arg.get_env()?.to_string_lossy().into_owned(),
            _ => return None,
        };
        Some((key.to_owned(), origin))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    #[test]
    fn a_flag_s_key_knows_its_flag() {
        let given = ["lode", "config", "--axon.port", "9", "--headless"];
        let matches = Cli::command().try_get_matches_from(given).expect("good flags");
        let (_, matches) = matches.subcommand().expect("config");
        let origins = origins(matches);
        assert_eq!(origins["axon.port"], "--axon.port");
        assert_eq!(origins["api.headless"], "--headless");
        assert!(!origins.contains_key("netuid"), "{origins:?}");
    }
}
