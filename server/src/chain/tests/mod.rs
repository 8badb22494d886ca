//! The keeper against what real runtimes said, and against a node that misbehaves on command.

mod encoding;
mod faults;
mod recorded;
mod scene;
mod serving;

use std::io::Read;
use std::path::PathBuf;

use subxt::ext::codec::Decode;
use subxt::metadata::Metadata;

fn vector(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/chain").join(name)
}

/// Recorded metadata, as a node sends it.
fn metadata_bytes(name: &str) -> Vec<u8> {
    let file = std::fs::File::open(vector(&format!("metadata/{name}.scale.gz"))).expect("recorded");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("compressed");
    bytes
}

fn metadata(name: &str) -> Metadata {
    Metadata::decode(&mut metadata_bytes(name).as_slice()).expect("metadata")
}

fn json(name: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(vector(name)).expect("recorded")).expect("JSON")
}

fn from_hex(text: &serde_json::Value) -> Vec<u8> {
    hex::decode(text.as_str().expect("a text").trim_start_matches("0x")).expect("hex")
}
