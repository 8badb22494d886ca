//! The effective configuration as TOML, each value with where it comes from.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use figment::value::{Dict, Value as Layered};
use toml::{Table, Value};

use super::load::{Layers, Origin};
use super::presets::{FromPreset, from_presets};
use super::secret::redact;
use super::{ConfigError, sections};

/// The configuration of `file` (or the default one), the environment and `flags`, as TOML that can be read back, without
/// secrets. `said` has the flag or variable of each key that the command line set. With `only_changed` what is at its default
/// is left out.
pub fn show(
    file: Option<&Path>,
    flags: Table,
    said: &BTreeMap<String, String>,
    only_changed: bool,
) -> Result<String, ConfigError> {
    let layers = Layers::read(file, flags)?;
    let config = layers.config()?;
    let (synapses, solvers) = from_presets(&config)?;
    let mut whole = Table::try_from(&config).map_err(|error| ConfigError::Value(format!("no TOML: {error}")))?;
    whole.iter_mut().for_each(|(_, value)| redact(value));
    let own = [whole.remove("synapse"), whole.remove("solver")];
    let values = layers.values();
    let mut page = Page { layers: &layers, said, only_changed, text: String::new() };
    page.table("", &whole, &values);
    let [own_synapses, own_solvers] = own;
    for (at, synapse) in own_synapses.as_ref().and_then(Value::as_array).into_iter().flatten().enumerate() {
        let layered = values.get("synapse").and_then(Layered::as_array).and_then(|items| items.get(at)?.as_dict());
        let Value::Table(table) = synapse else { continue };
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
        page.own("[[synapse]]", &format!("synapse {name}"), table, layered);
    }
    for (name, solver) in own_solvers.as_ref().and_then(Value::as_table).into_iter().flatten() {
        let layered = values.get("solver").and_then(|solvers| solvers.as_dict()?.get(name)?.as_dict());
        let Value::Table(table) = solver else { continue };
        page.own(&format!("[solver.{}]", quoted(name)), &format!("solver.{name}"), table, layered);
    }
    for preset in synapses.values() {
        page.preset("[[synapse]]", preset);
    }
    for (name, preset) in &solvers {
        page.preset(&format!("[solver.{}]", quoted(name)), preset);
    }
    Ok(page.text)
}

struct Page<'a> {
    layers: &'a Layers,
    said: &'a BTreeMap<String, String>,
    only_changed: bool,
    text: String,
}

impl Page<'_> {
    /// A section, and those within it after its own keys, as TOML wants it.
    fn table(&mut self, path: &str, table: &Table, layered: &Dict) {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        let is_section = |key: &str| sections().iter().any(|section| section.path == format!("{prefix}{key}"));
        let mut lines = Vec::new();
        for key in ordered(path, table).filter(|key| !is_section(key)) {
            let layered = layered.get(key.as_str());
            lines.push((key.as_str(), &table[key], self.origin(&format!("{prefix}{key}"), layered)));
        }
        let header = if path.is_empty() { String::new() } else { format!("[{path}]") };
        self.lines(&header, lines);
        let empty = Dict::new();
        let order = |key: &&String| sections().iter().position(|section| section.path == format!("{prefix}{key}"));
        let mut within: Vec<_> = table.keys().filter(|key| is_section(key)).collect();
        within.sort_by_key(order);
        for key in within {
            let layered = layered.get(key).and_then(Layered::as_dict).unwrap_or(&empty);
            if let Value::Table(table) = &table[key] {
                self.table(&format!("{prefix}{key}"), table, layered);
            }
        }
    }

    /// A synapse or a solver of the operator's.
    fn own(&mut self, header: &str, path: &str, table: &Table, layered: Option<&Dict>) {
        let section = if header.starts_with("[[") { "synapse" } else { "solver" };
        let lines: Vec<_> = ordered(section, table)
            .map(|key| {
                let layered = layered.and_then(|layered| layered.get(key.as_str()));
                (key.as_str(), &table[key], self.origin(&format!("{path}.{key}"), layered))
            })
            .collect();
        self.lines(header, lines);
    }

    fn preset(&mut self, header: &str, from: &FromPreset) {
        if self.only_changed {
            return;
        }
        let section = if header.starts_with("[[") { "synapse" } else { "solver" };
        let origin = |key: &str| match from.given.contains_key(key) {
            true => format!("preset {}", from.preset),
            false => "default".into(),
        };
        let lines: Vec<_> =
            ordered(section, &from.table).map(|key| (key.as_str(), &from.table[key], origin(key))).collect();
        self.lines(header, lines);
    }

    fn lines(&mut self, header: &str, mut lines: Vec<(&str, &Value, String)>) {
        if self.only_changed {
            lines.retain(|(_, _, origin)| origin != "default");
        }
        if lines.is_empty() {
            return;
        }
        if !header.is_empty() {
            let gap = if self.text.is_empty() { "" } else { "\n" };
            let _ = writeln!(self.text, "{gap}{header}");
        }
        for (key, value, origin) in lines {
            let _ = writeln!(self.text, "{} = {value}  # {origin}", quoted(key));
        }
    }

    fn origin(&self, path: &str, layered: Option<&Layered>) -> String {
        match layered.map_or(Origin::Default, |layered| self.layers.origin(layered.tag())) {
            Origin::Default => "default".into(),
            Origin::Variable => format!("LODE__{}", path.to_uppercase().replace('.', "__")),
            Origin::Flag => self.said.get(path).cloned().unwrap_or_else(|| "flag".into()),
            Origin::File => match &self.layers.file {
                Some((file, places)) => {
                    let line = places.at(path).map(|line| format!(":{line}")).unwrap_or_default();
                    format!("{}{line}", file.display())
                }
                None => "file".into(),
            },
        }
    }
}

