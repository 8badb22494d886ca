//! Reads signed extrinsics as a runtime does: by its metadata, and on its own, so that a client that encodes wrongly does
//! not agree with itself here.

use schnorrkel::Signature;
use subxt::ext::codec::{Compact, Decode, Encode};
use subxt::ext::frame_decode::extrinsics::{Extrinsic, decode_extrinsic};

use super::block::{Account, Hash, blake2_256};
use super::encode::{Data, encode};
use super::runtime::Loaded;
use crate::keys::{Hotkey, public_key};

/// The context of every sr25519 signature on Substrate chains.
const SIGNING_CONTEXT: &[u8] = b"substrate";
/// What is signed is hashed first when it is longer.
const MAX_SIGNED_BYTES: usize = 256;

/// A signed extrinsic whose signature is good.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) signer: Account,
    pub(super) nonce: u32,
    /// The last block that may hold it.
    pub(super) dies_block: u64,
    pub(super) call: Call,
}

/// `serve_axon`, the only call that the node executes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) netuid: u16,
    pub(super) version: u32,
    pub(super) ip: u128,
    pub(super) port: u16,
    pub(super) ip_type: u8,
    pub(super) protocol: u8,
}

/// Why the pool or a block does not take an extrinsic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    /// Not a call that the node executes, or unsigned.
    Call,
    /// The nonce is used.
    Stale,
    /// The signature does not fit.
    BadProof,
    /// Its era is over, or begins at a block that the node does not know.
    AncientBirthBlock,
    /// The pallet's own reason.
    Custom(u8),
}

impl Invalid {
    /// As the runtime's types call it.
    pub(super) fn data(self) -> Data {
        match self {
            Self::Call => Data::variant("Call", vec![]),
            Self::Stale => Data::variant("Stale", vec![]),
            Self::BadProof => Data::variant("BadProof", vec![]),
            Self::AncientBirthBlock => Data::variant("AncientBirthBlock", vec![]),
            Self::Custom(code) => Data::variant("Custom", vec![Data::Number(code.into())]),
        }
    }

    /// As a node's JSON-RPC words it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Call => "Transaction call is not expected".into(),
            Self::Stale => "Transaction is outdated".into(),
            Self::BadProof => "Transaction has a bad signature".into(),
            Self::AncientBirthBlock => "Transaction has an ancient birth block".into(),
            Self::Custom(code) => format!("Custom error: {code}"),
        }
    }
}

/// Why bytes are not taken for an extrinsic at all, or not for a valid one.
#[derive(Debug)]
pub(super) enum Refused {
    Undecodable(String),
    Invalid(Invalid),
}

/// What an extrinsic is checked against: the block that would hold it.
pub(super) struct Place<'a> {
    pub(super) runtime: &'a Loaded,
    pub(super) genesis: Hash,
    /// The number of the block that would hold it.
    pub(super) number: u64,
    /// The blocks before it.
    pub(super) hash_of: &'a dyn Fn(u64) -> Option<Hash>,
}

/// Decodes `bytes` and verifies its signature; everything but the nonce and the call's own conditions.
pub(super) fn read(bytes: &[u8], place: &Place<'_>) -> Result<Signed, Refused> {
    let metadata = &place.runtime.metadata;
    let extrinsic = decode_extrinsic(&mut &*bytes, metadata, metadata.types())
        .map_err(|error| Refused::Undecodable(error.to_string()))?;
    // Positions in what is decoded count from its compact length.
    let signature = extrinsic.signature_payload().ok_or(Refused::Invalid(Invalid::Call))?;
    let (address, signature) = (&bytes[signature.address_range()], &bytes[signature.signature_range()]);
    let ([0, signer @ ..], [1, signature @ ..]) = (address, signature) else {
        return Err(Refused::Invalid(Invalid::BadProof));
    };
    let signer = Account::try_from(signer).map_err(|_| Refused::Invalid(Invalid::BadProof))?;
    let era = Era::read(extension(&extrinsic, bytes, "CheckMortality").unwrap_or(&[0]), place.number);
    let birth = match era.birth_block {
        None => place.genesis,
        Some(block) => (place.hash_of)(block).ok_or(Refused::Invalid(Invalid::AncientBirthBlock))?,
    };
    let payload = payload(&extrinsic, bytes, place, birth).map_err(Refused::Undecodable)?;
    let public = public_key(&Hotkey::new(signer));
    let good = public
        .zip(Signature::from_bytes(signature).ok())
        .is_some_and(|(public, signature)| public.verify_simple(SIGNING_CONTEXT, &payload, &signature).is_ok());
    if !good {
        return Err(Refused::Invalid(Invalid::BadProof));
    }
    let nonce =
        extension(&extrinsic, bytes, "CheckNonce").and_then(|mut nonce| Compact::<u32>::decode(&mut nonce).ok());
    let nonce = nonce.ok_or_else(|| Refused::Undecodable("CheckNonce".into()))?.0;
    let call = call(&extrinsic, bytes).ok_or(Refused::Invalid(Invalid::Call))?;
    Ok(Signed { signer, nonce, dies_block: era.dies_block, call })
}

