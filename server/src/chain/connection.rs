//! One connection to one endpoint: every call has its time, every answer its size, and the runtime's metadata is read anew
//! when its version changes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use subxt::backend::LegacyBackend;
use subxt::client::{ClientAtBlock, OnlineClient, OnlineClientAtBlockImpl};
use subxt::config::RpcConfigFor;
use subxt::config::substrate::{SubstrateConfig, SubstrateConfigBuilder};
use subxt::error::{OnlineClientAtBlockError, RuntimeApiError};
use subxt::ext::jsonrpsee::core::client::{Client, Error as WsError, IdKind};
use subxt::ext::jsonrpsee::ws_client::{PingConfig, WsClientBuilder};
use subxt::rpcs::client::{RawRpcFuture, RawRpcSubscription, RawValue, RpcClientT};
use subxt::rpcs::methods::legacy::LegacyRpcMethods;
use subxt::rpcs::{self, RpcClient};
use subxt::utils::H256;
use url::Url;

use super::config::shown;
use super::neurons::{Stored, SubnetError};

/// The longest answer: metadata is some 600 KB, a subnet's table 100 KB.
const MAX_ANSWER_BYTES: u32 = 8 * 1024 * 1024;
/// Storage values asked for at once.
const VALUES_AT_ONCE: usize = 1_000;

/// A block of the chain, with its runtime's metadata.
pub(super) type AtBlock = ClientAtBlock<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;

/// A connection to one endpoint.
pub(super) struct Connection {
    /// The endpoint, as it may be shown.
    pub(super) shown: String,
    client: OnlineClient<SubstrateConfig>,
    backend: Arc<LegacyBackend<SubstrateConfig>>,
    methods: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
    spec_version: Option<u32>,
}

/// Why an endpoint is of no use now.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChainError {
    /// No connection.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// Another chain.
    #[error(
        "its first block is {found}, not {wanted}: it is an endpoint of another chain; check subtensor.chain_endpoint"
    )]
    WrongChain {
        /// What it said.
        found: String,
        /// What it must be.
        wanted: String,
    },
    /// It does not follow the chain.
    #[error("its newest block is {0} s old: it does not follow the chain, or this host's clock is wrong")]
    OldBlock(u64),
    /// It claims what cannot be yet.
    #[error("its newest block is ahead of the time: it lies, or this host's clock is wrong")]
    Ahead,
    /// It is behind what was seen before.
    #[error(
        "its newest block is {found}, and {known} was seen before: it has lost the chain, or the chain was set back"
    )]
    Behind {
        /// What it has.
        found: u64,
        /// What was seen.
        known: u64,
    },
    /// A call failed.
    #[error("{0}")]
    Call(String),
    /// The subnet cannot be read.
    #[error(transparent)]
    Subnet(#[from] SubnetError),
}

impl From<rpcs::Error> for ChainError {
    fn from(error: rpcs::Error) -> Self {
        Self::call(&error)
    }
}

impl From<OnlineClientAtBlockError> for ChainError {
    fn from(error: OnlineClientAtBlockError) -> Self {
        Self::call(&error)
    }
}

impl From<RuntimeApiError> for ChainError {
    fn from(error: RuntimeApiError) -> Self {
        Self::call(&error)
    }
}

/// Where an error passed through, which is nothing to an operator.
const LAYERS: [&str; 7] = [
    "Cannot construct OnlineClient: ",
    "Cannot construct OnlineClientAtBlock: ",
    "Backend error: ",
    "RPC error: ",
    "client error: ",
    "User error: ",
    "Custom error: ",
];

impl ChainError {
    /// Whether it lasts until the operator does something.
    pub(super) fn needs_operator(&self) -> bool {
        matches!(self, Self::WrongChain { .. } | Self::Subnet(_))
    }

    fn call(error: &impl std::fmt::Display) -> Self {
        Self::Call(LAYERS.iter().fold(error.to_string(), |text, layer| text.replace(layer, "")))
    }
}

