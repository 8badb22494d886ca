//! Blocks, runtimes and JSON-RPC's own rules.

use serde_json::json;

use super::*;
use crate::devnet::node::outlet::Outlet;
use crate::devnet::node::rpc;

#[tokio::test]
async fn an_upgrade_comes_with_the_next_block() {
    let node = start(OLD).await;
    let client = connect(&node).await;
    let before = client.at_current_block().await.expect("a block");
    node.upgrade(runtime(NEW[2]));
    assert_eq!(client.at_current_block().await.expect("the same block").spec_version(), OLD.1);
    node.make_block(NOW_MS);
    let after = client.at_current_block().await.expect("the next block");
    assert_eq!((after.spec_version(), after.block_number()), (NEW[2].1, FIRST_BLOCK + 1));
    assert!(after.metadata_ref().runtime_api_trait_by_name("SubnetInfoRuntimeApi").is_some());
    assert_eq!(before.spec_version(), OLD.1);
    assert_eq!(node.view().spec_version, Some(NEW[2].1));
    let rpc = plain(&node).await;
    assert_eq!(ask(&rpc, "state_getRuntimeVersion", json!([])).await["specVersion"], json!(NEW[2].1));
}

#[tokio::test]
async fn an_extrinsic_signed_for_the_old_runtime_is_dropped_by_the_new_one() {
    let node = start(NEW[0]).await;
    let client = connect(&node).await;
    let mut tx = client.tx().await.expect("a block");
    let progress = tx.sign_and_submit_then_watch_default(&serve_axon(GOOD), &Key(miner())).await.expect("taken");
    node.upgrade(Runtime { spec_version: 294, ..runtime(NEW[0]) });
    node.make_block(NOW_MS);
    progress.wait_for_finalized().await.expect_err("it is invalid now");
    assert!(node.view().metagraph.neurons()[1].axon.is_none());
}

#[tokio::test]
async fn blocks_are_linked_by_the_hashes_that_clients_compute() {
    let node = start(NEW[0]).await;
    let client = connect(&node).await;
    let first = client.at_current_block().await.expect("a block");
    assert_eq!(hash_bytes(client.genesis_hash()), [0x11; 32]);
    node.make_block(NOW_MS + 12_000);
    let second = client.at_current_block().await.expect("a block");
    let header = second.block_header().await.expect("a header");
    assert_eq!((header.parent_hash, header.number), (first.block_hash(), FIRST_BLOCK + 1));
    let encoded = subxt::ext::codec::Encode::encode(&header);
    assert_eq!(hash_bytes(second.block_hash()), crate::devnet::node::block::blake2_256(&encoded));
    let now = subxt::dynamic::storage::<(), u64>("Timestamp", "Now");
    let now = second.storage().fetch(now, ()).await.expect("a time").decode().expect("milliseconds");
    assert_eq!(now, NOW_MS + 12_000);
    let block = second.extrinsics().fetch().await.expect("a block");
    let names: Vec<_> = block.iter().map(|one| one.expect("it decodes").call_name().to_owned()).collect();
    assert_eq!(names, ["set"], "the time");
}

#[tokio::test]
async fn what_changes_is_seen_at_the_current_block_and_not_before() {
    let node = start(NEW[0]).await;
    let client = connect(&node).await;
    let first = client.at_current_block().await.expect("a block");
    node.make_block(NOW_MS);
    node.change(|view| {
        view.max_uids = Some(64);
        view.block = 1;
    });
    let second = client.at_current_block().await.expect("a block");
    let max_uids = |at: &OnlineClientAtBlock<SubstrateConfig>| {
        let (storage, entry) =
            (at.clone(), subxt::dynamic::storage::<(u16,), u16>("SubtensorModule", "MaxAllowedUids"));
        async move { storage.storage().fetch(entry, (NETUID,)).await.expect("a subnet").decode().expect("a number") }
    };
    assert_eq!((max_uids(&first).await, max_uids(&second).await), (256, 64));
    assert_eq!(node.view().block, FIRST_BLOCK + 1, "the chain counts its blocks itself");
}

#[tokio::test]
async fn blocks_that_nobody_keeps_are_discarded() {
    let node = start(NEW[0]).await;
    let rpc = plain(&node).await;
    let first = ask(&rpc, "chain_getFinalizedHead", json!([])).await;
    for _ in 0..64 {
        node.make_block(NOW_MS);
    }
    let error = refusal(&rpc, "state_getStorage", json!(["0x00", first])).await;
    assert!(error.message().contains("UnknownBlock"), "{error}");
    let error = refusal(&rpc, "state_call", json!(["Core_version", "0x", first])).await;
    assert!(error.message().contains("unknown Block"), "{error}");
    assert_eq!(ask(&rpc, "chain_getHeader", json!([first])).await, Json::Null);
    assert_eq!(ask(&rpc, "chain_getBlockHash", json!([0])).await, first, "the chain is still the same");
    assert_eq!(ask(&rpc, "chain_getBlockHash", json!([FIRST_BLOCK])).await, Json::Null);
}

#[tokio::test]
async fn calls_are_answered_by_json_rpcs_rules() {
    let node = start(NEW[0]).await;
    let rpc = plain(&node).await;
    assert_eq!(refusal(&rpc, "chainHead_v1_follow", json!([true])).await.code(), -32_601);
    assert_eq!(refusal(&rpc, "state_getStorage", json!(["no hex"])).await.code(), -32_602);
    assert_eq!(refusal(&rpc, "state_call", json!(["Core_version"])).await.code(), -32_602);
    assert_eq!(ask(&rpc, "rpc_methods", json!([])).await["methods"].as_array().map(Vec::len), Some(20));
    assert_eq!(ask(&rpc, "system_health", json!([])).await["isSyncing"], json!(false));
    let name = ask(&rpc, "system_chain", json!([])).await;
    assert_eq!(name, json!("bittensor"));
    assert_eq!(node.calls(), 6);
}

#[tokio::test]
async fn what_is_no_call_is_told_so_and_ids_come_back_as_they_were() {
    let node = start(NEW[0]).await;
    let (outlet, mut messages) = Outlet::new();
    let mut answer = |request: &str| -> Json {
        rpc::answer(&mut node.shared.chain.lock(), request, &outlet);
        serde_json::from_str(&messages.try_recv().expect("an answer").1).expect("JSON")
    };
    assert_eq!(answer("{")["error"]["code"], json!(-32_700));
    assert_eq!(answer("[]")["error"]["code"], json!(-32_600));
    for id in [json!(7), json!("seven")] {
        let answered = answer(&json!({"jsonrpc": "2.0", "id": id, "method": "system_chain"}).to_string());
        assert_eq!(answered, json!({"jsonrpc": "2.0", "id": id, "result": "bittensor"}));
    }
}

#[tokio::test]
async fn metadata_that_cannot_be_read_is_an_error_at_the_start() {
    let broken = Runtime { metadata: metadata(NEW[0].0)[..1_000].to_vec(), ..runtime(NEW[0]) };
    assert!(Node::start(broken, view()).await.is_err());
}
