//! How solvers reach a service: the client, and what it answers up to a bound.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream::{Stream, try_unfold};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// An answer larger than this is a fault of the service, not an answer.
pub(super) const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// The connection failed. Without the URL, which may hold credentials.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    /// It does not end in time.
    #[error("it is larger than {} MiB", MAX_ANSWER_BYTES / 1024 / 1024)]
    TooLarge,
}

/// A client for this service alone.
pub(super) fn client_for(url: &Url) -> Result<Client, reqwest::Error> {
    // A task is the validator's data: it goes where the operator said, and follows no redirect elsewhere.
    let mut client = Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(Policy::none());
    if is_loopback(url) {
        // A proxy would look for the service on its own machine.
        client = client.no_proxy();
    }
    client.build()
}

/// What a response holds, as it comes. Whoever reads it keeps no more than the bound.
pub(super) fn body(response: Response) -> impl Stream<Item = Result<Bytes, BodyError>> {
    try_unfold((response, 0), |(mut response, read)| async move {
        let chunk = response.chunk().await.map_err(|error| BodyError::Connection(error.without_url()))?;
        let Some(chunk) = chunk else { return Ok(None) };
        let read = read + chunk.len();
        if read > MAX_ANSWER_BYTES {
            return Err(BodyError::TooLarge);
        }
        Ok(Some((chunk, (response, read))))
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
