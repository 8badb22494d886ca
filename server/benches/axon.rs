//! What one signed request costs, part by part, without network, agent and cache: `make microbench`.
//!
//! The whole of it, over real connections, is `lode bench`. Requests here are those that the SDK 10.5.0 sent, and the
//! signature that is verified is its own.

use std::hint::black_box;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use criterion::{Criterion, Throughput};
use lode::axon::{Head, PyType, body_hash};
use lode::keys::{self, Claim, Hotkey};
use schnorrkel::{PublicKey, Signature};
use serde_json::{Map, Value, json};

/// A captured request.
struct Captured {
    headers: HeaderMap,
    body: String,
    dendrite: String,
    axon: String,
}

impl Captured {
    fn load(id: &str) -> Self {
        let vectors: Value =
            serde_json::from_str(include_str!("../tests/vectors/requests_ok.json")).expect("the vectors are JSON");
        let mut cases = vectors["cases"].as_array().expect("a list").iter();
        let case = cases.find(|case| case["id"] == id).expect("the case is in the vectors");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let headers = case["request"]["headers"].as_array().expect("a list").iter().map(|pair| {
            let name = HeaderName::from_bytes(text(&pair[0]).as_bytes()).expect("a header's name");
            (name, HeaderValue::from_str(&text(&pair[1])).expect("a header's value"))
        });
        Self {
            headers: headers.collect(),
            body: text(&case["request"]["body_text"]),
            dendrite: text(&case["dendrite_hotkey"]),
            axon: text(&case["axon_hotkey"]),
        }
    }

    fn head(&self) -> Head<'_> {
        Head::parse(&self.headers).expect("a dendrite's headers are readable")
    }

    fn message(&self) -> String {
        let head = self.head();
        head.message(head.nonce_ns.expect("a nonce"), &self.dendrite, &self.axon)
    }
}

/// A list of messages as in a chat, 1 KiB of text in all.
fn messages() -> Value {
    let line = "What's the weather in \"Zürich\" like, and will it rain by noon?\n";
    assert_eq!(line.len(), 64);
    let content = line.repeat(4);
    json!([
        { "role": "system", "content": content },
        { "role": "user", "content": content },
        { "role": "assistant", "content": content },
        { "role": "user", "content": content },
    ])
}

fn signatures(criterion: &mut Criterion) {
    let request = Captured::load("ok_TaskSynapse");
    let message = request.message();
    let head = request.head();
    let digits = head.signature.and_then(|text| text.strip_prefix("0x")).expect("a signature");
    let signature = Signature::from_bytes(&hex::decode(digits).expect("hexadecimal")).expect("64 bytes");
    let hotkey: Hotkey = request.dendrite.parse().expect("an address");
    let public = PublicKey::from_bytes(hotkey.bytes()).expect("a point of the curve");
    let claim = Claim { public, message, signature };
    assert!(keys::verify(&claim), "what is measured is a signature that holds");

    criterion.bench_function("verify a signature, key known", |bencher| {
        bencher.iter(|| keys::verify(black_box(&claim)));
    });
    let claims = [&claim; 32];
    criterion.bench_function("verify 32 signatures of one key together", |bencher| {
        bencher.iter(|| keys::verify_all(black_box(&claims)));
    });
    criterion.bench_function("read an address", |bencher| {
        bencher.iter(|| black_box(request.dendrite.as_str()).parse::<Hotkey>());
    });
    criterion.bench_function("decompress a key", |bencher| {
        bencher.iter(|| PublicKey::from_bytes(black_box(hotkey.bytes())));
    });
}

fn heads(criterion: &mut Criterion) {
    let request = Captured::load("ok_TaskSynapse");
    criterion.bench_function("parse the head", |bencher| bencher.iter(|| Head::parse(black_box(&request.headers))));
    let head = request.head();
    let nonce_ns = head.nonce_ns.expect("a nonce");
    criterion.bench_function("write the signed message", |bencher| {
        bencher.iter(|| black_box(&head).message(nonce_ns, &request.dendrite, &request.axon));
    });
}

fn bodies(criterion: &mut Criterion) {
    let request = Captured::load("ok_TaskSynapse");
    let messages = messages();
    let mut group = criterion.benchmark_group("bodies");
    group.throughput(Throughput::Bytes(request.body.len() as u64));
    group.bench_function("parse a body", |bencher| {
        bencher.iter(|| serde_json::from_str::<Map<String, Value>>(black_box(&request.body)));
    });
    group.throughput(Throughput::Bytes(messages.to_string().len() as u64));
    group.bench_function("hash 1 KiB of messages", |bencher| {
        bencher.iter(|| body_hash([(black_box(&messages), &PyType::Any)]));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    signatures(&mut criterion);
    heads(&mut criterion);
    bodies(&mut criterion);
    criterion.final_summary();
}
