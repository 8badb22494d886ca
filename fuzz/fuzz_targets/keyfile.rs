//! Any content of a plain hotkey file: [`parse_keyfile`].
//!
//! Held for every content that gives a key:
//!
//! - its address is read as the same public key, and is what that key prints as;
//! - parsing it twice gives the same key;
//! - what it signs, its public key verifies, and no other message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode::keys::{Claim, Hotkey, parse_keyfile, verify};
use schnorrkel::{PublicKey, Signature};

fuzz_target!(|content: &[u8]| {
    let parsed = parse_keyfile(content);
    let again = parse_keyfile(content);
    let signer = match (parsed, again) {
        (Ok(signer), Ok(again)) => {
            assert_eq!(signer.hotkey(), again.hotkey(), "parsed twice");
            signer
        }
        (parsed, again) => {
            assert_eq!(parsed.err(), again.err(), "parsed twice");
            return;
        }
    };
    assert_eq!(signer.address().parse::<Hotkey>(), Ok(signer.hotkey()));
    assert_eq!(signer.hotkey().to_string(), signer.address());

    let public = PublicKey::from_bytes(signer.hotkey().bytes()).expect("a signer's key is a point of the curve");
    let signature = Signature::from_bytes(&signer.sign(b"message")).expect("64 bytes of a signature");
    let claim = |message: &str| Claim { public, message: message.to_owned(), signature };
    assert!(verify(&claim("message")));
    assert!(!verify(&claim("another")));
});
