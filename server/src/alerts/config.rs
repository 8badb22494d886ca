//! `[alerts]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::config::Faults;

/// `[alerts]`: what the operator hears of, and where. Alerts are in the log in any case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// A file that holds the webhook's URL and nothing else: who knows the URL may write to the channel. Absent: the variable
    /// `LODE_ALERTS_WEBHOOK`, or nobody is told.
    #[schema(value_type = Option<String>)]
    pub webhook_file: Option<PathBuf>,
    /// How the webhook is told: `discord`, `slack` or `json`. Absent: as the URL's host says.
    pub format: Option<Format>,
    /// Validators are silent after this many seconds without a request of theirs, 60 to 604,800. Absent: one epoch of the
    /// subnet.
    pub silent_s: Option<u32>,
    /// Deregistration is near when at most this many neurons would be pruned before us, 0 to 256.
    pub prune_margin: u32,
    /// The disk is nearly full with less than this share of it free, percent, 0 to 50.
    pub disk_free_pct: f64,
    /// What goes on is told again after this many hours, 1 to 168.
    pub repeat_h: u32,
}

/// How a webhook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Discord's `content`.
    Discord,
    /// Slack's `text`; Mattermost reads it too.
    Slack,
    /// Every field by its name.
    Json,
}

impl Format {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Json => "json",
        }
    }
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self { webhook_file: None, format: None, silent_s: None, prune_margin: 3, disk_free_pct: 5.0, repeat_h: 6 }
    }
}

impl AlertsConfig {
    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        if self.webhook_file.as_ref().is_some_and(|path| path.to_string_lossy().contains("://")) {
            faults.push("alerts.webhook_file names a file; put the webhook's URL, which is a secret, into that file");
        }
        faults.unless_within("alerts.silent_s", self.silent_s.unwrap_or(60), 60..=604_800);
        faults.unless_within("alerts.prune_margin", self.prune_margin, 0..=256);
        faults.unless_within("alerts.disk_free_pct", self.disk_free_pct, 0.0..=50.0);
        faults.unless_within("alerts.repeat_h", self.repeat_h, 1..=168);
    }
}
