//! A cache in miniature: entries by wording, a verifier that errs as the scenario says, and the miner's own labels,
//! calibration, checks and window.

use std::collections::HashMap;

use lode_shared::{Settings, Source};

use super::scenario::{Request, Scenario, mix, normal, uniform};
use crate::agent::{ShadowConfig, Shadows};
use crate::cache::{HitLabel, Labelled, Learned, ScopeLabel};
use crate::domain::{Digest128, LabelKind, Room, Sample, Tier, Window};

/// A candidate that is less likely tells nothing of the threshold: as in the answer cache.
const NEAR_MISS: f64 = 0.3;
/// What an answer from memory takes, seconds.
const HIT_S: f64 = 0.001;

/// A remembered answer.
#[derive(Debug, Clone, Copy)]
struct Entry {
    task: u64,
    version: u64,
    at_ms: u64,
    used: u64,
    labels: f64,
    poisoned: bool,
    quarantined: bool,
    lone: bool,
}

/// What came of a request.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Answered from memory.
    pub hit: bool,
    /// With the answer to another wording.
    pub similar: bool,
    /// Whether the answer was right.
    pub right: bool,
    /// How long it took, seconds.
    pub response_s: f64,
    /// Whether a solver was asked, for it or to check it.
    pub solves: u32,
}

/// The simulated miner, but for its tuner.
pub struct World<'a> {
    scenario: &'a Scenario,
    scopes: Vec<(Digest128, ScopeLabel)>,
    entries: HashMap<(u64, u32), Entry>,
    shadows: Shadows,
    /// What labels have taught.
    pub learned: Learned,
    /// The last requests.
    pub window: Window,
    /// Whether the verifier's word is corrected by what labels have taught.
    calibrates: bool,
    crowded: u64,
    count: u64,
    alarmed: bool,
    has_poison: bool,
}

impl<'a> World<'a> {
    /// Nothing is remembered.
    pub fn new(scenario: &'a Scenario, window: usize, calibrates: bool) -> Self {
        let scope = |index: usize| {
            let label = ScopeLabel { synapse: "Task".into(), text: format!("[\"site {index}\"]").into() };
            (Digest128::of([&*label.text]), label)
        };
        Self {
            scenario,
            scopes: (0..scenario.scope.len().max(1)).map(scope).collect(),
            entries: HashMap::new(),
            shadows: Shadows::new(ShadowConfig::default(), scenario.seed),
            learned: Learned::default(),
            window: Window::new(window),
            calibrates,
            crowded: 0,
            count: 0,
            alarmed: false,
            has_poison: false,
        }
    }

    /// What is in the cache, and what left it.
    pub fn room(&self) -> Room {
        Room { crowded: self.crowded, expired: 0, entries: self.entries.len() as u64 }
    }

    /// Whether an answer was found wrong since this was last asked.
    pub fn take_alarm(&mut self) -> bool {
        std::mem::take(&mut self.alarmed)
    }

    /// Answers a request.
    pub fn ask(&mut self, request: &Request, settings: &Settings) -> Outcome {
        self.count += 1;
        let now_ms = request.at_ms;
        let task = u64::from(request.pair) * 2 + u64::from(request.twin);
        let key = (task, request.wording);
        let ttl_ms = u64::from(settings.ttl_s) * 1_000;
        let is_good = |entry: &Entry| !entry.quarantined && now_ms - entry.at_ms < ttl_ms;
        if self.entries.get(&key).is_some_and(is_good) {
            return self.give(key, request, task, None, settings);
        }
        let (scope, _) = self.scenario.scope_of(request.pair);
        let (digest, label) = self.scopes[scope].clone();
        let best = self.best(request, task, ttl_ms);
        let scored = best.map(|(near, said)| {
            let curve = self.learned.curve(digest, now_ms);
            (near, said, if self.calibrates { curve.mean_at(said) } else { said })
        });
        if let Some((near, said, chance)) = scored {
            self.learned.candidate(digest, chance, now_ms);
            if chance >= self.learned.threshold(digest, settings) {
                self.learned.served(Tier::Semantic, now_ms);
                return self.give(near, request, task, Some((said, chance)), settings);
            }
        }
        self.shadows.earn();
        let success = request.solvable;
        self.record(false, false, success, request.solve_s, success.then_some(self.scenario.solver.cost_usd));
        if success {
            let version = self.scenario.version(task, now_ms);
            if let Some((near, said, chance)) = scored.filter(|(_, said, chance)| said.max(*chance) >= NEAR_MISS) {
                let entry = &self.entries[&near];
                let (right, stored_ms) = (self.holds(entry, task, now_ms), entry.at_ms);
                self.learned.miss(Labelled { scope: digest, label: &label, right, stored_ms }, said, chance, now_ms);
            }
            if let Some(entry) = self.entries.get(&key).filter(|entry| !entry.quarantined) {
                let held = entry.version == version && !entry.poisoned;
                self.learned.age(now_ms - entry.at_ms, held, now_ms);
                self.alarmed |= !held;
            }
            self.keep(key, task, version, now_ms, settings.capacity);
        }
        Outcome { hit: false, similar: false, right: success, response_s: request.solve_s, solves: 1 }
    }

