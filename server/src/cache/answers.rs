//! The answer cache: asks its tiers in turn, keeps what solvers say, and learns from the difference.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lode_shared::{CacheStats, Source};
use tokio::sync::watch;

use super::counters::Counters;
use super::entry::{Entry, prior};
use super::epochs::Epochs;
use super::exact::Exact;
use super::learned::Learned;
use super::patterns::PatternBook;
use super::scopes::Candidate;
use super::shelf::Shelf;
use super::texts::{Asked, Embedder, NearMiss, Texts};
use super::trace::{Given, Judgement, Looked, Trace, Traces};
use crate::domain::{Answer, Comparison, Curve, Digest128, Posterior, Question, Tier};
use crate::matching::{Text, probability, refusal};
use crate::ports::{Example, Found, Judged, Look, Nearest, Recall, Recollection};
use crate::service::ServiceWatch;

/// Prompts looked at more closely.
const CANDIDATES: usize = 8;
/// Of these, verified: the nearest that nothing speaks against.
const VERIFIED: usize = 4;
/// A candidate that is less likely than this tells nothing about the threshold. Either the verifier's own word or the
/// corrected one must be as likely: labels that have taught to trust it less would else be the last.
const NEAR_MISS: f64 = 0.3;
/// How much is remembered, and which tiers are asked.
pub struct Capacity {
    /// Answers within their time to live.
    pub entries: u64,
    /// Answers beyond it.
    pub memory: usize,
    /// Prompts whose analysis is kept.
    pub texts: u64,
    /// The longest time to live that the tuner may set.
    pub max_ttl: Duration,
    /// Whether answers to similar prompts are given.
    pub similar: bool,
    /// Whether patterns are learnt and answer.
    pub patterns: bool,
}

/// Remembers answers.
pub struct AnswerCache {
    pub(super) exact: Exact,
    pub(super) shelf: Arc<Shelf>,
    pub(super) texts: Texts,
    pub(super) epochs: Epochs,
    pub(super) learned: Learned,
    pub(super) patterns: Option<PatternBook>,
    pub(super) traces: Traces,
    pub(super) next_id: AtomicU64,
    similar: bool,
    pub(super) service: ServiceWatch,
    pub(super) counters: Counters,
}

/// The likeliest answer to a similar prompt.
enum Similar {
    /// Likely enough.
    Sure(Arc<Entry>, Source),
    /// With this chance of being right.
    Unsure(Arc<Entry>, f64),
}

/// The closer look at the candidates for one question.
struct Closer<'a> {
    asked: Option<&'a Asked>,
    key: Digest128,
    scope: Digest128,
    ttl_ms: u64,
    now_ms: u64,
    /// How many were verified.
    verified: usize,
    /// One for all of them: it takes longer to make than to read.
    curve: Option<Curve>,
}

impl AnswerCache {
    /// Empty.
    pub fn new(capacity: &Capacity, embedder: Embedder) -> Self {
        let shelf = Arc::new(Shelf::new(capacity.memory));
        let beneath = Arc::clone(&shelf);
        let on_leave = Arc::new(move |entry, why| beneath.left(entry, why));
        Self {
            exact: Exact::new(capacity.entries, capacity.max_ttl, on_leave),
            shelf,
            texts: Texts::new(embedder, capacity.texts),
            epochs: Epochs::default(),
            learned: Learned::default(),
            patterns: capacity.patterns.then(PatternBook::default),
            traces: Traces::default(),
            next_id: 1.into(),
            similar: capacity.similar,
            service: watch::channel(Arc::default()).1,
            counters: Counters::default(),
        }
    }

    /// With what `service` says of a synapse's answers: how two are compared, and whether one from before is still valid. The
    /// answers of unknown synapses are compared as JSON.
    pub fn serving(self, service: ServiceWatch) -> Self {
        Self { service, ..self }
    }

    pub(super) fn comparison(&self, synapse: &str) -> Comparison {
        self.service.borrow().comparison(synapse)
    }

