//! Configuration: defaults, then `lode.toml`, then `LODE__SECTION__KEY`, then flags.
//!
//! Every struct is the documentation of its section; unknown keys are refused.

mod adapters;
mod diff;
mod faults;
mod keys;
mod load;
mod nearest;
mod openai;
mod policy;
mod presets;
mod secret;
mod show;
mod solver;
mod synapse;
mod template;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

pub use adapters::{build_adapters, solver_urls};
pub use diff::{Change, InForce};
pub use faults::{Fault, Faults, faults_of};
pub use keys::{Key, Section, sections};
pub use load::{ConfigError, DEFAULT_FILE, check, load, toml_fault};
pub use openai::OpenAiConfig;
pub use secret::{REDACTED, Secret, debug};
pub use show::show;
pub use solver::SolverConfig;
pub use synapse::{FeedbackConfig, SchemaConfig, ScopeConfig, SynapseConfig};
pub use template::{manual, starter};

use crate::agent::ShadowConfig;
use crate::alerts::AlertsConfig;
use crate::axon::{ALL_BODIES_BYTES, MAX_BATCH};
use crate::cache::{Capacity, EMBEDDER_TIMEOUT, Embedder, EmbedderConfig, RemoteEmbedder};
use crate::chain::{Network, SubtensorConfig};
use crate::devnet::DevnetConfig;
use crate::domain::{Callers, Rate, not_public};
use crate::store::Retention;
use crate::telemetry::{LogConfig, TelemetryConfig};
use crate::tuner::TunerConfig;

/// The whole configuration.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The subnet, 0 to 65535.
    pub netuid: u16,
    /// Synapses and solvers to start from: `sn36-2025`, `sn36`, `prompt`, `chat`, `echo`. Own ones of the same name replace them.
    pub presets: Vec<String>,
    /// `[wallet]`
    pub wallet: WalletConfig,
    /// `[subtensor]`
    pub subtensor: SubtensorConfig,
    /// `[axon]`
    pub axon: AxonConfig,
    /// `[api]`
    pub api: ApiConfig,
    /// `[cache]`
    pub cache: CacheConfig,
    /// `[shadow]`
    pub shadow: ShadowConfig,
    /// `[tuner]`
    pub tuner: TunerConfig,
    /// `[history]`
    pub history: Retention,
    /// `[alerts]`
    pub alerts: AlertsConfig,
    /// `[log]`
    pub log: LogConfig,
    /// `[telemetry]`
    pub telemetry: TelemetryConfig,
    /// `[devnet]`
    pub devnet: DevnetConfig,
    /// `[[synapse]]`, one per class that validators send.
    pub synapse: Vec<SynapseConfig>,
    /// `[solver.<name>]`
    pub solver: BTreeMap<String, SolverConfig>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::config::debug(self, f)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            netuid: 36,
            presets: vec!["sn36-2025".into(), "prompt".into()],
            wallet: WalletConfig::default(),
            subtensor: SubtensorConfig::default(),
            axon: AxonConfig::default(),
            api: ApiConfig::default(),
            cache: CacheConfig::default(),
            shadow: ShadowConfig::default(),
            tuner: TunerConfig::default(),
            history: Retention::default(),
            alerts: AlertsConfig::default(),
            log: LogConfig::default(),
            telemetry: TelemetryConfig::default(),
            devnet: DevnetConfig::default(),
            synapse: Vec::new(),
            solver: BTreeMap::new(),
        }
    }
}

/// `[wallet]`: where the hotkey is. The coldkey is never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WalletConfig {
    /// Folder of wallets; `~` is the home folder.
    #[schema(value_type = String)]
    pub path: PathBuf,
    /// The wallet's name.
    pub name: String,
    /// The hotkey's name.
    pub hotkey: String,
    /// File that holds the password of an encrypted hotkey, blanks around it left out. Absent: what the SDK keeps as `BT_PW_…`, or
    /// asked for on a terminal.
    #[schema(value_type = Option<String>)]
    pub password_file: Option<PathBuf>,
}

impl Default for WalletConfig {
    fn default() -> Self {
        Self {
            path: "~/.bittensor/wallets".into(),
            name: "default".into(),
            hotkey: "default".into(),
            password_file: None,
        }
    }
}

