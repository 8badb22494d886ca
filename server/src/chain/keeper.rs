//! The keeper's task: one connection, one sync at a time, whatever the endpoints do.
//!
//! An endpoint that fails, lags or lies is left alone for a while and the next one asked; the preferred one is tried again
//! when its pause is over. What was read last stays published, with its age, until there is something newer. Nothing here
//! is waited for by a request.

mod asking;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::KeeperStatus;
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::config::SubtensorConfig;
use super::connection::Connection;
use super::external::External;
use super::read::Read;
use super::told::Told;
use super::visibility::Visibility;
use crate::clock::Clock;
use crate::domain::{ChainView, Endpoints};
use crate::keys::Signer;
use crate::ports::{Chain, ChainWatch};
use asking::{Answered, Failure};

/// Versions of which is remembered that they were told.
const TOLD_RUNTIMES: usize = 16;
/// After a failure the next sync comes no sooner than this.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// What the keeper is built from.
pub struct KeeperSetup {
    /// `[subtensor]`
    pub config: SubtensorConfig,
    /// The subnet.
    pub netuid: u16,
    /// Our hotkey.
    pub signer: Arc<Signer>,
    /// What is registered on chain; absent when something else does that.
    pub serve: Option<ServeSetup>,
    /// What an earlier run has read.
    pub known: Option<ChainView>,
    /// The wall clock.
    pub clock: Clock,
    /// Spreads the return to endpoints.
    pub random: StdRng,
}

/// The axon as validators should find it.
pub struct ServeSetup {
    /// Its address, where the operator gives it.
    pub external_ip: Option<std::net::IpAddr>,
    /// Who is asked for it otherwise.
    pub lookups: Vec<Url>,
    /// Its port, as seen from outside.
    pub port: u16,
}

/// Keeps the metagraph in step with a chain, and our axon on it.
pub struct Keeper {
    config: SubtensorConfig,
    netuid: u16,
    signer: Arc<Signer>,
    urls: Vec<Url>,
    endpoints: Endpoints,
    connection: Option<(usize, Connection)>,
    genesis: Option<[u8; 32]>,
    visibility: Visibility,
    clock: Clock,
    random: StdRng,
    view: watch::Sender<Option<Arc<ChainView>>>,
    status: watch::Sender<KeeperStatus>,
    wake: Arc<Notify>,
    failing: Told,
    lagging: Told,
    /// The runtimes of which was told what they lack.
    told_runtimes: Vec<u32>,
    /// Our place at the sync before, if there was one, by an earlier run's if need be.
    uid: Option<Option<u16>>,
    /// Whether this run has told our place.
    is_placed: bool,
    /// The endpoint asked last: it pays when what it says makes a decoder panic.
    asking: Option<usize>,
    /// The endpoint that was of use last, the preferred one before any was, and whether it has failed since.
    used: (usize, bool),
    /// Whether what is published was beyond doubt when it was read.
    is_sure: bool,
}

impl Keeper {
    /// Reads nothing yet.
    pub fn new(setup: KeeperSetup) -> Self {
        let KeeperSetup { config, netuid, signer, serve, known, clock, random } = setup;
        let urls = config.endpoints();
        let genesis = config.genesis();
        let is_ours = |view: &ChainView| {
            let same_chain = genesis.is_none() || view.genesis == genesis;
            same_chain && view.netuid == netuid && view.network == config.network().word()
        };
        let known = known.filter(is_ours).map(Arc::new);
        let uid = known.as_ref().map(|known| known.metagraph.find(&signer.hotkey()).map(|(uid, _)| uid));
        let port = serve.as_ref().map_or(0, |serve| serve.port);
        let external = serve.map(|serve| External::new(serve.external_ip, serve.lookups));
        Self {
            endpoints: Endpoints::new(urls.len()),
            visibility: Visibility::new(external, port),
            status: watch::Sender::default(),
            wake: Arc::default(),
            connection: None,
            failing: Told::default(),
            lagging: Told::default(),
            told_runtimes: Vec::new(),
            is_sure: known.is_some(),
            view: watch::Sender::new(known),
            uid: uid.filter(Option::is_some),
            is_placed: false,
            asking: None,
            used: (0, false),
            config,
            netuid,
            signer,
            urls,
            genesis,
            clock,
            random,
        }
    }

    /// Reads the subnet once and leaves the chain as it is.
    ///
    /// # Errors
    ///
    /// Says of every endpoint why it could not be read.
    pub async fn look(&mut self) -> Result<ChainView, String> {
        let answered = self.sync(self.clock.now_ms()).await.map_err(|failure| failure.text)?;
        Ok(answered.read.view)
    }

    /// One sync and what follows from it. Says how long to wait for the next.
    pub async fn round(&mut self) -> Duration {
        let pause = self.turn().await;
        self.due_in(pause);
        pause
    }

