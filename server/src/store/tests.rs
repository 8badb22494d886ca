//! What was acknowledged is there afterwards; what was offered comes back in order.

use lode_shared::{Observed, RawTargets, Settings, Step, Targets};

use super::*;

mod copies;
mod damage;
mod disk;

struct Open {
    store: Store,
    writer: std::thread::JoinHandle<()>,
}

fn open(folder: &Path) -> Open {
    let (store, writer) = Store::open(folder).expect("a fresh folder");
    Open { store, writer: std::thread::spawn(move || writer.run()) }
}

impl Open {
    fn close(self) {
        drop(self.store);
        self.writer.join().expect("the writer ends when its handles are gone");
    }
}

fn decision(at_ms: u64, step: Step) -> Decision {
    let (observed, targets) = (Observed::default(), Targets::default());
    Decision { at_ms, observed, labels: None, targets, step, infeasible: Vec::new(), reward: None }
}

fn point(at_ms: u64) -> HistoryPoint {
    HistoryPoint {
        at_ms,
        requests_per_s: 1.0,
        response_s: Some(0.5),
        success_pct: None,
        hit_rate_pct: Some(50.0),
        match_threshold: 0.95,
        ttl_s: 1_200,
        incentive_pct: None,
    }
}

#[tokio::test]
async fn acknowledged_values_survive_without_a_clean_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    let targets =
        Targets::new(RawTargets { response_s: 0.7, success_pct: 90.0, hit_rate_pct: 60.0 }).expect("in range");
    first.store.put("targets", &targets).await.expect("kept");
    // As after SIGKILL: the writer is never told to end.
    std::mem::forget(first);
    let second = open(folder.path());
    assert_eq!(second.store.get::<Targets>("targets").expect("readable"), Some(targets));
    assert_eq!(second.store.get::<Settings>("settings").expect("readable"), None);
}

#[tokio::test]
async fn history_comes_back_in_order_with_gaps_and_is_thinned() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = open(folder.path());
    for at_ms in (0..1_000).map(|index| 1_000_000 + index * 5_000) {
        first.store.point(point(at_ms));
    }
    for (at_ms, step) in
        [(1_000_001, Step::Adjusted(Vec::new())), (1_000_002, Step::Held(lode_shared::HoldReason::OnTarget))]
    {
        first.store.write(Together::default().decision(decision(at_ms, step))).await.expect("written");
    }
    let store = first.store.clone();
    drop(first.store);
    // The clone keeps the writer alive; a durable write behind the rows tells that they are written.
    store.put("settings", &Settings::default()).await.expect("kept");
    let now_ms = 1_000_000 + 999 * 5_000;
    let whole = store.history(0, now_ms, 10_000).expect("readable");
    assert_eq!(whole.points.len(), 1_000);
    assert_eq!(whole.step_s, 5);
    assert_eq!(whole.points[0], point(1_000_000));
    assert_eq!(whole.decisions.len(), 1, "charts mark what moved");
    let thin = store.history(1_000_000 - 1, now_ms, 100).expect("readable");
    assert!((90..=101).contains(&thin.points.len()), "{}", thin.points.len());
    assert_eq!(thin.step_s, 50, "two points of each bucket");
    assert!(thin.points.is_sorted_by_key(|point| point.at_ms));
    assert_eq!(thin.points[3].success_pct, None, "absent stays absent");
    let newest = store.decisions(1).expect("readable");
    assert_eq!(newest[0].at_ms, 1_000_002);
    drop(store);
    first.writer.join().expect("ended");
}

#[test]
fn a_file_that_is_no_database_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("lode.sqlite"), "not a database, but long enough to be read as one").expect("ok");
    let error = Store::open(folder.path()).err().expect("refused").to_string();
    assert!(error.contains("--data-dir") && error.contains("lode.sqlite"), "{error}");
}

#[test]
fn the_writer_ends_when_every_handle_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close();
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close();
    let connection = Connection::open(folder.path().join("lode.sqlite")).expect("opened");
    connection.pragma_update(None, "user_version", schema::SCHEMA_VERSION + 1).expect("written");
    let error = Store::open(folder.path()).err().expect("refused").to_string();
    assert!(error.contains("newer Lode") && error.contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn a_decision_that_cannot_be_read_does_not_hide_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = open(folder.path());
    let known = Together::default().decision(decision(5, Step::Adjusted(Vec::new())));
    opened.store.write(known).await.expect("written");
    opened.close();
    let connection = Connection::open(folder.path().join("lode.sqlite")).expect("opened");
    let foreign = "INSERT INTO decision (at_ms, adjusted, json) VALUES (6, 1, '{\"step\":\"Danced\"}')";
    connection.execute(foreign, []).expect("written");
    let (store, _) = Store::open(folder.path()).expect("opened");
    assert_eq!(store.decisions(10).expect("readable").len(), 1);
}

