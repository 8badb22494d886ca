//! The keeper's task: one connection, one sync at a time, whatever the endpoints do.
//!
//! An endpoint that fails, lags or lies is left alone for a while and the next one asked; the preferred one is tried again
//! when its pause is over. What was read last stays published, with its age, until there is something newer. Nothing here
//! is waited for by a request.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::KeeperStatus;
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::config::SubtensorConfig;
use super::connection::{AtBlock, ChainError, Connection, shown};
use super::external::External;
use super::read::{Read, read};
use super::told::Told;
use super::visibility::Visibility;
use crate::clock::Clock;
use crate::domain::{ChainView, Endpoints};
use crate::keys::Signer;
use crate::ports::{Chain, ChainWatch};

/// Endpoints behind one name differ by some blocks; more than this is no accident.
const BEHIND_BLOCKS: u64 = 20;
/// When nothing newer came for this long, the chain was set back: one's own chains are, at times.
const SET_BACK_MS: u64 = 3_600_000;
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
    /// The runtime of which was told what it lacks.
    told_runtime: Option<u32>,
    uid: Option<Option<u16>>,
}

/// What one endpoint said, and the connection to it.
struct Answered {
    index: usize,
    connection: Connection,
    at: AtBlock,
    read: Read,
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
        let port = serve.as_ref().map_or(0, |serve| serve.port);
        let external = serve.map(|serve| External::new(serve.external_ip, serve.lookups));
        Self {
            endpoints: Endpoints::new(urls.len()),
            visibility: Visibility::new(external, port),
            view: watch::Sender::new(known),
            status: watch::Sender::default(),
            wake: Arc::default(),
            connection: None,
            failing: Told::default(),
            lagging: Told::default(),
            told_runtime: None,
            uid: None,
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
        let answered = self.sync(self.clock.now_ms()).await?;
        Ok(answered.read.view)
    }

