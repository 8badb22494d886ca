//! A keeper and the nodes that it asks, at a time that the test sets.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lode_shared::KeeperStatus;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::metadata_bytes;
use crate::chain::{Keeper, KeeperSetup, ServeSetup, SubtensorConfig};
use crate::clock::Clock;
use crate::devnet::node::{Node, Runtime};
use crate::domain::{ChainView, EpochSchedule, Metagraph, Neuron};
use crate::keys::{Hotkey, Signer};
use crate::ports::Chain;

pub(super) const NETUID: u16 = 2;
pub(super) const START_MS: u64 = 1_800_000_000_000;
pub(super) const GENESIS: [u8; 32] = [0x45; 32];

pub(super) fn us() -> Signer {
    Signer::from_seed(&[7; 32])
}

pub(super) fn runtime(types: &str, spec_version: u32) -> Runtime {
    // Runtimes of early 2025 refuse only when a block is made.
    Runtime { spec_version, metadata: metadata_bytes(types), refuses_in_pool: spec_version > 218 }
}

pub(super) fn neuron(hotkey: Hotkey, validator_permit: bool) -> Neuron {
    Neuron {
        coldkey: Some([9; 32]),
        stake_rao: Some(if validator_permit { 5_000_000_000 } else { 1_000 }),
        validator_permit,
        incentive: Some(if validator_permit { 0 } else { 40_000 }),
        emission_rao: Some(1_000_000),
        registered_block: Some(10),
        ..Neuron::new(hotkey)
    }
}

/// A validator and us.
pub(super) fn subnet() -> ChainView {
    ChainView {
        network: "local".into(),
        netuid: NETUID,
        genesis: Some(GENESIS),
        block: 1_000,
        block_ms: Some(START_MS),
        block_time_ms: Some(12_000),
        schedule: Some(EpochSchedule { tempo_blocks: 360, last_block: None }),
        immunity_period_blocks: Some(4_096),
        max_uids: Some(256),
        serving_rate_limit_blocks: Some(50),
        metagraph: Metagraph::new(vec![neuron(Hotkey::new([1; 32]), true), neuron(us().hotkey(), false)]),
        ..ChainView::default()
    }
}

pub(super) async fn node(types: &str, spec_version: u32) -> Node {
    Node::start(runtime(types, spec_version), subnet()).await.expect("a port")
}

/// The time that the test sets.
#[derive(Clone)]
pub(super) struct Time(Arc<AtomicU64>);

impl Time {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START_MS)))
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(super) fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::from_fn(move || time.now_ms() * 1_000_000)
    }
}

/// How the keeper is set up; `serve` is the axon that it registers.
pub(super) fn keeper(nodes: &[&Node], time: &Time, serve: Option<(&str, u16)>) -> Keeper {
    keeper_of(nodes.iter().map(|node| node.url()).collect(), time, serve, SubtensorConfig::default())
}

pub(super) fn keeper_of(
    urls: Vec<url::Url>,
    time: &Time,
    serve: Option<(&str, u16)>,
    config: SubtensorConfig,
) -> Keeper {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut urls = urls.into_iter();
    let config = SubtensorConfig { chain_endpoint: urls.next(), fallback_endpoints: urls.collect(), ..config };
    let serve = serve.map(|(ip, port)| {
        let ip: IpAddr = ip.parse().expect("an address");
        ServeSetup { external_ip: Some(ip), lookups: Vec::new(), port }
    });
    let random = StdRng::seed_from_u64(1);
    Keeper::new(KeeperSetup {
        config,
        netuid: NETUID,
        signer: Arc::new(us()),
        serve,
        known: None,
        clock: time.clock(),
        random,
    })
}

/// One round, while each node makes a block as soon as something waits for one. Says how long to wait for the next.
pub(super) async fn round(keeper: &mut Keeper, nodes: &[&Node], time: &Time) -> u64 {
    let blocks = async {
        loop {
            for node in nodes.iter().filter(|node| node.waiting() > 0) {
                node.make_block(time.now_ms());
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        pause = keeper.round() => pause.as_millis() as u64,
        () = blocks => unreachable!("blocks are made for ever"),
    }
}

pub(super) fn seen(keeper: &Keeper) -> Option<Arc<ChainView>> {
    keeper.views().borrow().clone()
}

pub(super) fn status(keeper: &Keeper) -> KeeperStatus {
    Chain::status(keeper).borrow().clone()
}
