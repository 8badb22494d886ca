//! The process as the system sees it, under the names that every Prometheus client library has.

use std::path::Path;

use prometheus_client::registry::Unit;
use tokio::runtime::Handle;

use super::page::Page;

/// Ticks of processor time in a second, as Linux tells them to programs, on every architecture.
const TICKS_PER_S: f64 = 100.0;

/// What `/proc` tells of us. What it does not tell is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Process {
    /// Processor time since start, seconds.
    pub cpu_s: Option<f64>,
    /// Memory in use, bytes.
    pub resident_bytes: Option<u64>,
    /// Address space, bytes.
    pub virtual_bytes: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Tasks of the runtime, those of open connections among them.
    pub tasks: Option<u64>,
    /// Open files and connections.
    pub open_fds: Option<u64>,
    /// The most there may be of these.
    pub max_fds: Option<u64>,
}

impl Process {
    /// Ours, from `/proc/self`. Some microseconds.
    pub fn read() -> Self {
        let folder = Path::new("/proc/self");
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let open_fds = std::fs::read_dir(folder.join("fd")).ok().map(|entries| entries.count() as u64);
        // None outside a runtime, where there are no tasks to count.
        let tasks = Handle::try_current().ok().map(|handle| handle.metrics().num_alive_tasks() as u64);
        Self { open_fds, tasks, ..Self::parse(&text("stat"), &text("status"), &text("limits")) }
    }

    fn parse(stat: &str, status: &str, limits: &str) -> Self {
        // Behind the name, which may hold anything: state is the first field, user and system time the 12th and 13th.
        let times = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
        let ticks = times.and_then(|times| times.map(|ticks| ticks.parse::<u64>().ok()).sum::<Option<u64>>());
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        Self {
            cpu_s: ticks.map(|ticks| ticks as f64 / TICKS_PER_S),
            resident_bytes: number("VmRSS").map(|kib| kib * 1_024),
            virtual_bytes: number("VmSize").map(|kib| kib * 1_024),
            threads: number("Threads"),
            tasks: None,
            open_fds: None,
            max_fds: files.and_then(|limits| limits.split_whitespace().next()?.parse().ok()),
        }
    }
}

pub(super) fn process(page: &mut Page, process: &Process, started_ms: u64) {
    if let Some(cpu_s) = process.cpu_s {
        page.total("process_cpu", "Processor time of the miner", Unit::Seconds, cpu_s);
    }
    page.timestamp("process_start_time", "When the miner started", Some(started_ms));
    let float = |value: Option<u64>| value.map(|value| value as f64);
    let bytes = Some(Unit::Bytes);
    page.gauge("process_resident_memory", "Memory in use", bytes.clone(), float(process.resident_bytes));
    page.gauge("process_virtual_memory", "Address space", bytes, float(process.virtual_bytes));
    page.gauge("process_threads", "Threads", None, float(process.threads));
    page.gauge(
        "process_tasks",
        "Tasks of the runtime, those of open connections among them",
        None,
        float(process.tasks),
    );
    page.gauge("process_open_fds", "Open files and connections", None, float(process.open_fds));
    page.gauge("process_max_fds", "Files and connections that may be open", None, float(process.max_fds));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_times() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 5 0 0 0 250 150 0 0 20 0 9 0 100 1 1";
        let status = "Name:\ta) b\nVmSize:\t  2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n";
        let limits =
            "Limit Soft Hard Units\nMax open files            1024                 524288               files\n";
        let process = Process::parse(stat, status, limits);
        assert_eq!((process.cpu_s, process.threads, process.max_fds), (Some(4.0), Some(9), Some(1_024)));
        assert_eq!((process.resident_bytes, process.virtual_bytes), (Some(1_048_576), Some(2_097_152)));
        assert_eq!(Process::parse("", "", ""), Process::default(), "absent is not zero");
    }

    #[test]
    fn this_process_is_found() {
        let process = Process::read();
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 1_000_000), "{process:?}");
        assert!(process.open_fds.is_some_and(|open| open >= 3) && process.cpu_s.is_some(), "{process:?}");
    }
}
