//! `[subtensor]`: which chain, over which endpoints, how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use crate::config::Faults;

/// Bittensor's main network: its first block, by which an endpoint of another chain is told (as its nodes answer
/// `chain_getBlockHash(0)`).
const FINNEY_GENESIS: &str = "2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03";
/// The test network's.
const TEST_GENESIS: &str = "8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105";

/// Where the metagraph comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// The subnet inside this process, with validators that send real requests.
    #[default]
    Devnet,
    /// No chain: the wallet's hotkey, and `axon.callers` or `axon.allow` say who may call.
    Offline,
    /// Bittensor's main network.
    Finney,
    /// Bittensor's test network.
    Test,
    /// A chain of one's own.
    Local,
}

impl Network {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Devnet => "devnet",
            Self::Offline => "offline",
            Self::Finney => "finney",
            Self::Test => "test",
            Self::Local => "local",
        }
    }

    /// Whether others than us use it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Finney | Self::Test)
    }

    /// Whether there is a chain to read.
    pub fn has_chain(self) -> bool {
        matches!(self, Self::Finney | Self::Test | Self::Local)
    }

    fn endpoint(self) -> Option<&'static str> {
        match self {
            Self::Devnet | Self::Offline => None,
            Self::Finney => Some("wss://entrypoint-finney.opentensor.ai:443"),
            Self::Test => Some("wss://test.finney.opentensor.ai:443"),
            Self::Local => Some("ws://127.0.0.1:9944"),
        }
    }

    fn genesis(self) -> Option<&'static str> {
        match self {
            Self::Finney => Some(FINNEY_GENESIS),
            Self::Test => Some(TEST_GENESIS),
            Self::Devnet | Self::Offline | Self::Local => None,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Devnet, Self::Offline, Self::Finney, Self::Test, Self::Local];
        all.into_iter().find(|network| network.word() == text).ok_or_else(|| {
            format!("`{text}` is no network; use devnet, offline, finney, test or local, and subtensor.chain_endpoint for any other")
        })
    }
}

/// `[subtensor]`: which chain is read, and where it is asked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubtensorConfig {
    /// `devnet`, `offline`, `finney`, `test` or `local`. Absent: `devnet`, or `local` where endpoints are given.
    pub network: Option<Network>,
    /// The endpoint to ask first, `ws://` or `wss://`. Absent: the network's own.
    pub chain_endpoint: Option<Url>,
    /// Others, asked in turn when that one fails.
    pub fallback_endpoints: Vec<Url>,
    /// The hash of the chain's first block, hex: an endpoint with another is refused. Absent: the network's own; on `local`
    /// what the first endpoint says.
    pub genesis: Option<String>,
    /// Seconds between two syncs, 5 to 3600.
    pub sync_interval_s: u32,
    /// Seconds that one call may take, 1 to 300.
    pub call_timeout_s: u32,
    /// Seconds that an endpoint's newest block may be old before another endpoint is asked, 10 to 86400.
    pub max_block_age_s: u32,
    /// Seconds that the metagraph may be old before callers are refused because of that. Absent: whoever was known is answered,
    /// however old.
    pub max_age_s: Option<u64>,
}

impl std::fmt::Debug for SubtensorConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::config::debug(self, f)
    }
}

impl Default for SubtensorConfig {
    fn default() -> Self {
        Self {
            network: None,
            chain_endpoint: None,
            fallback_endpoints: Vec::new(),
            genesis: None,
            sync_interval_s: 120,
            call_timeout_s: 20,
            max_block_age_s: 180,
            max_age_s: None,
        }
    }
}

impl SubtensorConfig {
    /// The network meant.
    pub fn network(&self) -> Network {
        let given = self.chain_endpoint.is_some();
        self.network.unwrap_or(if given { Network::Local } else { Network::Devnet })
    }

    /// The endpoints, preferred first.
    pub fn endpoints(&self) -> Vec<Url> {
        let own = || self.network().endpoint().and_then(|url| url.parse().ok());
        let mut all: Vec<Url> = self.chain_endpoint.clone().or_else(own).into_iter().collect();
        for other in &self.fallback_endpoints {
            if !all.contains(other) {
                all.push(other.clone());
            }
        }
        all
    }

