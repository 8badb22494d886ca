//! Ten thousand good and bad requests, mixed, over many connections: no wrong accept and no wrong refusal.

use std::collections::BTreeMap;

use lode::axon::EMPTY_BODY_HASH;
use lode::devnet::{Dendrite, SignedRequest, devnet_signer};
use lode::keys::Signer;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::btauth::Signed;
use crate::support::{Miner, NOW_NS, interop_config, read_reply, validator};

const REQUESTS: usize = 10_000;
const CONNECTIONS: usize = 16;

/// What is done to a request, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Good,
    OutOfOrder,
    Replayed,
    WrongSignature,
    AnotherSigner,
    AnotherAxon,
    ChangedHash,
    ChangedUuid,
    Unsigned,
    NoNonce,
    Stale,
    Future,
    Stranger,
    UnknownSynapse,
    NoJson,
    NoPrompt,
    Auth,
    AuthChanged,
    AuthStale,
    AuthForAnother,
    AuthStranger,
}

use Kind::*;

/// How often each comes, the status it must get, and the reason under which it must be counted.
const KINDS: [(Kind, u32, u16, &str); 21] = [
    (Good, 50, 200, ""),
    (OutOfOrder, 20, 200, ""),
    (Replayed, 10, 401, "replayed"),
    (WrongSignature, 10, 401, "bad_signature"),
    (AnotherSigner, 3, 401, "bad_signature"),
    (AnotherAxon, 3, 401, "bad_signature"),
    (ChangedHash, 3, 401, "bad_signature"),
    (ChangedUuid, 3, 401, "bad_signature"),
    (Unsigned, 3, 401, "bad_signature"),
    (NoNonce, 3, 401, "no_nonce"),
    (Stale, 5, 401, "stale_nonce"),
    (Future, 5, 401, "stale_nonce"),
    (Stranger, 5, 403, "unregistered"),
    (UnknownSynapse, 3, 404, "unknown_synapse"),
    (NoJson, 3, 422, "bad_body"),
    (NoPrompt, 3, 500, "bad_body"),
    // The other protocol, from the same senders over the same connections.
    (Auth, 20, 200, ""),
    (AuthChanged, 5, 401, "bad_signature"),
    (AuthStale, 3, 401, "stale_nonce"),
    (AuthForAnother, 3, 401, "wrong_receiver"),
    (AuthStranger, 3, 403, "unregistered"),
];

/// Somebody else's axon.
const ANOTHER: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

fn header(request: &SignedRequest, name: &str) -> String {
    request.headers.iter().find(|(header, _)| *header == name).unwrap().1.clone()
}

fn draw(random: &mut StdRng) -> (Kind, u16, &'static str) {
    let mut left = random.random_range(0..KINDS.iter().map(|(_, weight, ..)| weight).sum::<u32>());
    for (kind, weight, status, reason) in KINDS {
        if left < weight {
            return (kind, status, reason);
        }
        left -= weight;
    }
    unreachable!("the weights are the range")
}

/// One connection's share: it knows what it has sent.
struct Client {
    index: u64,
    signer: Signer,
    dendrite: Dendrite,
    stranger: Dendrite,
    axon_hotkey: String,
    nonce_ns: u64,
    sent: Vec<Vec<u8>>,
    random: StdRng,
}

impl Client {
    fn sign(&self, kind: Kind, nonce_ns: u64) -> SignedRequest {
        let dendrite = if kind == Stranger { &self.stranger } else { &self.dendrite };
        let axon = if kind == AnotherAxon { ANOTHER } else { &self.axon_hotkey };
        let name = if kind == UnknownSynapse { "Nothing" } else { "EchoSynapse" };
        let fields = match kind {
            NoPrompt => json!({"other": 1}),
            _ => json!({"text": format!("question {}", nonce_ns % 50)}),
        };
        let fields: &Map<_, _> = fields.as_object().unwrap();
        dendrite.sign(axon, name, fields, EMPTY_BODY_HASH, 12.0, nonce_ns)
    }

