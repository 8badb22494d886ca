//! Logs: to standard error, to a bounded ring that the dashboard shows, and to a folder if one is named. All in the
//! background: a request that logs only puts a line into a queue, and a full queue drops the line and counts it. Log files
//! that the configuration names are followed, and their lines shown beside ours. Once an epoch a sentence says how the miner
//! did. Traces go to a collector if there is one.

mod config;
mod counts;
mod epoch;
mod files;
mod init;
mod line;
mod ring;
mod spans;
mod tail;

use std::fmt::Write;

use lode_shared::{LogLevel, LogLine};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

pub use config::{LogConfig, LogFormat, TelemetryConfig};
pub use counts::LogCounts;
pub use epoch::report_epochs;
pub use files::LogFiles;
pub use init::{LogError, Telemetry, init};
pub use ring::LogRing;
pub use spans::{SpanQueue, SpanSender, TraceCounts, traces};

use crate::clock::Clock;

/// Lines that may wait for the ring; beyond that they are dropped.
const QUEUE_LINES: usize = 1_024;

/// Moves lines from the queue to the ring.
pub struct LogFeeder {
    ring: LogRing,
    queue: mpsc::Receiver<LogLine>,
}

impl LogFeeder {
    /// Runs until `stop`, or until nobody can log any more.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(Some(line)) = stop.run_until_cancelled(self.queue.recv()).await {
            self.ring.push(line);
        }
    }
}

struct RingLayer {
    lines: mpsc::Sender<LogLine>,
    ring: LogRing,
    clock: Clock,
}

impl<S: Subscriber> Layer<S> for RingLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG | Level::TRACE => LogLevel::Debug,
        };
        let mut text = Text::default();
        event.record(&mut text);
        let line = LogLine { id: 0, at_ms: self.clock.now_ms(), level, message: text.line(), file: None };
        self.ring.counts().logged(level);
        // A full queue means that the machine is busier than a log can show: requests do not wait for it.
        if self.lines.try_send(line).is_err() {
            self.ring.counts().dropped();
        }
    }
}

/// An event as one line: the message, then `name=value` of the other fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn line(mut self) -> String {
        self.message.push_str(&self.fields);
        line::cut(&self.message)
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::ring::RING_LINES;
    use super::*;

    #[tokio::test]
    async fn lines_reach_the_ring_numbered_and_the_oldest_leave() {
        let (lines, queue) = mpsc::channel(QUEUE_LINES);
        let ring = LogRing::default();
        let layer = RingLayer { lines, ring: ring.clone(), clock: Clock::from_fn(|| 7_000_000) };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for index in 0..RING_LINES + 2 {
                tracing::warn!(index, "something happened");
            }
        });
        LogFeeder { ring: ring.clone(), queue }.run(CancellationToken::new()).await;
        let last = ring.last(1_000);
        assert_eq!(last.len(), RING_LINES);
        assert_eq!(last[0].id, 3);
        let newest = last.last().expect("lines");
        assert_eq!((newest.level, newest.at_ms), (LogLevel::Warn, 7));
        assert_eq!(newest.message, "something happened index=501");
        assert_eq!(ring.counts().by_level()[1], ("warn", RING_LINES as u64 + 2));
        assert_eq!(ring.counts().dropped_by_way(), [("stderr", 0), ("folder", 0), ("dashboard", 0)]);
    }
}
