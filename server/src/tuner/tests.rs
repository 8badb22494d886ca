use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::{Change, HoldReason, Limits, Pins, RawBudget, RawMode, RawTargets, Setting, Source};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::*;
use crate::domain::{Labels, Matches, Restart, Room, Seen, WhatIf, WrongShare, Z_95, wilson_lower, wilson_upper};
use crate::recorder::{Outcome, Record};

/// What there is to steer, and what was done to it.
#[derive(Default)]
struct Wheel {
    labels: Mutex<(f64, f64, u64)>,
    thresholds: Mutex<HashMap<u64, f64>>,
    capacity: Mutex<Option<u64>>,
    alarm: Notify,
}

impl Wheel {
    /// So many labels, some of them wrong, all of them new.
    fn label(&self, wrong: f64, labels: f64) {
        let mut kept = self.labels.lock();
        *kept = (wrong, labels, kept.2 + 1);
    }
}

impl Steered for Wheel {
    fn labels(&self, thresholds: &[f64], now_ms: u64) -> Labels {
        let (wrong, labels, seen) = *self.labels.lock();
        let share = (labels > 0.0).then(|| WrongShare {
            share: wrong / labels,
            lower: wilson_lower(wrong, labels, Z_95),
            upper: wilson_upper(wrong, labels, Z_95),
            labels,
        });
        let point = |threshold: &f64| WhatIf { threshold: *threshold, hit_share: Some(1.9 - threshold), wrong: share };
        let curve = thresholds.iter().map(point).collect();
        let seen = Seen { labels: seen, wrong: wrong as u64, last_ms: now_ms };
        Labels { matches: Matches { curve, recent: None, seen }, ..Labels::default() }
    }

    fn room(&self) -> Room {
        Room::default()
    }

    fn set_thresholds(&self, thresholds: HashMap<u64, f64>) {
        *self.thresholds.lock() = thresholds;
    }

    fn kept_labels(&self) -> (&'static str, serde_json::Value) {
        ("learned", serde_json::Value::Null)
    }

    fn restart(&self, _: &Restart, _: u64) {}

    fn resize(&self, entries: u64) {
        *self.capacity.lock() = Some(entries);
    }

    fn set_longest_ttl(&self, _: Duration) {}

    fn alarmed(&self) -> BoxFuture<'_, ()> {
        self.alarm.notified().boxed()
    }
}

struct Bench {
    folder: tempfile::TempDir,
    recorder: Arc<Recorder>,
    wheel: Arc<Wheel>,
    control: TunerControl,
    view: watch::Receiver<Arc<TunerView>>,
    _task: tokio::task::JoinSet<()>,
}

fn configured() -> Start {
    Start { config: TunerConfig::default(), capacity: 500, shadow_pct: 5.0, hedges: false }
}

/// A tuner on its task, over a store whose writer runs on its own thread.
fn start_in(folder: tempfile::TempDir, start: Start) -> Bench {
    let (store, writer) = Store::open(folder.path()).expect("a store");
    std::thread::spawn(move || writer.run());
    let recorder = Arc::new(Recorder::new(100, None, 1));
    let wheel = Arc::new(Wheel::default());
    let steered = Arc::clone(&wheel) as Arc<dyn Steered>;
    let (tuner, control, view) =
        Tuner::new(start, Arc::clone(&recorder), steered, store, Clock::from_fn(|| 0)).expect("a readable store");
    let mut task = tokio::task::JoinSet::new();
    task.spawn(tuner.run(CancellationToken::new()));
    Bench { folder, recorder, wheel, control, view, _task: task }
}

fn start() -> Bench {
    start_in(tempfile::tempdir().expect("a folder"), configured())
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

    async fn change(&self, change: Change, if_version: Option<u64>) -> Result<Versioned, ChangeError> {
        self.control.change(Asked { change, who: "127.0.0.1, curl".into(), if_version }).await
    }

    /// As after SIGKILL: nobody is told to end.
    fn killed(self) -> Bench {
        let folder = self.folder;
        start_in(folder, configured())
    }
}

fn budget(false_hit_pct: f64) -> Change {
    Change::Budget(RawBudget { false_hit_pct })
}

