//! Figures of the cache with their bars, and what others take for the same.

use std::io::Write;

use anyhow::Result;

use super::Summary;

/// What must hold of a figure.
#[derive(Clone, Copy)]
pub(super) enum Bar {
    /// The mean is below so many microseconds.
    Mean(f64),
    /// So is the 99th percentile.
    P99(f64),
}

/// Times of one operation.
#[derive(Clone)]
pub(super) struct Row {
    what: String,
    times: Option<Summary>,
    bar: Option<Bar>,
    beside: [&'static str; 2],
}

impl Row {
    pub(super) fn new(what: &str) -> Self {
        Self { what: what.to_owned(), times: None, bar: None, beside: [""; 2] }
    }

    pub(super) fn times(self, times: Summary) -> Self {
        Self { times: Some(times), ..self }
    }

    pub(super) fn bar(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    /// What the Python miner and GPTCache take, microseconds: measured on this kind of machine, quiet, by one thread. The
    /// Python miner is the one of commit 9b39e8e with 500 entries at a threshold of 0.95, medians. GPTCache is 0.1.44 with
    /// SQLite, faiss and MiniLM, medians.
    pub(super) fn beside(self, python: &'static str, gptcache: &'static str) -> Self {
        Self { beside: [python, gptcache], ..self }
    }
}

/// The table, a line at a time: a million entries take minutes.
pub(super) struct Table<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Table<'a, W> {
    pub(super) fn new(out: &'a mut W) -> Result<Self> {
        let columns = ["mean µs", "p50 µs", "p99 µs", "bar", "Python µs", "GPTCache µs"];
        let [mean, p50, p99, bar, python, gptcache] = columns;
        writeln!(
            out,
            "\n{:<56}{mean:>9}{p50:>9}{p99:>9}  {bar:<16}{python:>10}{gptcache:>13}",
            "the cache, one thread"
        )?;
        Ok(Self { out })
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<()> {
        let Some(Summary { mean_us, p50_us, p99_us }) = row.times else { return Ok(()) };
        let bar = match row.bar {
            Some(Bar::Mean(bar)) => verdict("mean < ", mean_us < bar, bar),
            Some(Bar::P99(bar)) => verdict("p99 < ", p99_us < bar, bar),
            None => String::new(),
        };
        let [python, gptcache] = row.beside;
        writeln!(
            self.out,
            "{:<56}{mean_us:>9.2}{p50_us:>9.1}{p99_us:>9.1}  {bar:<16}{python:>10}{gptcache:>13}",
            row.what
        )?;
        Ok(self.out.flush()?)
    }

    /// A figure that is no time of one operation.
    pub(super) fn figure(&mut self, what: &str, value: f64, digits: usize, bar: &str, holds: bool) -> Result<()> {
        let missed = if holds { "" } else { "  MISSED" };
        writeln!(self.out, "{what:<56}{value:>27.digits$}  {bar}{missed}")?;
        Ok(self.out.flush()?)
    }

    pub(super) fn end(self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

fn verdict(what: &str, holds: bool, bar: f64) -> String {
    format!("{what}{bar}{}", if holds { "" } else { " MISSED" })
}