    /// Looks at the tiers in turn, and keeps what it saw.
    async fn look(&self, question: &Question, look: Look) -> Recollection {
        let Look { settings, now_ms, .. } = look;
        let key = question.digest();
        let scope = question.scope_digest();
        let mut trace = Trace::new(question, key, scope, self.learned.threshold(scope, &settings), look);
        let ttl_ms = u64::from(settings.ttl_s) * 1_000;
        let exact = self.exact.get(&key, ttl_ms, now_ms).filter(|entry| self.may_give(entry));
        let mut nearest = None;
        // What takes no time does not wait for a service's vector.
        let early = match exact {
            Some(entry) => Some(self.give(&entry, Source::Exact, &mut trace, now_ms)),
            None if self.similar && self.texts.waits() => self.by_pattern(question, &mut trace, ttl_ms, now_ms),
            None => None,
        };
        let found = match early {
            Some(found) => Some(found),
            None => match self.similar(question, &mut trace, ttl_ms, now_ms).await {
                Some(Similar::Sure(entry, source)) => Some(self.give(&entry, source, &mut trace, now_ms)),
                unsure => {
                    // Whoever wants exact repeats alone wants nothing similar rather than nothing either.
                    if let Some(Similar::Unsure(entry, chance)) = unsure
                        && trace.threshold.is_finite()
                    {
                        nearest = Some(Nearest { answer: Arc::clone(&entry.answer), chance });
                    }
                    self.by_pattern(question, &mut trace, ttl_ms, now_ms)
                }
            },
        };
        match &found {
            Some(found) => self.counters.hit(found.source, &found.answer),
            None => self.counters.miss(),
        }
        self.traces.keep(trace);
        Recollection { request_id: look.request_id, found, nearest }
    }

    fn give(&self, entry: &Arc<Entry>, source: Source, trace: &mut Trace, now_ms: u64) -> Found {
        entry.give(now_ms);
        self.shelf.keeper.touch(entry);
        if source == Source::Memory {
            self.shelf.memory.touch(entry);
        }
        let answer = Arc::clone(&entry.answer);
        trace.age_ms = entry.age_ms(now_ms);
        trace.given = Some(Given { source, entry: Some((entry.id, entry.key)), answer });
        let (right, wrong) = entry.posterior().labels(&prior(), now_ms);
        Found { answer: Arc::clone(&entry.answer), source, labels: right + wrong }
    }

    /// Whether nothing forbids an entry. Between the beginning of an epoch and the end of its sweep its entries are still here.
    fn may_give(&self, entry: &Entry) -> bool {
        !entry.is_quarantined() && !self.epochs.forbids(&entry.scope, entry.started_ms())
    }

    /// The answer to a similar prompt that is most likely right for this one, if it is likely enough.
    async fn similar(&self, question: &Question, trace: &mut Trace, ttl_ms: u64, now_ms: u64) -> Option<Similar> {
        let asked = match self.similar {
            // Also for a scope without entries: who keeps the answer finds the vector at hand, and cannot wait for it.
            true => Some(self.texts.read(question, trace.key).await),
            false => None,
        };
        let mut candidates = Vec::new();
        if let (Some(scope), Some(asked)) = (self.shelf.scopes.get(&trace.scope), &asked)
            && let Some(vector) = &asked.vector
        {
            candidates = scope.nearest(vector, CANDIDATES);
        }
        // The very question, beyond its time: the index may have missed it, and need not be asked.
        if let Some(entry) = self.shelf.memory.get(&trace.key)
            && candidates.iter().all(|near| near.entry.id != entry.id)
        {
            candidates.push(Candidate { entry, cosine: 1.0 });
        }
        let mut closer = Closer {
            asked: asked.as_deref(),
            key: trace.key,
            scope: trace.scope,
            ttl_ms,
            now_ms,
            verified: 0,
            curve: None,
        };
        trace.candidates.reserve_exact(candidates.len());
        for near in &candidates {
            trace.candidates.push(self.look_at(near, &mut closer));
        }
        let chances = trace
            .candidates
            .iter()
            .zip(&candidates)
            .filter_map(|(looked, near)| Some((looked.chance()?, looked, near)));
        let (chance, looked, near) = chances.max_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
        let entry = &near.entry;
        self.learned.candidate(trace.scope, chance, now_ms);
        if chance >= trace.threshold {
            let (source, tier) = match self.shelf.memory.holds(entry) || entry.age_ms(now_ms) >= ttl_ms {
                true => (Source::Memory, Tier::Memory),
                false => (Source::Semantic, Tier::Semantic),
            };
            self.learned.served(tier, now_ms);
            return Some(Similar::Sure(Arc::clone(entry), source));
        }
        // An answer beyond its time may be wrong for its age: that says nothing of the match.
        if let (Judgement::Probability { said, .. }, Some(asked)) = (&looked.judgement, &asked)
            && said.max(chance) >= NEAR_MISS
            && entry.age_ms(now_ms) < ttl_ms
        {
            *asked.near.lock() = Some(NearMiss { entry: Arc::downgrade(entry), said: *said, chance });
        }
        Some(Similar::Unsure(Arc::clone(entry), chance))
    }

