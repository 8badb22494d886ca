//! What an operator does to the cache: look, explain, judge, invalidate, resize.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::{EntryRow, Explanation, PatternRow, ReliabilityBin, Source, WhatIfPoint};
use serde::Deserialize;

use super::answers::AnswerCache;
use super::entry::{Entry, prior};
use super::learned::{HitLabel, Labelled};
use super::trace::{Given, Judgement, Trace, shown};
use crate::domain::{Answer, Digest128, Labels, Restart, Room, Tier};
use crate::ports::{Judged, Steered};
use crate::store::{AnswerWrite, Epoch, Store, StoreError};

/// What is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forget {
    /// Everything.
    All,
    /// One scope.
    Scope(Digest128),
    /// What was solved at or before this time, milliseconds since the Unix epoch.
    Before(u64),
    /// One entry.
    Entry(u64),
}

/// Which entries are listed.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    /// Whose prompt, scope or solver contains this, whatever its case.
    pub search: String,
    /// In which order.
    pub sort: EntryOrder,
    /// How many are passed over.
    pub offset: usize,
    /// How many, at most 200.
    pub limit: Option<usize>,
}

/// In which order entries are listed.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EntryOrder {
    /// Used last first.
    #[default]
    Used,
    /// Given most often first.
    Hits,
    /// Oldest answer first.
    Age,
    /// Least likely right first.
    Chance,
    /// Largest first.
    Size,
}

/// Rows sent at most.
const MAX_ROWS: usize = 200;

impl Steered for AnswerCache {
    fn labels(&self, thresholds: &[f64], now_ms: u64) -> Labels {
        self.learned.labels(thresholds, now_ms)
    }

    fn room(&self) -> Room {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let entries = (self.shelf.scopes.len() as u64).saturating_sub(self.shelf.memory.len() as u64);
        Room { crowded: read(&self.shelf.evicted), expired: read(&self.shelf.expired), entries }
    }

    fn set_thresholds(&self, thresholds: HashMap<u64, f64>) {
        self.learned.set_thresholds(thresholds);
    }

    fn kept_labels(&self) -> (&'static str, serde_json::Value) {
        (super::load::LEARNED, serde_json::to_value(self.learned.kept()).expect("plain data serialises"))
    }

    fn restart(&self, restart: &Restart, now_ms: u64) {
        self.learned.restart(restart, now_ms);
    }

    fn resize(&self, entries: u64) {
        self.exact.resize(entries);
    }

    fn set_longest_ttl(&self, longest: Duration) {
        self.exact.set_max_ttl(longest);
    }

    fn alarmed(&self) -> BoxFuture<'_, ()> {
        self.learned.alarmed().boxed()
    }
}

impl AnswerCache {
    /// Forgets, for good: when this returns, a restart does not bring it back. Tells how many entries went.
    pub async fn forget(self: &Arc<Self>, what: Forget, store: &Store, now_ms: u64) -> Result<usize, StoreError> {
        // Nothing that was to be kept before may reach the disk after.
        let _disk = self.shelf.keeper.hold().await;
        let (scope, at_ms) = match what {
            Forget::All => (None, now_ms),
            Forget::Before(at_ms) => (None, at_ms.min(now_ms)),
            Forget::Scope(scope) => (Some(scope), now_ms),
            Forget::Entry(id) => return self.forget_entry(id, store).await,
        };
        // From here on nothing older is given or kept; then on disk, so that a crash forgets all the same.
        self.epochs.begin(scope, at_ms);
        let key = scope.map(|scope| *scope.as_bytes());
        let mut writes = vec![AnswerWrite::Epoch(Epoch { scope: key, at_ms })];
        if let Some(patterns) = self.patterns.as_ref().filter(|_| !matches!(what, Forget::Before(_))) {
            patterns.clear(scope);
            self.shelf.keeper.cancel_patterns(scope.as_ref());
            writes.push(AnswerWrite::ForgetPatterns(key));
        }
        store.answers(writes).await?;
        let cache = Arc::clone(self);
        let swept = tokio::task::spawn_blocking(move || cache.sweep_epoch(scope, at_ms)).await;
        let count = swept.map_err(|_| StoreError::Stopped)?;
        self.counters.forget(count);
        tracing::info!("{count} remembered answers were forgotten as the operator asked");
        Ok(count)
    }

    /// Forgets what the synapses, as they are configured by now, would not have accepted. Tells how many entries went. Blocking.
    pub fn forget_invalid(&self) -> usize {
        let service = Arc::clone(&self.service.borrow());
        let mut count = 0;
        for (_, scope) in self.shelf.scopes.all() {
            let entries = scope.entries();
            for entry in entries.iter().filter(|entry| !service.is_valid(&scope.label.synapse, &entry.answer)) {
                self.drop_here(entry);
                self.shelf.keeper.remove(entry);
                count += 1;
            }
        }
        self.counters.forget(count);
        count
    }

