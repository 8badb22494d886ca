//! Whether our ports are free, and whether validators could reach the axon's.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::line::{Line, good, mend, unsure};
use crate::chain::External;
use crate::clock::Clock;
use crate::config::Config;
use crate::status::Asker;

/// A router that does not answer by then will not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The ports that we listen on, and the one that validators call: lines, and the address where validators should find the
/// axon, where it is known.
pub(super) async fn ports(config: &Config, clock: &Clock) -> (Vec<Line>, Option<SocketAddr>) {
    let network = config.subtensor.network();
    let (axon, api) = (config.axon.bind(network), config.api.bind);
    let runs = match Asker::new(api) {
        Ok(asker) => asker.is_there().await,
        Err(_) => false,
    };
    // Held until the end, so that there is somebody to be reached.
    let (axon_port, api_port) = (TcpListener::bind(axon).await, TcpListener::bind(api).await);
    let mut lines = vec![
        port("axon port", axon, &axon_port, runs, "--axon.port"),
        port("API port", api, &api_port, runs, "--api.bind"),
    ];
    let port = config.axon.external_port.unwrap_or(config.axon.port);
    if !(network.is_public() && config.axon.serve) {
        return (lines, config.axon.external_ip.map(|ip| SocketAddr::new(ip, port)));
    }
    let mut external = External::new(config.axon.external_ip, config.axon.ip_lookups.clone());
    match external.address(clock.now_ms()).await {
        Ok(ip) => {
            let address = SocketAddr::new(ip, port);
            lines.push(reachable(address).await);
            (lines, Some(address))
        }
        Err(error) => {
            lines.push(mend("address", error.to_string()));
            (lines, None)
        }
    }
}

fn port(what: &str, address: SocketAddr, bound: &std::io::Result<TcpListener>, runs: bool, flag: &str) -> Line {
    match bound {
        Ok(_) => good(what, format!("{address} is free.")),
        Err(_) if runs => good(what, format!("{address} is taken, and a miner runs.")),
        Err(error) => mend(what, format!("cannot listen on {address}: {error}; choose another {flag}")),
    }
}

/// From inside, a connection to our own outside often fails although others get through.
async fn reachable(address: SocketAddr) -> Line {
    match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => good("address", format!("{address} is reached.")),
        Ok(Err(_)) | Err(_) => unsure(
            "address",
            format!(
                "{address} is not reached from here; many routers do not turn such connections around, so try from \
                 another host: `nc -vz {} {}`",
                address.ip(),
                address.port()
            ),
        ),
    }
}
