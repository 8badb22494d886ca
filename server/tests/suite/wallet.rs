//! The binary with wallets: how an encrypted one is opened, and that nothing secret ever leaves the process or stays in
//! its memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use lode::axon::EMPTY_BODY_HASH;
use lode::clock::Clock;
use lode::devnet::Dendrite;
use serde_json::{Value, json};

use crate::running::lode;
use crate::support::{Reply, exchange, file, json_file, validator, wallets};
use crate::terminal::Terminal;

/// What the test wallets' files are encrypted with.
const PASSWORD: &str = "Tr0ub4dor&3-h1-Test!";
const WRONG_PASSWORD: &str = "Unrelated%7-q9-Guess?";

/// The variable in which the SDK keeps the password of a hotkey's file, and what it stores there.
fn stored_password(path: &Path, password: &str) -> (String, String) {
    let variable = format!("BT_PW_{}", path.to_str().unwrap().replace(['/', '.'], "_")).to_uppercase();
    let scrambled: Vec<u8> = password.bytes().zip(variable.bytes().cycle()).map(|(a, b)| a ^ b).collect();
    (variable, base64::engine::general_purpose::STANDARD.encode(scrambled))
}

fn hotkey(wallets: &tempfile::TempDir, name: &str) -> PathBuf {
    lode::keys::hotkey_path(wallets.path(), "miner", name)
}

/// The miner's hotkey: its address, and all that nobody may learn, in every way of writing it that is easily made.
struct Secrets {
    address: String,
    file: Vec<u8>,
    needles: Vec<(&'static str, Vec<u8>)>,
}

impl Secrets {
    /// Beside the hotkey's own secrets: these passwords as they are in the environment.
    fn with(stored: &[&str]) -> Self {
        let path = "vectors/wallets/miner/hotkeys/default";
        let wallet: Value = json_file(path);
        let text = |key: &str| wallet[key].as_str().unwrap().trim_start_matches("0x").to_owned();
        let (phrase, seed, private) = (text("secretPhrase"), text("secretSeed"), text("privateKey"));
        let mut needles = vec![
            ("the password", PASSWORD.into()),
            ("a wrong password", WRONG_PASSWORD.into()),
            ("the seed", seed.clone().into()),
            ("half of the private key", private[..64].into()),
            ("the other half of the private key", private[64..].into()),
        ];
        needles.extend(stored.iter().map(|stored| ("the scrambled password", (*stored).into())));
        let words: Vec<&str> = phrase.split(' ').collect();
        needles.extend(words.windows(3).map(|run| ("three words of the mnemonic", run.join(" ").into())));
        for hex in [&seed, &private] {
            let bytes = hex::decode(hex).unwrap();
            needles.push(("base64 of a key", STANDARD_NO_PAD.encode(&bytes).into()));
            needles.push(("base64 of a key, for URLs", URL_SAFE_NO_PAD.encode(&bytes).into()));
            needles.push(("base64 of a key's hexadecimal", STANDARD_NO_PAD.encode(hex).into()));
            needles.push(("bytes of a key, as Rust prints them", format!("{:?}", &bytes[..6])[1..20].into()));
            needles.push(("bytes of a key, as JSON", json!(&bytes[..6]).to_string()[1..15].into()));
            needles.push(("a key's bytes", bytes));
        }
        Self { address: text("ss58Address"), file: std::fs::read(file(path)).unwrap(), needles }
    }

    /// What of it is in there, in capitals or not.
    fn found_in(&self, haystack: &[u8]) -> Vec<&'static str> {
        let haystack = haystack.to_ascii_lowercase();
        let mut by_first = vec![Vec::new(); 256];
        for (name, needle) in &self.needles {
            let needle = needle.to_ascii_lowercase();
            by_first[usize::from(needle[0])].push((*name, needle));
        }
        let mut found = Vec::new();
        for (at, first) in haystack.iter().enumerate() {
            let begun = by_first[usize::from(*first)].iter();
            found.extend(begun.filter(|(_, needle)| haystack[at..].starts_with(needle)).map(|(name, _)| *name));
        }
        found
    }

