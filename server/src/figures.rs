//! Takes snapshots of a running miner, and samples its history.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use lode_shared::{
    Alert, ChainStatus, HistoryPoint, KeeperStatus, MinerInfo, PerformanceTuning, Settings, Snapshot, SolverView, Start,
};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::keys::Hotkey;
use crate::ports::{ChainWatch, Recall};
use crate::recorder::Recorder;
use crate::service::ServiceWatch;
use crate::store::Store;
use crate::telemetry::LogRing;
use crate::tuner::{TunerConfig, TunerView};

/// Between two samples of the history.
const SAMPLE_PERIOD: Duration = Duration::from_secs(5);
/// Of a devnet's blocks one is kept in this time.
const POINT_EVERY_MS: u64 = 30_000;
/// The whole table is kept so often, for a start while the chain is out of reach.
const VIEW_EVERY_MS: u64 = 600_000;
/// Under which key.
pub const CHAIN_VIEW: &str = "chain_view";
/// Requests in a snapshot.
const REQUESTS: usize = 20;
/// Log lines in a snapshot.
const LOG_LINES: usize = 50;

/// Everything that figures are read from.
pub struct Figures {
    /// Counters, window and percentiles.
    pub recorder: Arc<Recorder>,
    /// The cache.
    pub recall: Arc<dyn Recall>,
    /// Targets, settings, decisions.
    pub tuner: watch::Receiver<Arc<TunerView>>,
    /// The subnet.
    pub chain: ChainWatch,
    /// How its keeper fares.
    pub keeper: watch::Receiver<KeeperStatus>,
    /// Which chain and subnet it is, while nothing was read of it.
    pub unread: ChainStatus,
    /// Whether nothing ever will be.
    pub is_offline: bool,
    /// What is wrong.
    pub alerts: watch::Receiver<Vec<Alert>>,
    /// The log.
    pub log: LogRing,
    /// Our hotkey.
    pub hotkey: Hotkey,
    /// Where the axon listens.
    pub axon: String,
    /// The tuner's configuration.
    pub tuner_config: TunerConfig,
    /// When the process started, milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// The wall clock.
    pub clock: Clock,
    /// Whom we answer, and how.
    pub service: ServiceWatch,
    /// The newest sample.
    pub latest: Mutex<Option<HistoryPoint>>,
}

impl Figures {
    /// Now.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// This start of the miner.
    pub fn start(&self) -> Start {
        Start { at_ms: self.started_ms, version: env!("CARGO_PKG_VERSION").into() }
    }

    /// Counts changes of targets and settings.
    pub fn revision(&self) -> u64 {
        self.tuner.borrow().revision
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.tuner.borrow().settings
    }

    /// Whether validators can be told from others: the metagraph is there, or there is no chain to ask.
    pub fn ready(&self) -> bool {
        self.is_offline || self.chain.borrow().is_some()
    }

    /// What every solver did, by name.
    pub fn solvers(&self) -> Vec<SolverView> {
        self.service.borrow().solvers.values().map(|meter| meter.view()).collect()
    }

    /// All figures, now.
    pub fn snapshot(&self) -> Snapshot {
        let now_ms = self.now_ms();
        let chain = self.chain.borrow().clone();
        let tuner = Arc::clone(&self.tuner.borrow());
        let (observed, _) = self.recorder.observed();
        Snapshot {
            now_ms,
            miner: MinerInfo {
                version: env!("CARGO_PKG_VERSION").into(),
                hotkey: self.hotkey.to_string(),
                axon: self.axon.clone(),
                uptime_s: now_ms.saturating_sub(self.started_ms) / 1_000,
            },
            alerts: self.alerts.borrow().clone(),
            performance_tuning: PerformanceTuning {
                status: observed.status_line(),
                targets: tuner.mandate.mandate.targets,
                settings: tuner.settings,
                limits: tuner.mandate.mandate.limits,
                budget_pct: tuner.mandate.mandate.budget_pct,
                mode: tuner.mandate.mandate.mode,
                pins: tuner.mandate.mandate.pins,
                version: tuner.mandate.version,
                scopes: tuner.scopes.clone(),
                moves: tuner.moves.clone(),
                observed,
                interval_s: self.tuner_config.interval_s,
                next_round_ms: tuner.next_round_ms,
                // What each label said is for the history: it would be most of every snapshot.
                decisions: tuner.decisions.iter().map(|decision| decision.clone().without_labels()).collect(),
            },
            cache: self.recall.stats(now_ms),
            traffic: self.recorder.traffic(chain.as_deref(), self.started_ms, now_ms),
            requests: self.recorder.ended(REQUESTS),
            solvers: self.solvers(),
            chain: self.chain_status(),
            latest: *self.latest.lock(),
            log: self.log.last(LOG_LINES),
        }
    }

