//! The tuner's task: observe → decide → apply → record. It owns targets and settings; others see a `watch`.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lode_shared::{Decision, HoldReason, Limits, Settings, Step, Targets};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Faults;
use crate::domain::{Cadence, Round, decide};
use crate::recorder::Recorder;
use crate::store::{Store, StoreError};

/// Decisions shown.
const SHOWN_DECISIONS: usize = 20;
/// Keys in the store.
const TARGETS_KEY: &str = "targets";
const SETTINGS_KEY: &str = "settings";

/// The tuner's configuration: `[tuner]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TunerConfig {
    /// Seconds between rounds, 1 to 86,400.
    pub interval_s: u32,
    /// Requests that a round looks back on, 10 to 10,000.
    pub window: u32,
    /// Requests that a decision needs, 1 to `window`.
    pub min_samples: u32,
}

impl Default for TunerConfig {
    fn default() -> Self {
        Self { interval_s: 300, window: 100, min_samples: 10 }
    }
}

impl TunerConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("tuner.interval_s", self.interval_s, 1..=86_400);
        faults.unless_within("tuner.window", self.window, 10..=10_000);
        if !(1..=self.window).contains(&self.min_samples) {
            faults.push(format!("tuner.min_samples is {}; it must be 1 to tuner.window", self.min_samples));
        }
    }
}

/// What the tuner publishes.
#[derive(Debug, Clone)]
pub struct TunerView {
    /// Targets in force.
    pub targets: Targets,
    /// Settings in force.
    pub settings: Settings,
    /// Limits in force.
    pub limits: Limits,
    /// The last decisions, newest first.
    pub decisions: VecDeque<Decision>,
    /// When the next round is due, milliseconds since the Unix epoch.
    pub next_round_ms: u64,
    /// Counts changes of targets and settings: what was cached under another revision is stale.
    pub revision: u64,
}

/// Changes the targets of a running tuner.
#[derive(Clone)]
pub struct TunerControl(mpsc::Sender<(Targets, oneshot::Sender<Result<(), StoreError>>)>);

impl TunerControl {
    /// Sets new targets; when this returns they are durable and in force.
    pub async fn set_targets(&self, targets: Targets) -> Result<(), StoreError> {
        let (done, applied) = oneshot::channel();
        self.0.send((targets, done)).await.map_err(|_| StoreError::Stopped)?;
        applied.await.map_err(|_| StoreError::Stopped)?
    }
}

/// The task.
pub struct Tuner {
    config: TunerConfig,
    recorder: Arc<Recorder>,
    store: Store,
    clock: Clock,
    view: watch::Sender<Arc<TunerView>>,
    commands: mpsc::Receiver<(Targets, oneshot::Sender<Result<(), StoreError>>)>,
    /// Samples that the last round which used evidence had seen.
    used_samples: u64,
}

impl Tuner {
    /// With the targets and settings that the store holds, or the defaults.
    pub fn new(
        config: TunerConfig,
        recorder: Arc<Recorder>,
        store: Store,
        clock: Clock,
    ) -> Result<(Self, TunerControl, watch::Receiver<Arc<TunerView>>), StoreError> {
        let limits = Limits::default();
        let kept: Settings = store.get(SETTINGS_KEY)?.unwrap_or_default();
        let first = TunerView {
            targets: store.get(TARGETS_KEY)?.unwrap_or_default(),
            settings: limits.clamp(kept),
            limits,
            decisions: store.decisions(SHOWN_DECISIONS as u32)?.into(),
            next_round_ms: clock.now_ms() + u64::from(config.interval_s) * 1_000,
            revision: 0,
        };
        let (view, receiver) = watch::channel(Arc::new(first));
        // One form, one operator: a handful of waiting changes is plenty.
        let (control, commands) = mpsc::channel(8);
        let tuner = Self { config, recorder, store, clock, view, commands, used_samples: 0 };
        Ok((tuner, TunerControl(control), receiver))
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let interval = Duration::from_secs(u64::from(self.config.interval_s));
        let mut due = Instant::now() + interval;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(due) => {
                    due += interval;
                    self.round().await;
                }
                command = self.commands.recv() => {
                    let Some((targets, done)) = command else { return };
                    // The one who asked may have gone; the targets are set all the same.
                    let _ = done.send(self.set_targets(targets).await);
                }
            }
        }
    }

    async fn set_targets(&mut self, targets: Targets) -> Result<(), StoreError> {
        self.store.put(TARGETS_KEY, &targets).await?;
        tracing::info!(
            "targets are now: response < {} s, success > {} %, cache hits > {} %",
            targets.response_s(),
            targets.success_pct(),
            targets.hit_rate_pct()
        );
        self.view.send_modify(|view| {
            let view = Arc::make_mut(view);
            view.targets = targets;
            view.revision += 1;
        });
        Ok(())
    }

    async fn round(&mut self) {
        let (observed, total) = self.recorder.observed();
        let before = Arc::clone(&self.view.borrow());
        let now_ms = self.clock.now_ms();
        let (settings, decision) = decide(&Round {
            targets: before.targets,
            observed,
            new_samples: (total - self.used_samples).min(u64::from(u32::MAX)) as u32,
            settings: before.settings,
            limits: before.limits,
            cadence: Cadence { min_samples: self.config.min_samples },
            now_ms,
        });
        log(&decision);
        let waits =
            matches!(decision.step, Step::Held(HoldReason::TooFewSamples { .. } | HoldReason::NoNewEvidence { .. }));
        if !waits {
            self.used_samples = total;
        }
        if settings != before.settings
            && let Err(error) = self.store.put(SETTINGS_KEY, &settings).await
        {
            tracing::error!("{error}: the settings change now, but will not survive a restart");
        }
        self.store.decision(&decision);
        let next_round_ms = now_ms + u64::from(self.config.interval_s) * 1_000;
        self.view.send_modify(|view| {
            let view = Arc::make_mut(view);
            view.settings = settings;
            view.decisions.push_front(decision);
            view.decisions.truncate(SHOWN_DECISIONS);
            view.next_round_ms = next_round_ms;
            view.revision += 1;
        });
    }
}

