//! What differs between two configurations.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Config;
use super::secret::{REDACTED, redact_json};

/// Sections and keys that may change while the miner runs.
const LIVE: [&str; 12] = [
    "presets",
    "synapse",
    "solver",
    "axon.callers",
    "axon.min_stake_alpha",
    "axon.allow",
    "axon.deny",
    "subtensor.max_age_s",
    "api.solve_synapse",
    "api.chat_synapse",
    "tuner.limits",
    "tuner.targets",
];

/// One key whose value differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key, with its sections: `axon.deny`.
    pub key: String,
    /// What it was, as JSON; `nothing` when it was not there.
    pub old: String,
    /// What it is.
    pub new: String,
    /// Whether it takes effect while the miner runs.
    pub is_live: bool,
}

/// What is in force: every value by its dotted key.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce(BTreeMap<String, Value>);

impl InForce {
    /// All of a configuration.
    pub fn of(config: &Config) -> Self {
        Self(flat(config))
    }

    /// Takes over what may change while the miner runs; tells every key whose value differs, by name. What may hold a secret,
    /// as a URL with a password or a header, is redacted.
    pub fn take_over(&mut self, new: &Config) -> Vec<Change> {
        let new = flat(new);
        let changes = changes(self.0.clone(), new.clone());
        self.0.retain(|key, _| !is_live(key));
        self.0.extend(new.into_iter().filter(|(key, _)| is_live(key)));
        changes
    }
}

fn is_live(key: &str) -> bool {
    LIVE.iter().any(|live| key.strip_prefix(live).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn changes(mut old: BTreeMap<String, Value>, mut new: BTreeMap<String, Value>) -> Vec<Change> {
    let mut keys: Vec<_> = old.keys().chain(new.keys()).cloned().collect();
    keys.sort_unstable();
    keys.dedup();
    let mut take = |key: String| {
        let (old, new) = (old.remove(&key), new.remove(&key));
        let is_live = is_live(&key);
        (old != new).then(|| Change { old: shown(&key, old), new: shown(&key, new), key, is_live })
    };
    keys.into_iter().filter_map(&mut take).collect()
}

/// A value as the log may have it.
fn shown(key: &str, value: Option<Value>) -> String {
    let Some(mut value) = value else { return "nothing".to_owned() };
    // A header may be a key; one that names a file or a variable is shown.
    let is_header = key.starts_with("solver.") && key.contains(".headers.");
    let names_it = [".key_file", ".key_env"].iter().any(|end| key.ends_with(end));
    if is_header && !names_it {
        value = REDACTED.into()
    } else {
        redact_json(&mut value)
    }
    value.to_string()
}

/// Values by their dotted keys.
fn flat(config: &impl Serialize) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    lay(&mut flat, String::new(), serde_json::to_value(config).expect("plain data serialises"));
    flat
}

fn lay(flat: &mut BTreeMap<String, Value>, key: String, value: Value) {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(fields) => fields.into_iter().for_each(|(name, value)| lay(flat, below(&name), value)),
        // Synapses have names; other lists are shown whole.
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.into_iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
                lay(flat, below(&name), item);
            }
        }
        Value::Null => {}
        value => _ = flat.insert(key, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).expect("TOML of the right shape")
    }

    #[test]
    fn what_differs_is_told_by_key_with_what_takes_effect_at_once() {
        let old = config("netuid = 1\n[axon]\ndeny = []\n[[synapse]]\nname = \"A\"\ntimeout_s = 3\n");
        let new = config("netuid = 2\n[axon]\ndeny = [\"5x\"]\n[[synapse]]\nname = \"A\"\ntimeout_s = 4\n");
        let told: Vec<_> = InForce::of(&old)
            .take_over(&new)
            .into_iter()
            .map(|change| (change.key, change.old, change.new, change.is_live))
            .collect();
        let row = |key: &str, old: &str, new: &str, is_live| (key.to_owned(), old.to_owned(), new.to_owned(), is_live);
        assert_eq!(
            told,
            [
                row("axon.deny", "[]", "[\"5x\"]", true),
                row("netuid", "1", "2", false),
                row("synapse.A.timeout_s", "3.0", "4.0", true),
            ]
        );
    }

    #[test]
    fn the_same_configuration_differs_in_nothing() {
        assert_eq!(InForce::of(&Config::default()).take_over(&Config::default()), []);
    }

    #[test]
    fn what_waits_for_the_next_start_is_told_until_it_is_put_back() {
        let old = config("netuid = 1\n");
        let mut in_force = InForce::of(&old);
        let waiting = config("netuid = 2\n[axon]\nmin_stake_alpha = 5.0\n");
        assert_eq!(in_force.take_over(&waiting).len(), 2);
        let again: Vec<_> = in_force.take_over(&waiting).into_iter().map(|change| change.key).collect();
        assert_eq!(again, ["netuid"]);
        let back = config("netuid = 1\n[axon]\nmin_stake_alpha = 5.0\n");
        assert_eq!(in_force.take_over(&back), []);
    }
}
