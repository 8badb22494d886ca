//! `serve_axon`: what the pallet refuses, and what it does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::block::Account;
use super::extrinsic::Call;
use crate::domain::{AxonInfo, ChainView, Metagraph};
use crate::keys::Hotkey;

/// Why the pallet refuses to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The hotkey is not on the subnet. Runtimes until 2025 took one that is on any subnet; the node has but one.
    NotRegistered,
    InvalidIp,
    TooSoon,
    InvalidPort,
    InvalidIpType,
}

impl Refusal {
    /// The code with which the pool refuses.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::NotRegistered => 10,
            Self::InvalidIp => 11,
            Self::TooSoon => 12,
            Self::InvalidPort => 13,
            Self::InvalidIpType => 255,
        }
    }

    /// The pallet's error; the first of these that the runtime has.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::NotRegistered => &["HotKeyNotRegisteredInNetwork", "HotKeyNotRegisteredInSubNet"],
            Self::InvalidIp => &["InvalidIpAddress"],
            Self::TooSoon => &["ServingRateLimitExceeded"],
            Self::InvalidPort => &["InvalidPort"],
            Self::InvalidIpType => &["InvalidIpType"],
        }
    }
}

/// Whether `hotkey` may serve so in block `number`. `zero_ip`: whether the address 0 will do, as it does since the pool
/// refuses.
pub(super) fn check(
    view: &ChainView,
    number: u64,
    hotkey: &Account,
    call: &Call,
    zero_ip: bool,
) -> Result<(), Refusal> {
    let (_, neuron) = view.metagraph.find(&Hotkey::new(*hotkey)).ok_or(Refusal::NotRegistered)?;
    if call.netuid != view.netuid {
        return Err(Refusal::NotRegistered);
    }
    if !ip_is_valid(call, zero_ip) {
        return Err(Refusal::InvalidIp);
    }
    let limit = view.serving_rate_limit_blocks.unwrap_or(0);
    if neuron.axon.is_some_and(|axon| number < axon.block.saturating_add(limit)) {
        return Err(Refusal::TooSoon);
    }
    if call.port == 0 {
        return Err(Refusal::InvalidPort);
    }
    if !matches!(call.ip_type, 4 | 6) {
        return Err(Refusal::InvalidIpType);
    }
    Ok(())
}

fn ip_is_valid(call: &Call, zero_ip: bool) -> bool {
    let forbidden = match call.ip_type {
        4 => call.ip > u32::MAX.into() || [Ipv4Addr::LOCALHOST, Ipv4Addr::BROADCAST].contains(&v4(call.ip)),
        6 => [Ipv6Addr::LOCALHOST.into(), u128::MAX].contains(&call.ip),
        _ => false,
    };
    !forbidden && (zero_ip || call.ip != 0)
}

/// The address within the lower 32 bits.
fn v4(ip: u128) -> Ipv4Addr {
    Ipv4Addr::from(ip as u32)
}

/// The view with what `hotkey` serves from block `number` on.
pub(super) fn apply(view: &mut ChainView, number: u64, hotkey: &Account, call: &Call) {
    let ip = if call.ip_type == 4 { IpAddr::V4(v4(call.ip)) } else { IpAddr::V6(call.ip.into()) };
    let axon = AxonInfo { ip, port: call.port, protocol: call.protocol, version: call.version, block: number };
    let mut neurons: Vec<_> = std::mem::take(&mut view.metagraph).into();
    if let Some(neuron) = neurons.iter_mut().find(|neuron| neuron.hotkey.bytes() == hotkey) {
        neuron.axon = Some(axon);
    }
    view.metagraph = Metagraph::new(neurons);
}
