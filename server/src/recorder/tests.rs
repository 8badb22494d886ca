//! What is counted and shown.

use super::*;

const NOW: u64 = 1_800_000_000_000;

fn record(at_ms: u64, outcome: Outcome, took_ms: u64) -> Record {
    let (hotkey, took) = (Some(Hotkey::new([1; 32])), Duration::from_millis(took_ms));
    Record { hotkey, ..Record::new(at_ms, at_ms, outcome, took) }
}

fn answered(source: Source) -> Outcome {
    Outcome::Answered { source, cacheable: true }
}

#[test]
fn the_operators_word_stays_whoever_judges_later() {
    let recorder = Recorder::new(100, None, 1);
    recorder.record(&record(NOW, answered(Source::Semantic), 10));
    recorder.label(NOW, false, LabelKind::Shadow);
    recorder.label(NOW, true, LabelKind::Operator);
    recorder.label(NOW, false, LabelKind::Shadow);
    assert_eq!(recorder.find(NOW).and_then(|record| record.label), Some((true, LabelKind::Operator)));
}

#[test]
fn requests_are_answers_and_failures_and_refusals() {
    let recorder = Recorder::new(100, None, 1);
    for outcome in [
        answered(Source::Exact),
        answered(Source::Solved),
        Outcome::Failed { reason: "timeout", cacheable: true },
        Outcome::Refused("replayed"),
    ] {
        recorder.record(&record(NOW, outcome, 10));
    }
    let traffic = recorder.traffic(None, NOW, NOW);
    let sum = traffic.answered + traffic.failed.values().sum::<u64>() + traffic.refused.values().sum::<u64>();
    assert_eq!((traffic.requests, sum, traffic.answered), (4, 4, 2));
    let (observed, total) = recorder.observed();
    assert_eq!(total, 3, "a refusal says nothing about answers");
    assert_eq!(observed.hit_rate_pct.map(f64::round), Some(33.0));
    assert_eq!(observed.success_pct.map(f64::round), Some(67.0));
}

#[test]
fn strangers_who_knock_are_counted_but_are_no_sign_of_life() {
    let recorder = Recorder::new(100, None, 1);
    let stranger = Record { hotkey: None, ..record(NOW, Outcome::Refused("unregistered"), 1) };
    recorder.record(&stranger);
    let traffic = recorder.traffic(None, NOW, NOW);
    assert_eq!((traffic.requests, traffic.last_request_ms), (1, None));
}

#[test]
fn what_is_sent_rather_than_nothing_is_no_success() {
    let recorder = Recorder::new(100, None, 1);
    recorder.record(&record(NOW, answered(Source::Solved), 10));
    recorder.record(&record(NOW + 1, answered(Source::Fallback), 10));
    assert_eq!(recorder.observed().0.success_pct, Some(50.0));
}

#[test]
fn a_label_finds_its_request_among_the_last() {
    let recorder = Recorder::new(100, None, 1);
    recorder.record(&record(NOW, answered(Source::Semantic), 10));
    recorder.label(NOW, false, LabelKind::Shadow);
    let rows = recorder.last(&Filter::default(), 10);
    assert_eq!((rows[0].right, rows[0].judged_by.as_deref()), (Some(false), Some("shadow")));
    assert_eq!(recorder.observed().0.success_pct, Some(0.0));
    recorder.label(NOW + 1, false, LabelKind::Shadow);
    recorder.record(&record(NOW + 1, answered(Source::Semantic), 10));
    assert_eq!(recorder.last(&Filter::default(), 1)[0].right, Some(false), "it came before the request had ended");
    assert_eq!(recorder.observed().0.success_pct, Some(0.0));
    assert_eq!(recorder.next_id(), 1);
    assert_eq!(recorder.next_id(), 2);
}

#[test]
fn the_last_requests_are_found_by_what_they_were_like() {
    let recorder = Recorder::new(100, None, 1);
    let stranger = Some(Hotkey::new([2; 32]));
    recorder.record(&record(3, answered(Source::Solved), 10));
    recorder.record(&record(1, answered(Source::Exact), 10));
    let failed = Outcome::Failed { reason: "timeout", cacheable: true };
    recorder.record(&Record { synapse: Some("Web".into()), ..record(2, failed, 10) });
    recorder.record(&Record { hotkey: stranger, ..record(4, Outcome::Refused("replayed"), 1) });
    recorder.label(3, false, LabelKind::Operator);
    let ids = |filter: Filter, count| recorder.last(&filter, count).iter().map(|row| row.id).collect::<Vec<_>>();
    let any = Filter::default;
    assert_eq!(ids(any(), 3), [4, 3, 2], "by number, in whatever order they ended");
    assert_eq!(ids(Filter { hotkey: stranger, ..any() }, 9), [4]);
    assert_eq!(ids(Filter { synapse: Some("Web".into()), ..any() }, 9), [2]);
    assert_eq!(ids(Filter { source: Some(Source::Exact), ..any() }, 9), [1]);
    assert_eq!(ids(Filter { answered: Some(true), ..any() }, 9), [3, 1]);
    assert_eq!(ids(Filter { answered: Some(false), ..any() }, 1), [4]);
    assert_eq!(ids(Filter { right: Some(false), ..any() }, 9), [3]);
    assert_eq!(ids(Filter { right: Some(true), ..any() }, 9), [0; 0], "nobody judged the others");
    assert_eq!(ids(Filter { source: Some(Source::Exact), answered: Some(false), ..any() }, 9), [0; 0]);
}

#[test]
fn a_handshake_is_no_evidence_for_the_tuner() {
    let recorder = Recorder::new(100, None, 1);
    recorder.record(&record(NOW, Outcome::Answered { source: Source::Static, cacheable: false }, 1));
    assert_eq!(recorder.observed().1, 0);
}

#[test]
fn percentiles_forget_what_is_older_than_five_minutes() {
    let recorder = Recorder::new(100, None, 1);
    recorder.record(&record(NOW, answered(Source::Solved), 5_000));
    let latency = recorder.traffic(None, NOW, NOW).latency.expect("one answer");
    assert!((latency.p99_ms / 5_000.0 - 1.0).abs() < 0.01, "two digits: {latency:?}");
    let later = NOW + 5 * MINUTE_MS;
    assert_eq!(recorder.traffic(None, NOW, later).latency, None);
    recorder.record(&record(later, answered(Source::Exact), 1));
    assert!(recorder.traffic(None, NOW, later).latency.expect("one answer").p99_ms < 2.0);
}

#[test]
fn the_first_minute_has_no_rate_and_a_silent_one_has_zero() {
    let recorder = Recorder::new(100, None, 1);
    let start = NOW - NOW % MINUTE_MS;
    recorder.record(&record(start, answered(Source::Exact), 1));
    assert_eq!(recorder.traffic(None, start, start + 1).per_minute, None);
    recorder.record(&record(start + MINUTE_MS, answered(Source::Exact), 1));
    assert_eq!(recorder.traffic(None, start, start + 2 * MINUTE_MS).per_minute, Some(1));
    assert_eq!(recorder.traffic(None, start, start + 9 * MINUTE_MS).per_minute, Some(0));
}
