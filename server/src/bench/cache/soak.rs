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

/// Entries of either tier.
const ENTRIES: u64 = 5_000;
/// Scopes that are asked in at one time; they move on.
const SCOPES: u64 = 200;
/// Questions until one scope makes room for the next: within a minute or so everything that is kept by scope is full.
const SCOPE_EVERY: u64 = 100;
/// Prompts that are asked at one time; they move on too.
const PROMPTS: u64 = 20_000;
/// What the clock goes on by with each question.
const STEP_MS: u64 = 20;
const WRITE_EVERY: u64 = 1_000;
const FORGET_EVERY: u64 = 10_000;
/// Growth from the end of the first fifth to the end that would be a leak.
const MAX_GROWTH_PCT: f64 = 5.0;

/// Asks, remembers, judges and forgets for so long, and prints resident memory each minute.
pub(in crate::bench) async fn soak(minutes: u32, out: &mut impl Write) -> Result<()> {
    let disk = TemporaryStore::new("soak")?;
    let config = CacheConfig { entries: ENTRIES, memory_entries: ENTRIES as usize, ..CacheConfig::default() };
    let cache = Arc::new(AnswerCache::new(&config.capacity(MAX_TTL), Embedder::Table));
    let solver = Arc::from("web");
    let mut random = SmallRng::seed_from_u64(1);
    let (started, minute) = (Instant::now(), Duration::from_secs(60));
    let (mut resident, mut step) = (vec![mb()?], 0_u64);
    writeln!(
        out,
        "{:>7}{:>12}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "minute", "questions", "entries", "memory", "hits", "misses", "MB"
    )?;
    while resident.len() <= minutes as usize {
        let now_ms = START_MS + step * STEP_MS;
        // A prompt belongs to one scope; what is asked most is asked very often.
        let rank = (PROMPTS as f64).powf(random.random_range(0.0..1.0)) as u64;
        let number = step / 20 + rank;
        let scope = number % SCOPES + step / SCOPE_EVERY;
        let question = match random.random_range(0..4) {
            0 => prompts::reworded(number, 1, true, scope),
            _ => prompts::question(number, scope),
        };
        let look = cache.recall(&question, Look { request_id: step, settings: SETTINGS, now_ms }).await;
        match look.found {
            None => cache.remember(&question, prompts::answer(number, &solver), now_ms),
            Some(_) if random.random_range(0..10) == 0 => {
                let right = random.random_range(0..10) > 0;
                cache.judge(look.request_id, Judged { right, kind: LabelKind::Shadow, sampling_rate: 0.1 }, now_ms);
            }
            Some(_) => {}
        }
        step += 1;
        if step.is_multiple_of(WRITE_EVERY) {
            cache.flush(&disk.store).await?;
        }
        if step.is_multiple_of(FORGET_EVERY) {
            cache.forget(Forget::Scope(question.scope_digest()), &disk.store, now_ms).await?;
        }
        if started.elapsed() >= minute * resident.len() as u32 {
            let stats = cache.stats(now_ms);
            resident.push(mb()?);
            let (minute, now) = (resident.len() - 1, resident[resident.len() - 1]);
            let (entries, memory) = (stats.entries, stats.memory_entries);
            writeln!(
                out,
                "{minute:>7}{step:>12}{entries:>9}{memory:>9}{:>9}{:>9}{now:>10.1}",
                stats.hits, stats.misses
            )?;
            out.flush()?;
        }
    }
    let (start, middle, end) =
        (resident[minutes.div_ceil(5) as usize], resident[resident.len() / 2], resident[resident.len() - 1]);
    let growth_pct = 100.0 * (end / start - 1.0);
    let verdict = if growth_pct <= MAX_GROWTH_PCT { "" } else { "  MISSED" };
    writeln!(out, "resident MB after a fifth, half and all: {start:.1}, {middle:.1}, {end:.1}")?;
    writeln!(out, "growth {growth_pct:.1} %; bar <= {MAX_GROWTH_PCT} %{verdict}")?;
    Ok(())
}

fn mb() -> Result<f64> {
    Ok(resident_bytes()? as f64 / f64::from(1 << 20))
}