    /// One sync and what follows from it. Says how long to wait for the next.
    pub async fn round(&mut self) -> Duration {
        let now_ms = self.clock.now_ms();
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
            Err(error) => {
                self.fail(error, now_ms);
                self.endpoints.pause(now_ms).clamp(LEAST_PAUSE, self.config.sync_interval())
            }
        }
    }

    /// Asks the endpoints in turn. One that lags is believed only when nobody knows better.
    async fn sync(&mut self, now_ms: u64) -> Result<Answered, String> {
        let mut lagging: Option<(Answered, String)> = None;
        let mut errors = Vec::new();
        for index in self.endpoints.ready(now_ms) {
            let error = match self.ask(index, now_ms).await {
                Ok(answered) => match self.fault(&answered.read.view, now_ms) {
                    None => {
                        self.endpoints.worked(index);
                        self.lagging.over();
                        self.recovered(&answered, None);
                        return Ok(answered);
                    }
                    Some(fault) => {
                        let text = format!("{}: {fault}", answered.connection.shown);
                        let block = |(answered, _): &(Answered, String)| answered.read.view.block;
                        if matches!(fault, ChainError::OldBlock(_))
                            && lagging.as_ref().is_none_or(|best| block(best) < answered.read.view.block)
                        {
                            lagging = Some((answered, text.clone()));
                        }
                        text
                    }
                },
                Err((shown, error)) => format!("{shown}: {error}"),
            };
            errors.push(error);
            self.endpoints.failed(index, now_ms, self.random.random_range(0.0..1.0));
        }
        match lagging {
            Some((answered, error)) => {
                self.endpoints.worked(answered.index);
                if self.lagging.is_due("lagging", now_ms) {
                    tracing::warn!("no endpoint has a newer block: {error}");
                }
                self.recovered(&answered, Some(error));
                Ok(answered)
            }
            None if errors.is_empty() => Err("every endpoint failed a moment ago".into()),
            None => Err(errors.join("; ")),
        }
    }

    /// Asks one endpoint, over the connection that there is or a new one.
    async fn ask(&mut self, index: usize, now_ms: u64) -> Result<Answered, (String, ChainError)> {
        if let Some((_, connection)) = self.connection.take_if(|(kept, _)| *kept == index) {
            // Idle connections are cut by all that is between: that alone is no failure.
            if let Ok(answered) = self.ask_over(connection, index, now_ms).await {
                return Ok(answered);
            }
        }
        let timeout = Duration::from_secs(self.config.call_timeout_s.into());
        let opened = Connection::open(&self.urls[index], timeout, self.genesis).await;
        let connection = opened.map_err(|error| (shown(&self.urls[index]), error))?;
        self.ask_over(connection, index, now_ms).await
    }

    async fn ask_over(
        &self,
        mut connection: Connection,
        index: usize,
        now_ms: u64,
    ) -> Result<Answered, (String, ChainError)> {
        let network = self.config.network().word();
        let answer = async {
            let at = connection.newest().await?;
            let read = read(&connection, &at, network, self.netuid, now_ms).await?;
            Ok((at, read))
        };
        match answer.await {
            Ok((at, read)) => Ok(Answered { index, connection, at, read }),
            Err(error) => Err((connection.shown, error)),
        }
    }

    /// Why what an endpoint said should not be believed.
    fn fault(&self, view: &ChainView, now_ms: u64) -> Option<ChainError> {
        let known = self.view.borrow();
        let known = known.as_ref().filter(|known| now_ms.saturating_sub(known.synced_ms) < SET_BACK_MS);
        if let Some(known) = known.filter(|known| view.block.saturating_add(BEHIND_BLOCKS) < known.block) {
            return Some(ChainError::Behind { found: view.block, known: known.block });
        }
        let age_s = now_ms.saturating_sub(view.block_ms?) / 1_000;
        (age_s > u64::from(self.config.max_block_age_s)).then_some(ChainError::OldBlock(age_s))
    }

    /// A sync succeeded; `note` says what is wrong with it all the same.
    fn recovered(&mut self, answered: &Answered, note: Option<String>) {
        // The first chain that answers is the chain: another endpoint of another one is refused from now on.
        self.genesis = Some(answered.connection.genesis());
        if let Some(times) = self.failing.over() {
            tracing::info!("the chain answers again at {}, after {times} failed syncs", answered.connection.shown);
        }
        let endpoint = Some(answered.connection.shown.clone());
        self.status.send_modify(|status| {
            *status = KeeperStatus { endpoint, error: note, failing_since_ms: None, ..std::mem::take(status) };
        });
    }

    fn fail(&mut self, error: String, now_ms: u64) {
        if self.failing.is_due("failing", now_ms) {
            let known = self.view.borrow().as_ref().map(|view| now_ms.saturating_sub(view.synced_ms) / 1_000);
            let meanwhile = match known {
                Some(age_s) => format!("what was read {age_s} s ago still holds"),
                None => "nothing was read yet, so only axon.allow may call".into(),
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
        if let Some(version) = view.spec_version.filter(|version| self.told_runtime.replace(*version) != Some(*version))
        {
            tracing::info!("the chain runs spec {version}");
            if !read.missing.is_empty() {
                tracing::warn!("spec {version} does not tell {}: figures of it stay empty", read.missing.join(", "));
            }
        }
        let uid = view.metagraph.find(&self.signer.hotkey()).map(|(uid, _)| uid);
        let before = self.uid.replace(uid);
        let (address, netuid, block) = (self.signer.address(), self.netuid, view.block);
        match (before, uid) {
            (Some(before), now) if before == now => {}
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
                () = wake.notified() => {}
            }
            // A fault of a library's must not take the axon with it.
            let round = AssertUnwindSafe(self.round()).catch_unwind();
            let Some(done) = stop.run_until_cancelled(round).await else { return };
            pause = done.unwrap_or_else(|_| {
                self.connection = None;
                self.fail("reading the chain panicked; please report this with the log".into(), self.clock.now_ms());
                self.config.sync_interval()
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