#[tokio::test(start_paused = true)]
async fn a_round_comes_every_five_minutes_and_loosens_when_three_agree() {
    let mut bench = start();
    let started = Instant::now();
    for round in 1..=3 {
        bench.requests(50, 3_000);
        bench.wheel.label(0.0, 500.0);
        let view = bench.next().await;
        assert_eq!(started.elapsed().as_secs(), 300 * round);
        assert_eq!(view.settings.match_threshold, if round < 3 { 0.95 } else { 0.94 });
    }
    let view = bench.next().await;
    assert_eq!(view.decisions[0].step, Step::Held(HoldReason::NoNewEvidence { have: 0, need: 10 }));
    assert_eq!(view.decisions.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_does_not_wait_for_a_round() {
    let mut bench = start();
    let started = Instant::now();
    bench.wheel.label(6.0, 400.0);
    bench.wheel.alarm.notify_one();
    let view = bench.next().await;
    assert_eq!((started.elapsed().as_secs(), view.settings.match_threshold), (0, 0.98));
    assert!(view.decisions[0].step != Step::Held(HoldReason::OnTarget));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_in_force_and_durable_when_it_is_acknowledged() {
    let bench = start();
    let raw = RawTargets { response_s: 9.0, success_pct: 50.0, hit_rate_pct: 10.0 };
    bench.change(Change::Targets(raw), None).await.expect("in range");
    bench.change(budget(2.5), Some(1)).await.expect("over version 1");
    let seen = Arc::clone(&bench.view.borrow());
    assert_eq!((seen.mandate.version, seen.mandate.mandate.budget_pct, seen.revision), (2, 2.5, 2));
    let (store, _) = Store::open(bench.folder.path()).expect("opened beside");
    let audit = store.audit(10).expect("readable");
    assert_eq!((audit.len(), audit[0].version, audit[0].old, audit[0].new), (2, 2, budget(1.0), budget(2.5)));
    assert_eq!(audit[1].who, "127.0.0.1, curl");
    let again = bench.killed();
    let kept = again.view.borrow().mandate;
    assert_eq!((kept.version, RawTargets::from(kept.mandate.targets)), (2, raw));
}

#[tokio::test(start_paused = true)]
async fn a_change_over_somebody_elses_or_out_of_range_changes_nothing() {
    let bench = start();
    bench.change(budget(2.0), Some(0)).await.expect("the first");
    let late = bench.change(budget(3.0), Some(0)).await;
    assert!(matches!(late, Err(ChangeError::Conflict { version: 1 })), "{late:?}");
    let wild = bench.change(budget(99.0), Some(1)).await;
    assert!(matches!(wild, Err(ChangeError::Faults(_))), "{wild:?}");
    assert_eq!(bench.view.borrow().mandate.mandate.budget_pct, 2.0);
}

#[tokio::test(start_paused = true)]
async fn pins_limits_and_the_kill_switch_count_at_once_and_are_given_back() {
    let bench = start();
    let pins = Pins { ttl_s: Some(900), capacity: Some(800), ..Pins::default() };
    bench.change(Change::Pins(pins), None).await.expect("within the limits");
    assert_eq!((bench.view.borrow().settings.ttl_s, *bench.wheel.capacity.lock()), (900, Some(800)));
    bench.change(Change::Mode(RawMode { mode: Mode::ExactOnly }), None).await.expect("a mode");
    assert!(bench.view.borrow().settings.exact_only);
    bench.change(Change::Mode(RawMode { mode: Mode::Auto }), None).await.expect("a mode");
    let seen = Arc::clone(&bench.view.borrow());
    assert!(!seen.settings.exact_only, "the switch was the operator's, not the tuner's");
    assert!(seen.mandate.mandate.pins.hold(Setting::Ttl));
}

#[tokio::test(start_paused = true)]
async fn settings_and_the_decision_that_moved_them_survive_together() {
    let mut bench = start();
    bench.wheel.label(6.0, 400.0);
    bench.wheel.alarm.notify_one();
    let moved = bench.next().await;
    // A durable write behind the round's.
    bench.change(budget(2.0), None).await.expect("in range");
    let again = bench.killed();
    let kept = Arc::clone(&again.view.borrow());
    assert_eq!(kept.settings.match_threshold, moved.settings.match_threshold);
    assert_eq!(kept.decisions[0].step, moved.decisions[0].step);
}

#[tokio::test(start_paused = true)]
async fn what_an_older_version_kept_is_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, writer) = Store::open(folder.path()).expect("a fresh store");
    std::thread::spawn(move || writer.run());
    let raw = RawTargets { response_s: 2.0, success_pct: 80.0, hit_rate_pct: 40.0 };
    let old = serde_json::json!({"match_threshold": 0.93, "ttl_s": 900});
    store.put(TARGETS_KEY, &Targets::new(raw).expect("in range")).await.expect("kept");
    store.put(SETTINGS_KEY, &old).await.expect("kept");
    let bench = start_in(folder, configured());
    let seen = Arc::clone(&bench.view.borrow());
    assert_eq!((seen.settings.match_threshold, seen.settings.ttl_s, seen.settings.capacity), (0.93, 900, 500));
    assert_eq!(RawTargets::from(seen.mandate.mandate.targets), raw);
}

#[tokio::test(start_paused = true)]
async fn who_configures_a_large_cache_or_no_checks_gets_limits_that_hold_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = start_in(folder, Start { capacity: 1_000_000, shadow_pct: 0.0, ..configured() });
    let seen = Arc::clone(&bench.view.borrow());
    assert_eq!((seen.settings.capacity, seen.settings.shadow_pct), (1_000_000, 0.0));
    assert_eq!(seen.mandate.mandate.limits.shadow_max_pct, 0.0, "none was asked for");
}

