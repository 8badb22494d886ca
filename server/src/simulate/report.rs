//! What is printed.

use std::io::Write;

use lode_shared::Settings;

use super::{Policy, Run, Scenario, simulate};
use crate::domain::Z_95;
use crate::progress::Progress;

/// Every policy over one scenario.
pub fn print(name: &str, scenario: &Scenario, rounds: bool, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{name}: {}", scenario.about)?;
    let fixed = lode_shared::Limits::default().thresholds().into_iter().map(Policy::Fixed);
    let policies: Vec<_> = [Policy::Lode].into_iter().chain(fixed).chain([Policy::Original]).collect();
    let (mut runs, mut progress) = (Vec::new(), Progress::new(name));
    for policy in &policies {
        runs.push((*policy, simulate(scenario, *policy)?));
        progress.at(runs.len() as u64, policies.len() as u64);
    }
    drop(progress);
    if rounds {
        print_rounds(&runs, out)?;
    }
    writeln!(
        out,
        "  {:<16} {:>7} {:>7} {:>7} {:>8} {:>8} {:>7} {:>6}  threshold",
        "", "hits", "similar", "wrong", "at most", "reward", "checks", "turns"
    )?;
    for (policy, run) in &runs {
        print_run(*policy, run, out)?;
    }
    writeln!(out, "  after {} minutes; wrong is a share of the hits, at most at z = {Z_95}\n", scenario.warm_up_min)?;
    Ok(())
}

/// The tuner's rounds, with what came of the requests before each, and what they would have been worth to the others.
fn print_rounds(runs: &[(Policy, Run)], out: &mut impl Write) -> std::io::Result<()> {
    let reward_of = |run: &Run, at_ms: u64| {
        let round = run.rounds.iter().find(|round| round.at_ms == at_ms && round.since.is_some());
        round.and_then(|round| round.since?.mean_reward())
    };
    let show = |reward: Option<f64>| reward.map_or("-".into(), |reward| format!("{reward:.3}"));
    let fixed = runs.iter().filter(|(policy, _)| matches!(policy, Policy::Fixed(_)));
    let best = fixed.max_by(|(_, a), (_, b)| a.mean_reward().total_cmp(&b.mean_reward()));
    let original = runs.iter().find(|(policy, _)| *policy == Policy::Original);
    let best_name = best.map_or(String::new(), |(policy, _)| policy.name());
    writeln!(
        out,
        "  {:>8}  {:<5} {:>6} {:>6} {:>6} {:>6} {:>7} {best_name:>10} {:>9}",
        "", "", "TTL s", "checks", "hits", "wrong", "reward", "original"
    )?;
    for round in runs.iter().filter(|(policy, _)| *policy == Policy::Lode).flat_map(|(_, run)| &run.rounds) {
        let threshold = if round.threshold > 1.0 { "off".into() } else { format!("{:.2}", round.threshold) };
        let Settings { ttl_s, shadow_pct, .. } = round.settings;
        write!(out, "  {:>4} min  {threshold:<5} {ttl_s:>6} {shadow_pct:>6.1}", round.at_ms / 60_000)?;
        match round.since {
            None => write!(out, " {:>6} {:>6} {:>7} {:>10} {:>9}", "", "", "", "", "")?,
            Some(since) => {
                let pct = |part: u64, of: u64| 100.0 * part as f64 / (of as f64).max(1.0);
                let other = |run: Option<&(Policy, Run)>| show(run.and_then(|(_, run)| reward_of(run, round.at_ms)));
                write!(
                    out,
                    " {:>5.0}% {:>5.1}% {:>7} {:>10} {:>9}",
                    pct(since.hits, since.requests),
                    pct(since.wrong, since.hits),
                    show(since.mean_reward()),
                    other(best),
                    other(original)
                )?;
            }
        }
        writeln!(out, "  {}", round.told)?;
    }
    Ok(())
}

fn print_run(policy: Policy, run: &Run, out: &mut impl Write) -> std::io::Result<()> {
    let of = |part: u64| part as f64 / (run.requests as f64).max(1.0);
    let thresholds = run.rounds.iter().map(|round| round.threshold);
    let (least, most) = thresholds.fold((f64::MAX, f64::MIN), |(a, b), now| (a.min(now), b.max(now)));
    let show = |threshold: f64| if threshold > 1.0 { "off".to_owned() } else { format!("{threshold:.2}") };
    let checks = 100.0 * run.checks as f64 / (run.solves as f64).max(1.0);
    writeln!(
        out,
        "  {:<16} {:>6.1}% {:>6.1}% {:>6.2}% {:>7.2}% {:>8.4} {:>6.1}% {:>6}  {} to {}",
        policy.name(),
        100.0 * of(run.hits),
        100.0 * of(run.similar),
        100.0 * run.wrong_share(),
        100.0 * run.wrong_upper(),
        run.mean_reward(),
        checks,
        run.turns_in_ten_rounds(),
        show(least),
        show(most)
    )
}
