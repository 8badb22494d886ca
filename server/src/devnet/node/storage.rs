//! The chain's storage at a block: keys and values as the runtime's metadata lays them out. Entries that the metadata does
//! not list do not exist, and neither do values that the state does not tell.

use std::collections::BTreeMap;
use std::net::IpAddr;

use subxt::ext::frame_decode::storage::encode_storage_key;
use subxt::ext::scale_value::Value;
use subxt::metadata::Metadata;

use super::block::Block;
use super::encode::{Data, encode};
use crate::domain::{AxonInfo, ChainView, Neuron};

const PALLET: &str = "SubtensorModule";

pub(super) type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Everything that is stored at `block`; `hashes` are those of the blocks before it.
pub(super) fn entries(block: &Block, hashes: &[(u64, [u8; 32])]) -> Entries {
    let view = &*block.view;
    let mut storage = Storage { metadata: &block.runtime.metadata, entries: Entries::new() };
    storage.put("System", "Number", vec![], Data::Number(block.number.into()));
    storage.put("Timestamp", "Now", vec![], Data::Number(block.timestamp_ms.into()));
    for (number, hash) in hashes {
        storage.put("System", "BlockHash", vec![number_key(*number)], bytes(hash));
    }
    for (account, nonce) in &*block.nonces {
        let info = Data::Fields(vec![("nonce", Data::Number((*nonce).into()))]);
        storage.put("System", "Account", vec![Value::from_bytes(account)], info);
    }
    put_subnet(&mut storage, view);
    for (uid, neuron) in view.metagraph.rows() {
        put_neuron(&mut storage, view.netuid, uid, neuron);
    }
    let mut entries = storage.entries;
    if let Some(key) = key(&block.runtime.metadata, "System", "Events", vec![]) {
        entries.insert(key, block.events.clone());
    }
    entries
}

/// The key of an entry. Nothing where the metadata does not list it, or keys it otherwise.
fn key(metadata: &Metadata, pallet: &str, entry: &str, keys: Vec<Value>) -> Option<Vec<u8>> {
    encode_storage_key(pallet, entry, keys, metadata, metadata.types()).ok()
}

struct Storage<'a> {
    metadata: &'a Metadata,
    entries: Entries,
}

impl Storage<'_> {
    fn put(&mut self, pallet: &str, entry: &str, keys: Vec<Value>, data: Data) {
        let pallet_metadata = self.metadata.pallet_by_name(pallet);
        let listed = pallet_metadata.and_then(|pallet| pallet.storage()?.entry_by_name(entry));
        let (Some(listed), Some(key)) = (listed, key(self.metadata, pallet, entry, keys)) else { return };
        if let Ok(value) = encode(self.metadata, listed.value_ty(), &data) {
            self.entries.insert(key, value);
        }
    }

    fn put_known(&mut self, entry: &str, keys: Vec<Value>, number: Option<impl Into<u128>>) {
        if let Some(number) = number {
            self.put(PALLET, entry, keys, Data::Number(number.into()));
        }
    }
}

fn put_subnet(storage: &mut Storage<'_>, view: &ChainView) {
    let netuid = || vec![number_key(view.netuid)];
    let neurons = view.metagraph.neurons();
    storage.put(PALLET, "NetworksAdded", netuid(), Data::Number(1));
    storage.put(PALLET, "SubnetworkN", netuid(), Data::Number(neurons.len() as u128));
    storage.put_known("Tempo", netuid(), view.schedule.map(|schedule| schedule.tempo_blocks));
    storage.put_known("LastEpochBlock", netuid(), view.schedule.and_then(|schedule| schedule.last_block));
    storage.put_known("ImmunityPeriod", netuid(), view.immunity_period_blocks);
    storage.put_known("MaxAllowedUids", netuid(), view.max_uids);
    storage.put_known("ServingRateLimit", netuid(), view.serving_rate_limit_blocks);
    storage.put_known("ImmuneOwnerUidsLimit", netuid(), view.spared.owner_neurons);
    storage.put_known("MinNonImmuneUids", netuid(), view.spared.floor);
    if let Some(coldkey) = view.spared.owner_coldkey {
        storage.put(PALLET, "SubnetOwner", netuid(), bytes(&coldkey));
    }
    if let Some(hotkey) = view.spared.owner_hotkey {
        storage.put(PALLET, "SubnetOwnerHotkey", netuid(), bytes(hotkey.bytes()));
    }
    let all = |of: fn(&Neuron) -> u64| Data::numbers(neurons.iter().map(of));
    storage.put(PALLET, "Emission", netuid(), all(|neuron| neuron.emission_rao.unwrap_or(0)));
    storage.put(PALLET, "Incentive", netuid(), all(|neuron| neuron.incentive.unwrap_or(0).into()));
    storage.put(PALLET, "LastUpdate", netuid(), all(|neuron| neuron.registered_block.unwrap_or(0)));
    storage.put(PALLET, "ValidatorPermit", netuid(), all(|neuron| neuron.validator_permit.into()));
    storage.put(PALLET, "Active", netuid(), all(|_| 1));
}

fn put_neuron(storage: &mut Storage<'_>, netuid: u16, uid: u16, neuron: &Neuron) {
    let hotkey = || Value::from_bytes(neuron.hotkey.bytes());
    let (netuid, at_uid) = (|| number_key(netuid), || vec![number_key(netuid), number_key(uid)]);
    storage.put(PALLET, "Uids", vec![netuid(), hotkey()], Data::Number(uid.into()));
    storage.put(PALLET, "Keys", at_uid(), bytes(neuron.hotkey.bytes()));
    storage.put(PALLET, "IsNetworkMember", vec![hotkey(), netuid()], Data::Number(1));
    storage.put_known("BlockAtRegistration", at_uid(), neuron.registered_block);
    storage.put_known("TotalHotkeyAlpha", vec![hotkey(), netuid()], neuron.stake_rao);
    if let Some(coldkey) = neuron.coldkey {
        storage.put(PALLET, "Owner", vec![hotkey()], bytes(&coldkey));
    }
    if let Some(axon) = &neuron.axon {
        storage.put(PALLET, "Axons", vec![netuid(), hotkey()], axon_data(axon));
    }
}

fn number_key(number: impl Into<u128>) -> Value {
    Value::u128(number.into())
}

pub(super) fn bytes(bytes: &[u8]) -> Data {
    Data::Bytes(bytes.to_vec())
}

/// As the chain holds an axon.
pub(super) fn axon_data(axon: &AxonInfo) -> Data {
    let (ip, ip_type) = match axon.ip {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)), 4),
        IpAddr::V6(v6) => (u128::from(v6), 6),
    };
    Data::Fields(vec![
        ("block", Data::Number(axon.block.into())),
        ("version", Data::Number(axon.version.into())),
        ("ip", Data::Number(ip)),
        ("port", Data::Number(axon.port.into())),
        ("ip_type", Data::Number(ip_type)),
        ("protocol", Data::Number(axon.protocol.into())),
    ])
}
