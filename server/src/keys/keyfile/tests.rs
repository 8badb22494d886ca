//! Wallets of the SDK, and what only looks like one.

use std::cell::RefCell;
use std::os::unix::fs::symlink;

use super::*;

const MINER: &str = "5EHgWw2Af1pnoc7f1A8bfmM97W3DAYW8xr82RfhLL9oAabAe";
const PASSWORD: &str = "Tr0ub4dor&3-h1-Test!";

/// A test wallet's hotkey, copied to where its mode can be 0600: git keeps no such modes.
fn wallet(name: &str) -> (tempfile::TempDir, PathBuf) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    hotkey(&std::fs::read(source).expect("the wallet is in the repository"))
}

/// A hotkey file with this content in a folder of its own.
fn hotkey(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = hotkey_path(folder.path(), "w", "default");
    std::fs::create_dir_all(path.parent().expect("in hotkeys")).expect("own folder");
    std::fs::write(&path, content).expect("own file");
    chmod(&path, 0o600);
    (folder, path)
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("own file");
}

fn no_env(_: &str) -> Option<String> {
    None
}

fn nobody(_: &str) -> Option<Zeroizing<String>> {
    None
}

fn refusal(path: &Path) -> String {
    load_hotkey(path, None, no_env, nobody).expect_err("refused").to_string()
}

#[test]
fn plain_files_of_old_and_new_wallets_give_the_same_key() {
    for name in ["wallets/miner/hotkeys/default", "wallets/bw_4_0_1/miner/hotkeys/default"] {
        let (_folder, path) = wallet(name);
        assert_eq!(load_hotkey(&path, None, no_env, nobody).expect(name).address(), MINER, "{name}");
    }
}

#[test]
fn an_encrypted_file_opens_with_the_password_as_the_sdk_stores_it() {
    let (_folder, path) = wallet("wallets/miner/hotkeys/encrypted");
    let variable = password_variable(&path);
    let scrambled: Vec<u8> = PASSWORD.bytes().zip(variable.bytes().cycle()).map(|(a, b)| a ^ b).collect();
    let stored = base64::engine::general_purpose::STANDARD.encode(scrambled);
    let env = |name: &str| (name == variable).then(|| stored.clone());
    assert_eq!(load_hotkey(&path, None, env, nobody).expect("the right password").address(), MINER);
}

#[test]
fn an_encrypted_file_opens_with_the_password_of_the_configuration_and_with_no_other() {
    let (_folder, path) = wallet("wallets/miner/hotkeys/encrypted");
    let load = |given| load_hotkey(&path, Some(given), no_env, nobody);
    assert_eq!(load(PASSWORD).expect("the right password").address(), MINER);
    let error = load("hunter2").expect_err("another").to_string();
    assert!(error.contains("wallet.password_file") && !error.contains("hunter2"), "{error}");
}

#[test]
fn an_encrypted_file_of_an_old_wallet_opens_with_the_password_that_is_typed() {
    let (_folder, path) = wallet("wallets/bw_4_0_1/miner/hotkeys/encrypted");
    let typed = |_: &str| Some(Zeroizing::new(PASSWORD.to_owned()));
    assert_eq!(load_hotkey(&path, None, no_env, typed).expect("the right password").address(), MINER);
}

#[test]
fn the_variables_name_and_its_scrambling_are_the_sdks() {
    let path = Path::new("/tmp/h1/vectors/wallets/miner/hotkeys/encrypted");
    let variable = password_variable(path);
    assert_eq!(variable, "BT_PW__TMP_H1_VECTORS_WALLETS_MINER_HOTKEYS_ENCRYPTED");
    let stored = "FiZvJTVrOzs/dmxlWW57ESYnO3M="; // as bittensor-wallet 4.1.1 wrote it
    assert_eq!(unscramble(stored, &variable).expect("base64").as_slice(), PASSWORD.as_bytes());
    assert!(unscramble("not base64!", "BT_PW").is_none());
}

/// What comes of typing these lines when only "right" opens, and what was asked.
fn typing(lines: &[&str]) -> (Result<(), KeyfileError>, Vec<String>) {
    let asked = RefCell::new(Vec::new());
    let ask = |prompt: &str| {
        asked.borrow_mut().push(prompt.to_owned());
        lines.get(asked.borrow().len() - 1).map(|line| Zeroizing::new((*line).to_owned()))
    };
    let open = |password: &[u8]| Ok((password == b"right").then_some(()));
    let opened = unlock(Path::new("/w/hotkeys/default"), no_env, ask, open);
    (opened, asked.into_inner())
}