#[test]
fn a_sample_from_the_future_does_not_empty_the_history() {
    let folder = tempfile::tempdir().expect("a folder");
    let now_ms = crate::clock::Clock::system().now_ms();
    let first = open(folder.path());
    first.store.point(point(now_ms));
    first.store.point(point(now_ms + 400 * 86_400_000));
    first.close();
    // Pruning happens with the first batch of a process.
    let second = open(folder.path());
    second.store.point(point(now_ms + 1));
    let store = second.store.clone();
    drop(second.store);
    drop(store);
    second.writer.join().expect("ended");
    let (store, _) = Store::open(folder.path()).expect("opened");
    assert_eq!(store.history(0, now_ms + 5_000, 100).expect("readable").points.len(), 2);
}

#[test]
fn starts_come_back_oldest_first_and_no_more_than_can_be_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |at_ms| Start { at_ms, version: format!("1.0.{at_ms}") };
    let first = open(folder.path());
    (1..=1_250).for_each(|at_ms| first.store.started(start(at_ms)));
    first.close();
    // Pruned after the first batch of a run.
    let second = open(folder.path());
    second.store.started(start(1_251));
    second.close();
    let (store, _) = Store::open(folder.path()).expect("opened");
    let starts = |since_ms, now_ms| store.history(since_ms, now_ms, 100).expect("readable").starts;
    assert_eq!(starts(1_248, 1_250), [start(1_249), start(1_250)]);
    let newest = starts(0, 9_999);
    assert_eq!((newest.len(), &newest[0]), (200, &start(1_052)));
    assert_eq!(starts(0, 251), [], "of a miner that cannot stay up the oldest go");
    assert_eq!(starts(0, 252).len(), 1);
}

#[test]
fn a_file_of_the_first_version_goes_through_every_step_and_keeps_what_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = Connection::open(folder.path().join("lode.sqlite")).expect("made");
    connection.execute_batch(schema::MIGRATIONS[0]).expect("the first version");
    connection.execute("INSERT INTO setting (key, json) VALUES ('a', '7')", []).expect("written");
    drop(connection);
    let opened = open(folder.path());
    assert_eq!(opened.store.get::<u32>("a").expect("readable"), Some(7));
    assert_eq!(opened.store.history(0, 1, 10).expect("every table is there").starts, []);
    opened.close();
    let connection = Connection::open(folder.path().join("lode.sqlite")).expect("opened");
    assert_eq!(schema::migrate(&connection).expect("nothing to do"), schema::SCHEMA_VERSION);
}

fn record(id: u64, at_ms: u64) -> Record {
    use crate::recorder::Outcome;
    Record::new(id, at_ms, Outcome::Failed { reason: "timeout", cacheable: true }, std::time::Duration::from_millis(5))
}

#[tokio::test]
async fn a_labelled_request_is_durable_even_if_its_row_was_dropped() {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = open(folder.path());
    let label = Some((false, LabelKind::Operator));
    opened.store.write(Together::default().request(Record { label, ..record(7, 1) })).await.expect("written");
    let rows = opened.store.requests(&Filter::default(), u64::MAX, 9).expect("readable");
    assert_eq!((rows.len(), rows[0].id, rows[0].right), (1, 7, Some(false)));
}

#[test]
fn requests_are_kept_for_so_many_days_and_no_more_than_so_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, writer) = Store::open(folder.path()).expect("a fresh folder");
    let writer = std::thread::spawn(move || writer.run());
    let day_ms = 86_400_000;
    let start_ms = 1_700_000_000_000;
    for day in 0..40 {
        store.request(record(day + 1, start_ms + day * day_ms));
    }
    drop(store);
    writer.join().expect("written");
    // Pruned after the first batch of a run.
    let ids = |retention: Retention| {
        let (store, writer) = Store::open(folder.path()).expect("there");
        let writer = writer.keeping(retention);
        let writer = std::thread::spawn(move || writer.run());
        store.request(record(store.last_request_id().expect("readable") + 1, start_ms + 40 * day_ms));
        drop(store);
        writer.join().expect("written");
        let (store, _) = Store::open(folder.path()).expect("there");
        store
            .requests(&Filter::default(), u64::MAX, 100)
            .expect("readable")
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(Retention { days: 10, max_requests: 1_000 }), (31..=41).rev().collect::<Vec<_>>());
    assert_eq!(ids(Retention { days: 3_650, max_requests: 3 }), [42, 41, 40]);
}
