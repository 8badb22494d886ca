//! Builds every part in the order in which they need one another, and starts their tasks.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lode_shared::Limits;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::parts::{
    Followed, address, bind, connection_limits, keeper_setup, signer, start_upstream, tuner_config, tuner_start,
    unread_status,
};
use super::reload::Reloader;
use super::{App, STOPPED, StartError, Surroundings, Tasks, checker_threads, cores, make_data_dir, run_thread};
use crate::agent::Agent;
use crate::alerts::{Alerts, Webhook};
use crate::api::{AdminToken, Api, Dashboard, HostRules, LiveFeed, Plans};
use crate::axon::callers::CallersByAddress;
use crate::axon::marks::Marks;
use crate::axon::{Axon, Bodies, Checker, Identity, Margin, Nonces, Verifier, senders};
use crate::cache::AnswerCache;
use crate::chain::{Keeper, Network};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, InForce};
use crate::devnet::{DemoTraffic, Devnet, Upstream, run_demo_traffic};
use crate::domain::Limit;
use crate::figures::{CHAIN_VIEW, Figures};
use crate::keys::Signer;
use crate::listen::{AXON_HEADERS, Bounds, serve};
use crate::ports::{Chain, Recall, Steered};
use crate::recorder::Recorder;
use crate::service::Service;
use crate::solver::Meters;
use crate::store::{DataLock, Store, StoreError};
use crate::telemetry::{LogFiles, report_epochs, traces};
use crate::tuner::Tuner;

/// What clocks are set back by, at most.
const CLOCK_STEP_NS: u64 = 300_000_000_000;

/// What every part is built with.
struct Ground<'a> {
    config: &'a Config,
    signer: &'a Arc<Signer>,
    store: &'a Store,
    clock: &'a Clock,
    stop: &'a CancellationToken,
}

impl App {
    /// Builds every part and starts their tasks. When this returns, both ports are open.
    ///
    /// # Errors
    ///
    /// When the configuration, the wallet, a port or the data folder cannot be used.
    pub async fn start(mut config: Config, data_dir: &Path, around: Surroundings) -> Result<Self, StartError> {
        let Surroundings { clock, log, feeder, reload } = around;
        make_data_dir(data_dir)?;
        let lock = DataLock::take(data_dir)?;
        let token = AdminToken::load_or_make(data_dir)?;
        let signer = Arc::new(signer(&config)?);
        let network = config.subtensor.network();
        let in_force = InForce::of(&config);
        let policy = config.policy()?;
        let webhook = Webhook::new(&config.alerts, |name| std::env::var(name).ok())?;
        let axon_listener = bind("validators", config.axon.bind(network), "--axon.port").await?;
        let api_listener = bind("the dashboard", config.api.bind, "--api.bind").await?;
        // Now nobody else answers on these ports: what was signed before this was for the run before.
        let started_ns = clock.now_ns();
        let (axon_address, api_address) = (address(&axon_listener), address(&api_listener));
        lock.tell(Some(api_address));
        let (axon_connections, api_connections) = connection_limits(config.axon.max_inflight);

        let (store, writer) = Store::recover(data_dir, clock.clone())?;
        let writer = writer.keeping(config.history);
        let (stop, solves) = (CancellationToken::new(), TaskTracker::new());
        let mut tasks = Tasks::default();
        tasks.spawn("store", run_thread("store", move || writer.run(), stop.clone()));
        if let Some(feeder) = feeder {
            tasks.spawn("log", feeder.run(stop.clone()));
        }
        let log_files = LogFiles::new(&config.log, log.clone(), clock.clone());
        tasks.spawn("log files", log_files.run(stop.clone()));
        if network == Network::Devnet {
            let upstream = start_upstream(&mut config).await?;
            let router = Upstream::router(&config.devnet);
            // Until nobody asks it any more.
            let (stop, solves, unasked) = (stop.clone(), solves.clone(), CancellationToken::new());
            let solver = serve("devnet solver", upstream, router, api_connections.into(), unasked.clone());
            let last_asked = async move {
                stop.cancelled().await;
                solves.wait().await;
                unasked.cancel();
                std::future::pending().await
            };
            tasks.spawn("devnet solver", async {
                tokio::select! {
                    () = solver => {}
                    () = last_asked => {}
                }
            });
        }
        let ground = Ground { config: &config, signer: &signer, store: &store, clock: &clock, stop: &stop };
        let chain = ground.follow_chain(axon_address, &mut tasks);

        let service = Service { policy, ..Service::new(&config, &Meters::new())? };
        let (new_service, service) = watch::channel(Arc::new(service));
        let tuner_config = tuner_config(&config);
        let (spans, sender) = traces(&config.telemetry, signer.address()).map_err(ConfigError::Value)?.unzip();
        if let Some(sender) = sender {
            tasks.spawn("traces", sender.run(stop.clone()));
        }
        let recorder = Recorder::new(tuner_config.window as usize, Some(store.clone()), store.last_request_id()? + 1);
        let recorder = Arc::new(recorder.tracing(spans));
        let capacity = config.cache.capacity(Duration::from_secs(Limits::default().ttl_max_s.into()));
        let cache = Arc::new(AnswerCache::new(&capacity, config.cache.embedder()?).serving(service.clone()));
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
        let max_inflight = config.axon.max_inflight;
        let limit = config.axon.max_solves.map_or(Limit::adaptive(max_inflight), Limit::Fixed);
        let agent =
            Agent::new(Arc::clone(&recall), Arc::clone(&recorder), solves.clone(), limit, config.shadow, clock.clone());
        let agent = Arc::new(agent);

        let axon = Axon {
            service: service.clone(),
            verifier: ground.verifier(started_ns, &mut tasks)?,
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

        let (active, alerts) = watch::channel(Vec::new());
        let figures = Arc::new(Figures {
            alerts,
            recorder,
            recall,
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
            service,
            latest: Mutex::new(None),
        });
        tasks.spawn("epochs", report_epochs(Arc::clone(&figures), stop.clone()));
        tasks.spawn("history", Arc::clone(&figures).sample(store.clone(), stop.clone()));
        tasks.spawn("chain history", Arc::clone(&figures).keep_chain(store.clone(), stop.clone()));
        let alerts = Alerts::new(config.alerts.clone(), webhook, Arc::clone(&figures), store.clone(), active);
        tasks.spawn("alerts", alerts.run(stop.clone()));
        let live = Arc::new(LiveFeed::new(Arc::clone(&figures)));
        tasks.spawn("live feed", Arc::clone(&live).run(stop.clone()));
        if let Some(reload) = reload {
            let upstream = config.solver.get("web").filter(|_| network == Network::Devnet).cloned();
            let (tuner, cache) = (control.clone(), Arc::clone(&cache));
            let subtensor = config.subtensor.clone();
            let reloader = Reloader { in_force, subtensor, upstream, service: new_service, tuner, cache };
            tasks.spawn("reload", reloader.run(reload, stop.clone()));
        }
        let api = Api {
            dashboard: Dashboard::new(Arc::clone(&figures), solves.clone()),
            figures,
            live,
            tuner: control,
            cache: Arc::clone(&cache),
            store: store.clone(),
            agent,
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
            _lock: lock,
            axon: axon_address,
            api: api_address,
            hotkey: signer.address().to_owned(),
            token,
        })
    }
}

