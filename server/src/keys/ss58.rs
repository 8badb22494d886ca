//! SS58 addresses, format 42 only: one key must have one text, because the text is part of what is signed.

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest};
use serde::{Deserialize, Serialize};

/// The address format of Substrate's default chains, Bittensor's among them.
const FORMAT: u8 = 42;

/// A hotkey's public half: 32 bytes, shown and written as SS58.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hotkey([u8; 32]);

/// Why a text is not a hotkey's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ss58Error {
    /// Not base58, or not 35 bytes.
    #[error("Invalid SS58 address: Length is bad")]
    Length,
    /// Another network's format.
    #[error("Invalid SS58 address: format 42 is needed")]
    Format,
    /// A typing mistake.
    #[error("Invalid SS58 address: Invalid checksum")]
    Checksum,
}

impl Hotkey {
    /// From the public key's bytes.
    pub fn new(public: [u8; 32]) -> Self {
        Self(public)
    }

    /// The public key's bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn checksum(payload: &[u8]) -> [u8; 2] {
        let hash = Blake2b512::new().chain_update(b"SS58PRE").chain_update(payload).finalize();
        [hash[0], hash[1]]
    }
}

impl FromStr for Hotkey {
    type Err = Ss58Error;

    fn from_str(text: &str) -> Result<Self, Ss58Error> {
        let mut raw = [0; 35];
        // `onto` a fixed array bounds the work: base58 is quadratic in its length.
        if text.len() > 50 || bs58::decode(text).onto(&mut raw) != Ok(35) {
            return Err(Ss58Error::Length);
        }
        if raw[0] != FORMAT {
            return Err(Ss58Error::Format);
        }
        if Self::checksum(&raw[..33]) != raw[33..] {
            return Err(Ss58Error::Checksum);
        }
        let mut public = [0; 32];
        public.copy_from_slice(&raw[1..33]);
        Ok(Self(public))
    }
}

impl TryFrom<String> for Hotkey {
    type Error = Ss58Error;

    fn try_from(text: String) -> Result<Self, Ss58Error> {
        text.parse()
    }
}

impl From<Hotkey> for String {
    fn from(hotkey: Hotkey) -> Self {
        hotkey.to_string()
    }
}

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut raw = [0; 35];
        raw[0] = FORMAT;
        raw[1..33].copy_from_slice(&self.0);
        let checksum = Self::checksum(&raw[..33]);
        raw[33..].copy_from_slice(&checksum);
        f.write_str(&bs58::encode(raw).into_string())
    }
}

impl fmt::Debug for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hotkey({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn alice_has_her_well_known_public_key() {
        let alice: Hotkey = ALICE.parse().expect("a valid address");
        assert_eq!(hex::encode(alice.bytes()), "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
        assert_eq!(alice.to_string(), ALICE);
    }

    #[test]
    fn a_wrong_letter_fails_the_checksum() {
        let wrong = ALICE.replace("KutQY", "KutQZ");
        assert_eq!(wrong.parse::<Hotkey>(), Err(Ss58Error::Checksum));
    }

    #[test]
    fn the_same_key_in_another_format_is_refused() {
        let generic = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"; // Alice on Polkadot, format 0
        assert_eq!(generic.parse::<Hotkey>(), Err(Ss58Error::Format));
    }

    proptest! {
        #[test]
        fn every_key_survives_the_way_to_text_and_back(public: [u8; 32]) {
            let hotkey = Hotkey::new(public);
            prop_assert_eq!(hotkey.to_string().parse(), Ok(hotkey));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = text.parse::<Hotkey>();
        }
    }
}
