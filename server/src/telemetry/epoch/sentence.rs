//! Two moments into a sentence.

use std::collections::BTreeMap;

use lode_shared::{ChainStatus, Moves, Setting, Settings, Snapshot, Source};

use crate::domain::Counted;

/// What the sentence is made of, at one moment.
#[derive(Debug, Clone)]
pub struct Moment {
    at_ms: u64,
    answers: BTreeMap<Source, u64>,
    failed: u64,
    refused: u64,
    took: Counted,
    chain: ChainStatus,
    settings: Settings,
    moves: Vec<Moves>,
}

impl Moment {
    /// Of a snapshot, and how long all answers since the start took.
    pub fn new(snapshot: &Snapshot, took: Counted) -> Self {
        let traffic = &snapshot.traffic;
        Self {
            at_ms: snapshot.now_ms,
            answers: traffic.sources.iter().map(|row| (row.source, row.answers)).collect(),
            failed: traffic.failed.values().sum(),
            refused: traffic.refused.values().sum(),
            took,
            chain: snapshot.chain.clone(),
            settings: snapshot.performance_tuning.settings,
            moves: snapshot.performance_tuning.moves.clone(),
        }
    }
}

/// How the miner did between two moments. What nobody measured is not mentioned.
pub fn sentence(before: &Moment, after: &Moment) -> String {
    let block = after.chain.block.map_or(String::new(), |block| format!(" at block {block}"));
    let lasted = lasting(after.at_ms.saturating_sub(before.at_ms) / 1_000);
    let parts = [Some(traffic(before, after)), standing(&before.chain, &after.chain), Some(tuning(before, after))];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("Epoch over{block}: in {lasted} {}.", parts.join("; "))
}

fn traffic(before: &Moment, after: &Moment) -> String {
    let of = |source: &Source| {
        let count = |moment: &Moment| moment.answers.get(source).copied().unwrap_or(0);
        count(after).saturating_sub(count(before))
    };
    // Handshakes are no questions.
    let answers = |wanted: fn(&Source) -> bool| -> u64 {
        Source::ALL.iter().filter(|source| **source != Source::Static && wanted(source)).map(of).sum()
    };
    let (answered, well, remembered) =
        (answers(|_| true), answers(|source| !source.is_makeshift()), answers(|source| source.is_memory()));
    let asked = answered + after.failed.saturating_sub(before.failed);
    let refused = after.refused.saturating_sub(before.refused);
    let mut told = match asked {
        0 => vec!["nobody asked a question".to_owned()],
        1 => vec!["1 question".to_owned()],
        _ => vec![format!("{asked} questions")],
    };
    if asked > 0 {
        told.push(format!("{} answered well", percent(well, asked)));
        told.push(format!("{} from memory", percent(remembered, asked)));
    }
    if let (Some(p95_s), true) = (after.took.since(&before.took).quantile_s(0.95), answered > 0) {
        told.push(format!("p95 {}", seconds(p95_s)));
    }
    if refused > 0 {
        told.push(format!("{refused} requests turned away"));
    }
    told.join(", ")
}

/// Our place on the subnet, as far as it is known.
fn standing(before: &ChainStatus, after: &ChainStatus) -> Option<String> {
    if after.registered == Some(false) {
        return Some("our hotkey is not registered".into());
    }
    let mut told = Vec::new();
    if let Some(now_pct) = after.incentive_pct {
        let change = before.incentive_pct.map(|then_pct| now_pct - then_pct);
        let change = change.map_or(String::new(), |change| {
            if change.abs() < 0.005 { " (unchanged)".into() } else { format!(" ({change:+.2})") }
        });
        told.push(format!("incentive {now_pct:.2} %{change}"));
    }
    if let Some(rank) = after.rank {
        let of = after.miners.map_or(String::new(), |miners| format!(" of {miners}"));
        let change = match before.rank {
            Some(then) if then > rank => format!(" (up from {then})"),
            Some(then) if then < rank => format!(" (down from {then})"),
            _ => String::new(),
        };
        told.push(format!("rank {rank}{of}{change}"));
    }
    if let Some(alpha) = after.emission_alpha {
        told.push(format!("{alpha:.4} alpha earned"));
    }
    (!told.is_empty()).then(|| told.join(", "))
}

fn tuning(before: &Moment, after: &Moment) -> String {
    let count =
        |moment: &Moment, setting| moment.moves.iter().find(|moved| moved.setting == setting).map_or(0, |m| m.count);
    let moved = Setting::ALL.into_iter().filter_map(|setting| {
        let times = count(after, setting).saturating_sub(count(before, setting));
        let (old, new) = (before.settings.get(setting), after.settings.get(setting));
        let [shown_old, shown_new] = [old, new].map(|value| setting.show(value));
        let changed = if shown_old == shown_new {
            format!("{} of a scope", setting.label())
        } else {
            format!("{} {shown_old} → {shown_new}", setting.label())
        };
        match times {
            0 => None,
            1 => Some(changed),
            _ if shown_old == shown_new => Some(format!("{} {times} times, to {shown_new}", setting.label())),
            _ => Some(format!("{changed} in {times} moves")),
        }
    });
    let moved: Vec<String> = moved.collect();
    if moved.is_empty() { "the tuner moved nothing".into() } else { format!("the tuner moved {}", moved.join(", ")) }
}

