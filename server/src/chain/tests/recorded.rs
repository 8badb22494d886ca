//! Recorded answers decode to what the SDK made of them at the same block.

use serde_json::Value;

use super::{from_hex, json, metadata};
use crate::chain::neurons::{FromStorage, Stored, Subnet, SubnetError};
use crate::chain::runtime::Runtime;
use crate::domain::{AXON_PROTOCOL, AxonInfo, ChainView, EpochSchedule, Metagraph};
use crate::keys::Hotkey;

const MINER: &str = "5FpjvVN9fkYjNvNwzZYxLFNz2UVDmeZ8ZvD47A1dLMnsVgo6";

fn of_metagraph(file: &str, types: &str, method: &str) -> Result<Subnet, SubnetError> {
    let bytes = from_hex(&json(file)["result"]);
    let metadata = metadata(types);
    let output = Runtime(&metadata).api_output("SubnetInfoRuntimeApi", method).expect("this runtime has it");
    Subnet::from_metagraph(&bytes, output, metadata.types(), 2)
}

/// What the SDK says, field by field.
fn expect_decoded(subnet: &Subnet) {
    let decoded = json("293_decoded.json");
    let number = |name: &str, uid: usize| decoded[name][uid].as_u64();
    assert_eq!(subnet.neurons.len(), 5);
    for (uid, neuron) in subnet.neurons.iter().enumerate() {
        assert_eq!(decoded["hotkeys"][uid], neuron.hotkey.to_string());
        let coldkey = neuron.coldkey.expect("told");
        assert_eq!(decoded["coldkeys"][uid], Hotkey::new(coldkey).to_string());
        assert_eq!(number("total_stake", uid), neuron.stake_rao);
        assert_eq!(number("incentives", uid), neuron.incentive.map(u64::from));
        assert_eq!(number("emission", uid), neuron.emission_rao);
        assert_eq!(number("block_at_registration", uid), neuron.registered_block);
        assert_eq!(decoded["validator_permit"][uid], neuron.validator_permit);
        let served = &decoded["axons"][uid];
        match neuron.axon {
            None => assert_eq!(served["ip"], Value::from(0)),
            Some(axon) => {
                assert_eq!(served["ip"].as_u64(), Some(u64::from(u32::from(std::net::Ipv4Addr::new(8, 8, 8, 8)))));
                assert_eq!(axon.ip.to_string(), "8.8.8.8");
                assert_eq!(served["port"].as_u64(), Some(axon.port.into()));
                assert_eq!(served["version"].as_u64(), Some(axon.version.into()));
                assert_eq!(served["protocol"].as_u64(), Some(axon.protocol.into()));
                assert_eq!(served["block"].as_u64(), Some(axon.block));
            }
        }
    }
    assert_eq!(decoded["tempo"].as_u64(), subnet.tempo_blocks);
    assert_eq!(decoded["immunity_period"].as_u64(), subnet.immunity_period_blocks);
    assert_eq!(decoded["max_uids"].as_u64(), subnet.max_uids.map(u64::from));
    assert_eq!(decoded["serving_rate_limit"].as_u64(), subnet.serving_rate_limit_blocks);
}

#[test]
fn the_metagraph_of_293_decodes_to_what_the_sdk_says() {
    let subnet = of_metagraph("293_get_metagraph.json", "293_v15", "get_metagraph").expect("decoded");
    expect_decoded(&subnet);
    let decoded = json("293_decoded.json");
    assert_eq!(decoded["owner_hotkey"], subnet.owner_hotkey.expect("told").to_string());
    assert!(subnet.missing.is_empty(), "{:?}", subnet.missing);
}

#[test]
fn the_selective_metagraph_decodes_to_the_same_and_names_what_was_not_asked_for() {
    let subnet =
        of_metagraph("293_get_selective_metagraph.json", "293_v15", "get_selective_metagraph").expect("decoded");
    expect_decoded(&subnet);
    assert_eq!(subnet.missing.iter().copied().collect::<Vec<_>>(), ["owner_coldkey", "owner_hotkey"]);
}

