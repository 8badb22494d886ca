//! A server under measurement: a process of its own, ended when it is dropped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::load::Client;
use super::requests::request;
use crate::clock::Clock;
use crate::devnet::{Dendrite, devnet_signer};

/// Linux counts CPU time in hundredths of a second, whatever its own tick is.
const TICKS_PER_S: f64 = 100.0;
const START_LIMIT: Duration = Duration::from_secs(60);

/// Lode as it is, with one synapse that the SDK's reference axon also has. Nothing moves but what is measured, and one
/// address may ask as often as it can.
const LODE_TOML: &str = r#"
presets = []
[devnet]
rate = 0.0
[axon]
address_rate = 0.0
hotkey_rate = 0.0
[[synapse]]
name = "EchoSynapse"
prompt = "text"
answer = ["completion"]
solver = "echo"
[solver.echo]
kind = "rules"
rules = "builtin:echo"
"#;

/// Whom the SDK's axon answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Anyone,
    /// Nobody who asks here.
    Nobody,
}

pub(super) struct Subject {
    child: Child,
    pub(super) axon: SocketAddr,
    pub(super) api: SocketAddr,
    pub(super) hotkey: String,
    pub(super) start_ms: f64,
    folder: Option<PathBuf>,
}

impl Subject {
    /// This very binary, in release mode if it is one, checking so many signatures together.
    pub(super) async fn start_lode(verify_batch: usize) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("lode-bench-{}-{verify_batch}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("bench.toml"), LODE_TOML)?;
        let (axon, api) = (free_address()?, free_address()?);
        let hotkey = devnet_signer("our miner").address().to_owned();
        let clock = Clock::system();
        let dendrite = Dendrite::new(devnet_signer("validator 0"), "start".into());
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["run", "--axon.port", &axon.port().to_string(), "--api.bind", &api.to_string()])
            .arg("--config")
            .arg(folder.join("bench.toml"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .env("LODE__AXON__VERIFY_BATCH", verify_batch.to_string());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut subject = Self { child, axon, api, hotkey, start_ms: 0.0, folder: Some(folder) };
        loop {
            if let Ok(mut client) = Client::connect(axon).await {
                // Signed anew each time: a request from before the start would be refused.
                let request = request(&dendrite, &subject.hotkey, clock.now_ns());
                if client.exchange(&request.to_http()).await.is_ok_and(|status| status == 200) {
                    break;
                }
                bail!("lode refused the first request: {}", String::from_utf8_lossy(client.body()));
            }
            subject.check(started)?;
            sleep(Duration::from_millis(1)).await;
        }
        subject.start_ms = started.elapsed().as_secs_f64() * 1_000.0;
        Ok(subject)
    }

    /// This very binary with a wallet's hotkey, on a chain or offline; returns when it is ready.
    pub(super) async fn start_with_wallet(wallets: &Path, endpoint: Option<&Url>, netuid: u16) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("lode-bench-{}-wallet", std::process::id()));
        let hotkeys = folder.join("miner/hotkeys");
        std::fs::create_dir_all(&hotkeys)?;
        let hotkey = hotkeys.join("default");
        std::fs::copy(wallets.join("miner/hotkeys/default"), &hotkey)?;
        // git keeps no such modes.
        std::fs::set_permissions(&hotkey, std::fs::Permissions::from_mode(0o600))?;
        let (axon, api) = (free_address()?, free_address()?);
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([
                "run",
                "--headless",
                "--wallet.name",
                "miner",
                "--axon.serve=false",
                "--netuid",
                &netuid.to_string(),
            ])
            .args(["--axon.port", &axon.port().to_string(), "--api.bind", &api.to_string()])
            .args(match endpoint {
                Some(url) => ["--subtensor.chain_endpoint", url.as_str()],
                None => ["--subtensor.network", "offline"],
            })
            .arg("--wallet.path")
            .arg(&folder)
            .arg("--data-dir")
            .arg(folder.join("data"))
            .env("LODE__AXON__CALLERS", "anyone");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let subject = Self { child, axon, api, hotkey: String::new(), start_ms: 0.0, folder: Some(folder) };
        subject.ready(started).await
    }

    /// This very binary on devnet with its demo traffic, as `lode run` starts it; returns when it is ready.
    pub(super) async fn start_devnet() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("lode-bench-{}-devnet", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        // Named, or the working folder's file would be read.
        std::fs::write(folder.join("bench.toml"), "")?;
        let (axon, api) = (free_address()?, free_address()?);
        let started = Instant::now();
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["run", "--subtensor.network", "devnet"])
            .args(["--axon.port", &axon.port().to_string(), "--api.bind", &api.to_string()])
            .arg("--config")
            .arg(folder.join("bench.toml"))
            .arg("--data-dir")
            .arg(folder.join("data"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let subject = Self { child, axon, api, hotkey: String::new(), start_ms: 0.0, folder: Some(folder) };
        subject.ready(started).await
    }

    async fn ready(mut self, started: Instant) -> Result<Self> {
        let request = format!("GET /readyz HTTP/1.1\r\nhost: {}\r\n\r\n", self.api);
        loop {
            if let Ok(mut client) = Client::connect(self.api).await
                && client.exchange(request.as_bytes()).await.is_ok_and(|status| status == 200)
            {
                return Ok(self);
            }
            self.check(started)?;
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The SDK's axon, with the script that it is measured with everywhere.
    pub(super) async fn start_python(python: &Path, scripts: &Path, caller: Caller) -> Result<Self> {
        let axon = free_address()?;
        let started = Instant::now();
        let nobody = devnet_signer("nobody");
        let allow = if caller == Caller::Nobody { vec!["--allow", nobody.address()] } else { Vec::new() };
        let mut child = Command::new(python)
            .arg(scripts.join("reference_axon.py"))
            .args(["--port", &axon.port().to_string(), "--bench", "--wallet-name", "miner", "--wallet-path"])
            .arg(scripts.join("../vectors/wallets"))
            .args(allow)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("piped")?).lines();
        let hotkey = loop {
            let line = timeout(START_LIMIT, lines.next_line()).await.context("the Python axon did not start")??;
            let line = line.context("the Python axon ended; is bittensor==10.5.0 installed there?")?;
            if let Some(hotkey) =
                serde_json::from_str::<Value>(&line).ok().and_then(|said| said["hotkey"].as_str().map(str::to_owned))
            {
                break hotkey;
            }
        };
        let start_ms = started.elapsed().as_secs_f64() * 1_000.0;
        Ok(Self { child, axon, api: axon, hotkey, start_ms, folder: None })
    }

    /// CPU seconds so far, user and system.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        process_cpu_s(self.pid()?)
    }

    /// Resident memory, megabytes.
    pub(super) fn resident_mb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1_024.0)
    }

    fn pid(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }

    fn check(&mut self, started: Instant) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("lode ended at its start: {status}");
        }
        if started.elapsed() > START_LIMIT {
            bail!("lode did not answer within a minute");
        }
        Ok(())
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // The child is killed with its handle; its folder goes now, whatever it still writes.
        let _ = self.child.start_kill();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// CPU seconds of a process so far, user and system, of all its threads and of no child.
pub(super) fn process_cpu_s(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The command's name may hold spaces; it ends at the last bracket.
    let (_, rest) = stat.rsplit_once(')').context("a stat line")?;
    let field = |index: usize| {
        rest.split_whitespace().nth(index).context("a field")?.parse::<f64>().map_err(anyhow::Error::from)
    };
    Ok((field(11)? + field(12)?) / TICKS_PER_S)
}

/// On this machine, with a port that nobody listens on.
pub(super) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
