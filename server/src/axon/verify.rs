//! Who sent a request, proven: address, signature, and that it is here for the first time.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use parking_lot::Mutex;
use schnorrkel::{PublicKey, Signature};
use tokio::time::Instant;

use super::callers::CallersByAddress;
use super::checker::{Checker, Trust};
use super::marks::Marks;
use super::nonce::{NonceError, Nonces};
use super::refusal::Refusal;
use crate::domain::{Bucket, Rate};
use crate::keys::{self, Claim, Hotkey, Ss58Error};

/// Senders whose keys are kept decompressed: more than the neurons of any subnet, some 2 MB.
const KNOWN_SENDERS: u64 = 8_192;

/// Proves senders.
pub struct Verifier {
    /// Our own address: the receiver in every signed message. What the request says of it may lie.
    pub address: String,
    /// Callers by where they call from.
    pub callers: CallersByAddress,
    /// Checks signatures.
    pub checker: Checker,
    /// What was seen.
    pub nonces: Nonces,
    /// What the next run must know of it.
    pub marks: Marks,
    /// How often one hotkey may ask.
    pub rate: Rate,
    /// When the process started.
    pub started: Instant,
    /// By address. Only proven ones, so nobody can push them out with invented addresses.
    pub senders: Senders,
}

/// Known senders by address.
pub type Senders = Cache<String, Arc<Sender>>;

/// Room for the senders of any subnet; the newest is always let in, or it would have a full bucket each time.
pub fn senders() -> Senders {
    Cache::builder().max_capacity(KNOWN_SENDERS).eviction_policy(EvictionPolicy::lru()).build()
}

/// A sender that has signed a request before.
pub struct Sender {
    hotkey: Hotkey,
    public: PublicKey,
    bucket: Mutex<Bucket>,
    busy: AtomicUsize,
}

/// One of a sender's places, free again when it is dropped.
pub struct SenderPlace(Arc<Sender>);

impl Sender {
    fn place(self: Arc<Self>, most: usize) -> Option<SenderPlace> {
        let taken =
            self.busy.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |busy| (busy < most).then_some(busy + 1));
        taken.is_ok().then(|| SenderPlace(self))
    }
}

impl Drop for SenderPlace {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The sender that a request names. Not proven: only good for policy, which is cheaper than a signature and so comes first.
pub struct Named<'a> {
    /// The public key's bytes, as in the metagraph.
    pub hotkey: Hotkey,
    address: &'a str,
    known: Option<Arc<Sender>>,
}

/// What a request has to prove.
pub struct Proof<'a> {
    /// The signed text.
    pub message: String,
    /// The signature.
    pub signature: Signature,
    /// The sender's clock, nanoseconds since the Unix epoch.
    pub nonce_ns: u64,
    /// What tells the senders of one hotkey apart, as signed.
    pub instance: &'a str,
    /// Where it came from…
    pub from: IpAddr,
    /// …and how far that is trusted.
    pub trust: Trust,
    /// Places that its sender may have.
    pub places: usize,
}

impl Verifier {
    /// The sender with this address.
    pub fn named<'a>(&self, address: &'a str) -> Result<Named<'a>, Ss58Error> {
        if let Some(known) = self.senders.get(address) {
            return Ok(Named { hotkey: known.hotkey, address, known: Some(known) });
        }
        Ok(Named { hotkey: address.parse()?, address, known: None })
    }

    /// Proves that `named` signed this request, now and for the first time, and gives it a place.
    pub async fn prove(&self, named: Named<'_>, proof: Proof<'_>, now_ns: u64) -> Result<SenderPlace, Refusal> {
        let Named { hotkey, address, known } = named;
        let public = match &known {
            Some(sender) => sender.public,
            // Bytes that are no key: nobody can sign for them, or anybody.
            None => keys::public_key(&hotkey).ok_or(Ss58Error::Checksum)?,
        };
        let claim = Claim { public, message: proof.message, signature: proof.signature };
        let is_true = self.checker.check(claim, proof.trust).await.map_err(|_| Refusal::Overloaded)?;
        let uptime = self.started.elapsed();
        if !is_true || proof.trust != Trust::Proven {
            self.callers.judge(proof.from, is_true, uptime);
        }
        if !is_true {
            return Err(Refusal::Signature);
        }
        if self.nonces.is_known(hotkey, proof.instance, proof.nonce_ns) {
            return Err(NonceError::Replayed.into());
        }
        let sender = known.unwrap_or_else(|| {
            self.senders.get_with_by_ref(address, || {
                let bucket = Mutex::new(Bucket::new(self.rate, uptime));
                Arc::new(Sender { hotkey, public, bucket, busy: AtomicUsize::new(0) })
            })
        });
        // After the signature and not for a replay: nobody can use up another's share. Before the nonce is remembered: nobody
        // can fill up that memory faster than this.
        if !sender.bucket.lock().take(self.rate, uptime) {
            return Err(Refusal::HotkeyRate);
        }
        self.nonces.remember(hotkey, proof.instance, proof.nonce_ns, now_ns, uptime)?;
        self.marks.cover(hotkey, proof.nonce_ns, now_ns).await;
        sender.place(proof.places).ok_or(Refusal::Overloaded)
    }
}

/// A signature of 64 bytes, in hexadecimal.
pub fn parse_signature(digits: &str) -> Result<Signature, Refusal> {
    let mut bytes = [0; 64];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| Refusal::SignatureText)?;
    Signature::from_bytes(&bytes).map_err(|_| Refusal::SignatureText)
}
