//! Registers our axon on chain, and makes sure that it is there.

use std::net::IpAddr;
use std::time::Duration;

use subxt::config::substrate::SubstrateConfig;
use subxt::config::{DefaultExtrinsicParams, DefaultExtrinsicParamsBuilder};
use subxt::error::{BackendError, DispatchError, ExtrinsicError, RpcError, TransactionEventsError};
use subxt::ext::scale_value::{Composite, Value};
use subxt::rpcs;
use subxt::transactions::{self, StaticPayload, TransactionInvalid, TransactionStatus, ValidationResult};
use subxt::utils::{AccountId32, MultiSignature};

use super::connection::{AtBlock, Connection};
use super::neurons::{account, stored_axon};
use super::runtime::Runtime;
use crate::domain::{AXON_PROTOCOL, Advertised, SDK_VERSION, ServeRefusal};
use crate::keys::Signer;

/// Blocks for which a registration may wait to be taken: afterwards it never will be.
const MORTAL_BLOCKS: u64 = 64;
/// The payment extension of runtimes since spec 400 or so. It wraps a tip, which is nothing.
const PAYMENT_WRAPPER: &str = "ChargeTransactionPaymentWrapper";

/// What a pool says to a second one of ours (substrate `sc-rpc-api`, `author/error.rs`).
const ALREADY_IN_POOL: i32 = 1_013;
const TOO_LOW_PRIORITY: i32 = 1_014;

/// What came of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in a finalised block, and read back from there.
    Confirmed,
    /// The chain does not take it.
    Refused(ServeRefusal),
    /// Nobody knows: the next sync shows.
    Unsure(String),
}

/// Registers `ours` for the signer's hotkey and waits for the chain to have it, so long at most.
pub(super) async fn serve(
    connection: &Connection,
    at: &AtBlock,
    netuid: u16,
    ours: Advertised,
    signer: &Signer,
    patience: Duration,
) -> Outcome {
    match tokio::time::timeout(patience, attempt(connection, at, netuid, ours, signer)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Unsure(format!("no block has taken the registration within {} s", patience.as_secs())),
    }
}

async fn attempt(connection: &Connection, at: &AtBlock, netuid: u16, ours: Advertised, signer: &Signer) -> Outcome {
    let registration = call(netuid, ours);
    let ours_on_chain = OnChain(signer);
    let params = params(Runtime(&at.metadata()), Params::new().mortal(MORTAL_BLOCKS));
    let signed = at.transactions().create_signed(&registration, &ours_on_chain, params).await;
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => return failed(error),
    };
    // The pool says no without a reason on some nodes; this call always has one.
    match signed.validate().await {
        Ok(ValidationResult::Invalid(TransactionInvalid::Custom(code))) => {
            return Outcome::Refused(ServeRefusal::from_code(code));
        }
        Ok(ValidationResult::Invalid(other)) => return Outcome::Refused(ServeRefusal::Other(format!("{other:?}"))),
        // What cannot be validated beforehand is for the pool to say.
        Ok(_) | Err(_) => {}
    }
    let mut progress = match signed.submit_and_watch().await {
        Ok(progress) => progress,
        Err(error) => return failed(error),
    };
    loop {
        match progress.next().await {
            Some(Ok(TransactionStatus::InFinalizedBlock(block))) => {
                return match block.wait_for_success().await {
                    Ok(_) => read_back(connection, at, netuid, ours, signer, block.block_hash()).await,
                    Err(TransactionEventsError::ExtrinsicFailed(error)) => Outcome::Refused(dispatch_refusal(&error)),
                    Err(error) => Outcome::Unsure(error.to_string()),
                };
            }
            Some(Ok(
                TransactionStatus::Error { message }
                | TransactionStatus::Invalid { message }
                | TransactionStatus::Dropped { message },
            )) => return Outcome::Refused(ServeRefusal::from_text(&message)),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Outcome::Unsure(error.to_string()),
            None => return Outcome::Unsure("the endpoint hung up before a block took the registration".into()),
        }
    }
}

