//! Solvers: what answers a question that memory cannot.

mod http;
mod rules;

pub use http::HttpSolver;
pub use rules::{RulesError, RulesSolver};
