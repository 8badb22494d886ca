//! What Parity's client reads.

use subxt::dynamic;
use subxt::ext::scale_decode::DecodeAsType;

use super::*;

#[derive(Debug, PartialEq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Axon {
    block: u64,
    version: u32,
    ip: u128,
    port: u16,
    ip_type: u8,
    protocol: u8,
}

/// Of the subnet, some fields by name.
#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Subnet {
    netuid: u16,
    block: u64,
    tempo: u16,
    immunity_period: u16,
    serving_rate_limit: u64,
    hotkeys: Vec<[u8; 32]>,
    axons: Vec<Axon>,
    validator_permit: Vec<bool>,
    incentives: Vec<u16>,
    emission: Vec<u64>,
    alpha_stake: Vec<u64>,
    dividends: Vec<u16>,
    block_at_registration: Vec<u64>,
}

#[derive(Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct Selection {
    netuid: u16,
    tempo: Option<u16>,
    hotkeys: Option<Vec<[u8; 32]>>,
    axons: Option<Vec<Axon>>,
    incentives: Option<Vec<u16>>,
    dividends: Option<Vec<u16>>,
}

const OTHER: Axon = Axon { block: 4_990, version: 9_012_002, ip: 0x0909_0909, port: 8_091, ip_type: 4, protocol: 4 };

#[tokio::test]
async fn the_subnet_is_read_in_one_call_on_every_runtime_that_has_it() {
    for of in NEW {
        let node = start(of).await;
        let at = connect(&node).await.at_current_block().await.expect("a block");
        assert_eq!((at.spec_version(), at.block_number()), (of.1, FIRST_BLOCK));
        let call = |netuid: u16| dynamic::runtime_api_call("SubnetInfoRuntimeApi", "get_metagraph", (netuid,));
        let subnet: Option<Subnet> = at.runtime_apis().call(call(NETUID)).await.expect("an answer");
        let subnet = subnet.unwrap_or_else(|| panic!("{} has the subnet", of.0));
        assert_eq!((subnet.netuid, subnet.block, subnet.tempo), (NETUID, FIRST_BLOCK, 360));
        assert_eq!((subnet.immunity_period, subnet.serving_rate_limit), (4_096, LIMIT_BLOCKS));
        assert_eq!(subnet.hotkeys[1], *miner().hotkey().bytes());
        assert_eq!((&subnet.axons[2], subnet.axons[1].port), (&OTHER, 0));
        assert_eq!(subnet.validator_permit, [true, false, false]);
        assert_eq!((subnet.incentives, subnet.emission), (vec![0, 20_000, 45_535], vec![5, 0, 0]));
        assert_eq!(subnet.alpha_stake, [12_000_000_000, 0, 0]);
        assert_eq!((subnet.dividends, subnet.block_at_registration), (vec![0; 3], vec![0, 4_000, 0]));
        let absent: Option<Subnet> = at.runtime_apis().call(call(NETUID + 1)).await.expect("an answer");
        assert!(absent.is_none(), "there is one subnet");
    }
}

#[tokio::test]
async fn of_a_selection_only_what_was_asked_for_comes() {
    for of in NEW {
        let node = start(of).await;
        let at = connect(&node).await.at_current_block().await.expect("a block");
        let arguments = (NETUID, vec![52_u16, 55, 61, 62]);
        let call = dynamic::runtime_api_call("SubnetInfoRuntimeApi", "get_selective_metagraph", arguments);
        let selection: Option<Selection> = at.runtime_apis().call(call).await.expect("an answer");
        let selection = selection.expect("the subnet is there");
        assert_eq!((selection.netuid, selection.tempo), (NETUID, None), "{}", of.0);
        assert_eq!(selection.hotkeys.expect("asked for").len(), 3);
        assert_eq!(selection.axons.expect("asked for")[2], OTHER);
        assert_eq!((selection.incentives, selection.dividends), (Some(vec![0, 20_000, 45_535]), Some(vec![0; 3])));
    }
}

#[tokio::test]
async fn storage_is_read_on_every_runtime() {
    for of in NEW.into_iter().chain([OLD]) {
        let node = start(of).await;
        let at = connect(&node).await.at_current_block().await.expect("a block");
        let storage = at.storage();
        let [miner, other, stranger] = [miner().hotkey(), account("node's other"), account("node's stranger")];
        let uids = |hotkey: Hotkey| {
            let entry = dynamic::storage::<(u16, [u8; 32]), u16>("SubtensorModule", "Uids");
            storage.try_fetch(entry, (NETUID, *hotkey.bytes()))
        };
        assert_eq!(uids(miner).await.expect("read").expect("registered").decode().expect("a uid"), 1, "{}", of.0);
        assert!(uids(stranger).await.expect("read").is_none());
        let axons = dynamic::storage::<(u16, [u8; 32]), Axon>("SubtensorModule", "Axons");
        let axon = storage.fetch(axons, (NETUID, *other.bytes())).await.expect("it serves").decode().expect("an axon");
        assert_eq!(axon, OTHER);
        let keys = dynamic::storage::<(u16, u16), [u8; 32]>("SubtensorModule", "Keys");
        let hotkey = storage.fetch(keys, (NETUID, 2_u16)).await.expect("a neuron").decode().expect("a hotkey");
        assert_eq!(hotkey, *other.bytes());
        let tempo = dynamic::storage::<(u16,), u16>("SubtensorModule", "Tempo");
        assert_eq!(storage.fetch(tempo, (NETUID,)).await.expect("a subnet").decode().expect("blocks"), 360);
        let incentive = dynamic::storage::<(u16,), Vec<u16>>("SubtensorModule", "Incentive");
        let incentive = storage.fetch(incentive, (NETUID,)).await.expect("a subnet").decode().expect("shares");
        assert_eq!(incentive, [0, 20_000, 45_535]);
        let now = dynamic::storage::<(), u64>("Timestamp", "Now");
        assert_eq!(storage.fetch(now, ()).await.expect("a time").decode().expect("milliseconds"), NOW_MS);
    }
}

#[tokio::test]
async fn storage_is_walked_by_its_keys() {
    let node = start(NEW[0]).await;
    let at = connect(&node).await.at_current_block().await.expect("a block");
    let keys = dynamic::storage::<(u16, u16), [u8; 32]>("SubtensorModule", "Keys");
    let mut entries = at.storage().iter(keys, (NETUID,)).await.expect("a subnet");
    let mut hotkeys = Vec::new();
    while let Some(entry) = entries.next().await {
        hotkeys.push(Hotkey::new(entry.expect("read").value().decode().expect("a hotkey")));
    }
    let view = node.view();
    assert_eq!(hotkeys, view.metagraph.neurons().iter().map(|neuron| neuron.hotkey).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_runtime_without_the_metagraph_call_says_that_it_has_no_such_method() {
    let node = start(OLD).await;
    let client = plain(&node).await;
    let error =
        refusal(&client, "state_call", serde_json::json!(["SubnetInfoRuntimeApi_get_metagraph", "0x2400"])).await;
    assert_eq!(error.code(), 4_003);
    assert!(error.message().contains("Exported method SubnetInfoRuntimeApi_get_metagraph is not found"), "{error}");
}
