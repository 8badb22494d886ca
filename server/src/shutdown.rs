//! The signals that end a miner, or have it read its configuration again.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// SIGTERM and Ctrl-C, and SIGHUP.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Takes them over from the system, which would end the process at once.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the first that ends us, and tells which. Every SIGHUP until then is told to `reload`; those that come while
    /// one waits there are one with it.
    pub async fn next(mut self, reload: mpsc::Sender<()>) -> &'static str {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "Ctrl-C",
                _ = self.hangup.recv() => {
                    // One that waits already reads what there is by then.
                    let _ = reload.try_send(());
                }
            }
        }
    }
}
