//! `lode simulate`: the real controller over simulated days, in seconds.
//!
//! Controller, evidence, calibration, shadow checks and window are those of the miner; traffic, verifier and solver are the
//! scenario's, and so is the clock. The same requests are answered by every policy, so that only policies differ.

mod policy;
mod report;
mod scenario;
mod world;

use std::io::Write;

use crate::cli::SimulateArgs;
use crate::domain::{Z_95, wilson_upper};
pub use policy::{Policy, RoundSeen};
pub use scenario::Scenario;
use world::World;

/// Between two rounds, milliseconds.
const ROUND_MS: u64 = 300_000;
/// Requests that a round looks back on.
const WINDOW: usize = 100;

/// What a policy made of a scenario, after the warm-up.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Requests.
    pub requests: u64,
    /// Answered from memory.
    pub hits: u64,
    /// With the answer to another wording.
    pub similar: u64,
    /// Hits that were wrong.
    pub wrong: u64,
    /// Sum of what the requests were worth.
    pub reward: f64,
    /// Times that a solver was asked to check an answer.
    pub checks: u64,
    /// Times that a solver was asked.
    pub solves: u64,
    /// Every round, from the beginning.
    pub rounds: Vec<RoundSeen>,
    /// Hits and wrong hits in ten minutes each, from the beginning.
    pub tens: Vec<Tally>,
}

/// Some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// How many.
    pub requests: u64,
    /// Answered from memory.
    pub hits: u64,
    /// Hits that were wrong.
    pub wrong: u64,
    /// Sum of what they were worth.
    pub reward: f64,
}

impl Tally {
    fn add(&mut self, outcome: &world::Outcome, reward: f64) {
        self.requests += 1;
        self.hits += u64::from(outcome.hit);
        self.wrong += u64::from(outcome.hit && !outcome.right);
        self.reward += reward;
    }

    /// What a request was worth on average; nothing without any.
    pub fn mean_reward(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.reward / self.requests as f64)
    }
}

impl Run {
    /// Answered from memory, share.
    pub fn hit_share(&self) -> f64 {
        share(self.hits, self.requests)
    }

    /// Of the hits, wrong.
    pub fn wrong_share(&self) -> f64 {
        share(self.wrong, self.hits)
    }

    /// Upper end of its one-sided 95 % interval.
    pub fn wrong_upper(&self) -> f64 {
        if self.hits == 0 { 0.0 } else { wilson_upper(self.wrong as f64, self.hits as f64, Z_95) }
    }

    /// What a request was worth on average.
    pub fn mean_reward(&self) -> f64 {
        self.reward / (self.requests as f64).max(1.0)
    }

    /// Changes of direction of the threshold, the most in any ten rounds.
    pub fn turns_in_ten_rounds(&self) -> usize {
        let steps: Vec<f64> = self.rounds.windows(2).map(|pair| pair[1].threshold - pair[0].threshold).collect();
        let moves: Vec<(usize, bool)> =
            steps.iter().enumerate().filter(|(_, step)| **step != 0.0).map(|(at, step)| (at, *step > 0.0)).collect();
        let turns: Vec<usize> = moves.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1].0).collect();
        turns.iter().map(|at| turns.iter().filter(|turn| (*at..at + 10).contains(*turn)).count()).max().unwrap_or(0)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Answers every request of a scenario as `policy` has it.
pub fn simulate(scenario: &Scenario, policy: Policy) -> anyhow::Result<Run> {
    let mut world = World::new(scenario, WINDOW, policy.calibrates());
    let mut pilot = policy.pilot(scenario)?;
    let (mut run, mut due_ms) = (Run::default(), ROUND_MS);
    let warm_ms = (scenario.warm_up_min * 60_000.0) as u64;
    let mut since = Tally::default();
    for request in scenario.requests() {
        while request.at_ms >= due_ms {
            let since = Some(std::mem::take(&mut since));
            run.rounds.push(RoundSeen { since, ..pilot.round(&world, due_ms) });
            due_ms += ROUND_MS;
        }
        let outcome = world.ask(&request, &pilot.settings());
        if world.take_alarm() {
            run.rounds.extend(pilot.alarm(&world, request.at_ms));
        }
        since.add(&outcome, run.count(&request, &outcome, scenario, request.at_ms >= warm_ms));
    }
    Ok(run)
}

impl Run {
    /// Counts a request, and tells what it was worth.
    fn count(
        &mut self,
        request: &scenario::Request,
        outcome: &world::Outcome,
        scenario: &Scenario,
        counts: bool,
    ) -> f64 {
        // What a check costs is the miner's, and part of no answer; a right answer is worth what it is worth.
        let own_usd = if outcome.hit { 0.0 } else { f64::from(outcome.solves) * scenario.solver.cost_usd };
        let reward = scenario.reward.of(outcome.right, outcome.response_s, own_usd);
        let ten = (request.at_ms / 600_000) as usize;
        self.tens.resize(self.tens.len().max(ten + 1), Tally::default());
        self.tens[ten].add(outcome, reward);
        if !counts {
            return reward;
        }
        self.requests += 1;
        self.hits += u64::from(outcome.hit);
        self.similar += u64::from(outcome.similar);
        self.wrong += u64::from(outcome.hit && !outcome.right);
        self.solves += u64::from(outcome.solves);
        self.checks += u64::from(outcome.hit) * u64::from(outcome.solves);
        self.reward += reward;
        reward
    }
}

/// Simulates every file.
pub fn run(args: &SimulateArgs, out: &mut impl Write) -> anyhow::Result<()> {
    for path in &args.files {
        let name = path.file_stem().map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into());
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            writeln!(out, "{name}")?;
            crate::eval::replay(path, out)?;
            continue;
        }
        let scenario = Scenario::read(path)?;
        report::print(&name, &scenario, args.rounds, out)?;
    }
    Ok(())
}
