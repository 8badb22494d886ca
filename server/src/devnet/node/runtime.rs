//! One version of the runtime, read: its types, its version, its names.

use std::io;

use serde_json::{Value, json};
use subxt::ext::codec::{Decode, Encode};
use subxt::metadata::Metadata;

use super::Runtime;
use super::encode::{Data, Misfit, encode};

/// `RuntimeVersion` as every runtime of the last years writes it: spec and implementation name, authoring, spec and
/// implementation version, APIs by hash and version, transaction version, state version.
type Version = (String, String, u32, u32, u32, Vec<([u8; 8], u32)>, u32, u8);

pub(super) struct Loaded {
    pub(super) metadata: Metadata,
    /// `RuntimeMetadataPrefixed`.
    pub(super) metadata_bytes: Vec<u8>,
    pub(super) refuses_in_pool: bool,
    version: Version,
}

impl Loaded {
    pub(super) fn new(runtime: Runtime) -> io::Result<Self> {
        let bad = |error| io::Error::new(io::ErrorKind::InvalidData, format!("the runtime's metadata: {error}"));
        let metadata = Metadata::decode_from(&runtime.metadata).map_err(|error| bad(error.to_string()))?;
        let constant = metadata.pallet_by_name("System").and_then(|pallet| pallet.constant_by_name("Version"));
        let constant = constant.ok_or_else(|| bad("it lists no System.Version".into()))?;
        let mut version = Version::decode(&mut constant.value()).map_err(|error| bad(error.to_string()))?;
        version.3 = runtime.spec_version;
        let refuses_in_pool = runtime.refuses_in_pool;
        Ok(Self { metadata, metadata_bytes: runtime.metadata, refuses_in_pool, version })
    }

    pub(super) fn spec_version(&self) -> u32 {
        self.version.3
    }

    pub(super) fn transaction_version(&self) -> u32 {
        self.version.6
    }

    /// Which format the metadata has: the byte after `meta`.
    pub(super) fn metadata_version(&self) -> u32 {
        u32::from(self.metadata_bytes[4])
    }

    /// What `Core_version` answers.
    pub(super) fn version_bytes(&self) -> Vec<u8> {
        self.version.encode()
    }

    /// What `state_getRuntimeVersion` answers.
    pub(super) fn version_json(&self) -> Value {
        let (spec_name, impl_name, authoring, spec, implementation, apis, transaction, state) = &self.version;
        let apis: Vec<_> = apis.iter().map(|(hash, version)| json!([hex(hash), version])).collect();
        json!({
            "specName": spec_name, "implName": impl_name, "authoringVersion": authoring, "specVersion": spec,
            "implVersion": implementation, "apis": apis, "transactionVersion": transaction, "stateVersion": state,
        })
    }

    /// Pallet and variant of the error by one of these names; the first that the runtime knows.
    pub(super) fn error(&self, names: &[&str]) -> Option<(u8, u8)> {
        let pallet = self.metadata.pallet_by_name("SubtensorModule")?;
        let errors = pallet.error_variants()?;
        let found = names.iter().find_map(|name| errors.iter().find(|error| error.name == **name))?;
        Some((pallet.error_index(), found.index))
    }

    /// The answer of a runtime API, by its type. Nothing where the runtime does not have it.
    pub(super) fn api_answer(&self, api: &str, method: &str, data: &Data) -> Option<Result<Vec<u8>, Misfit>> {
        let output = self.api_output(api, method)?;
        Some(encode(&self.metadata, output, data))
    }

    /// The type that a runtime API answers.
    pub(super) fn api_output(&self, api: &str, method: &str) -> Option<u32> {
        Some(self.metadata.runtime_api_trait_by_name(api)?.method_by_name(method)?.output_ty())
    }
}

/// As JSON-RPC writes bytes.
pub(super) fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// As JSON-RPC writes bytes.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}
