//! Against what a real runtime of version 293 stored and answered.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Deserialize)]
struct Entry {
    key: String,
    raw: Option<String>,
}

/// The recorded chain: the owner, two validators, the miner that served, the miner that did not.
fn recorded_view() -> ChainView {
    let hotkeys = [
        "5DcrnXrrxJ6ZRXrM8fvsiWvCbubtHYKqD1ZWP8nUk6PjHGuE",
        "5EnxA9Fo3dLtUbDAqKcrLRXckuEWzCzkDn8XYWSFxwMPP7kU",
        "5CY8Z7b2sTpahjxawsY54Uo1KK4yMVGMiq4z2Yx3wwRPCFzX",
        "5FpjvVN9fkYjNvNwzZYxLFNz2UVDmeZ8ZvD47A1dLMnsVgo6",
        "5EASTaokxirHhjuMC4KYjxxpCqh8HcFkaDUnyqKbT7Wj5hWP",
    ];
    let [owner, validators, miners] = [
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
        "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
        "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y",
    ];
    let coldkey = |uid: usize| [owner, validators, validators, miners, miners][uid].parse::<Hotkey>();
    let stakes = [4_859_876_394, 508_427_864_909, 218_364_424_500, 6_013_397_482, 3_006_652_858];
    let emissions = [0, 3_155_008_074, 1_355_017_097, 3_006_698_741, 1_503_326_429];
    let incentives = [0, 0, 0, 43_690, 21_844];
    let neuron = |uid: usize| Neuron {
        coldkey: Some(*coldkey(uid).expect("an address").bytes()),
        stake_rao: Some(stakes[uid]),
        validator_permit: true,
        incentive: Some(incentives[uid]),
        emission_rao: Some(emissions[uid]),
        registered_block: Some([2, 3, 3, 4, 4][uid]),
        ..Neuron::new(hotkeys[uid].parse().expect("an address"))
    };
    let mut neurons: Vec<_> = (0..hotkeys.len()).map(neuron).collect();
    let ip = [8, 8, 8, 8].into();
    neurons[3].axon = Some(AxonInfo { ip, port: 8_091, protocol: 4, version: 10_002_000, block: 30 });
    ChainView {
        netuid: 2,
        block: 31,
        schedule: Some(EpochSchedule { tempo_blocks: 10, last_block: None }),
        immunity_period_blocks: Some(100),
        max_uids: Some(256),
        serving_rate_limit_blocks: Some(50),
        metagraph: Metagraph::new(neurons),
        ..view()
    }
}

#[tokio::test]
async fn storage_has_the_recorded_keys_and_values() {
    let text = std::fs::read_to_string(vectors().join("storage_293.json")).expect("a vector");
    let recorded: BTreeMap<String, Entry> = serde_json::from_str(&text).expect("JSON");
    let node = Node::start(runtime(NEW[0]), recorded_view()).await.expect("a free port");
    let rpc = plain(&node).await;
    for (name, entry) in &recorded {
        let answer = ask(&rpc, "state_getStorage", json!([entry.key])).await;
        assert_eq!(answer.as_str(), entry.raw.as_deref(), "{name}");
    }
    let keys: Vec<_> = recorded.values().map(|entry| &entry.key).collect();
    let answer = ask(&rpc, "state_queryStorageAt", json!([keys])).await;
    let changes: Vec<(String, Option<String>)> = serde_json::from_value(answer[0]["changes"].clone()).expect("pairs");
    assert!(changes.iter().zip(recorded.values()).all(|((_, raw), entry)| *raw == entry.raw));
}

#[tokio::test]
async fn a_selective_metagraph_has_the_recorded_bytes() {
    let text = std::fs::read_to_string(vectors().join("selective_metagraph_293.json")).expect("a vector");
    let recorded: Json = serde_json::from_str(&text).expect("JSON");
    let node = Node::start(runtime(NEW[0]), recorded_view()).await.expect("a free port");
    let arguments = json!(["SubnetInfoRuntimeApi_get_selective_metagraph", recorded["arguments"]]);
    assert_eq!(ask(&plain(&node).await, "state_call", arguments).await, recorded["answer"]);
}

#[tokio::test]
async fn the_runtimes_version_has_the_recorded_bytes() {
    let text = std::fs::read_to_string(vectors().join("version_293.json")).expect("a vector");
    let recorded: Json = serde_json::from_str(&text).expect("JSON");
    let node = start(NEW[0]).await;
    let rpc = plain(&node).await;
    assert_eq!(ask(&rpc, "state_call", json!(["Core_version", "0x"])).await, recorded["state_call"]);
    assert_eq!(ask(&rpc, "state_getRuntimeVersion", json!([])).await, recorded["state_getRuntimeVersion"]);
}
