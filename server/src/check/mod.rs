//! `lode check`: whether the miner would work here, line by line: a ✓, or what to do. It changes nothing.

mod line;
mod outside;
mod reach;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

pub use line::{Line, Verdict};
use line::{good, mend, outside, unsure};

use crate::alerts::{AlertsConfig, Webhook};
use crate::app::{keeper_setup, signer};
use crate::chain::{Keeper, Network};
use crate::clock::Clock;
use crate::config::{Config, solver_urls};
use crate::domain::ChainView;
use crate::keys::Hotkey;

/// Looks at the wallet, the data folder, the ports, the clock, the chain and what solvers ask.
pub async fn check(config: &Config, data_dir: &Path, clock: &Clock) -> Vec<Line> {
    let network = config.subtensor.network();
    let mut lines = Vec::new();
    let signer = match signer(config) {
        Ok(signer) => {
            lines.push(good("wallet", format!("Hotkey {}.", signer.address())));
            Some(Arc::new(signer))
        }
        Err(error) => {
            lines.push(mend("wallet", error.to_string()));
            None
        }
    };
    lines.push(folder("data folder", data_dir, "--data-dir"));
    lines.extend(config.log.folder.as_ref().map(|path| folder("log folder", path, "log.folder")));
    lines.push(alerts(&config.alerts));
    let (ports, address) = reach::ports(config, clock).await;
    lines.extend(ports);
    let mut view = None;
    if let (Some(signer), true) = (&signer, network.has_chain()) {
        let setup = keeper_setup(config, signer, config.axon.port, None, clock.clone());
        match Keeper::new(setup).look().await {
            Ok(seen) => {
                lines.extend(standing(&seen, &signer.hotkey()));
                lines.push(served(&seen, &signer.hotkey(), address, config.axon.serve));
                view = Some(seen);
            }
            Err(error) => lines.push(outside("chain", format!("The chain cannot be read: {error}."))),
        }
    }
    lines.push(outside::clock(config, view.as_ref(), clock).await);
    for (name, url) in solver_urls(config) {
        lines.push(outside::upstream(&name, &url).await);
    }
    if network == Network::Devnet {
        lines.push(unsure("network", "devnet: a rehearsal inside the process, where nothing is earned".into()));
    }
    lines
}

/// The folder need not be there yet; where it will be must be writable.
fn folder(what: &str, folder: &Path, flag: &str) -> Line {
    // The last one of a path that does not begin at the root is empty: where we are.
    let here = |path: &Path| if path.as_os_str().is_empty() { Path::new(".").to_owned() } else { path.to_owned() };
    let there = folder.ancestors().map(here).find(|path| path.exists()).unwrap_or_else(|| "/".into());
    match tempfile_in(&there) {
        Ok(()) => good(what, format!("{} can be written.", folder.display())),
        Err(error) => mend(what, format!("{} cannot be written: {error}; choose another {flag}", there.display())),
    }
}

/// Makes a file without a name of ours in it, and takes it away again.
fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".lode-check-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)
}

fn alerts(config: &AlertsConfig) -> Line {
    match Webhook::new(config, |name| std::env::var(name).ok()) {
        Ok(Some(webhook)) => {
            let format = webhook.format().word();
            good("alerts", format!("A webhook is told ({format}); `lode alert test` sends it a message."))
        }
        Ok(None) => unsure("alerts", "in the log alone; alerts.webhook_file names a channel that is told".into()),
        Err(error) => mend("alerts", error.to_string()),
    }
}

fn standing(view: &ChainView, hotkey: &Hotkey) -> [Line; 2] {
    let status = view.status(hotkey);
    let (network, netuid, block) = (&view.network, view.netuid, view.block);
    let spec = view.spec_version.map_or(String::new(), |spec| format!(", spec {spec}"));
    let neurons = view.metagraph.neurons().len();
    let permitted = view.metagraph.validators().count();
    let chain = format!(
        "Subnet {netuid} of {network} at block {block}{spec}: {neurons} neurons, {permitted} with a validator permit."
    );
    let place = match status.uid {
        Some(uid) => good("registration", format!("Registered as uid {uid}.")),
        None => {
            outside("registration", format!("Not registered: `btcli subnet register --netuid {netuid}` does that."))
        }
    };
    [good("chain", chain), place]
}

/// `ours`: where validators should find us. `is_kept`: whether the miner keeps that on chain by itself.
fn served(view: &ChainView, hotkey: &Hotkey, ours: Option<SocketAddr>, is_kept: bool) -> Line {
    let wrong = |said: String| match is_kept {
        true => unsure("served axon", format!("{said}; a running miner registers it")),
        false => outside("served axon", format!("{said}; axon.serve is off, so whoever else registers it must")),
    };
    match (view.status(hotkey).served_axon, ours.map(|ours| ours.to_string())) {
        (Some(axon), Some(ours)) if axon != ours => wrong(format!("the chain has our axon at {axon}, not at {ours}")),
        (Some(axon), _) => good("served axon", format!("The chain has our axon at {axon}.")),
        (None, _) => wrong("the chain has no axon of ours".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::domain::{AxonInfo, Metagraph, Neuron};

    #[test]
    fn an_axon_elsewhere_on_chain_is_told_with_both_addresses() {
        let hotkey = Hotkey::new([3; 32]);
        let axon = AxonInfo { ip: Ipv4Addr::new(192, 0, 2, 1).into(), port: 8_091, protocol: 4, version: 0, block: 1 };
        let view = |axon| ChainView {
            metagraph: Metagraph::new(vec![Neuron { axon, ..Neuron::new(hotkey) }]),
            ..ChainView::default()
        };
        let line = |axon, ours: &str, is_kept| served(&view(axon), &hotkey, ours.parse().ok(), is_kept);
        assert_eq!(line(Some(axon), "192.0.2.1:8091", true).verdict, Verdict::Good);
        assert_eq!(line(Some(axon), "", true).verdict, Verdict::Good, "ours is not known");
        let elsewhere = line(Some(axon), "192.0.2.2:8091", true);
        assert_eq!(elsewhere.verdict, Verdict::Unsure);
        assert!(elsewhere.text.contains("192.0.2.1:8091") && elsewhere.text.contains("192.0.2.2:8091"), "{elsewhere}");
        let nobody = line(Some(axon), "192.0.2.2:8091", false);
        assert!(nobody.verdict == Verdict::Outside && nobody.text.contains("axon.serve is off"), "{nobody}");
        assert!(line(None, "192.0.2.2:8091", true).text.contains("no axon of ours"));
    }
}
