//! Solvers as configured, and what is made from them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::ConfigError;
use super::nearest::hint;
use super::openai::OpenAiConfig;
use crate::solver::{
    FailoverConfig, FailoverSolver, HedgeConfig, HedgeSolver, HttpConfig, HttpSolver, Meter, Meters, RaceConfig,
    RaceSolver, RulesSolver,
};

/// Rules inside the binary.
const BUILTIN_RULES: [(&str, &str); 2] = [
    ("builtin:web", include_str!("../../presets/web-rules.toml")),
    ("builtin:echo", include_str!("../../presets/echo-rules.toml")),
];

/// `[solver.<name>]`: who answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum SolverConfig {
    /// Patterns and templates from a TOML file, or `builtin:web`, `builtin:echo`.
    Rules {
        /// The file.
        rules: String,
    },
    /// A service that takes the task's fields as JSON and answers with the answer's.
    Http(HttpConfig),
    /// Other solvers, one after the other until one answers.
    Failover(FailoverConfig),
    /// Another solver, and a second one too when the first takes long.
    Hedge(HedgeConfig),
    /// Other solvers, all at once.
    Race(RaceConfig),
    /// A model behind an OpenAI-compatible chat API.
    Openai(Box<OpenAiConfig>),
}

impl SolverConfig {
    /// A service at `url`, with everything else as it is by default.
    pub fn http(url: Url) -> Self {
        Self::Http(HttpConfig::new(url))
    }

    /// The solvers that it asks.
    fn of(&self) -> &[String] {
        match self {
            Self::Rules { .. } | Self::Http(_) | Self::Openai(_) => &[],
            Self::Failover(config) => &config.of,
            Self::Hedge(config) => &config.of,
            Self::Race(config) => &config.of,
        }
    }
}

/// Makes every solver that can be made, those that others ask before these, and tells why others cannot.
pub(super) fn build_solvers(configs: &BTreeMap<String, SolverConfig>, before: &Meters) -> (Meters, Vec<ConfigError>) {
    let (mut built, mut faults) = (Meters::new(), Vec::<ConfigError>::new());
    for name in configs.keys() {
        if let Err(fault) = build_after_its_members(name, configs, before, &mut Vec::new(), &mut built)
            // What keeps a member from being made is told once.
            && faults.iter().all(|told| told.to_string() != fault.to_string())
        {
            faults.push(fault);
        }
    }
    for (name, meter) in &built {
        if let Some(before) = before.get(name) {
            meter.go_on_from(before);
        }
    }
    (built, faults)
}

/// `path` leads from the solver asked for to this one.
fn build_after_its_members<'a>(
    name: &'a str,
    configs: &'a BTreeMap<String, SolverConfig>,
    before: &Meters,
    path: &mut Vec<&'a str>,
    built: &mut Meters,
) -> Result<(), ConfigError> {
    if built.contains_key(name) {
        return Ok(());
    }
    let fault = |what: String| ConfigError::Value(format!("solver.{name}: {what}"));
    let begins = path.iter().position(|above| *above == name);
    path.push(name);
    if let Some(begins) = begins {
        return Err(fault(format!(
            "it would ask itself: {}; take one of them out of an `of`",
            path[begins..].join(" → ")
        )));
    }
    let config = &configs[name];
    for member in config.of() {
        if !configs.contains_key(member) {
            let hint = hint(member, configs.keys().map(String::as_str));
            return Err(fault(format!("of: there is no solver `{member}`; {hint}")));
        }
        build_after_its_members(member, configs, before, path, built)?;
    }
    let members = config.of().iter().map(|member| Arc::clone(&built[member])).collect();
    let meter = build_solver(name, config, members, before.get(name)).map_err(fault)?;
    built.insert(name.to_owned(), Arc::new(meter));
    path.pop();
    Ok(())
}