    /// The likeliest answer to another wording, of this task or of the other one of its pair.
    fn best(&self, request: &Request, task: u64, ttl_ms: u64) -> Option<((u64, u32), f64)> {
        let tasks = [task, task ^ 1];
        let keys = tasks.into_iter().flat_map(|task| (0..self.scenario.wordings).map(move |wording| (task, wording)));
        let near = keys.filter(|key| *key != (task, request.wording));
        let near = near.filter(|key| {
            let good = |entry: &Entry| !entry.quarantined && !entry.lone && request.at_ms - entry.at_ms < ttl_ms;
            self.entries.get(key).is_some_and(good)
        });
        let said = near.map(|key| (key, self.said(request, task, key)));
        said.max_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    /// What the verifier says of two wordings: always the same, and now and then wrong.
    fn said(&self, request: &Request, task: u64, (near, wording): (u64, u32)) -> f64 {
        let (_, scope) = self.scenario.scope_of(request.pair);
        let [mean, spread] = if near == task { scope.right } else { scope.wrong };
        let words = [task, request.wording.into(), near, wording.into()];
        let bits = words.iter().fold(mix(self.scenario.seed), |bits, word| mix(bits ^ word));
        let logit = mean + spread * normal(uniform(bits), uniform(mix(bits)));
        1.0 / (1.0 + (-logit).exp())
    }

    fn holds(&self, entry: &Entry, task: u64, now_ms: u64) -> bool {
        entry.task == task && entry.version == self.scenario.version(task, now_ms) && !entry.poisoned
    }

    /// Gives an answer from memory, and checks it if it is drawn.
    fn give(
        &mut self,
        key: (u64, u32),
        request: &Request,
        task: u64,
        near: Option<(f64, f64)>,
        settings: &Settings,
    ) -> Outcome {
        let now_ms = request.at_ms;
        let entry = self.entries[&key];
        let right = self.holds(&entry, task, now_ms);
        if let Some(kept) = self.entries.get_mut(&key) {
            kept.used = self.count;
        }
        let source = if near.is_some() { Source::Semantic } else { Source::Exact };
        let mut success = true;
        let mut solves = 0;
        if let Some(sampling_rate) = self.shadows.draw(source, entry.labels, settings.shadow_pct) {
            solves = 1;
            if request.solvable {
                success = right;
                self.check(key, request, task, near, (right, sampling_rate), settings.capacity);
            }
        }
        self.record(true, near.is_some(), success, HIT_S, None);
        Outcome { hit: true, similar: near.is_some(), right, response_s: HIT_S, solves }
    }

    fn check(
        &mut self,
        key: (u64, u32),
        request: &Request,
        task: u64,
        near: Option<(f64, f64)>,
        (right, sampling_rate): (bool, f64),
        capacity: u64,
    ) {
        let now_ms = request.at_ms;
        let (scope, _) = self.scenario.scope_of(request.pair);
        let (scope, label) = self.scopes[scope].clone();
        let Some(entry) = self.entries.get_mut(&key) else { return };
        self.alarmed |= !right;
        match near {
            Some((said, chance)) => {
                entry.lone |= !right;
                let of = Labelled { scope, label: &label, right, stored_ms: entry.at_ms };
                let (tier, said, kind) = (Tier::Semantic, Some(said), LabelKind::Shadow);
                self.learned.hit(&HitLabel { of, tier, said, chance, kind, sampling_rate }, now_ms);
            }
            None => {
                entry.labels += 1.0;
                entry.quarantined |= !right;
                self.learned.age(now_ms - entry.at_ms, right, now_ms);
            }
        }
        let version = self.scenario.version(task, now_ms);
        self.keep((task, request.wording), task, version, now_ms, capacity);
    }

    fn keep(&mut self, key: (u64, u32), task: u64, version: u64, now_ms: u64, capacity: u64) {
        let due = self.scenario.poisoned_at_min.is_some_and(|at_min| now_ms as f64 / 60_000.0 >= at_min);
        let poisoned = due && task == 0 && !self.has_poison;
        self.has_poison |= poisoned;
        while self.entries.len() as u64 >= capacity && !self.entries.contains_key(&key) {
            // By key where two were used at once: the map's order is another in every run.
            let least = self.entries.iter().min_by_key(|(key, entry)| (entry.used, **key)).map(|(key, _)| *key);
            least.map(|key| self.entries.remove(&key));
            self.crowded += 1;
        }
        let (labels, quarantined, lone, used) = (0.0, false, false, self.count);
        let entry = Entry { task, version, at_ms: now_ms, used, labels, poisoned, quarantined, lone };
        self.entries.insert(key, entry);
    }

    fn record(&mut self, hit: bool, similar: bool, success: bool, response_s: f64, cost_usd: Option<f64>) {
        let (request_id, response_ms) = (self.count, response_s * 1_000.0);
        self.window.push(Sample { request_id, response_ms, success, hit: Some(hit), similar, cost_usd });
    }
}