/// The keys of a table in the order in which they are explained.
fn ordered<'a>(section: &str, table: &'a Table) -> impl Iterator<Item = &'a String> {
    let known =
        sections().iter().filter(|known| known.path == section || known.path.starts_with(&format!("{section}.NAME")));
    let order: Vec<&str> = known.flat_map(|section| section.keys.iter().map(|key| key.name.as_str())).collect();
    let mut keys: Vec<_> = table.keys().collect();
    keys.sort_by_key(|key| order.iter().position(|known| known == key).unwrap_or(usize::MAX));
    keys.into_iter()
}

/// A key as TOML wants it.
fn quoted(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { key.to_owned() } else { Value::String(key.to_owned()).to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn shown(text: &str, flags: &str, only_changed: bool) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        std::fs::write(&path, text).expect("written");
        let said = BTreeMap::from([("axon.port".to_owned(), "--axon.port".to_owned())]);
        let shown = show(Some(&path), flags.parse().expect("TOML"), &said, only_changed).expect("good");
        shown.replace(&format!("{}/", folder.path().display()), "")
    }

    const OWN: &str = "netuid = 7\n[cache]\nentries = 9\n[tuner]\nlimits = { ttl_max_s = 4_000 }\n\
                       [solver.\"a b\"]\nkind = \"rules\"\nrules = \"builtin:echo\"\n\
                       [[synapse]]\nname = \"T\"\nprompt = \"p\"\nanswer = [\"a\"]\nsolver = \"a b\"\n";

    #[test]
    fn every_value_says_where_it_comes_from() {
        let shown = shown(OWN, "[axon]\nport = 9", false);
        for line in [
            "netuid = 7  # lode.toml:1",
            "presets = [\"sn36-2025\", \"prompt\"]  # default",
            "port = 9  # --axon.port",
            "entries = 9  # lode.toml:3",
            "ttl_max_s = 4000  # lode.toml:5",
            "max_inflight = 1024  # default",
            "rules = \"builtin:echo\"  # lode.toml:8",
            "[solver.\"a b\"]",
            "name = \"T\"  # lode.toml:10",
            "timeout_s = 20.0  # default",
            "name = \"TaskSynapse\"  # preset sn36-2025",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for (text, flags) in [("", ""), (OWN, "[axon]\nport = 9")] {
            let first = shown(text, flags, false);
            let again: Config = toml::from_str(&first).expect("valid");
            let mut own: Config = toml::from_str(&shown(text, flags, true)).expect("valid");
            assert_eq!(again.synapse.iter().filter(|synapse| synapse.name == "T").count(), own.synapse.len());
            assert!(again.synapse.len() > own.synapse.len(), "the presets' are shown too");
            (own.synapse, own.solver) = (again.synapse.clone(), again.solver.clone());
            assert_eq!(again, own, "what is at its default may be left out");
        }
    }

    #[test]
    fn what_is_at_its_default_may_be_left_out() {
        assert_eq!(shown("netuid = 7\n", "", true), "netuid = 7  # lode.toml:1\n");
        assert_eq!(shown("", "[axon]\nport = 9", true), "[axon]\nport = 9  # --axon.port\n");
    }
}
