//! Reads the layers of the configuration and says exactly where a fault is.

use std::path::{Path, PathBuf};

use figment::error::Kind;
use figment::providers::{Env, Serialized};
use figment::value::{Dict, Map, Tag};
use figment::{Figment, Metadata, Profile, Provider};
use toml::{Table, Value};

use super::faults::Places;
use super::nearest::{reworded, unknown_key, unknown_word, without_values};
use super::{Config, Fault, Faults, faults_of};

/// Read from the working folder when `--config` names no other file.
pub const DEFAULT_FILE: &str = "lode.toml";

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}; check --config")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of another type.
    #[error("{path}, line {line}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The fault.
        message: String,
    },
    /// A value from the environment or a flag.
    #[error("{0}; check the flags and the LODE__… variables")]
    Layer(String),
    /// A value outside its range, or a name that stands for nothing.
    #[error("{0}")]
    Value(String),
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File,
    Variable,
    Flag,
}

/// The layers, one over the other; each value in them knows where it comes from.
pub(super) struct Layers {
    figment: Figment,
    /// The file that was read, and the lines of its keys.
    pub(super) file: Option<(PathBuf, Places)>,
}

/// A layer of a name that is told.
struct Layer(&'static str, Table);

const DEFAULTS: &str = "defaults";
const FILE: &str = "file";
const FLAGS: &str = "flags";
const PREFIX: &str = "LODE__";

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    /// All in one profile: figment has the global one beat the others, whatever the order.
    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Serialized::from(&self.1, Profile::Default).data()
    }
}

impl Layers {
    pub(super) fn read(file: Option<&Path>, flags: Table) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let file = file.or_else(|| default.exists().then_some(default));
        let (table, file) = match file.map(|path| Ok((path, read(path)?))).transpose()? {
            Some((path, (table, text))) => (table, Some((path.to_owned(), Places::of(&text)))),
            None => (Table::new(), None),
        };
        let figment = Figment::from(Layer(DEFAULTS, defaults()))
            .merge(Layer(FILE, table))
            .merge(Env::prefixed(PREFIX).split("__"))
            .merge(Layer(FLAGS, flags));
        Ok(Self { figment, file })
    }

    /// What they come to, with every value in its range.
    pub(super) fn config(&self) -> Result<Config, ConfigError> {
        let config: Config = self.figment.extract().map_err(told)?;
        let mut faults = Faults::default();
        config.check(&mut faults);
        match faults.into_vec().into_iter().next() {
            Some(fault) => Err(ConfigError::Value(fault)),
            None => Ok(config),
        }
    }

    /// The values, tagged.
    pub(super) fn values(&self) -> Dict {
        let profiles = self.figment.data().ok();
        profiles.and_then(|mut profiles| profiles.remove(&Profile::Default)).unwrap_or_default()
    }

    pub(super) fn origin(&self, tag: Tag) -> Origin {
        match self.figment.get_metadata(tag).map(|metadata| metadata.name.as_ref()) {
            None | Some(DEFAULTS) => Origin::Default,
            Some(FILE) => Origin::File,
            Some(FLAGS) => Origin::Flag,
            Some(_) => Origin::Variable,
        }
    }
}

fn defaults() -> Table {
    Table::try_from(Config::default()).expect("the defaults are plain TOML")
}

/// A variable's or a flag's fault: the file's own are found before.
fn told(error: figment::Error) -> ConfigError {
    let path = error.path.join(".");
    let is_variable = error.metadata.as_ref().is_some_and(|metadata| metadata.name.contains(PREFIX));
    let variable = |path: &str| format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"));
    let said = match &error.kind {
        Kind::UnknownField(key, known) => {
            // The path ends with the key or with its table.
            let table = path.strip_suffix(key.as_str()).map_or(path.as_str(), |table| table.trim_end_matches('.'));
            let whole = if table.is_empty() { key.clone() } else { format!("{table}.{key}") };
            return ConfigError::Layer(format!("{}: {}", variable(&whole), unknown_key(table, key, known)));
        }
        Kind::UnknownVariant(word, known) => unknown_word(word, known.iter().copied()),
        kind => without_values(&kind.to_string()),
    };
    ConfigError::Layer(match (path.is_empty(), is_variable) {
        (true, _) => said,
        (false, true) => format!("{}: {said}", variable(&path)),
        (false, false) => format!("{path}: {said}"),
    })
}

/// Loads the configuration. `file` must exist when it is given; `flags` hold what the command line said.
pub fn load(file: Option<&Path>, flags: Table) -> Result<Config, ConfigError> {
    Layers::read(file, flags)?.config()
}

/// A configuration by this text alone, its ranges unchecked. Nothing when it cannot be read.
pub(super) fn from_text(text: &str, folder: &Path) -> Option<Config> {
    let mut table: Table = text.parse().unwrap_or_default();
    resolve_files(&mut table, folder);
    Figment::from(Layer(DEFAULTS, defaults())).merge(Layer(FILE, table)).extract().ok()
}

/// Every fault of a file.
pub fn check(path: &Path) -> Result<Vec<Fault>, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.into(), error })?;
    Ok(faults_of(&text, path.parent().unwrap_or(Path::new(""))))
}

/// The file's values, and its text.
fn read(path: &Path) -> Result<(Table, String), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.into(), error })?;
    // Once against the structs, where the parser still knows line and key; the layers are merged as plain tables.
    let fault = |error: toml::de::Error| {
        let (line, message) = toml_fault(&text, &error);
        ConfigError::File { path: path.into(), line, message }
    };
    toml::from_str::<Config>(&text).map_err(fault)?;
    let mut table = text.parse().map_err(fault)?;
    resolve_files(&mut table, path.parent().unwrap_or(Path::new("")));
    Ok((table, text))
}

