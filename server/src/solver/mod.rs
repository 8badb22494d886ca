//! Solvers: what answers a question that memory cannot.

mod client;
mod http;
pub mod openai;
mod rules;

pub use http::HttpSolver;
pub use rules::{RulesError, RulesSolver};
