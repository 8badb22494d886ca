//! The whole miner on a chain: a node in this process, read over WebSocket by the client that reads the real ones.

use std::io::Read;

use lode::chain::SubtensorConfig;
use lode::config::Config;
use lode::devnet::node::{Fault, Node, Runtime};
use lode::domain::{Callers, ChainView, EpochSchedule, Metagraph, Neuron};
use lode::keys::Hotkey;
use serde_json::{Value, json};

use crate::support::{Miner, NOW_NS, file, interop_config, validator};

const NOW_MS: u64 = NOW_NS / 1_000_000;

fn runtime() -> Runtime {
    let packed = std::fs::File::open(file("vectors/chain/metadata/293_v15.scale.gz")).unwrap();
    let mut metadata = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut metadata).unwrap();
    Runtime { spec_version: 293, metadata, refuses_in_pool: true }
}

/// The test validator with a permit, and the miner of the test wallets.
fn subnet(miner: Hotkey) -> ChainView {
    let row = |hotkey, validator_permit| Neuron {
        validator_permit,
        stake_rao: Some(2_000_000_000),
        incentive: Some(if validator_permit { 0 } else { 65_535 }),
        emission_rao: Some(1_500_000_000),
        registered_block: Some(10),
        ..Neuron::new(hotkey)
    };
    ChainView {
        netuid: 2,
        genesis: Some([0x45; 32]),
        block: 5_000,
        block_ms: Some(NOW_MS),
        block_time_ms: Some(12_000),
        schedule: Some(EpochSchedule { tempo_blocks: 360, last_block: None }),
        immunity_period_blocks: Some(4_096),
        max_uids: Some(256),
        serving_rate_limit_blocks: Some(50),
        metagraph: Metagraph::new(vec![row(validator().hotkey(), true), row(miner, false)]),
        ..ChainView::default()
    }
}

fn on_chain(node: &Node) -> Config {
    let mut config = interop_config();
    config.subtensor = SubtensorConfig { chain_endpoint: Some(node.url()), ..SubtensorConfig::default() };
    config.netuid = 2;
    config.axon.callers = Callers::Permitted;
    config.axon.external_ip = Some([8, 8, 8, 8].into());
    config
}

fn miner_hotkey() -> Hotkey {
    let wallets = crate::support::wallets();
    let path = lode::keys::hotkey_path(wallets.path(), "miner", "default");
    lode::keys::load_hotkey(&path, None, |_| None, |_| None).unwrap().hotkey()
}

/// Asks for the figures until they say so; the node makes a block whenever something waits for one.
async fn until(miner: &Miner, node: &Node, wanted: impl Fn(&str) -> bool) -> String {
    for _ in 0..20_000 {
        if node.waiting() > 0 {
            node.make_block(NOW_MS);
        }
        let text = miner.get("/metrics").await.text();
        if wanted(&text) {
            return text;
        }
    }
    panic!("{}", miner.get("/metrics").await.text());
}

async fn is_answered(miner: &Miner) -> bool {
    let request = miner.sign("EchoSynapse", &json!({"text": "hello"}));
    miner.call(&request).await.status == 200
}

async fn sync(miner: &Miner) {
    let reply = miner.send("POST", "/api/v1/chain/sync", "", &miner.bearer()).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
}

