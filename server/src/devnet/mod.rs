//! A subnet inside this process: blocks, epochs, validators that send real signed HTTP requests and set incentive by how
//! well the miner answers. Everything but the money is real: sockets, signatures, deadlines.

mod dendrite;
pub mod node;
mod subnet;
mod tasks;
mod upstream;
mod validators;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::{KeeperStatus, Serving};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

pub use dendrite::{Dendrite, SignedRequest};
pub use tasks::{Expected, TaskSource};
pub use upstream::Upstream;
pub use validators::{DemoTraffic, run_demo_traffic};

use crate::clock::Clock;
use crate::config::Faults;
use crate::keys::Signer;
use crate::ports::{Chain, ChainWatch};
use subnet::Subnet;

/// Verdicts that may wait for the next block.
const VERDICTS: usize = 1_024;

/// `[devnet]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DevnetConfig {
    /// Requests a second that the validators send in all, 0 to 1000; 0 is silence.
    pub rate: f64,
    /// Milliseconds a block takes, 100 to 60000. The real chain takes 12,000.
    pub block_time_ms: u64,
    /// How many times as fast as others' the clock of the miner and its validators runs, 1 to 100: what lasts hours is seen in
    /// minutes. What is waited for, waits as ever.
    pub speed: u32,
    /// Blocks per epoch, 1 to 1000.
    pub tempo_blocks: u64,
    /// Fastest and slowest answer of the demo's solver service, milliseconds.
    pub solver_delay_ms: [u64; 2],
    /// How often the demo's solver service fails, percent.
    pub solver_failure_pct: f64,
    /// Seconds between rounds of the tuner, so that a demo shows some; 0 leaves `tuner.interval_s`.
    pub tuner_interval_s: u32,
    /// What the demo draws at random, it draws from this.
    pub seed: u64,
}

impl Default for DevnetConfig {
    fn default() -> Self {
        Self {
            rate: 4.0,
            block_time_ms: 1_000,
            speed: 1,
            tempo_blocks: 60,
            solver_delay_ms: [300, 3_000],
            solver_failure_pct: 2.0,
            tuner_interval_s: 30,
            seed: 36,
        }
    }
}

impl DevnetConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("devnet.rate", self.rate, 0.0..=1_000.0);
        faults.unless_within("devnet.block_time_ms", self.block_time_ms, 100..=60_000);
        faults.unless_within("devnet.speed", self.speed, 1..=100);
        faults.unless_within("devnet.tempo_blocks", self.tempo_blocks, 1..=1_000);
        if self.solver_delay_ms[0] > self.solver_delay_ms[1] || self.solver_delay_ms[1] > 60_000 {
            faults.push("devnet.solver_delay_ms must be [fastest, slowest], up to 60000");
        }
        faults.unless_within("devnet.solver_failure_pct", self.solver_failure_pct, 0.0..=100.0);
    }
}

/// How a validator judged one answer: 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Verdict(pub f64);

/// The subnet's task: makes blocks, takes verdicts, publishes the metagraph.
pub struct Devnet {
    subnet: Subnet,
    block_time: Duration,
    clock: Clock,
    view: watch::Sender<Option<Arc<crate::domain::ChainView>>>,
    verdicts: mpsc::Receiver<Verdict>,
}

impl Devnet {
    /// A subnet on which `miner` serves at `axon`.
    pub fn new(
        config: &DevnetConfig,
        netuid: u16,
        miner: &Signer,
        axon: SocketAddr,
        clock: Clock,
    ) -> (Self, mpsc::Sender<Verdict>) {
        let subnet = Subnet::new(config, netuid, miner.hotkey(), axon);
        // The first view is there before anybody asks: the axon can verify from its first moment.
        let view = watch::Sender::new(Some(Arc::new(subnet.view(clock.now_ms()))));
        let (sender, verdicts) = mpsc::channel(VERDICTS);
        let block_time = Duration::from_millis(config.block_time_ms);
        (Self { subnet, block_time, clock, view, verdicts }, sender)
    }

    async fn make_blocks(mut self, stop: CancellationToken) {
        let mut blocks = interval(self.block_time);
        blocks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(blocks.tick()).await.is_some() {
            while let Ok(Verdict(score)) = self.verdicts.try_recv() {
                self.subnet.judge(score);
            }
            self.subnet.next_block();
            self.view.send_replace(Some(Arc::new(self.subnet.view(self.clock.now_ms()))));
        }
    }
}

impl Chain for Devnet {
    fn views(&self) -> ChainWatch {
        self.view.subscribe()
    }

    fn status(&self) -> watch::Receiver<KeeperStatus> {
        watch::Sender::new(KeeperStatus { serving: Serving::Visible, ..KeeperStatus::default() }).subscribe()
    }

    fn wake(&self) -> Arc<Notify> {
        Arc::default()
    }

    fn follow(self: Box<Self>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        self.make_blocks(stop).boxed()
    }
}

/// Devnet's keys: the same on every machine, worth nothing on any chain.
pub fn devnet_signer(role: &str) -> Signer {
    use sha2::{Digest, Sha256};
    Signer::from_seed(&Sha256::digest(format!("lode devnet, never fund this key: {role}")).into())
}
