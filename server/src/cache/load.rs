//! What was remembered before a restart.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::answers::AnswerCache;
use super::entry::{Entry, Record};
use super::scopes::ScopeLabel;
use crate::clock::Clock;
use crate::domain::{Answer, Digest128, Posterior};
use crate::store::{AnswerChange, AnswerRow, AnswerWrite, Store, StoreError};

/// Between two writes.
const PERIOD: Duration = Duration::from_secs(1);
/// What labels have taught is written every so many of these.
const LEARNED_EVERY: u32 = 60;
/// What nobody asks for is swept every so many of these.
const SWEEP_EVERY: u32 = 15;
/// Whose vectors are on disk.
const EMBEDDER: &str = "embedder";
/// What labels have taught.
pub(super) const LEARNED: &str = "learned";

impl AnswerCache {
    /// Takes in what the store holds. Answers of before an epoch stay out, whatever the disk says.
    pub async fn load(&self, store: &Store, now_ms: u64) -> Result<(), StoreError> {
        let started = Instant::now();
        let name = self.texts.embedder_name();
        let kept = store.get::<String>(EMBEDDER)?;
        let is_same = kept.as_ref().is_none_or(|kept| *kept == name);
        if !is_same {
            tracing::info!("another embedder made the vectors of what is remembered; they are dropped");
            store.answers(vec![AnswerWrite::ForgetVectors]).await?;
        }
        // A full disk must not keep us from a start that changes nothing.
        if kept.as_ref() != Some(&name) {
            store.put(EMBEDDER, &name).await?;
        }
        match store.get(LEARNED) {
            Ok(learned) => learned.into_iter().for_each(|learned| self.learned.restore(learned)),
            Err(error @ StoreError::Value { .. }) => tracing::warn!("{error}: labels are collected anew"),
            Err(error) => return Err(error),
        }
        let mut rows = Vec::new();
        let kept = store.kept_answers(|row| rows.push(row))?;
        for epoch in kept.epochs {
            // One from the future, of a clock that was wrong, would forbid everything until then.
            self.epochs.begin(epoch.scope.map(Digest128::from_bytes), epoch.at_ms.min(now_ms));
        }
        let mut labels = std::collections::HashMap::new();
        for (scope, patterns) in kept.scopes {
            let key = Digest128::from_bytes(scope.key);
            if let (Some(book), Some(json)) = (&self.patterns, patterns) {
                book.restore(key, &json);
            }
            let (synapse, text) = (Arc::from(scope.synapse.as_str()), scope.text.as_str().into());
            labels.insert(key, ScopeLabel { synapse, text });
        }
        let (count, mut solvers, mut refused) = (rows.len(), Solvers::default(), 0);
        for row in rows {
            let kept = row.vector.as_deref().filter(|_| is_same).map(signed);
            let is_new = kept.is_none();
            let vector = kept.or_else(|| self.texts.vector_now(&row.prompt));
            if let Some(entry) = entry(row, &mut solvers)
                && let Some(label) = labels.get(&entry.scope)
            {
                let entry = Arc::new(entry);
                if !self.service.borrow().is_valid(&label.synapse, &entry.answer) {
                    refused += 1;
                    self.shelf.keeper.remove(&entry);
                    continue;
                }
                if is_new && vector.is_some() {
                    self.shelf.keeper.put(&entry, vector.as_deref(), label.clone());
                }
                self.take_in(entry, vector.as_deref(), label, now_ms);
            }
        }
        if count > 0 {
            tracing::info!("{count} remembered answers read in {} ms", started.elapsed().as_millis());
        }
        self.counters.forget(refused);
        if refused > 0 {
            tracing::warn!(
                "{refused} of them are no valid answers any more, as the synapses are configured, and are forgotten"
            );
        }
        Ok(())
    }

    /// Writes what changes every second until `stop`, sweeps, and writes what labels have taught every minute.
    pub async fn run(self: Arc<Self>, store: Store, clock: Clock, stop: CancellationToken) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ticked: u32 = 0;
        // What is said once is not said again until it was well in between.
        let mut is_failing = false;
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            ticked = ticked.wrapping_add(1);
            if ticked.is_multiple_of(SWEEP_EVERY) {
                let (cache, now_ms) = (Arc::clone(&self), clock.now_ms());
                // A panic in it is logged, and the next sweep tries again.
                let _ = tokio::task::spawn_blocking(move || cache.exact.sweep(now_ms)).await;
            }
            let written = match ticked.is_multiple_of(LEARNED_EVERY) {
                true => self.flush(&store).await,
                false => self.shelf.keeper.flush(&store).await,
            };
            if let Some(error) = written.as_ref().err().filter(|_| !is_failing) {
                tracing::error!("{error}: answers from now on are remembered, but would not survive a restart");
            }
            is_failing = written.is_err();
        }
    }

    /// Writes everything; durable when this returns.
    pub async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        self.shelf.keeper.flush(store).await?;
        store.put(LEARNED, &self.learned.kept()).await
    }

    fn take_in(&self, entry: Arc<Entry>, vector: Option<&[i8]>, label: &ScopeLabel, now_ms: u64) {
        self.next_id.fetch_max(entry.id + 1, Ordering::Relaxed);
        if self.epochs.forbids(&entry.scope, entry.started_ms()) {
            return self.shelf.keeper.remove(&entry);
        }
        self.counters.hold(&entry.answer);
        self.shelf.add(&entry, vector, || label.clone());
        if entry.age_ms(now_ms) < self.exact.max_ttl_ms() {
            self.exact.insert(entry);
        } else {
            self.shelf.retire(entry);
        }
    }
}

/// One text for each solver, however many answers it gave.
#[derive(Default)]
struct Solvers(Vec<Arc<str>>);

impl Solvers {
    fn name(&mut self, name: &str) -> Arc<str> {
        match self.0.iter().find(|known| ***known == *name) {
            Some(known) => Arc::clone(known),
            None => {
                self.0.push(name.into());
                self.0[self.0.len() - 1].clone()
            }
        }
    }
}

/// Nothing for a row that another version wrote and this one cannot read.
fn entry(row: AnswerRow, solvers: &mut Solvers) -> Option<Entry> {
    let posterior: Posterior = serde_json::from_str(&row.change.posterior).ok()?;
    let answer = Answer::from_json(row.answer, row.solve_ms, solvers.name(&row.solver))?.costing(row.cost_usd);
    let AnswerChange { hits, last_used_ms, is_lone, .. } = row.change;
    let record = Record { hits, last_used_ms, posterior, is_lone };
    let (key, scope) = (Digest128::from_bytes(row.key), Digest128::from_bytes(row.scope));
    Some(Entry::restored(row.id, key, scope, row.prompt.into(), Arc::new(answer), row.stored_ms, record))
}

fn signed(bytes: &[u8]) -> Box<[i8]> {
    bytes.iter().map(|byte| byte.cast_signed()).collect()
}
