//! The hotkey file of bittensor-wallet, plain or encrypted, old (≤ 4.0) or new (≥ 4.1).
//!
//! A file is one JSON object. The secret is taken from `secretPhrase`, else `secretSeed`, else `privateKey`, as the SDK
//! does, and must give the address that the file itself names.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use crypto_secretbox::aead::Aead;
use crypto_secretbox::{KeyInit, XSalsa20Poly1305};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::Signer;

/// The mark and the salt are fixed by bittensor-wallet.
const NACL_MARK: &[u8] = b"$NACL";
const NACL_SALT: [u8; 16] =
    [0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1];
/// A key file is some 500 bytes; anything far larger is not one.
const MAX_SIZE_BYTES: u64 = 64 * 1024;

/// Why a hotkey could not be loaded, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyfileError {
    /// Missing or not permitted.
    #[error("cannot read the hotkey file {path}: {error}; check --wallet.path, --wallet.name and --wallet.hotkey")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Other users of the machine could take the key.
    #[error("the hotkey file {path} is readable by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not what a wallet writes.
    #[error("the hotkey file {path} cannot be used: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The fault, without any of the content.
        what: &'static str,
    },
    /// Encrypted, and no password is known.
    #[error("the hotkey file {path} is encrypted; set {variable} to its password as btcli stores it")]
    NeedsPassword {
        /// The file.
        path: PathBuf,
        /// The variable that the SDK reads.
        variable: String,
    },
    /// Encrypted with another password.
    #[error("the password in {variable} does not open the hotkey file {path}")]
    WrongPassword {
        /// The file.
        path: PathBuf,
        /// The variable that was read.
        variable: String,
    },
}

/// Where the SDK keeps a wallet's hotkey.
pub fn hotkey_path(wallets: &Path, name: &str, hotkey: &str) -> PathBuf {
    wallets.join(name).join("hotkeys").join(hotkey)
}

/// Loads a hotkey. `env` looks up environment variables: the password of an encrypted file is in `BT_PW_…`.
pub fn load_hotkey(path: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Signer, KeyfileError> {
    let content = read(path)?;
    let plain = if content.starts_with(NACL_MARK) { decrypt(path, &content, env)? } else { content };
    parse(&plain).map_err(|what| KeyfileError::Malformed { path: path.into(), what })
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyfileError> {
    let unreadable = |error| KeyfileError::Unreadable { path: path.into(), error };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = meta.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyfileError::Exposed { path: path.into(), mode });
        }
    }
    if meta.len() > MAX_SIZE_BYTES {
        return Err(KeyfileError::Malformed { path: path.into(), what: "it is too large for a key file" });
    }
    std::fs::read(path).map(Zeroizing::new).map_err(unreadable)
}

fn parse(plain: &[u8]) -> Result<Signer, &'static str> {
    let Ok(Value::Object(file)) = serde_json::from_slice(plain) else {
        return Err("it is not a JSON object");
    };
    if file.get("cryptoType").is_some_and(|kind| !kind.is_null() && kind.as_u64() != Some(1)) {
        return Err("its cryptoType is not 1 (sr25519)");
    }
    let signer = secret(&file)?;
    match text(&file, "ss58Address") {
        Some(address) if address != signer.address() => Err("its ss58Address is not that of its secret"),
        _ => Ok(signer),
    }
}

/// The first secret present, in the order in which the SDK looks.
fn secret(file: &Map<String, Value>) -> Result<Signer, &'static str> {
    if let Some(phrase) = text(file, "secretPhrase") {
        return seed_of_phrase(phrase).map(|seed| Signer::from_seed(&seed));
    }
    if let Some(seed) = text(file, "secretSeed") {
        let seed = Zeroizing::new(unhex(seed).ok_or("its secretSeed is not hexadecimal")?);
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| "its secretSeed is not 32 bytes")?;
        return Ok(Signer::from_seed(seed));
    }
    if let Some(private) = text(file, "privateKey") {
        let private = Zeroizing::new(unhex(private).ok_or("its privateKey is not hexadecimal")?);
        return Signer::from_secret(&private).map_err(|_| "its privateKey is not an sr25519 key of 64 bytes");
    }
    Err("it holds no secret (secretPhrase, secretSeed or privateKey), so it cannot sign")
}

/// Substrate's way from a mnemonic to a seed: PBKDF2 over the *entropy*, not over the words as in BIP39 itself.
fn seed_of_phrase(phrase: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    let mnemonic = bip39::Mnemonic::parse_normalized(phrase).map_err(|_| "its secretPhrase is not a BIP39 mnemonic")?;
    let entropy = Zeroizing::new(mnemonic.to_entropy());
    let mut seed = Zeroizing::new([0; 64]);
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(&entropy, b"mnemonic", 2_048, &mut seed[..]);
    let mut first = Zeroizing::new([0; 32]);
    first.copy_from_slice(&seed[..32]);
    Ok(first)
}

