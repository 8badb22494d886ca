//! Starts logging for the whole process.

use std::io::IsTerminal;
use std::path::PathBuf;

use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

use super::counts::LogCounts;
use super::{LogConfig, LogFeeder, LogFormat, LogRing, QUEUE_LINES, RingLayer};
use crate::clock::Clock;

/// The log of a running miner. Dropped last, so that the final lines reach standard error and the folder.
pub struct Telemetry {
    /// What the dashboard shows.
    pub ring: LogRing,
    /// Feeds the ring; run by the app until the process ends.
    pub feeder: LogFeeder,
    _writers: Vec<WorkerGuard>,
}

/// Why our log cannot be written where it is to go.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the log into {folder}: {error}; make the folder writable, or choose another log.folder")]
pub struct LogError {
    folder: PathBuf,
    error: tracing_appender::rolling::InitError,
}

/// Logs to standard error, to the ring, and to the folder if there is one. `RUST_LOG` chooses the level, `info` by default.
///
/// # Errors
///
/// When the folder cannot be written to.
pub fn init(clock: Clock, config: &LogConfig) -> Result<Telemetry, LogError> {
    let (stderr, guard) = tracing_appender::non_blocking(std::io::stderr());
    let folder = rolling(config)?.map(tracing_appender::non_blocking);
    let (lines, queue) = mpsc::channel(QUEUE_LINES);
    let counts =
        LogCounts::new(Some(stderr.error_counter()), folder.as_ref().map(|(writer, _)| writer.error_counter()));
    let ring = LogRing::counting(counts);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal();
    let (folder, folder_guard) = folder.unzip();
    let subscriber = tracing_subscriber::registry()
        .with(filter)
        .with(text(config.format, stderr, colour))
        .with(folder.map(|writer| text(config.format, writer, false)))
        .with(RingLayer { lines, ring: ring.clone(), clock });
    // Fails only when a test set one before: then that one is used.
    let _ = tracing::subscriber::set_global_default(subscriber);
    let writers = [Some(guard), folder_guard].into_iter().flatten().collect();
    Ok(Telemetry { ring: ring.clone(), feeder: LogFeeder { ring, queue }, _writers: writers })
}

/// Lines in this format.
fn text<S>(format: LogFormat, writer: NonBlocking, colour: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colour);
    match format {
        LogFormat::Human => layer.with_target(false).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    }
}

/// A file for each day; what is there of days before goes beyond what is kept.
fn rolling(config: &LogConfig) -> Result<Option<RollingFileAppender>, LogError> {
    let Some(folder) = &config.folder else { return Ok(None) };
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("lode")
        .filename_suffix("log")
        .max_log_files(config.keep_files as usize);
    files.build(folder).map(Some).map_err(|error| LogError { folder: folder.clone(), error })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(folder: &Path, format: LogFormat) -> LogConfig {
        LogConfig { format, folder: Some(folder.join("logs")), keep_files: 3, ..LogConfig::default() }
    }

    /// What a line becomes in the folder's newest file.
    fn written(format: LogFormat) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let appender = rolling(&config(folder.path(), format)).expect("writable").expect("a folder");
        let (writer, guard) = tracing_appender::non_blocking(appender);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(text(format, writer, false)), || {
            tracing::warn!(synapse = "Web", "no answer: late");
        });
        drop(guard);
        let mut files = std::fs::read_dir(folder.path().join("logs")).expect("made");
        let file = files.next().expect("a file").expect("readable").path();
        std::fs::read_to_string(file).expect("a text")
    }

    #[test]
    fn lines_are_written_for_people_or_for_machines() {
        let human = written(LogFormat::Human);
        assert!(human.ends_with("WARN no answer: late synapse=\"Web\"\n") && !human.contains('\u{1b}'), "{human}");
        let json: serde_json::Value = serde_json::from_str(&written(LogFormat::Json)).expect("one object");
        assert_eq!((json["level"].as_str(), json["message"].as_str()), (Some("WARN"), Some("no answer: late")));
        assert_eq!((json["synapse"].as_str(), json["timestamp"].is_string()), (Some("Web"), true));
    }

    #[test]
    fn of_old_files_the_newest_are_kept_and_others_are_let_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).expect("made");
        for name in ["lode.2020-01-01.log", "lode.2020-01-02.log", "lode.2020-01-03.log", "mine.txt"] {
            std::fs::write(logs.join(name), "").expect("written");
        }
        drop(rolling(&config(folder.path(), LogFormat::Human)).expect("writable"));
        let names = std::fs::read_dir(&logs).expect("there").map(|entry| entry.expect("readable").file_name());
        let mut names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!((names.len(), names.contains(&"mine.txt".to_owned())), (4, true), "{names:?}");
        assert!(!names.contains(&"lode.2020-01-01.log".to_owned()), "the oldest goes first: {names:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told_with_its_name() {
        let nowhere = LogConfig { folder: Some("/proc/nowhere".into()), ..LogConfig::default() };
        let told = rolling(&nowhere).expect_err("not writable").to_string();
        assert!(told.contains("/proc/nowhere") && told.contains("log.folder"), "{told}");
    }
}