#[test]
fn an_absent_subnet_and_garbage_are_told_apart() {
    let metadata = metadata("293_v15");
    let output = Runtime(&metadata).api_output("SubnetInfoRuntimeApi", "get_metagraph").expect("it has it");
    let read = |bytes: &[u8]| Subnet::from_metagraph(bytes, output, metadata.types(), 77);
    assert_eq!(read(&[0]), Err(SubnetError::NoSubnet(77)));
    for garbage in [&[][..], &[1], &[1, 2, 3], &[0xff; 300], &[9; 40]] {
        assert!(matches!(read(garbage), Err(SubnetError::Undecodable(_))), "{garbage:?}");
    }
}

#[test]
fn a_newer_runtimes_metagraph_has_every_field_that_is_read() {
    for types in ["mainnet343_v15", "finney365_v16", "head_like_v15"] {
        let metadata = metadata(types);
        for method in ["get_metagraph", "get_selective_metagraph"] {
            assert!(Runtime(&metadata).api_output("SubnetInfoRuntimeApi", method).is_some(), "{types} {method}");
        }
        for entry in ["Axons", "Keys", "Tempo", "Emission", "Incentive", "ValidatorPermit", "BlockAtRegistration"] {
            assert!(Runtime(&metadata).has_storage(entry), "{types} {entry}");
        }
    }
    // The recorded answer is of 293: where the newer types begin alike, they read the same.
    for types in ["mainnet343_v15", "finney365_v16"] {
        expect_decoded(&of_metagraph("293_get_metagraph.json", types, "get_metagraph").expect(types));
    }
}

fn stored(file: &str) -> Stored {
    let all = json(file);
    let rows = all.as_object().expect("an object").iter().filter(|(_, value)| !value.is_null());
    rows.map(|(key, value)| (from_hex(&Value::from(key.as_str())), from_hex(value))).collect()
}

fn of_storage(spec: &str) -> Subnet {
    let metadata = metadata(&format!("{spec}_v15"));
    let reader = FromStorage { runtime: Runtime(&metadata), netuid: 2 };
    let stored = stored(&format!("{spec}_storage.json"));
    let count = reader.count(&stored).expect("counted");
    let hotkeys = reader.hotkeys(count, &stored).expect("one for each");
    for key in reader.subnet_keys() {
        assert!(key.starts_with(&hex::decode("658faa385070e074c85bf6b568cf0555").expect("hex")), "the pallet's prefix");
    }
    reader.read(&hotkeys, &stored).expect("decoded")
}

#[test]
fn without_a_metagraph_the_subnet_is_read_from_storage() {
    let subnet = of_storage("218");
    assert_eq!((subnet.tempo_blocks, subnet.immunity_period_blocks), (Some(10), Some(100)));
    assert_eq!((subnet.max_uids, subnet.serving_rate_limit_blocks), (Some(256), Some(50)));
    assert_eq!(subnet.neurons.len(), 5);
    let miner = &subnet.neurons[3];
    assert_eq!(miner.hotkey.to_string(), MINER);
    assert_eq!((miner.registered_block, miner.incentive, miner.emission_rao), (Some(4), Some(0), Some(0)));
    assert!(miner.validator_permit);
    let ip = "8.8.8.8".parse().expect("an address");
    let axon = AxonInfo { ip, port: 8_091, protocol: AXON_PROTOCOL, version: 10_002_000, block: 12 };
    assert_eq!(miner.axon, Some(axon));
    assert_eq!(subnet.neurons[4].axon, None);
    assert_eq!(subnet.neurons[0].emission_rao, Some(910_002_289));
}

