//! Replays a stream of requests through the real cache: solvers that are always right, a clock that runs by the request, and
//! labels from solvers' answers after near misses and from a share of the hits that is solved again.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use lode_shared::{Mandate, Settings, Source};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::{Map, json};

use super::input::Request;
use super::pairs::chance;
use crate::cache::{AnswerCache, Embedder};
use crate::cli::EvalArgs;
use crate::config::CacheConfig;
use crate::domain::{
    Answer, Cause, Comparison, Decided, Evidence, LabelKind, Memory, Question, Round, Sample, Window, Z_95, decide,
    wilson_upper,
};
use crate::ports::{Judged, Look, Recall, Steered};

/// Between two requests.
const STEP_MS: u64 = 100;
/// Share of hits with another prompt's answer that are solved again and compared.
const SHADOW_RATE: f64 = 0.05;
/// Requests in a round.
const ROUND: usize = 100;
/// What a solve takes, milliseconds.
const SOLVE_MS: u64 = 2_000;

/// What came of a stream.
#[derive(Debug, Default, Clone, Copy)]
struct Replayed {
    requests: u64,
    hits: u64,
    wrong: u64,
    similar: u64,
    similar_wrong: u64,
}

impl Replayed {
    fn count(&mut self, source: Option<Source>, is_right: bool) {
        let Some(source) = source else { return };
        self.hits += 1;
        self.wrong += u64::from(!is_right);
        if source != Source::Exact {
            self.similar += 1;
            self.similar_wrong += u64::from(!is_right);
        }
    }

    fn print(&self, name: &str, out: &mut impl Write) -> std::io::Result<()> {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        writeln!(
            out,
            "  {name:<34} {:>6.3} {:>6.3} {:>7.4} {:>7.4} {:>7} {:>6}",
            share(self.hits, self.requests),
            share(self.similar, self.requests),
            share(self.wrong, self.hits),
            wilson_upper(self.wrong as f64, self.hits as f64, Z_95),
            self.similar,
            self.similar_wrong
        )
    }
}

/// Prints hits and wrong hits of the exact tier alone, of the cache at a fixed threshold, and with the tuner in charge.
/// `told` hears how many of how many replays are done.
pub fn report(
    requests: &[Request],
    args: &EvalArgs,
    told: &mut impl FnMut(u64, u64),
    out: &mut impl Write,
) -> anyhow::Result<()> {
    header(requests, out)?;
    let of = if args.trace { 3 } else { 2 };
    let fixed = Settings { match_threshold: args.threshold.into(), ..Settings::DEFAULT };
    replay(requests, fixed, false, false).print("exact", out)?;
    told(1, of);
    replay(requests, fixed, true, false).print(&format!("full, threshold {}", args.threshold), out)?;
    told(2, of);
    if args.trace {
        replay(requests, Settings::default(), true, true).print("full, with the tuner", out)?;
        told(3, of);
    }
    Ok(())
}

/// The same at every threshold that the tuner may set.
pub fn compare(requests: &[Request], told: &mut impl FnMut(u64, u64), out: &mut impl Write) -> anyhow::Result<()> {
    header(requests, out)?;
    replay(requests, Settings::DEFAULT, false, false).print("exact", out)?;
    let thresholds = Mandate::default().limits.thresholds();
    let of = thresholds.len() as u64 + 2;
    for (match_threshold, done) in thresholds.into_iter().zip(1..) {
        told(done, of);
        let fixed = Settings { match_threshold, ..Settings::DEFAULT };
        replay(requests, fixed, true, false).print(&format!("full, threshold {match_threshold}"), out)?;
    }
    told(of - 1, of);
    replay(requests, Settings::DEFAULT, true, true).print("full, with the tuner", out)?;
    told(of, of);
    Ok(())
}

fn header(requests: &[Request], out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "  {:<34} {:>6} {:>6} {:>7} {:>7} {:>7} {:>6}",
        format!("{} requests", requests.len()),
        "hits",
        "others",
        "wrong",
        "upper",
        "others",
        "wrong"
    )
}

fn replay(requests: &[Request], settings: Settings, similar: bool, tuned: bool) -> Replayed {
    // Everything fits, and nothing grows old: what is measured is the matching.
    let config = CacheConfig { entries: 1_000_000, similar, patterns: similar, ..CacheConfig::default() };
    let cache = AnswerCache::new(&config.capacity(Duration::from_secs(1_800)), Embedder::Table);
    let mut random = SmallRng::seed_from_u64(1);
    let mut tuner = tuned.then(|| Tuning { settings, memory: Memory::default(), window: Window::new(ROUND) });
    let mut done = Replayed { requests: requests.len() as u64, ..Replayed::default() };
    for (request, number) in requests.iter().zip(0..) {
        let now_ms = 1_800_000_000_000 + number * STEP_MS;
        let settings = tuner.as_ref().map_or(settings, |tuner| tuner.settings);
        let question =
            Question { synapse: "T".into(), prompt: request.text.clone(), scope: format!("[{:?}]", request.project) };
        let look = cache.recall(&question, Look { request_id: number, settings, now_ms });
        let look = look.now_or_never().expect("the table does not wait");
        let fields = Map::from_iter([("answer".to_owned(), json!(request.cluster))]);
        let right = Arc::new(Answer::new(&fields, SOLVE_MS, "right".into()));
        match &look.found {
            None => cache.remember(&question, right, now_ms),
            Some(found) => {
                let is_right = Comparison::Json.same(&found.answer, &right);
                done.count(Some(found.source), is_right);
                if found.source != Source::Exact && chance(&mut random) < SHADOW_RATE {
                    let judged = Judged { right: is_right, kind: LabelKind::Shadow, sampling_rate: SHADOW_RATE };
                    cache.judge(look.request_id, judged, now_ms);
                }
            }
        }
        if let Some(tuner) = &mut tuner {
            tuner.observe(number, look.found.map(|found| found.source), &cache, now_ms);
        }
    }
    done
}

/// The tuner over the last hundred requests, a round for each hundred.
struct Tuning {
    settings: Settings,
    memory: Memory,
    window: Window,
}

impl Tuning {
    fn observe(&mut self, request_id: u64, found: Option<Source>, cache: &AnswerCache, now_ms: u64) {
        let hit = Some(found.is_some());
        let similar = matches!(found, Some(Source::Semantic | Source::Memory));
        let response_ms = if found.is_some() { 0.0 } else { SOLVE_MS as f64 };
        self.window.push(Sample { request_id, response_ms, success: true, hit, similar, cost_usd: None });
        if !self.window.total().is_multiple_of(ROUND as u64) {
            return;
        }
        let mandate = Mandate::default();
        let evidence = Evidence {
            observed: self.window.observed(),
            samples_seen: self.window.total(),
            labels: cache.labels(&mandate.limits.thresholds(), now_ms),
            room: cache.room(),
            hedges: false,
        };
        let (settings, memory) = (self.settings, &self.memory);
        let (reward, min_samples, cause) = (None, 10, Cause::Due);
        let decided = decide(&Round {
            mandate: &mandate,
            reward,
            evidence: &evidence,
            settings,
            memory,
            min_samples,
            cause,
            now_ms,
        });
        let Decided { settings, memory, .. } = decided;
        cache.set_thresholds(memory.thresholds());
        (self.settings, self.memory) = (settings, memory);
    }
}
