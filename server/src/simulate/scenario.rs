//! What is simulated: traffic, how well the verifier tells right from wrong, and what the solver goes through.

use std::path::Path;

use anyhow::Context;
use lode_shared::{RawTargets, Targets};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;

use crate::domain::Reward;

/// A scenario file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in a sentence.
    pub about: String,
    /// How long, hours of simulated time, above 0.
    pub hours: f64,
    /// Not counted at the beginning, minutes.
    pub warm_up_min: f64,
    /// Requests a second.
    pub rate: f64,
    /// Draws the same requests again.
    #[serde(default)]
    pub seed: u64,
    /// Pairs of tasks that nearly read alike and have different answers.
    pub pairs: u32,
    /// Ways in which each task is worded.
    pub wordings: u32,
    /// Share of the requests that are for the rarer task of a pair, 0 to 1.
    #[serde(default)]
    pub twins: f64,
    /// Share of a task's answers that change, an hour.
    #[serde(default)]
    pub drift_per_h: f64,
    /// The first answer to the commonest task after so many minutes is wrong.
    pub poisoned_at_min: Option<f64>,
    /// Scopes, among which the pairs are dealt out; without any, one.
    #[serde(default)]
    pub scope: Vec<Scope>,
    /// What a miss costs.
    pub solver: Upstream,
    /// Times in which the solver is otherwise.
    #[serde(default)]
    pub weather: Vec<Weather>,
    /// Times in which there are more or fewer requests.
    #[serde(default)]
    pub burst: Vec<Burst>,
    /// Moments at which answers change.
    #[serde(default)]
    pub change: Vec<Change>,
    /// What the operator wants; without it, the defaults.
    targets: Option<RawTargets>,
    /// What a request is worth when runs are compared.
    #[serde(default = "web_tasks")]
    pub reward: Reward,
    /// Whether the tuner knows that, or steers by the targets.
    #[serde(default)]
    pub steers_by_reward: bool,
}

/// How the verifier's logit is distributed.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Of two wordings of a task: mean and standard deviation.
    pub right: [f64; 2],
    /// Of two tasks of a pair.
    pub wrong: [f64; 2],
}

/// A solver.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// Median time, seconds.
    pub response_s: f64,
    /// Standard deviation of its logarithm.
    #[serde(default)]
    pub spread: f64,
    /// Share of its answers that are right; the others are none.
    pub success: f64,
    /// What one costs, US dollars.
    #[serde(default)]
    pub cost_usd: f64,
}

/// How the solver is for a time.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weather {
    /// From, minutes.
    pub from_min: f64,
    /// To, minutes.
    pub to_min: f64,
    /// Every so many minutes it begins again, as long as the scenario lasts.
    pub every_min: Option<f64>,
    /// Its times are so many times as long.
    #[serde(default = "one")]
    pub slower: f64,
    /// Share of its answers that are right.
    pub success: Option<f64>,
}

/// A time with more requests.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Every so many minutes.
    pub every_min: f64,
    /// For so many minutes.
    pub for_min: f64,
    /// So many times as many.
    pub times: f64,
}

/// A moment at which answers change.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When, minutes.
    pub at_min: f64,
    /// Share of the tasks whose answers change, 0 to 1.
    pub share: f64,
}

/// One request, the same for whoever answers it.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// When, milliseconds.
    pub at_ms: u64,
    /// Which pair.
    pub pair: u32,
    /// Whether the rarer task of it.
    pub twin: bool,
    /// How it is worded.
    pub wording: u32,
    /// What its solve would take, seconds.
    pub solve_s: f64,
    /// Whether that would be an answer.
    pub solvable: bool,
}

/// Longer than this a solve is no answer, seconds.
const TASK_TIMEOUT_S: f64 = 20.0;

fn web_tasks() -> Reward {
    Reward::WEB_TASKS
}

fn one() -> f64 {
    1.0
}

impl Default for Scope {
    /// As a verifier is that was trained for it: one wrong pair of a hundred above 0.95.
    fn default() -> Self {
        Self { right: [4.5, 2.0], wrong: [-2.5, 2.0] }
    }
}

