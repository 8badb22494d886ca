//! The subnet's table: from the runtime's own metagraph, or row by row from storage where it has none.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use subxt::ext::scale_decode::DecodeAsType;
use subxt::ext::scale_type_resolver::TypeResolver;
use subxt::ext::scale_value::Value;

use super::fields::Fields;
use super::runtime::Runtime;
use crate::domain::{AxonInfo, Neuron};
use crate::keys::Hotkey;

/// A key as it comes.
type Account = [u8; 32];

/// What one sync reads of the subnet itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Subnet {
    pub(super) tempo_blocks: Option<u64>,
    pub(super) immunity_period_blocks: Option<u64>,
    pub(super) max_uids: Option<u16>,
    pub(super) serving_rate_limit_blocks: Option<u64>,
    pub(super) owner_hotkey: Option<Hotkey>,
    pub(super) owner_coldkey: Option<Account>,
    /// Whether axons could be read.
    pub(super) tells_axons: bool,
    pub(super) neurons: Vec<Neuron>,
    /// Fields that this runtime has not got.
    pub(super) missing: BTreeSet<&'static str>,
}

/// Why an answer is no subnet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SubnetError {
    /// The chain has no such subnet.
    #[error("there is no subnet {0} on this chain; check --netuid")]
    NoSubnet(u16),
    /// Without it nobody can be told from anybody.
    #[error("this runtime does not tell `{0}` as this Lode reads it; update Lode, or list callers in axon.allow")]
    Essential(&'static str),
    /// Not what the metadata says.
    #[error("the metagraph cannot be decoded: {0}")]
    Undecodable(String),
}

/// More than any subnet has; the chain allows 256 as this is written.
const MAX_NEURONS: usize = 4_096;

/// As a runtime stores an axon.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct StoredAxon {
    block: u64,
    version: u32,
    ip: u128,
    port: u16,
    ip_type: u8,
    protocol: u8,
}

impl StoredAxon {
    /// Nothing for a neuron that serves none: the runtime has zeros there.
    fn read(self) -> Option<AxonInfo> {
        let Self { block, version, ip, port, ip_type, protocol } = self;
        let ip = match (ip, ip_type) {
            (0, _) => return None,
            (ip, 6) => IpAddr::V6(Ipv6Addr::from_bits(ip)),
            (ip, _) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(ip).ok()?)),
        };
        Some(AxonInfo { ip, port, protocol, version, block })
    }
}

/// How a metagraph's answer numbers its fields (subtensor `SelectiveMetagraphIndex`), of those that are read here: owner's
/// hotkey and coldkey, tempo, most uids, immunity, serving rate, then per neuron hotkeys, coldkeys, axons, permits, emission,
/// incentives, registration, total stake.
pub(super) const METAGRAPH_FIELDS: [u16; 14] = [5, 6, 8, 31, 36, 45, 52, 53, 55, 57, 60, 62, 66, 69];

impl Subnet {
    /// From the answer of `get_metagraph` or `get_selective_metagraph`.
    pub(super) fn from_metagraph<R: TypeResolver>(
        bytes: &[u8],
        type_id: R::TypeId,
        types: &R,
        netuid: u16,
    ) -> Result<Self, SubnetError> {
        let fields =
            Fields::read(bytes, type_id, types).map_err(|error| SubnetError::Undecodable(error.to_string()))?;
        let fields = fields.ok_or(SubnetError::NoSubnet(netuid))?;
        let hotkeys: Vec<Account> = fields.get("hotkeys").ok_or(SubnetError::Essential("hotkeys"))?;
        let permits: Vec<bool> = fields.get("validator_permit").ok_or(SubnetError::Essential("validator_permit"))?;
        check_size(hotkeys.len(), permits.len())?;
        let coldkeys: Vec<Account> = fields.get("coldkeys").unwrap_or_default();
        let stakes: Vec<u64> = fields.get("total_stake").unwrap_or_default();
        let incentives: Vec<u16> = fields.get("incentives").unwrap_or_default();
        let emissions: Vec<u64> = fields.get("emission").unwrap_or_default();
        let registered: Vec<u64> = fields.get("block_at_registration").unwrap_or_default();
        let axons: Vec<StoredAxon> = fields.get("axons").unwrap_or_default();
        let tells_axons = axons.len() == hotkeys.len();
        let mut axons: Vec<_> = axons.into_iter().map(StoredAxon::read).collect();
        let neurons = hotkeys.iter().enumerate().map(|(uid, hotkey)| Neuron {
            hotkey: Hotkey::new(*hotkey),
            coldkey: coldkeys.get(uid).copied(),
            stake_rao: stakes.get(uid).copied(),
            validator_permit: permits.get(uid).copied().unwrap_or(false),
            incentive: incentives.get(uid).copied(),
            emission_rao: emissions.get(uid).copied(),
            registered_block: registered.get(uid).copied(),
            axon: axons.get_mut(uid).and_then(Option::take),
        });
        Ok(Self {
            tells_axons,
            neurons: neurons.collect(),
            tempo_blocks: fields.get::<u16>("tempo").map(u64::from),
            immunity_period_blocks: fields.get::<u16>("immunity_period").map(u64::from),
            max_uids: fields.get("max_uids"),
            serving_rate_limit_blocks: fields.get("serving_rate_limit"),
            owner_hotkey: fields.get("owner_hotkey").filter(is_somebody).map(Hotkey::new),
            owner_coldkey: fields.get("owner_coldkey").filter(is_somebody),
            missing: fields.into_missing(),
        })
    }
}

