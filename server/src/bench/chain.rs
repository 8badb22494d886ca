//! What the chain keeper costs: CPU time of a sync, memory of its keeping.
//!
//! The endpoint is a node in another thread, or in another process than the miner whose memory is read.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use url::Url;

use super::subject::Subject;
use crate::chain::{Keeper, KeeperSetup, SubtensorConfig};
use crate::clock::Clock;
use crate::devnet::devnet_signer;
use crate::devnet::node::{Node, Runtime};
use crate::domain::{AXON_PROTOCOL, AxonInfo, ChainView, EpochSchedule, Metagraph, Neuron, SDK_VERSION};
use crate::ports::Chain;

const NETUID: u16 = 36;
/// Syncs measured, after one that fetches the metadata.
const SYNCS: u32 = 50;
/// After a start, before memory is read.
const SETTLE: Duration = Duration::from_secs(6);

pub(super) async fn run(scripts: &Path, out: &mut impl Write) -> Result<()> {
    let metadata = metadata(&scripts.join("../vectors/chain/metadata/293_v15.scale.gz"))?;
    writeln!(out, "\n| chain keeper, spec 293 | first sync, CPU | each further one, CPU | bar |\n|---|---|---|---|")?;
    for (neurons, bar_ms) in [(256, 5), (1_024, 20)] {
        let node = Background::start(metadata.clone(), neurons)?;
        let url = node.url.clone();
        let (first_ms, each_ms) = tokio::task::spawn_blocking(move || syncs(&url)).await??;
        writeln!(out, "| {neurons} neurons | {first_ms:.1} ms | {each_ms:.2} ms | {bar_ms} ms |")?;
    }
    let wallets = scripts.join("../vectors/wallets");
    let without = resident_mb(&wallets, None).await?;
    for neurons in [256, 1_024] {
        let node = Background::start(metadata.clone(), neurons)?;
        let with = resident_mb(&wallets, Some(&node.url)).await?;
        let keeps = with - without;
        writeln!(
            out,
            "memory: offline {without:.1} MB, on a chain of {neurons} neurons {with:.1} MB: {keeps:.1} MB for the keeper (bar 15)"
        )?;
    }
    Ok(())
}

fn metadata(path: &Path) -> Result<Vec<u8>> {
    let file =
        File::open(path).with_context(|| format!("cannot read {}; --scripts names its neighbour", path.display()))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A node in a thread of its own: its CPU time is not ours.
struct Background {
    url: Url,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    fn start(metadata: Vec<u8>, neurons: u16) -> Result<Self> {
        let (told, url) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("the system gives us a runtime");
            runtime.block_on(async {
                let runtime = Runtime { spec_version: 293, metadata, refuses_in_pool: true };
                match Node::start(runtime, subnet(neurons)).await {
                    Ok(node) => {
                        let _ = told.send(Ok(node.url()));
                        let _ = stopped.await;
                    }
                    Err(error) => drop(told.send(Err(error))),
                }
            });
        });
        let url = url.recv().context("the node has ended")??;
        Ok(Self { url, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.take();
        let ended = self.thread.take().map(JoinHandle::join);
        debug_assert!(ended.is_none_or(|ended| ended.is_ok()), "the node panicked");
    }
}

fn subnet(neurons: u16) -> ChainView {
    let row = |uid: u16| {
        let hotkey = devnet_signer(&format!("bench {uid}")).hotkey();
        let axon = AxonInfo {
            ip: [8, 8, (uid >> 8) as u8, uid as u8].into(),
            port: 8_091,
            protocol: AXON_PROTOCOL,
            version: SDK_VERSION,
            block: 1,
        };
        Neuron {
            coldkey: Some(*hotkey.bytes()),
            stake_rao: Some(1_000_000_000 + u64::from(uid)),
            validator_permit: uid < 64,
            incentive: Some(uid),
            emission_rao: Some(u64::from(uid)),
            registered_block: Some(1),
            axon: Some(axon),
            ..Neuron::new(hotkey)
        }
    };
    ChainView {
        netuid: NETUID,
        block: 7_000_000,
        block_ms: Some(Clock::system().now_ms()),
        block_time_ms: Some(12_000),
        schedule: Some(EpochSchedule { tempo_blocks: 360, last_block: None }),
        immunity_period_blocks: Some(4_096),
        max_uids: Some(neurons),
        serving_rate_limit_blocks: Some(50),
        metagraph: Metagraph::new((0..neurons).map(row).collect()),
        ..ChainView::default()
    }
}

/// CPU milliseconds of the first sync and of each of the others; everything of the keeper's runs on this one thread.
fn syncs(url: &Url) -> Result<(f64, f64)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut keeper = Keeper::new(KeeperSetup {
            config: SubtensorConfig { chain_endpoint: Some(url.clone()), ..SubtensorConfig::default() },
            netuid: NETUID,
            signer: Arc::new(devnet_signer("bench 0")),
            serve: None,
            known: None,
            clock: Clock::system(),
            random: StdRng::seed_from_u64(1),
        });
        let before = thread_cpu_ms()?;
        keeper.round().await;
        if keeper.views().borrow().is_none() {
            bail!("the chain was not read: {}", keeper.status().borrow().error.clone().unwrap_or_default());
        }
        let first = thread_cpu_ms()?;
        for _ in 0..SYNCS {
            keeper.round().await;
        }
        Ok((first - before, (thread_cpu_ms()? - first) / f64::from(SYNCS)))
    })
}

/// This thread's time on a core, milliseconds.
fn thread_cpu_ms() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns: f64 = stat.split_whitespace().next().context("a figure")?.parse()?;
    Ok(ns / 1e6)
}

/// Of a miner at rest, on this chain or offline.
async fn resident_mb(wallets: &Path, endpoint: Option<&Url>) -> Result<f64> {
    let miner = Subject::start_with_wallet(wallets, endpoint, NETUID).await?;
    tokio::time::sleep(SETTLE).await;
    miner.resident_mb()
}
