//! The composition root: builds every part from the configuration, runs their tasks, and drains them.

mod check;
mod parts;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lode_shared::Limits;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use check::check_standing;
use parts::{
    Followed, address, bind, connection_limits, keeper_setup, policy, signer, start_upstream, tuner_config,
    tuner_start, unread_status,
};

use crate::agent::Agent;
use crate::api::{AdminToken, Api, Dashboard, Direct, HostRules, LiveFeed, Plans, TokenError};
use crate::axon::callers::CallersByAddress;
use crate::axon::marks::Marks;
use crate::axon::{Axon, Bodies, Checker, Identity, Margin, Nonces, Verifier, senders};
use crate::cache::AnswerCache;
use crate::chain::{Keeper, Network};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, build_adapters};
use crate::devnet::{DemoTraffic, Devnet, Upstream, run_demo_traffic};
use crate::domain::{Answer, Limit};
use crate::figures::{CHAIN_VIEW, Figures};
use crate::keys::KeyfileError;
use crate::listen::{AXON_HEADERS, Bounds, DRAIN, serve};
use crate::ports::{Chain, Recall, Steered};
use crate::recorder::Recorder;
use crate::store::{Store, StoreError};
use crate::telemetry::{LogFeeder, LogFiles, LogRing};
use crate::tuner::Tuner;

/// After the drain, tasks have this long to notice.
const LAST_MOMENTS: Duration = Duration::from_secs(1);
/// And the disk this long for the last rows.
const LAST_WRITE: Duration = Duration::from_secs(1);
/// Where the end of a run is kept, milliseconds since the Unix epoch.
const STOPPED: &str = "stopped_ms";
/// What clocks are set back by, at most.
const CLOCK_STEP_NS: u64 = 300_000_000_000;

/// Why a miner cannot start. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The wallet.
    #[error(transparent)]
    Wallet(#[from] KeyfileError),
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token file.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The data folder.
    #[error("cannot make the data folder {path}: {error}; choose another --data-dir")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A port.
    #[error("cannot listen on {address} for {what}: {error}; is another miner running? choose another {flag}")]
    Listen {
        /// What would listen.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
        /// The flag that moves it.
        flag: &'static str,
    },
}

/// A miner that listens. [`App::run`] answers.
pub struct App {
    tasks: Tasks,
    solves: TaskTracker,
    cache: Arc<AnswerCache>,
    store: Store,
    clock: Clock,
    stop: CancellationToken,
    /// Where validators call.
    pub axon: SocketAddr,
    /// Where the operator calls.
    pub api: SocketAddr,
    /// Our hotkey, SS58.
    pub hotkey: String,
    /// What writes need.
    pub token: AdminToken,
}

/// Every task by name: when one ends by itself, the process does.
struct Tasks(JoinSet<&'static str>);

impl Tasks {
    fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move {
            task.await;
            name
        });
    }
}

/// What runs around the miner: passed in, so that tests can do without.
pub struct Surroundings {
    /// The wall clock.
    pub clock: Clock,
    /// The log that the dashboard shows.
    pub log: LogRing,
    /// What feeds it.
    pub feeder: Option<LogFeeder>,
}

