//! Synapses as configured, and the adapters made from them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::solver::{Solvers, build_solvers};
use super::{Config, ConfigError, SolverConfig};
use crate::agent::{Adapter, Asks, HashField};
use crate::axon::{ALL_BODIES_BYTES, Adapters};

/// Presets inside the binary.
const PRESETS: [(&str, &str); 4] = [
    ("sn36", include_str!("../../presets/sn36.toml")),
    ("sn36-2025", include_str!("../../presets/sn36-2025.toml")),
    ("prompt", include_str!("../../presets/prompt.toml")),
    ("echo", include_str!("../../presets/echo.toml")),
];
/// The synapse that every axon answers: the protocol's ping.
const PING: &str = "Synapse";

/// `[[synapse]]`: one class that validators send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynapseConfig {
    /// The class name, case-sensitive.
    pub name: String,
    /// The path under which signed HTTP requests (SDK 11) ask for it. Absent: its name, as for a dendrite.
    pub route: Option<String>,
    /// The field that holds the question. Absent: the answer is `reply` alone.
    pub prompt: Option<String>,
    /// Fields that the answer depends on beside the prompt (URL, seed, roles). Requests that differ in one never share
    /// an answer.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Fields that an answer must set, none of them empty.
    #[serde(default)]
    pub answer: Vec<String>,
    /// Who answers: a name from `[solver.<name>]`.
    pub solver: Option<String>,
    /// Whether answers may be given again.
    #[serde(default = "yes")]
    pub cache: bool,
    /// Whether the first answer field is streamed as raw text (the SDK's `StreamingSynapse`).
    #[serde(default)]
    pub stream: bool,
    /// The longest that its solver may take, seconds, 0.1 to 600.
    #[serde(default = "task_timeout_s")]
    pub timeout_s: f64,
    /// Largest body, bytes; `axon.max_body_bytes` bounds it too.
    #[serde(default = "max_body_bytes")]
    pub max_body_bytes: usize,
    /// Fields set in every answer.
    #[serde(default)]
    pub reply: toml::Table,
    /// The class's `required_hash_fields`, in order.
    #[serde(default)]
    pub hash_fields: Vec<String>,
    /// Their declared types where it matters: `float`, `int`, `list[float]`, `dict[str, float]`, …
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Their defaults, for requests that leave them out.
    #[serde(default)]
    pub defaults: toml::Table,
}

fn yes() -> bool {
    true
}

fn max_body_bytes() -> usize {
    1024 * 1024
}

fn task_timeout_s() -> f64 {
    20.0
}

/// What a preset may hold.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preset {
    #[serde(default)]
    synapse: Vec<SynapseConfig>,
    #[serde(default)]
    solver: BTreeMap<String, SolverConfig>,
}

/// Makes every adapter of `config`: presets first, own ones over them, and the ping.
pub fn build_adapters(config: &Config) -> Result<Adapters, ConfigError> {
    let mut synapses: BTreeMap<String, SynapseConfig> = BTreeMap::new();
    let mut solvers: BTreeMap<String, SolverConfig> = BTreeMap::new();
    for name in &config.presets {
        let preset = preset(name)?;
        synapses.extend(preset.synapse.into_iter().map(|synapse| (synapse.name.clone(), synapse)));
        solvers.extend(preset.solver);
    }
    synapses.extend(config.synapse.iter().map(|synapse| (synapse.name.clone(), synapse.clone())));
    solvers.extend(config.solver.clone());
    let solvers = build_solvers(solvers)?;
    let mut adapters = Adapters::default();
    adapters.by_name.insert(PING.to_owned(), Arc::new(fixed(PING)));
    for (name, synapse) in synapses {
        let route = synapse.route.clone().unwrap_or_else(|| format!("/{name}"));
        let fault = |what: &str| ConfigError::Value(format!("synapse {name}: route `{route}` {what}"));
        if !route.starts_with('/') || route.contains(['?', '#']) {
            return Err(fault("must be a path that begins with / and has no query"));
        }
        let adapter = Arc::new(build_adapter(synapse, &solvers)?);
        adapters.by_name.insert(name.clone(), Arc::clone(&adapter));
        if adapters.by_route.insert(route.clone(), adapter).is_some() {
            return Err(fault("belongs to another synapse already"));
        }
    }
    Ok(adapters)
}

fn fixed(name: &str) -> Adapter {
    Adapter {
        name: name.into(),
        asks: None,
        reply: Map::new(),
        hash_fields: Vec::new(),
        max_body_bytes: max_body_bytes(),
    }
}

fn preset(name: &str) -> Result<Preset, ConfigError> {
    let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) else {
        let known = PRESETS.map(|(known, _)| known).join(", ");
        return Err(ConfigError::Value(format!("presets: there is no `{name}`; there are {known}")));
    };
    toml::from_str(text).map_err(|error| ConfigError::Value(format!("preset {name}: {error}")))
}