impl Ground<'_> {
    /// The chain that the configuration names, or devnet and its validators.
    fn follow_chain(&self, axon: SocketAddr, tasks: &mut Tasks) -> Followed {
        let Self { config, signer, store, clock, stop } = *self;
        let network = config.subtensor.network();
        if network.has_chain() {
            let known = store.get(CHAIN_VIEW).unwrap_or_else(|error| {
                tracing::warn!("what the last run knew of the chain is of no use: {error}");
                None
            });
            let keeper = Keeper::new(keeper_setup(config, signer, axon.port(), known, clock.clone()));
            let followed = Followed::of(&keeper);
            tasks.spawn("chain", Box::new(keeper).follow(stop.clone()));
            return followed;
        }
        if network != Network::Devnet {
            return Followed::nothing();
        }
        let (devnet, verdicts) = Devnet::new(&config.devnet, config.netuid, signer, axon, clock.clone());
        let followed = Followed::of(&devnet);
        tasks.spawn("devnet", Box::new(devnet).follow(stop.clone()));
        let traffic = DemoTraffic {
            config: config.devnet.clone(),
            axon,
            axon_hotkey: signer.address().to_owned(),
            verdicts,
            clock: clock.clone(),
        };
        tasks.spawn("devnet validators", run_demo_traffic(traffic, stop.clone()));
        followed
    }

    /// Proves senders, on threads of its own.
    fn verifier(&self, started_ns: u64, tasks: &mut Tasks) -> Result<Verifier, StoreError> {
        let Self { config, signer, store, stop, .. } = *self;
        let (checker, threads) = Checker::new(checker_threads(cores()), config.axon.verify_batch);
        for thread in threads {
            tasks.spawn("signatures", run_thread("signatures", move || thread.run(), stop.clone()));
        }
        let (marks, marked) = Marks::load(store.clone())?;
        Ok(Verifier {
            address: signer.address().to_owned(),
            callers: CallersByAddress::new(config.axon.address_rate()),
            checker,
            nonces: Nonces::new(not_before_ns(store, started_ns)?, marked),
            marks,
            rate: config.axon.hotkey_rate(),
            started: Instant::now(),
            senders: senders(),
        })
    }
}

/// The time before which nonces may have been accepted by the run before: our start, or its end if the clock has been set
/// back since, by less than a few minutes (set back further, it was wrong before).
fn not_before_ns(store: &Store, started_ns: u64) -> Result<u64, StoreError> {
    let stopped_ms: u64 = store.get(STOPPED)?.unwrap_or_default();
    let stopped_ns = stopped_ms.saturating_mul(1_000_000);
    Ok(if stopped_ns.saturating_sub(started_ns) < CLOCK_STEP_NS { started_ns.max(stopped_ns) } else { started_ns })
}
