//! The tuner's task: observe → decide → apply → record. It owns mandate and settings; others see a `watch`.
//!
//! A round every few minutes, and one more at once when an answer from memory is found wrong: never on a request's path.
//! Settings, what the next round is to know, and the decision itself are written together or not at all.

mod config;
mod control;
mod preview;
#[cfg(test)]
mod tests;
mod told;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lode_shared::{Change, Decision, FieldError, Mode, Moves, ScopeThreshold, Settings, Step, Targets};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

pub use config::{Configured, TunerConfig};
use control::Command;
pub use control::{Asked, ChangeError, TunerControl, Versioned};
pub use preview::preview;
use told::{count_moves, log};

use crate::clock::Clock;
use crate::domain::{Cause, Decided, Evidence, Memory, Restart, Round, decide};
use crate::ports::Steered;
use crate::recorder::Recorder;
use crate::store::{Store, StoreError, Together};

/// Decisions shown.
const SHOWN_DECISIONS: usize = 20;
/// Keys in the store. Before there was a mandate, its targets alone were kept.
const MANDATE_KEY: &str = "mandate";
const TARGETS_KEY: &str = "targets";
const SETTINGS_KEY: &str = "settings";
const MEMORY_KEY: &str = "tuner";
/// What the configuration said last of the mandate.
const CONFIGURED_KEY: &str = "configured";
/// Between two rounds for wrong answers.
const ALARM_PAUSE: Duration = Duration::from_secs(1);

/// What the miner starts with, as configured.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// `[tuner]`
    pub config: TunerConfig,
    /// How many answers the cache holds.
    pub capacity: u64,
    /// Share of the answers to similar prompts that is checked, percent; with 0 none ever is.
    pub shadow_pct: f64,
    /// Whether a solver hedges.
    pub hedges: bool,
}

/// What the tuner publishes.
#[derive(Debug, Clone)]
pub struct TunerView {
    /// What the operator wants and allows.
    pub mandate: Versioned,
    /// Settings in force.
    pub settings: Settings,
    /// Scopes with a threshold of their own, strictest first.
    pub scopes: Vec<ScopeThreshold>,
    /// The last decisions, newest first.
    pub decisions: VecDeque<Decision>,
    /// How often each setting was moved since the start, as far as it was.
    pub moves: Vec<Moves>,
    /// When the next round is due, milliseconds since the Unix epoch.
    pub next_round_ms: u64,
    /// Counts changes of mandate and settings: what was cached under another revision is stale.
    pub revision: u64,
}

/// What rounds leave.
struct State {
    settings: Settings,
    memory: Memory,
}

/// The task.
pub struct Tuner {
    start: Start,
    recorder: Arc<Recorder>,
    steered: Arc<dyn Steered>,
    store: Store,
    clock: Clock,
    view: watch::Sender<Arc<TunerView>>,
    commands: mpsc::Receiver<Command>,
    mandate: Versioned,
    configured: Configured,
    state: State,
}

