//! Hours of a busy miner in minutes: whether memory stays what it is.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::kept::{TemporaryStore, resident_bytes};
use super::{MAX_TTL, SETTINGS, START_MS, prompts};
use crate::cache::{AnswerCache, Embedder, Forget};
use crate::config::CacheConfig;
use crate::domain::LabelKind;
use crate::ports::{Judged, Look, Recall};

/// Entries within their time to live.
const ENTRIES: u64 = 5_000;
/// Entries beyond it: few, so that it soon holds nothing but what was given again and again.
const MEMORY: usize = 1_000;
/// Scopes that are asked in at one time; they move on.
const SCOPES: u64 = 200;
/// Questions until one scope makes room for the next.
const SCOPE_EVERY: u64 = 100;
/// Prompts that are asked at one time; they move on too.
const PROMPTS: u64 = 20_000;
/// Questions before anything is measured: until all that is bounded is full. Last of all is the number of scopes: what
/// memory keeps was asked in more and more of them, until nearly every entry has a scope to itself.
const WARM_UP: u64 = 1_500_000;
/// What the clock goes on by with each question.
const STEP_MS: u64 = 20;
const WRITE_EVERY: u64 = 1_000;
const FORGET_EVERY: u64 = 10_000;
/// Growth from the end of the warm-up that would be a leak: less may be gaps between what is live.
const MAX_GROWTH_PCT: f64 = 3.0;

/// Asks, remembers, judges and forgets for so long, and prints resident memory each minute.
pub(in crate::bench) async fn soak(minutes: u32, out: &mut impl Write) -> Result<()> {
    let mut load = Load::new()?;
    while load.step < WARM_UP {
        load.ask().await?;
    }
    writeln!(
        out,
        "{:>7}{:>12}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}",
        "minute", "questions", "entries", "memory", "scopes", "hits", "misses", "MB"
    )?;
    let (started, minute) = (Instant::now(), Duration::from_secs(60));
    let mut resident = vec![load.row(0, out)?];
    while resident.len() <= minutes as usize {
        load.ask().await?;
        if started.elapsed() >= minute * resident.len() as u32 {
            resident.push(load.row(resident.len(), out)?);
        }
    }
    let (start, middle, end) = (resident[0], resident[resident.len() / 2], resident[resident.len() - 1]);
    let growth_pct = 100.0 * (end / start - 1.0);
    let verdict = if growth_pct <= MAX_GROWTH_PCT { "" } else { "  MISSED" };
    writeln!(out, "resident MB at the start, in the middle, at the end: {start:.1}, {middle:.1}, {end:.1}")?;
    writeln!(out, "growth {growth_pct:.1} %; bar <= {MAX_GROWTH_PCT} %{verdict}")?;
    Ok(())
}

/// A cache and all that happens to it.
struct Load {
    disk: TemporaryStore,
    cache: Arc<AnswerCache>,
    solver: Arc<str>,
    random: SmallRng,
    /// Questions asked.
    step: u64,
}

impl Load {
    fn new() -> Result<Self> {
        let config = CacheConfig { entries: ENTRIES, memory_entries: MEMORY, ..CacheConfig::default() };
        Ok(Self {
            disk: TemporaryStore::new("soak")?,
            cache: Arc::new(AnswerCache::new(&config.capacity(MAX_TTL), Embedder::Table)),
            solver: Arc::from("web"),
            random: SmallRng::seed_from_u64(1),
            step: 0,
        })
    }

    fn now_ms(&self) -> u64 {
        START_MS + self.step * STEP_MS
    }

    /// The next question, and what follows from it.
    async fn ask(&mut self) -> Result<()> {
        let (now_ms, cache, disk) = (self.now_ms(), &self.cache, &self.disk.store);
        // A prompt belongs to one scope; what is asked most is asked very often.
        let rank = (PROMPTS as f64).powf(self.random.random_range(0.0..1.0)) as u64;
        let number = self.step / 20 + rank;
        let scope = number % SCOPES + self.step / SCOPE_EVERY;
        let question = match self.random.random_range(0..4) {
            0 => prompts::reworded(number, 1, true, scope),
            _ => prompts::question(number, scope),
        };
        let look = cache.recall(&question, Look { request_id: self.step, settings: SETTINGS, now_ms }).await;
        match look.found {
            None => cache.remember(&question, prompts::answer(number, &self.solver), now_ms),
            Some(_) if self.random.random_range(0..10) == 0 => {
                let right = self.random.random_range(0..10) > 0;
                cache.judge(look.request_id, Judged { right, kind: LabelKind::Shadow, sampling_rate: 0.1 }, now_ms);
            }
            Some(_) => {}
        }
        self.step += 1;
        if self.step.is_multiple_of(WRITE_EVERY) {
            cache.flush(disk).await?;
        }
        if self.step.is_multiple_of(FORGET_EVERY) {
            cache.forget(Forget::Scope(question.scope_digest()), disk, now_ms).await?;
        }
        Ok(())
    }

    /// Prints how things stand. Gives resident memory, megabytes.
    fn row(&self, minute: usize, out: &mut impl Write) -> Result<f64> {
        let (stats, scopes) = (self.cache.stats(self.now_ms()), self.cache.scopes());
        let mb = resident_bytes()? as f64 / f64::from(1 << 20);
        let (step, entries, memory) = (self.step, stats.entries, stats.memory_entries);
        writeln!(
            out,
            "{minute:>7}{step:>12}{entries:>9}{memory:>9}{scopes:>9}{:>9}{:>10}{mb:>10.1}",
            stats.hits, stats.misses
        )?;
        out.flush()?;
        Ok(mb)
    }
}
