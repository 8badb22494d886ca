//! What systemd is told (`Type=notify`): that the miner is ready, alive, and stopping. Without systemd, nobody is.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Both ports are open. `status` is what `systemctl status` shows.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The requests in flight are being finished.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells that the miner is alive, three times in the time after which it would be taken for stuck. This runs on the main thread,
/// requests on the workers: one of them must have answered before. Never ends.
pub async fn keep_alive() {
    let Some(patience) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut ticks = interval((patience / 3).max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut workers = JoinSet::new();
    loop {
        ticks.tick().await;
        workers.spawn(async {});
        workers.join_next().await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        tracing::warn!("systemd could not be told {what:?}: {error}");
    }
}