#[test]
fn a_password_is_asked_for_up_to_three_times() {
    let (opened, asked) = typing(&["right", "never read"]);
    assert!(opened.is_ok());
    assert_eq!(asked, ["Password of the hotkey file /w/hotkeys/default: "]);

    let (opened, asked) = typing(&["wrong", "right"]);
    assert!(opened.is_ok());
    assert_eq!(asked[1], "That does not open it. Password: ");

    let (opened, asked) = typing(&["Wrong-1", "Wrong-2", "Wrong-3", "right"]);
    let error = opened.expect_err("the fourth is too late").to_string();
    assert_eq!(asked.len(), 3);
    assert!(error.contains("/w/hotkeys/default") && !error.contains("Wrong"), "{error}");

    let (opened, _) = typing(&["wrong"]);
    assert!(matches!(opened, Err(KeyfileError::WrongAnswers { .. })), "gave up after one");
}

#[test]
fn a_password_in_the_environment_is_the_only_one_tried() {
    let env = |_: &str| Some("####".to_owned());
    let ask = |_: &str| -> Option<Zeroizing<String>> { panic!("asked although the variable is set") };
    let error = unlock(Path::new("/w"), env, ask, |_| Ok(None::<()>)).expect_err("wrong").to_string();
    assert!(error.contains("BT_PW__W") && !error.contains("##"), "{error}");
}

#[test]
fn an_encrypted_file_without_its_password_names_the_variable_and_the_terminal() {
    let (_folder, path) = wallet("wallets/miner/hotkeys/encrypted");
    let error = refusal(&path);
    assert!(error.contains(&password_variable(&path)) && error.contains("terminal"), "{error}");
}

#[test]
fn older_encryptions_are_named_with_the_command_that_replaces_them() {
    for (content, name) in [("$ANSIBLE_VAULT;1.1;AES256\n3765", "Ansible Vault"), ("gAAAAABkc2Vj", "Fernet")] {
        let (_folder, path) = hotkey(content.as_bytes());
        let error = refusal(&path);
        assert!(error.contains(name) && error.contains("btcli wallet regen-hotkey --use-password"), "{error}");
    }
}

#[test]
fn an_encrypted_file_cut_short_is_refused_before_anybody_is_asked() {
    let (_folder, path) = hotkey(b"$NACL and little more");
    let ask = |_: &str| -> Option<Zeroizing<String>> { panic!("asked for nothing") };
    let error = load_hotkey(&path, None, no_env, ask).expect_err("cut short").to_string();
    assert!(error.contains("cut short"), "{error}");
}

#[test]
fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let (_folder, path) = wallet("wallets/miner/hotkeys/default");
    for mode in [0o644, 0o640, 0o604, 0o601] {
        chmod(&path, mode);
        let error = refusal(&path);
        assert!(error.contains(&format!("run: chmod 600 {}", path.display())), "{mode:o}: {error}");
    }
    chmod(&path, 0o400);
    load_hotkey(&path, None, no_env, nobody).expect("its owner's alone");
}

#[test]
fn a_link_to_a_hotkey_is_as_good_as_the_file_and_as_strict() {
    let (folder, path) = wallet("wallets/miner/hotkeys/default");
    let link = folder.path().join("link");
    symlink(&path, &link).expect("own folder");
    assert_eq!(load_hotkey(&link, None, no_env, nobody).expect("a link").address(), MINER);
    chmod(&path, 0o644);
    assert!(refusal(&link).contains("chmod 600"));
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let (folder, path) = hotkey(b"");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&fifo).status().expect("mkfifo runs");
    assert!(made.success());
    for odd in [path.parent().expect("hotkeys"), &fifo, Path::new("/dev/null")] {
        let error = refusal(odd);
        assert!(error.contains("not a regular file"), "{error}");
    }
}

#[test]
fn a_coldkey_is_never_read_whatever_leads_to_it() {
    let (folder, path) = wallet("wallets/miner/hotkeys/default");
    let coldkey = folder.path().join("w/coldkey");
    std::fs::rename(&path, &coldkey).expect("own file");
    symlink(&coldkey, &path).expect("own folder");
    for way in [&coldkey, &path, &hotkey_path(folder.path(), "w", "../coldkey")] {
        let error = refusal(way);
        assert!(error.contains("it is a coldkey"), "{error}");
    }
    let named = hotkey_path(folder.path(), "w", "coldkey");
    std::fs::rename(&coldkey, &named).expect("own file");
    load_hotkey(&named, None, no_env, nobody).expect("a hotkey that is called so");
}

#[test]
fn a_file_far_too_large_is_refused() {
    let (_folder, path) = hotkey(&[b' '; MAX_SIZE_BYTES + 1]);
    assert!(refusal(&path).contains("too large"));
}

#[test]
fn a_missing_file_names_the_flags_to_check() {
    assert!(refusal(Path::new("/nonexistent/hotkey")).contains("--wallet.name"));
}