    /// Fails with what was found, and where.
    fn assert_none_in(&self, place: &str, haystack: &[u8]) {
        assert_eq!(self.found_in(haystack), Vec::<&str>::new(), "in {place}");
    }
}

/// A process whose whole output is kept. Killed when dropped.
struct Observed {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    lines: Receiver<String>,
    /// Standard error so far.
    said: String,
}

impl Observed {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let stdout = std::thread::spawn(move || {
            let mut all = Vec::new();
            stdout.read_to_end(&mut all).unwrap();
            all
        });
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.split(b'\n') {
                sender.send(String::from_utf8_lossy(&line.unwrap()).into_owned()).ok();
            }
        });
        Self { child, stdout, lines, said: String::new() }
    }

    /// Waits for a line with this text: what follows it.
    fn after(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv().unwrap_or_else(|_| panic!("it never said `{text}`: {}", self.said));
            self.said += &line;
            self.said.push('\n');
            if let Some((_, rest)) = line.split_once(text) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Asks it to stop: its exit code and all that it has said on either stream.
    fn stop(self) -> (Option<i32>, Vec<u8>) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        self.end()
    }

    fn end(mut self) -> (Option<i32>, Vec<u8>) {
        let code = self.child.wait().unwrap().code();
        let mut all = std::mem::take(&mut self.said).into_bytes();
        self.lines.iter().for_each(|line| all.extend(format!("{line}\n").bytes()));
        let stdout = std::mem::replace(&mut self.stdout, std::thread::spawn(Vec::new));
        all.extend(stdout.join().unwrap());
        (code, all)
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// `lode` with a hotkey of the test wallets, on free ports, data in `folder/data`, telling all that it can tell.
fn miner(folder: &Path, wallets: &tempfile::TempDir, hotkey: &str) -> Command {
    let (config, data) = (file("interop/lode.toml"), folder.join("data"));
    let paths = [("--config", config.as_path()), ("--wallet.path", wallets.path()), ("--data-dir", data.as_path())];
    let mut command = lode(
        folder,
        &["--wallet.hotkey", hotkey, "--axon.ip", "127.0.0.1", "--axon.port", "0", "--api.bind", "127.0.0.1:0"],
    );
    paths.iter().for_each(|(flag, path)| {
        command.arg(flag).arg(path);
    });
    command.env("RUST_LOG", "trace");
    command
}

/// One good request and one that is refused.
async fn ask_axon(axon: SocketAddr, hotkey: &str) -> [Reply; 2] {
    let fields = json!({"text": "hello", "reply": null});
    let mut request = Dendrite::new(validator(), "test".into()).sign(
        hotkey,
        "EchoSynapse",
        fields.as_object().unwrap(),
        EMPTY_BODY_HASH,
        12.0,
        Clock::system().now_ns(),
    );
    let answered = exchange(axon, &request.to_http()).await;
    request.headers.retain(|(name, _)| *name != "bt_header_dendrite_signature");
    [answered, exchange(axon, &request.to_http()).await]
}

async fn get(api: SocketAddr, path: &str) -> Reply {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {api}\r\nconnection: close\r\n\r\n");
    exchange(api, request.as_bytes()).await
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_in(&path)) } else { files.push(path) }
    }
    files
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What a process has written to its memory, by region, freed memory too. Without the main thread's stack: there the
/// environment lies, and copies that moving a value leaves, which safe code cannot wipe.
fn memory_of(process: &Child) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(format!("/proc/{}", process.id()));
    let memory = File::open(folder.join("mem")).unwrap();
    let regions = std::fs::read_to_string(folder.join("maps")).unwrap();
    let read = |region: &str| {
        let (from, to) = region.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A region may have gone since it was listed.
        memory.read_exact_at(&mut bytes, from).ok()?;
        Some((format!("the memory at {region}"), bytes))
    };
    let written = regions.lines().filter(|region| region.contains(" rw") && !region.ends_with("[stack]"));
    written.filter_map(read).collect()
}