    fn sweep_epoch(&self, scope: Option<Digest128>, at_ms: u64) -> usize {
        let entries = match scope {
            Some(scope) => self.shelf.scopes.get(&scope).map(|scope| scope.entries()).unwrap_or_default(),
            None => self.every_entry(),
        };
        let old: Vec<_> = entries.into_iter().filter(|entry| entry.started_ms() <= at_ms).collect();
        old.iter().for_each(|entry| self.drop_here(entry));
        old.len()
    }

    async fn forget_entry(&self, id: u64, store: &Store) -> Result<usize, StoreError> {
        let scopes = self.shelf.scopes.all();
        let Some(entry) = scopes.iter().find_map(|(_, scope)| scope.entry(id)) else { return Ok(0) };
        // First here: what is given meanwhile must not write it again.
        self.drop_here(&entry);
        store.answers(vec![AnswerWrite::Remove(*entry.key.as_bytes(), id)]).await?;
        self.counters.forget(1);
        Ok(1)
    }

    /// Why a request was answered from memory, or was not.
    pub fn explain(&self, request_id: u64, now_ms: u64) -> Option<Explanation> {
        let trace = self.traces.get(request_id)?;
        let mut explanation = trace.explain(now_ms);
        // What no pattern answered may have a pattern by now: both are worth knowing.
        if let (None, Some(patterns)) = (&trace.given, &self.patterns) {
            explanation.pattern = patterns.explain(trace.scope, &explanation.prompt);
        }
        Some(explanation)
    }

    /// The patterns of a scope.
    pub fn patterns(&self, scope: Digest128) -> Vec<PatternRow> {
        self.patterns.as_ref().map(|patterns| patterns.list(scope)).unwrap_or_default()
    }

    /// Changes that the disk was too slow for.
    pub fn lost(&self) -> u64 {
        self.shelf.keeper.lost()
    }

    /// Scopes that hold an entry.
    pub fn scopes(&self) -> usize {
        self.shelf.scopes.all().len()
    }

    /// What other thresholds would have done.
    pub fn what_if(&self, now_ms: u64) -> Vec<WhatIfPoint> {
        self.learned.what_if(now_ms)
    }

    /// How right the chances were that answers were given at, or nearly given at.
    pub fn reliability(&self, now_ms: u64) -> Vec<ReliabilityBin> {
        self.learned.reliability(now_ms)
    }

