//! What is refused, where, and with which words.

use serde_json::json;

use super::*;
use crate::devnet::node::runtime::hex;

/// One way to be refused: what is served, the pool's code, the pallet's error.
type Case = (&'static str, Served, u8, &'static str);

fn cases() -> [Case; 8] {
    let (netuid, version, ip, port, ip_type, ..) = GOOD;
    let with = |ip: u128, port: u16, ip_type: u8| (netuid, version, ip, port, ip_type, 4, 0, 0);
    [
        ("another subnet", (netuid + 1, version, ip, port, ip_type, 4, 0, 0), 10, "HotKeyNotRegisteredInNetwork"),
        ("127.0.0.1", with(0x7f00_0001, port, 4), 11, "InvalidIpAddress"),
        ("255.255.255.255", with(u32::MAX.into(), port, 4), 11, "InvalidIpAddress"),
        ("too wide for IPv4", with(1 << 32, port, 4), 11, "InvalidIpAddress"),
        ("::1", with(1, port, 6), 11, "InvalidIpAddress"),
        ("too soon", GOOD, 12, "ServingRateLimitExceeded"),
        ("port 0", with(ip, 0, 4), 13, "InvalidPort"),
        ("ip_type 5", with(ip, port, 5), 255, "InvalidIpType"),
    ]
}

/// Our miner has just served where that is the fault, and never else.
fn prepare(node: &Node, name: &str) {
    node.change(|view| {
        let block = view.block;
        let mut neurons: Vec<Neuron> = std::mem::take(&mut view.metagraph).into();
        let served = neurons[2].axon.filter(|_| name == "too soon");
        neurons[1].axon = served.map(|axon| AxonInfo { block, ..axon });
        view.metagraph = Metagraph::new(neurons);
    });
}

/// What the runtime says of an extrinsic before it is in a block.
async fn validity(rpc: &WsClient, extrinsic: &[u8]) -> String {
    let head = ask(rpc, "chain_getFinalizedHead", json!([])).await;
    let head = head.as_str().expect("a hash");
    let arguments = format!("0x02{}{}", hex::encode(extrinsic), &head[2..]);
    let function = "TaggedTransactionQueue_validate_transaction";
    let answer = ask(rpc, "state_call", json!([function, arguments, head])).await;
    answer.as_str().expect("bytes").to_owned()
}

async fn refused(rpc: &WsClient, extrinsic: &[u8]) -> (i32, String, String) {
    let error = refusal(rpc, "author_submitExtrinsic", json!([hex(extrinsic)])).await;
    let data = error.data().map(|data| data.get().trim_matches('"').to_owned());
    (error.code(), error.message().to_owned(), data.unwrap_or_default())
}

fn invalid(data: &str) -> (i32, String, String) {
    (1_010, "Invalid Transaction".into(), data.into())
}

