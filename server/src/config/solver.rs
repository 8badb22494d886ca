//! Solvers as configured, and what is made from them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use super::ConfigError;
use super::openai::OpenAiConfig;
use crate::ports::Solver;
use crate::solver::{HttpSolver, RulesSolver};

/// Rules inside the binary.
const BUILTIN_RULES: [(&str, &str); 2] = [
    ("builtin:web", include_str!("../../presets/web-rules.toml")),
    ("builtin:echo", include_str!("../../presets/echo-rules.toml")),
];

/// `[solver.<name>]`: who answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum SolverConfig {
    /// Patterns and templates from a TOML file, or `builtin:web`, `builtin:echo`.
    Rules {
        /// The file.
        rules: String,
    },
    /// A service that takes the task's fields as JSON and answers with the answer's.
    Http {
        /// Where it listens.
        url: Url,
    },
    /// A model behind an OpenAI-compatible chat API.
    Openai(Box<OpenAiConfig>),
}

/// Every solver by its name.
pub(super) type Solvers = BTreeMap<String, Arc<dyn Solver>>;

/// Makes every solver.
pub(super) fn build_solvers(configs: BTreeMap<String, SolverConfig>) -> Result<Solvers, ConfigError> {
    configs.into_iter().map(|(name, config)| build_solver(&name, config).map(|built| (name, built))).collect()
}

fn build_solver(name: &str, config: SolverConfig) -> Result<Arc<dyn Solver>, ConfigError> {
    let fault = |what: String| ConfigError::Value(format!("solver.{name}: {what}"));
    match config {
        SolverConfig::Rules { rules } => {
            let builtin = BUILTIN_RULES.iter().find(|(known, _)| *known == rules).map(|(_, text)| (*text).to_owned());
            let text = match builtin {
                Some(text) => text,
                None => std::fs::read_to_string(PathBuf::from(&rules))
                    .map_err(|error| fault(format!("cannot read {rules}: {error}")))?,
            };
            let solver = RulesSolver::new(&text).map_err(|error| fault(format!("{rules}, {error}")))?;
            Ok(Arc::new(solver))
        }
        SolverConfig::Http { url } => {
            Ok(Arc::new(HttpSolver::new(url).map_err(|error| fault(format!("no HTTP client: {error}")))?))
        }
        SolverConfig::Openai(config) => Ok(Arc::new(config.build().map_err(fault)?)),
    }
}
