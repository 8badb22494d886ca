//! Follows the log files that the configuration names, and shows their new lines among ours.

use std::time::Duration;

use lode_shared::LogLine;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::config::LogConfig;
use super::line;
use super::ring::LogRing;
use super::tail::Tail;
use crate::clock::Clock;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);

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
        let config = LogConfig { files: vec![path.clone()], ..LogConfig::default() };
        let mut files = LogFiles::new(&config, ring.clone(), Clock::from_fn(|| 7_000_000));
        files.poll();
        assert_eq!(ring.last(10), []);
        std::fs::write(&path, "before\n\x1b[33mWARNING\x1b[0m: slow\n").expect("written");
        files.poll();
        let file = Some("solver.log".to_owned());
        let wanted = LogLine { id: 1, at_ms: 7, level: LogLevel::Warn, message: "WARNING: slow".into(), file };
        assert_eq!(ring.last(10), [wanted]);
    }
}