/// `[axon]`: what validators call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AxonConfig {
    /// Address to listen on. Absent: `0.0.0.0`, and loopback on devnet.
    #[schema(value_type = Option<String>)]
    pub ip: Option<IpAddr>,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// The address under which validators reach us, as the chain and our answers name it. Absent: found by `ip_lookups`.
    #[schema(value_type = Option<String>)]
    pub external_ip: Option<IpAddr>,
    /// The port under which they do, where a router maps it. Absent: the one we listen on.
    pub external_port: Option<u16>,
    /// Services that tell an address as the internet sees it, in plain text: two must agree.
    pub ip_lookups: Vec<Url>,
    /// Whether Lode registers the axon on chain. False where something else does.
    pub serve: bool,
    /// Who may call: `permitted` validators, `registered` neurons, or `anyone`.
    #[schema(value_type = String)]
    pub callers: Callers,
    /// Least stake of a caller, alpha.
    pub min_stake_alpha: f64,
    /// Hotkeys that may always call.
    pub allow: Vec<String>,
    /// Hotkeys that may never call.
    pub deny: Vec<String>,
    /// Largest body, bytes, 1 to 64 MiB. Feedback synapses carry recordings of megabytes.
    pub max_body_bytes: usize,
    /// Requests held at the same time; more are refused at once with a 503. One hotkey may have its share by stake.
    pub max_inflight: usize,
    /// Questions being solved at the same time; the others queue by stake. Absent: as many as the solvers bear, found by
    /// how long they take.
    pub max_solves: Option<usize>,
    /// Requests a second from one network address, in the long run; 0 is without limit.
    pub address_rate: f64,
    /// Requests at once from one network address.
    pub address_burst: f64,
    /// Signed requests a second of one hotkey, in the long run; 0 is without limit.
    pub hotkey_rate: f64,
    /// Signed requests at once of one hotkey.
    pub hotkey_burst: f64,
    /// Signatures checked together at most, 1 to 64; 1 checks each by itself.
    pub verify_batch: usize,
    /// Whether a signed HTTP request (SDK 11) must name this miner as its receiver.
    pub needs_receiver: bool,
}

/// What the SDK asks, and two more.
const IP_LOOKUPS: [&str; 4] = [
    "https://checkip.amazonaws.com",
    "https://api.ipify.org",
    "https://icanhazip.com",
    "https://ipv4.wtfismyip.com/text",
];

impl Default for AxonConfig {
    fn default() -> Self {
        Self {
            ip: None,
            port: 8_091,
            external_ip: None,
            external_port: None,
            ip_lookups: IP_LOOKUPS.iter().filter_map(|url| url.parse().ok()).collect(),
            serve: true,
            callers: Callers::Permitted,
            min_stake_alpha: 0.0,
            allow: Vec::new(),
            deny: Vec::new(),
            max_body_bytes: 16 * 1024 * 1024,
            max_inflight: 1_024,
            max_solves: None,
            address_rate: 500.0,
            address_burst: 2_000.0,
            hotkey_rate: 100.0,
            hotkey_burst: 500.0,
            verify_batch: MAX_BATCH,
            needs_receiver: true,
        }
    }
}

impl AxonConfig {
    /// How often one network address may ask.
    pub fn address_rate(&self) -> Rate {
        Rate { per_s: self.address_rate, burst: self.address_burst }
    }

    /// How often one hotkey may ask.
    pub fn hotkey_rate(&self) -> Rate {
        Rate { per_s: self.hotkey_rate, burst: self.hotkey_burst }
    }

    fn check(&self, faults: &mut Faults) {
        faults.unless_within("axon.max_body_bytes", self.max_body_bytes, 1..=ALL_BODIES_BYTES);
        faults.unless_within("axon.max_inflight", self.max_inflight, 1..=100_000);
        faults.unless_within("axon.max_solves", self.max_solves.unwrap_or(1), 1..=100_000);
        faults.unless_within("axon.verify_batch", self.verify_batch, 1..=MAX_BATCH);
        faults.unless_within("axon.address_rate", self.address_rate, 0.0..=1e9);
        faults.unless_within("axon.address_burst", self.address_burst, 1.0..=1e9);
        faults.unless_within("axon.hotkey_rate", self.hotkey_rate, 0.0..=1e9);
        faults.unless_within("axon.hotkey_burst", self.hotkey_burst, 1.0..=1e9);
        if self.external_port == Some(0) {
            faults.push("axon.external_port must be 1 to 65535");
        }
        faults.unless_within("axon.min_stake_alpha", self.min_stake_alpha, 0.0..=1e9);
    }