impl Tuner {
    /// With what the store holds, or the defaults.
    pub fn new(
        start: Start,
        recorder: Arc<Recorder>,
        steered: Arc<dyn Steered>,
        store: Store,
        clock: Clock,
    ) -> Result<(Self, TunerControl, watch::Receiver<Arc<TunerView>>), StoreError> {
        let mut mandate = match store.get::<Versioned>(MANDATE_KEY)? {
            Some(kept) => kept,
            None => first_mandate(store.get(TARGETS_KEY)?),
        };
        let configured = start.config.configured();
        if let Some(before) = store.get(CONFIGURED_KEY)? {
            mandate.follow(&before, &configured);
        } else if let Some(targets) = configured.targets {
            mandate.mandate.targets = targets;
        }
        hold_configured(&mut mandate, &start);
        let kept: Option<Settings> = store.get(SETTINGS_KEY)?;
        let memory = store.get(MEMORY_KEY)?.unwrap_or_default();
        let shadow_pct = kept.map_or(start.shadow_pct, |kept| kept.shadow_pct);
        let settings = kept.unwrap_or_default();
        // How much room there is, the configuration says anew at every start.
        let settings = mandate.mandate.allow(Settings { capacity: start.capacity, shadow_pct, ..settings });
        if settings.capacity != start.capacity {
            steered.resize(settings.capacity);
        }
        let state = State { settings, memory };
        let first = TunerView {
            mandate,
            settings: in_force(&mandate, &settings),
            scopes: scopes(&state.memory),
            decisions: store.decisions(SHOWN_DECISIONS as u32)?.into(),
            moves: Vec::new(),
            next_round_ms: clock.now_ms() + u64::from(start.config.interval_s) * 1_000,
            revision: 0,
        };
        steered.set_thresholds(state.memory.thresholds());
        steered.set_longest_ttl(longest_ttl(&mandate));
        let (view, receiver) = watch::channel(Arc::new(first));
        // One operator: a handful of waiting changes is plenty.
        let (control, commands) = mpsc::channel(8);
        let tuner = Self { start, recorder, steered, store, clock, view, commands, mandate, configured, state };
        Ok((tuner, TunerControl(control), receiver))
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let interval = Duration::from_secs(u64::from(self.start.config.interval_s));
        let mut due = Instant::now() + interval;
        let mut calm = Instant::now();
        if let Err(error) = self.keep_configured().await {
            tracing::error!("{error}: what the configuration says of targets and limits is in force, but not kept");
        }
        let steered = Arc::clone(&self.steered);
        loop {
            let alarmed = async {
                sleep_until(calm).await;
                steered.alarmed().await;
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(due) => {
                    due += interval;
                    self.round(Cause::Due).await;
                }
                command = self.commands.recv() => {
                    let Some(command) = command else { return };
                    self.obey(command).await;
                }
                () = alarmed => {
                    calm = Instant::now() + ALARM_PAUSE;
                    self.round(Cause::Alarm).await;
                }
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        // Who asked may have gone; what was asked for is done all the same.
        match command {
            Command::Change(asked, done) => _ = done.send(self.change(&[asked], Together::default()).await),
            Command::Capacity(entries, done) => _ = done.send(self.set_capacity(entries).await),
            Command::Follow(configured, hedges, done) => _ = done.send(self.follow(configured, hedges).await),
        }
    }

    async fn set_capacity(&mut self, entries: u64) -> Result<(), ChangeError> {
        if self.mandate.mandate.pins.capacity.is_some() {
            let message = "The capacity is pinned; change the pin, or give it back.".into();
            return Err(ChangeError::Faults(vec![FieldError { field: "entries".into(), message }]));
        }
        // What the operator asks for is within the limits.
        let limits = &mut self.mandate.mandate.limits;
        limits.capacity_min = limits.capacity_min.min(entries);
        limits.capacity_max = limits.capacity_max.max(entries);
        let settings = Settings { capacity: entries, ..self.state.settings };
        self.apply(State { settings, memory: self.state.memory.clone() }).await;
        self.publish(|_| ());
        Ok(())
    }

    /// What was said last is in force: what the configuration says anew goes before what was said over the API. All of it, or
    /// nothing.
    async fn follow(&mut self, configured: Configured, hedges: bool) -> Result<(), ChangeError> {
        let config = TunerConfig { limits: configured.limits, ..self.start.config };
        let start = Start { config, hedges, ..self.start };
        let mut wanted = Versioned { limits_are_his: true, ..self.mandate };
        wanted.follow(&self.configured, &configured);
        if !wanted.limits_are_his {
            hold_configured(&mut wanted, &start);
        }
        let changes = [Change::Targets(wanted.mandate.targets.into()), Change::Limits(wanted.mandate.limits)];
        let changes = changes.into_iter().filter(|change| *change != change.of(&self.mandate.mandate));
        let asked = |change| Asked { change, who: "the configuration".into(), if_version: None };
        let asked: Vec<_> = changes.map(asked).collect();
        if !asked.is_empty() || configured != self.configured {
            self.change(&asked, Together::default().value(CONFIGURED_KEY, &configured)?).await?;
        }
        (self.start, self.configured) = (start, configured);
        Ok(())
    }

    /// Keeps the mandate with what the configuration said of it, so that the next start can tell what is new.
    async fn keep_configured(&self) -> Result<(), StoreError> {
        if self.store.get(CONFIGURED_KEY)? == Some(self.configured) {
            return Ok(());
        }
        let kept = Together::default().value(MANDATE_KEY, &self.mandate)?.value(CONFIGURED_KEY, &self.configured)?;
        self.store.write(kept).await
    }

    /// Makes these changes, and writes what goes with them: all of it, or nothing.
    async fn change(&mut self, asked: &[Asked], with: Together) -> Result<Versioned, ChangeError> {
        let (mut next, mut write, mut told) = (self.mandate, with, Vec::new());
        for asked in asked {
            let (changed, row) = next.with(asked, self.clock.now_ms())?;
            let json = |value| serde_json::to_string(value).expect("plain data serialises");
            told.push(format!("{} {} → {}, by {}", asked.change.part(), json(&row.old), json(&row.new), row.who));
            (next, write) = (changed, write.audit(row));
        }
        self.store.write(write.value(MANDATE_KEY, &next)?).await?;
        for told in told {
            tracing::info!("the operator has changed the tuner's {told}");
        }
        self.mandate = next;
        self.steered.set_longest_ttl(longest_ttl(&next));
        // Limits, pins and mode count from now on, not from the next round.
        let settings = next.mandate.allow(self.state.settings);
        let mut memory = self.state.memory.clone();
        memory.obey(&next.mandate);
        self.apply(State { settings, memory }).await;
        self.publish(|_| ());
        Ok(next)
    }

    async fn round(&mut self, cause: Cause) {
        let now_ms = self.clock.now_ms();
        let (observed, samples_seen) = self.recorder.observed();
        let mandate = self.mandate.mandate;
        let thresholds = mandate.limits.thresholds();
        let evidence = Evidence {
            observed,
            samples_seen,
            labels: self.steered.labels(&thresholds, now_ms),
            room: self.steered.room(),
            hedges: self.start.hedges,
        };
        let Decided { settings, memory, decision, restart } = decide(&Round {
            mandate: &mandate,
            reward: self.start.config.reward(),
            evidence: &evidence,
            settings: self.state.settings,
            memory: &self.state.memory,
            min_samples: self.start.config.min_samples,
            cause,
            now_ms,
        });
        self.steered.restart(&restart, now_ms);
        let state = State { settings, memory };
        if cause == Cause::Alarm && matches!(decision.step, Step::Held(_)) {
            // Nothing to tell; what was seen counts as seen.
            return self.apply(state).await;
        }
        log(&decision);
        let mut write = Together::default();
        if restart != Restart::default() {
            let (key, kept) = self.steered.kept_labels();
            // What can be made can be written.
            write = write.value(key, &kept).unwrap_or_default();
        }
        let write = write
            .value(SETTINGS_KEY, &state.settings)
            .and_then(|write| write.value(MEMORY_KEY, &state.memory))
            .map(|write| write.decision(decision.clone()));
        self.apply(state).await;
        let interval_ms = u64::from(self.start.config.interval_s) * 1_000;
        self.publish(|view| {
            count_moves(&mut view.moves, &decision);
            view.decisions.push_front(decision);
            view.decisions.truncate(SHOWN_DECISIONS);
            if cause == Cause::Due {
                view.next_round_ms = now_ms + interval_ms;
            }
        });
        let written = match write {
            Ok(write) => self.store.write(write).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::error!("{error}: the settings change now, but will not survive a restart");
        }
    }

    /// Puts a state into force where it acts.
    async fn apply(&mut self, state: State) {
        if state.memory.scopes != self.state.memory.scopes {
            self.steered.set_thresholds(state.memory.thresholds());
        }
        if state.settings.capacity != self.state.settings.capacity {
            let (steered, entries) = (Arc::clone(&self.steered), state.settings.capacity);
            // A panic in it is logged; the capacity then stays what it was.
            let _ = tokio::task::spawn_blocking(move || steered.resize(entries)).await;
        }
        self.state = state;
    }

    fn publish(&self, more: impl FnOnce(&mut TunerView)) {
        self.view.send_modify(|view| {
            let view = Arc::make_mut(view);
            view.mandate = self.mandate;
            view.settings = in_force(&self.mandate, &self.state.settings);
            view.scopes = scopes(&self.state.memory);
            view.revision += 1;
            more(view);
        });
    }
}

/// Before the operator has said anything: the targets of an older version.
fn first_mandate(targets: Option<Targets>) -> Versioned {
    let mut first = Versioned::default();
    first.mandate.targets = targets.unwrap_or_default();
    first
}

/// Limits that hold what is configured: there may be four times the room, and no checks stay none.
fn hold_configured(mandate: &mut Versioned, start: &Start) {
    let limits = &mut mandate.mandate.limits;
    if !mandate.limits_are_his {
        *limits = start.config.limits.rounded();
        limits.capacity_min = start.capacity;
        limits.capacity_max = limits.capacity_max.max(start.capacity.saturating_mul(4)).min(100_000_000);
    }
    limits.capacity_min = limits.capacity_min.min(start.capacity);
    limits.capacity_max = limits.capacity_max.max(start.capacity);
    if start.shadow_pct > 0.0 {
        limits.shadow_min_pct = limits.shadow_min_pct.min(start.shadow_pct);
        limits.shadow_max_pct = limits.shadow_max_pct.max(start.shadow_pct);
    } else {
        (limits.shadow_min_pct, limits.shadow_max_pct) = (0.0, 0.0);
    }
}

fn longest_ttl(mandate: &Versioned) -> Duration {
    Duration::from_secs(mandate.mandate.limits.ttl_max_s.into())
}

/// The settings as everybody else is to see them.
fn in_force(mandate: &Versioned, settings: &Settings) -> Settings {
    Settings { exact_only: settings.exact_only || mandate.mandate.mode == Mode::ExactOnly, ..*settings }
}

fn scopes(memory: &Memory) -> Vec<ScopeThreshold> {
    let mut scopes: Vec<_> = memory.scopes.values().map(ScopeThreshold::from).collect();
    let strictness = |scope: &ScopeThreshold| if scope.exact_only { 2.0 } else { scope.match_threshold };
    scopes.sort_by(|a, b| strictness(b).total_cmp(&strictness(a)));
    scopes
}