fn build_adapter(config: SynapseConfig, solvers: &Solvers) -> Result<Adapter, ConfigError> {
    let name = config.name.clone();
    let fault = |what: String| ConfigError::Value(format!("synapse {name}: {what}"));
    let asks = match &config.prompt {
        None if config.solver.is_some() => return Err(fault("it has a solver but no prompt field".into())),
        None => None,
        Some(prompt) => Some(Arc::new(build_asks(&config, prompt, solvers).map_err(fault)?)),
    };
    if !(1..=ALL_BODIES_BYTES).contains(&config.max_body_bytes) {
        return Err(fault(format!("max_body_bytes is {}; it must be 1 to {ALL_BODIES_BYTES}", config.max_body_bytes)));
    }
    let reply = json_object(config.reply.clone()).map_err(|error| fault(format!("reply: {error}")))?;
    let defaults = json_object(config.defaults.clone()).map_err(|error| fault(format!("defaults: {error}")))?;
    let described = config.types.keys().chain(defaults.keys());
    if let Some(name) = described.into_iter().find(|name| !config.hash_fields.contains(name)) {
        return Err(fault(format!("types and defaults describe hash_fields, and `{name}` is none")));
    }
    let hash_fields = config
        .hash_fields
        .iter()
        .map(|field| {
            let kind = config.types.get(field).map(|kind| kind.parse()).transpose();
            Ok(HashField {
                name: field.clone(),
                kind: kind.map_err(|error| fault(format!("types.{field}: {error}")))?.unwrap_or_default(),
                default: defaults.get(field).cloned().unwrap_or(Value::Null),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Adapter { name: config.name.into(), asks, reply, hash_fields, max_body_bytes: config.max_body_bytes })
}

fn build_asks(config: &SynapseConfig, prompt: &str, solvers: &Solvers) -> Result<Asks, String> {
    let known = || solvers.keys().cloned().collect::<Vec<_>>().join(", ");
    let name = config.solver.as_ref().ok_or_else(|| format!("it needs a solver; there are {}", known()))?;
    let solver = solvers.get(name).ok_or_else(|| format!("there is no solver `{name}`; there are {}", known()))?;
    if config.answer.is_empty() {
        return Err("it needs at least one answer field".into());
    }
    if !(0.1..=600.0).contains(&config.timeout_s) {
        return Err(format!("timeout_s is {}; it must be 0.1 to 600", config.timeout_s));
    }
    Ok(Asks {
        prompt: prompt.to_owned(),
        scope: config.scope.clone(),
        answer: config.answer.clone(),
        cache: config.cache,
        stream: config.stream,
        timeout: Duration::from_secs_f64(config.timeout_s),
        solver: Arc::clone(solver),
        solver_name: name.as_str().into(),
    })
}

fn json_object(table: toml::Table) -> Result<Map<String, Value>, serde_json::Error> {
    match serde_json::to_value(table)? {
        Value::Object(map) => Ok(map),
        other => unreachable!("a TOML table is a JSON object, not {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<Adapters, ConfigError> {
        build_adapters(&toml::from_str(text).expect("TOML of the right shape"))
    }

    #[test]
    fn every_preset_builds() {
        let adapters = with("").expect("the defaults");
        for name in ["Synapse", "TaskSynapse", "StartRoundSynapse", "PromptSynapse"] {
            assert!(adapters.by_name.contains_key(name), "{name}");
        }
        for (name, _) in PRESETS {
            preset(name).expect(name);
        }
    }

    #[test]
    fn todays_preset_answers_the_handshake_alone() {
        let adapters = with("presets = [\"sn36\", \"echo\"]").expect("good");
        let names: Vec<&str> = adapters.by_name.keys().map(String::as_str).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        let reply = &adapters.by_name["StartRoundSynapse"].reply;
        assert!(["agent_name", "github_url", "agent_image"].iter().all(|field| reply.contains_key(*field)));
        assert!(adapters.by_name["EchoSynapse"].asks.is_some());
    }

    #[test]
    fn an_own_synapse_replaces_the_presets_one() {
        let adapters =
            with("[[synapse]]\nname = \"StartRoundSynapse\"\nreply = { agent_name = \"me\" }").expect("good");
        assert_eq!(adapters.by_name["StartRoundSynapse"].reply["agent_name"], "me");
    }

    #[test]
    fn a_name_that_stands_for_nothing_lists_those_that_do() {
        for (text, word) in [
            ("presets = [\"sn1\"]", "sn36-2025"),
            ("[[synapse]]\nname = \"T\"\nprompt = \"p\"\nanswer = [\"a\"]\nsolver = \"wbe\"", "web"),
            ("[[synapse]]\nname = \"T\"\nhash_fields = [\"t\"]\ntypes = { t = \"flaot\" }", "flaot"),
            ("[[synapse]]\nname = \"T\"\nhash_fields = [\"t\"]\ntypes = { u = \"float\" }", "`u`"),
            ("[[synapse]]\nname = \"T\"\nmax_body_bytes = 0", "max_body_bytes is 0"),
            ("[[synapse]]\nname = \"T\"\nroute = \"v1/t\"", "begins with /"),
            ("[[synapse]]\nname = \"T\"\nroute = \"/TaskSynapse\"", "another synapse"),
            ("[solver.mine]\nkind = \"rules\"\nrules = \"/nonexistent.toml\"", "/nonexistent.toml"),
        ] {
            let error = with(text).err().expect(text).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