fn log(decision: &Decision) {
    tracing::info!("{}", decision.observed.status_line());
    match &decision.step {
        Step::Held(reason) => tracing::info!("Performance Tuner: held, {reason}"),
        Step::Adjusted(adjustments) => {
            for adjustment in adjustments {
                tracing::info!("Performance Tuner: {adjustment}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::{RawTargets, Source};

    use super::*;
    use crate::recorder::{Outcome, Record};

    struct Bench {
        folder: tempfile::TempDir,
        recorder: Arc<Recorder>,
        control: TunerControl,
        view: watch::Receiver<Arc<TunerView>>,
        _task: tokio::task::JoinSet<()>,
    }

    /// A tuner on its task, over a store whose writer runs on its own thread.
    fn start() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, writer) = Store::open(folder.path()).expect("a fresh store");
        std::thread::spawn(move || writer.run());
        let recorder = Arc::new(Recorder::new(100, None, 1));
        let (tuner, control, view) =
            Tuner::new(TunerConfig::default(), Arc::clone(&recorder), store, Clock::from_fn(|| 0))
                .expect("empty store");
        let mut task = tokio::task::JoinSet::new();
        task.spawn(tuner.run(CancellationToken::new()));
        Bench { folder, recorder, control, view, _task: task }
    }

    impl Bench {
        fn requests(&self, count: usize, took_ms: u64) {
            for _ in 0..count {
                let outcome = Outcome::Answered { source: Source::Solved, cacheable: true };
                self.recorder.record(&Record::new(0, 0, outcome, Duration::from_millis(took_ms)));
            }
        }

        async fn next(&mut self) -> Arc<TunerView> {
            self.view.changed().await.expect("the tuner runs");
            Arc::clone(&self.view.borrow_and_update())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_comes_every_five_minutes_and_new_evidence_is_needed_for_each_step() {
        let mut bench = start();
        bench.requests(50, 3_000);
        let started = Instant::now();
        let view = bench.next().await;
        assert_eq!(started.elapsed().as_secs(), 300);
        assert_eq!(view.settings, Settings { match_threshold: 0.94, ttl_s: 1_260 }, "slow, without hits");
        let view = bench.next().await;
        assert_eq!(view.decisions[0].step, Step::Held(HoldReason::NoNewEvidence { have: 0, need: 10 }));
        assert_eq!(view.decisions.len(), 2);
        bench.requests(50, 3_000);
        assert_eq!(bench.next().await.settings.match_threshold, 0.93);
    }

    #[tokio::test(start_paused = true)]
    async fn targets_are_in_force_and_durable_when_they_are_acknowledged() {
        let bench = start();
        let raw = RawTargets { response_s: 9.0, success_pct: 50.0, hit_rate_pct: 10.0 };
        let targets = Targets::new(raw).expect("in range");
        bench.control.set_targets(targets).await.expect("set");
        assert_eq!((bench.view.borrow().targets, bench.view.borrow().revision), (targets, 1));
        let (reopened, _) = Store::open(bench.folder.path()).expect("opened again");
        assert_eq!(reopened.get::<Targets>(TARGETS_KEY).expect("readable"), Some(targets));
    }

    #[test]
    fn a_configuration_out_of_range_names_the_field() {
        let config = TunerConfig { min_samples: 500, ..TunerConfig::default() };
        let mut faults = Faults::default();
        config.check(&mut faults);
        assert!(faults.into_vec()[0].contains("tuner.min_samples"), "more than the window");
    }
}
