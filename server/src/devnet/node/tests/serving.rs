//! `serve_axon` from Parity's client, taken, executed and read back.

use super::*;

#[tokio::test]
async fn an_axon_is_served_and_read_back_on_every_runtime() {
    for of in NEW.into_iter().chain([OLD]) {
        let node = start(of).await;
        let client = connect(&node).await;
        let at = client.at_current_block().await.expect("a block");
        let params = extensions(&at).build();
        let mut tx = at.tx();
        let progress = tx.sign_and_submit_then_watch(&serve_axon(GOOD), &Key(miner()), params).await.expect("taken");
        node.make_block(NOW_MS + 12_000);
        let block = progress.wait_for_finalized().await.expect("final");
        let events = block.wait_for_success().await.unwrap_or_else(|error| panic!("{}: {error}", of.0));
        let names: Vec<_> = events
            .iter()
            .map(|event| event.expect("an event"))
            .map(|event| format!("{}.{}", event.pallet_name(), event.event_name()))
            .collect();
        let expected =
            ["SubtensorModule.AxonServed", "TransactionPayment.TransactionFeePaid", "System.ExtrinsicSuccess"];
        assert_eq!(names, expected, "{}", of.0);
        let view = node.view();
        let axon = view.metagraph.neurons()[1].axon.expect("it serves");
        let expected =
            AxonInfo { ip: [8, 8, 8, 8].into(), port: 8_091, protocol: 4, version: 10_002_000, block: FIRST_BLOCK + 1 };
        assert_eq!((axon, view.block), (expected, FIRST_BLOCK + 1));
        let at = client.at_current_block().await.expect("the next block");
        assert_eq!(hash_bytes(at.block_hash()), hash_bytes(block.block_hash()));
        let entry = subxt::dynamic::storage::<(u16, [u8; 32]), Value>("SubtensorModule", "Axons");
        let stored = at.storage().fetch(entry, (NETUID, *miner().hotkey().bytes())).await.expect("it is stored");
        assert_eq!(&stored.bytes()[..8], (FIRST_BLOCK + 1).to_le_bytes());
        assert_eq!(at.tx().account_nonce(&AccountId32(*miner().hotkey().bytes())).await.expect("a nonce"), 1);
    }
}

#[tokio::test]
async fn an_axon_may_be_served_again_in_the_block_of_the_limit_and_not_before() {
    let node = start(NEW[0]).await;
    let client = connect(&node).await;
    let rpc = plain(&node).await;
    node.change(|view| {
        let mut neurons: Vec<Neuron> = std::mem::take(&mut view.metagraph).into();
        neurons[1].axon = neurons[2].axon.map(|axon| AxonInfo { block: FIRST_BLOCK + 2 - LIMIT_BLOCKS, ..axon });
        view.metagraph = Metagraph::new(neurons);
    });
    let early = hex::encode(signed(&client, miner(), GOOD, 0).await);
    let error = refusal(&rpc, "author_submitExtrinsic", serde_json::json!([format!("0x{early}")])).await;
    assert_eq!(error.data().map(|data| data.get()), Some(r#""Custom error: 12""#));
    node.make_block(NOW_MS);
    ask(&rpc, "author_submitExtrinsic", serde_json::json!([format!("0x{early}")])).await;
    node.make_block(NOW_MS);
    assert_eq!(node.view().metagraph.neurons()[1].axon.map(|axon| axon.block), Some(FIRST_BLOCK + 2));
}

#[tokio::test]
async fn an_immortal_extrinsic_and_an_ipv6_address_will_do() {
    let node = start(NEW[0]).await;
    let client = connect(&node).await;
    let at = client.at_current_block().await.expect("a block");
    let served = (NETUID, 1, 0x2001_0db8 << 96 | 1, 9_000, 6, 4, 0, 0);
    let params = extensions(&at).immortal().build();
    let mut tx = at.tx();
    tx.sign_and_submit(&serve_axon(served), &Key(miner()), params).await.expect("taken");
    node.make_block(NOW_MS);
    let axon = node.view().metagraph.neurons()[1].axon.expect("it serves");
    assert_eq!(axon.ip.to_string(), "2001:db8::1");
}
