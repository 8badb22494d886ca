//! Hotkeys: addresses, signing, and the wallet files of the Bittensor SDK.
//!
//! Only hotkeys. The coldkey's secret has no business on a miner and is refused when a path leads to it.
//!
//! # What is wiped from memory
//!
//! As soon as it is not needed any more: the file's content, encrypted and plain; the texts taken from it; the
//! mnemonic's words and entropy; seeds and private keys; the password as typed and as in the variable; the key that
//! Argon2 makes of it and its 512 MiB of working memory; the states of BLAKE2, SHA-2 and XSalsa20 in between. schnorrkel
//! wipes the key that signs when the [`Signer`] is dropped, and a `Signer` cannot be cloned.
//!
//! Not wiped, because safe code cannot reach it:
//! - copies that moving a value leaves on the stack and in registers, and scratch variables of the crates that parse
//!   mnemonics, hash and decrypt;
//! - the buffers that rpassword's line outgrows, and serde_json's scratch for a text with JSON escapes, which no wallet
//!   writes in a key;
//! - the environment, which holds the scrambled password as long as the process runs;
//! - what the system has swapped out or written into a core dump.

mod keyfile;
mod nacl;
mod plain;
mod ss58;
mod terminal;

pub use keyfile::{KeyfileError, hotkey_path, load_hotkey};
pub use plain::parse_keyfile;
pub use ss58::{Hotkey, Ss58Error};
pub use terminal::ask_on_terminal;

use schnorrkel::{ExpansionMode, MiniSecretKey, PublicKey, Signature};

/// The context of every sr25519 signature on Substrate chains.
const SIGNING_CONTEXT: &[u8] = b"substrate";

/// A hotkey that can sign. Its secret is never shown: `Debug` prints the address. schnorrkel wipes it when dropped.
pub struct Signer {
    pair: schnorrkel::Keypair,
    address: String,
}

impl Signer {
    /// From the 32 bytes of a seed (a mnemonic's, or devnet's).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mini = MiniSecretKey::from_bytes(seed).expect("32 bytes are always a mini secret key");
        Self::from_pair(mini.expand_to_keypair(ExpansionMode::Ed25519))
    }

    /// From schnorrkel's own 64 bytes, as in a wallet's `privateKey`.
    ///
    /// # Errors
    ///
    /// When they are no secret key, or the one whose public half is zero.
    pub fn from_secret(bytes: &[u8]) -> Result<Self, schnorrkel::SignatureError> {
        let signer = Self::from_pair(schnorrkel::SecretKey::from_bytes(bytes)?.to_keypair());
        public_key(&signer.hotkey()).ok_or(schnorrkel::SignatureError::InvalidKey)?;
        Ok(signer)
    }

    fn from_pair(pair: schnorrkel::Keypair) -> Self {
        let address = Hotkey::new(pair.public.to_bytes()).to_string();
        Self { pair, address }
    }

    /// The SS58 address, format 42.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The public key.
    pub fn hotkey(&self) -> Hotkey {
        Hotkey::new(self.pair.public.to_bytes())
    }

    /// An sr25519 signature over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign_simple(SIGNING_CONTEXT, message).to_bytes()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.address)
    }
}

/// The key behind an address, decompressed. Nothing for bytes that are no point of the curve, and for the curve's zero: one
/// signature of that key, made of zeros, fits every message.
pub fn public_key(hotkey: &Hotkey) -> Option<PublicKey> {
    PublicKey::from_bytes(hotkey.bytes()).ok().filter(|_| *hotkey.bytes() != [0; 32])
}

/// What somebody claims to have signed.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The key, decompressed.
    pub public: PublicKey,
    /// The text.
    pub message: String,
    /// The signature.
    pub signature: Signature,
}

/// Whether `claim` is true.
pub fn verify(claim: &Claim) -> bool {
    claim.public.verify_simple(SIGNING_CONTEXT, claim.message.as_bytes(), &claim.signature).is_ok()
}

/// Whether every one of `claims` is true: together for some half of what they cost one by one, and less where neighbours
/// have one key. The coefficients are random: a false claim would pass with a chance of 1 in 2^128.
pub fn verify_all(claims: &[&Claim]) -> bool {
    let context = schnorrkel::signing_context(SIGNING_CONTEXT);
    let transcripts = claims.iter().map(|claim| context.bytes(claim.message.as_bytes()));
    let signatures: Vec<_> = claims.iter().map(|claim| claim.signature).collect();
    let publics: Vec<_> = claims.iter().map(|claim| claim.public).collect();
    schnorrkel::verify_batch(transcripts, &signatures, &publics, true).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_anybody_can_sign_for_is_none() {
        let zero = Hotkey::new([0; 32]);
        assert!(public_key(&zero).is_none());
        assert!(Signer::from_secret(&[0; 64]).is_err());
        let mut bytes = [0; 64];
        bytes[63] = 0x80;
        let signature = Signature::from_bytes(&bytes).expect("it has the form of one");
        let public = PublicKey::from_bytes(zero.bytes()).expect("schnorrkel takes it for a key");
        assert!(verify(&Claim { public, message: "anything".into(), signature }), "which is why");
    }

    #[test]
    fn what_a_signer_signs_its_address_proves_alone_and_together() {
        let claim = |byte: u8, message: &str| {
            let signer = Signer::from_seed(&[byte; 32]);
            let signature = Signature::from_bytes(&signer.sign(message.as_bytes())).expect("64 bytes");
            let public = public_key(&signer.address().parse().expect("an address")).expect("a key");
            Claim { public, message: message.into(), signature }
        };
        let [a, b] = [claim(1, "one"), claim(2, "two")];
        assert!(verify(&a) && verify(&b) && verify_all(&[&a, &b]));
        let forged = Claim { message: "three".into(), ..b.clone() };
        assert!(!verify(&forged) && !verify_all(&[&a, &forged]) && !verify_all(&[&forged, &b]));
    }
}
