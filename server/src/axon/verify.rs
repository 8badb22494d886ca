//! Who sent a request, proven: address, nonce and sr25519 signature.

use moka::sync::Cache;
use schnorrkel::{PublicKey, Signature};
use tokio::time::Instant;

use super::nonce::Nonces;
use super::refusal::Refusal;
use super::wire::Head;
use crate::keys::{self, Hotkey, Ss58Error};

/// Addresses whose keys are kept decompressed: more than the neurons of any subnet, some 2 MB.
const KNOWN_SENDERS: u64 = 8_192;

/// A sender's address, decoded once.
#[derive(Clone, Copy)]
pub struct Sender {
    /// The public key's bytes, as in the metagraph.
    pub hotkey: Hotkey,
    public: PublicKey,
}

/// Proves senders.
pub struct Verifier {
    /// Our own address: the receiver in every signed message. What the request says of it may lie.
    address: String,
    nonces: Nonces,
    started: Instant,
    senders: Cache<String, Sender>,
}

impl Verifier {
    /// For the axon with this address, in a process that started at `started_ns`.
    pub fn new(address: String, started_ns: u64) -> Self {
        Self { address, nonces: Nonces::new(started_ns), started: Instant::now(), senders: Cache::new(KNOWN_SENDERS) }
    }

    /// The named sender. Not proven: only good for policy, which is cheaper than a signature and so comes first.
    pub fn sender(&self, head: &Head<'_>) -> Result<Sender, Refusal> {
        let address = head.hotkey.filter(|address| !address.is_empty()).ok_or(Refusal::NoHotkey)?;
        if let Some(sender) = self.senders.get(address) {
            return Ok(sender);
        }
        let hotkey: Hotkey = address.parse()?;
        // 32 bytes that are no curve point: nobody can sign for them.
        let public = PublicKey::from_bytes(hotkey.bytes()).map_err(|_| Ss58Error::Checksum)?;
        Ok(Sender { hotkey, public })
    }

    /// Proves that `sender` signed this request for us, now and for the first time.
    pub fn verify(&self, head: &Head<'_>, sender: &Sender, now_ns: u64) -> Result<(), Refusal> {
        let nonce_ns = head.nonce_ns.ok_or(Refusal::NoNonce)?;
        self.nonces.check_window(nonce_ns, head.timeout_s.unwrap_or(0.0), now_ns)?;
        let signature = parse_signature(head.signature.ok_or(Refusal::NoSignature)?)?;
        let address = head.hotkey.ok_or(Refusal::NoHotkey)?;
        if !keys::verify(&sender.public, head.message(nonce_ns, address, &self.address).as_bytes(), &signature) {
            return Err(Refusal::Signature);
        }
        self.nonces.remember(sender.hotkey, nonce_ns, now_ns, self.started.elapsed())?;
        // Only proven senders are remembered, so nobody can push them out with invented addresses.
        if !self.senders.contains_key(address) {
            self.senders.insert(address.to_owned(), *sender);
        }
        Ok(())
    }
}

fn parse_signature(text: &str) -> Result<Signature, Refusal> {
    let digits = text.strip_prefix("0x").ok_or(Refusal::SignatureFormat)?;
    let mut bytes = [0; 64];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| Refusal::SignatureText)?;
    Signature::from_bytes(&bytes).map_err(|_| Refusal::SignatureText)
}