impl Scenario {
    /// From a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let scenario: Self = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let sizes = [scenario.hours, scenario.rate, f64::from(scenario.pairs), f64::from(scenario.wordings)];
        anyhow::ensure!(
            sizes.iter().all(|size| *size > 0.0) && scenario.hours * scenario.rate <= 10_000.0,
            "{}: hours, rate, pairs and wordings must be above 0, and hours times rate at most 10,000",
            path.display()
        );
        scenario.targets().with_context(|| path.display().to_string())?;
        Ok(scenario)
    }

    /// What the operator wants.
    pub fn targets(&self) -> anyhow::Result<Targets> {
        let wrong = |faults: Vec<lode_shared::FieldError>| anyhow::anyhow!("targets: {}", faults[0].message);
        self.targets.map_or_else(|| Ok(Targets::default()), |raw| Targets::new(raw).map_err(wrong))
    }

    /// The scope of a pair.
    pub fn scope_of(&self, pair: u32) -> (usize, Scope) {
        let index = pair as usize % self.scope.len().max(1);
        (index, self.scope.get(index).copied().unwrap_or_default())
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<Request> {
        let mut random = SmallRng::seed_from_u64(self.seed);
        let popularity = Zipf::new(self.pairs);
        let wording = Zipf::new(self.wordings);
        let (mut at_s, mut all) = (0.0, Vec::new());
        loop {
            let uniform: f64 = random.random_range(f64::MIN_POSITIVE..1.0);
            at_s -= uniform.ln() / (self.rate * self.crowd(at_s / 60.0));
            if at_s >= self.hours * 3_600.0 {
                return all;
            }
            let (slower, success) = self.solver_at(at_s / 60.0);
            let normal = normal(random.random_range(0.0..1.0), random.random_range(0.0..1.0));
            let solve_s = self.solver.response_s * slower * (self.solver.spread * normal).exp();
            all.push(Request {
                at_ms: (at_s * 1_000.0) as u64,
                pair: popularity.draw(random.random_range(0.0..1.0)),
                twin: random.random_range(0.0..1.0) < self.twins,
                wording: wording.draw(random.random_range(0.0..1.0)),
                solve_s: solve_s.min(TASK_TIMEOUT_S),
                solvable: random.random_range(0.0..1.0) < success && solve_s < TASK_TIMEOUT_S,
            });
        }
    }

    fn crowd(&self, at_min: f64) -> f64 {
        let bursts = self.burst.iter().filter(|burst| at_min % burst.every_min < burst.for_min);
        bursts.map(|burst| burst.times).product()
    }

    fn solver_at(&self, at_min: f64) -> (f64, f64) {
        let is_in = |weather: &&Weather| {
            let since = at_min - weather.from_min;
            let since = weather.every_min.map_or(since, |every| since.rem_euclid(every));
            (0.0..weather.to_min - weather.from_min).contains(&since)
        };
        let now = self.weather.iter().find(is_in);
        (
            now.map_or(1.0, |weather| weather.slower),
            now.and_then(|weather| weather.success).unwrap_or(self.solver.success),
        )
    }

    /// Which answer is the right one at a time: counts its changes.
    pub fn version(&self, task: u64, at_ms: u64) -> u64 {
        let at_min = at_ms as f64 / 60_000.0;
        let drawn = |salt: u64| uniform(mix(mix(self.seed ^ salt) ^ task));
        let steps = self.change.iter().enumerate();
        let steps =
            steps.filter(|(number, change)| change.at_min <= at_min && drawn(1 + *number as u64) < change.share);
        // Every task drifts in step with itself, from a start of its own.
        let drifted = self.drift_per_h * at_min / 60.0 + drawn(u64::MAX);
        steps.count() as u64 + drifted as u64 * 1_000
    }
}

/// Popularity by rank: the n-th is asked for 1/n times as often as the first.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: u32) -> Self {
        let mut sum = 0.0;
        Self(
            (1..=count)
                .map(|rank| {
                    sum += 1.0 / f64::from(rank);
                    sum
                })
                .collect(),
        )
    }

    fn draw(&self, uniform: f64) -> u32 {
        let at = uniform * self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|sum| *sum <= at).min(self.0.len() - 1) as u32
    }
}

/// Box and Muller's transform of two uniform numbers.
pub fn normal(u: f64, v: f64) -> f64 {
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// A number that looks drawn, from one that does not (splitmix64).
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The same within [0, 1).
pub fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str) -> Scenario {
        let base = "about = 'x'\nhours = 2.0\nwarm_up_min = 1.0\nrate = 1.0\npairs = 50\nwordings = 5\ntwins = 0.2\n";
        toml::from_str(&format!("{base}{text}\n[solver]\nresponse_s = 2.0\nsuccess = 0.9")).expect("a scenario")
    }

    #[test]
    fn requests_come_at_the_rate_and_the_first_task_most() {
        let requests = scenario("").requests();
        assert!((6_500..7_900).contains(&requests.len()), "{}", requests.len());
        let count = |pair| requests.iter().filter(|request| request.pair == pair).count();
        assert!(count(0) > 3 * count(9), "{} {}", count(0), count(9));
        let twins = requests.iter().filter(|request| request.twin).count() as f64 / requests.len() as f64;
        assert!((0.17..0.23).contains(&twins), "{twins}");
        assert!(requests.is_sorted_by_key(|request| request.at_ms));
    }

    #[test]
    fn answers_change_when_they_are_to() {
        let sudden = scenario("change = [{ at_min = 60.0, share = 0.5 }]");
        let changed = (0..1_000).filter(|task| sudden.version(*task, 3_700_000) != sudden.version(*task, 3_500_000));
        assert!((440..560).contains(&changed.count()));
        let drifting = scenario("drift_per_h = 0.5");
        let changed =
            (0..1_000).filter(|task| drifting.version(*task, 3_600_000) != drifting.version(*task, 0)).count();
        assert!((440..560).contains(&changed), "{changed}");
    }

    #[test]
    fn weather_comes_again_and_passes() {
        let stormy =
            scenario("weather = [{ from_min = 10.0, to_min = 12.0, every_min = 20.0, slower = 5.0, success = 0.1 }]");
        assert_eq!([9.0, 11.0, 13.0, 31.0].map(|at| stormy.solver_at(at).0), [1.0, 5.0, 1.0, 5.0]);
        assert_eq!(stormy.solver_at(11.0).1, 0.1);
    }
}
