//! `lode cache export`, `import` and `clear`

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{AdminError, ask};
use crate::api::AdminToken;
use crate::app::make_data_dir;
use crate::progress::Progress;
use crate::store::{ExchangeError, Holder, StoreError, clear_answers, export_answers, holder, import_answers};

/// A miner that is asked to forget answers when it has forgotten them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes the remembered answers of the data file in `folder` to a new file `to`, which only its owner may read.
pub fn export(folder: &Path, to: &Path, now_ms: u64, out: &mut impl Write) -> Result<(), AdminError> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", to.display());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let file = file.map_err(|error| AdminError::Refused(at(&error)))?;
    let mut progress = Progress::new("exporting");
    let mut lines = BufWriter::new(&file);
    let written = export_answers(folder, &mut lines, now_ms, |done, of| progress.at(done, of))
        .and_then(|count| Ok(lines.flush().and_then(|()| file.sync_all()).map(|()| count)?));
    drop(progress);
    let count = written.map_err(|error| {
        // Half a file would be taken for a whole one.
        let _ = fs::remove_file(to);
        match error {
            ExchangeError::Store(error @ StoreError::Absent { .. }) => AdminError::refused(error),
            ExchangeError::Io(error) => AdminError::Failed(at(&error)),
            error => AdminError::failed(error),
        }
    })?;
    writeln!(out, "{}: {count} answers", to.display()).map_err(AdminError::failed)
}

/// Takes the answers of `from` into the data file in `folder`, all or none. Not while a miner runs.
pub fn import(folder: &Path, from: &Path, now_ms: u64, out: &mut impl Write) -> Result<(), AdminError> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", from.display());
    let file = File::open(from).map_err(|error| AdminError::Refused(at(&error)))?;
    make_data_dir(folder).map_err(AdminError::refused)?;
    let mut progress = Progress::new("importing");
    let taken = import_answers(folder, &mut BufReader::new(file), now_ms, |done, of| progress.at(done, of));
    drop(progress);
    let imported = taken.map_err(|error| match error {
        ExchangeError::Lines(faults) => {
            let told: Vec<_> =
                faults.iter().map(|(line, fault)| format!("{}, line {line}: {fault}", from.display())).collect();
            AdminError::Refused(format!("{}\nlode: nothing was imported", told.join("\nlode: ")))
        }
        ExchangeError::Store(StoreError::InUse { holder, .. }) => {
            let process = holder.map_or_else(String::new, |holder| format!(" (process {})", holder.process));
            AdminError::Refused(format!(
                "a miner{process} uses {}: it would not see imported answers. Stop it, import, and start it again",
                folder.display()
            ))
        }
        ExchangeError::Io(error) => AdminError::Refused(at(&error)),
        ExchangeError::Store(error) => AdminError::failed(error),
    })?;
    let mut told = format!("{}: {} answers imported", from.display(), imported.added);
    for (count, why) in [
        (imported.older, "are there already, as new or newer"),
        (imported.cleared, "were solved before the cache was cleared and stay out"),
    ] {
        if count > 0 {
            told += &format!("; {count} {why}");
        }
    }
    writeln!(out, "{told}").map_err(AdminError::failed)
}

/// What the API says.
#[derive(Deserialize)]
struct Forgotten {
    forgotten: u64,
}

/// Has the miner that uses `folder` forget every answer, or forgets them in the file when none does.
pub async fn clear(folder: &Path, yes: bool, now_ms: u64, out: &mut impl Write) -> Result<(), AdminError> {
    let running = holder(folder).map_err(AdminError::refused)?;
    let whose = match running {
        Some(holder) => format!("the miner that runs (process {})", holder.process),
        None => folder.display().to_string(),
    };
    ask(&format!("This forgets every remembered answer of {whose}, for good."), yes)?;
    let count = match running {
        Some(holder) => clear_running(folder, holder).await?,
        None => clear_answers(folder, now_ms).map_err(AdminError::refused)?,
    };
    writeln!(out, "{count} answers of {whose} are forgotten").map_err(AdminError::failed)
}

async fn clear_running(folder: &Path, holder: Holder) -> Result<u64, AdminError> {
    let Some(api) = holder.api.map(reachable) else {
        let busy = format!("process {} uses {} and has no API yet; try again", holder.process, folder.display());
        return Err(AdminError::Refused(busy));
    };
    let token = AdminToken::load_or_make(folder).map_err(AdminError::refused)?;
    let failed =
        |error: reqwest::Error| AdminError::Failed(format!("the miner at http://{api} does not answer: {error}"));
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().map_err(failed)?;
    let asked = client.post(format!("http://{api}/api/v1/cache/clear")).bearer_auth(token.reveal());
    let reply = asked.send().await.map_err(failed)?;
    let status = reply.status();
    let body = reply.bytes().await.map_err(failed)?;
    match serde_json::from_slice::<Forgotten>(&body) {
        Ok(said) if status.is_success() => Ok(said.forgotten),
        _ => Err(AdminError::Failed(format!(
            "the miner at http://{api} refused ({status}): {}",
            String::from_utf8_lossy(&body)
        ))),
    }
}

/// Where a miner that listens on every address answers this machine.
fn reachable(api: SocketAddr) -> SocketAddr {
    let ip = match api.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, api.port())
}
