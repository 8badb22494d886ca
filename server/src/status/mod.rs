//! `lode status`: the first panel of the dashboard as text, asked of a running miner.

mod text;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use lode_shared::Snapshot;
use reqwest::StatusCode;
use reqwest::redirect::Policy;

pub use text::text;

/// A miner that takes longer is stuck.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// Nobody answers.
    #[error(
        "no miner answers on http://{address}: {error}; start one with `lode run`, or name its address with --api.bind"
    )]
    Unreached {
        /// Where one was looked for.
        address: SocketAddr,
        /// What went wrong.
        error: String,
    },
    /// Something answers, and not as a miner does.
    #[error("what answers on http://{0} is no miner of this version: {1}")]
    Foreign(SocketAddr, String),
}

/// How a miner is, as it says.
pub struct Status {
    /// Its figures.
    pub snapshot: Snapshot,
    /// The same as it was sent.
    pub json: String,
    /// Why validators cannot be answered yet; absent when they can.
    pub waiting: Option<String>,
}

/// Asks miners.
pub struct Asker {
    client: reqwest::Client,
    address: SocketAddr,
}

impl Asker {
    /// Of the miner whose API listens on `bind`.
    ///
    /// # Errors
    ///
    /// When there is no HTTP client to be had.
    pub fn new(bind: SocketAddr) -> Result<Self, reqwest::Error> {
        // A proxy would look for the miner on its own loopback.
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()?;
        Ok(Self { client, address: reachable(bind) })
    }

    /// How it is, now.
    pub async fn ask(&self) -> Result<Status, StatusError> {
        let (_, json) = self.get("/api/dashboard").await?;
        let snapshot = serde_json::from_str(&json)
            .map_err(|error| StatusError::Foreign(self.address, format!("its figures cannot be read: {error}")))?;
        let (status, said) = self.get("/readyz").await?;
        Ok(Status { snapshot, json, waiting: (status != StatusCode::OK).then_some(said) })
    }

    /// Whether a miner answers at all.
    pub async fn is_there(&self) -> bool {
        matches!(self.get("/healthz").await, Ok((StatusCode::OK, said)) if said == "ok")
    }

    async fn get(&self, path: &str) -> Result<(StatusCode, String), StatusError> {
        let unreached = |error: reqwest::Error| StatusError::Unreached {
            address: self.address,
            error: root_cause(&error.without_url()),
        };
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await.map_err(unreached)?;
        let status = response.status();
        Ok((status, response.text().await.map_err(unreached)?))
    }
}

/// The last of the reasons: the others say only that a request failed.
pub fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Where a socket that listens everywhere is asked from here.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}
