//! The four questions an operator opens the page with, each with its answer.

use leptos::prelude::*;
use lode_shared::{HistoryPoint, Snapshot};

use crate::chart::spark::Spark;
use crate::format;
use crate::live::{Live, Tell};
use crate::ui::{Big, Card, Meter, sub};
use crate::verdict::{self, Better, Listening, Verdict};

/// A question's answer: a figure, and what there is to say about it.
struct Answer {
    id: &'static str,
    title: &'static str,
    figure: Tell,
    unit: Tell,
    aside: Tell,
    lines: &'static [Tell],
    /// What to look at, in amber or red.
    worry: Tell,
    /// How the figure got where it is.
    spark: Option<SparkOf>,
}

/// A figure over time, and the class of its line.
type SparkOf = (fn(&HistoryPoint) -> Option<f64>, &'static str);

fn tile(answer: Answer, verdict: Option<Signal<Verdict>>, below: Option<AnyView>) -> AnyView {
    let live = expect_context::<Live>();
    let unit = live.tell(answer.unit);
    view! {
        <Card id=answer.id title=answer.title class="quarter" aside=live.tell(answer.aside) verdict=verdict>
            <Big
                figure=live.tell(answer.figure)
                unit=Signal::derive(move || unit.get().unwrap_or_default())
            />
            {answer.lines.iter().map(|line| sub(live.tell(*line))).collect::<Vec<_>>()}
            <p class="sub warn">{live.tell(answer.worry)}</p>
            {answer.spark.map(|(value, class)| view! { <Spark value=value class=class /> })}
            {below}
        </Card>
    }
    .into_any()
}

pub fn tiles() -> AnyView {
    vec![safe(), earning(), called(), answering()].into_any()
}

fn safe() -> AnyView {
    let live = expect_context::<Live>();
    let verdict = live.verdict(|snapshot| verdict::safety(&snapshot.chain));
    let done_pct = Signal::from(live.figure(epoch_done_pct));
    let label = Signal::derive(move || match done_pct.get() {
        Some(done) => format!("Epoch {done:.0} % done"),
        None => format!("Epoch: {}", format::NO_DATA),
    });
    let meter = view! { <Meter filled_pct=done_pct label=label tone=Signal::stored("ore".to_owned()) /> }.into_any();
    let answer = Answer {
        id: "safe",
        title: "Am I safe?",
        figure: |snapshot, _| Some(format::count(snapshot.chain.prune_margin?.into())),
        unit: |_, _| Some("places above pruning".into()),
        aside: |_, _| None,
        lines: &[
            |snapshot, _| Some(joined([immunity(snapshot), next_epoch(snapshot)], chain_absent(snapshot))),
            |snapshot, _| Some(joined([registration(snapshot), served(snapshot)], "")),
        ],
        worry: |snapshot, _| snapshot.chain.keeper.serving_detail.clone().filter(|_| is_hidden(snapshot)),
        spark: None,
    };
    tile(answer, Some(verdict), Some(meter))
}

fn is_hidden(snapshot: &Snapshot) -> bool {
    snapshot.chain.keeper.serving == lode_shared::Serving::Hidden
}

pub fn epoch_done_pct(snapshot: &Snapshot) -> Option<f64> {
    let tempo = snapshot.chain.tempo_blocks.filter(|tempo| *tempo > 0)? as f64;
    Some(100.0 * (1.0 - snapshot.chain.next_epoch_blocks? as f64 / tempo).clamp(0.0, 1.0))
}

/// Immunity left, in blocks and in time.
pub fn immunity(snapshot: &Snapshot) -> Option<String> {
    let chain = &snapshot.chain;
    Some(match (chain.immunity_blocks?, chain.block_time_ms) {
        (0, _) => "immunity over".into(),
        (blocks, Some(block_ms)) => {
            let left = format::span(blocks * block_ms / 60_000 * 60);
            format!("immune for {} blocks, {left}", format::count(blocks))
        }
        (blocks, None) => format!("immune for {} blocks", format::count(blocks)),
    })
}

pub fn next_epoch(snapshot: &Snapshot) -> Option<String> {
    let blocks = snapshot.chain.next_epoch_blocks?;
    Some(match snapshot.chain.block_time_ms {
        Some(block_ms) => format!("next epoch in {}", format::span(blocks * block_ms / 1_000)),
        None => format!("next epoch in {blocks} blocks"),
    })
}

fn registration(snapshot: &Snapshot) -> Option<String> {
    match (snapshot.chain.uid, snapshot.chain.registered) {
        (Some(uid), _) => Some(format!("uid {uid} registered")),
        (None, Some(false)) => Some("not registered".into()),
        (None, _) => None,
    }
}

/// Our axon as validators find it.
fn served(snapshot: &Snapshot) -> Option<String> {
    let keeper = snapshot.chain.keeper.serving.word();
    Some(match &snapshot.chain.served_axon {
        Some(axon) => format!("axon {axon} on chain, {keeper}"),
        None if snapshot.chain.registered == Some(true) => format!("no axon on chain, {keeper}"),
        None => return None,
    })
}

fn earning() -> AnyView {
    let answer = Answer {
        id: "earning",
        title: "Am I earning?",
        figure: |snapshot, _| snapshot.chain.emission_per_day_alpha.map(format::alpha),
        unit: |_, _| Some("α / day at this rate".into()),
        aside: |snapshot, _| Some(format!("rank {} of {}", snapshot.chain.rank?, snapshot.chain.miners?)),
        lines: &[
            |snapshot, _| {
                let incentive = snapshot.chain.incentive_pct.map(|share| format!("{share:.2} % incentive"));
                let of_best = snapshot.chain.of_best_pct.map(|share| format!("{share:.0} % of the best"));
                Some(joined([incentive, of_best], chain_absent(snapshot)))
            },
            |snapshot, _| {
                let epoch = snapshot.chain.emission_alpha.map(|alpha| format!("{} α last epoch", format::alpha(alpha)));
                let stake = snapshot.chain.stake_alpha.map(|alpha| format!("stake {} α", format::alpha(alpha)));
                Some(joined([epoch, stake], ""))
            },
        ],
        worry: |_, _| None,
        spark: Some((|point| point.incentive_pct, "s1")),
    };
    tile(answer, None, None)
}

/// Validators with a permit that have called, and how many hold one; absent before anyone called or the chain told.
pub fn seen_of_permitted(snapshot: &Snapshot) -> Option<(usize, Option<u32>)> {
    let rows = &snapshot.traffic.validators;
    let seen = rows.iter().filter(|row| row.last_seen_ms.is_some() && row.permit != Some(false)).count();
    let permitted = snapshot.chain.validators_permitted;
    (seen > 0 || permitted.is_some()).then_some((seen, permitted))
}

pub fn called() -> AnyView {
    let answer = Answer {
        id: "called",
        title: "Am I being called?",
        figure: |snapshot, _| seen_of_permitted(snapshot).map(|(seen, _)| seen.to_string()),
        unit: |snapshot, _| {
            Some(match seen_of_permitted(snapshot) {
                Some((_, Some(permitted))) => format!("of {permitted} validators"),
                Some((1, None)) => "validator".to_owned(),
                _ => "validators".to_owned(),
            })
        },
        aside: |snapshot, now_ms| {
            let last_ms = snapshot.traffic.last_request_ms?;
            Some(format!("last {} ago", format::age(now_ms.saturating_sub(last_ms))))
        },
        lines: &[
            |snapshot, _| {
                Some(match (snapshot.traffic.per_minute, snapshot.traffic.requests) {
                    (Some(count), _) => format!("{} requests/min", format::count(count)),
                    (None, 1..) => "counting the first minute".into(),
                    (None, _) => "no request has arrived yet".into(),
                })
            },
            |snapshot, _| {
                let refused = &snapshot.traffic.refused;
                let (reason, _) = refused.iter().max_by_key(|(_, count)| **count)?;
                let all = format::count(refused.values().sum());
                Some(format!("{all} refused, mostly: {}", format::words(reason)))
            },
        ],
        worry: |snapshot, now_ms| {
            let listening = Listening::new(snapshot, now_ms);
            let silent = snapshot.traffic.validators.iter().filter(|row| listening.finds_silent(row)).count();
            (silent > 0).then(|| format!("{silent} silent for an epoch"))
        },
        spark: Some((|point| Some(point.requests_per_s), "s2")),
    };
    tile(answer, None, None)
}

pub fn answering() -> AnyView {
    let answer = Answer {
        id: "answering",
        title: "Am I answering well?",
        figure: |snapshot, _| snapshot.performance_tuning.observed.success_pct.map(format::percent),
        unit: |_, _| Some("% success".into()),
        aside: |snapshot, _| {
            let samples = snapshot.performance_tuning.observed.samples;
            (samples > 0).then(|| format!("last {samples}"))
        },
        lines: &[
            |snapshot, _| {
                let Some(times) = snapshot.traffic.latency else {
                    return Some("nothing was answered in the last five minutes".into());
                };
                let [p50, p95, p99] =
                    [times.p50_ms, times.p95_ms, times.p99_ms].map(|ms| format::response_text(ms / 1e3));
                let target = format::plain(snapshot.performance_tuning.targets.response_s());
                Some(format!("p50 {p50} · p95 {p95} · p99 {p99}, mean to be under {target} s"))
            },
            |snapshot, _| {
                let failed = &snapshot.traffic.failed;
                let worst = failed.iter().filter(|(_, count)| **count > 0).max_by_key(|(_, count)| **count);
                match worst {
                    Some((reason, count)) => {
                        Some(format!("most failures: {} ({})", format::words(reason), format::count(*count)))
                    }
                    None => (snapshot.traffic.answered > 0).then(|| "no failures since start".into()),
                }
            },
        ],
        worry: |snapshot, _| {
            let tuning = &snapshot.performance_tuning;
            let target = tuning.targets.success_pct();
            let verdict = verdict::against(tuning.observed.success_pct, target, Better::Higher);
            let is_bad = verdict.tone == verdict::Tone::Bad;
            is_bad.then(|| format!("below the target of {} %", format::plain(target)))
        },
        spark: Some((|point| point.success_pct, "s3")),
    };
    tile(answer, None, None)
}

/// What is known, in one line; why nothing is, when that is so.
fn joined<const N: usize>(parts: [Option<String>; N], otherwise: &str) -> String {
    let known: Vec<_> = parts.into_iter().flatten().collect();
    if known.is_empty() { otherwise.into() } else { known.join(" · ") }
}

/// Why the chain's figures are missing.
pub fn chain_absent(snapshot: &Snapshot) -> &'static str {
    match (snapshot.chain.network.as_str(), snapshot.chain.registered) {
        ("offline", _) => "no chain is configured",
        (_, Some(false)) => "this hotkey is not registered on the subnet",
        _ => "the chain has not been read yet",
    }
}
