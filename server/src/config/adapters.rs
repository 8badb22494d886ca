//! The adapters made from synapses and solvers as configured.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::nearest::hint;
use super::presets::preset;
use super::solver::build_solvers;
use super::synapse::{SchemaConfig, ScopeConfig, SynapseConfig, max_body_bytes};
use super::{ApiConfig, Config, ConfigError, SolverConfig};
use crate::agent::{Adapter, Asks, Feedback, HashField, Part, PromptSource, ScopeField};
use crate::axon::{ALL_BODIES_BYTES, Adapters};
use crate::domain::{Answer, Comparison, Schema, Template};
use crate::ports::Solver;
use crate::solver::Meters;

/// The actions of web agents' plans.
const BUILTIN_SCHEMA: (&str, &str) = ("builtin:web-actions", include_str!("../../presets/web-actions.schema.json"));

/// The synapse that every axon answers: the protocol's ping.
const PING: &str = "Synapse";

/// Makes every adapter of `config`: presets first, own ones over them, and the ping. Beside them every solver, which goes on
/// counting from the one of its name in `before`.
pub fn build_adapters(config: &Config, before: &Meters) -> Result<(Adapters, Meters), ConfigError> {
    let (adapters, solvers, faults) = assemble(config, before);
    match faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok((adapters, solvers)),
    }
}

/// What keeps synapses and solvers from being made.
pub(super) fn faults(config: &Config) -> Vec<String> {
    assemble(config, &Meters::new()).2.iter().map(ConfigError::to_string).collect()
}

/// Where solvers ask, by their names; presets' too.
pub fn solver_urls(config: &Config) -> Vec<(String, Url)> {
    let presets = config.presets.iter().filter_map(|name| preset(name).ok()).flat_map(|preset| preset.solver);
    let solvers: BTreeMap<_, _> = presets.chain(config.solver.clone()).collect();
    let url = |solver: &SolverConfig| match solver {
        SolverConfig::Http(http) => Some(http.url.clone()),
        SolverConfig::Openai(model) => model.url.parse().ok(),
        SolverConfig::Rules { .. } | SolverConfig::Failover(_) | SolverConfig::Hedge(_) | SolverConfig::Race(_) => None,
    };
    solvers.into_iter().filter_map(|(name, solver)| Some((name, url(&solver)?))).collect()
}

