//! The signals that end a miner.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGTERM or Ctrl-C, and tells which.
pub async fn signalled() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "Ctrl-C",
    })
}
