//! What is printed.

use std::io::Write;

use super::{Policy, Run, Scenario, simulate};
use crate::domain::Z_95;

/// Every policy over one scenario.
pub fn print(name: &str, scenario: &Scenario, rounds: bool, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{name}: {}", scenario.about)?;
    let lode = simulate(scenario, Policy::Lode)?;
    if rounds {
        print_rounds(&lode, out)?;
    }
    writeln!(
        out,
        "  {:<16} {:>7} {:>7} {:>7} {:>8} {:>8} {:>7} {:>6}  threshold",
        "", "hits", "similar", "wrong", "at most", "reward", "checks", "turns"
    )?;
    print_run(Policy::Lode, &lode, out)?;
    let fixed = lode_shared::Limits::default().thresholds().into_iter().map(Policy::Fixed);
    for policy in fixed.chain([Policy::Original]) {
        print_run(policy, &simulate(scenario, policy)?, out)?;
    }
    writeln!(out, "  after {} minutes; wrong is a share of the hits, at most at z = {Z_95}\n", scenario.warm_up_min)?;
    Ok(())
}

fn print_rounds(run: &Run, out: &mut impl Write) -> std::io::Result<()> {
    for round in &run.rounds {
        let hits = round.hit_rate_pct.map_or("-".into(), |hits| format!("{hits:.0} %"));
        writeln!(
            out,
            "  {:>4} min  {:<5} {:>4} s  checks {:>4} %  hits {hits:>5}  {}",
            round.at_ms / 60_000,
            if round.threshold > 1.0 { "off".into() } else { format!("{:.2}", round.threshold) },
            round.settings.ttl_s,
            round.settings.shadow_pct,
            round.told
        )?;
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
