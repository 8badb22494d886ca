//! `lode init`: asks what cannot be known, and writes a commented `lode.toml`.

use std::io::{BufRead, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use toml::{Table, Value};

use crate::config::{self, Config};

/// Wrong answers to one question before we give up.
const TRIES: usize = 3;

/// What is asked: section, key, the question, and whether its answer is a list.
const QUESTIONS: [(&str, &str, &str, Asked); 7] = [
    ("subtensor", "network", "Network (devnet rehearses without a chain; finney, test, local, offline)", Asked::Text),
    ("", "netuid", "Subnet (netuid)", Asked::Number),
    ("wallet", "name", "Wallet", Asked::Text),
    ("wallet", "hotkey", "Hotkey", Asked::Text),
    ("axon", "external_ip", "Address under which validators reach this host (empty: looked up)", Asked::Text),
    ("", "presets", "Presets, with commas between (sn36-2025, sn36, prompt, chat, echo)", Asked::List),
    ("api", "bind", "Where the dashboard listens", Asked::Text),
];

#[derive(Clone, Copy)]
enum Asked {
    Text,
    Number,
    List,
}

/// Asks for what `chosen` does not say yet; an empty answer leaves the default. Each answer is checked at once.
pub fn ask(mut chosen: Table, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<Table, String> {
    for (section, key, question, kind) in QUESTIONS {
        if given(&chosen, section, key).is_some() || !matters(&chosen, section, key) {
            continue;
        }
        let mut tries = 0;
        loop {
            let default = default_of(section, key);
            let said = read(question, &default, input, out).map_err(|error| error.to_string())?;
            if said.is_empty() {
                break;
            }
            let fault = match value_of(&said, kind) {
                Ok(value) => {
                    let mut with = chosen.clone();
                    put(&mut with, section, key, value);
                    match fault_of(&with) {
                        None => {
                            chosen = with;
                            break;
                        }
                        Some(fault) => fault,
                    }
                }
                Err(fault) => fault,
            };
            tries += 1;
            if tries == TRIES {
                return Err(format!("{fault}; run lode init again, or give flags and --yes"));
            }
            writeln!(out, "  {fault}").map_err(|error| error.to_string())?;
        }
    }
    Ok(chosen)
}

/// Before questions are asked in vain.
pub fn refuse_if_there(path: &Path, force: bool) -> Result<(), String> {
    let is_there = !force && path.exists();
    if is_there { Err(there(path)) } else { Ok(()) }
}

fn there(path: &Path) -> String {
    format!("{} is there already; --force replaces it, --config names another", path.display())
}

/// Writes the file, for its owner alone. One that is there stays, unless `force`.
pub fn write(path: &Path, chosen: &Table, force: bool) -> Result<(), String> {
    if let Some(fault) = fault_of(chosen) {
        return Err(fault);
    }
    let shown = path.display();
    let text = config::starter(chosen);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).mode(0o600);
    if !force {
        let mut file = options.create_new(true).open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => there(path),
            _ => format!("cannot write {shown}: {error}"),
        })?;
        return file.write_all(text.as_bytes()).map_err(|error| format!("cannot write {shown}: {error}"));
    }
    // Beside it first: who is interrupted keeps the old one, and the new one is its owner's alone whatever the old one was.
    let beside = path.with_extension("toml.new");
    let mut written = || {
        std::fs::remove_file(&beside).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        options.create_new(true).open(&beside)?.write_all(text.as_bytes())?;
        std::fs::rename(&beside, path)
    };
    written().map_err(|error| format!("cannot write {shown}: {error}"))
}

/// Why this cannot be a configuration, if so.
fn fault_of(chosen: &Table) -> Option<String> {
    match chosen.clone().try_into::<Config>() {
        Ok(config) => config.faults().into_iter().next(),
        Err(error) => Some(config::toml_fault("", &error).1),
    }
}

/// Whether the question has a meaning, by what is chosen so far.
fn matters(chosen: &Table, section: &str, key: &str) -> bool {
    let network = chosen.clone().try_into::<Config>().unwrap_or_default().subtensor.network();
    match (section, key) {
        ("wallet", _) => network != crate::chain::Network::Devnet,
        ("axon", "external_ip") => network.is_public(),
        _ => true,
    }
}

