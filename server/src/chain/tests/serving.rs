//! Our axon on chain: registered when the chain has another, refused with a remedy, read back.

use lode_shared::Serving;

use super::scene::{NETUID, Time, keeper, node, round, runtime, seen, status, us};
use crate::chain::connection::Connection;
use crate::chain::serve::{Outcome, serve};
use crate::devnet::node::Node;
use crate::devnet::{Devnet, DevnetConfig};
use crate::domain::{Advertised, ChainView, Metagraph, Neuron, ServeRefusal};
use crate::keys::Signer;
use crate::ports::Chain;

const SPECS: [(&str, u32); 5] =
    [("218_v15", 218), ("293_v15", 293), ("mainnet343_v15", 343), ("finney365_v16", 365), ("head_like_v15", 425)];

#[tokio::test]
async fn an_axon_is_registered_once_and_read_back_on_every_runtime() {
    for (types, spec_version) in SPECS {
        let (node, time) = (node(types, spec_version).await, Time::new());
        let mut keeper = keeper(&[&node], &time, Some(("8.8.8.8", 8_091)));
        round(&mut keeper, &[&node], &time).await;
        assert_eq!(status(&keeper).serving, Serving::Visible, "{types}: {:?}", status(&keeper));
        let view = seen(&keeper).expect("read");
        let shown = view.status(&us().hotkey());
        assert_eq!(shown.served_axon.as_deref(), Some("8.8.8.8:8091"), "{types}: shown at once");
        let served = node.view().metagraph.find(&us().hotkey()).and_then(|(_, us)| us.axon).expect("on chain");
        node.make_block(time.now_ms());
        round(&mut keeper, &[&node], &time).await;
        let again = node.view().metagraph.find(&us().hotkey()).and_then(|(_, us)| us.axon);
        assert_eq!(again, Some(served), "{types}: not registered again");
    }
}

#[tokio::test]
async fn another_port_waits_for_the_chains_rate_limit() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    round(&mut keeper(&[&node], &time, Some(("8.8.8.8", 8_091))), &[&node], &time).await;
    let mut moved = keeper(&[&node], &time, Some(("8.8.8.8", 9_000)));
    round(&mut moved, &[&node], &time).await;
    let waiting = status(&moved);
    assert_eq!(waiting.serving, Serving::Pending);
    assert_eq!(waiting.serving_detail.as_deref(), Some("the chain takes another registration in 49 blocks"));
    for _ in 0..49 {
        node.make_block(time.now_ms());
    }
    round(&mut moved, &[&node], &time).await;
    assert_eq!(status(&moved).serving, Serving::Visible, "{:?}", status(&moved));
}

#[tokio::test]
async fn each_refusal_is_known_by_its_code_in_the_pool_and_at_dispatch() {
    for (types, spec_version) in [("293_v15", 293), ("218_v15", 218)] {
        let node = node(types, spec_version).await;
        let good = Advertised { ip: [8, 8, 8, 8].into(), port: 8_091 };
        let stranger = Signer::from_seed(&[99; 32]);
        let cases = [
            (ServeRefusal::NotRegistered, &stranger, good),
            (ServeRefusal::BadIp, &us(), Advertised { ip: [127, 0, 0, 1].into(), ..good }),
            (ServeRefusal::BadPort, &us(), Advertised { port: 0, ..good }),
        ];
        for (refusal, signer, ours) in cases {
            assert_eq!(attempt(&node, signer, ours).await, Outcome::Refused(refusal), "{types}");
        }
        assert_eq!(attempt(&node, &us(), good).await, Outcome::Confirmed, "{types}");
        assert_eq!(attempt(&node, &us(), good).await, Outcome::Refused(ServeRefusal::TooSoon), "{types}");
    }
}

