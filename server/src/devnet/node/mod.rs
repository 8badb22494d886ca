//! A Subtensor node inside this process: a chain of one subnet behind JSON-RPC over WebSocket, close enough to the real one
//! that Parity's own client runs against it.
//!
//! What it answers it lays out by the metadata of the runtime that it is given, and `serve_axon` it checks and executes as
//! real runtimes were seen to do; so one node stands for any version. It makes blocks when it is told to, final at once, and
//! fails when it is told to. What it does not have: consensus, balances, epochs, other subnets, calls but `serve_axon`.

mod block;
mod calls;
mod chain;
mod encode;
mod events;
mod extrinsic;
mod metagraph;
mod outlet;
mod pool;
mod rpc;
mod runtime;
mod serve;
mod socket;
mod storage;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use crate::domain::ChainView;
use chain::Chain;
use runtime::Loaded;
use socket::Shared;

/// A runtime: which version, with which types, and where it refuses.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The version that it says it has.
    pub spec_version: u32,
    /// `RuntimeMetadataPrefixed`, SCALE, version 15 or later: earlier ones do not list runtime APIs.
    pub metadata: Vec<u8>,
    /// Whether what `serve_axon` refuses is refused before it is in a block, as runtimes do since 2025. Else it is taken and
    /// fails when executed.
    pub refuses_in_pool: bool,
}

/// What is wrong with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Open connections are closed, new ones closed at once.
    Dead,
    /// Takes calls and never answers.
    Stalled,
    /// Answers with what is no JSON-RPC, every other time not even JSON.
    Garbage,
    /// Answers after so long.
    Slow(Duration),
}

/// A node. Dropping it ends it.
pub struct Node {
    shared: Arc<Shared>,
    address: SocketAddr,
    _listening: JoinSet<()>,
    _connections: DropGuard,
}

impl Node {
    /// Starts one on a free port of this machine. `view` is the state at its first block, `view.genesis` that block's hash
    /// and `view.block_ms` its time; both have a default.
    ///
    /// # Errors
    ///
    /// When no port is to be had, or the runtime's metadata cannot be read.
    pub async fn start(runtime: Runtime, view: ChainView) -> io::Result<Self> {
        let chain = Chain::new(Loaded::new(runtime)?, view);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            chain: Mutex::new(chain),
            fault: watch::Sender::new(None),
            calls: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            garbage: AtomicUsize::new(0),
            stop: stop.clone(),
        });
        let mut listening = JoinSet::new();
        listening.spawn(socket::serve(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, _listening: listening, _connections: stop.drop_guard() })
    }

    /// Where it listens: `ws://127.0.0.1:PORT`.
    pub fn url(&self) -> Url {
        format!("ws://{}", self.address).parse().expect("an address and a port")
    }

    /// Makes it fail so from now on; nothing makes it whole again.
    pub fn fault(&self, fault: Option<Fault>) {
        self.shared.fault.send_replace(fault);
    }

    /// Executes what waits in the pool and makes the next block, at this time in milliseconds since the Unix epoch.
    pub fn make_block(&self, now_ms: u64) {
        self.shared.chain.lock().make_block(now_ms);
    }

    /// Extrinsics that wait for a block.
    pub fn waiting(&self) -> usize {
        self.shared.chain.lock().waiting()
    }

    /// The next block runs on this runtime.
    ///
    /// # Panics
    ///
    /// When the runtime's metadata cannot be read.
    pub fn upgrade(&self, runtime: Runtime) {
        let loaded = Loaded::new(runtime).expect("the metadata of a runtime");
        self.shared.chain.lock().upgrade(loaded);
    }

    /// Changes the state at the current block. Its number, time, genesis and runtime stay.
    pub fn change(&self, change: impl FnOnce(&mut ChainView)) {
        self.shared.chain.lock().change(change);
    }

    /// The state at the current block.
    pub fn view(&self) -> ChainView {
        ChainView::clone(&self.shared.chain.lock().best().view)
    }

    /// JSON-RPC calls answered or swallowed so far.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// Connections open now.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}
