//! What `lode check` tells beside the configuration: who we are, and how the chain sees us.

use std::sync::Arc;

use super::StartError;
use super::parts::{keeper_setup, signer};
use crate::chain::Keeper;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ChainView;
use crate::keys::Signer;

/// Our address, then our place on the subnet where there is a chain to ask; changes nothing.
///
/// # Errors
///
/// When the wallet cannot be used. That a chain cannot be read is told like the rest.
pub async fn check_standing(config: &Config, clock: Clock) -> Result<Vec<String>, StartError> {
    let network = config.subtensor.network();
    let signer = Arc::new(signer(config)?);
    let mut told = vec![format!("Hotkey {}.", signer.address())];
    if network.has_chain() {
        let setup = keeper_setup(config, &signer, config.axon.port, None, clock);
        told.extend(match Keeper::new(setup).look().await {
            Ok(view) => standing(&view, &signer),
            Err(error) => vec![format!("The chain cannot be read: {error}.")],
        });
    }
    Ok(told)
}

fn standing(view: &ChainView, signer: &Signer) -> Vec<String> {
    let status = view.status(&signer.hotkey());
    let (network, netuid, block) = (&view.network, view.netuid, view.block);
    let spec = view.spec_version.map_or(String::new(), |spec| format!(", spec {spec}"));
    let neurons = view.metagraph.neurons().len();
    let permitted = view.metagraph.validators().count();
    let chain = format!(
        "Subnet {netuid} of {network} at block {block}{spec}: {neurons} neurons, {permitted} with a validator permit."
    );
    let place = match status.uid {
        Some(uid) => format!("Registered as uid {uid}."),
        None => format!("Not registered: `btcli subnet register --netuid {netuid}` does that."),
    };
    let served = status
        .served_axon
        .map_or("The chain has no axon of ours.".into(), |axon| format!("The chain has our axon at {axon}."));
    vec![chain, place, served]
}
