//! Follows the log files that the configuration names, and shows their new lines among ours.

use std::path::PathBuf;
use std::time::Duration;

use lode_shared::LogLine;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::line;
use super::ring::LogRing;
use super::tail::Tail;
use crate::clock::Clock;
use crate::config::Faults;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Files that are followed at most.
const MAX_FILES: usize = 8;

/// `[log]`: what is shown on the dashboard beside our own log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Log files of solvers, at most 8. Whoever may read the dashboard reads their new lines.
    #[schema(value_type = Vec<String>)]
    pub files: Vec<PathBuf>,
}

impl LogConfig {
    /// Tells what cannot be followed.
    pub fn check(&self, faults: &mut Faults) {
        if self.files.len() > MAX_FILES {
            faults.push(format!("log.files names {} files; at most {MAX_FILES} are followed", self.files.len()));
        }
        for path in self.files.iter().filter(|path| path.file_name().is_none() || path.is_dir()) {
            faults.push(format!("log.files has {path:?}, which is no file; name log files one by one"));
        }
    }
}

/// Follows log files.
pub struct LogFiles {
    tails: Vec<Tail>,
    ring: LogRing,
    clock: Clock,
}

impl LogFiles {
    /// From where the files end now: what they have said before is not shown.
    pub fn new(config: &LogConfig, ring: LogRing, clock: Clock) -> Self {
        Self { tails: config.files.iter().map(|path| Tail::from_end(path.clone())).collect(), ring, clock }
    }

    /// One look at every file. Blocking.
    pub fn poll(&mut self) {
        let at_ms = self.clock.now_ms();
        for tail in &mut self.tails {
            let name = tail.name();
            for message in tail.poll() {
                let level = line::level(&message);
                self.ring.push(LogLine { id: 0, at_ms, level, message, file: Some(name.clone()) });
            }
        }
    }

    /// Looks every second until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.tails.is_empty() && stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let looked = tokio::task::spawn_blocking(move || {
                self.poll();
                self
            });
            match looked.await {
                Ok(this) => self = this,
                Err(error) => {
                    tracing::error!("log files are not followed any more: {error}; please report this with the log");
                    break;
                }
            }
        }
        stop.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::LogLevel;

    use super::*;

    #[test]
    fn new_lines_of_a_file_are_in_the_ring_with_its_name_and_not_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("solver.log");
        std::fs::write(&path, "before\n").expect("written");
        let ring = LogRing::default();
        let config = LogConfig { files: vec![path.clone()] };
        let mut files = LogFiles::new(&config, ring.clone(), Clock::from_fn(|| 7_000_000));
        files.poll();
        assert_eq!(ring.last(10), []);
        std::fs::write(&path, "before\n\x1b[33mWARNING\x1b[0m: slow\n").expect("written");
        files.poll();
        let file = Some("solver.log".to_owned());
        let wanted = LogLine { id: 1, at_ms: 7, level: LogLevel::Warn, message: "WARNING: slow".into(), file };
        assert_eq!(ring.last(10), [wanted]);
    }

    #[test]
    fn what_cannot_be_followed_is_told_before_the_start() {
        let faults = |files: Vec<PathBuf>| {
            let mut faults = Faults::default();
            LogConfig { files }.check(&mut faults);
            faults.into_vec().join("; ")
        };
        assert_eq!(faults(vec!["/nowhere/a.log".into(); 8]), "", "it may come later");
        assert!(faults(vec!["a.log".into(); 9]).contains("at most 8"));
        assert!(faults(vec!["/".into()]).contains("no file"));
        assert!(faults(vec![std::env::temp_dir()]).contains("no file"));
    }
}