async fn attempt(node: &Node, signer: &Signer, ours: Advertised) -> Outcome {
    let mut connection = Connection::open(&node.url(), std::time::Duration::from_secs(30), None).await.expect("open");
    let at = connection.newest().await.expect("a block");
    let blocks = async {
        loop {
            if node.waiting() > 0 {
                node.make_block(super::scene::START_MS);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = serve(&connection, &at, NETUID, ours, signer, std::time::Duration::from_secs(60)) => outcome,
        () = blocks => unreachable!("blocks are made for ever"),
    }
}

#[tokio::test]
async fn a_refusal_that_only_the_operator_mends_is_told_and_not_repeated_for_an_hour() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, Some(("127.0.0.1", 8_091)));
    round(&mut keeper, &[&node], &time).await;
    let refused = status(&keeper);
    assert_eq!(refused.serving, Serving::Hidden);
    assert!(refused.serving_detail.expect("a remedy").contains("axon.external_ip"));
    let rounds_with_attempt = async |keeper: &mut _, pass_ms: u64| {
        time.pass(pass_ms);
        node.make_block(time.now_ms());
        let before = node.calls();
        round(keeper, &[&node], &time).await;
        node.calls() - before
    };
    let quiet = rounds_with_attempt(&mut keeper, 120_000).await;
    let attempt = rounds_with_attempt(&mut keeper, 3_600_000).await;
    assert!(attempt > quiet, "{attempt} calls with an attempt, {quiet} without");
}

#[tokio::test]
async fn a_hotkey_that_loses_its_place_is_told_and_found_again() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, Some(("8.8.8.8", 8_091)));
    round(&mut keeper, &[&node], &time).await;
    let all = node.view().metagraph;
    node.change(|view| view.metagraph = Metagraph::new(all.neurons()[..1].to_vec()));
    node.make_block(time.now_ms());
    round(&mut keeper, &[&node], &time).await;
    let lost = seen(&keeper).expect("read").status(&us().hotkey());
    assert_eq!((lost.registered, lost.uid), (Some(false), None));
    assert_eq!(status(&keeper).serving, Serving::Hidden);
    assert!(status(&keeper).serving_detail.expect("a remedy").contains("btcli subnet register"));
    let mut anew = all.neurons().to_vec();
    anew[1].axon = None;
    node.change(|view| view.metagraph = Metagraph::new(anew));
    node.make_block(time.now_ms());
    round(&mut keeper, &[&node], &time).await;
    assert_eq!(status(&keeper).serving, Serving::Visible, "registered again by itself");
}

#[tokio::test]
async fn switched_off_the_chain_is_read_and_left_alone() {
    let (node, time) = (node("293_v15", 293).await, Time::new());
    let mut keeper = keeper(&[&node], &time, None);
    round(&mut keeper, &[&node], &time).await;
    assert_eq!(status(&keeper).serving, Serving::Off);
    assert_eq!(node.view().metagraph.find(&us().hotkey()).and_then(|(_, us)| us.axon), None);
    assert_eq!(seen(&keeper).expect("read").metagraph.neurons().len(), 2);
}

#[tokio::test]
async fn devnets_subnet_reads_the_same_over_json_rpc() {
    let (time, axon) = (Time::new(), "8.8.8.8:8091".parse().expect("an address"));
    let (devnet, _verdicts) = Devnet::new(&DevnetConfig::default(), NETUID, &us(), axon, time.clock());
    let inside = devnet.views().borrow().clone().expect("there from the start");
    let node = Node::start(runtime("293_v15", 293), (*inside).clone()).await.expect("a port");
    let mut keeper = keeper(&[&node], &time, Some(("8.8.8.8", 8_091)));
    round(&mut keeper, &[&node], &time).await;
    let outside = seen(&keeper).expect("read");
    for (uid, (one, other)) in inside.metagraph.neurons().iter().zip(outside.metagraph.neurons()).enumerate() {
        // Devnet has no owners; a chain has one for every neuron.
        assert_eq!(*one, Neuron { coldkey: None, ..other.clone() }, "uid {uid}");
    }
    let figures = |view: &ChainView| {
        let status = view.status(&us().hotkey());
        (
            status.uid,
            status.rank,
            status.incentive_pct,
            status.emission_alpha,
            status.prune_margin,
            status.next_epoch_blocks,
        )
    };
    assert_eq!(figures(&inside), figures(&outside));
    assert_eq!(status(&keeper).serving, Serving::Visible, "nothing to register");
}