    /// How many entries match, and those that are asked for.
    pub fn entries(&self, query: &EntryQuery, now_ms: u64) -> (usize, Vec<EntryRow>) {
        let search = query.search.to_lowercase();
        let in_memory = |entry: &Arc<Entry>| self.shelf.memory.holds(entry);
        let mut rows: Vec<_> = Vec::new();
        for (key, scope) in self.shelf.scopes.all() {
            let is_scope = scope.label.text.to_lowercase().contains(&search);
            let entries = scope.entries().into_iter();
            let found = entries.filter(|entry| {
                is_scope
                    || entry.prompt.to_lowercase().contains(&search)
                    || entry.answer.solver.to_lowercase().contains(&search)
            });
            rows.extend(found.map(|entry| (key, Arc::clone(&scope), entry)));
        }
        let chance = |entry: &Entry| entry.posterior().mean(&prior(), now_ms);
        match query.sort {
            EntryOrder::Used => rows.sort_by_cached_key(|(_, _, entry)| std::cmp::Reverse(entry.record().last_used_ms)),
            EntryOrder::Hits => rows.sort_by_cached_key(|(_, _, entry)| std::cmp::Reverse(entry.record().hits)),
            EntryOrder::Age => rows.sort_by_key(|(_, _, entry)| entry.stored_ms),
            EntryOrder::Chance => rows.sort_by_cached_key(|(_, _, entry)| (chance(entry) * 1e9) as u64),
            EntryOrder::Size => rows.sort_by_key(|(_, _, entry)| std::cmp::Reverse(entry.size_bytes())),
        }
        let total = rows.len();
        let page = rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(50).min(MAX_ROWS));
        let row = |(key, scope, entry): (Digest128, Arc<super::scopes::Scope>, Arc<Entry>)| {
            let record = entry.record();
            EntryRow {
                id: entry.id,
                synapse: scope.label.synapse.to_string(),
                scope_id: key.to_string(),
                scope: scope.label.text.to_string(),
                prompt: shown(&entry.prompt).to_owned(),
                solver: entry.answer.solver.to_string(),
                solve_ms: entry.answer.solve_ms,
                age_s: entry.age_ms(now_ms) / 1_000,
                hits: record.hits,
                last_used_ms: record.last_used_ms,
                labels: record.posterior.labels(&prior(), now_ms),
                chance: chance(&entry),
                quarantined: entry.is_quarantined(),
                in_memory: in_memory(&entry),
                size_bytes: entry.size_bytes(),
            }
        };
        (total, page.map(row).collect())
    }

    /// Learns whether what was given to a request was right.
    pub(super) fn judge_request(&self, request_id: u64, judged: Judged, now_ms: u64) -> bool {
        let Some(trace) = self.traces.get(request_id) else { return false };
        let Some(given) = trace.given.as_ref().filter(|_| trace.judge_once()) else { return false };
        // By now the question may have another entry: if it says the same, it is as right or wrong.
        let entry = given.entry.and_then(|(_, key)| self.current(&key));
        let how = self.comparison(&trace.label.synapse);
        let entry = entry.filter(|entry| how.same(&entry.answer, &given.answer));
        if let Some(entry) = &entry {
            // For another prompt it was the match that was right or wrong, not the answer to its own question.
            match (entry.key == trace.key, judged.right) {
                (true, right) => self.judge_itself(entry, right, now_ms),
                (false, false) => entry.set_lone(),
                (false, true) => {}
            }
            self.shelf.keeper.touch(entry);
            self.shelf.memory.touch(entry);
        }
        self.label(&trace, given, judged, now_ms);
        if !judged.right {
            self.contradict(&trace, given);
        }
        true
    }

    /// Learns whether a solver's answer to a request was right, if it was kept.
    pub fn judge_solved(&self, request_id: u64, right: bool, now_ms: u64) {
        let Some(trace) = self.traces.get(request_id).filter(|trace| trace.judge_once()) else { return };
        if let Some(entry) = self.current(&trace.key).filter(|entry| entry.stored_ms >= trace.at_ms) {
            self.judge_entry(&trace.label.synapse, trace.key, &entry.answer, right, now_ms);
        }
    }

    /// Learns whether what a solver said was right, if that is what is remembered.
    pub(super) fn judge_entry(
        &self,
        synapse: &str,
        question: Digest128,
        answer: &Answer,
        right: bool,
        now_ms: u64,
    ) -> bool {
        let how = self.comparison(synapse);
        let entry = self.current(&question).filter(|entry| how.same(&entry.answer, answer));
        let Some(entry) = entry else { return false };
        self.judge_itself(&entry, right, now_ms);
        self.shelf.keeper.touch(&entry);
        self.shelf.memory.touch(&entry);
        true
    }

    fn judge_itself(&self, entry: &Entry, right: bool, now_ms: u64) {
        if entry.judge(right, now_ms) {
            self.counters.quarantine();
        }
    }

    /// What a judgement says about the chance that an answer was given at.
    fn label(&self, trace: &Trace, given: &Given, judged: Judged, now_ms: u64) {
        let looked = given.entry.and_then(|(id, _)| trace.candidates.iter().find(|looked| looked.id == id));
        let (tier, said, chance) = match (given.source, looked) {
            (Source::Semantic | Source::Memory, Some(looked)) => {
                let said = match looked.judgement {
                    Judgement::Probability { said, .. } => Some(said),
                    _ => None,
                };
                let tier = if given.source == Source::Memory { Tier::Memory } else { Tier::Semantic };
                (tier, said, looked.chance().unwrap_or_default())
            }
            (Source::Pattern, _) => (Tier::Pattern, None, 1.0),
            // An exact repeat says nothing of the threshold, but of the time to live.
            (Source::Exact, _) => return self.learned.age(trace.age_ms, judged.right, now_ms),
            _ => return,
        };
        let Judged { right, kind, sampling_rate } = judged;
        let stored_ms = trace.at_ms.saturating_sub(trace.age_ms);
        let of = Labelled { scope: trace.scope, label: &trace.label, right, stored_ms };
        self.learned.hit(&HitLabel { of, tier, said, chance, kind, sampling_rate }, now_ms);
    }

    /// The pattern that gave a wrong answer, or would give it now that its entry is not given any more, goes.
    fn contradict(&self, trace: &Trace, given: &Given) {
        tracing::warn!("the answer to request {} was wrong: it is not given to this question any more", trace.id);
        let Some(patterns) = &self.patterns else { return };
        let gone = match trace.pattern {
            Some(said) => patterns.drop(trace.scope, said.id),
            None => patterns.contradict(trace.scope, &trace.prompt, &given.answer),
        };
        if gone && let Some(kept) = patterns.kept(trace.scope) {
            self.shelf.keeper.patterns(trace.scope, trace.label.clone(), kept);
        }
    }

    fn every_entry(&self) -> Vec<Arc<Entry>> {
        self.shelf.scopes.all().iter().flat_map(|(_, scope)| scope.entries()).collect()
    }
}