    /// The snapshot as JSON.
    pub fn snapshot_json(&self) -> Bytes {
        serde_json::to_vec(&self.snapshot()).expect("plain data serialises").into()
    }

    fn chain_status(&self) -> ChainStatus {
        let chain = self.chain.borrow().clone();
        let status = chain.map_or_else(|| self.unread.clone(), |view| view.status(&self.hotkey));
        ChainStatus { keeper: self.keeper.borrow().clone(), ..status }
    }

    /// Keeps our place on the subnet, once for each sync, and the last sync itself for the next start; until `stop`.
    pub async fn keep_chain(self: Arc<Self>, store: Store, stop: CancellationToken) {
        let mut chain = self.chain.clone();
        let (mut kept_point_ms, mut kept_view_ms) = (0, 0);
        // Nothing to follow ends this wait at once; the task must not end before the others.
        while let Some(Ok(())) = stop.run_until_cancelled(chain.changed()).await {
            let Some(view) = chain.borrow_and_update().clone() else { continue };
            let now_ms = view.synced_ms;
            // Devnet's blocks take a second and begin anew each time; a clock that was set back makes everything due.
            let is_chain = view.genesis.is_some();
            let passed = |since_ms: u64, period_ms: u64| now_ms < since_ms || now_ms - since_ms >= period_ms;
            if is_chain || passed(kept_point_ms, POINT_EVERY_MS) {
                kept_point_ms = now_ms;
                if let Some(point) = view.status(&self.hotkey).point() {
                    store.chain_point(point);
                }
            }
            if is_chain && passed(kept_view_ms, VIEW_EVERY_MS) {
                kept_view_ms = now_ms;
                if let Err(error) = store.put(CHAIN_VIEW, &*view).await {
                    tracing::warn!("what is known of the chain could not be kept: {error}");
                }
            }
        }
        stop.cancelled().await;
    }

    /// Notes that the miner has started, then samples the history until `stop`.
    pub async fn sample(self: Arc<Self>, store: Store, stop: CancellationToken) {
        store.started(self.start());
        let mut ticks = interval(SAMPLE_PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut before = (self.now_ms(), self.recorder.requests(), self.recorder.observed().1);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let now = (self.now_ms(), self.recorder.requests(), self.recorder.observed().1);
            let point = self.point(before, now);
            before = now;
            *self.latest.lock() = Some(point);
            store.point(point);
        }
    }

    /// One sample between two readings of (time, requests, samples). Without a new sample its figures are absent: the
    /// window would only repeat itself.
    fn point(&self, before: (u64, u64, u64), now: (u64, u64, u64)) -> HistoryPoint {
        let settings = self.settings();
        let passed_s = now.0.saturating_sub(before.0).max(1) as f64 / 1_000.0;
        let observed = if now.2 > before.2 { self.recorder.observed().0 } else { lode_shared::Observed::default() };
        HistoryPoint {
            at_ms: now.0,
            requests_per_s: now.1.saturating_sub(before.1) as f64 / passed_s,
            response_s: observed.response_s,
            success_pct: observed.success_pct,
            hit_rate_pct: observed.hit_rate_pct,
            match_threshold: settings.match_threshold,
            ttl_s: settings.ttl_s,
            incentive_pct: self.chain_status().incentive_pct,
        }
    }
}
