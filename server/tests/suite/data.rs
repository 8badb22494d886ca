//! The data folder as an operator meets it: copies, exports, damage, a full disk, two miners.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::running::{Running, lode, output};
use crate::support::{Reply, exchange};

async fn ask(running: &Running, method: &str, path: &str, body: &str) -> Reply {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        running.api,
        running.token,
        body.len()
    );
    exchange(running.api, request.as_bytes()).await
}

/// Runs a command on the folder's data: exit code, what it said and what it complained of.
fn command(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut all = arguments.to_vec();
    all.extend(["--data-dir", "data"]);
    let output = output(folder, &all);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

async fn with_answers(folder: &Path) -> Running {
    let config = "[devnet]\nsolver_delay_ms = [1, 40]\nsolver_failure_pct = 0.0\n";
    std::fs::write(folder.join("lode.toml"), config).unwrap();
    let running = Running::start(folder, &["--devnet.rate", "60"]);
    running.tab().await.until(|snapshot| snapshot.cache.entries >= 20).await;
    running
}

#[tokio::test]
async fn backup_export_import_and_clear_do_what_they_say_beside_a_miner_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let running = with_answers(folder.path()).await;
    let targets = r#"{"response_s":0.7,"success_pct":91,"hit_rate_pct":33}"#;
    assert_eq!(ask(&running, "PUT", "/api/v1/tuner/targets", targets).await.status, 200);

    let (code, said, complaint) = command(folder.path(), &["backup", "copy.sqlite"]);
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.starts_with("copy.sqlite: ") && said.contains("checked") && said.contains(" answer"), "{said}");
    assert!(complaint.contains("copying: 100 %"), "{complaint}");
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("copy.sqlite"), 0o600);
    let (code, _, complaint) = command(folder.path(), &["backup", "copy.sqlite"]);
    assert_eq!((code, complaint.contains("there already")), (Some(2), true), "{complaint}");

    let (code, said, complaint) = command(folder.path(), &["cache", "export", "answers.jsonl"]);
    assert_eq!(code, Some(0), "{complaint}");
    let lines = std::fs::read_to_string(folder.path().join("answers.jsonl")).unwrap();
    let count = lines.lines().count() - 1;
    assert!(count >= 1 && said.contains(&format!("{count} answers")), "{said}");
    assert_eq!(mode("answers.jsonl"), 0o600);
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&header["lode_answers"], &header["answers"]), (&json!(1), &json!(count)));

    let (code, _, complaint) = command(folder.path(), &["cache", "import", "answers.jsonl"]);
    assert_eq!((code, complaint.contains("Stop it, import")), (Some(2), true), "{complaint}");
    let (code, _, complaint) = command(folder.path(), &["cache", "clear"]);
    assert_eq!((code, complaint.contains("--yes")), (Some(2), true), "{complaint}");
    let (code, said, complaint) = command(folder.path(), &["cache", "clear", "--yes"]);
    assert_eq!((code, said.contains("are forgotten")), (Some(0), true), "{said}{complaint}");
    running.kill();

    // What was cleared stays cleared; another folder takes the answers.
    let (code, said, _) = command(folder.path(), &["cache", "import", "answers.jsonl"]);
    assert!(code == Some(0) && said.contains(": 0 answers imported") && said.contains("cleared"), "{said}");
    let other = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.jsonl").to_string_lossy().into_owned();
    std::fs::write(other.path().join("bad.jsonl"), lines.replacen("\"prompt\"", "\"promt\"", 1)).unwrap();
    let (code, _, complaint) = command(other.path(), &["cache", "import", "bad.jsonl"]);
    assert!(
        code == Some(2) && complaint.contains("bad.jsonl, line 2") && complaint.contains("nothing was"),
        "{complaint}"
    );
    let (code, said, complaint) = command(other.path(), &["cache", "import", &file]);
    assert!(code == Some(0) && said.contains(&format!(": {count} answers imported")), "{said}{complaint}");
    std::fs::copy(folder.path().join("lode.toml"), other.path().join("lode.toml")).unwrap();
    let second = Running::start(other.path(), &["--devnet.rate", "0"]);
    let listed = ask(&second, "GET", "/api/v1/cache/entries", "").await.json();
    assert_eq!(listed["total"], json!(count));
    second.kill();
    let (code, said, _) = command(other.path(), &["cache", "clear", "--yes"]);
    assert!(code == Some(0) && said.starts_with(&format!("{count} answers")), "{said}");

    // The copy in the place of the file brings back what it held.
    let third = tempfile::tempdir().unwrap();
    std::fs::create_dir(third.path().join("data")).unwrap();
    std::fs::copy(folder.path().join("copy.sqlite"), third.path().join("data/lode.sqlite")).unwrap();
    let third_run = Running::start(third.path(), &["--devnet.rate", "0"]);
    let told = ask(&third_run, "GET", "/api/dashboard", "").await.json();
    assert_eq!(told["performance_tuning"]["targets"]["response_s"], json!(0.7));
}

