//! `lode bench --only cache`: the whole look into memory, from the prompt to the answer, by one thread, beside its bars and
//! beside what the Python miner and GPTCache take. `lode bench --only soak`: whether memory stays what it is.
//!
//! The prompts that are looked up are new ones, and more than the cache remembers of the last, so that this memory hides
//! nothing. Whatever else runs on the machine only ever adds to a time: each prompt is looked up in five rounds and the least
//! counts. What it costs to count every time, and what the machine adds to a loop that does nothing, stand beside it.

mod agent;
mod idle;
mod kept;
mod prompts;
mod recall;
mod soak;
mod table;
mod tuning;

use std::collections::HashSet;
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::FutureExt;
use hdrhistogram::Histogram;
use lode_shared::{Settings, Source};

use crate::cache::{AnswerCache, Embedder};
use crate::config::CacheConfig;
use crate::domain::Question;
use crate::ports::{Look, Recall, Recollection};
use idle::Idle;
use table::{Bar, Row, Table};

pub(super) use soak::soak;

const ROUNDS: u64 = 5;
/// Prompts of a round that are kept in other words, and as many that are not kept: more than [`CacheConfig::texts`].
const LOOKUPS: u64 = 2_000;
/// Of the entries' numbers at once: what is asked and was never kept begins there.
const STRANGERS: u64 = 1 << 40;
/// When it all happens, milliseconds since the Unix epoch.
const START_MS: u64 = 1_800_000_000_000;
const SETTINGS: Settings = Settings { ttl_s: 600, ..Settings::DEFAULT };
const MAX_TTL: Duration = Duration::from_secs(1_800);

/// Measures and prints. `million` adds a scope of a million entries: two gigabytes and some minutes.
pub(super) async fn run(million: bool, out: &mut impl Write) -> Result<()> {
    let mut table = Table::new(out)?;
    // First, while nothing that was freed hides what is taken.
    kept::measure(&mut table).await?;
    exact(&mut table)?;
    agent::measure(&mut table).await?;
    tuning::measure(&mut table)?;
    // Eight scopes, so that there are enough prompts to look up.
    similar("500 entries", 500, 8, Some(60.0), Some(&["2,800", "16,600"]), &mut table)?;
    similar("10,000 entries", 10_000, 1, Some(200.0), Some(&["", "17,200"]), &mut table)?;
    similar("100,000 entries", 100_000, 1, None, None, &mut table)?;
    if million {
        let cache = similar("1,000,000 entries", 1_000_000, 1, Some(1_000.0), None, &mut table)?;
        recall::measure(&cache, 1_000_000, &mut table)?;
    }
    table.end()
}

/// A cache for this many entries, with everything else as it comes.
fn cache_of(entries: u64) -> AnswerCache {
    let config = CacheConfig { entries, ..CacheConfig::default() };
    AnswerCache::new(&config.capacity(MAX_TTL), Embedder::Table)
}

fn look(cache: &AnswerCache, question: &Question) -> Recollection {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    let request_id = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let look = Look { request_id, settings: SETTINGS, now_ms: START_MS };
    cache.recall(question, look).now_or_never().expect("the table does not wait")
}

/// Nanoseconds.
struct Times(Histogram<u64>);

impl Times {
    fn new() -> Self {
        Self(Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("constant bounds in range"))
    }

    fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.0.saturating_record(started.elapsed().as_nanos() as u64);
        done
    }

    fn add(&mut self, took: Duration) {
        self.0.saturating_record(took.as_nanos() as u64);
    }

    fn summary(&self) -> Summary {
        let quantile_us = |quantile| self.0.value_at_quantile(quantile) as f64 / 1e3;
        Summary { mean_us: self.0.mean() / 1e3, p50_us: quantile_us(0.5), p99_us: quantile_us(0.99) }
    }
}