/// Line, counted from 1, and message of a fault in `text`, on one line.
pub fn toml_fault(text: &str, error: &toml::de::Error) -> (usize, String) {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    (line, reworded(error.message(), text, start).replace('\n', " "))
}

/// Files stand beside the configuration that names them, wherever the process was started.
fn resolve_files(table: &mut Table, folder: &Path) {
    let solvers = table.get_mut("solver").and_then(Value::as_table_mut);
    for (_, solver) in solvers.into_iter().flatten() {
        for key in ["rules", "key_file", "schema"] {
            resolve(solver.get_mut(key), folder);
        }
        for (_, header) in solver.get_mut("headers").and_then(Value::as_table_mut).into_iter().flatten() {
            resolve(header.get_mut("key_file"), folder);
        }
    }
    let embedder = table.get_mut("cache").and_then(|cache| cache.get_mut("embedder"));
    resolve(embedder.and_then(|embedder| embedder.get_mut("key_file")), folder);
    resolve(table.get_mut("wallet").and_then(|wallet| wallet.get_mut("password_file")), folder);
    resolve(table.get_mut("alerts").and_then(|alerts| alerts.get_mut("webhook_file")), folder);
    resolve(table.get_mut("log").and_then(|log| log.get_mut("folder")), folder);
    let log_files = table.get_mut("log").and_then(|log| log.get_mut("files"));
    for file in log_files.and_then(Value::as_array_mut).into_iter().flatten() {
        resolve(Some(file), folder);
    }
    for synapse in table.get_mut("synapse").and_then(Value::as_array_mut).into_iter().flatten() {
        resolve(synapse.get_mut("schema"), folder);
    }
}

fn resolve(file: Option<&mut Value>, folder: &Path) {
    if let Some(Value::String(file)) = file
        && !file.starts_with("builtin:")
    {
        *file = folder.join(&*file).to_string_lossy().into_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Network;

    fn from_file(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        std::fs::write(&path, text).expect("written");
        load(Some(&path), Table::new())
    }

    #[test]
    fn without_any_layer_the_defaults_of_the_design_hold() {
        let config = from_file("").expect("an empty file is fine");
        assert_eq!(config, Config::default());
        assert_eq!((config.axon.port, config.cache.entries, config.tuner.interval_s), (8_091, 500, 300));
        assert_eq!(config.api.bind.to_string(), "127.0.0.1:8080");
    }

    #[test]
    fn flags_beat_the_file_key_by_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        std::fs::write(&path, "netuid = 7\n[axon]\nport = 9000\nmax_inflight = 5\n").expect("written");
        let flags: Table = "[axon]\nport = 9001\n[subtensor]\nnetwork = \"offline\"".parse().expect("TOML");
        let config = load(Some(&path), flags).expect("good");
        assert_eq!((config.netuid, config.axon.port, config.axon.max_inflight), (7, 9_001, 5));
        assert_eq!(config.subtensor.network(), Network::Offline);
    }

    #[test]
    fn a_fault_names_file_line_and_key() {
        for (text, line, word) in [
            ("netuid = 1\n[axon]\nprot = 1\n", 3, "prot"),
            ("netuid = 1\n[axon]\nport = \"high\"\n", 3, "u16"),
            ("netuid = 1\n[axon\n", 2, "]"),
            ("[subtensor]\nnetwork = \"nakamoto\"\n", 2, "nakamoto"),
        ] {
            let error = from_file(text).expect_err(text).to_string();
            assert!(error.contains(&format!("lode.toml, line {line}")) && error.contains(word), "{error}");
            assert!(!error.contains('\n'), "one sentence: {error}");
        }
    }

    #[test]
    fn a_value_out_of_range_names_the_range() {
        let error = from_file("[cache]\nentries = 0\n").expect_err("no entries").to_string();
        assert!(error.contains("cache.entries") && error.contains("1 to 10000000"), "{error}");
    }

    #[test]
    fn files_are_sought_beside_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        let text = "[solver.a]\nkind = \"rules\"\nrules = \"mine.toml\"\n[solver.b]\nkind = \"rules\"\nrules = \"builtin:web\"\n\
                    [solver.c]\nkind = \"openai\"\nurl = \"\"\nmodel = \"\"\nkey_file = \"key\"\n\
                    [log]\nfiles = [\"solver.log\", \"/var/log/other.log\"]";
        std::fs::write(&path, text).expect("written");
        let config = load(Some(&path), Table::new()).expect("good");
        let mine = folder.path().join("mine.toml").to_string_lossy().into_owned();
        assert_eq!(config.solver["a"], super::super::SolverConfig::Rules { rules: mine });
        assert_eq!(config.solver["b"], super::super::SolverConfig::Rules { rules: "builtin:web".into() });
        let super::super::SolverConfig::Openai(model) = &config.solver["c"] else { panic!("{:?}", config.solver) };
        assert_eq!(model.key_file.as_deref(), Some(folder.path().join("key").as_path()));
        assert_eq!(config.log.files, [folder.path().join("solver.log"), "/var/log/other.log".into()]);
    }

    #[test]
    fn a_missing_file_names_the_flag() {
        let error = load(Some(Path::new("/nonexistent.toml")), Table::new()).expect_err("missing").to_string();
        assert!(error.contains("--config"), "{error}");
    }
}
