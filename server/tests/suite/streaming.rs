//! Streamed answers: they flow as the solver writes them.

use std::sync::atomic::Ordering;

use lode::axon::{PyType, body_hash};
use lode::config::SolverConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Miner, NOW_NS, Reply, exchange, interop_config, read_reply};

/// A miner whose streaming synapse is answered by a service in the test's hands.
async fn miner(folder: &tempfile::TempDir) -> (Miner, TcpListener) {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = interop_config();
    let url = format!("http://{}/solve", upstream.local_addr().unwrap()).parse().unwrap();
    config.solver.insert("replies".into(), SolverConfig::http(url));
    (Miner::start(config, folder.path(), NOW_NS).await, upstream)
}

fn ask(miner: &Miner, messages: &Value) -> Vec<u8> {
    let hash = body_hash([(messages, &PyType::Any)]);
    let nonce_ns = miner.now_ns.fetch_add(1, Ordering::SeqCst);
    miner.sign_at("StreamChatSynapse", &json!({"roles": ["user"], "messages": messages}), &hash, nonce_ns).to_http()
}

/// Takes the service's next request and begins an answer of raw text.
async fn begin_answer(upstream: &TcpListener) -> TcpStream {
    let (mut stream, _) = upstream.accept().await.unwrap();
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head).await.unwrap();
    stream
}

async fn write_chunk(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.write_all(b"\r\n").await.unwrap();
}

/// Reads until `text` has come, and gives everything that has.
async fn read_until(stream: &mut TcpStream, seen: &mut Vec<u8>, text: &str) {
    while !String::from_utf8_lossy(seen).contains(text) {
        assert_ne!(stream.read_buf(seen).await.unwrap(), 0, "cut off: {}", String::from_utf8_lossy(seen));
    }
}

#[tokio::test]
async fn tokens_flow_as_the_solver_writes_them_and_the_next_one_who_asks_reads_them_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (miner, upstream) = miner(&folder).await;
    let messages = json!(["count"]);
    let mut validator = TcpStream::connect(miner.axon).await.unwrap();
    validator.write_all(&ask(&miner, &messages)).await.unwrap();
    let mut solving = begin_answer(&upstream).await;
    let mut seen = Vec::new();
    write_chunk(&mut solving, b"one ").await;
    read_until(&mut validator, &mut seen, "one ").await;
    let head = String::from_utf8_lossy(&seen).into_owned();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("bt_header_axon_status_code: 200"), "{head}");

    // Another one asks the same while it is being written, and gets all of it.
    let mut second = TcpStream::connect(miner.axon).await.unwrap();
    second.write_all(&ask(&miner, &messages)).await.unwrap();
    let mut seen_second = Vec::new();
    read_until(&mut second, &mut seen_second, "one ").await;

    // A chunk that ends inside a character: what is whole flows, the rest waits for its end.
    let [before, after] = ["tw\u{20ac}".as_bytes(), " three".as_bytes()];
    write_chunk(&mut solving, &before[..3]).await;
    read_until(&mut validator, &mut seen, "tw").await;
    assert!(seen.is_ascii(), "half a character is not passed on");
    write_chunk(&mut solving, &[&before[3..], after].concat()).await;
    read_until(&mut validator, &mut seen, "\u{20ac} three").await;
    solving.write_all(b"0\r\n\r\n").await.unwrap();
    read_until(&mut validator, &mut seen, "\r\n0\r\n\r\n").await;
    read_until(&mut second, &mut seen_second, "\r\n0\r\n\r\n").await;

    let reply = exchange(miner.axon, &ask(&miner, &messages)).await;
    assert_eq!((reply.text().as_str(), reply.header("transfer-encoding")), ("one tw\u{20ac} three", Some("chunked")));
    let sources = miner.get("/api/dashboard").await.json()["traffic"]["sources"].clone();
    let count = |source: &str| {
        sources.as_array().unwrap().iter().find(|row| row["source"] == source).unwrap()["answers"].clone()
    };
    assert_eq!([count("solved"), count("coalesced"), count("exact")], [1, 1, 1]);
    miner.stop().await;
}

#[tokio::test]
async fn a_stream_that_breaks_off_breaks_the_connection_off_and_is_neither_counted_nor_remembered_as_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (miner, upstream) = miner(&folder).await;
    let mut validator = TcpStream::connect(miner.axon).await.unwrap();
    validator.write_all(&ask(&miner, &json!(["count"]))).await.unwrap();
    let mut solving = begin_answer(&upstream).await;
    write_chunk(&mut solving, b"one ").await;
    let mut seen = Vec::new();
    read_until(&mut validator, &mut seen, "one ").await;
    drop(solving);
    while validator.read_buf(&mut seen).await.is_ok_and(|count| count > 0) {}
    assert!(!String::from_utf8_lossy(&seen).contains("\r\n0\r\n"), "the client can tell that this was not all");
    let traffic = miner.get("/api/dashboard").await.json()["traffic"].clone();
    assert_eq!((&traffic["answered"], &traffic["failed"]["solver_error"]), (&json!(0), &json!(1)));

    // The service is asked again, and an error before the first token is an error as everywhere.
    let mut again = TcpStream::connect(miner.axon).await.unwrap();
    again.write_all(&ask(&miner, &json!(["count"]))).await.unwrap();
    let (mut refusing, _) = upstream.accept().await.unwrap();
    refusing.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let reply: Reply = read_reply(&mut again).await;
    assert_eq!((reply.status, reply.header("bt_header_axon_status_code")), (500, Some("500")));
    miner.stop().await;
}
