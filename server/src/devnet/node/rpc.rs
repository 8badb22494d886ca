//! JSON-RPC: which methods there are, and what they answer.

use serde_json::{Value, json};

use super::block::{Block, Hash};
use super::calls;
use super::chain::Chain;
use super::extrinsic::Refused;
use super::outlet::Outlet;
use super::pool::{NoPlace, Waiting, Watcher};
use super::runtime::{hex, unhex};
use crate::keys::Hotkey;

/// The most keys of one page, as on a real node.
const MAX_PAGE: u64 = 1_000;
const METHODS: [&str; 20] = [
    "author_submitAndWatchExtrinsic",
    "author_submitExtrinsic",
    "author_unwatchExtrinsic",
    "chain_getBlock",
    "chain_getBlockHash",
    "chain_getFinalizedHead",
    "chain_getHeader",
    "rpc_methods",
    "state_call",
    "state_getKeysPaged",
    "state_getMetadata",
    "state_getRuntimeVersion",
    "state_getStorage",
    "state_queryStorageAt",
    "system_accountNextIndex",
    "system_chain",
    "system_health",
    "system_name",
    "system_properties",
    "system_version",
];

/// A call that failed.
#[derive(Debug)]
pub(super) struct Failure {
    code: i64,
    message: String,
    data: Option<String>,
}

impl Failure {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    fn with_data(code: i64, message: &str, data: impl Into<String>) -> Self {
        Self { data: Some(data.into()), ..Self::new(code, message) }
    }

    pub(super) fn invalid_params() -> Self {
        Self::new(-32_602, "Invalid params")
    }

    /// As a real node words what its client library says.
    pub(super) fn client(text: &str) -> Self {
        Self::new(4_003, format!("Client error: {text}"))
    }
}

