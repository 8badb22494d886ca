//! One sync: everything that is read at one block.

use subxt::ext::scale_value::Value;

use super::connection::{AtBlock, ChainError, Connection};
use super::neurons::{FromStorage, METAGRAPH_FIELDS, Subnet, SubnetError};
use super::runtime::Runtime;
use crate::domain::{ChainView, EpochSchedule, Metagraph, Spared};

/// The API that tells a whole subnet.
const SUBNET_INFO: &str = "SubnetInfoRuntimeApi";
/// Beside the metagraph: when epochs come, and whom pruning spares, where the runtime says so.
const BESIDE: [&str; 3] = ["LastEpochBlock", "ImmuneOwnerUidsLimit", "MinNonImmuneUids"];

/// What was read, and what this runtime has not got.
pub(super) struct Read {
    pub(super) view: ChainView,
    pub(super) missing: Vec<&'static str>,
}

/// Reads the subnet at `at`.
pub(super) async fn read(
    connection: &Connection,
    at: &AtBlock,
    network: &str,
    netuid: u16,
    now_ms: u64,
) -> Result<Read, ChainError> {
    let metadata = at.metadata();
    let runtime = Runtime(&metadata);
    let beside = BESIDE.map(|entry| runtime.key(entry, vec![Value::u128(netuid.into())]));
    let now = runtime.key_in("Timestamp", "Now", Vec::new());
    let keys: Vec<_> = beside.iter().chain([&now]).flatten().cloned().collect();
    let stored = connection.fetch(&keys, at.block_hash()).await?;
    let stored = |key: &Option<Vec<u8>>| stored.get(key.as_ref()?).map(Vec::as_slice);
    let subnet = match metagraph(at, runtime, netuid).await? {
        Some(subnet) => subnet,
        None => from_storage(connection, at, runtime, netuid).await?,
    };
    let schedule = subnet.tempo_blocks.map(|tempo_blocks| EpochSchedule {
        tempo_blocks,
        last_block: beside[0].as_ref().and_then(|_| runtime.value(BESIDE[0], stored(&beside[0]))),
    });
    let view = ChainView {
        network: network.to_owned(),
        netuid,
        genesis: Some(connection.genesis()),
        spec_version: Some(at.spec_version()),
        block: at.block_number(),
        block_ms: runtime.value_in("Timestamp", "Now", stored(&now)).filter(|ms| *ms > 0),
        synced_ms: now_ms,
        block_time_ms: slot_ms(at, runtime).await,
        schedule,
        immunity_period_blocks: subnet.immunity_period_blocks,
        max_uids: subnet.max_uids,
        serving_rate_limit_blocks: subnet.serving_rate_limit_blocks,
        spared: Spared {
            owner_hotkey: subnet.owner_hotkey,
            owner_coldkey: subnet.owner_coldkey,
            owner_neurons: beside[1].as_ref().and_then(|_| runtime.value(BESIDE[1], stored(&beside[1]))),
            floor: beside[2].as_ref().and_then(|_| runtime.value(BESIDE[2], stored(&beside[2]))),
        },
        tells_axons: subnet.tells_axons,
        metagraph: Metagraph::new(subnet.neurons),
    };
    Ok(Read { view, missing: subnet.missing.into_iter().collect() })
}

/// The subnet in one call, of the fields that are needed or of all; nothing where the runtime has no such call.
async fn metagraph(at: &AtBlock, runtime: Runtime<'_>, netuid: u16) -> Result<Option<Subnet>, ChainError> {
    let output = |method| runtime.api_output(SUBNET_INFO, method);
    if let Some(output) = output("get_selective_metagraph")
        && let Ok(answer) = call(at, "SubnetInfoRuntimeApi_get_selective_metagraph", &selective(netuid)).await
    {
        match Subnet::from_metagraph(&answer, output, runtime.0.types(), netuid) {
            Ok(subnet) if subnet.tells_axons => return Ok(Some(subnet)),
            Err(error @ SubnetError::NoSubnet(_)) => return Err(error.into()),
            // The numbers of the fields may have changed: the whole has names.
            Ok(_) | Err(_) => {}
        }
    }
    let Some(output) = output("get_metagraph") else { return Ok(None) };
    let answer = call(at, "SubnetInfoRuntimeApi_get_metagraph", &netuid.to_le_bytes()).await?;
    Ok(Some(Subnet::from_metagraph(&answer, output, runtime.0.types(), netuid)?))
}

async fn call(at: &AtBlock, function: &str, arguments: &[u8]) -> Result<Vec<u8>, ChainError> {
    Ok(at.runtime_apis().call_raw(function, Some(arguments)).await?)
}

/// The call's arguments in SCALE: a `u16` and a `Vec<u16>` of fewer than 64.
fn selective(netuid: u16) -> Vec<u8> {
    let mut bytes = netuid.to_le_bytes().to_vec();
    bytes.push((METAGRAPH_FIELDS.len() as u8) << 2);
    bytes.extend(METAGRAPH_FIELDS.iter().flat_map(|field| field.to_le_bytes()));
    bytes
}

async fn from_storage(
    connection: &Connection,
    at: &AtBlock,
    runtime: Runtime<'_>,
    netuid: u16,
) -> Result<Subnet, ChainError> {
    let reader = FromStorage { runtime, netuid };
    let hash = at.block_hash();
    let mut stored = connection.fetch(&reader.subnet_keys(), hash).await?;
    let count = reader.count(&stored)?;
    stored.extend(connection.fetch(&reader.uid_keys(count), hash).await?);
    let hotkeys = reader.hotkeys(count, &stored)?;
    stored.extend(connection.fetch(&reader.hotkey_keys(&hotkeys), hash).await?);
    Ok(reader.read(&hotkeys, &stored)?)
}

/// How long a block takes, as the chain's own consensus says.
async fn slot_ms(at: &AtBlock, runtime: Runtime<'_>) -> Option<u64> {
    runtime.api_output("AuraApi", "slot_duration")?;
    let answer = call(at, "AuraApi_slot_duration", &[]).await;
    // Of all that is read, the figures per day alone need it.
    let ms = answer.ok().and_then(|answer| answer.try_into().ok()).map(u64::from_le_bytes);
    ms.filter(|ms| *ms > 0)
}
