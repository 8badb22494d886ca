//! The binary as an operator meets it: exit codes, sentences, signals, crashes.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use lode_shared::History;

use crate::running::{Running, output};
use crate::support::exchange;

/// What `lode` says when it cannot start with these arguments: one sentence, and exit code 2.
fn complaint(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.toml"), "netuid = 1\n[axon\nport = 1\n").unwrap();
    std::fs::write(folder.path().join("unknown.toml"), "[axon]\nprot = 1\n").unwrap();
    let solver =
        "[axon]\nport = 0\n[api]\nbind = \"127.0.0.1:0\"\n[solver.mine]\nkind = \"rules\"\nrules = \"rules.txt\"\n";
    std::fs::write(folder.path().join("rules.toml"), solver).unwrap();
    std::fs::write(folder.path().join("rules.txt"), "no rules").unwrap();
    let output = output(folder.path(), arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert_eq!(said.trim().lines().count(), 1, "{arguments:?}: {said}");
    assert!(output.stdout.is_empty());
    said
}

#[test]
fn each_mistake_at_the_start_gives_one_sentence_and_exit_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, words) in [
        (vec!["--nonsense"], vec!["--nonsense", "--help"]),
        (vec!["--axon.port", "high"], vec!["--axon.port", "high"]),
        (vec!["--subtensor.network", "nakamoto"], vec!["nakamoto", "finney"]),
        (vec!["--config", "missing.toml"], vec!["missing.toml", "--config"]),
        (vec!["--config", "broken.toml"], vec!["broken.toml, line 2"]),
        (vec!["--config", "unknown.toml"], vec!["unknown.toml, line 2", "prot"]),
        (vec!["--config", "rules.toml"], vec!["solver.mine", "rules.txt, line 1"]),
        (vec!["--subtensor.network", "offline"], vec!["hotkey file", "--wallet.name"]),
        (vec!["--axon.ip", "0.0.0.0"], vec!["axon.ip", "loopback"]),
        (vec!["--devnet.rate", "5000", "--axon.port", "0"], vec!["rate"]),
        (vec!["--axon.port", "0", "--api.bind", &taken], vec![taken.as_str(), "--api.bind"]),
        (vec!["--data-dir", "/proc/nowhere", "--axon.port", "0"], vec!["/proc/nowhere", "--data-dir"]),
    ] {
        let said = complaint(&arguments);
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn a_wallet_that_others_can_read_is_refused_without_a_word_of_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let hotkeys = folder.path().join("w/hotkeys");
    std::fs::create_dir_all(&hotkeys).unwrap();
    std::fs::write(hotkeys.join("default"), r#"{"secretSeed":"0xc0ffee"}"#).unwrap();
    std::fs::set_permissions(hotkeys.join("default"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let path = folder.path().to_string_lossy().into_owned();
    let said = complaint(&["--subtensor.network", "offline", "--wallet.path", &path, "--wallet.name", "w"]);
    assert!(said.contains("chmod 600") && !said.contains("c0ffee"), "{said}");
}

#[test]
fn offline_without_anybody_who_may_call_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wallets = crate::support::wallets();
    let path = wallets.path().to_string_lossy().into_owned();
    let output = output(
        folder.path(),
        &["--subtensor.network", "offline", "--wallet.path", &path, "--wallet.name", "miner", "--axon.port", "0"],
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.contains("axon.allow")), (Some(2), true), "{said}");
}

#[test]
fn the_token_is_printed_for_whoever_owns_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("d").to_string_lossy().into_owned();
    let first = output(folder.path(), &["token", "--data-dir", &data]);
    assert_eq!((first.status.code(), first.stdout.len()), (Some(0), 65));
    assert_eq!(output(folder.path(), &["token", "--data-dir", &data]).stdout, first.stdout);
}

#[tokio::test]
async fn devnet_answers_real_requests_within_seconds_of_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "40"]);
    let snapshot = running.tab().await.until(|snapshot| snapshot.traffic.answered >= 50).await;
    assert!(snapshot.cache.hits > 0, "some questions come twice");
    assert!(snapshot.traffic.refused.is_empty(), "{:?}", snapshot.traffic.refused);
    assert!(snapshot.performance_tuning.observed.success_pct.unwrap() > 80.0);
    assert_eq!((snapshot.chain.uid, snapshot.chain.neurons), (Some(17), Some(64)));
    assert_eq!(snapshot.traffic.validators.len(), 12, "silent validators are listed too");
    assert!(!snapshot.log.is_empty(), "the log reaches the page");
}

#[tokio::test]
async fn sigterm_ends_it_within_ten_seconds_although_tabs_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "40"]);
    let mut tabs = [running.tab().await, running.tab().await];
    for tab in &mut tabs {
        tab.until(|snapshot| snapshot.traffic.answered > 0).await;
    }
    let asked = Instant::now();
    running.terminate();
    while tabs[0].next().await.is_some() {}
    assert_eq!(running.wait(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn after_sigkill_it_starts_with_its_targets_settings_and_history() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lode.toml"), "[devnet]\ntuner_interval_s = 1\n").unwrap();
    let first = Running::start(folder.path(), &["--devnet.rate", "40"]);
    for (part, body) in
        [("targets", r#"{"response_s":0.7,"success_pct":91,"hit_rate_pct":33}"#), ("pins", r#"{"ttl_s":900}"#)]
    {
        let put = format!(
            "PUT /api/v1/tuner/{part} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            first.api,
            first.token,
            body.len()
        );
        assert_eq!(exchange(first.api, put.as_bytes()).await.status, 200);
    }
    let mut tab = first.tab().await;
    let mut history = History::default();
    while history.points.is_empty() {
        tab.next().await.unwrap();
        history = past(&first).await;
    }
    let decided = tab.until(|snapshot| !snapshot.performance_tuning.decisions.is_empty()).await;
    first.kill();

    std::fs::remove_file(folder.path().join("lode.toml")).unwrap();
    let second = Running::start(folder.path(), &["--devnet.rate", "0"]);
    let snapshot = second.tab().await.next().await.unwrap();
    let kept = snapshot.performance_tuning.targets;
    assert_eq!((kept.response_s(), kept.success_pct(), kept.hit_rate_pct()), (0.7, 91.0, 33.0));
    assert_eq!((snapshot.performance_tuning.settings.ttl_s, snapshot.performance_tuning.version), (900, 2));
    let oldest = decided.performance_tuning.decisions.last().map(|decision| decision.at_ms);
    let kept: Vec<_> = snapshot.performance_tuning.decisions.iter().map(|decision| Some(decision.at_ms)).collect();
    assert!(kept.contains(&oldest), "the tuner's work is kept");
    assert_eq!(past(&second).await.points[0], history.points[0]);
}

async fn past(running: &Running) -> History {
    let request = format!("GET /api/v1/history?range=15m HTTP/1.1\r\nhost: {}\r\n\r\n", running.api);
    serde_json::from_slice(&exchange(running.api, request.as_bytes()).await.body).unwrap()
}