impl Connection {
    /// Connects and makes sure that it is the chain with this first block, if that is known.
    pub(super) async fn open(url: &Url, timeout: Duration, genesis: Option<[u8; 32]>) -> Result<Self, ChainError> {
        let connect = WsClientBuilder::default()
            // Numbers among the ids would not be recognised: here they are parsed digit for digit, whatever they stand for.
            .id_format(IdKind::String)
            .connection_timeout(timeout)
            // Ours comes first.
            .request_timeout(timeout * 2)
            .max_response_size(MAX_ANSWER_BYTES)
            // Between two syncs nothing else would cross it, and what is in between cuts what is silent.
            .enable_ws_ping(PingConfig::new())
            .build(url.as_str());
        let inner = tokio::time::timeout(timeout, connect).await;
        let inner = inner.map_err(|_| no_answer(timeout)).and_then(|built| built.map_err(|error| plain(&error)));
        let rpc = RpcClient::new(Timed { inner: inner.map_err(ChainError::Connect)?, timeout });
        let methods = LegacyRpcMethods::new(rpc.clone());
        let backend = Arc::new(LegacyBackend::builder().build(rpc));
        let client = OnlineClient::from_backend_with_config(SubstrateConfig::new(), Arc::clone(&backend)).await;
        let client = client.map_err(|error| ChainError::call(&error))?;
        let found = client.genesis_hash();
        if let Some(wanted) = genesis.map(H256::from).filter(|wanted| *wanted != found) {
            return Err(ChainError::WrongChain { found: format!("{found:?}"), wanted: format!("{wanted:?}") });
        }
        Ok(Self { shown: shown(url), client, backend, methods, spec_version: None })
    }

    /// The chain's first block.
    pub(super) fn genesis(&self) -> [u8; 32] {
        self.client.genesis_hash().0
    }

    /// The newest finalised block. Its runtime's metadata is fetched when the version is another than before.
    pub(super) async fn newest(&mut self) -> Result<AtBlock, ChainError> {
        let at = self.client.at_current_block().await?;
        let version = at.spec_version();
        if self.spec_version.replace(version).is_some_and(|before| before != version) {
            // The client keeps the metadata of every version that it has seen: megabytes each.
            let config = SubstrateConfigBuilder::new()
                .set_genesis_hash(self.client.genesis_hash())
                .set_metadata_for_spec_versions([(version, at.metadata())])
                .build();
            let client = OnlineClient::from_backend_with_config(config, Arc::clone(&self.backend)).await;
            self.client = client.map_err(|error| ChainError::call(&error))?;
        }
        Ok(at)
    }

    /// Storage values at a block; keys without one are absent.
    pub(super) async fn fetch(&self, keys: &[Vec<u8>], at: H256) -> Result<Stored, ChainError> {
        let mut stored = Stored::with_capacity(keys.len());
        for keys in keys.chunks(VALUES_AT_ONCE) {
            match self.methods.state_query_storage_at(keys.iter().map(Vec::as_slice), Some(at)).await {
                Ok(sets) => {
                    // What was not asked for is dropped: an answer must not grow without limit.
                    let asked: HashSet<&[u8]> = keys.iter().map(Vec::as_slice).collect();
                    let changes = sets.into_iter().flat_map(|set| set.changes);
                    let changes = changes.filter(|(key, _)| asked.contains(key.0.as_slice()));
                    stored.extend(changes.filter_map(|(key, value)| Some((key.0, value?.0))));
                }
                // Some public endpoints let through single reads only.
                Err(rpcs::Error::User(_)) => {
                    for key in keys {
                        let value = self.methods.state_get_storage(key, Some(at)).await?;
                        stored.extend(value.map(|value| (key.clone(), value)));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(stored)
    }
}

fn no_answer(timeout: Duration) -> String {
    format!("no answer within {} s", timeout.as_secs_f64())
}

/// The innermost cause: the layers above it say the same again.
fn plain(error: &WsError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Gives every call its time.
struct Timed {
    inner: Client,
    timeout: Duration,
}

impl Timed {
    async fn within<T>(&self, call: RawRpcFuture<'_, T>) -> Result<T, rpcs::Error> {
        let late = |_| rpcs::Error::Client(no_answer(self.timeout).into());
        tokio::time::timeout(self.timeout, call).await.map_err(late)?
    }
}

impl RpcClientT for Timed {
    fn request_raw<'a>(&'a self, method: &'a str, params: Option<Box<RawValue>>) -> RawRpcFuture<'a, Box<RawValue>> {
        Box::pin(self.within(self.inner.request_raw(method, params)))
    }

    fn subscribe_raw<'a>(
        &'a self,
        method: &'a str,
        params: Option<Box<RawValue>>,
        unsubscribe: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        Box::pin(self.within(self.inner.subscribe_raw(method, params, unsubscribe)))
    }
}

#[cfg(test)]
mod tests {
    use subxt::error::RpcError;

    use super::*;

    #[test]
    fn an_error_tells_what_happened_and_not_where_it_passed_through() {
        let late = rpcs::Error::Client(no_answer(Duration::from_secs(20)).into());
        let error = OnlineClientAtBlockError::CannotGetCurrentBlock { reason: RpcError::from(late).into() };
        assert_eq!(ChainError::from(error).to_string(), "cannot get the current block: no answer within 20 s");
    }
}