    /// Tells when the next sync is due.
    fn due_in(&self, pause: Duration) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let next_ms = self.clock.now_ms().saturating_add(pause_ms);
        self.status.send_modify(|status| status.next_sync_ms = Some(next_ms));
    }

    async fn turn(&mut self) -> Duration {
        let now_ms = self.clock.now_ms();
        let pause = self.endpoints.pause(now_ms);
        if !pause.is_zero() {
            return pause;
        }
        match self.sync(now_ms).await {
            Ok(answered) => {
                self.publish(&answered.read, now_ms);
                let Answered { index, connection, at, read } = answered;
                let mut seen = self.visibility.keep(&connection, &at, &read.view, &self.signer, now_ms).await;
                self.connection = Some((index, connection));
                if seen.is_changed {
                    // What was just registered is in the next block at the latest: shown at once, not at the next sync.
                    if let Ok(answered) = self.sync(now_ms).await {
                        self.publish(&answered.read, now_ms);
                        self.connection = Some((answered.index, answered.connection));
                    }
                }
                self.status.send_modify(|status| {
                    status.serving = seen.serving;
                    status.serving_detail = seen.detail.take();
                });
                self.config.sync_interval()
            }
            Err(failure) => {
                self.fail(failure, now_ms);
                self.endpoints.pause(now_ms).clamp(LEAST_PAUSE, self.config.sync_interval())
            }
        }
    }

    /// An endpoint failed; `jitter` as of [`Endpoints::failed`].
    fn failed(&mut self, index: usize, now_ms: u64, jitter: f64) {
        self.endpoints.failed(index, now_ms, jitter);
        self.used.1 |= self.used.0 == index;
    }

    /// A sync succeeded; `note` says what is wrong with it all the same.
    fn recovered(&mut self, answered: &Answered, note: Option<String>) {
        self.is_sure = note.is_none();
        // The first chain that answers is the chain: another endpoint of another one is refused from now on.
        self.genesis = Some(answered.connection.genesis());
        if let Some(times) = self.failing.over() {
            tracing::info!("the chain answers again at {}, after {times} failed syncs", answered.connection.shown);
        }
        let endpoint = Some(answered.connection.shown.clone());
        let (before, has_failed) = std::mem::replace(&mut self.used, (answered.index, false));
        let is_failover = has_failed && before != answered.index;
        self.status.send_modify(|status| {
            status.failovers += u64::from(is_failover);
            *status = KeeperStatus { endpoint, error: note, failing_since_ms: None, ..std::mem::take(status) };
        });
    }

    fn fail(&mut self, failure: Failure, now_ms: u64) {
        let Failure { text: error, needs_operator } = failure;
        if self.failing.is_due(if needs_operator { "wrong" } else { "down" }, now_ms) {
            let age_s = self.view.borrow().as_ref().map(|view| now_ms.saturating_sub(view.synced_ms) / 1_000);
            let limit_s = self.config.max_age_s.unwrap_or(u64::MAX);
            let meanwhile = match age_s {
                Some(age_s) if age_s <= limit_s => format!("what was read {age_s} s ago still holds"),
                Some(age_s) => format!("what was read {age_s} s ago is too old (subtensor.max_age_s)"),
                None => "nothing was read yet, so validators cannot be told from others".into(),
            };
            tracing::warn!("the chain cannot be read: {error}; {meanwhile}");
        }
        self.status.send_modify(|status| {
            status.error = Some(error);
            status.failing_since_ms.get_or_insert(now_ms);
        });
    }

    fn publish(&mut self, read: &Read, now_ms: u64) {
        let view = &read.view;
        if let Some(version) = view.spec_version.filter(|version| !self.told_runtimes.contains(version)) {
            // Endpoints may be of two versions for a while; upgrades come monthly.
            if self.told_runtimes.len() >= TOLD_RUNTIMES {
                self.told_runtimes.clear();
            }
            self.told_runtimes.push(version);
            tracing::info!("the chain runs spec {version}");
            if !read.missing.is_empty() {
                tracing::warn!("spec {version} does not tell {}: figures of it stay empty", read.missing.join(", "));
            }
        }
        let uid = view.metagraph.find(&self.signer.hotkey()).map(|(uid, _)| uid);
        let before = self.uid.replace(uid);
        let is_first = !std::mem::replace(&mut self.is_placed, true);
        let (address, netuid, block) = (self.signer.address(), self.netuid, view.block);
        match (before, uid) {
            (Some(before), now) if before == now && !is_first => {}
            (Some(Some(lost)), None) => tracing::error!(
                "ALARM: hotkey {address} has lost uid {lost} on subnet {netuid}: it earns nothing until it is registered again; \
                 requests are still answered"
            ),
            (_, None) => tracing::error!(
                "hotkey {address} is not registered on subnet {netuid} (block {block}): validators cannot find it; Lode keeps checking"
            ),
            (_, Some(uid)) => tracing::info!("hotkey {address} is uid {uid} on subnet {netuid} (block {block})"),
        }
        self.view.send_replace(Some(Arc::new(ChainView { synced_ms: now_ms, ..view.clone() })));
    }

    async fn run(mut self, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        loop {
            let wake = Arc::clone(&self.wake);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
                () = wake.notified() => self.endpoints.end_pauses(),
            }
            // A fault of a library's must not take the axon with it.
            let round = AssertUnwindSafe(self.round()).catch_unwind();
            let Some(done) = stop.run_until_cancelled(round).await else { return };
            pause = done.unwrap_or_else(|_| {
                self.connection = None;
                if let Some(index) = self.asking {
                    self.failed(index, self.clock.now_ms(), 1.0);
                }
                let text = "reading the chain panicked; please report this with the log".into();
                self.fail(Failure { text, needs_operator: false }, self.clock.now_ms());
                let pause = self.endpoints.pause(self.clock.now_ms()).max(LEAST_PAUSE);
                self.due_in(pause);
                pause
            });
        }
    }
}

impl Chain for Keeper {
    fn views(&self) -> ChainWatch {
        self.view.subscribe()
    }

    fn status(&self) -> watch::Receiver<KeeperStatus> {
        self.status.subscribe()
    }

    fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    fn follow(self: Box<Self>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        self.run(stop).boxed()
    }
}