#[tokio::test]
async fn new_runtimes_refuse_in_the_pool_with_the_real_ones_codes() {
    let node = start(NEW[0]).await;
    let (client, rpc) = (connect(&node).await, plain(&node).await);
    for (name, served, code, _) in cases() {
        prepare(&node, name);
        let extrinsic = signed(&client, miner(), served, 0).await;
        assert_eq!(refused(&rpc, &extrinsic).await, invalid(&format!("Custom error: {code}")), "{name}");
        assert_eq!(validity(&rpc, &extrinsic).await, format!("0x010007{code:02x}"), "{name}");
    }
    let stranger = signed(&client, devnet_signer("node's stranger"), GOOD, 0).await;
    assert_eq!(refused(&rpc, &stranger).await, invalid("Custom error: 10"));
    node.make_block(NOW_MS);
    assert_eq!(ask(&rpc, "chain_getBlock", json!([])).await["block"]["extrinsics"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn old_runtimes_take_it_and_fail_with_the_pallets_error() {
    let node = start(OLD).await;
    let client = connect(&node).await;
    let zero_ip = (NETUID, 1, 0, 8_091, 4, 4, 0, 0);
    for (name, served, _, error) in cases().into_iter().chain([("0.0.0.0", zero_ip, 11, "InvalidIpAddress")]) {
        prepare(&node, name);
        let at = client.at_current_block().await.expect("a block");
        let mut tx = at.tx();
        let progress = tx.sign_and_submit_then_watch_default(&serve_axon(served), &Key(miner())).await.expect("taken");
        node.make_block(NOW_MS);
        let block = progress.wait_for_finalized().await.expect("final");
        let failed = block.wait_for_success().await.expect_err(name);
        assert!(failed.to_string().contains(error), "{name}: {failed}");
    }
    assert!(node.view().metagraph.neurons()[1].axon.is_none());
}

#[tokio::test]
async fn a_spoiled_signature_is_refused_by_every_runtime() {
    for of in NEW.into_iter().chain([OLD]) {
        let node = start(of).await;
        let (client, rpc) = (connect(&node).await, plain(&node).await);
        let good = signed(&client, miner(), GOOD, 0).await;
        assert!(validity(&rpc, &good).await.starts_with("0x00"), "{}", of.0);
        // Length, version, address; then the signature's kind and first byte. The last one is of the call.
        for spoiled in [2 + 1 + 33 + 1, good.len() - 1] {
            let mut bytes = good.clone();
            bytes[spoiled] ^= 1;
            assert_eq!(refused(&rpc, &bytes).await, invalid("Transaction has a bad signature"), "{}", of.0);
            assert_eq!(validity(&rpc, &bytes).await, "0x010004", "{}", of.0);
        }
    }
}

#[tokio::test]
async fn a_used_nonce_is_stale_and_a_later_one_waits_for_its_turn() {
    let node = start(OLD).await;
    let (client, rpc) = (connect(&node).await, plain(&node).await);
    let [first, second] = [signed(&client, miner(), GOOD, 0).await, signed(&client, miner(), GOOD, 1).await];
    let account = hex::encode(miner().hotkey().bytes());
    let required = format!("0x00ffffffffffffffff0490{account}000000000490{account}01000000");
    assert!(validity(&rpc, &second).await.starts_with(&required));
    ask(&rpc, "author_submitExtrinsic", json!([hex(&second)])).await;
    node.make_block(NOW_MS);
    assert_eq!(ask(&rpc, "system_accountNextIndex", json!([miner().address()])).await, json!(0));
    ask(&rpc, "author_submitExtrinsic", json!([hex(&first)])).await;
    assert_eq!(ask(&rpc, "system_accountNextIndex", json!([miner().address()])).await, json!(2));
    node.make_block(NOW_MS);
    let block = ask(&rpc, "chain_getBlock", json!([])).await;
    assert_eq!(
        block["block"]["extrinsics"].as_array().expect("extrinsics")[1..],
        [json!(hex(&first)), json!(hex(&second))]
    );
    assert_eq!(refused(&rpc, &first).await, invalid("Transaction is outdated"));
    assert_eq!(validity(&rpc, &first).await, "0x010003");
}

#[tokio::test]
async fn an_extrinsic_dies_with_its_era() {
    let node = start(NEW[0]).await;
    let (client, rpc) = (connect(&node).await, plain(&node).await);
    let extrinsic = signed(&client, miner(), GOOD, 0).await;
    for _ in 0..31 {
        node.make_block(NOW_MS);
    }
    assert_eq!(validity(&rpc, &extrinsic).await, "0x010005", "its 32 blocks are over");
}

#[tokio::test]
async fn the_pool_takes_nothing_twice_and_no_two_of_one_nonce() {
    let node = start(NEW[0]).await;
    let (client, rpc) = (connect(&node).await, plain(&node).await);
    let [one, other] = [8_091, 8_092].map(|port| (NETUID, 1, IP, port, 4, 4, 0, 0));
    let [one, other] = [signed(&client, miner(), one, 0).await, signed(&client, miner(), other, 0).await];
    ask(&rpc, "author_submitExtrinsic", json!([hex(&one)])).await;
    assert_eq!(refused(&rpc, &one).await.0, 1_013);
    assert_eq!(refused(&rpc, &other).await.0, 1_014);
}

#[tokio::test]
async fn bytes_that_are_no_extrinsic_have_an_invalid_format() {
    let node = start(NEW[0]).await;
    let rpc = plain(&node).await;
    for bytes in ["0x", "0x00", "0x0484", "0xffffffff"] {
        let error = refusal(&rpc, "author_submitExtrinsic", json!([bytes])).await;
        assert_eq!(error.code(), 1_001, "{bytes}");
    }
}