/// `before`: the one of that name that it takes the place of.
fn build_solver(
    name: &str,
    config: &SolverConfig,
    members: Vec<Arc<Meter>>,
    before: Option<&Arc<Meter>>,
) -> Result<Meter, String> {
    match config {
        SolverConfig::Rules { rules } => {
            let builtin = BUILTIN_RULES.iter().find(|(known, _)| known == rules).map(|(_, text)| (*text).to_owned());
            let text = match builtin {
                Some(text) => text,
                None => std::fs::read_to_string(PathBuf::from(rules))
                    .map_err(|error| format!("rules: cannot read {rules}: {error}"))?,
            };
            let solver = RulesSolver::new(&text).map_err(|error| format!("rules: {rules}, {error}"))?;
            Ok(Meter::new(name, "rules", solver))
        }
        SolverConfig::Http(config) => {
            Ok(Meter::new(name, "http", HttpSolver::new(config.clone(), rand::make_rng::<StdRng>())?))
        }
        SolverConfig::Openai(config) => {
            let purse = before.and_then(|before| before.purse()).cloned().unwrap_or_default();
            let solver = config.as_ref().clone().build(Arc::clone(&purse))?;
            Ok(Meter::new(name, "openai", solver).paying_from(purse))
        }
        SolverConfig::Failover(config) => {
            config.check()?;
            Ok(Meter::new(name, "failover", FailoverSolver::new(config, members)))
        }
        SolverConfig::Hedge(config) => {
            config.check()?;
            Ok(Meter::new(name, "hedge", HedgeSolver::new(config, members)))
        }
        SolverConfig::Race(config) => {
            config.check()?;
            Ok(Meter::new(name, "race", RaceSolver::new(members)))
        }
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::Circuit;

    use super::*;

    fn build(text: &str) -> Result<Meters, String> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let configs = toml::from_str(text).map_err(|error| error.to_string())?;
        let (built, faults) = build_solvers(&configs, &Meters::new());
        faults.first().map_or(Ok(built), |fault| Err(fault.to_string()))
    }

    const TWO: &str = "[a]\nkind = \"http\"\nurl = \"http://127.0.0.1:1/\"\n\
                       [b]\nkind = \"rules\"\nrules = \"builtin:echo\"\n";

    #[test]
    fn solvers_that_ask_others_are_made_after_them_whatever_their_names() {
        let text = format!(
            "{TWO}[_first]\nkind = \"failover\"\nof = [\"z\", \"a\", \"b\"]\n[y]\nkind = \"race\"\nof = [\"a\", \"b\"]\n\
             [z]\nkind = \"hedge\"\nof = [\"y\"]\n"
        );
        let built = build(&text).expect("good");
        let kinds: Vec<_> = built.values().map(|meter| (meter.view().name, meter.view().kind)).collect();
        let expected = [("_first", "failover"), ("a", "http"), ("b", "rules"), ("y", "race"), ("z", "hedge")];
        assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
        let circuits: Vec<_> = built.values().map(|meter| meter.view().circuit).collect();
        let closed = Some(Circuit::Closed);
        assert_eq!(circuits, [None, closed, closed, None, closed], "those that the failover asks have one");
    }

    #[test]
    fn what_was_spent_counts_on_when_the_configuration_is_read_again() {
        let text = "[m]\nkind = \"openai\"\nurl = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n";
        let before = build(text).expect("good");
        let configs = toml::from_str(text).expect("solvers");
        let (after, _) = build_solvers(&configs, &before);
        let purse = |meters: &Meters| Arc::clone(meters["m"].purse().expect("it pays"));
        assert!(Arc::ptr_eq(&purse(&before), &purse(&after)));
        assert!(!Arc::ptr_eq(&purse(&before), &purse(&build(text).expect("good"))), "another start");
    }

    #[test]
    fn a_name_that_stands_for_nothing_lists_those_that_do_and_a_circle_names_its_members() {
        let error = build(&format!("{TWO}[c]\nkind = \"failover\"\nof = [\"a\", \"d\"]")).err().expect("no d");
        assert_eq!(error, "solver.c: of: there is no solver `d`; there are a, b, c");
        let circle = "[v]\nkind = \"hedge\"\nof = [\"w\"]\n[w]\nkind = \"race\"\nof = [\"a\", \"x\"]\n\
                      [x]\nkind = \"failover\"\nof = [\"b\", \"w\"]\n";
        let error = build(&format!("{TWO}{circle}")).err().expect("a circle");
        assert!(error.starts_with("solver.w: ") && error.contains("w → x → w;"), "{error}");
        let error = build("[a]\nkind = \"hedge\"\nof = [\"a\"]").err().expect("itself");
        assert!(error.contains("a → a;"), "{error}");
    }

    #[test]
    fn values_out_of_range_name_field_and_range() {
        for (text, word) in [
            ("kind = \"failover\"\nof = []", "of has 0 names; it must have 1 to 8"),
            ("kind = \"failover\"\nof = [\"a\", \"a\"]", "of has `a` twice"),
            ("kind = \"failover\"\nof = [\"a\"]\nfailures = 0", "failures is 0; it must be 1 to 100"),
            ("kind = \"failover\"\nof = [\"a\"]\nopen_s = 3601", "open_s is 3601; it must be 1 to 3600"),
            ("kind = \"failover\"\nof = [\"a\"]\nshare = 1.0", "share is 1; it must be 0.1 to 0.9"),
            ("kind = \"failover\"\nof = [\"a\"]\nshares = 0.5", "unknown field `shares`"),
            ("kind = \"race\"\nof = [\"a\"]", "of has 1 names; it must have 2 to 8"),
            ("kind = \"hedge\"\nof = [\"a\"]\nmax_pct = 101", "max_pct is 101; it must be 1 to 100"),
            ("kind = \"hedge\"\nof = [\"a\"]\nafter_max_ms = 40", "after_max_ms is 40; it must be 50 to 600000"),
            ("kind = \"http\"\nurl = \"http://a/\"\nretries = 4", "retries is 4; it must be 0 to 3"),
            ("kind = \"http\"\nurl = \"http://a/\"\nretry = 1", "unknown field `retry`"),
            ("kind = \"http\"\nurl = \"http://a/\"\nheaders = { x = 4 }", "a header is a text, or { key_file"),
            (
                "kind = \"http\"\nurl = \"http://a/\"\nheaders = { x = { key_file = \"/nonexistent\" } }",
                "headers.x.key_file: cannot read /nonexistent",
            ),
            ("kind = \"http\"\nurl = \"http://a/\"\nheaders = { content-type = \"a\" }", "leave it out"),
            ("kind = \"http\"\nurl = \"http://a/\"\nreceive = { x = \"y\" }", "receive.x is `y`"),
            ("kind = \"http\"\nurl = \"http://a/\"\nsend = {}", "send has no fields"),
        ] {
            let error = build(&format!("{TWO}[mine]\n{text}")).err().expect(text);
            assert!(error.contains(word), "{error}");
        }
    }
}
