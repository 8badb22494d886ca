//! Solvers: what answers a question that memory cannot. Some ask other solvers: [`FailoverSolver`], [`HedgeSolver`] and
//! [`RaceSolver`]. Each is counted by its [`Meter`].

mod circuit;
mod client;
mod contest;
mod failover;
mod hedge;
mod http;
mod mapping;
mod meter;
pub mod openai;
mod race;
mod retry;
mod rules;

pub use failover::{FailoverConfig, FailoverSolver};
pub use hedge::{HedgeConfig, HedgeSolver};
pub use http::{HeaderConfig, HttpConfig, HttpSolver, KeyEnv, KeyFile};
pub use meter::{Meter, Meters};
pub use race::{RaceConfig, RaceSolver};
pub use rules::{RulesError, RulesSolver};

/// Solvers that one may ask.
const MAX_MEMBERS: usize = 8;

fn check_members(of: &[String], least: usize, most: usize) -> Result<(), String> {
    if !(least..=most).contains(&of.len()) {
        return Err(format!("of has {} names; it must have {least} to {most}", of.len()));
    }
    match of.iter().enumerate().find(|(at, name)| of[..*at].contains(name)) {
        Some((_, twice)) => Err(format!("of has `{twice}` twice")),
        None => Ok(()),
    }
}

fn check_range(name: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(format!("{name} is {value}; it must be {least} to {most}")),
    }
}

#[cfg(test)]
mod tests;
