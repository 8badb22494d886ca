//! The node as clients see it: Parity's own, and plain JSON-RPC.

mod blocks;
mod faults;
mod reading;
mod recorded;
mod refusals;
mod serving;

use std::io::Read;
use std::path::PathBuf;

use serde_json::Value as Json;
use subxt::backend::LegacyBackend;
use subxt::config::substrate::SubstrateConfig;
use subxt::config::{Config, DefaultExtrinsicParams, DefaultExtrinsicParamsBuilder};
use subxt::dynamic::Value;
use subxt::ext::jsonrpsee::core::client::{ClientT, Error, IdKind};
use subxt::ext::jsonrpsee::types::ErrorObjectOwned;
use subxt::ext::jsonrpsee::ws_client::{WsClient, WsClientBuilder};
use subxt::transactions::DynamicPayload;
use subxt::utils::{AccountId32, MultiSignature};
use subxt::{OnlineClient, client::OnlineClientAtBlock};

use super::{Node, Runtime};
use crate::devnet::devnet_signer;
use crate::domain::{AxonInfo, ChainView, EpochSchedule, Metagraph, Neuron, Spared};
use crate::keys::{Hotkey, Signer};

/// Runtimes with a metagraph call, which refuse in the pool.
const NEW: [(&str, u32); 4] =
    [("293_v15", 293), ("mainnet343_v15", 343), ("finney365_v16", 365), ("head_like_v15", 425)];
/// Without one; it refuses what it executes.
const OLD: (&str, u32) = ("218_v15", 218);
const NETUID: u16 = 36;
const FIRST_BLOCK: u64 = 5_000;
const NOW_MS: u64 = 1_780_000_000_000;
const LIMIT_BLOCKS: u64 = 50;

type Served = (u16, u32, u128, u16, u8, u8, u8, u8);

/// 8.8.8.8, as the chain writes it.
const IP: u128 = 0x0808_0808;

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/chain")
}

fn metadata(name: &str) -> Vec<u8> {
    let file = std::fs::File::open(vectors().join(format!("metadata/{name}.scale.gz"))).expect("a vector");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
    bytes
}

fn runtime((name, spec_version): (&str, u32)) -> Runtime {
    Runtime { spec_version, metadata: metadata(name), refuses_in_pool: spec_version != OLD.1 }
}

fn miner() -> Signer {
    devnet_signer("node's miner")
}

fn account(role: &str) -> Hotkey {
    devnet_signer(role).hotkey()
}

/// A validator, our miner that has not served yet, another one that has.
fn view() -> ChainView {
    let axon = AxonInfo { ip: [9, 9, 9, 9].into(), port: 8_091, protocol: 4, version: 9_012_002, block: 4_990 };
    let validator = Neuron {
        stake_rao: Some(12_000_000_000),
        validator_permit: true,
        coldkey: Some([7; 32]),
        emission_rao: Some(5),
        ..Neuron::new(account("node's validator"))
    };
    let ours = Neuron { registered_block: Some(4_000), incentive: Some(20_000), ..Neuron::new(miner().hotkey()) };
    let other = Neuron { axon: Some(axon), incentive: Some(45_535), ..Neuron::new(account("node's other")) };
    ChainView {
        netuid: NETUID,
        genesis: Some([0x11; 32]),
        block: FIRST_BLOCK,
        block_ms: Some(NOW_MS),
        schedule: Some(EpochSchedule { tempo_blocks: 360, last_block: None }),
        immunity_period_blocks: Some(4_096),
        max_uids: Some(256),
        serving_rate_limit_blocks: Some(LIMIT_BLOCKS),
        spared: Spared {
            owner_coldkey: Some([7; 32]),
            owner_hotkey: Some(account("node's validator")),
            ..Spared::default()
        },
        metagraph: Metagraph::new(vec![validator, ours, other]),
        ..ChainView::default()
    }
}

async fn start(of: (&str, u32)) -> Node {
    Node::start(runtime(of), view()).await.expect("a free port")
}

/// Numeric ids do not survive serde_json's arbitrary precision within jsonrpsee.
async fn plain(node: &Node) -> WsClient {
    WsClientBuilder::new().id_format(IdKind::String).build(node.url()).await.expect("it listens")
}

async fn ask(client: &WsClient, method: &str, params: Json) -> Json {
    try_ask(client, method, params).await.unwrap_or_else(|error| panic!("{method}: {error:?}"))
}

async fn try_ask(client: &WsClient, method: &str, params: Json) -> Result<Json, Error> {
    client.request(method, params.as_array().cloned().expect("a list")).await
}

async fn refusal(client: &WsClient, method: &str, params: Json) -> ErrorObjectOwned {
    match try_ask(client, method, params).await {
        Err(Error::Call(error)) => error,
        other => panic!("{method} was not refused: {other:?}"),
    }
}

async fn connect(node: &Node) -> OnlineClient<SubstrateConfig> {
    let backend = LegacyBackend::builder().build(plain(node).await);
    OnlineClient::from_backend(backend.into()).await.expect("a node")
}

/// One of our signers, as subxt takes them.
struct Key(Signer);

impl subxt::tx::Signer<SubstrateConfig> for Key {
    fn account_id(&self) -> AccountId32 {
        AccountId32(*self.0.hotkey().bytes())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        MultiSignature::Sr25519(self.0.sign(payload))
    }
}

/// A call that every runtime takes.
const GOOD: Served = (NETUID, 10_002_000, IP, 8_091, 4, 4, 0, 0);

fn serve_axon(served: Served) -> DynamicPayload<Served> {
    subxt::dynamic::tx("SubtensorModule", "serve_axon", served)
}

/// With the extension that the newest runtimes have and subxt does not know.
fn extensions(at: &OnlineClientAtBlock<SubstrateConfig>) -> DefaultExtrinsicParamsBuilder<SubstrateConfig> {
    const WRAPPER: &str = "ChargeTransactionPaymentWrapper";
    let builder = DefaultExtrinsicParamsBuilder::new();
    let mut listed = at.metadata_ref().extrinsic().transaction_extensions_to_use_for_encoding();
    if listed.any(|extension| extension.identifier() == WRAPPER) {
        builder.custom_extension(WRAPPER, Value::u128(0))
    } else {
        builder
    }
}

/// A signed extrinsic, as JSON-RPC takes it.
async fn signed(client: &OnlineClient<SubstrateConfig>, signer: Signer, served: Served, nonce: u64) -> Vec<u8> {
    let at = client.at_current_block().await.expect("a block");
    let params: DefaultExtrinsicParams<SubstrateConfig> = extensions(&at).nonce(nonce).build();
    let call = serve_axon(served);
    at.tx().create_signed(&call, &Key(signer), params).await.expect("it encodes").into_encoded()
}

/// The hash as subxt has it.
fn hash_bytes(hash: <<SubstrateConfig as Config>::Hasher as subxt::config::Hasher>::Hash) -> [u8; 32] {
    hash.0
}
