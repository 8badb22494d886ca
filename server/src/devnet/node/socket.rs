//! The node's WebSockets, and what a fault does to them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Duration, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Fault;
use super::chain::Chain;
use super::outlet::{Outlet, Ready};
use super::rpc;

/// The longest message that a client may send.
const MAX_MESSAGE_BYTES: usize = 1 << 20;
/// Connections at a time.
const MAX_CONNECTIONS: usize = 64;
/// When the process is out of file descriptors, accepting again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a faulty node answers in turn.
const GARBAGE: [&str; 2] = [r#"{"status":"ok","blocks":["latest"]}"#, "<html><title>502 Bad Gateway</title>"];

/// What the node's owner and its connections share.
pub(super) struct Shared {
    pub(super) chain: Mutex<Chain>,
    pub(super) fault: watch::Sender<Option<Fault>>,
    pub(super) calls: AtomicU64,
    pub(super) connections: AtomicUsize,
    /// Answers that were spoiled so far.
    pub(super) garbage: AtomicUsize,
    pub(super) stop: CancellationToken,
}

impl Shared {
    /// Takes one call. A stalled node does not even read it.
    fn take(&self, text: &str, outlet: &Outlet) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !matches!(*self.fault.borrow(), Some(Fault::Stalled)) {
            rpc::answer(&mut self.chain.lock(), text, outlet);
        }
    }

    fn garbage(&self) -> &'static str {
        GARBAGE[self.garbage.fetch_add(1, Ordering::Relaxed) % GARBAGE.len()]
    }
}

/// Accepts connections until dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let gate = Gate { listener, fault: shared.fault.subscribe() };
    let router = Router::new().fallback(upgrade).with_state(shared);
    if let Err(error) = axum::serve(gate, router).await {
        tracing::warn!(%error, "devnet's node stopped listening");
    }
}

/// A listener that hangs up at once while the node is dead.
struct Gate {
    listener: TcpListener,
    fault: watch::Receiver<Option<Fault>>,
}

impl Listener for Gate {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(_) if is_dead(&self.fault) => {}
                Ok(accepted) => return accepted,
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn is_dead(fault: &watch::Receiver<Option<Fault>>) -> bool {
    matches!(*fault.borrow(), Some(Fault::Dead))
}

async fn upgrade(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    match Connection::open(shared) {
        Some(connection) => {
            upgrade.max_message_size(MAX_MESSAGE_BYTES).on_upgrade(|socket| connection.run(socket)).into_response()
        }
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// One client's connection; counted as long as it lives.
struct Connection {
    shared: Arc<Shared>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connection {
    /// Nothing when there are too many.
    fn open(shared: Arc<Shared>) -> Option<Self> {
        let connection = Self { shared };
        let before = connection.shared.connections.fetch_add(1, Ordering::Relaxed);
        (before < MAX_CONNECTIONS).then_some(connection)
    }

    async fn run(self, mut socket: WebSocket) {
        // Dropped before the socket: whoever sees it closed sees it counted so.
        let connection = self;
        let shared = &*connection.shared;
        let mut fault = shared.fault.subscribe();
        let (outlet, mut messages) = Outlet::new();
        // The message that goes next, and waits for its time while the node is slow.
        let mut next: Option<Ready> = None;
        loop {
            if is_dead(&fault) {
                return;
            }
            let delay = match *fault.borrow() {
                Some(Fault::Slow(delay)) => delay,
                _ => Duration::ZERO,
            };
            tokio::select! {
                () = shared.stop.cancelled() => return,
                changed = fault.changed() => if changed.is_err() { return },
                received = socket.recv() => match received {
                    Some(Ok(Message::Text(text))) => shared.take(&text, &outlet),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return,
                },
                Some(message) = messages.recv(), if next.is_none() => next = Some(message),
                () = sleep_until(next.as_ref().map_or_else(tokio::time::Instant::now, |(ready, _)| *ready + delay)),
                    if next.is_some() =>
                {
                    let Some((_, text)) = next.take() else { continue };
                    let text = match *fault.borrow() {
                        Some(Fault::Stalled) => continue,
                        Some(Fault::Garbage) => shared.garbage().to_owned(),
                        _ => text,
                    };
                    if socket.send(Message::text(text)).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