#[tokio::test(start_paused = true)]
async fn limits_are_the_configurations_until_the_operator_changes_them() {
    let finer = Limits { threshold_step: 0.005, ..Limits::default() };
    let config = TunerConfig { limits: finer, ..TunerConfig::default() };
    let bench = start_in(tempfile::tempdir().expect("a folder"), Start { config, ..configured() });
    assert_eq!(bench.view.borrow().mandate.mandate.limits.threshold_step, 0.005);
    bench.change(budget(2.0), None).await.expect("another part");
    let again = bench.killed();
    assert_eq!(again.view.borrow().mandate.mandate.limits.threshold_step, 0.01, "as configured by now");
    again.change(Change::Limits(finer), None).await.expect("in range");
    assert_eq!(again.killed().view.borrow().mandate.mandate.limits.threshold_step, 0.005);
}

#[tokio::test(start_paused = true)]
async fn a_preview_decides_the_recorded_rounds_again_and_changes_nothing() {
    let mut bench = start();
    for _ in 0..4 {
        bench.requests(50, 3_000);
        bench.wheel.label(0.0, 500.0);
        let _ = bench.next().await;
    }
    // A durable write behind the rounds'.
    bench.change(budget(1.0), None).await.expect("in range");
    let (store, _) = Store::open(bench.folder.path()).expect("opened beside");
    let decisions = store.decisions_since(0, 100).expect("readable");
    let view = Arc::clone(&bench.view.borrow());
    let strict = view.mandate.mandate.with(&budget(0.05)).expect("in range");
    let preview = preview(&view, &strict, &decisions, None, 10);
    assert_eq!((preview.rounds, preview.since_ms), (4, Some(0)));
    assert_eq!(preview.before.settings.match_threshold, view.settings.match_threshold, "as it went");
    assert_eq!(preview.after.settings.match_threshold, 0.95, "500 labels do not prove 0.05 %");
    assert!(preview.after.hit_rate_pct <= preview.before.hit_rate_pct);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_is_read_again_is_taken_over_whole_or_not_at_all() {
    let bench = start();
    let before = TunerConfig::default().configured();
    let targets =
        Targets::new(RawTargets { response_s: 2.0, success_pct: 90.0, hit_rate_pct: 40.0 }).expect("in range");
    let limits = |ttl_max_s| Limits { ttl_max_s, ..before.limits };
    let wrong = Configured { targets: Some(targets), limits: limits(0) };
    let refused = bench.control.follow(wrong, false).await.expect_err("longest below shortest").to_string();
    assert!(refused.starts_with("values out of range: ") && refused.len() > 30, "{refused}");
    assert_eq!(bench.view.borrow().mandate.version, 0);
    assert_ne!(bench.view.borrow().mandate.mandate.targets, targets, "not even what was good in it");

    let good = Configured { targets: Some(targets), limits: limits(3_600) };
    bench.control.follow(good, false).await.expect("in range");
    let mandate = bench.view.borrow().mandate;
    assert_eq!((mandate.version, mandate.mandate.targets, mandate.mandate.limits.ttl_max_s), (2, targets, 3_600));
    let (store, _) = Store::open(bench.folder.path()).expect("opened beside");
    let versions: Vec<_> = store.audit(9).expect("readable").iter().map(|row| row.version).collect();
    assert_eq!(versions, [2, 1]);
    assert_eq!(store.get(CONFIGURED_KEY).expect("readable"), Some(good));
}
