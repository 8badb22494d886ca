//! Nodes that fail.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use super::*;
use crate::devnet::node::Fault;

/// As long as anybody waits here for an answer; the client's own time-out goes by the wall clock.
const PATIENCE: Duration = Duration::from_secs(60);

async fn head(client: &WsClient) -> Result<Json, Error> {
    try_ask(client, "chain_getFinalizedHead", json!([])).await
}

#[tokio::test]
async fn a_dead_node_hangs_up_and_takes_nobody_until_it_is_whole_again() {
    let node = start(NEW[0]).await;
    let client = plain(&node).await;
    head(&client).await.expect("it lives");
    assert_eq!(node.connections(), 1);
    node.fault(Some(Fault::Dead));
    client.on_disconnect().await;
    assert!(head(&client).await.is_err());
    assert!(WsClientBuilder::new().build(node.url()).await.is_err());
    assert_eq!(node.connections(), 0);
    node.fault(None);
    head(&plain(&node).await).await.expect("it lives again");
}

#[tokio::test(start_paused = true)]
async fn a_stalled_node_takes_calls_and_never_answers() {
    let node = start(NEW[0]).await;
    let client = plain(&node).await;
    head(&client).await.expect("it answers");
    node.fault(Some(Fault::Stalled));
    assert!(timeout(PATIENCE, head(&client)).await.is_err());
    assert_eq!((node.calls(), node.connections()), (2, 1), "it took the call");
    node.fault(None);
    head(&client).await.expect("it answers again");
}

#[tokio::test]
async fn garbage_is_no_json_rpc_and_every_other_time_no_json() {
    let node = start(NEW[0]).await;
    node.fault(Some(Fault::Garbage));
    for _ in 0..2 {
        let client = plain(&node).await;
        let error = head(&client).await.expect_err("it was no answer");
        assert!(matches!(error, Error::RestartNeeded(_)), "{error:?}");
    }
    node.fault(None);
    head(&plain(&node).await).await.expect("it answers again");
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_answers_late_and_in_order() {
    let node = start(NEW[0]).await;
    let client = plain(&node).await;
    let delay = Duration::from_secs(7);
    node.fault(Some(Fault::Slow(delay)));
    let before = Instant::now();
    let (first, second) = tokio::join!(head(&client), head(&client));
    assert_eq!(first.expect("in time"), second.expect("in time"));
    let took = before.elapsed();
    assert!(took >= delay && took < 2 * delay, "two at a time take as long as one: {took:?}");
    node.fault(Some(Fault::Slow(2 * PATIENCE)));
    assert!(timeout(PATIENCE, head(&client)).await.is_err());
}

#[tokio::test]
async fn dropping_the_node_ends_its_connections_and_its_port() {
    let node = start(NEW[0]).await;
    let client = plain(&node).await;
    let url = node.url();
    drop(node);
    client.on_disconnect().await;
    assert!(WsClientBuilder::new().build(url).await.is_err());
}