impl App {
    /// Builds every part and starts their tasks. When this returns, both ports are open.
    pub async fn start(mut config: Config, data_dir: &Path, around: Surroundings) -> Result<Self, StartError> {
        let Surroundings { clock, log, feeder } = around;
        make_data_dir(data_dir)?;
        let token = AdminToken::load_or_make(data_dir)?;
        let signer = Arc::new(signer(&config)?);
        let network = config.subtensor.network();
        let policy = policy(&config)?;
        let axon_listener = bind("validators", config.axon.bind(network), "--axon.port").await?;
        let api_listener = bind("the dashboard", config.api.bind, "--api.bind").await?;
        // Now nobody else answers on these ports: what was signed before this was for the run before.
        let started_ns = clock.now_ns();
        let (axon_address, api_address) = (address(&axon_listener), address(&api_listener));

        let (store, writer) = Store::open(data_dir)?;
        let writer = writer.keeping(config.history);
        let stop = CancellationToken::new();
        let mut tasks = Tasks(JoinSet::new());
        tasks.spawn("store", run_thread("store", move || writer.run(), stop.clone()));
        if let Some(feeder) = feeder {
            tasks.spawn("log", feeder.run(stop.clone()));
        }
        let log_files = LogFiles::new(&config.log, log.clone(), clock.clone());
        tasks.spawn("log files", log_files.run(stop.clone()));

        let max_inflight = config.axon.max_inflight;
        let (axon_connections, api_connections) = connection_limits(max_inflight);
        let mut chain = Followed::nothing();
        if network.has_chain() {
            let known = store.get(CHAIN_VIEW).unwrap_or_else(|error| {
                tracing::warn!("what the last run knew of the chain is of no use: {error}");
                None
            });
            let keeper = Keeper::new(keeper_setup(&config, &signer, axon_address.port(), known, clock.clone()));
            chain = Followed::of(&keeper);
            tasks.spawn("chain", Box::new(keeper).follow(stop.clone()));
        }
        if network == Network::Devnet {
            let upstream = start_upstream(&mut config).await?;
            let router = Upstream::router(&config.devnet);
            let solver = serve("devnet solver", upstream, router, api_connections.into(), stop.clone());
            tasks.spawn("devnet solver", solver);
            let (devnet, verdicts) = Devnet::new(&config.devnet, config.netuid, &signer, axon_address, clock.clone());
            chain = Followed::of(&devnet);
            tasks.spawn("devnet", Box::new(devnet).follow(stop.clone()));
            let traffic = DemoTraffic {
                config: config.devnet.clone(),
                axon: axon_address,
                axon_hotkey: signer.address().to_owned(),
                verdicts,
                clock: clock.clone(),
            };
            tasks.spawn("devnet validators", run_demo_traffic(traffic, stop.clone()));
        }

        let (adapters, solvers) = build_adapters(&config)?;
        let asked = |name: &Option<String>| {
            let adapter = adapters.by_name.get(name.as_ref()?)?;
            Some((Arc::clone(&adapter.name), Arc::clone(adapter.asks.as_ref()?)))
        };
        let (solve, chat) = (asked(&config.api.solve_synapse), asked(&config.api.chat_synapse));
        let comparisons = adapters.by_name.values();
        let comparisons =
            comparisons.filter_map(|adapter| Some((Arc::clone(&adapter.name), adapter.asks.as_ref()?.compare)));
        let comparisons = comparisons.collect();
        let by_name: HashMap<_, _> =
            adapters.by_name.values().map(|adapter| (Arc::clone(&adapter.name), adapter.asks.clone())).collect();
        let is_valid = Box::new(move |synapse: &str, answer: &Answer| {
            let asks = by_name.get(synapse).and_then(Option::as_ref);
            asks.is_none_or(|asks| asks.schema.is_none() || asks.check(&answer.fields()).is_ok())
        });
        let tuner_config = tuner_config(&config);
        let recorder =
            Arc::new(Recorder::new(tuner_config.window as usize, Some(store.clone()), store.last_request_id()? + 1));
        let capacity = config.cache.capacity(Duration::from_secs(Limits::default().ttl_max_s.into()));
        let cache = Arc::new(
            AnswerCache::new(&capacity, config.cache.embedder()?).comparing(comparisons).reading_back(is_valid),
        );
        let (tuner, control, tuner_view) = Tuner::new(
            tuner_start(&config),
            Arc::clone(&recorder),
            Arc::clone(&cache) as Arc<dyn Steered>,
            store.clone(),
            clock.clone(),
        )?;
        cache.load(&store, clock.now_ms()).await?;
        tasks.spawn("tuner", tuner.run(stop.clone()));
        tasks.spawn("cache", Arc::clone(&cache).run(store.clone(), clock.clone(), stop.clone()));
        let recall: Arc<dyn Recall> = Arc::clone(&cache) as Arc<dyn Recall>;
        let solves = TaskTracker::new();
        let limit = config.axon.max_solves.map_or(Limit::adaptive(max_inflight), Limit::Fixed);
        let agent =
            Agent::new(Arc::clone(&recall), Arc::clone(&recorder), solves.clone(), limit, config.shadow, clock.clone());
        let agent = Arc::new(agent);

        let (checker, threads) = Checker::new(checker_threads(cores()), config.axon.verify_batch);
        for thread in threads {
            tasks.spawn("signatures", run_thread("signatures", move || thread.run(), stop.clone()));
        }
        let (marks, marked) = Marks::load(store.clone())?;
        let verifier = Verifier {
            address: signer.address().to_owned(),
            callers: CallersByAddress::new(config.axon.address_rate()),
            checker,
            nonces: Nonces::new(not_before_ns(&store, started_ns)?, marked),
            marks,
            rate: config.axon.hotkey_rate(),
            started: Instant::now(),
            senders: senders(),
        };

        let axon = Axon {
            adapters,
            policy,
            verifier,
            identity: Identity::new(
                signer.address(),
                SocketAddr::new(
                    config.axon.external_ip.unwrap_or(axon_address.ip()),
                    config.axon.external_port.unwrap_or(axon_address.port()),
                ),
            ),
            agent: Arc::clone(&agent),
            recorder: Arc::clone(&recorder),
            chain: chain.views.clone(),
            tuner: tuner_view.clone(),
            clock: clock.clone(),
            inflight: Arc::new(Semaphore::new(max_inflight)),
            max_inflight,
            max_body_bytes: config.axon.max_body_bytes,
            bodies: Bodies::new(),
            margin: Margin::default(),
            needs_receiver: config.axon.needs_receiver,
        };
        let router = crate::axon::router(Arc::new(axon));
        let bounds = Bounds { connections: axon_connections, headers: Some(AXON_HEADERS) };
        tasks.spawn("axon", serve("axon", axon_listener, router, bounds, stop.clone()));

        let figures = Arc::new(Figures {
            recorder,
            recall: Arc::clone(&recall),
            tuner: tuner_view,
            chain: chain.views,
            keeper: chain.status,
            unread: unread_status(&config),
            is_offline: network == Network::Offline,
            log,
            hotkey: signer.hotkey(),
            axon: axon_address.to_string(),
            tuner_config,
            started_ms: started_ns / 1_000_000,
            clock: clock.clone(),
            solvers,
            latest: Mutex::new(None),
        });
        tasks.spawn("history", Arc::clone(&figures).sample(store.clone(), stop.clone()));
        tasks.spawn("chain history", Arc::clone(&figures).keep_chain(store.clone(), stop.clone()));
        let live = Arc::new(LiveFeed::new(Arc::clone(&figures)));
        tasks.spawn("live feed", Arc::clone(&live).run(stop.clone()));
        let api = Api {
            dashboard: Dashboard::new(Arc::clone(&figures), solves.clone()),
            figures,
            live,
            tuner: control,
            cache: Arc::clone(&cache),
            store: store.clone(),
            tasks: solve.map(|(synapse, asks)| Direct { synapse, asks, agent: Arc::clone(&agent) }),
            chat: chat.map(|(synapse, asks)| Direct { synapse, asks, agent }),
            plans: Plans::default(),
            sync_chain: chain.wake,
            token: token.clone(),
            hosts: HostRules::new(&config.api.hosts),
            headless: config.api.headless,
            stop: stop.clone(),
        };
        let router = crate::api::router(Arc::new(api));
        tasks.spawn("api", serve("api", api_listener, router, api_connections.into(), stop.clone()));

        Ok(Self {
            tasks,
            solves,
            cache,
            store,
            clock,
            stop,
            axon: axon_address,
            api: api_address,
            hotkey: signer.address().to_owned(),
            token,
        })
    }

