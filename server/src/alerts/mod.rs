//! Alerts: what an operator should hear of without looking. Conditions are read from the same figures as the page shows;
//! the [`Desk`] decides what is told of them and when, and a webhook tells it: Discord, Slack, or anything that reads JSON.
//!
//! | alert | when | told after |
//! |---|---|---|
//! | `deregistration` | the hotkey is not registered, or nearly next to be pruned | 1 min |
//! | `served_address` | the chain has another axon than ours, or none, and we cannot mend it | 5 min |
//! | `chain` | the chain cannot be read | 15 min |
//! | `validators_silent` | no validator has called for a round of the subnet | at once |
//! | `success` | the success share is under its target | 10 min |
//! | `circuit` | a solver's circuit is open, or was within ten minutes and is on trial | 1 min |
//! | `budget` | more answers from memory are wrong than may be, as surely as 95 % | 1 min |
//! | `disk` | the disk of the data file is nearly full, or cannot be written | 1 min |

mod conditions;
mod config;
mod desk;
mod message;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use lode_shared::Alert;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub use conditions::{Condition, Kind, conditions};
pub use config::{AlertsConfig, Format};
pub use desk::{Desk, Note, State};
pub use message::{Miner, body};
pub use webhook::{Webhook, WebhookError};

use crate::figures::Figures;
use crate::store::Store;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(10);

/// Looks, decides and tells.
pub struct Alerts {
    figures: Arc<Figures>,
    store: Store,
    config: AlertsConfig,
    webhook: Option<Webhook>,
    desk: Desk,
    active: watch::Sender<Vec<Alert>>,
}

impl Alerts {
    /// Without a webhook, alerts are in the log alone.
    pub fn new(
        config: AlertsConfig,
        webhook: Option<Webhook>,
        figures: Arc<Figures>,
        store: Store,
        active: watch::Sender<Vec<Alert>>,
    ) -> Self {
        let desk = Desk::new(u64::from(config.repeat_h) * 3_600_000);
        Self { figures, store, config, webhook, desk, active }
    }

    /// Looks every ten seconds until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if stop.run_until_cancelled(self.round()).await.is_none() {
                return;
            }
        }
    }

    async fn round(&mut self) {
        let snapshot = self.figures.snapshot();
        let now_ms = snapshot.now_ms;
        let notes = self.desk.round(now_ms, conditions(&snapshot, &self.store.health(), &self.config));
        self.active.send_replace(self.desk.active(now_ms));
        if notes.is_empty() {
            return;
        }
        for note in notes.iter().filter(|note| self.desk.is_new(note)) {
            match note.state {
                State::Firing => tracing::warn!("alert: {}", note.text),
                State::Recovered => tracing::info!("alert is over: {}", note.text),
            }
        }
        if let Some(webhook) = &self.webhook
            && let Err(error) = webhook.tell(&Miner::of(&snapshot), &notes).await
        {
            tracing::warn!("alerts could not be sent, and will be tried again: {error}");
            return self.desk.not_told(&notes, now_ms);
        }
        self.desk.told(&notes, now_ms);
    }
}
