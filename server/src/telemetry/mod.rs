//! Logs: to standard error, and to a bounded ring that the dashboard shows. Both in the background: a request that logs
//! only puts a line into a queue, and a full queue drops the line. Log files that the configuration names are followed, and
//! their lines shown beside ours.

mod files;
mod line;
mod ring;
mod tail;

use std::fmt::Write;
use std::io::IsTerminal;

use lode_shared::{LogLevel, LogLine};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{EnvFilter, Layer};

pub use files::{LogConfig, LogFiles};
pub use ring::LogRing;

use crate::clock::Clock;

/// Lines that may wait for the ring; beyond that they are dropped.
const QUEUE_LINES: usize = 1_024;
/// The log of a running miner. Dropped last, so that the final lines reach standard error.
pub struct Telemetry {
    /// What the dashboard shows.
    pub ring: LogRing,
    /// Feeds the ring; run by the app until the process ends.
    pub feeder: LogFeeder,
    _writer: WorkerGuard,
}

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

/// Starts logging for the whole process. `RUST_LOG` chooses the level, `info` by default.
pub fn init(clock: Clock) -> Telemetry {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let (lines, queue) = mpsc::channel(QUEUE_LINES);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal();
    let text = tracing_subscriber::fmt::layer().with_writer(writer).with_target(false).with_ansi(colour);
    let subscriber = tracing_subscriber::registry().with(filter).with(text).with(RingLayer { lines, clock });
    // Fails only when a test set one before: then that one is used.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let ring = LogRing::default();
    Telemetry { ring: ring.clone(), feeder: LogFeeder { ring, queue }, _writer: guard }
}

struct RingLayer {
    lines: mpsc::Sender<LogLine>,
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
        // A full queue means that the machine is busier than a log can show: requests do not wait for it.
        let _ = self.lines.try_send(line);
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
    use super::ring::RING_LINES;
    use super::*;

    #[tokio::test]
    async fn lines_reach_the_ring_numbered_and_the_oldest_leave() {
        let (lines, queue) = mpsc::channel(QUEUE_LINES);
        let ring = LogRing::default();
        let layer = RingLayer { lines, clock: Clock::from_fn(|| 7_000_000) };
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
    }
}