    /// Answers until `stop` is ready, then drains within ten seconds. An error names the task that ended by itself.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), String> {
        let ended_early = tokio::select! {
            () = stop => None,
            ended = self.tasks.0.join_next() => Some(match ended {
                Some(Ok(name)) => name.to_owned(),
                Some(Err(error)) => error.to_string(),
                None => "every task".to_owned(),
            }),
        };
        self.stop.cancel();
        self.solves.close();
        let drained = timeout(DRAIN + LAST_MOMENTS, async {
            while self.tasks.0.join_next().await.is_some() {}
            self.solves.wait().await;
        });
        if drained.await.is_err() {
            tracing::warn!("some tasks did not end in time and are dropped");
        }
        // A durable write behind all rows: when it returns, they are on disk.
        let last = async {
            self.cache.flush(&self.store).await?;
            self.store.put(STOPPED, &self.clock.now_ms()).await
        };
        match timeout(LAST_WRITE, last).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("{error}: the last rows may be lost"),
            Err(_) => tracing::error!("the disk does not answer: the last rows may be lost"),
        }
        match ended_early {
            None => Ok(()),
            Some(name) => Err(format!("{name} ended although nobody asked it to; see the log above")),
        }
    }
}

/// The time before which nonces may have been accepted by the run before: our start, or its end if the clock has been set
/// back since, by less than a few minutes (set back further, it was wrong before).
fn not_before_ns(store: &Store, started_ns: u64) -> Result<u64, StoreError> {
    let stopped_ms: u64 = store.get(STOPPED)?.unwrap_or_default();
    let stopped_ns = stopped_ms.saturating_mul(1_000_000);
    Ok(if stopped_ns.saturating_sub(started_ns) < CLOCK_STEP_NS { started_ns.max(stopped_ns) } else { started_ns })
}

/// Makes the data folder, for its owner alone.
pub fn make_data_dir(path: &Path) -> Result<(), StartError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| StartError::DataDir { path: path.into(), error })
}

/// Runs `work` on a thread of its own. It ends when what feeds it is gone; before that only by a panic, and then so does
/// this.
async fn run_thread(name: &'static str, work: impl FnOnce() + Send + 'static, stop: CancellationToken) {
    let (alive, ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || {
        work();
        drop(alive);
    });
    if let Err(error) = thread {
        return tracing::error!("cannot start the thread `{name}`: {error}");
    }
    stop.run_until_cancelled(ended).await;
}

/// Cores of this machine that we may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How many of the cores check signatures: in batches that takes less than half as long as the rest of a request.
pub fn checker_threads(cores: usize) -> usize {
    (cores / 3).max(1)
}
