//! What the configuration says of logs and traces.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::config::Faults;

/// Files that are followed at most.
const MAX_FILES: usize = 8;

/// How our log's lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Time, level and sentence, for people.
    #[default]
    Human,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }
}

/// `[log]`: how our log is written, and what is shown on the dashboard beside it. `RUST_LOG` chooses the level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How lines are written, to standard error and to the folder: `human` or `json`.
    pub format: LogFormat,
    /// Folder to which our log is written too, a new file `lode.<date>.log` each day (UTC). Absent: to standard error alone.
    #[schema(value_type = Option<String>)]
    pub folder: Option<PathBuf>,
    /// Files of that folder that are kept, 1 to 3,650: the oldest one goes when a day begins.
    pub keep_files: u32,
    /// Log files of solvers, at most 8. Whoever may read the dashboard reads their new lines.
    #[schema(value_type = Vec<String>)]
    pub files: Vec<PathBuf>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Human, folder: None, keep_files: 14, files: Vec::new() }
    }
}

impl LogConfig {
    /// Tells what cannot be written or followed.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("log.keep_files", self.keep_files, 1..=3_650);
        if self.files.len() > MAX_FILES {
            faults.push(format!("log.files names {} files; at most {MAX_FILES} are followed", self.files.len()));
        }
        for path in self.files.iter().filter(|path| path.file_name().is_none() || path.is_dir()) {
            faults.push(format!("log.files has {path:?}, which is no file; name log files one by one"));
        }
    }
}

/// `[telemetry]`: what is told to a collector of traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// An OpenTelemetry collector (OTLP over HTTP), without the `/v1/traces` behind it. Absent: no traces. Prompts and answers
    /// never go there.
    #[schema(value_type = Option<String>)]
    pub otlp_endpoint: Option<Url>,
    /// Share of the requests that is traced, percent, 0 to 100.
    pub otlp_share_pct: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { otlp_endpoint: None, otlp_share_pct: 100.0 }
    }
}

impl TelemetryConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("telemetry.otlp_share_pct", self.otlp_share_pct, 0.0..=100.0);
        let Some(url) = &self.otlp_endpoint else { return };
        if !url.username().is_empty() || url.password().is_some() {
            faults.push(
                "telemetry.otlp_endpoint holds a user or password; give what the collector wants in \
                         OTEL_EXPORTER_OTLP_HEADERS, where no log shows it",
            );
        }
        if !matches!(url.scheme(), "http" | "https") {
            faults.push(format!(
                "telemetry.otlp_endpoint is a {} address; it must be http:// or https://, usually port 4318, not gRPC's 4317",
                url.scheme()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(log: &LogConfig, telemetry: &TelemetryConfig) -> String {
        let mut faults = Faults::default();
        log.check(&mut faults);
        telemetry.check(&mut faults);
        faults.into_vec().join("; ")
    }

    #[test]
    fn what_cannot_be_followed_is_told_before_the_start() {
        let of = |files| faults(&LogConfig { files, ..LogConfig::default() }, &TelemetryConfig::default());
        assert_eq!(of(vec!["/nowhere/a.log".into(); 8]), "", "it may come later");
        assert!(of(vec!["a.log".into(); 9]).contains("at most 8"));
        assert!(of(vec!["/".into()]).contains("no file"));
        assert!(of(vec![std::env::temp_dir()]).contains("no file"));
        let none_kept = LogConfig { keep_files: 0, ..LogConfig::default() };
        assert!(faults(&none_kept, &TelemetryConfig::default()).contains("log.keep_files"));
    }

    #[test]
    fn a_collector_is_asked_over_http() {
        let of = |url: &str, otlp_share_pct| {
            let telemetry = TelemetryConfig { otlp_endpoint: url.parse().ok(), otlp_share_pct };
            faults(&LogConfig::default(), &telemetry)
        };
        assert_eq!(of("http://127.0.0.1:4318", 100.0), "");
        let secret = of("http://user:hidden@127.0.0.1:4318", 100.0);
        assert!(secret.contains("OTEL_EXPORTER_OTLP_HEADERS") && !secret.contains("hidden"), "{secret}");
        assert!(of("grpc://127.0.0.1:4317", 0.0).contains("4318"));
        assert!(of("http://127.0.0.1:4318", 101.0).contains("0 to 100"));
    }
}