/// What can be made, and why the rest cannot.
fn assemble(config: &Config, before: &Meters) -> (Adapters, Meters, Vec<ConfigError>) {
    let mut faults = Vec::new();
    let mut synapses: BTreeMap<String, SynapseConfig> = BTreeMap::new();
    let mut configs: BTreeMap<String, SolverConfig> = BTreeMap::new();
    for name in &config.presets {
        match preset(name) {
            Ok(preset) => {
                synapses.extend(preset.synapse.into_iter().map(|synapse| (synapse.name.clone(), synapse)));
                configs.extend(preset.solver);
            }
            Err(fault) => faults.push(fault),
        }
    }
    for (at, synapse) in config.synapse.iter().enumerate() {
        if config.synapse[..at].iter().any(|earlier| earlier.name == synapse.name) {
            faults.push(ConfigError::Value(format!("synapse {}: there are two of this name", synapse.name)));
        }
        synapses.insert(synapse.name.clone(), synapse.clone());
    }
    configs.extend(config.solver.clone());
    let names: Vec<_> = configs.keys().cloned().collect();
    let (solvers, faulty) = build_solvers(&configs, before);
    faults.extend(faulty);
    let joins = feedback_joins(&synapses).unwrap_or_else(|fault| {
        faults.push(fault);
        BTreeMap::new()
    });
    let mut adapters = Adapters::default();
    adapters.by_name.insert(PING.to_owned(), Arc::new(fixed(PING)));
    for (name, synapse) in synapses {
        // Its solver's fault is told already.
        if synapse.solver.as_ref().is_some_and(|solver| names.contains(solver) && !solvers.contains_key(solver)) {
            continue;
        }
        let route = synapse.route.clone().unwrap_or_else(|| format!("/{name}"));
        let fault = |what: &str| ConfigError::Value(format!("synapse {name}: route `{route}` {what}"));
        if !route.starts_with('/') || route.contains(['?', '#']) {
            faults.push(fault("must be a path that begins with / and has no query"));
        }
        match build_adapter(synapse, &solvers, joins.get(&name).cloned()) {
            Ok(adapter) => {
                let adapter = Arc::new(adapter);
                adapters.by_name.insert(name.clone(), Arc::clone(&adapter));
                if adapters.by_route.insert(route.clone(), adapter).is_some() {
                    faults.push(fault("belongs to another synapse already"));
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    let asks = |name: &str| adapters.by_name.get(name).and_then(|adapter| adapter.asks.as_ref());
    let is_default = config.api.solve_synapse == ApiConfig::default().solve_synapse;
    for (key, name) in [("solve_synapse", &config.api.solve_synapse), ("chat_synapse", &config.api.chat_synapse)] {
        let Some(name) = name else { continue };
        match asks(name) {
            None if key == "solve_synapse" && is_default => {}
            None => {
                let asking = adapters.by_name.iter().filter(|(_, adapter)| adapter.asks.is_some());
                let hint = hint(name, asking.map(|(name, _)| name.as_str()));
                faults.push(ConfigError::Value(format!(
                    "api.{key} is {name}; no synapse of this name asks a question; {hint}"
                )))
            }
            Some(asks) if key == "chat_synapse" && matches!(asks.prompt, PromptSource::Template(_)) => {
                faults.push(ConfigError::Value(format!("api.{key} is {name}, whose prompt is no chat")));
            }
            Some(_) => {}
        }
    }
    (adapters, solvers, faults)
}

fn fixed(name: &str) -> Adapter {
    Adapter {
        name: name.into(),
        asks: None,
        feedback: None,
        reply: Map::new(),
        hash_fields: Vec::new(),
        max_body_bytes: max_body_bytes(),
    }
}

/// By synapse: the fields by which feedback on it finds the task.
fn feedback_joins(synapses: &BTreeMap<String, SynapseConfig>) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let mut joins = BTreeMap::new();
    for (name, synapse) in synapses {
        let Some(feedback) = &synapse.feedback else { continue };
        let fault = |what: String| Err(ConfigError::Value(format!("synapse {name}: feedback: {what}")));
        match synapses.get(&feedback.of) {
            Some(of) if of.prompt.is_some() => {}
            Some(_) => return fault(format!("{} asks no question", feedback.of)),
            None => {
                let hint = hint(&feedback.of, synapses.keys().map(String::as_str));
                return fault(format!("there is no synapse `{}`; {hint}", feedback.of));
            }
        }
        let fields: Vec<_> = feedback.join.keys().cloned().collect();
        match joins.insert(feedback.of.clone(), fields.clone()) {
            Some(others) if others != fields => {
                return fault(format!("another synapse joins {} by other fields", feedback.of));
            }
            _ => {}
        }
    }
    Ok(joins)
}

fn build_adapter(config: SynapseConfig, solvers: &Meters, join: Option<Vec<String>>) -> Result<Adapter, ConfigError> {
    let name = config.name.clone();
    let fault = |what: String| ConfigError::Value(format!("synapse {name}: {what}"));
    let asks = match &config.prompt {
        None if config.solver.is_some() => return Err(fault("it has a solver but no prompt field".into())),
        Some(_) if config.feedback.is_some() => {
            return Err(fault("it asks a question, so it cannot be feedback on another".into()));
        }
        None => None,
        Some(prompt) => Some(Arc::new(build_asks(&config, prompt, solvers, join).map_err(fault)?)),
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
    let feedback = config.feedback.map(|feedback| Feedback {
        of: feedback.of,
        prompt: feedback.prompt,
        join: feedback.join.into_values().collect(),
        score: feedback.score,
        right_from: feedback.right_from,
    });
    let max_body_bytes = config.max_body_bytes;
    Ok(Adapter { name: config.name.into(), asks, feedback, reply, hash_fields, max_body_bytes })
}

fn build_asks(
    config: &SynapseConfig,
    prompt: &str,
    solvers: &Meters,
    join: Option<Vec<String>>,
) -> Result<Asks, String> {
    let known = solvers.keys().map(String::as_str);
    let name = config.solver.as_ref().ok_or_else(|| format!("solver: it needs one; {}", hint("", known.clone())))?;
    let solver = solvers.get(name).ok_or_else(|| format!("solver: there is no `{name}`; {}", hint(name, known)))?;
    if config.answer.is_empty() {
        return Err("it needs at least one answer field".into());
    }
    if !(0.1..=600.0).contains(&config.timeout_s) {
        return Err(format!("timeout_s is {}; it must be 0.1 to 600", config.timeout_s));
    }
    if !(0.0..=2.0).contains(&config.fallback_chance) {
        return Err(format!("fallback_chance is {}; it must be 0 to 1, or 2 for never", config.fallback_chance));
    }
    if let Comparison::Text(share) = config.compare
        && !(0.0..=1.0).contains(&share)
    {
        return Err(format!("compare.text is {share}; it must be 0 to 1"));
    }
    let fallback =
        config.fallback.clone().map(json_object).transpose().map_err(|error| format!("fallback: {error}"))?;
    let prompt = match &config.roles {
        Some(roles) => PromptSource::Chat { messages: prompt.to_owned(), roles: roles.clone() },
        None if prompt.contains(['{', '}']) => {
            let template = Template::parse(prompt);
            if template.has_stray_brace() {
                return Err(format!(
                    "prompt `{prompt}` has a brace without a slot; write {{field}} or {{/json/pointer}}"
                ));
            }
            PromptSource::Template(template)
        }
        None => PromptSource::Field(prompt.to_owned()),
    };
    let asks = Asks {
        prompt,
        scope: config.scope.iter().map(ScopeConfig::field).collect(),
        answer: config.answer.clone(),
        schema: config
            .schema
            .as_ref()
            .map(SchemaConfig::read)
            .transpose()
            .map_err(|fault| format!("schema: {fault}"))?,
        compare: config.compare,
        fallback: fallback.map(|fields| Arc::new(Answer::new(&fields, 0, "fallback".into()))),
        fallback_chance: config.fallback_chance,
        join,
        cache: config.cache,
        stream: config.stream,
        timeout: Duration::from_secs_f64(config.timeout_s),
        solver: Arc::clone(solver) as Arc<dyn Solver>,
        solver_name: name.as_str().into(),
    };
    if let Some(fallback) = &asks.fallback {
        asks.check(&fallback.fields()).map_err(|fault| format!("fallback: {fault}"))?;
    }
    Ok(asks)
}

impl SchemaConfig {
    fn read(&self) -> Result<Arc<Schema>, String> {
        let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("no JSON: {error}"));
        let schema = match self {
            Self::Name(name) if name == BUILTIN_SCHEMA.0 => parse(BUILTIN_SCHEMA.1)?,
            Self::Name(file) => {
                parse(&std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?)?
            }
            Self::Table(table) => Value::Object(json_object(table.clone()).map_err(|error| error.to_string())?),
        };
        Schema::parse(&schema).map(Arc::new)
    }
}

impl ScopeConfig {
    fn field(&self) -> ScopeField {
        match self {
            Self::Field(field) => ScopeField { field: field.clone(), part: Part::Whole },
            Self::Host { host } => ScopeField { field: host.clone(), part: Part::Host },
            Self::Query { query, of } => ScopeField { field: of.clone(), part: Part::Query(query.clone()) },
        }
    }
}

fn json_object(table: toml::Table) -> Result<Map<String, Value>, serde_json::Error> {
    match serde_json::to_value(table)? {
        Value::Object(map) => Ok(map),
        other => unreachable!("a TOML table is a JSON object, not {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::presets::PRESETS;
    use super::*;

    fn with(text: &str) -> Result<Adapters, ConfigError> {
        build_adapters(&toml::from_str(text).expect("TOML of the right shape"), &Meters::new())
            .map(|(adapters, _)| adapters)
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
            (
                "[[synapse]]\nname = \"T\"\nprompt = \"{a.b}\"\nanswer = [\"a\"]\nsolver = \"web\"",
                "a brace without a slot",
            ),
            ("[[synapse]]\nname = \"T\"\n[[synapse]]\nname = \"T\"", "two of this name"),
            ("[api]\nchat_synapse = \"Caht\"", "Caht"),
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
