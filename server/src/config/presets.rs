//! Presets: synapses and solvers to start from, inside the binary.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::nearest::hint;
use super::{Config, ConfigError, SolverConfig, SynapseConfig};

/// Presets inside the binary.
pub(super) const PRESETS: [(&str, &str); 5] = [
    ("sn36", include_str!("../../presets/sn36.toml")),
    ("sn36-2025", include_str!("../../presets/sn36-2025.toml")),
    ("prompt", include_str!("../../presets/prompt.toml")),
    ("echo", include_str!("../../presets/echo.toml")),
    ("chat", include_str!("../../presets/chat.toml")),
];

/// What a preset may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preset {
    #[serde(default)]
    pub(super) synapse: Vec<SynapseConfig>,
    #[serde(default)]
    pub(super) solver: BTreeMap<String, SolverConfig>,
}

/// A synapse or a solver of a preset.
pub(super) struct FromPreset {
    /// Of which.
    pub preset: String,
    /// Whole, with its defaults.
    pub table: toml::Table,
    /// As the preset has it.
    pub given: toml::Table,
}

/// By name.
pub(super) type Named = BTreeMap<String, FromPreset>;

/// What the presets add to what `config` has of its own: synapses, and solvers.
pub(super) fn from_presets(config: &Config) -> Result<(Named, Named), ConfigError> {
    let (mut synapses, mut solvers) = (Named::new(), Named::new());
    for preset_name in &config.presets {
        let Preset { synapse, solver } = preset(preset_name)?;
        let text = PRESETS.iter().find(|(known, _)| known == preset_name).map_or("", |(_, text)| text);
        let raw: toml::Table = toml::from_str(text).expect("it was read before");
        let whole = |table: Result<toml::Table, toml::ser::Error>, given: Option<&toml::Value>| FromPreset {
            preset: preset_name.clone(),
            table: table.expect("it was TOML before"),
            given: given.and_then(toml::Value::as_table).cloned().unwrap_or_default(),
        };
        for synapse in synapse {
            let named = |item: &&toml::Value| item.get("name").and_then(toml::Value::as_str) == Some(&synapse.name);
            let given = raw.get("synapse").and_then(toml::Value::as_array).into_iter().flatten().find(named);
            synapses.insert(synapse.name.clone(), whole(toml::Table::try_from(&synapse), given));
        }
        for (name, solver) in solver {
            let given = raw.get("solver").and_then(|solvers| solvers.get(&name));
            solvers.insert(name, whole(toml::Table::try_from(&solver), given));
        }
    }
    synapses.retain(|name, _| config.synapse.iter().all(|own| own.name != *name));
    solvers.retain(|name, _| !config.solver.contains_key(name));
    Ok((synapses, solvers))
}

/// The preset of this name.
pub(super) fn preset(name: &str) -> Result<Preset, ConfigError> {
    let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
        let hint = hint(name, PRESETS.map(|(known, _)| known));
        return Err(ConfigError::Value(format!("presets: there is no `{name}`; {hint}")));
    };
    toml::from_str(text).map_err(|error| ConfigError::Value(format!("preset {name}: {error}")))
}
