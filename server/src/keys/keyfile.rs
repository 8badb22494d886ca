//! Loading the hotkey file of bittensor-wallet, plain or encrypted, old (≤ 4.0) or new (≥ 4.1).

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use zeroize::Zeroizing;

use super::Signer;
use super::nacl::Sealed;
use super::plain::parse_keyfile;

/// A key file is some 500 bytes; anything far larger is not one.
const MAX_SIZE_BYTES: usize = 64 * 1024;
/// How often a password is asked for.
const TRIES: usize = 3;
/// What older wallets encrypted with: how such a file begins, and what to do with it.
const OLD_ENCRYPTIONS: [(&[u8], &str); 2] = [
    (
        b"$ANSIBLE_VAULT",
        "it is encrypted in an old way (Ansible Vault) that Lode does not read; write it anew from its mnemonic: btcli \
         wallet regen-hotkey --use-password",
    ),
    (
        b"gAAAAA",
        "it is encrypted in the oldest way (Fernet), which wallets of today cannot open; write it anew from its \
         mnemonic: btcli wallet regen-hotkey --use-password",
    ),
];

/// Why a hotkey could not be loaded, and what to do. No text holds anything of the file's content or of a password.
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
    /// Encrypted, no password is known, and nobody answers.
    #[error(
        "the hotkey file {path} is encrypted; name a file with its password in wallet.password_file, set {variable} to it \
         as btcli stores it, or start Lode in a terminal, where it asks"
    )]
    NeedsPassword {
        /// The file.
        path: PathBuf,
        /// The variable that the SDK reads.
        variable: String,
    },
    /// Encrypted with another password than the variable's.
    #[error("the password in {variable} does not open the hotkey file {path}")]
    WrongPassword {
        /// The file.
        path: PathBuf,
        /// The variable that was read.
        variable: String,
    },
    /// The password of the configuration does not open it.
    #[error(
        "the password in wallet.password_file does not open the hotkey file {path}; correct it, or leave it out to be asked"
    )]
    WrongPasswordFile {
        /// The hotkey file.
        path: PathBuf,
    },
    /// Encrypted with another password than those that were typed.
    #[error("no password that was typed opens the hotkey file {path}")]
    WrongAnswers {
        /// The file.
        path: PathBuf,
    },
}

/// Where the SDK keeps a wallet's hotkey.
pub fn hotkey_path(wallets: &Path, name: &str, hotkey: &str) -> PathBuf {
    wallets.join(name).join("hotkeys").join(hotkey)
}

/// Loads a hotkey.
///
/// The password of an encrypted file is the one `given`, or else what `env` knows as `BT_PW_…`. Where it knows none, `ask` is
/// called with a prompt, up to three times; it gives none when nobody answers. Opening takes seconds and half a GiB.
pub fn load_hotkey(
    path: &Path,
    given: Option<&str>,
    env: impl Fn(&str) -> Option<String>,
    ask: impl FnMut(&str) -> Option<Zeroizing<String>>,
) -> Result<Signer, KeyfileError> {
    let malformed = |what| KeyfileError::Malformed { path: path.into(), what };
    let content = read(path)?;
    if let Some((_, what)) = OLD_ENCRYPTIONS.iter().find(|(mark, _)| content.starts_with(mark)) {
        return Err(malformed(what));
    }
    let plain = match Sealed::of(&content) {
        Some(sealed) => {
            let sealed = sealed.map_err(malformed)?;
            let open = |password: &[u8]| sealed.open(password).map_err(malformed);
            match given {
                Some(password) => {
                    open(password.as_bytes())?.ok_or_else(|| KeyfileError::WrongPasswordFile { path: path.into() })?
                }
                None => unlock(path, env, ask, open)?,
            }
        }
        None => content,
    };
    parse_keyfile(&plain).map_err(malformed)
}

/// The content of a regular file that is its owner's alone.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyfileError> {
    let unreadable = |error| KeyfileError::Unreadable { path: path.into(), error };
    let malformed = |what| Err(KeyfileError::Malformed { path: path.into(), what });
    // Before it is opened: opening a FIFO waits for whoever writes into it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return malformed("it is not a regular file");
    }
    if is_coldkey(path) {
        return malformed("it is a coldkey, which Lode never reads; give the name of a hotkey with --wallet.hotkey");
    }
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyfileError::Exposed { path: path.into(), mode });
    }
    // Room for all of it from the start: a buffer that grows leaves copies behind.
    let mut content = Zeroizing::new(Vec::with_capacity(2 * MAX_SIZE_BYTES));
    file.take(MAX_SIZE_BYTES as u64 + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() > MAX_SIZE_BYTES {
        return malformed("it is too large for a key file");
    }
    Ok(content)
}

/// Whether the path leads, over `..` or links, to a wallet's coldkey.
fn is_coldkey(path: &Path) -> bool {
    std::fs::canonicalize(path).is_ok_and(|real| real.ends_with("coldkey") && !real.ends_with("hotkeys/coldkey"))
}

/// Finds the password with which `open` gives something.
fn unlock<T>(
    path: &Path,
    env: impl Fn(&str) -> Option<String>,
    mut ask: impl FnMut(&str) -> Option<Zeroizing<String>>,
    open: impl Fn(&[u8]) -> Result<Option<T>, KeyfileError>,
) -> Result<T, KeyfileError> {
    let path_buf = || path.to_owned();
    let variable = password_variable(path);
    if let Some(stored) = env(&variable).map(Zeroizing::new) {
        let opened = unscramble(&stored, &variable).map(|password| open(&password)).transpose()?.flatten();
        return opened.ok_or_else(|| KeyfileError::WrongPassword { path: path_buf(), variable });
    }
    let mut prompt = format!("Password of the hotkey file {}: ", path.display());
    for attempt in 0..TRIES {
        let Some(password) = ask(&prompt) else {
            return Err(match attempt {
                0 => KeyfileError::NeedsPassword { path: path_buf(), variable },
                _ => KeyfileError::WrongAnswers { path: path_buf() },
            });
        };
        if let Some(opened) = open(password.as_bytes())? {
            return Ok(opened);
        }
        prompt = "That does not open it. Password: ".into();
    }
    Err(KeyfileError::WrongAnswers { path: path_buf() })
}

/// `BT_PW_` and the path with `/` and `.` as `_`, in capitals.
fn password_variable(path: &Path) -> String {
    format!("BT_PW_{}", path.to_string_lossy().replace(['/', '.'], "_")).to_uppercase()
}

/// The SDK stores base64(password XOR name of the variable): not secrecy, but not in clear either.
fn unscramble(stored: &str, variable: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(base64::engine::general_purpose::STANDARD.decode(stored.trim()).ok()?);
    bytes.iter_mut().zip(variable.bytes().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some(bytes)
}

#[cfg(test)]
mod tests;
