//! `lode check`: whether the miner would work here, line by line: a ✓, or what to do. It changes nothing.

mod line;
mod outside;
mod reach;

use std::path::Path;
use std::sync::Arc;

use lode_shared::Serving;

pub use line::{Line, Verdict};
use line::{good, mend, outside, unsure};

use crate::app::{keeper_setup, signer};
use crate::chain::{Keeper, Network};
use crate::clock::Clock;
use crate::config::{Config, solver_urls};
use crate::domain::ChainView;
use crate::keys::Signer;

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
    lines.push(data_folder(data_dir));
    lines.extend(reach::ports(config, clock).await);
    let mut view = None;
    if let (Some(signer), true) = (&signer, network.has_chain()) {
        let setup = keeper_setup(config, signer, config.axon.port, None, clock.clone());
        match Keeper::new(setup).look().await {
            Ok(seen) => {
                lines.extend(standing(&seen, signer));
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
fn data_folder(folder: &Path) -> Line {
    let there = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let shown = folder.display();
    match tempfile_in(there) {
        Ok(()) => good("data folder", format!("{shown} can be written.")),
        Err(error) => {
            mend("data folder", format!("{} cannot be written: {error}; choose another --data-dir", there.display()))
        }
    }
}

/// Makes a file without a name of ours in it, and takes it away again.
fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".lode-check-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)
}

fn standing(view: &ChainView, signer: &Signer) -> [Line; 3] {
    let status = view.status(&signer.hotkey());
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
    let served = match (&status.served_axon, status.keeper.serving) {
        (Some(axon), Serving::Hidden) => outside("served axon", format!("The chain has our axon at {axon}.")),
        (Some(axon), _) => good("served axon", format!("The chain has our axon at {axon}.")),
        (None, _) => unsure("served axon", "The chain has no axon of ours; a running miner registers it.".into()),
    };
    [good("chain", chain), place, served]
}
