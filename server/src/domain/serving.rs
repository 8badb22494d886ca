//! Whether the chain has our axon as it is, and what to do when it has not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lode_shared::Serving;

use super::{AxonInfo, ChainView, Neuron};

/// HTTP, by the SDK's count of transports.
pub const AXON_PROTOCOL: u8 = 4;
/// SDK 10.5.0, whose protocol we speak, as the SDK writes versions: major · 10^6 + minor · 10^3 + patch.
pub const SDK_VERSION: u32 = 10_005_000;

/// Our axon as validators should find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advertised {
    /// The address under which the world reaches us.
    pub ip: IpAddr,
    /// The port there.
    pub port: u16,
}

/// What is to be done about our axon on chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServeStep {
    /// Nothing: the chain has it as it is.
    Visible,
    /// Register it now.
    Serve,
    /// Register it when so many blocks have passed: the chain takes one registration in a while.
    Wait {
        /// The blocks.
        blocks: u64,
    },
}

impl Advertised {
    /// What should be done at `chain`'s block, where `us` is our row.
    pub fn step(&self, chain: &ChainView, us: &Neuron) -> ServeStep {
        let Some(served) = us.axon else { return ServeStep::Serve };
        if self.is(&served) {
            return ServeStep::Visible;
        }
        // The block that would hold it is the next one.
        let free = served.block.saturating_add(chain.serving_rate_limit_blocks.unwrap_or(0));
        match free.saturating_sub(chain.block.saturating_add(1)) {
            0 => ServeStep::Serve,
            blocks => ServeStep::Wait { blocks },
        }
    }

    /// Whether `served` is this axon.
    pub fn is(&self, served: &AxonInfo) -> bool {
        (served.ip, served.port, served.protocol, served.version) == (self.ip, self.port, AXON_PROTOCOL, SDK_VERSION)
    }
}

/// Why nobody outside can reach an address; nothing for one of the public internet's.
pub fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => not_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(mapped) => not_public_v4(mapped),
            None => not_public_v6(ip),
        },
    }
}

fn not_public_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, ..] = ip.octets();
    match (a, b) {
        _ if ip.is_loopback() => Some("a loopback address"),
        _ if ip.is_private() => Some("a private address"),
        _ if ip.is_link_local() => Some("a link-local address"),
        _ if ip.is_documentation() => Some("an address for documentation"),
        (0, _) => Some("no address"),
        (100, 64..=127) => Some("a provider's shared address"),
        (198, 18..=19) => Some("an address for benchmarks"),
        (224.., _) => Some("no address of a single host"),
        _ => None,
    }
}

fn not_public_v6(ip: Ipv6Addr) -> Option<&'static str> {
    match ip.segments() {
        _ if ip.is_loopback() => Some("a loopback address"),
        _ if ip.is_unspecified() => Some("no address"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("a private address"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("a link-local address"),
        [0x2001, 0x0db8, ..] => Some("an address for documentation"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("no address of a single host"),
        _ => None,
    }
}

/// Why the chain does not take a registration (subtensor `CustomTransactionError`, and the pallet's errors of the same
/// meaning on runtimes that refuse only at dispatch).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServeRefusal {
    /// 10
    NotRegistered,
    /// 11
    BadIp,
    /// 12
    TooSoon,
    /// 13
    BadPort,
    /// 255
    BadRequest,
    /// Another code.
    Code(u8),
    /// Something else, in the chain's words.
    Other(String),
}

impl ServeRefusal {
    /// By the pool's code.
    pub fn from_code(code: u8) -> Self {
        match code {
            10 => Self::NotRegistered,
            11 => Self::BadIp,
            12 => Self::TooSoon,
            13 => Self::BadPort,
            255 => Self::BadRequest,
            code => Self::Code(code),
        }
    }

    /// By the name of the pallet's error.
    pub fn from_error(name: &str) -> Self {
        match name {
            "HotKeyNotRegisteredInNetwork" | "HotKeyNotRegisteredInSubNet" | "NotRegistered" => Self::NotRegistered,
            "InvalidIpAddress" => Self::BadIp,
            "ServingRateLimitExceeded" => Self::TooSoon,
            "InvalidPort" => Self::BadPort,
            "InvalidIpType" => Self::BadRequest,
            name => Self::Other(name.to_owned()),
        }
    }

    /// The code in the text of a node's error: `Custom error: 12`, or `{"invalid":{"custom":12}}`.
    pub fn from_text(text: &str) -> Self {
        let lower = text.to_lowercase();
        let after = lower.find("custom").map(|at| &lower[at + "custom".len()..]);
        let digits = after.map(|rest| {
            let rest = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
            rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().to_owned()
        });
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(code) => Self::from_code(code),
            None => Self::Other(text.chars().take(200).collect()),
        }
    }

    /// Whether trying again without a change of ours may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::NotRegistered | Self::TooSoon | Self::Other(_))
    }

    /// How things stand after it.
    pub fn serving(&self) -> Serving {
        if *self == Self::TooSoon { Serving::Pending } else { Serving::Hidden }
    }

    /// What happened and what to do, for the operator.
    pub fn remedy(&self, netuid: u16, ours: Advertised) -> String {
        let Advertised { ip, port } = ours;
        match self {
            Self::NotRegistered => format!("{} (the chain's code 10)", not_registered(netuid)),
            Self::BadIp => format!(
                "the chain takes no axon at {ip} (code 11): set axon.external_ip to the address under which the internet reaches this \
                 host"
            ),
            Self::TooSoon => "the axon was registered a short while ago (code 12): the chain takes one registration in a while, Lode \
                              tries again when it is over"
                .into(),
            Self::BadPort => {
                format!("the chain takes no axon at port {port} (code 13): set axon.port, or axon.external_port behind a router")
            }
            Self::BadRequest => "the chain cannot read the registration (code 255): its runtime may be newer than this Lode; \
                                 update Lode, or register the axon elsewhere with axon.serve = false"
                .into(),
            Self::Code(code) => format!(
                "the chain refuses with code {code}, which this Lode does not know: look it up in subtensor's CustomTransactionError, or \
                 update Lode"
            ),
            Self::Other(text) => format!("the chain does not take the registration: {text}; Lode tries again at the next sync"),
        }
    }
}