#[derive(Clone, Copy)]
struct Summary {
    mean_us: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Summary {
    /// The least of each.
    fn least(rounds: impl IntoIterator<Item = Self>) -> Option<Self> {
        rounds.into_iter().reduce(|a, b| Self {
            mean_us: a.mean_us.min(b.mean_us),
            p50_us: a.p50_us.min(b.p50_us),
            p99_us: a.p99_us.min(b.p99_us),
        })
    }
}

/// The very questions again.
fn exact(table: &mut Table<'_, impl Write>) -> Result<()> {
    let cache = cache_of(500);
    let solver = Arc::from("web");
    let questions: Vec<_> = (0..500).map(|number| prompts::question(number, 0)).collect();
    for (question, number) in questions.iter().zip(0..) {
        cache.remember(question, prompts::answer(number, &solver), START_MS);
    }
    let round = |_| {
        let mut times = Times::new();
        for question in (0..10).flat_map(|_| &questions) {
            let found = times.take(|| look(&cache, question));
            assert_eq!(found.found.map(|found| found.source), Some(Source::Exact));
        }
        times.summary()
    };
    let least = Summary::least((0..ROUNDS).map(round)).context("rounds")?;
    // Both clock reads of each look-up are more than a tenth of it: the mean is taken without them.
    let whole = |_| {
        let started = Instant::now();
        questions.iter().for_each(|question| drop(black_box(look(&cache, question))));
        started.elapsed().as_secs_f64() * 1e6 / questions.len() as f64
    };
    let mean_us = (0..10 * ROUNDS).map(whole).fold(f64::INFINITY, f64::min);
    let row = Row::new("exact hit, 500 entries").times(Summary { mean_us, ..least }).bar(Bar::Mean(2.0));
    table.row(&row.beside("11", "15,000"))
}

/// New prompts beside `entries` entries in each of `scopes` scopes: some in other words than one of them, some not.
fn similar(
    what: &str,
    entries: u64,
    scopes: u64,
    bar_us: Option<f64>,
    beside: Option<&[&'static str; 2]>,
    table: &mut Table<'_, impl Write>,
) -> Result<AnswerCache> {
    let cache = cache_of(entries * scopes);
    let solver = Arc::from("web");
    let mut inserts = Times::new();
    let mut seen = HashSet::new();
    for number in 0..entries * scopes {
        let question = prompts::question(number, number % scopes);
        if seen.insert(question.digest()) {
            let answer = prompts::answer(number, &solver);
            inserts.take(|| cache.remember(&question, answer, START_MS));
        }
    }
    let row = Row::new(&format!("insert, up to {what}")).times(inserts.summary()).bar(Bar::Mean(100.0));
    table.row(&match entries {
        500 => row.beside("80", "13,900"),
        _ => row,
    })?;
    // Each in words of its own: five ways to say what is kept otherwise, and what is kept nowhere.
    let prompts = (0..LOOKUPS).flat_map(|index| {
        let number = (index * 7_919) % (entries * scopes);
        let (wording, polite) = ((index % 5 % 3) as usize, !matches!(index % 5, 1 | 2));
        let known = prompts::reworded(number, wording, polite, number % scopes);
        [known, prompts::question(STRANGERS + index, index % scopes)]
    });
    let asked: Vec<Question> = prompts.filter(|question| seen.insert(question.digest())).collect();
    let (mut least, mut hit) = (vec![Duration::MAX; asked.len()], vec![false; asked.len()]);
    let (mut rounds, mut idles, mut idle) = (Vec::new(), Vec::new(), Idle::new());
    for _ in 0..ROUNDS {
        let (mut times, mut idling) = (Times::new(), Times::new());
        for (index, question) in asked.iter().enumerate() {
            let started = Instant::now();
            let found = look(&cache, question);
            let took = started.elapsed();
            times.add(took);
            (least[index], hit[index]) = (least[index].min(took), found.found.is_some());
            idling.take(|| idle.spin());
        }
        idle.last_for(times.summary().p50_us);
        rounds.push(times.summary());
        idles.push(idling.summary());
    }
    for (name, is_hit, beside) in [("hit", true, None), ("miss", false, beside)] {
        let mut times = Times::new();
        least.iter().zip(&hit).filter(|(_, hit)| **hit == is_hit).for_each(|(took, _)| times.add(*took));
        let share = 100.0 * times.0.len() as f64 / asked.len() as f64;
        let row = Row::new(&format!("similar, {name} ({share:.0} % of the prompts), {what}")).times(times.summary());
        let row = bar_us.map_or(row.clone(), |bar_us| row.clone().bar(Bar::P99(bar_us)));
        table.row(&beside.map_or(row.clone(), |[python, gptcache]| row.clone().beside(python, gptcache)))?;
    }
    // In the first round it was not known how long the loop is to be.
    for (name, rounds) in [("  both, each time counted", &rounds[..]), ("  a bare loop of that length", &idles[1..])] {
        let least = Summary::least(rounds.iter().copied()).context("rounds")?;
        table.row(&Row::new(name).times(least))?;
    }
    Ok(cache)
}