async fn read_back(
    connection: &Connection,
    at: &AtBlock,
    netuid: u16,
    ours: Advertised,
    signer: &Signer,
    block: subxt::utils::H256,
) -> Outcome {
    let metadata = at.metadata();
    let runtime = Runtime(&metadata);
    let keys = vec![Value::u128(netuid.into()), account(signer.hotkey().bytes())];
    let Some(key) = runtime.key("Axons", keys) else {
        return Outcome::Unsure("this runtime does not tell its axons".into());
    };
    match connection.fetch(std::slice::from_ref(&key), block).await {
        Ok(stored) => match stored.get(&key).and_then(|bytes| stored_axon(runtime, bytes)) {
            Some(axon) if ours.is(&axon) => Outcome::Confirmed,
            found => Outcome::Unsure(format!("the chain took the registration and has {found:?}")),
        },
        Err(error) => Outcome::Unsure(error.to_string()),
    }
}

/// The call by the names of its fields: a runtime that wants others is told by name.
pub(super) fn call(netuid: u16, ours: Advertised) -> StaticPayload<Composite<()>> {
    let (ip, ip_type) = match ours.ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), 4),
        IpAddr::V6(ip) => (ip.to_bits(), 6),
    };
    let fields = Composite::named([
        ("netuid", Value::u128(netuid.into())),
        ("version", Value::u128(SDK_VERSION.into())),
        ("ip", Value::u128(ip)),
        ("port", Value::u128(ours.port.into())),
        ("ip_type", Value::u128(ip_type)),
        ("protocol", Value::u128(AXON_PROTOCOL.into())),
        ("placeholder1", Value::u128(0)),
        ("placeholder2", Value::u128(0)),
    ]);
    transactions::dynamic("SubtensorModule", "serve_axon", fields)
}

/// What the extrinsic's extensions say, of those that this runtime has.
pub(super) fn params(runtime: Runtime<'_>, params: Params) -> DefaultExtrinsicParams<SubstrateConfig> {
    let wrapped = runtime.has_extension(PAYMENT_WRAPPER);
    let params = if wrapped { params.custom_extension(PAYMENT_WRAPPER, Value::u128(0)) } else { params };
    params.build()
}

/// What every extrinsic of ours says.
type Params = DefaultExtrinsicParamsBuilder<SubstrateConfig>;

/// Our hotkey, as subxt wants a signer.
pub(super) struct OnChain<'a>(pub(super) &'a Signer);

impl transactions::Signer<SubstrateConfig> for OnChain<'_> {
    fn account_id(&self) -> AccountId32 {
        AccountId32(*self.0.hotkey().bytes())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        MultiSignature::Sr25519(self.0.sign(payload))
    }
}

/// What the pool or the encoder said.
fn failed(error: ExtrinsicError) -> Outcome {
    match error {
        ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(RpcError::ClientError(rpcs::Error::User(
            user,
        )))) => {
            if [ALREADY_IN_POOL, TOO_LOW_PRIORITY].contains(&user.code) {
                return Outcome::Unsure("an earlier registration still waits for a block".into());
            }
            // The code is in the data; the message alone is the same for every refusal.
            let text = user.data.as_ref().map_or(user.message.as_str(), |data| data.get());
            Outcome::Refused(ServeRefusal::from_text(text))
        }
        ExtrinsicError::EncodeError(error) => Outcome::Refused(ServeRefusal::Other(format!(
            "this runtime wants an extrinsic that this Lode cannot write ({error}); update Lode"
        ))),
        ExtrinsicError::Params(error) => Outcome::Refused(ServeRefusal::Other(format!("{error}; update Lode"))),
        error => Outcome::Unsure(error.to_string()),
    }
}

fn dispatch_refusal(error: &DispatchError) -> ServeRefusal {
    match error {
        DispatchError::Module(module) => match module.details() {
            Ok(details) => ServeRefusal::from_error(&details.variant.name),
            Err(_) => ServeRefusal::Other(error.to_string()),
        },
        other => ServeRefusal::Other(other.to_string()),
    }
}