/// What to do when the hotkey is not on the subnet.
pub fn not_registered(netuid: u16) -> String {
    format!("the hotkey is not registered on subnet {netuid}: `btcli subnet register --netuid {netuid}` does that")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Hotkey;

    const OURS: Advertised = Advertised { ip: IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)), port: 8_091 };

    fn step(block: u64, axon: Option<AxonInfo>) -> ServeStep {
        let chain = ChainView { block, serving_rate_limit_blocks: Some(50), ..ChainView::default() };
        OURS.step(&chain, &Neuron { axon, ..Neuron::new(Hotkey::new([1; 32])) })
    }

    fn served(block: u64) -> AxonInfo {
        AxonInfo { ip: OURS.ip, port: OURS.port, protocol: AXON_PROTOCOL, version: SDK_VERSION, block }
    }

    #[test]
    fn an_axon_is_registered_only_when_the_chain_has_another() {
        assert_eq!(step(100, None), ServeStep::Serve);
        assert_eq!(step(100, Some(served(99))), ServeStep::Visible);
        for other in [
            AxonInfo { ip: Ipv4Addr::new(9, 9, 9, 9).into(), ..served(8) },
            AxonInfo { port: 1, ..served(8) },
            AxonInfo { protocol: 3, ..served(8) },
            AxonInfo { version: 9_012_002, ..served(8) },
        ] {
            assert_eq!(step(100, Some(other)), ServeStep::Serve, "{other:?}");
        }
    }

    #[test]
    fn the_chains_rate_limit_is_waited_out_to_the_block() {
        // Recorded: served at 8 with a limit of 50, block 57 was refused and 58 taken (serve_matrix.txt).
        let other = AxonInfo { port: 1, ..served(8) };
        assert_eq!(step(56, Some(other)), ServeStep::Wait { blocks: 1 }, "the next block is 57");
        assert_eq!(step(57, Some(other)), ServeStep::Serve);
    }

    #[test]
    fn the_code_is_found_in_what_nodes_say() {
        for (text, refusal) in [
            ("Custom error: 12", ServeRefusal::TooSoon),
            ("{\"invalid\":{\"custom\":10}}", ServeRefusal::NotRegistered),
            ("Invalid Transaction: Custom error: 255", ServeRefusal::BadRequest),
            ("Custom error: 77", ServeRefusal::Code(77)),
            ("Transaction is outdated", ServeRefusal::Other("Transaction is outdated".into())),
            ("Custom error: 999", ServeRefusal::Other("Custom error: 999".into())),
        ] {
            assert_eq!(ServeRefusal::from_text(text), refusal);
        }
    }

    #[test]
    fn every_refusal_has_its_own_sentence_with_its_code() {
        let all = [10, 11, 12, 13, 255, 99].map(|code| (code, ServeRefusal::from_code(code).remedy(36, OURS)));
        for (code, sentence) in &all {
            assert!(sentence.contains(&format!("code {code}")), "{sentence}");
            assert_eq!(all.iter().filter(|(_, other)| other == sentence).count(), 1);
        }
    }

    #[test]
    fn addresses_that_nobody_outside_reaches_are_told_apart() {
        for ip in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "2001:db8::1",
            "ff02::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(not_public(ip.parse().expect("an address")).is_some(), "{ip}");
        }
        for ip in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert_eq!(not_public(ip.parse().expect("an address")), None, "{ip}");
        }
    }
}
