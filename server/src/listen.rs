//! Serves a router on a socket, with limits of its own, until told to stop; then drains, bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// A sender has this long for its headers; also how long an idle connection is kept. Longer than the 15 s for which a
/// dendrite keeps its own end: whoever closes second loses the request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A dendrite sends some 22 headers and one per required field; hyper's own bound of 100 is within reach.
pub const AXON_HEADERS: usize = 256;
/// The head of one request, about: hyper checks between reads.
const MAX_BUFFER_BYTES: usize = 64 * 1024;
/// A client that does not read its answer for this long is cut off.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// One caller may have this part of all connections.
const CALLERS_PART: usize = 16;
/// After the stop signal, requests in flight have this long.
pub const DRAIN: Duration = Duration::from_secs(7);
/// When the process is out of file descriptors, accepting again at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// Linux's numbers for that.
const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

/// Where a request came from; an extension of every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// One customer of a provider is one caller: an IPv6 customer has at least a /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// Open connections by caller.
#[derive(Default)]
struct Callers(Mutex<HashMap<IpAddr, usize>>);

/// One of a caller's connections.
struct Counted {
    callers: Arc<Callers>,
    network: IpAddr,
}

impl Callers {
    /// Counts one more, unless it has `most` already. Our own machine may have as many as there are: what calls from here is
    /// a proxy.
    fn count(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Counted> {
        let network = network(address);
        let mut callers = self.0.lock();
        let open = callers.entry(network).or_default();
        if *open >= most && !network.is_loopback() {
            return None;
        }
        *open += 1;
        Some(Counted { callers: Arc::clone(self), network })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut callers = self.callers.0.lock();
        if let Some(open) = callers.get_mut(&self.network) {
            *open -= 1;
            if *open == 0 {
                callers.remove(&self.network);
            }
        }
    }
}

/// What one listener takes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections; the next one waits for a place.
    pub connections: usize,
    /// Headers of a request; absent: a hundred, for which hyper need not set aside memory with each request.
    pub headers: Option<usize>,
}

impl From<usize> for Bounds {
    fn from(connections: usize) -> Self {
        Self { connections, headers: None }
    }
}

/// Serves until `stop`, then waits for requests in flight, at most [`DRAIN`].
pub async fn serve(name: &'static str, listener: TcpListener, router: Router, bounds: Bounds, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_BUFFER_BYTES);
    if let Some(headers) = bounds.headers {
        http.max_headers(headers);
    }
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(bounds.connections));
    let callers = Arc::<Callers>::default();
    let mut tasks = JoinSet::new();
    loop {
        // Those that have ended; the set would grow for ever.
        while tasks.try_join_next().is_some() {}
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place.expect("never closed"),
        };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("{name} cannot accept a connection: {error}");
                    // Anything else concerns that one connection.
                    if matches!(error.raw_os_error(), Some(ENFILE | EMFILE)) {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                    continue;
                }
            },
        };
        let Some(counted) = callers.count(peer.ip(), bounds.connections.div_ceil(CALLERS_PART)) else { continue };
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let (http, router, stop) = (http.clone(), router.clone(), stop.clone());
        let watcher = connections.watcher();
        tasks.spawn(async move {
            // A connection on which nobody has said anything yet needs none of hyper's buffers, 16 KB.
            let mut first = [0];
            let spoken = timeout(HEADER_TIMEOUT, stream.peek(&mut first));
            if let Some(Ok(Ok(1))) = stop.run_until_cancelled(spoken).await {
                // Boxed, or a silent connection would take as much memory as one that is served.
                Box::pin(serve_connection(name, http, router, stream, peer.ip(), watcher)).await;
            }
            drop((place, counted));
        });
    }
    drop(listener);
    if timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("{name}: some requests were still in flight after {} s and are cut off", DRAIN.as_secs());
    }
    tasks.abort_all();
}

async fn serve_connection(
    name: &'static str,
    http: http1::Builder,
    router: Router,
    stream: TcpStream,
    address: IpAddr,
    watcher: Watcher,
) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(address));
        router.call(request)
    });
    let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!("{name}: a connection ended: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_ipv6_customer_is_one_caller_and_a_mapped_ipv4_is_itself() {
        assert_eq!(network(ip("2001:db8:1:2:3::4")), network(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:3::1")));
        assert_eq!(network(ip("::ffff:10.0.0.1")), ip("10.0.0.1"));
    }

    #[test]
    fn one_caller_cannot_have_every_connection_but_our_own_machine_can() {
        let callers = Arc::<Callers>::default();
        let open: Vec<_> = (0..5).map(|_| callers.count(ip("10.0.0.1"), 3)).collect();
        assert_eq!(open.iter().flatten().count(), 3);
        assert!(callers.count(ip("10.0.0.2"), 3).is_some(), "another");
        drop(open);
        assert!(callers.count(ip("10.0.0.1"), 3).is_some(), "when they are closed");
        let own: Vec<_> = (0..5).map(|_| callers.count(ip("127.0.0.1"), 3)).collect();
        assert!(own.iter().all(Option::is_some));
        drop(own);
        assert!(callers.0.lock().is_empty(), "nothing is remembered of whom is gone");
    }
}