    /// A signed HTTP request. Each connection has nanoseconds of its own: the nonces of a hotkey are one series here.
    fn sign_http(&self, kind: Kind) -> Vec<u8> {
        let nonce_ns = self.nonce_ns + self.index - if kind == AuthStale { 11_000_000_000 } else { 0 };
        let stranger = devnet_signer("a stranger");
        let signer = if kind == AuthStranger { &stranger } else { &self.signer };
        let receiver = if kind == AuthForAnother { ANOTHER } else { &self.axon_hotkey };
        let body = format!(r#"{{"text": "question {}"}}"#, nonce_ns / 1_000 % 50);
        let signed = Signed { signer, path: "/EchoSynapse", body: &body, nonce_ns, receiver: Some(receiver) };
        let request = signed.to_http("POST");
        match kind {
            AuthChanged => String::from_utf8(request).unwrap().replace("question", "questiom").into_bytes(),
            _ => request,
        }
    }

    fn request(&mut self, kind: Kind) -> Vec<u8> {
        self.nonce_ns += 1_000;
        if matches!(kind, Auth | AuthChanged | AuthStale | AuthForAnother | AuthStranger) {
            let request = self.sign_http(kind);
            if kind == Auth {
                self.sent.push(request.clone());
            }
            return request;
        }
        if let (Replayed, false) = (kind, self.sent.is_empty()) {
            return self.sent[self.random.random_range(0..self.sent.len())].clone();
        }
        let nonce_ns = match kind {
            OutOfOrder => self.nonce_ns - 500 - 10_000_000_000,
            Stale => self.nonce_ns - 17_000_000_000,
            Future => self.nonce_ns + 20_000_000_000,
            _ => self.nonce_ns,
        };
        let mut request = self.sign(kind, nonce_ns);
        let mut set = |name: &str, value: Option<String>| match value {
            Some(value) => request.headers.iter_mut().find(|(header, _)| *header == name).unwrap().1 = value,
            None => request.headers.retain(|(header, _)| *header != name),
        };
        match kind {
            WrongSignature => {
                let of_another = self.sign(Good, nonce_ns + 1);
                set("bt_header_dendrite_signature", Some(header(&of_another, "bt_header_dendrite_signature")));
            }
            AnotherSigner => set("bt_header_dendrite_hotkey", Some(devnet_signer("validator 1").address().to_owned())),
            ChangedHash => set("computed_body_hash", Some("00".repeat(32))),
            ChangedUuid => set("bt_header_dendrite_uuid", Some("another".into())),
            Unsigned => set("bt_header_dendrite_signature", None),
            NoNonce => set("bt_header_dendrite_nonce", None),
            NoJson => request.body = "{".into(),
            _ => {}
        }
        let request = request.to_http();
        if matches!(kind, Good | OutOfOrder) {
            self.sent.push(request.clone());
        }
        request
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_mixed_requests_are_all_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = interop_config();
    config.axon.callers = lode::domain::Callers::Permitted;
    config.axon.allow = vec![validator().address().to_owned(), devnet_signer("validator 1").address().to_owned()];
    (config.axon.address_rate, config.axon.hotkey_rate) = (0.0, 0.0);
    let miner = Miner::start(config, folder.path(), NOW_NS - 60_000_000_000).await;
    miner.now_ns.store(NOW_NS, std::sync::atomic::Ordering::SeqCst);
    let mut clients = JoinSet::new();
    for index in 0..CONNECTIONS as u64 {
        let mut client = Client {
            index,
            signer: validator(),
            dendrite: Dendrite::new(validator(), format!("client {index}")),
            stranger: Dendrite::new(devnet_signer("a stranger"), format!("stranger {index}")),
            axon_hotkey: miner.hotkey.clone(),
            nonce_ns: NOW_NS - 1_000_000_000,
            sent: Vec::new(),
            random: StdRng::seed_from_u64(index),
        };
        let axon = miner.axon;
        clients.spawn(async move {
            let mut stream = TcpStream::connect(axon).await.unwrap();
            let mut expected = BTreeMap::<&str, u64>::new();
            for _ in 0..REQUESTS / CONNECTIONS {
                let (kind, status, reason) = draw(&mut client.random);
                // Until there is something to replay, a replay is a first time.
                let is_first = kind == Replayed && client.sent.is_empty();
                let (kind, status, reason) = if is_first { (Good, 200, "") } else { (kind, status, reason) };
                stream.write_all(&client.request(kind)).await.unwrap();
                let reply = read_reply(&mut stream).await;
                assert_eq!(reply.status, status, "{kind:?}: {}", reply.text());
                if status == 200 {
                    let answer = reply.json();
                    let own = answer.get("text").is_none_or(|text| *text == answer["reply"]);
                    assert!(own && answer["reply"].as_str().unwrap().starts_with("question"), "{kind:?}: {answer}");
                }
                *expected.entry(reason).or_default() += 1;
            }
            expected
        });
    }
    let mut expected = BTreeMap::<&str, u64>::new();
    for counts in clients.join_all().await {
        for (reason, count) in counts {
            *expected.entry(reason).or_default() += count;
        }
    }
    let answered = expected.remove("").unwrap();
    let traffic = miner.get("/api/dashboard").await.json()["traffic"].clone();
    assert_eq!(
        (&traffic["answered"], &traffic["refused"]),
        (&json!(answered), &json!(expected)),
        "and counted as such"
    );
    assert_eq!(traffic["requests"], REQUESTS);
    miner.stop().await;
}