/// A table of which rows or permits are missing would turn validators away.
fn check_size(hotkeys: usize, permits: usize) -> Result<(), SubnetError> {
    if (1..=MAX_NEURONS).contains(&hotkeys) && permits == hotkeys {
        return Ok(());
    }
    Err(SubnetError::Undecodable(format!("it has {hotkeys} hotkeys and {permits} permits")))
}

/// Storage as it was fetched: values by key.
pub(super) type Stored = HashMap<Vec<u8>, Vec<u8>>;

/// Reads the subnet from storage, in two steps: the keys of the second are in the values of the first.
pub(super) struct FromStorage<'a> {
    pub(super) runtime: Runtime<'a>,
    pub(super) netuid: u16,
}

/// What the subnet's storage holds by netuid alone.
const BY_NETUID: [&str; 10] = [
    "NetworksAdded",
    "SubnetworkN",
    "Tempo",
    "ImmunityPeriod",
    "MaxAllowedUids",
    "ServingRateLimit",
    "Emission",
    "Incentive",
    "ValidatorPermit",
    "SubnetOwner",
];
/// What it holds by netuid and uid.
const BY_UID: [&str; 2] = ["Keys", "BlockAtRegistration"];

impl FromStorage<'_> {
    fn key(&self, entry: &str, more: Option<Value>) -> Option<Vec<u8>> {
        let netuid = Value::u128(self.netuid.into());
        self.runtime.key(entry, [Some(netuid), more].into_iter().flatten().collect())
    }

    fn value<T: DecodeAsType>(&self, stored: &Stored, entry: &str, more: Option<Value>) -> Option<T> {
        let key = self.key(entry, more)?;
        self.runtime.value(entry, stored.get(&key).map(Vec::as_slice))
    }

    /// The keys to fetch first: what is known by netuid.
    pub(super) fn subnet_keys(&self) -> Vec<Vec<u8>> {
        BY_NETUID.iter().chain(&["SubnetOwnerHotkey"]).filter_map(|entry| self.key(entry, None)).collect()
    }

    /// How many neurons there are, by the first fetch.
    pub(super) fn count(&self, stored: &Stored) -> Result<u16, SubnetError> {
        if self.value(stored, "NetworksAdded", None) == Some(false) {
            return Err(SubnetError::NoSubnet(self.netuid));
        }
        let count: u16 = self.value(stored, "SubnetworkN", None).ok_or(SubnetError::Essential("SubnetworkN"))?;
        check_size(count.into(), count.into())?;
        Ok(count)
    }

    /// The keys to fetch then: one row for each uid.
    pub(super) fn uid_keys(&self, count: u16) -> Vec<Vec<u8>> {
        let rows = (0..count).flat_map(|uid| BY_UID.map(|entry| self.key(entry, Some(Value::u128(uid.into())))));
        rows.flatten().collect()
    }

    /// The hotkeys by uid: every uid has one.
    pub(super) fn hotkeys(&self, count: u16, stored: &Stored) -> Result<Vec<Account>, SubnetError> {
        let hotkey = |uid: u16| {
            let key = self.key("Keys", Some(Value::u128(uid.into())))?;
            self.runtime.value::<Account>("Keys", Some(stored.get(&key)?))
        };
        let missing = |uid| SubnetError::Undecodable(format!("uid {uid} of {count} has no hotkey"));
        (0..count).map(|uid| hotkey(uid).ok_or_else(|| missing(uid))).collect()
    }

    /// The keys to fetch last: what is known by hotkey.
    pub(super) fn hotkey_keys(&self, hotkeys: &[Account]) -> Vec<Vec<u8>> {
        let rows = hotkeys.iter().flat_map(|hotkey| {
            let stake = self.runtime.key("TotalHotkeyAlpha", vec![account(hotkey), Value::u128(self.netuid.into())]);
            let owner = self.runtime.key("Owner", vec![account(hotkey)]);
            [self.key("Axons", Some(account(hotkey))), stake, owner]
        });
        rows.flatten().collect()
    }

    /// The subnet, of everything that was fetched.
    pub(super) fn read(&self, hotkeys: &[Account], stored: &Stored) -> Result<Subnet, SubnetError> {
        let permits: Vec<bool> =
            self.value(stored, "ValidatorPermit", None).ok_or(SubnetError::Essential("ValidatorPermit"))?;
        check_size(hotkeys.len(), permits.len())?;
        let emissions: Vec<u64> = self.value(stored, "Emission", None).unwrap_or_default();
        let incentives: Vec<u16> = self.value(stored, "Incentive", None).unwrap_or_default();
        let neuron = |(uid, hotkey): (usize, &Account)| {
            let stored_at = |key: Option<Vec<u8>>| stored.get(&key?).map(Vec::as_slice);
            let stake = self.runtime.key("TotalHotkeyAlpha", vec![account(hotkey), Value::u128(self.netuid.into())]);
            let owner = self.runtime.key("Owner", vec![account(hotkey)]);
            let axon = stored_at(self.key("Axons", Some(account(hotkey))));
            Neuron {
                hotkey: Hotkey::new(*hotkey),
                coldkey: stored_at(owner).and_then(|bytes| self.runtime.value("Owner", Some(bytes))),
                stake_rao: self.runtime.value("TotalHotkeyAlpha", stored_at(stake)),
                validator_permit: permits.get(uid).copied().unwrap_or(false),
                incentive: incentives.get(uid).copied(),
                emission_rao: emissions.get(uid).copied(),
                registered_block: self.value(stored, "BlockAtRegistration", Some(Value::u128(uid as u128))),
                axon: axon.and_then(|bytes| stored_axon(self.runtime, bytes)),
            }
        };
        let axon_bytes = |hotkey| stored.get(&self.key("Axons", Some(account(hotkey)))?);
        let is_read = |bytes: &Vec<u8>| self.runtime.value::<StoredAxon>("Axons", Some(bytes)).is_some();
        let tells_axons = self.runtime.has_storage("Axons") && hotkeys.iter().filter_map(axon_bytes).all(is_read);
        let missing = BY_NETUID.into_iter().chain(BY_UID).chain(["Axons", "TotalHotkeyAlpha"]);
        Ok(Subnet {
            tempo_blocks: self.value::<u16>(stored, "Tempo", None).map(u64::from),
            immunity_period_blocks: self.value::<u16>(stored, "ImmunityPeriod", None).map(u64::from),
            max_uids: self.value(stored, "MaxAllowedUids", None),
            serving_rate_limit_blocks: self.value(stored, "ServingRateLimit", None),
            owner_hotkey: self.value(stored, "SubnetOwnerHotkey", None).filter(is_somebody).map(Hotkey::new),
            owner_coldkey: self.value(stored, "SubnetOwner", None).filter(is_somebody),
            tells_axons,
            neurons: hotkeys.iter().enumerate().map(neuron).collect(),
            missing: missing.filter(|entry| !self.runtime.has_storage(entry)).collect(),
        })
    }
}

/// A chain has zeros where there is nobody.
fn is_somebody(account: &Account) -> bool {
    *account != [0; 32]
}

/// An axon as the subnets' storage has it.
pub(super) fn stored_axon(runtime: Runtime<'_>, bytes: &[u8]) -> Option<AxonInfo> {
    runtime.value::<StoredAxon>("Axons", Some(bytes))?.read()
}

pub(super) fn account(key: &Account) -> Value {
    Value::from_bytes(key)
}
