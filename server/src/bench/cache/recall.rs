//! How many of the eight nearest prompts a look into a large scope finds.

use std::collections::HashSet;
use std::io::Write;

use anyhow::{Context, Result};

use super::table::Table;
use super::{START_MS, STRANGERS, look, prompts};
use crate::cache::AnswerCache;
use crate::matching::{cosine, embed};

const QUERIES: u64 = 200;
const NEAREST: usize = 8;
/// Two ways to round one cosine differ by less.
const ROUNDING: f32 = 1e-4;

/// Looks for prompts, half of them kept in other words and half not kept, and compares with a scan of all.
pub(super) fn measure(cache: &AnswerCache, entries: u64, table: &mut Table<'_, impl Write>) -> Result<()> {
    let mut seen = HashSet::new();
    let questions = (0..entries).map(|number| prompts::question(number, 0));
    let vectors: Vec<_> =
        questions.filter(|question| seen.insert(question.digest())).map(|question| embed(&question.prompt)).collect();
    let mut found = [0; 2];
    for index in 0..QUERIES {
        let is_known = index % 2 == 0;
        let question = match is_known {
            true => prompts::reworded(index * 4_001 % entries, 2, true, 0),
            false => prompts::question(2 * STRANGERS + index, 0),
        };
        let query = embed(&question.prompt);
        let mut cosines: Vec<f32> = vectors.iter().map(|vector| cosine(&query, vector)).collect();
        cosines.select_nth_unstable_by(NEAREST - 1, |a, b| b.total_cmp(a));
        let eighth = cosines[NEAREST - 1];
        let explained = cache.explain(look(cache, &question).request_id, START_MS).context("the last look")?;
        let good = explained.candidates.iter().filter(|candidate| candidate.cosine >= eighth - ROUNDING).count();
        found[usize::from(is_known)] += good;
    }
    for (found, what) in found.into_iter().zip(["new", "reworded"]) {
        let recall = found as f64 / (QUERIES / 2 * NEAREST as u64) as f64;
        table.figure(&format!("recall of the eight nearest, {what} prompts"), recall, 3, ">= 0.95", recall >= 0.95)?;
    }
    Ok(())
}
