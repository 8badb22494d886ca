//! The encrypted format: `$NACL`, a nonce of 24 bytes, then XSalsa20-Poly1305 of the plain file under a key that
//! Argon2i makes of the password. Half a GiB and some seconds, once at start.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use crypto_secretbox::aead::Aead;
use crypto_secretbox::{KeyInit, XSalsa20Poly1305};
use zeroize::Zeroizing;

/// How an encrypted file begins.
const MARK: &[u8] = b"$NACL";
/// Fixed by bittensor-wallet: every file has the same.
const SALT: [u8; 16] = [0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1];
/// libsodium's "sensitive" parameters: memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (512 * 1024, 8, 1);

/// Why opening failed for another reason than the password.
const NO_MEMORY: &str = "there is not enough memory to open it (512 MiB are needed)";

/// An encrypted file, not opened yet.
pub struct Sealed<'a> {
    nonce: &'a [u8; 24],
    boxed: &'a [u8],
}

impl<'a> Sealed<'a> {
    /// None when the content is not of this format; an error when it is, but cut short.
    pub fn of(content: &'a [u8]) -> Option<Result<Self, &'static str>> {
        let sealed = content.strip_prefix(MARK)?;
        Some(sealed.split_first_chunk().map(|(nonce, boxed)| Self { nonce, boxed }).ok_or("it is cut short"))
    }

    /// The plain file inside; none when the password is another. Takes seconds.
    pub fn open(&self, password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
        let key = key_of(password)?;
        let cipher = XSalsa20Poly1305::new_from_slice(&key[..]).expect("a key of 32 bytes");
        Ok(cipher.decrypt(self.nonce.into(), self.boxed).map(Zeroizing::new).ok())
    }
}

fn key_of(password: &[u8]) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, Some(32)).expect("constants within Argon2's ranges");
    // Our own memory, so that it is wiped: Argon2's own is not.
    let mut blocks: Vec<Block> = Vec::new();
    blocks.try_reserve_exact(params.block_count()).map_err(|_| NO_MEMORY)?;
    blocks.resize(params.block_count(), Block::new());
    let mut blocks = Zeroizing::new(blocks.into_boxed_slice());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2i, Version::V0x13, params)
        .hash_password_into_with_memory(password, &SALT, &mut key[..], &mut blocks[..])
        .map_err(|_| NO_MEMORY)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_this_format_by_its_first_bytes() {
        assert!(Sealed::of(b"{}").is_none());
        assert!(Sealed::of(b"").is_none());
        assert!(Sealed::of(b"$NACL short").is_some_and(|sealed| sealed.is_err()));
        assert!(Sealed::of(&[MARK, &[0; 24]].concat()).is_some_and(|sealed| sealed.is_ok()));
    }
}
