//! Every key of the configuration, with what the structs' own comments say of it: for `lode init`, for docs/configuration.md,
//! and for hints about keys that are not known.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value as Json;
use toml::{Table, Value};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Config, SolverConfig, SynapseConfig};

/// A key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name within its section.
    pub name: String,
    /// Unit, range and meaning, on one line.
    pub about: String,
    /// Its value when nobody says anything; absent where nothing is set then.
    pub default: Option<Value>,
    /// A value of its type, to be replaced.
    pub placeholder: Value,
    /// Whether its section is nothing without it.
    pub is_required: bool,
}

/// A table of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// As in `axon` or `tuner.limits`; empty for what stands above all sections.
    pub path: String,
    /// Its header as it stands in the file: `[axon]`, `[[synapse]]`, `[solver.NAME]`; empty for the top.
    pub header: String,
    /// What it is about, on one line.
    pub about: String,
    /// Whether it is there when nobody says anything.
    pub is_default: bool,
    /// Its keys, in the order in which they are explained.
    pub keys: Vec<Key>,
}

/// The schemas of all types by name, as JSON.
struct Schemas(BTreeMap<String, Json>);

static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(read_sections);

/// Every section: what stands above all of them first, `[[synapse]]` and the kinds of `[solver.NAME]` last.
pub fn sections() -> &'static [Section] {
    &SECTIONS
}

/// The dotted paths of all keys that stand in a section of a fixed name.
pub fn paths() -> Vec<&'static str> {
    static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let fixed =
            sections().iter().filter(|section| !section.header.contains("NAME") && !section.header.starts_with("[["));
        let paths = fixed.flat_map(|section| {
            let prefix = if section.path.is_empty() { String::new() } else { format!("{}.", section.path) };
            section.keys.iter().map(move |key| format!("{prefix}{}", key.name))
        });
        paths.collect()
    });
    PATHS.iter().map(String::as_str).collect()
}

fn read_sections() -> Vec<Section> {
    let schemas = Schemas::of::<Config>();
    let defaults = Table::try_from(Config::default()).expect("the defaults are plain TOML");
    let mut top = Section {
        path: String::new(),
        header: String::new(),
        about: String::new(),
        is_default: true,
        keys: Vec::new(),
    };
    let mut below = Vec::new();
    let root = schemas.resolve(&schemas.0[Config::name().as_ref()]);
    schemas.walk(&root, Some(&defaults), &mut top, &mut below);
    let mut sections = vec![top];
    sections.append(&mut below);
    sections.push(schemas.synapse());
    sections.extend(schemas.solvers());
    sections
}

impl Schemas {
    fn of<T: ToSchema>() -> Self {
        let mut all: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), <T as PartialSchema>::schema())];
        T::schemas(&mut all);
        let json = |schema: &RefOr<Schema>| serde_json::to_value(schema).expect("a schema is plain data");
        Self(all.iter().map(|(name, schema)| (name.clone(), json(schema))).collect())
    }

    /// A schema without references, alternatives to null, and parts: what it says by itself comes first.
    fn resolve(&self, schema: &Json) -> Json {
        let mut whole = schema.clone();
        let reference = schema["$ref"].as_str().and_then(|path| self.0.get(path.rsplit('/').next()?));
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let alternatives = schema["oneOf"].as_array().filter(|parts| parts.iter().any(|part| part["type"] == "null"));
        let alternatives = alternatives.into_iter().flatten().filter(|part| part["type"] != "null");
        for part in reference.into_iter().chain(parts).chain(alternatives) {
            let part = self.resolve(part);
            for (name, value) in part.as_object().into_iter().flatten() {
                match (&mut whole[name], value) {
                    (Json::Object(here), Json::Object(there)) => {
                        here.extend(there.iter().map(|(name, value)| (name.clone(), value.clone())));
                    }
                    (Json::Array(here), Json::Array(there)) if name == "required" => here.extend(there.iter().cloned()),
                    (here @ Json::Null, there) => *here = there.clone(),
                    _ => {}
                }
            }
        }
        whole
    }

    /// Puts the keys of an object into `section`, and the tables within it, which are sections of their own, into `below`.
    fn walk(&self, object: &Json, defaults: Option<&Table>, section: &mut Section, below: &mut Vec<Section>) {
        let required: Vec<_> = object["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        for (name, schema) in object["properties"].as_object().into_iter().flatten() {
            let resolved = self.resolve(schema);
            let default = defaults.and_then(|defaults| defaults.get(name)).cloned();
            if section.path.is_empty() && ["synapse", "solver"].contains(&name.as_str()) {
                continue;
            }
            if !section.header.contains("NAME")
                && !section.header.starts_with("[[")
                && resolved["properties"].is_object()
            {
                let path = if section.path.is_empty() { name.clone() } else { format!("{}.{name}", section.path) };
                let about = self.about_section(schema, &resolved);
                let header = format!("[{path}]");
                let mut inner = Section { path, header, about, is_default: default.is_some(), keys: Vec::new() };
                let mut deeper = Vec::new();
                self.walk(&resolved, default.as_ref().and_then(Value::as_table), &mut inner, &mut deeper);
                below.push(inner);
                below.append(&mut deeper);
                continue;
            }
            let about =
                one_line(schema["description"].as_str().or(resolved["description"].as_str()).unwrap_or_default());
            let is_required = default.is_none() && required.contains(&name.as_str());
            section.keys.push(Key {
                name: name.clone(),
                about,
                default,
                placeholder: placeholder(&resolved),
                is_required,
            });
        }
    }

    /// What a section's own type says of it, without the header that it begins with.
    fn about_section(&self, schema: &Json, resolved: &Json) -> String {
        let own = schema["$ref"]
            .as_str()
            .or_else(|| schema["oneOf"].as_array()?.iter().find_map(|part| part["$ref"].as_str()));
        let own = own.and_then(|path| self.0.get(path.rsplit('/').next()?));
        let text = own.and_then(|own| own["description"].as_str()).or(resolved["description"].as_str());
        let text = one_line(text.and_then(|text| text.split("\n\n").next()).unwrap_or_default());
        let text = match text.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            Some((_, rest)) => rest.trim_start_matches([':', ' ']).to_owned(),
            None => text,
        };
        let field = one_line(schema["description"].as_str().unwrap_or_default());
        if text.is_empty() && !field.starts_with("`[") { field } else { text }
    }

    fn synapse(&self) -> Section {
        let text = "name = \"\"";
        let defaults = defaults_of(toml::from_str::<SynapseConfig>(text), &["name"]);
        let mut section = Section {
            path: "synapse".into(),
            header: "[[synapse]]".into(),
            about: "one per class that validators send.".into(),
            is_default: false,
            keys: Vec::new(),
        };
        let schema = self.resolve(&self.0[SynapseConfig::name().as_ref()]);
        self.walk(&schema, Some(&defaults), &mut section, &mut Vec::new());
        section
    }

    /// One section for each kind.
    fn solvers(&self) -> Vec<Section> {
        let kinds = self.0[SolverConfig::name().as_ref()]["oneOf"].as_array().cloned().unwrap_or_default();
        let section = |schema: &Json| {
            let resolved = self.resolve(schema);
            let kind = resolved["properties"]["kind"]["enum"][0].as_str().unwrap_or_default().to_owned();
            let minimal = format!("kind = {kind:?}\nurl = \"http://127.0.0.1\"\nmodel = \"\"\nrules = \"\"\nof = []\n");
            let needed: Vec<_> = ["kind", "url", "model", "rules", "of"]
                .into_iter()
                .filter(|name| resolved["properties"].get(*name).is_some())
                .collect();
            let minimal: String = minimal
                .lines()
                .filter(|line| needed.iter().any(|name| line.starts_with(&format!("{name} "))))
                .map(|line| format!("{line}\n"))
                .collect();
            let defaults = defaults_of(toml::from_str::<SolverConfig>(&minimal), &needed);
            let mut section = Section {
                path: format!("solver.NAME ({kind})"),
                header: "[solver.NAME]".into(),
                about: one_line(schema["description"].as_str().unwrap_or_default()),
                is_default: false,
                keys: Vec::new(),
            };
            self.walk(&resolved, Some(&defaults), &mut section, &mut Vec::new());
            for key in section.keys.iter_mut().filter(|key| key.name == "kind") {
                key.about = "What kind of solver it is.".into();
                key.placeholder = Value::String(kind.clone());
            }
            section.keys.sort_by_key(|key| key.name != "kind");
            section
        };
        kinds.iter().map(section).collect()
    }
}