fn given<'a>(chosen: &'a Table, section: &str, key: &str) -> Option<&'a Value> {
    if section.is_empty() { chosen.get(key) } else { chosen.get(section)?.get(key) }
}

fn put(chosen: &mut Table, section: &str, key: &str, value: Value) {
    if section.is_empty() {
        chosen.insert(key.into(), value);
    } else if let Value::Table(table) = chosen.entry(section).or_insert_with(|| Value::Table(Table::new())) {
        table.insert(key.into(), value);
    }
}

/// As it is shown between brackets.
fn default_of(section: &str, key: &str) -> String {
    let known = config::sections().iter().find(|known| known.path == section);
    let default = known.and_then(|known| known.keys.iter().find(|known| known.name == key)?.default.clone());
    match default {
        Some(Value::String(text)) => text,
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
        None if key == "network" => "devnet".into(),
        None => String::new(),
    }
}

fn value_of(said: &str, kind: Asked) -> Result<Value, String> {
    match kind {
        Asked::Text => Ok(Value::String(said.into())),
        Asked::Number => said.parse().map(Value::Integer).map_err(|_| format!("`{said}` is no number")),
        Asked::List => {
            let names = said.split(',').map(str::trim).filter(|name| !name.is_empty());
            Ok(Value::Array(names.map(|name| Value::String(name.into())).collect()))
        }
    }
}

fn read(question: &str, default: &str, input: &mut dyn BufRead, out: &mut dyn Write) -> std::io::Result<String> {
    let hint = if default.is_empty() { String::new() } else { format!(" [{default}]") };
    write!(out, "{question}{hint}: ")?;
    out.flush()?;
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(std::io::Error::other("the answers ended; give flags and --yes to be asked nothing"));
    }
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn asked(chosen: &str, answers: &str) -> (Result<Table, String>, String) {
        let mut out = Vec::new();
        let chosen = ask(chosen.parse().expect("TOML"), &mut answers.as_bytes(), &mut out);
        (chosen, String::from_utf8(out).expect("text"))
    }

    #[test]
    fn empty_answers_leave_the_defaults() {
        let (chosen, told) = asked("", "\n\n\n\n");
        assert_eq!(chosen, Ok(Table::new()));
        assert!(told.contains("[devnet]") && told.contains("[36]") && told.contains("[127.0.0.1:8080]"), "{told}");
        assert!(!told.contains("Wallet"), "devnet has its own keys: {told}");
    }

    #[test]
    fn what_flags_said_is_not_asked() {
        let (chosen, told) = asked("netuid = 7", "finney\nw\nh\n8.8.8.8\necho, prompt\n\n");
        let expected = "netuid = 7\npresets = [\"echo\", \"prompt\"]\n[subtensor]\nnetwork = \"finney\"\n\
                        [wallet]\nname = \"w\"\nhotkey = \"h\"\n[axon]\nexternal_ip = \"8.8.8.8\"\n";
        assert_eq!(chosen, Ok(expected.parse().expect("TOML")));
        assert!(!told.contains("netuid"), "{told}");
    }

    #[test]
    fn a_wrong_answer_is_told_and_asked_again_but_not_for_ever() {
        let (chosen, told) = asked("", "finey\ntest\nlots\n9\n\n\n10.0.0.1\n8.8.8.8\n\n\n");
        let chosen = chosen.expect("good in the end");
        assert_eq!((chosen["subtensor"]["network"].as_str(), chosen["netuid"].as_integer()), (Some("test"), Some(9)));
        for word in ["did you mean `finney`?", "`lots` is no number", "private"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        let (chosen, _) = asked("", "a\nb\nc\nd\n");
        assert!(chosen.expect_err("three times").contains("--yes"));
        let (chosen, _) = asked("", "");
        assert!(chosen.expect_err("nobody answers").contains("--yes"));
    }

    #[test]
    fn the_file_is_its_owner_s_alone_and_never_replaced_unasked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        write(&path, &Table::new(), false).expect("written");
        let mode = || std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        let chosen: Table = "netuid = 9".parse().expect("TOML");
        let error = write(&path, &chosen, false).expect_err("there is one");
        assert!(error.contains("--force"), "{error}");
        write(&path, &chosen, true).expect("replaced");
        assert_eq!(mode(), 0o600);
        assert_eq!(config::load(Some(&path), Table::new()).expect("good").netuid, 9);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
