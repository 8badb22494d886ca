//! The webhook that is told. Its URL is a secret: it is in no log, no error and no configuration that is printed.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

use super::message::test_body;
use super::{AlertsConfig, Format, Miner, Note, body};
use crate::config::Config;

/// The variable that holds the URL where no file does.
const VARIABLE: &str = "LODE_ALERTS_WEBHOOK";
/// A service that takes longer is down.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longer files hold something else.
const MAX_URL_BYTES: usize = 2_048;

/// Why nobody is told.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The file that holds the URL.
    #[error("alerts.webhook_file: cannot read {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// What should be a URL.
    #[error("{0} must hold the webhook's URL alone, https or http")]
    Url(String),
    /// The client.
    #[error("no HTTP client: {0}")]
    Client(reqwest::Error),
    /// The service was not reached.
    #[error("the webhook's service cannot be reached: {0}")]
    Unreached(reqwest::Error),
    /// It did not take the message.
    #[error("the webhook's service answered {0}; is the URL in alerts.webhook_file still good?")]
    Refused(reqwest::StatusCode),
}

/// Tells a channel.
pub struct Webhook {
    client: reqwest::Client,
    url: Url,
    format: Format,
}

impl Webhook {
    /// As configured; nothing where nothing is. `variable` reads the environment.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or holds no URL.
    pub fn new(config: &AlertsConfig, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, WebhookError> {
        let (text, place) = match (&config.webhook_file, variable(VARIABLE)) {
            (Some(path), _) => (read(path)?, format!("alerts.webhook_file ({})", path.display())),
            (None, Some(text)) => (text, VARIABLE.to_owned()),
            (None, None) => return Ok(None),
        };
        let url =
            Some(text.trim()).filter(|text| text.len() <= MAX_URL_BYTES).and_then(|text| text.parse::<Url>().ok());
        let url = url.filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
        let url = url.ok_or(WebhookError::Url(place))?;
        // Where the URL leads is its owner's word; a redirect would be somebody else's.
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build();
        let client = client.map_err(|error| WebhookError::Client(error.without_url()))?;
        let format = config.format.unwrap_or_else(|| format_of(&url));
        Ok(Some(Self { client, url, format }))
    }

    /// How it is told.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Sends these notes in one message; when this returns, the service has taken it.
    pub async fn tell(&self, miner: &Miner, notes: &[Note]) -> Result<(), WebhookError> {
        self.send(&body(self.format, miner, notes)).await
    }

    /// Sends a message that tells that alerts arrive.
    pub async fn test(&self, config: &Config) -> Result<(), WebhookError> {
        let miner = Miner {
            hotkey: config.wallet.hotkey.clone(),
            network: config.subtensor.network().word().to_owned(),
            netuid: config.netuid,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        self.send(&test_body(self.format, &miner)).await
    }

    async fn send(&self, body: &Value) -> Result<(), WebhookError> {
        let sent = self.client.post(self.url.clone()).json(body).send().await;
        let status = sent.map_err(|error| WebhookError::Unreached(error.without_url()))?.status();
        if status.is_success() { Ok(()) } else { Err(WebhookError::Refused(status)) }
    }
}

fn read(path: &Path) -> Result<String, WebhookError> {
    std::fs::read_to_string(path).map_err(|error| WebhookError::File { path: path.display().to_string(), error })
}

fn format_of(url: &Url) -> Format {
    let host = url.host_str().unwrap_or_default();
    let is_of = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    if is_of("discord.com") || is_of("discordapp.com") {
        Format::Discord
    } else if is_of("slack.com") {
        Format::Slack
    } else {
        Format::Json
    }
}
