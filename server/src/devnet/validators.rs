//! Demo validators: each signs and sends tasks over HTTP, judges the answers, and tells the subnet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::dendrite::{Dendrite, SignedRequest};
use super::tasks::{Expected, TaskSource};
use super::{DevnetConfig, Verdict, devnet_signer};
use crate::axon::EMPTY_BODY_HASH;
use crate::clock::Clock;

/// Validators that call; two more have a permit and are silent, as on a real subnet.
const CALLING: usize = 10;
/// What the validators wait, seconds.
const TIMEOUT_S: f64 = 12.0;
/// Requests under way at most; a miner that hangs must not pile them up.
const MAX_PENDING: usize = 256;
/// One request in so many is a round's start: a handshake.
const HANDSHAKE_EVERY: u64 = 64;

/// What the traffic needs.
pub struct DemoTraffic {
    /// `[devnet]`
    pub config: DevnetConfig,
    /// The axon's address and hotkey.
    pub axon: SocketAddr,
    /// The axon's hotkey, SS58.
    pub axon_hotkey: String,
    /// Where verdicts go.
    pub verdicts: mpsc::Sender<Verdict>,
    /// The wall clock.
    pub clock: Clock,
}

/// Sends requests at the configured rate until `stop`.
pub async fn run_demo_traffic(traffic: DemoTraffic, stop: CancellationToken) {
    if traffic.config.rate <= 0.0 {
        return stop.cancelled().await;
    }
    let client = match reqwest::Client::builder().no_proxy().timeout(Duration::from_secs_f64(TIMEOUT_S)).build() {
        Ok(client) => client,
        Err(error) => return tracing::error!("devnet's validators cannot call: {error}"),
    };
    let validators: Vec<Dendrite> = (0..CALLING)
        .map(|index| Dendrite::new(devnet_signer(&format!("validator {index}")), format!("devnet-{index}")))
        .collect();
    let mut random = StdRng::seed_from_u64(traffic.config.seed.wrapping_add(1));
    let mut tasks = TaskSource::new(StdRng::seed_from_u64(traffic.config.seed));
    let pending = Arc::new(Semaphore::new(MAX_PENDING));
    let requests = TaskTracker::new();
    let mut due = Instant::now();
    let mut sent = 0_u64;
    loop {
        // Exponential gaps: requests arrive independently of one another.
        let gap_s = -random.random_range(f64::EPSILON..1.0).ln() / traffic.config.rate;
        due += Duration::from_secs_f64(gap_s.min(60.0));
        if stop.run_until_cancelled(sleep_until(due)).await.is_none() {
            return;
        }
        let Ok(place) = Arc::clone(&pending).try_acquire_owned() else { continue };
        // Larger validators call more often.
        let lean = random.random_range(0.0..1.0f64).powf(1.5);
        let validator = &validators[(lean * CALLING as f64) as usize];
        sent += 1;
        let handshake = sent.is_multiple_of(HANDSHAKE_EVERY);
        let (name, (fields, expected)) =
            if handshake { ("StartRoundSynapse", start_round(sent)) } else { ("TaskSynapse", tasks.next_task()) };
        let nonce_ns = traffic.clock.now_ns();
        let request = validator.sign(&traffic.axon_hotkey, name, &fields, EMPTY_BODY_HASH, TIMEOUT_S, nonce_ns);
        let (client, verdicts, axon) = (client.clone(), traffic.verdicts.clone(), traffic.axon);
        requests.spawn(async move {
            let answer = send(&client, axon, request).await;
            if !handshake {
                let score = answer.map_or(0.0, |answer| expected.score(&answer["actions"]));
                // A full queue: the subnet has verdicts enough for this block.
                let _ = verdicts.try_send(Verdict(score));
            }
            drop(place);
        });
    }
}

fn start_round(round: u64) -> (Map<String, Value>, Expected) {
    let fields = Map::from_iter([
        ("version".to_owned(), "devnet".into()),
        ("round_id".to_owned(), format!("devnet-{round}").into()),
    ]);
    (fields, Expected { url: String::new(), values: Vec::new() })
}

async fn send(client: &reqwest::Client, axon: SocketAddr, request: SignedRequest) -> Option<Value> {
    let mut call = client.post(format!("http://{axon}/{}", request.name));
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    let response = call.body(request.body).send().await.ok()?;
    let accepted = response.headers().get("bt_header_axon_status_code").is_some_and(|code| code == "200");
    if accepted { response.json().await.ok() } else { None }
}
