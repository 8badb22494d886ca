//! What an entry takes, in memory and to come back from the disk.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::table::Table;
use super::{START_MS, cache_of, prompts};
use crate::cache::ENTRY_OVERHEAD_BYTES;
use crate::ports::Recall;
use crate::store::Store;

const ENTRIES: u64 = 100_000;
/// Before memory is read for the first time: tables have their size then, pages of the program are in.
const WARM_UP: u64 = 5_000;
/// Entries between two writes, about as many as a busy second brings.
const WRITE_EVERY: u64 = 1_024;

/// A store in a folder that goes with it.
pub(super) struct TemporaryStore {
    pub(super) store: Store,
    folder: PathBuf,
}

impl TemporaryStore {
    pub(super) fn new(name: &str) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("lode-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (store, writer) = Store::open(&folder)?;
        // It ends with the store.
        std::thread::spawn(|| writer.run());
        Ok(Self { store, folder })
    }
}

impl Drop for TemporaryStore {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Resident memory of this process, bytes.
pub(super) fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
}

/// Resident memory of 100,000 entries, and the time until a restart has them all again.
pub(super) async fn measure(table: &mut Table<'_, impl Write>) -> Result<()> {
    let disk = TemporaryStore::new("kept")?;
    let cache = cache_of(2 * ENTRIES);
    let solver = Arc::from("web");
    let (mut seen, mut text_bytes, mut before) = (HashSet::with_capacity(2 * ENTRIES as usize), 0, 0);
    let mut number = 0;
    while seen.len() < (WARM_UP + ENTRIES) as usize {
        let question = prompts::question(number, 0);
        if seen.insert(question.digest()) {
            let answer = prompts::answer(number, &solver);
            text_bytes += (question.prompt.len() + answer.json().len()) as u64;
            cache.remember(&question, answer, START_MS);
            if seen.len() == WARM_UP as usize {
                cache.flush(&disk.store).await?;
                (before, text_bytes) = (resident_bytes()?, 0);
            }
        }
        number += 1;
        if number.is_multiple_of(WRITE_EVERY) {
            cache.flush(&disk.store).await?;
        }
    }
    cache.flush(&disk.store).await?;
    let per_entry = (resident_bytes()?.saturating_sub(before)).saturating_sub(text_bytes) as f64 / ENTRIES as f64;
    let what = "bytes per entry beside prompt and answer";
    table.figure(what, per_entry, 0, &format!("<= 1024, counted as {ENTRY_OVERHEAD_BYTES}"), per_entry <= 1_024.0)?;
    drop(cache);

    let mut least_s = f64::INFINITY;
    for _ in 0..3 {
        let cache = cache_of(2 * ENTRIES);
        let started = Instant::now();
        cache.load(&disk.store, START_MS).await?;
        least_s = least_s.min(started.elapsed().as_secs_f64());
        ensure!(cache.stats(START_MS).entries == WARM_UP + ENTRIES, "not everything came back from the disk");
    }
    let what = "seconds until 100,000 entries are back from the disk";
    let of_entries_s = least_s * ENTRIES as f64 / (WARM_UP + ENTRIES) as f64;
    table.figure(what, of_entries_s, 2, "< 1", of_entries_s < 1.0)
}
