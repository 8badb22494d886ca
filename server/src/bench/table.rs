//! What was measured, as a table, and beside the bars.

use std::io::Write;

use anyhow::Result;

use super::load::Load;

/// One measured load.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) load: Load,
    pub(super) cpu_s: f64,
}

impl Row {
    /// By the wall clock.
    pub(super) fn per_second(&self) -> f64 {
        f64::from(self.load.answered) / self.load.wall_s
    }

    /// By its own CPU time.
    pub(super) fn per_cpu_second(&self) -> f64 {
        f64::from(self.load.answered) / self.cpu_s
    }

    /// CPU time of one answer, microseconds.
    pub(super) fn cpu_us(&self) -> f64 {
        1e6 * self.cpu_s / f64::from(self.load.answered)
    }
}

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) start_ms: f64,
    pub(super) idle_mb: f64,
    pub(super) loaded_mb: f64,
    /// With many connections: silent, and resting.
    pub(super) held_mb: Option<(f64, f64)>,
    /// One signature by itself, microseconds, and among 32.
    pub(super) verify_us: f64,
    pub(super) batch_us: f64,
    pub(super) batched: Vec<Row>,
    pub(super) unbatched: Option<Row>,
    pub(super) half: Option<Row>,
    pub(super) refused: Vec<Row>,
    pub(super) dashboard: Option<Row>,
    /// Answered, then refused.
    pub(super) python: Vec<Row>,
}

impl Figures {
    pub(super) fn print(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "start to first answer            {:>9.0} ms", self.start_ms)?;
        writeln!(out, "resident memory, idle            {:>9.1} MB", self.idle_mb)?;
        writeln!(out, "resident memory, loaded          {:>9.1} MB", self.loaded_mb)?;
        writeln!(
            out,
            "one signature, by itself         {:>9.1} µs, so {:.0}/s on a core",
            self.verify_us,
            self.limit()
        )?;
        writeln!(out, "one signature, among 32          {:>9.1} µs", self.batch_us)?;
        let columns = ["req/s", "p50 ms", "p99 ms", "CPU µs/req", "req/CPU s"];
        writeln!(
            out,
            "\n{:<52}{:>9}{:>9}{:>9}{:>12}{:>11}",
            "", columns[0], columns[1], columns[2], columns[3], columns[4]
        )?;
        let rows = self.batched.iter().chain(&self.unbatched).chain(&self.half);
        for row in rows.chain(&self.refused).chain(&self.dashboard).chain(&self.python) {
            let Row { what, load, .. } = row;
            writeln!(
                out,
                "{what:<52}{:>9.0}{:>9.2}{:>9.2}{:>12.1}{:>11.0}",
                row.per_second(),
                load.p50_ms,
                load.p99_ms,
                row.cpu_us(),
                row.per_cpu_second(),
            )?;
            if load.unexpected > 0 {
                writeln!(out, "    of these {} had another status: the figures above do not count", load.unexpected)?;
            }
        }
        self.print_bars(out)
    }

    fn print_bars(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "\n{:<76}{:>10}  bar", "", "measured")?;
        let mut bar = |what: &str, value: Option<f64>, digits: usize, bar: &str| match value {
            Some(value) => writeln!(out, "{what:<76}{value:>10.digits$}  {bar}"),
            None => Ok(()),
        };
        let most = |rows: &[Row], of: fn(&Row) -> f64| rows.iter().map(of).fold(f64::NAN, f64::max);
        let python = self.python.first().map(Row::per_cpu_second);
        let lode = most(&self.batched, Row::per_cpu_second);
        bar(
            "requests per CPU second, times those of the Python axon",
            python.map(|python| lode / python),
            0,
            ">= 120",
        )?;
        let share = |row: &Row| row.per_second() / self.limit();
        let alone = self.unbatched.as_ref().map(share);
        bar("signed/s, one by one, of what a core can verify one by one", alone, 2, ">= 0.8")?;
        bar("signed/s in batches, 64 connections, of the same", self.batched.last().map(share), 2, "> 1.0")?;
        bar("p99 at half load, ms, the least of five", self.half.as_ref().map(|row| row.load.p99_ms), 2, "< 2")?;
        let dearest = most(&self.refused, Row::cpu_us);
        let refusal = self.python.get(1).map(|python| python.cpu_us() / dearest);
        bar("the Python axon's refusal, times the CPU of our dearest", refusal, 0, "> 50")?;
        bar("resident with 10,000 silent connections, MB", self.held_mb.map(|held| held.0), 0, "< 150")?;
        bar("the same, each having asked once, MB", self.held_mb.map(|held| held.1), 0, "")?;
        bar("GET /api/dashboard at 1,000/s, p99 ms", self.dashboard.as_ref().map(|row| row.load.p99_ms), 2, "< 5")?;
        bar("start to first answer, ms", Some(self.start_ms), 0, "< 300")?;
        bar("resident memory, idle, MB", Some(self.idle_mb), 0, "< 60")?;
        Ok(())
    }

    /// Signatures that a core can check one by one, each second.
    fn limit(&self) -> f64 {
        1e6 / self.verify_us
    }
}