    /// The first block that the chain must have.
    pub fn genesis(&self) -> Option<[u8; 32]> {
        let text = self.genesis.as_deref().or(self.network().genesis())?;
        hex::decode(text.trim_start_matches("0x")).ok()?.try_into().ok()
    }

    /// Between two syncs.
    pub fn sync_interval(&self) -> Duration {
        Duration::from_secs(self.sync_interval_s.into())
    }

    /// Tells what is out of its range.
    pub fn check(&self, faults: &mut Faults) {
        faults.unless_within("subtensor.sync_interval_s", self.sync_interval_s, 5..=3_600);
        faults.unless_within("subtensor.call_timeout_s", self.call_timeout_s, 1..=300);
        faults.unless_within("subtensor.max_block_age_s", self.max_block_age_s, 10..=86_400);
        faults.unless_within("subtensor.max_age_s", self.max_age_s.unwrap_or(60), 60..=31_536_000);
        let first = self.chain_endpoint.iter().map(|url| ("chain_endpoint", url));
        for (key, url) in first.chain(self.fallback_endpoints.iter().map(|url| ("fallback_endpoints", url))) {
            if !matches!(url.scheme(), "ws" | "wss") || url.host().is_none() {
                let shown = shown(url);
                faults.push(format!(
                    "subtensor.{key}: `{shown}` is no endpoint; write ws://HOST:PORT or wss://HOST:PORT"
                ));
            }
        }
        if self.genesis.is_some() && self.genesis().is_none() {
            faults.push("subtensor.genesis must be the hash of the first block, 64 hex digits");
        }
        if !self.network().has_chain() && (self.chain_endpoint.is_some() || !self.fallback_endpoints.is_empty()) {
            let word = self.network().word();
            faults.push(format!(
                "subtensor.chain_endpoint is given, but subtensor.network is {word}, which asks none; leave one out"
            ));
        }
    }
}

/// An endpoint as it may be shown: who pays for one has its key in the password, the path or the query.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let rest = if url.path().len() > 1 { "/…" } else { "" };
    format!("{}://{}{port}{rest}", url.scheme(), url.host_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> SubtensorConfig {
        toml::from_str(text).expect("TOML")
    }

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Faults::default();
        config(text).check(&mut faults);
        faults.into_vec()
    }

    #[test]
    fn an_endpoint_alone_means_a_chain_of_ones_own() {
        let config = config("chain_endpoint = 'ws://127.0.0.1:9955'\nfallback_endpoints = ['wss://b', 'wss://b']");
        assert_eq!((config.network(), config.genesis()), (Network::Local, None));
        assert_eq!(config.endpoints().len(), 2, "the same one twice is one");
    }

    #[test]
    fn a_public_network_knows_its_endpoint_and_its_first_block() {
        for network in ["finney", "test"] {
            let config = config(&format!("network = '{network}'"));
            assert!(config.genesis().is_some() && config.endpoints()[0].scheme() == "wss", "{network}");
        }
    }

    #[test]
    fn an_endpoint_s_key_is_not_shown() {
        for (url, text) in [
            ("wss://name:word@host/key?apikey=secret#part", "wss://host/…"),
            ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
            ("wss://[::1]:9944/", "wss://[::1]:9944"),
        ] {
            assert_eq!(shown(&url.parse().expect("a URL")), text);
        }
    }

    #[test]
    fn endpoints_that_cannot_be_asked_are_told() {
        for (text, word) in [
            ("chain_endpoint = 'http://a'", "ws://HOST"),
            ("network = 'devnet'\nchain_endpoint = 'ws://a'", "devnet"),
            ("network = 'finney'\ngenesis = '0x12'", "64 hex"),
            ("sync_interval_s = 1", "5 to 3600"),
        ] {
            let faults = faults(text);
            assert!(faults.len() == 1 && faults[0].contains(word), "{text}: {faults:?}");
        }
        assert!(faults("network = 'local'").is_empty());
    }
}