/// What must have been signed: the call, what the extensions add to it, and what they take for granted.
fn payload(extrinsic: &Extrinsic<'_, u32>, bytes: &[u8], place: &Place<'_>, birth: Hash) -> Result<Vec<u8>, String> {
    let extensions = extrinsic.transaction_extension_payload().ok_or("no extensions")?;
    let mut payload = bytes[extrinsic.call_data_range()].to_vec();
    payload.extend_from_slice(&bytes[extensions.range()]);
    let metadata = &place.runtime.metadata;
    for extension in metadata.extrinsic().transaction_extensions_to_use_for_encoding() {
        let implicit = match extension.identifier() {
            "CheckSpecVersion" => place.runtime.spec_version().encode(),
            "CheckTxVersion" => place.runtime.transaction_version().encode(),
            "CheckGenesis" => place.genesis.to_vec(),
            "CheckMortality" => birth.to_vec(),
            // Nothing, as of CheckMetadataHash when it is switched off; most others have none at all.
            _ => encode(metadata, extension.additional_ty(), &Data::Absent).map_err(|error| error.to_string())?,
        };
        payload.extend_from_slice(&implicit);
    }
    if payload.len() > MAX_SIGNED_BYTES {
        payload = blake2_256(&payload).to_vec();
    }
    Ok(payload)
}

fn extension<'a>(extrinsic: &Extrinsic<'_, u32>, bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let extension = extrinsic.transaction_extension_payload()?.iter().find(|extension| extension.name() == name)?;
    bytes.get(extension.range())
}

fn call(extrinsic: &Extrinsic<'_, u32>, bytes: &[u8]) -> Option<Call> {
    if (extrinsic.pallet_name(), extrinsic.call_name()) != ("SubtensorModule", "serve_axon") {
        return None;
    }
    let argument = |name: &str| bytes.get(extrinsic.call_data().find(|argument| argument.name() == name)?.range());
    Some(Call {
        netuid: u16::decode(&mut argument("netuid")?).ok()?,
        version: u32::decode(&mut argument("version")?).ok()?,
        ip: u128::decode(&mut argument("ip")?).ok()?,
        port: u16::decode(&mut argument("port")?).ok()?,
        ip_type: u8::decode(&mut argument("ip_type")?).ok()?,
        protocol: u8::decode(&mut argument("protocol")?).ok()?,
    })
}

/// For which blocks an extrinsic is good.
struct Era {
    /// The block from which it lives; nothing when it lives forever.
    birth_block: Option<u64>,
    dies_block: u64,
}

impl Era {
    /// Period and phase within two bytes, as `sp_runtime::generic::Era` packs them; seen from the block that would hold it.
    fn read(bytes: &[u8], number: u64) -> Self {
        let &[low, high] = bytes else { return Self { birth_block: None, dies_block: u64::MAX } };
        let packed = u64::from(u16::from_le_bytes([low, high]));
        let period = 2_u64 << (packed % 16);
        let phase = (packed >> 4) * (period >> 12).max(1);
        let birth = (number.max(phase) - phase) / period * period + phase;
        Self { birth_block: Some(birth), dies_block: birth + period }
    }
}
