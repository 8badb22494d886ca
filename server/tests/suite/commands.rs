//! What operators ask of the binary beside `run`.

use std::path::Path;

use crate::running::{Running, lode, output};

fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = output(folder, arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn status_shows_a_running_miner_as_text_or_json_and_fails_when_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "40"]);
    running.tab().await.until(|snapshot| snapshot.traffic.answered > 0 && snapshot.chain.block.is_some()).await;
    let api = running.api.to_string();
    let (code, text, errors) = said(folder.path(), &["status", "--api.bind", &api]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    assert!(text.starts_with("Lode ") && text.contains("uid 17") && text.contains("axon visible"), "{text}");
    let (code, json, _) = said(folder.path(), &["status", "--json", "--api.bind", &api]);
    let snapshot: lode_shared::Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!((code, snapshot.chain.uid), (Some(0), Some(17)));
    running.kill();
    let (code, text, errors) = said(folder.path(), &["status", "--api.bind", &api]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(errors.contains(&format!("no miner answers on http://{api}")) && errors.contains("lode run"), "{errors}");
}

#[test]
fn check_says_line_by_line_what_is_well_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = taken.local_addr().unwrap().to_string();
    let (code, text, errors) = said(folder.path(), &["check", "--axon.port", "0", "--api.bind", &api]);
    assert_eq!(code, Some(2), "{text}{errors}");
    let marks = |what: &str| text.lines().find(|line| line[3..].trim_start().starts_with(what)).map(str::to_owned);
    for what in ["configuration", "wallet", "data folder", "axon port"] {
        assert!(marks(what).unwrap_or_default().starts_with('✓'), "{what}: {text}");
    }
    let port = marks("API port").unwrap_or_default();
    assert!(port.starts_with('✗') && port.contains(&api) && port.contains("--api.bind"), "{text}");
    assert!(errors.contains("1 of these"), "{errors}");
    assert!(marks("alerts").unwrap_or_default().contains("alerts.webhook_file"), "{text}");
    drop(taken);
    let good = ["check", "--axon.port", "0", "--api.bind", "127.0.0.1:0"];
    let (code, text, _) = said(folder.path(), &good);
    assert_eq!(code, Some(0), "{text}");
    let relative = [good.as_slice(), &["--log.folder", "logs/lode"]].concat();
    let (code, text, _) = said(folder.path(), &relative);
    assert!(code == Some(0) && text.contains("✓ log folder") && !folder.path().join("logs").exists(), "{text}");
    std::fs::write(
        folder.path().join("lode.toml"),
        "[alerts]\nwebhook_file = \"gone\"\n[log]\nfolder = \"/proc/no\"\n",
    )
    .unwrap();
    let (code, text, _) = said(folder.path(), &good);
    assert_eq!(code, Some(2), "what keeps it from starting is told: {text}");
    assert!(text.contains("✗ alerts") && text.contains("✗ log folder"), "{text}");
}

#[test]
fn an_alert_is_tried_at_the_webhook_that_is_configured_and_its_url_is_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, errors) = said(folder.path(), &["alert", "test"]);
    assert!(code == Some(2) && errors.contains("alerts.webhook_file"), "{errors}");
    let mut command = lode(folder.path(), &["alert", "test"]);
    let output = command.env("LODE_ALERTS_WEBHOOK", "http://127.0.0.1:1/hunter2").output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("cannot be reached") && !errors.contains("hunter2"), "{errors}");
}
