//! What a runtime offers, by its metadata: storage entries and runtime APIs by name, decoded as what is asked for. What it
//! does not offer is absent.

use subxt::ext::frame_decode::storage::encode_storage_key;
use subxt::ext::scale_decode::DecodeAsType;
use subxt::ext::scale_value::Value;
use subxt::metadata::Metadata;

/// The pallet that everything of a subnet is in.
const SUBTENSOR: &str = "SubtensorModule";

/// A runtime of one version.
#[derive(Clone, Copy)]
pub(super) struct Runtime<'a>(pub(super) &'a Metadata);

impl<'a> Runtime<'a> {
    /// The type of what a runtime API answers; nothing where there is no such API.
    pub(super) fn api_output(self, api: &str, method: &str) -> Option<u32> {
        Some(self.0.runtime_api_trait_by_name(api)?.method_by_name(method)?.output_ty())
    }

    /// Where the subnets' storage holds `entry` for `keys`; nothing where there is no such entry.
    pub(super) fn key(self, entry: &str, keys: Vec<Value>) -> Option<Vec<u8>> {
        self.key_in(SUBTENSOR, entry, keys)
    }

    /// The same of any pallet's storage.
    pub(super) fn key_in(self, pallet: &str, entry: &str, keys: Vec<Value>) -> Option<Vec<u8>> {
        encode_storage_key(pallet, entry, keys, self.0, self.0.types()).ok()
    }

    /// The value of `entry` in the subnets' storage, or its default where none is stored.
    pub(super) fn value<T: DecodeAsType>(self, entry: &str, stored: Option<&[u8]>) -> Option<T> {
        self.value_in(SUBTENSOR, entry, stored)
    }

    /// The same of any pallet's storage.
    pub(super) fn value_in<T: DecodeAsType>(self, pallet: &str, entry: &str, stored: Option<&[u8]>) -> Option<T> {
        let entry = self.0.pallet_by_name(pallet)?.storage()?.entry_by_name(entry)?;
        let bytes = stored.or(entry.default_value())?;
        T::decode_as_type(&mut &*bytes, entry.value_ty(), self.0.types()).ok()
    }

    /// Whether the subnets' storage has such an entry.
    pub(super) fn has_storage(self, entry: &str) -> bool {
        let storage = self.0.pallet_by_name(SUBTENSOR).and_then(|pallet| pallet.storage());
        storage.is_some_and(|storage| storage.entry_by_name(entry).is_some())
    }

    /// Whether an extrinsic carries this extension.
    pub(super) fn has_extension(self, name: &str) -> bool {
        let extrinsic = self.0.extrinsic();
        (0..=extrinsic.transaction_extension_version_to_use_for_encoding())
            .filter_map(|version| extrinsic.transaction_extensions_by_version(version))
            .flatten()
            .any(|extension| extension.identifier() == name)
    }
}