fn decrypt(
    path: &Path,
    content: &[u8],
    env: impl Fn(&str) -> Option<String>,
) -> Result<Zeroizing<Vec<u8>>, KeyfileError> {
    let malformed = |what| KeyfileError::Malformed { path: path.into(), what };
    let variable = password_variable(path);
    let stored =
        env(&variable).ok_or_else(|| KeyfileError::NeedsPassword { path: path.into(), variable: variable.clone() })?;
    let wrong = || KeyfileError::WrongPassword { path: path.into(), variable: variable.clone() };
    let password = unscramble(&stored, &variable).ok_or_else(wrong)?;

    let sealed = &content[NACL_MARK.len()..];
    let (nonce, boxed) = sealed.split_at_checked(24).ok_or_else(|| malformed("it is cut short"))?;
    // libsodium's "sensitive" parameters, as bittensor-wallet uses them: half a GiB and some seconds, once at start.
    let params = Params::new(512 * 1024, 8, 1, Some(32)).expect("constants within Argon2's ranges");
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2i, Version::V0x13, params)
        .hash_password_into(&password, &NACL_SALT, &mut key[..])
        .map_err(|_| malformed("there is not enough memory to open it (512 MiB are needed)"))?;
    let cipher = XSalsa20Poly1305::new_from_slice(&key[..]).expect("a key of 32 bytes");
    let nonce: [u8; 24] = nonce.try_into().expect("split at 24");
    cipher.decrypt(&nonce.into(), boxed).map(Zeroizing::new).map_err(|_| wrong())
}

/// `BT_PW_` and the path with `/` and `.` as `_`, in capitals.
fn password_variable(path: &Path) -> String {
    format!("BT_PW_{}", path.to_string_lossy().replace(['/', '.'], "_")).to_uppercase()
}

/// The SDK stores base64(password XOR name of the variable): not secrecy, but not in clear either.
fn unscramble(stored: &str, variable: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(stored.trim()).ok()?;
    Some(Zeroizing::new(bytes.iter().zip(variable.bytes().cycle()).map(|(byte, mask)| byte ^ mask).collect()))
}

fn text<'a>(file: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    file.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINER: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";
    const PASSWORD: &str = "Tr0ub4dor&3-h1-Test!";

    /// A test wallet, copied to where its mode can be 0600: git keeps no such modes.
    fn wallet(name: &str) -> (tempfile::TempDir, PathBuf) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wallets").join(name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("hotkey");
        std::fs::copy(&source, &path).expect("the wallet is in the repository");
        chmod(&path, 0o600);
        (folder, path)
    }

    fn chmod(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("own file");
    }

    fn no_env(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn plain_files_of_old_and_new_wallets_give_the_same_key() {
        for name in ["miner/hotkeys/default", "miner/hotkeys/default_4_0_1"] {
            let (_folder, path) = wallet(name);
            assert_eq!(load_hotkey(&path, no_env).expect(name).address(), MINER, "{name}");
        }
    }

    #[test]
    fn a_private_key_alone_and_a_seed_alone_are_enough_to_sign() {
        let (_folder, path) = wallet("miner/hotkeys/alice");
        let alice = load_hotkey(&path, no_env).expect("private key only");
        assert_eq!(alice.address(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        let (_folder, path) = wallet("miner/hotkeys/seed");
        load_hotkey(&path, no_env).expect("seed only");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let (_folder, path) = wallet("miner/hotkeys/default");
        chmod(&path, 0o644);
        let error = load_hotkey(&path, no_env).expect_err("readable by others").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_file_names_the_flags_to_check() {
        let error = load_hotkey(Path::new("/nonexistent/hotkey"), no_env).expect_err("missing").to_string();
        assert!(error.contains("--wallet.name"), "{error}");
    }

    #[test]
    fn an_encrypted_file_opens_with_the_password_as_the_sdk_stores_it() {
        let (_folder, path) = wallet("miner/hotkeys/encrypted");
        let variable = password_variable(&path);
        let scrambled: Vec<u8> = PASSWORD.bytes().zip(variable.bytes().cycle()).map(|(a, b)| a ^ b).collect();
        let stored = base64::engine::general_purpose::STANDARD.encode(scrambled);
        let env = |name: &str| (name == variable).then(|| stored.clone());
        assert_eq!(load_hotkey(&path, env).expect("the right password").address(), MINER);
    }

    #[test]
    fn an_encrypted_file_without_its_password_names_the_variable() {
        let (_folder, path) = wallet("miner/hotkeys/encrypted");
        let error = load_hotkey(&path, no_env).expect_err("no password").to_string();
        assert!(error.contains(&password_variable(&path)), "{error}");
    }

    #[test]
    fn a_key_of_another_kind_or_address_is_refused() {
        for (json, word) in [
            (r#"{"cryptoType":0,"secretSeed":"0x00"}"#, "cryptoType"),
            (r#"{"secretSeed":"0x01","ss58Address":"5x"}"#, "32 bytes"),
            (r#"{"ss58Address":"5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe"}"#, "no secret"),
            ("[]", "JSON object"),
        ] {
            let what = parse(json.as_bytes()).expect_err(json);
            assert!(what.contains(word), "{what}");
        }
        let mut seed = format!(r#"{{"secretSeed":"0x{}","ss58Address":"{MINER}"}}"#, "11".repeat(32));
        assert!(parse(seed.as_bytes()).expect_err("another address").contains("ss58Address"));
        seed = seed.replace(MINER, "");
        assert!(parse(seed.as_bytes()).is_ok(), "an empty address is as good as none");
    }
}
