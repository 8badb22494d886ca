//! What the configuration says of single parts: who we are, who may call, where to listen and how many at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lode_shared::{ChainStatus, KeeperStatus, Serving};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::StartError;
use crate::chain::{KeeperSetup, Network, ServeSetup};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Secret, SolverConfig};
use crate::devnet::devnet_signer;
use crate::domain::ChainView;
use crate::keys::{Signer, ask_on_terminal, hotkey_path, load_hotkey};
use crate::ports::{Chain, ChainWatch};
use crate::tuner::{Start, TunerConfig};

/// Descriptors kept from connections, beside one for each solve: files and the log.
const OTHER_DESCRIPTORS: u64 = 256;
/// Open tabs, scripts and scrapers.
const MAX_API_CONNECTIONS: usize = 1_024;
/// Open connections of validators, at most, however many descriptors there are.
const MAX_AXON_CONNECTIONS: usize = 16_384;

pub(super) async fn bind(
    what: &'static str,
    address: SocketAddr,
    flag: &'static str,
) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listen { what, address, error, flag })
}

pub(super) fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound socket has an address")
}

pub(crate) fn signer(config: &Config) -> Result<Signer, StartError> {
    match config.subtensor.network() {
        Network::Devnet => Ok(devnet_signer("our miner")),
        _ => {
            let wallet = &config.wallet;
            let path = hotkey_path(&expand_home(&wallet.path), &wallet.name, &wallet.hotkey);
            let password = Secret::read(wallet.password_file.as_deref(), None)
                .map_err(|error| ConfigError::Value(error.replacen("key_file", "wallet.password_file", 1)))?;
            let given = password.as_ref().map(Secret::reveal);
            Ok(load_hotkey(&path, given, |name| std::env::var(name).ok(), ask_on_terminal)?)
        }
    }
}

/// As many connections as the system's limit on open files bears, for the axon and for the API. The soft limit is often
/// 1,024, which strangers could use up by connecting; it may be raised to the hard one without asking.
pub(super) fn connection_limits(max_solves: usize) -> (usize, usize) {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(1_024);
    let left = files.saturating_sub(OTHER_DESCRIPTORS + max_solves as u64) as usize;
    let api = MAX_API_CONNECTIONS.min(left / 4).max(8);
    (MAX_AXON_CONNECTIONS.min(left.saturating_sub(2 * api)).max(8), api)
}

fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

/// Devnet's solver service on a free port; the web solver goes there unless the operator has set one.
pub(super) async fn start_upstream(config: &mut Config) -> Result<TcpListener, StartError> {
    let any_port = SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), 0);
    let listener = bind("devnet's solver", any_port, "--axon.ip").await?;
    let url = format!("http://{}/solve", address(&listener)).parse().expect("an address makes a URL");
    config.solver.entry("web".into()).or_insert(SolverConfig::http(url));
    Ok(listener)
}

pub(super) fn tuner_config(config: &Config) -> TunerConfig {
    let mut tuner = config.tuner;
    if config.subtensor.network() == Network::Devnet && config.devnet.tuner_interval_s > 0 {
        tuner.interval_s = config.devnet.tuner_interval_s;
    }
    tuner
}

/// What the tuner starts from.
pub(super) fn tuner_start(config: &Config) -> Start {
    Start {
        config: tuner_config(config),
        capacity: config.cache.entries,
        shadow_pct: config.shadow.share_pct,
        hedges: hedges(config),
    }
}

/// Whether some solver asks two and takes the first answer.
pub(super) fn hedges(config: &Config) -> bool {
    config.solver.values().any(|solver| matches!(solver, SolverConfig::Hedge(_)))
}

/// What the others see of a chain.
pub(super) struct Followed {
    pub(super) views: ChainWatch,
    pub(super) status: watch::Receiver<KeeperStatus>,
    pub(super) wake: Arc<Notify>,
}

impl Followed {
    /// Of none.
    pub(super) fn nothing() -> Self {
        let status = KeeperStatus { serving: Serving::Off, ..KeeperStatus::default() };
        Self { views: watch::channel(None).1, status: watch::channel(status).1, wake: Arc::default() }
    }

    pub(super) fn of(chain: &impl Chain) -> Self {
        Self { views: chain.views(), status: chain.status(), wake: chain.wake() }
    }
}

/// The keeper of the chain that the configuration names; `port` is the one that the axon got.
pub(crate) fn keeper_setup(
    config: &Config,
    signer: &Arc<Signer>,
    port: u16,
    known: Option<ChainView>,
    clock: Clock,
) -> KeeperSetup {
    let axon = &config.axon;
    let serve = axon.serve.then(|| ServeSetup {
        external_ip: axon.external_ip,
        lookups: axon.ip_lookups.clone(),
        port: axon.external_port.unwrap_or(port),
    });
    let signer = Arc::clone(signer);
    let random = rand::make_rng();
    KeeperSetup { config: config.subtensor.clone(), netuid: config.netuid, signer, serve, known, clock, random }
}

/// What there is to say of a chain before anything was read of it.
pub(super) fn unread_status(config: &Config) -> ChainStatus {
    let network = config.subtensor.network().word().to_owned();
    ChainStatus { network, netuid: config.netuid, ..ChainStatus::default() }
}
