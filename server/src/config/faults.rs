//! What is wrong with a configuration: all of it, with lines, for `lode check`.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Config, toml_fault};

/// A configuration with more faults than this is shown the first.
const MAX_FAULTS: usize = 64;

/// Sentences about values that cannot be used, each of which begins with where: `axon.port is …`, `synapse T: …`.
#[derive(Debug, Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Adds one unless `value` is within `range`.
    pub fn unless_within<T: PartialOrd + Display>(&mut self, name: &str, value: T, range: RangeInclusive<T>) {
        if !range.contains(&value) {
            self.0.push(format!("{name} is {value}; it must be {} to {}", range.start(), range.end()));
        }
    }

    /// Adds one.
    pub fn push(&mut self, fault: impl Display) {
        self.0.push(fault.to_string());
    }

    /// All of them.
    pub fn into_vec(self) -> Vec<String> {
        self.0
    }
}

/// A fault and where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1; absent when it is about what is not there.
    pub line: Option<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Every fault of a configuration file's `text`, in the order of lines. `folder` is where the files that it names are sought.
pub fn faults_of(text: &str, folder: &Path) -> Vec<Fault> {
    let mut found = Vec::new();
    let mended = mend(text, &mut found);
    if let Some(config) = super::load::from_text(&mended, folder) {
        let places = Places::of(&mended);
        found.extend(config.faults().into_iter().map(|message| Fault { line: places.line(&message), message }));
    }
    found.sort_by_key(|fault| fault.line);
    found
}

/// Takes out what cannot be read, line by line, and tells what that was: the parser stops at the first fault.
fn mend(text: &str, found: &mut Vec<Fault>) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    while found.len() < MAX_FAULTS {
        let text = lines.join("\n");
        let Err(error) = toml::from_str::<Config>(&text) else { return text };
        let (line, message) = toml_fault(&text, &error);
        found.push(Fault { line: Some(line), message });
        let at = line.min(lines.len()) - 1;
        let was_syntax = DeTable::parse(&text).is_err();
        // A header's fault is its whole table's.
        if lines[at].trim_start().starts_with('[') || !blank(&mut lines, at..at + 1, was_syntax) {
            let end = (at + 1..lines.len()).find(|line| lines[*line].trim_start().starts_with('['));
            let start = (0..=at).rev().find(|line| lines[*line].trim_start().starts_with('[')).unwrap_or(0);
            if lines[start..end.unwrap_or(lines.len())].iter().all(|line| line.is_empty()) {
                break;
            }
            let end = end.unwrap_or(lines.len());
            lines[start..end].fill("");
        }
    }
    // What could not be mended is not looked at any further.
    String::new()
}

/// Empties these lines, unless they are empty or the rest could not be parsed without them (the value goes on).
fn blank(lines: &mut [&str], which: std::ops::Range<usize>, was_syntax: bool) -> bool {
    let before: Vec<_> = lines[which.clone()].to_vec();
    if before.iter().all(|line| line.is_empty()) {
        return false;
    }
    lines[which.clone()].fill("");
    if !was_syntax && DeTable::parse(&lines.join("\n")).is_err() {
        lines[which].copy_from_slice(&before);
        return false;
    }
    true
}

/// The lines on which values stand, by the paths that faults begin with.
pub(super) struct Places(BTreeMap<String, usize>);

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let mut places = BTreeMap::new();
        if let Ok(table) = DeTable::parse(text) {
            let line_of = |start: usize| 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
            collect(table.get_ref(), "", &line_of, &mut places);
        }
        Self(places)
    }

    /// The line of the key at this very path: of synapses `synapse NAME.key`.
    pub(super) fn at(&self, path: &str) -> Option<usize> {
        self.0.get(path).copied()
    }

    /// The line of what a message begins with: of `solver.a: url …` that of `solver.a.url` if it is there.
    fn line(&self, message: &str) -> Option<usize> {
        let (place, rest) = message.split_once([':', ' '])?;
        let (place, rest) = match (place, rest.split_once(':')) {
            ("synapse", Some((name, rest))) => (format!("synapse {name}"), rest),
            _ => (place.to_owned(), rest),
        };
        let field = rest.trim_start().split([' ', ':']).next().unwrap_or_default();
        let path = format!("{place}.{field}");
        let parents =
            std::iter::successors(Some(path.as_str()), |path| path.rsplit_once('.').map(|(parent, _)| parent));
        parents.into_iter().find_map(|path| self.0.get(path)).copied()
    }
}

fn collect(table: &DeTable<'_>, prefix: &str, line_of: &impl Fn(usize) -> usize, places: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        places.entry(path.clone()).or_insert_with(|| line_of(key.span().start));
        match value.get_ref() {
            DeValue::Table(table) => collect(table, &path, line_of, places),
            DeValue::Array(items) => {
                for item in items.iter() {
                    let DeValue::Table(inner) = item.get_ref() else { continue };
                    let name = inner.get("name").map(Spanned::get_ref);
                    let Some(DeValue::String(name)) = name else { continue };
                    let path = format!("{path} {name}");
                    places.insert(path.clone(), line_of(item.span().start));
                    collect(inner, &path, line_of, places);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        faults_of(text, Path::new("")).iter().map(Fault::to_string).collect()
    }

    #[test]
    fn every_fault_is_told_with_its_line() {
        let text = r#"netuid = "many"
[axon]
prot = 1
max_inflight = 0
verify_batch = 1_000

[cache]
entries = 0
[[synapse]]
name = "T"
prompt = "p"
answer = ["a"]
solver = "wbe"

[[synapse]]
name = "U"
timeout_s = 0.0
prompt = "p"
answer = ["a"]
solver = "web"

[solver.mine]
kind = "rules"
rules = "/nonexistent.toml"
"#;
        let told = told(text);
        let lines: Vec<_> = told.iter().map(|fault| fault.split(':').next().unwrap_or_default()).collect();
        assert_eq!(
            lines,
            ["line 1", "line 3", "line 4", "line 5", "line 8", "line 13", "line 17", "line 24"],
            "{told:#?}"
        );
        for (fault, word) in told.iter().zip([
            "netuid",
            "prot",
            "1 to 100000",
            "1 to 64",
            "10000000",
            "wbe",
            "0.1 to 600",
            "nonexistent",
        ]) {
            assert!(fault.contains(word) || word == "netuid", "{fault}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_and_the_rest_is_still_looked_at() {
        let told = told("[axon]\nport = = 1\nmax_inflight = 0\n[cahce]\nentries = 1\n");
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(
            told[0].starts_with("line 2") && told[1].starts_with("line 3") && told[2].contains("cahce"),
            "{told:#?}"
        );
    }

    #[test]
    fn the_items_of_a_list_over_several_lines_have_lines_of_their_own() {
        let told = told("presets = [\n  1,\n  2,\n]\n[cache]\nentries = 0\n");
        let lines: Vec<_> = told.iter().map(|fault| fault.split(':').next().unwrap_or_default()).collect();
        assert_eq!(lines, ["line 2", "line 3", "line 6"], "{told:#?}");
    }

    #[test]
    fn a_good_configuration_has_none() {
        assert_eq!(told(""), Vec::<String>::new());
        assert_eq!(
            told(
                include_str!("../../tests/interop/lode.toml")
                    .replace("rules = \"rules.toml\"", "rules = \"builtin:echo\"")
                    .as_str()
            ),
            Vec::<String>::new()
        );
    }
}
