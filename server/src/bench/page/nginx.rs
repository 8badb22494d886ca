//! nginx with one file, as fast as its configuration makes it: what the figures are measured against.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::super::load::Client;
use super::super::subject::{free_address, process_cpu_s};

const PROGRAM: &str = "/usr/sbin/nginx";
const START_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct Nginx {
    child: Child,
    pub(super) address: SocketAddr,
    folder: PathBuf,
    file: PathBuf,
}

impl Nginx {
    /// Serves `body` at `path` with so many workers; none where nginx is not installed.
    pub(super) async fn start(path: &str, body: &[u8], workers: usize) -> Result<Option<Self>> {
        if !Path::new(PROGRAM).exists() {
            return Ok(None);
        }
        let folder = std::env::temp_dir().join(format!("lode-bench-{}-nginx", std::process::id()));
        let file = folder.join("www").join(path.trim_start_matches('/'));
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        std::fs::write(&file, body)?;
        let address = free_address()?;
        std::fs::write(folder.join("nginx.conf"), configuration(address, workers))?;
        let mut command = Command::new(PROGRAM);
        command.arg("-p").arg(&folder).args(["-e", "stderr", "-c", "nginx.conf"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut nginx = Self { child, address, folder, file };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
        let started = Instant::now();
        loop {
            if let Ok(mut client) = Client::connect(address).await {
                match client.exchange(request.as_bytes()).await? {
                    200 if client.body() == body => return Ok(Some(nginx)),
                    status => bail!("nginx serves something else, with status {status}"),
                }
            }
            if let Some(status) = nginx.child.try_wait()? {
                bail!("nginx ended at its start: {status}");
            }
            if started.elapsed() > START_LIMIT {
                bail!("nginx did not answer within ten seconds");
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// From now on it serves these bytes.
    pub(super) fn serve(&self, body: &[u8]) -> Result<()> {
        let aside = self.file.with_extension("new");
        std::fs::write(&aside, body)?;
        Ok(std::fs::rename(aside, &self.file)?)
    }

    /// CPU seconds so far of all its processes.
    pub(super) fn cpu_s(&self) -> Result<f64> {
        let master = self.child.id().context("nginx has ended")?;
        let workers = std::fs::read_to_string(format!("/proc/{master}/task/{master}/children"))?;
        let workers = workers.split_whitespace().map(|pid| process_cpu_s(pid.parse()?));
        std::iter::once(process_cpu_s(master)).chain(workers).sum()
    }

    /// Ends it, workers included.
    pub(super) async fn stop(mut self) -> Result<()> {
        self.terminate();
        timeout(START_LIMIT, self.child.wait()).await.context("nginx did not end")??;
        Ok(())
    }

    /// Its workers would outlive a master that is killed.
    fn terminate(&self) {
        if let Some(master) = self.child.id() {
            let _ = std::process::Command::new("kill").args(["-TERM", &master.to_string()]).status();
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.terminate();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn configuration(address: SocketAddr, workers: usize) -> String {
    format!(
        "daemon off;
worker_processes {workers};
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  default_type application/json;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{ listen {address}; root www; }}
}}
"
    )
}