/// What a struct says of itself when only `needed` is given.
fn defaults_of<T: serde::Serialize>(made: Result<T, toml::de::Error>, needed: &[&str]) -> Table {
    let made = made.expect("what is needed is given");
    let mut table = Table::try_from(made).expect("plain TOML");
    table.retain(|name, _| needed.iter().all(|needed| *needed != name));
    table
}

/// Comments are written for rustdoc, over several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

/// A value of the type that a schema describes.
fn placeholder(schema: &Json) -> Value {
    if let Some(word) = schema["enum"][0].as_str().or(schema["oneOf"][0]["enum"][0].as_str()) {
        return Value::String(word.into());
    }
    let kinds = &schema["type"];
    let is = |kind: &str| kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|each| each == kind));
    match () {
        () if is("boolean") => Value::Boolean(false),
        () if is("integer") => Value::Integer(0),
        () if is("number") => Value::Float(0.0),
        () if is("array") => Value::Array(Vec::new()),
        () if is("object") => Value::Table(Table::new()),
        () => Value::String(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every dotted path of a table.
    fn leaves(table: &Table, prefix: &str, into: &mut Vec<String>) {
        for (key, value) in table {
            let path = format!("{prefix}{key}");
            match value {
                Value::Table(inner) if !inner.is_empty() => leaves(inner, &format!("{path}."), into),
                _ => into.push(path),
            }
        }
    }

    #[test]
    fn every_default_is_a_key_with_a_sentence() {
        let mut expected = Vec::new();
        leaves(&Table::try_from(Config::default()).expect("TOML"), "", &mut expected);
        let paths = paths();
        for path in expected.iter().filter(|path| !["synapse", "solver"].contains(&path.as_str())) {
            assert!(paths.contains(&path.as_str()), "{path}");
        }
        for section in sections() {
            for key in &section.keys {
                assert!(
                    key.about.len() > 5 && !key.about.contains('\n'),
                    "{}.{}: {:?}",
                    section.path,
                    key.name,
                    key.about
                );
            }
        }
    }

    #[test]
    fn what_has_no_default_and_what_is_deeper_is_there_too() {
        let paths = paths();
        for path in
            ["netuid", "axon.external_ip", "tuner.limits.ttl_max_s", "cache.embedder.key_file", "subtensor.network"]
        {
            assert!(paths.contains(&path), "{path}: {paths:?}");
        }
        let kinds: Vec<_> = sections().iter().filter(|section| section.header == "[solver.NAME]").collect();
        assert_eq!(kinds.len(), 6);
        let model = kinds.iter().find(|section| section.path.contains("openai")).expect("openai");
        let key = |name: &str| model.keys.iter().find(|key| key.name == name).expect("a key");
        assert!(key("model").is_required && key("kind").is_required);
        assert_eq!(key("user").default, Some(Value::String("{prompt}".into())));
    }
}