/// Runs with a wallet, uses everything once, and looks for its secrets in all that comes out.
async fn runs_without_telling(hotkey_name: &str, password: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let wallets = wallets();
    // Whoever opened these would wait for ever.
    for coldkey in ["coldkey", "coldkeypub.txt"] {
        let fifo = wallets.path().join("miner").join(coldkey);
        assert!(Command::new("mkfifo").args(["-m", "600"]).arg(fifo).status().unwrap().success());
    }
    let mut command = miner(folder.path(), &wallets, hotkey_name);
    let (variable, stored) = stored_password(&hotkey(&wallets, hotkey_name), password.unwrap_or(PASSWORD));
    if password.is_some() {
        command.env(variable, &stored);
    }
    let secrets = Secrets::with(&[&stored]);

    let mut lode = Observed::start(command);
    let axon = lode.after(&format!("axon {} answers on ", secrets.address)).parse().unwrap();
    let api = lode.after("API on http://").parse().unwrap();
    let [answered, refused] = ask_axon(axon, &secrets.address).await;
    assert_eq!((answered.status, refused.status), (200, 401), "{} {}", answered.text(), refused.text());
    for reply in [&answered, &refused] {
        secrets.assert_none_in("an answer of the axon", &[reply.head.as_bytes(), &reply.body].concat());
    }
    for path in ["/api/dashboard", "/metrics", "/api/v1/history?range=15m"] {
        let reply = get(api, path).await;
        assert_eq!(reply.status, 200, "{path}");
        secrets.assert_none_in(path, &[reply.head.as_bytes(), &reply.body].concat());
    }
    assert!(get(api, "/api/dashboard").await.text().contains(&secrets.address), "what is public is there");

    let memory = memory_of(&lode.child);
    assert!(memory.iter().any(|(_, bytes)| holds(bytes, &secrets.address)), "the memory is what was searched");
    for (region, bytes) in &memory {
        secrets.assert_none_in(region, bytes);
    }

    let (code, said) = lode.stop();
    let text = String::from_utf8_lossy(&said);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&secrets.address), "the log is what was searched: {text}");
    secrets.assert_none_in("the output", &said);
    let files = files_in(&folder.path().join("data"));
    assert!(files.len() >= 2, "the token and the data file at least: {files:?}");
    for path in files {
        secrets.assert_none_in(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
}

#[test]
fn the_search_for_secrets_finds_each_of_them() {
    let secrets = Secrets::with(&["FiZvJTVrOzs/dmxlWW57ESYnO3M="]);
    for (name, needle) in &secrets.needles {
        for planted in [needle.clone(), needle.to_ascii_uppercase(), needle.to_ascii_lowercase()] {
            let haystack = [b"a line before\n{\"x\":\"0x", planted.as_slice(), b"\"}"].concat();
            assert!(secrets.found_in(&haystack).contains(name), "{name}");
        }
    }
    let in_the_file = secrets.found_in(&secrets.file);
    for name in ["the seed", "half of the private key", "three words of the mnemonic"] {
        assert!(in_the_file.contains(&name), "{name}");
    }
    secrets.assert_none_in("what is public", secrets.address.as_bytes());
}

#[tokio::test]
async fn nothing_of_a_plain_wallet_leaves_the_process() {
    runs_without_telling("default", None).await;
}

#[tokio::test]
async fn nothing_of_an_encrypted_wallet_or_its_password_leaves_the_process() {
    runs_without_telling("encrypted", Some(PASSWORD)).await;
}

/// Fails to start: all that it says.
fn refusal(secrets: &Secrets, folder: &Path, mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    secrets.assert_none_in("the output", &said);
    for path in files_in(folder) {
        secrets.assert_none_in(&path.display().to_string(), &std::fs::read(&path).unwrap());
    }
    text
}

#[test]
fn a_wrong_password_is_refused_without_a_piece_of_it() {
    let (folder, wallets) = (tempfile::tempdir().unwrap(), wallets());
    let (variable, stored) = stored_password(&hotkey(&wallets, "encrypted"), WRONG_PASSWORD);
    let secrets = Secrets::with(&[&stored]);
    let mut command = miner(folder.path(), &wallets, "encrypted");
    command.env(&variable, &stored);
    let said = refusal(&secrets, folder.path(), command);
    assert!(said.contains(&format!("the password in {variable} does not open")), "{said}");
    let mut command = miner(folder.path(), &wallets, "encrypted");
    std::fs::write(wallets.path().join("password"), WRONG_PASSWORD).unwrap();
    command.env("LODE__WALLET__PASSWORD_FILE", wallets.path().join("password"));
    let said = refusal(&secrets, folder.path(), command);
    assert!(said.contains("wallet.password_file does not open"), "{said}");
}

#[test]
fn without_a_terminal_an_encrypted_wallet_is_refused_with_the_variables_name() {
    let (folder, wallets) = (tempfile::tempdir().unwrap(), wallets());
    let (variable, stored) = stored_password(&hotkey(&wallets, "encrypted"), PASSWORD);
    let said = refusal(&Secrets::with(&[&stored]), folder.path(), miner(folder.path(), &wallets, "encrypted"));
    for words in [&format!("set {variable} to it"), "wallet.password_file", "in a terminal"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn a_spoiled_wallet_is_refused_without_a_piece_of_it() {
    let (folder, wallets) = (tempfile::tempdir().unwrap(), wallets());
    let secrets = Secrets::with(&[]);
    let good = String::from_utf8(secrets.file.clone()).unwrap();
    let wallet: Value = serde_json::from_str(&good).unwrap();
    let text = |key: &str| wallet[key].as_str().unwrap();
    let (phrase, seed, private) = (text("secretPhrase"), text("secretSeed"), text("privateKey"));
    for (spoiled, word) in [
        (good[..good.len() - 9].to_owned(), "JSON"),
        (good.replace("\"cryptoType\":1", "\"cryptoType\":0"), "cryptoType"),
        (good.replace("5EHgWw2A", "5EHgWw2B"), "ss58Address"),
        (good.replace("yellow", "yellowish"), "BIP39"),
        (json!({ "secretSeed": format!("{seed}00") }).to_string(), "32 bytes"),
        (json!({ "secretSeed": phrase }).to_string(), "32 bytes"),
        (json!({ "secretSeed": [seed] }).to_string(), "not a text"),
        (json!({ "privateKey": format!("{private}{seed}") }).to_string(), "64 bytes"),
        (json!(phrase).to_string(), "JSON"),
        (json!([phrase, seed]).to_string(), "JSON"),
        (format!("{phrase}\n{seed}\n{private}"), "JSON"),
        (format!("$ANSIBLE_VAULT;{good}"), "Ansible"),
        (format!("gAAAAA{good}"), "Fernet"),
        (format!("$NACL{}", &phrase[..20]), "cut short"),
    ] {
        std::fs::write(hotkey(&wallets, "default"), &spoiled).unwrap();
        let said = refusal(&secrets, folder.path(), miner(folder.path(), &wallets, "default"));
        let sentence = said.lines().last().unwrap();
        assert!(sentence.starts_with("lode: the hotkey file ") && sentence.contains(word), "{spoiled}: {said}");
    }
    let said = refusal(&secrets, folder.path(), miner(folder.path(), &wallets, "fromseed"));
    assert!(said.contains("btwallet") && !said.contains("BBBB"), "{said}");
}

#[test]
fn on_a_terminal_the_password_is_asked_for_and_never_shown() {
    let (folder, wallets) = (tempfile::tempdir().unwrap(), wallets());
    let secrets = Secrets::with(&[]);
    let mut terminal = Terminal::start(&miner(folder.path(), &wallets, "encrypted"));
    let path = hotkey(&wallets, "encrypted");
    terminal.wait_for(&format!("Password of the hotkey file {}: ", path.display()));
    terminal.type_unseen(WRONG_PASSWORD);
    terminal.wait_for("That does not open it. Password: ");
    terminal.type_unseen(PASSWORD);
    terminal.wait_for(&format!("axon {} answers on ", secrets.address));
    terminal.wait_for("Dashboard");
    let shown = terminal.stop();
    secrets.assert_none_in("what the terminal showed", shown.as_bytes());
}
