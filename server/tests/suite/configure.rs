//! `lode init`, `lode config` and `lode completions` as an operator meets them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn lode(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lode"));
    command.current_dir(folder).args(arguments).env_clear().env("HOME", folder).envs(variables.iter().copied());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn each_layer_beats_the_one_below_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lode.toml"), "netuid = 1\n[axon]\nport = 1\nmax_inflight = 5\n").unwrap();
    let variables = [("LODE__AXON__PORT", "2"), ("LODE__CACHE__ENTRIES", "9"), ("BT_NETUID", "3")];
    let shown = said(&lode(folder.path(), &["config", "--changed", "--api.bind", "127.0.0.1:9"], &variables));
    let expected = "netuid = 3  # BT_NETUID\n\n[axon]\nport = 2  # LODE__AXON__PORT\nmax_inflight = 5  # lode.toml:4\n\n\
                    [api]\nbind = \"127.0.0.1:9\"  # --api.bind\n\n[cache]\nentries = 9  # LODE__CACHE__ENTRIES\n";
    assert_eq!(shown, expected);
}

#[test]
fn a_name_that_stands_for_nothing_is_told_with_the_one_that_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("lode.toml"), "[axon]\nprot = 1\n").unwrap();
    std::fs::write(
        folder.path().join("solver.toml"),
        "[solver.a]\nkind = \"openai\"\nurl = \"http://a/v1\"\nmodel = \"m\"\ntempersture = 1\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("kind.toml"), "[solver.a]\nkind = \"opanai\"\n").unwrap();
    std::fs::write(folder.path().join("good.toml"), "").unwrap();
    for (arguments, variable, sentence) in [
        (vec!["config"], None, "lode.toml, line 2: unknown key `axon.prot`; did you mean `port`?"),
        (
            vec!["config", "--config", "solver.toml"],
            None,
            "unknown key `solver.a.tempersture`; did you mean `temperature`?",
        ),
        (vec!["config", "--config", "kind.toml"], None, "`opanai` is unknown; did you mean `openai`?"),
        (
            vec!["config", "--config", "good.toml"],
            Some("LODE__AXON__PROT"),
            "LODE__AXON__PROT: unknown key `axon.prot`; did you mean `port`?",
        ),
        (
            vec!["config", "--config", "good.toml"],
            Some("LODE__AXN__PORT"),
            "LODE__AXN: unknown key `axn`; did you mean `axon`?",
        ),
        (vec!["config", "--axon.prot", "1"], None, "--axon.port"),
        (vec!["init", "--yes", "--presets", "sn36-2024"], None, "there is no `sn36-2024`; did you mean `sn36-2025`?"),
    ] {
        let variables: Vec<_> = variable.map(|name| (name, "1")).into_iter().collect();
        let output = lode(folder.path(), &arguments, &variables);
        let told = said(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(sentence) && told.trim().lines().count() == 1, "{arguments:?}: {told}");
    }
}

#[test]
fn init_writes_what_the_flags_say_and_no_more_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["init", "--yes", "--network", "finney", "--netuid", "7", "--wallet.name", "w", "--presets", "echo,prompt"];
    let output = lode(folder.path(), &arguments, &[]);
    assert!(output.status.success() && said(&output).contains("lode check"), "{}", said(&output));
    let path = folder.path().join("lode.toml");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = said(&lode(folder.path(), &["config", "--changed"], &[]));
    for line in ["netuid = 7", "presets = [\"echo\", \"prompt\"]", "network = \"finney\"", "name = \"w\""] {
        assert!(shown.lines().any(|shown| shown.starts_with(&format!("{line}  # lode.toml:"))), "{line}: {shown}");
    }
    assert_eq!(shown.lines().filter(|line| line.contains(" = ")).count(), 4, "{shown}");
    let again = lode(folder.path(), &arguments, &[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(said(&again).contains("--force"), "{}", said(&again));
    assert!(lode(folder.path(), &[&arguments[..], &["--force"]].concat(), &[]).status.success());
}

#[test]
fn a_shell_gets_its_script() {
    let folder = tempfile::tempdir().unwrap();
    let output = lode(folder.path(), &["completions", "bash"], &[]);
    assert!(output.status.success() && said(&output).contains("--subtensor.network"));
}