#[tokio::test]
async fn a_damaged_file_does_not_keep_the_miner_from_its_start_and_the_targets_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_answers(folder.path()).await;
    let targets = r#"{"response_s":0.7,"success_pct":91,"hit_rate_pct":33}"#;
    assert_eq!(ask(&first, "PUT", "/api/v1/tuner/targets", targets).await.status, 200);
    first.terminate();
    assert_eq!(first.wait(), Some(0));
    let path = folder.path().join("data/lode.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let page: i64 =
        connection.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'answer'", [], |row| row.get(0)).unwrap();
    drop(connection);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = (page as usize - 1) * 4_096;
    bytes[at..at + 4_096].fill(0xff);
    std::fs::write(&path, bytes).unwrap();

    let second = Running::start(folder.path(), &["--devnet.rate", "0"]);
    let told = ask(&second, "GET", "/api/dashboard", "").await.json();
    assert_eq!(told["performance_tuning"]["targets"]["response_s"], json!(0.7));
    let log = ask(&second, "GET", "/api/v1/log", "").await.text();
    assert!(log.contains("is damaged") && log.contains("lode.sqlite.damaged-"), "{log}");
}

#[tokio::test]
async fn two_miners_never_share_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Running::start(folder.path(), &["--devnet.rate", "0"]);
    let arguments = ["--axon.port", "0", "--api.bind", "127.0.0.1:0"];
    let (code, _, complaint) = command(folder.path(), &arguments);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("uses the data folder data") && complaint.contains("--data-dir"), "{complaint}");
}

/// As with a full disk: files may not grow beyond a limit, until it is lifted.
#[tokio::test]
async fn with_a_full_disk_it_goes_on_from_memory_says_so_once_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[devnet]\nsolver_delay_ms = [1, 40]\nsolver_failure_pct = 0.0\n";
    std::fs::write(folder.path().join("lode.toml"), config).unwrap();
    let mut command = Command::new("sh");
    // Blocks of 512 bytes.
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 1200; exec \"$0\" \"$@\""]).arg(env!("CARGO_BIN_EXE_lode"));
    command.args(["--axon.port", "0", "--api.bind", "127.0.0.1:0", "--data-dir", "data", "--devnet.rate", "60"]);
    command.current_dir(folder.path()).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder.path());
    let running = Running::begin(folder.path(), command);
    let targets = r#"{"response_s":0.7,"success_pct":91,"hit_rate_pct":33}"#;
    let put = async || ask(&running, "PUT", "/api/v1/tuner/targets", targets).await.status;
    let mut writes = 0;
    while put().await == 200 {
        writes += 1;
        assert!(writes < 5_000, "the limit is never reached");
    }
    assert!(writes > 0 && put().await == 500, "what must be durable is refused");
    let mut tab = running.tab().await;
    let answered = tab.next().await.unwrap().traffic.answered;
    tab.until(|snapshot| snapshot.traffic.answered > answered + 100).await;
    let process = running.process().to_string();
    assert!(Command::new("prlimit").args(["--pid", &process, "--fsize=unlimited:"]).status().unwrap().success());
    assert_eq!(put().await, 200, "it goes on by itself");
    let log = ask(&running, "GET", "/api/v1/log", "").await.text();
    let times = |words: &str| log.matches(words).count();
    assert_eq!((times("cannot be written"), times("can be written again")), (1, 1), "{log}");
}

#[test]
fn without_a_data_folder_each_command_says_which_flag_to_give() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["backup", "x"][..], &["cache", "export", "x"], &["cache", "clear", "--yes"]] {
        let (code, _, complaint) = command(folder.path(), arguments);
        assert!(code == Some(2) && complaint.contains("--data-dir"), "{arguments:?}: {complaint}");
        assert!(!folder.path().join("x").exists());
    }
    let help = lode(folder.path(), &["cache", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(["export", "import", "clear"].iter().all(|word| help.contains(word)), "{help}");
}