#[tokio::test]
async fn a_miner_on_a_chain_is_visible_answers_while_the_chain_is_gone_and_comes_back() {
    let node = Node::start(runtime(), subnet(miner_hotkey())).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(on_chain(&node), folder.path(), NOW_NS).await;
    let figures = until(&miner, &node, |text| text.contains("miner_axon_visible 1.0")).await;
    assert!(figures.contains("miner_registered 1.0") && figures.contains("miner_stake_alpha 2.0"), "{figures}");
    assert!(is_answered(&miner).await);
    let served = node.view().metagraph.find(&miner_hotkey()).and_then(|(_, us)| us.axon).unwrap();
    assert_eq!((served.ip.to_string().as_str(), served.port), ("8.8.8.8", miner.axon.port()));

    node.fault(Some(Fault::Dead));
    sync(&miner).await;
    until(&miner, &node, |text| text.contains("miner_sync_failing_since_timestamp_seconds")).await;
    assert!(is_answered(&miner).await);
    let hour_ns = 3_600_000_000_000;
    miner.now_ns.fetch_add(hour_ns, std::sync::atomic::Ordering::SeqCst);
    assert!(is_answered(&miner).await, "an hour later");
    let chain = miner.get("/api/dashboard").await.json()["chain"].clone();
    assert!(chain["keeper"]["error"].as_str().unwrap().contains("connect"), "{chain}");
    assert!(chain["synced_ms"].as_u64().unwrap() < NOW_MS + 60_000, "its age is shown: {chain}");

    node.fault(None);
    node.make_block(NOW_MS + 3_600_000);
    sync(&miner).await;
    until(&miner, &node, |text| !text.contains("miner_sync_failing_since_timestamp_seconds")).await;
    let history = miner.get("/api/v1/chain/history?range=24h").await.json();
    let first = &history[0];
    assert_eq!(
        (&first["uid"], &first["rank"], &first["stake_alpha"]),
        (&json!(1), &json!(1), &json!(2.0)),
        "{history}"
    );
    miner.stop().await;
}

#[tokio::test]
async fn what_the_last_run_knew_of_the_chain_holds_after_a_restart_without_it() {
    let node = Node::start(runtime(), subnet(miner_hotkey())).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(on_chain(&node), folder.path(), NOW_NS).await;
    until(&miner, &node, |text| text.contains("miner_axon_visible 1.0")).await;
    miner.stop().await;
    node.fault(Some(Fault::Dead));
    let later_ns = NOW_NS + 60_000_000_000;
    let miner = Miner::start(on_chain(&node), folder.path(), later_ns).await;
    assert_eq!(miner.get("/readyz").await.status, 200);
    assert!(is_answered(&miner).await);
    miner.stop().await;

    let another = Miner::start(Config { netuid: 3, ..on_chain(&node) }, folder.path(), later_ns + 1_000_000).await;
    assert_eq!(another.get("/readyz").await.status, 503, "of another subnet nothing is known");
    let refused = another.call(&another.sign("EchoSynapse", &json!({"text": "hello"}))).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    another.stop().await;
}

#[tokio::test]
async fn without_a_chain_there_is_nothing_to_sync() {
    let folder = tempfile::tempdir().unwrap();
    let miner = Miner::start(interop_config(), folder.path(), NOW_NS).await;
    let reply = miner.send("POST", "/api/v1/chain/sync", "", &miner.bearer()).await;
    assert_eq!((reply.status, miner.send("POST", "/api/v1/chain/sync", "", "").await.status), (409, 401));
    assert_eq!(miner.get("/api/v1/chain/history").await.json(), Value::Array(Vec::new()));
    miner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_who_we_are_and_how_the_chain_sees_us() {
    let node = Node::start(runtime(), subnet(miner_hotkey())).await.unwrap();
    let wallets = crate::support::wallets();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_lode"));
    command.args([
        "check",
        "--axon.port",
        "0",
        "--api.bind",
        "127.0.0.1:0",
        "--netuid",
        "2",
        "--wallet.name",
        "miner",
        "--subtensor.chain_endpoint",
        node.url().as_str(),
    ]);
    command.arg("--wallet.path").arg(wallets.path()).current_dir(wallets.path());
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // This chain's blocks are of the year 2027, and whoever lives before them has a clock that is behind.
    assert_eq!(output.status.code(), Some(2), "{text}");
    for words in [
        "behind that of the chain",
        miner_hotkey().to_string().as_str(),
        "Subnet 2 of local at block 5000, spec 293: 2 neurons, 1 with a validator permit",
        "Registered as uid 1",
        "no axon of ours",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(node.waiting(), 0, "it changes nothing");
    node.fault(Some(Fault::Dead));
    let text = String::from_utf8(command.output().await.unwrap().stdout).unwrap();
    assert!(
        text.contains("The chain cannot be read") && text.contains(node.url().as_str().trim_end_matches('/')),
        "{text}"
    );
}