fn percent(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole as f64;
    // All but a few is not all, and a few are not none.
    match (part == whole || part == 0, percent) {
        (false, ..0.1) => "under 0.1 %".into(),
        (false, 99.9..) => "over 99.9 %".into(),
        (true, _) => format!("{percent:.0} %"),
        _ => format!("{percent:.1} %"),
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1_000.0) } else { format!("{seconds:.1} s") }
}

fn lasting(seconds: u64) -> String {
    match (seconds / 3_600, seconds / 60 % 60) {
        (0, 0..=1) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Histogram;

    fn moment(at_s: u64) -> Moment {
        let chain = ChainStatus { block: Some(8_000), registered: Some(true), ..ChainStatus::default() };
        Moment {
            at_ms: at_s * 1_000,
            answers: Source::ALL.map(|source| (source, 0)).into(),
            failed: 0,
            refused: 0,
            took: Counted::default(),
            chain,
            settings: Settings::DEFAULT,
            moves: Vec::new(),
        }
    }

    fn took(durations_ms: &[u64]) -> Counted {
        let histogram = Histogram::default();
        durations_ms.iter().for_each(|ms| histogram.record(Duration::from_millis(*ms)));
        histogram.counted()
    }

    #[test]
    fn an_epoch_of_work_is_told_whole() {
        let mut before = moment(0);
        before.answers.insert(Source::Solved, 1_000);
        before.chain = ChainStatus { incentive_pct: Some(0.82), rank: Some(15), ..before.chain };
        before.moves = vec![Moves { setting: Setting::MatchThreshold, count: 4 }];
        let mut after = moment(4_320);
        after.answers.extend([
            (Source::Solved, 1_370),
            (Source::Exact, 610),
            (Source::Fallback, 10),
            (Source::Static, 99),
        ]);
        (after.failed, after.refused) = (10, 12);
        after.took = took(&[&[1_500; 931][..], &[2_400; 49]].concat());
        let (incentive_pct, rank, miners) = (Some(0.84), Some(12), Some(192));
        after.chain = ChainStatus { incentive_pct, rank, miners, emission_alpha: Some(1.25), ..after.chain };
        after.moves =
            vec![Moves { setting: Setting::MatchThreshold, count: 5 }, Moves { setting: Setting::Ttl, count: 2 }];
        after.settings = Settings { match_threshold: 0.94, ttl_s: 1_320, ..after.settings };
        assert_eq!(
            sentence(&before, &after),
            "Epoch over at block 8000: in 1 h 12 min 1000 questions, 98.0 % answered well, 61.0 % from memory, p95 2.0 s, 12 \
             requests turned away; incentive 0.84 % (+0.02), rank 12 of 192 (up from 15), 1.2500 alpha earned; the tuner \
             moved Threshold 0.95 → 0.94, TTL 1200 s → 1320 s in 2 moves."
        );
    }

    #[test]
    fn what_nobody_measured_is_not_mentioned() {
        let told = sentence(&moment(0), &moment(60));
        assert_eq!(told, "Epoch over at block 8000: in 60 s nobody asked a question; the tuner moved nothing.");
        let mut failed = moment(60);
        failed.failed = 1;
        let told = sentence(&moment(0), &failed);
        assert!(told.contains("1 question, 0 % answered well, 0 % from memory;"), "no answer, no p95: {told}");
    }

    #[test]
    fn a_change_is_told_only_where_both_ends_are_known() {
        let mut after = moment(60);
        after.chain = ChainStatus { incentive_pct: Some(0.5), rank: Some(3), ..after.chain };
        let told = sentence(&moment(0), &after);
        assert!(told.contains("incentive 0.50 %, rank 3;"), "{told}");
        let told = sentence(&after, &after);
        assert!(told.contains("incentive 0.50 % (unchanged), rank 3;"), "{told}");
        after.chain.registered = Some(false);
        assert!(sentence(&moment(0), &after).contains("; our hotkey is not registered;"));
    }

    #[test]
    fn settings_that_came_back_are_told_too() {
        let mut after = moment(60);
        after.moves =
            vec![Moves { setting: Setting::Ttl, count: 2 }, Moves { setting: Setting::MatchThreshold, count: 1 }];
        let told = sentence(&moment(0), &after);
        assert!(told.ends_with("moved Threshold of a scope, TTL 2 times, to 1200 s."), "{told}");
    }

    #[test]
    fn nearly_all_is_not_all() {
        assert_eq!([percent(1_999, 2_000), percent(1, 2_000), percent(7, 7)], ["over 99.9 %", "under 0.1 %", "100 %"]);
    }
}