    /// Where to listen.
    pub fn bind(&self, network: Network) -> SocketAddr {
        let ip = self.ip.unwrap_or(match network {
            Network::Devnet => Ipv4Addr::LOCALHOST.into(),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        });
        SocketAddr::new(ip, self.port)
    }
}

/// `[api]`: what the operator calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Where dashboard and API listen. Reads need no token, so think before going beyond loopback.
    #[schema(value_type = String)]
    pub bind: SocketAddr,
    /// Host names under which they are asked for, beside loopback's.
    pub hosts: Vec<String>,
    /// Serve the API without the page.
    pub headless: bool,
    /// The synapse whose adapter reads `POST /solve_task`, `/act` and `/step`.
    pub solve_synapse: Option<String>,
    /// The synapse whose adapter reads `POST /v1/chat/completions`.
    pub chat_synapse: Option<String>,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8_080),
            hosts: Vec::new(),
            headless: false,
            solve_synapse: Some("TaskSynapse".into()),
            chat_synapse: None,
        }
    }
}

/// `[cache]`: what is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CacheConfig {
    /// Answers kept within their time to live, 1 to 10,000,000.
    pub entries: u64,
    /// Answers kept beyond it, for what has proven itself and as examples, 0 to 10,000,000.
    pub memory_entries: usize,
    /// Prompts whose analysis and vector are kept, 1 to 1,000,000.
    pub texts: u64,
    /// Whether answers are given to prompts that are similar, not the same.
    pub similar: bool,
    /// Whether patterns are learnt from answers, and answer when they have proven themselves.
    pub patterns: bool,
    /// A service that makes vectors. Absent: the table inside the binary.
    pub embedder: Option<EmbedderConfig>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { entries: 500, memory_entries: 10_000, texts: 500, similar: true, patterns: true, embedder: None }
    }
}

impl CacheConfig {
    /// The largest number of entries.
    pub const MAX_ENTRIES: u64 = 10_000_000;

    /// How much is remembered, with the longest time to live that the tuner may set.
    pub fn capacity(&self, max_ttl: Duration) -> Capacity {
        Capacity {
            entries: self.entries,
            memory: self.memory_entries,
            texts: self.texts,
            max_ttl,
            similar: self.similar,
            patterns: self.patterns,
        }
    }

    /// Who makes vectors.
    pub fn embedder(&self) -> Result<Embedder, ConfigError> {
        match &self.embedder {
            None => Ok(Embedder::Table),
            Some(config) => {
                Ok(Embedder::Remote(RemoteEmbedder::new(config, EMBEDDER_TIMEOUT).map_err(ConfigError::Value)?))
            }
        }
    }

    fn check(&self, faults: &mut Faults) {
        faults.unless_within("cache.entries", self.entries, 1..=Self::MAX_ENTRIES);
        faults.unless_within("cache.memory_entries", self.memory_entries as u64, 0..=Self::MAX_ENTRIES);
        faults.unless_within("cache.texts", self.texts, 1..=1_000_000);
        if let Err(error) = self.embedder() {
            faults.push(error);
        }
    }
}

impl Config {
    /// Every value out of its range, and every synapse and solver that cannot be made.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Faults::default();
        self.check(&mut faults);
        let mut faults = faults.into_vec();
        faults.extend(adapters::faults(self));
        faults
    }

    /// Values out of their ranges.
    fn check(&self, faults: &mut Faults) {
        self.tuner.check(faults);
        self.shadow.check(faults);
        self.history.check(faults);
        self.alerts.check(faults);
        self.log.check(faults);
        self.telemetry.check(faults);
        self.devnet.check(faults);
        self.axon.check(faults);
        self.subtensor.check(faults);
        let network = self.subtensor.network();
        let devnet = network == Network::Devnet;
        if let Some(ip) = self.axon.ip.filter(|ip| devnet && !ip.is_loopback()) {
            faults.push(format!("axon.ip is {ip}; devnet's keys are public, so its axon listens on loopback only"));
        }
        // What the operator gives is his word; the chain would take a private address, and nobody would ever call.
        let given = self.axon.external_ip.filter(|_| network.is_public() && self.axon.serve);
        if let Some((ip, why)) = given.and_then(|ip| Some((ip, not_public(ip)?))) {
            faults.push(format!(
                "axon.external_ip is {ip}, {why}: validators cannot reach it; give the address of this host on the internet, or \
                 leave it out and Lode looks it up"
            ));
        }
        self.cache.check(faults);
    }
}