    fn look_at(&self, near: &Candidate, closer: &mut Closer<'_>) -> Looked {
        let (entry, now_ms) = (&near.entry, closer.now_ms);
        let judgement = match closer.asked {
            _ if !self.may_give(entry) => Judgement::Quarantined,
            _ if entry.key == closer.key => Judgement::Same,
            Some(asked) if !entry.is_lone() => {
                let analysed = self.texts.stored(entry);
                let (asked, stored) = (asked.text(), Text { text: &entry.prompt, analysed: &analysed });
                match refusal(asked, stored) {
                    Some(refusal) => Judgement::Refused(Box::new(refusal)),
                    None if closer.verified == VERIFIED => Judgement::Further,
                    None => {
                        closer.verified += 1;
                        let said = f64::from(probability(asked, stored));
                        let curve = closer.curve.get_or_insert_with(|| self.learned.curve(closer.scope, now_ms));
                        Judgement::Probability { said, calibrated: curve.mean_at(said) }
                    }
                }
            }
            _ => Judgement::Lone,
        };
        let standing = self.standing(&entry.posterior(), entry.age_ms(now_ms) < closer.ttl_ms, now_ms);
        Looked { id: entry.id, entry: Arc::downgrade(entry), cosine: near.cosine, judgement, standing }
    }

    /// How sure it is that an answer is right for its own question. Within its time to live against a fresh solve's: what no
    /// label speaks against stands as well as what the solver would say now. Beyond it only what has proven itself stands.
    fn standing(&self, posterior: &Posterior, is_fresh: bool, now_ms: u64) -> f64 {
        let mean = posterior.mean(&prior(), now_ms);
        let unproven = prior().right / (prior().right + prior().wrong);
        if is_fresh { (mean / unproven).min(1.0) } else { mean }
    }

    fn by_pattern(&self, question: &Question, trace: &mut Trace, ttl_ms: u64, now_ms: u64) -> Option<Found> {
        // Whoever wants exact repeats alone wants no patterns either.
        if !trace.threshold.is_finite() {
            return None;
        }
        let (said, answer) = self.patterns.as_ref()?.answer(trace.scope, question, ttl_ms, now_ms)?;
        trace.pattern = Some(said);
        let answer = Arc::new(answer);
        trace.given = Some(Given { source: Source::Pattern, entry: None, answer: Arc::clone(&answer) });
        self.learned.served(Tier::Pattern, now_ms);
        Some(Found { answer, source: Source::Pattern, labels: f64::from(said.right) })
    }
}

impl Recall for AnswerCache {
    fn recall<'a>(&'a self, question: &'a Question, look: Look) -> BoxFuture<'a, Recollection> {
        self.look(question, look).boxed()
    }

    fn remember(&self, question: &Question, answer: Arc<Answer>, now_ms: u64) {
        self.watch(question, &answer, now_ms);
        self.keep(question, answer, now_ms);
    }

    fn renew(&self, question: &Question, answer: Arc<Answer>, now_ms: u64) {
        self.keep(question, answer, now_ms);
    }

    fn judge(&self, request_id: u64, label: Judged, now_ms: u64) -> bool {
        self.judge_request(request_id, label, now_ms)
    }

    fn judge_answer(&self, synapse: &str, question: Digest128, answer: &Answer, right: bool, now_ms: u64) -> bool {
        self.judge_entry(synapse, question, answer, right, now_ms)
    }

    fn examples(&self, question: &Question, count: usize) -> Vec<Example> {
        let Some(scope) = self.shelf.scopes.get(&question.scope_digest()) else { return Vec::new() };
        let asked = self.texts.read_now(question, question.digest());
        let near = asked.vector.as_ref().map(|vector| scope.nearest(vector, count + CANDIDATES)).unwrap_or_default();
        // An answer that the solver's is to be compared with is no example for it.
        let key = question.digest();
        let compared = asked.near.lock().as_ref().and_then(|near| near.entry.upgrade()).map(|entry| entry.id);
        let is_free = |entry: &Entry| entry.key != key && Some(entry.id) != compared && self.may_give(entry);
        let good = near.into_iter().filter(|near| is_free(&near.entry)).take(count);
        good.map(|near| Example { prompt: near.entry.prompt.to_string(), answer: Arc::clone(&near.entry.answer) })
            .collect()
    }

    fn stats(&self, now_ms: u64) -> CacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let entries = || (self.shelf.scopes.len() as u64).saturating_sub(self.shelf.memory.len() as u64);
        // moka evicts a little later than it could.
        if entries() > self.exact.capacity() {
            self.exact.settle();
        }
        let false_hits = self.learned.false_hits(now_ms);
        CacheStats {
            entries: entries(),
            capacity: self.exact.capacity(),
            memory_entries: self.shelf.memory.len() as u64,
            size_bytes: read(&self.shelf.size_bytes),
            expired: read(&self.shelf.expired),
            evicted: read(&self.shelf.evicted),
            labels: false_hits.map_or(0.0, |wrong| wrong.labels),
            false_hit_pct: false_hits.map(|wrong| 100.0 * wrong.share),
            false_hit_lower_pct: false_hits.map(|wrong| 100.0 * wrong.lower),
            false_hit_upper_pct: false_hits.map(|wrong| 100.0 * wrong.upper),
            ..self.counters.stats()
        }
    }
}