/// Answers one call. What a subscription tells comes after its answer.
pub(super) fn answer(chain: &mut Chain, request: &str, outlet: &Outlet) {
    let parsed = serde_json::from_str::<Value>(request);
    let is_json = parsed.is_ok();
    let request = parsed.unwrap_or_default();
    let (id, method) = (request.get("id").cloned().unwrap_or_default(), request.get("method").and_then(Value::as_str));
    let none = Vec::new();
    let params = Params(request.get("params").and_then(Value::as_array).unwrap_or(&none));
    let result = match method {
        Some("author_submitAndWatchExtrinsic") => watch(chain, &params, outlet),
        Some(method) => call(chain, method, &params),
        None if is_json => Err(Failure::new(-32_600, "Invalid Request")),
        None => Err(Failure::new(-32_700, "Parse error")),
    };
    match result {
        Ok(result) => {
            outlet.push(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
            if method == Some("author_submitAndWatchExtrinsic") {
                announce(chain);
            }
        }
        Err(Failure { code, message, data }) => {
            let mut error = json!({"code": code, "message": message});
            if let Some(data) = data {
                error["data"] = data.into();
            }
            outlet.push(&json!({"jsonrpc": "2.0", "id": id, "error": error}));
        }
    }
}

fn call(chain: &mut Chain, method: &str, params: &Params<'_>) -> Result<Value, Failure> {
    Ok(match method {
        "rpc_methods" => json!({"version": 1, "methods": METHODS}),
        "system_chain" => json!("bittensor"),
        "system_name" => json!("Lode devnet node"),
        "system_version" => json!(env!("CARGO_PKG_VERSION")),
        "system_health" => json!({"peers": 0, "isSyncing": false, "shouldHavePeers": false}),
        "system_properties" => json!({"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO"}),
        "system_accountNextIndex" => {
            let account: Hotkey = params.text(0)?.parse().map_err(|_| Failure::invalid_params())?;
            json!(chain.next_nonce(account.bytes()))
        }
        "chain_getFinalizedHead" => json!(hex(chain.best().hash)),
        "chain_getBlockHash" => match params.optional(0) {
            None => json!(hex(chain.best().hash)),
            Some(number) => {
                json!(chain.hash_of(number.as_u64().ok_or_else(Failure::invalid_params)?).map(hex))
            }
        },
        "chain_getHeader" => params.known_block(chain, 0)?.map_or(Value::Null, Block::header),
        "chain_getBlock" => params.known_block(chain, 0)?.map_or(Value::Null, Block::body),
        "state_getRuntimeVersion" => params.block(chain, 0)?.runtime.version_json(),
        "state_getMetadata" => json!(hex(&params.block(chain, 0)?.runtime.metadata_bytes)),
        "state_getStorage" => {
            let block = params.block(chain, 1)?;
            json!(chain.storage(block).get(&params.bytes(0)?).map(hex))
        }
        "state_queryStorageAt" => query_storage(chain, params)?,
        "state_getKeysPaged" => keys_paged(chain, params)?,
        "state_call" => {
            let block = params.block_at(chain, 2, "Api called for an unknown Block")?;
            json!(hex(calls::state_call(chain, block, params.text(0)?, &params.bytes(1)?)?))
        }
        "author_submitExtrinsic" => json!(hex(submit(chain, params, None)?)),
        "author_unwatchExtrinsic" => json!(chain.pool.unwatch(params.text(0)?)),
        _ => return Err(Failure::new(-32_601, "Method not found")),
    })
}

fn query_storage(chain: &Chain, params: &Params<'_>) -> Result<Value, Failure> {
    let block = params.block(chain, 1)?;
    let keys = params.optional(0).and_then(Value::as_array).ok_or_else(Failure::invalid_params)?;
    let storage = chain.storage(block);
    let change = |key: &Value| {
        let bytes = key.as_str().and_then(unhex).ok_or_else(Failure::invalid_params)?;
        Ok(json!([key, storage.get(&bytes).map(hex)]))
    };
    let changes = keys.iter().map(change).collect::<Result<Vec<_>, Failure>>()?;
    Ok(json!([{"block": hex(block.hash), "changes": changes}]))
}

fn keys_paged(chain: &Chain, params: &Params<'_>) -> Result<Value, Failure> {
    let block = params.block(chain, 3)?;
    let prefix = params.bytes(0)?;
    let count = params.optional(1).and_then(Value::as_u64).filter(|count| *count <= MAX_PAGE);
    let count = count.ok_or_else(|| Failure::new(4_002, format!("count exceeds maximum value. value: {MAX_PAGE}")))?;
    let start = if params.optional(2).is_some() { params.bytes(2)? } else { Vec::new() };
    let keys = chain.storage(block).range(prefix.clone()..).map(|(key, _)| key);
    let keys = keys.take_while(|key| key.starts_with(&prefix)).filter(|key| **key > start);
    Ok(json!(keys.take(count as usize).map(hex).collect::<Vec<_>>()))
}

fn submit(chain: &mut Chain, params: &Params<'_>, watcher: Option<Watcher>) -> Result<Hash, Failure> {
    let bytes = params.bytes(0)?;
    let signed = chain.validate(&bytes, chain.best()).map_err(|refused| match refused {
        Refused::Undecodable(why) => Failure::new(1_001, format!("Extrinsic has invalid format: {why}")),
        Refused::Invalid(invalid) => Failure::with_data(1_010, "Invalid Transaction", invalid.text()),
    })?;
    let waiting = Waiting::new(bytes, signed.signer, signed.nonce, watcher);
    chain.pool.has_place(&waiting).map_err(|no_place| match no_place {
        NoPlace::Known => Failure::with_data(1_013, "Transaction Already Imported", hex(waiting.hash)),
        NoPlace::NonceTaken => Failure::with_data(
            1_014,
            "Priority is too low: (18446744073709551615 vs 18446744073709551615)",
            "The transaction has too low priority to replace another transaction already in the pool.",
        ),
        NoPlace::Full => Failure::with_data(
            1_016,
            "Immediately Dropped",
            "The transaction couldn't enter the pool because of the limit",
        ),
    })?;
    let hash = waiting.hash;
    chain.pool.add(waiting);
    Ok(hash)
}

fn watch(chain: &mut Chain, params: &Params<'_>, outlet: &Outlet) -> Result<Value, Failure> {
    let subscription = chain.pool.subscription();
    submit(chain, params, Some(Watcher { outlet: outlet.clone(), subscription: subscription.clone() }))?;
    Ok(subscription.into())
}

/// Tells whoever watches the newest extrinsic where it stands.
fn announce(chain: &Chain) {
    if let Some(newest) = chain.pool.newest() {
        let ready = newest.nonce < chain.next_nonce(&newest.signer);
        newest.notify(&if ready { json!("ready") } else { json!("future") });
    }
}

/// Parameters by position.
struct Params<'a>(&'a [Value]);

impl Params<'_> {
    fn optional(&self, position: usize) -> Option<&Value> {
        self.0.get(position).filter(|value| !value.is_null())
    }

    fn text(&self, position: usize) -> Result<&str, Failure> {
        self.optional(position).and_then(Value::as_str).ok_or_else(Failure::invalid_params)
    }

    fn bytes(&self, position: usize) -> Result<Vec<u8>, Failure> {
        unhex(self.text(position)?).ok_or_else(Failure::invalid_params)
    }

    /// The block of this hash, or the last one where none is given. Nothing for a hash that is not known.
    fn known_block<'c>(&self, chain: &'c Chain, position: usize) -> Result<Option<&'c Block>, Failure> {
        if self.optional(position).is_none() {
            return Ok(Some(chain.best()));
        }
        let hash = Hash::try_from(self.bytes(position)?).map_err(|_| Failure::invalid_params())?;
        Ok(chain.block(&hash))
    }

    fn block<'c>(&self, chain: &'c Chain, position: usize) -> Result<&'c Block, Failure> {
        self.block_at(chain, position, "UnknownBlock")
    }

    /// The same, where a hash that is not known is an error.
    fn block_at<'c>(&self, chain: &'c Chain, position: usize, unknown: &str) -> Result<&'c Block, Failure> {
        let found = self.known_block(chain, position)?;
        let hash = self.optional(position).and_then(Value::as_str).unwrap_or_default();
        found.ok_or_else(|| Failure::client(&format!("{unknown}: State already discarded for {hash}")))
    }
}
