//! The other side of the protocol: signs requests as the SDK's dendrite does. For devnet, benchmarks and tests.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::domain::SDK_VERSION;
use crate::keys::Signer;

/// A client with a key.
pub struct Dendrite {
    signer: Signer,
    /// One per instance.
    uuid: String,
}

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    /// The synapse's name.
    pub name: String,
    /// Headers in the order in which a dendrite sends them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Dendrite {
    /// A client that signs with `signer`; `uuid` tells its instances apart.
    pub fn new(signer: Signer, uuid: String) -> Self {
        Self { signer, uuid }
    }

    /// Signs a synapse for the axon with address `axon_hotkey`. `body_hash` is over its required hash fields.
    pub fn sign(
        &self,
        axon_hotkey: &str,
        name: &str,
        fields: &Map<String, Value>,
        body_hash: &str,
        timeout_s: f64,
        nonce_ns: u64,
    ) -> SignedRequest {
        let hotkey = self.signer.address();
        let message = format!("{nonce_ns}.{hotkey}.{axon_hotkey}.{}.{body_hash}", self.uuid);
        let signature = format!("0x{}", hex::encode(self.signer.sign(message.as_bytes())));
        let mut body = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("timeout".to_owned(), json!(timeout_s)),
            ("total_size".to_owned(), json!(0)),
            ("header_size".to_owned(), json!(0)),
            (
                "dendrite".to_owned(),
                json!({"version": SDK_VERSION, "nonce": nonce_ns, "uuid": self.uuid, "hotkey": hotkey}),
            ),
            ("axon".to_owned(), json!({"hotkey": axon_hotkey})),
            ("computed_body_hash".to_owned(), json!("")),
        ]);
        body.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        let headers = vec![
            ("name", name.to_owned()),
            ("timeout", format!("{timeout_s:?}")),
            ("bt_header_axon_hotkey", axon_hotkey.to_owned()),
            ("bt_header_dendrite_ip", "127.0.0.1".to_owned()),
            ("bt_header_dendrite_version", SDK_VERSION.to_string()),
            ("bt_header_dendrite_nonce", nonce_ns.to_string()),
            ("bt_header_dendrite_uuid", self.uuid.clone()),
            ("bt_header_dendrite_hotkey", hotkey.to_owned()),
            ("bt_header_dendrite_signature", signature),
            ("header_size", "0".to_owned()),
            ("total_size", "0".to_owned()),
            ("computed_body_hash", body_hash.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        SignedRequest { name: name.to_owned(), headers, body: Value::Object(body).to_string() }
    }
}

impl SignedRequest {
    /// The bytes of an HTTP/1.1 request.
    pub fn to_http(&self) -> Vec<u8> {
        let mut head = format!("POST /{} HTTP/1.1\r\nhost: axon\r\ncontent-length: {}\r\n", self.name, self.body.len());
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        [head.as_bytes(), self.body.as_bytes()].concat()
    }
}