#[test]
fn a_table_of_which_a_row_or_a_permit_is_missing_is_refused() {
    let metadata = metadata("218_v15");
    let reader = FromStorage { runtime: Runtime(&metadata), netuid: 2 };
    let mut stored = stored("218_storage.json");
    let hotkeys = reader.hotkeys(5, &stored).expect("whole");
    assert!(reader.hotkeys(6, &stored).expect_err("five").to_string().contains("uid 5 of 6"));
    let error = reader.read(&hotkeys[..4], &stored).expect_err("five permits").to_string();
    assert!(error.contains("4 hotkeys and 5 permits"), "{error}");
    let count =
        Runtime(&metadata).key("SubnetworkN", vec![subxt::ext::scale_value::Value::u128(2)]).expect("it has it");
    for hostile in [[0, 0], [0xff, 0xff]] {
        stored.insert(count.clone(), hostile.to_vec());
        assert!(matches!(reader.count(&stored), Err(SubnetError::Undecodable(_))), "{hostile:?}");
    }
}

#[test]
fn an_axon_that_cannot_be_read_is_unknown_rather_than_absent() {
    let metadata = metadata("218_v15");
    let reader = FromStorage { runtime: Runtime(&metadata), netuid: 2 };
    let mut stored = stored("218_storage.json");
    let hotkeys = reader.hotkeys(5, &stored).expect("whole");
    assert!(reader.read(&hotkeys, &stored).expect("decoded").tells_axons);
    for bytes in stored.values_mut().filter(|bytes| bytes.len() > 30 && bytes.starts_with(&[12, 0, 0, 0])) {
        bytes.truncate(20);
    }
    assert!(!reader.read(&hotkeys, &stored).expect("decoded").tells_axons);
}

#[test]
fn storage_and_metagraph_of_one_block_tell_the_same() {
    let metagraph = of_metagraph("293_get_metagraph.json", "293_v15", "get_metagraph").expect("decoded");
    let storage = of_storage("293");
    for (uid, (one, other)) in metagraph.neurons.iter().zip(&storage.neurons).enumerate() {
        assert_eq!(
            (one.hotkey, one.axon, one.incentive, one.emission_rao, one.validator_permit),
            (other.hotkey, other.axon, other.incentive, other.emission_rao, other.validator_permit),
            "uid {uid}"
        );
    }
    assert_eq!(metagraph.neurons[3].stake_rao, storage.neurons[3].stake_rao);
    assert_eq!(metagraph.neurons[3].coldkey, storage.neurons[3].coldkey);
}

#[test]
fn the_recorded_subnet_gives_the_figures_that_a_hand_computes() {
    let subnet = of_metagraph("293_get_metagraph.json", "293_v15", "get_metagraph").expect("decoded");
    let view = ChainView {
        netuid: 2,
        block: 31,
        block_time_ms: Some(1_000),
        schedule: subnet.tempo_blocks.map(|tempo_blocks| EpochSchedule { tempo_blocks, last_block: None }),
        immunity_period_blocks: subnet.immunity_period_blocks,
        max_uids: subnet.max_uids,
        metagraph: Metagraph::new(subnet.neurons),
        ..ChainView::default()
    };
    let status = view.status(&MINER.parse().expect("an address"));
    assert_eq!((status.uid, status.rank, status.miners), (Some(3), Some(1), Some(2)));
    // 43,690 of 43,690 + 21,844.
    assert!((status.incentive_pct.expect("earning") - 66.667_683).abs() < 1e-4, "{:?}", status.incentive_pct);
    assert_eq!(status.of_best_pct, Some(100.0));
    assert_eq!(status.emission_alpha, Some(3.006_698_741));
    // 86,400 blocks of a second a day, an epoch every 11.
    assert!((status.emission_per_day_alpha.expect("derived") - 3.006_698_741 * 86_400.0 / 11.0).abs() < 1e-6);
    // Registered at 4, spared for 100, now 31.
    assert_eq!(status.immunity_blocks, Some(73));
    // The last epoch was at 29: (29 + 2 + 1 + 1) divides by 11, and so does 40's.
    assert_eq!(status.next_epoch_blocks, Some(9));
    assert_eq!((status.free_uids, status.validators_permitted), (Some(251), Some(5)));
    // All are immune: by emission 0, 1,355,017,097, 1,503,326,429, 3,006,698,741, 3,155,008,074.
    assert_eq!(status.prune_margin, Some(3));
    assert!((status.stake_alpha.expect("told") - 6.013_397_482).abs() < 1e-9);
}
