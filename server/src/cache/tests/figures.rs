//! What is counted.

use super::restart::{Disk, loaded};
use super::*;

fn priced(text: &str, cost_usd: Option<f32>) -> Arc<Answer> {
    let fields = json!({ "reply": text });
    Arc::new(Answer::new(fields.as_object().expect("an object"), 2_000, "web".into()).costing(cost_usd))
}

#[tokio::test]
async fn hits_save_what_their_answers_have_cost_also_after_a_restart() {
    let disk = Disk::new();
    let first = loaded(&disk.store(), START_MS).await;
    first.remember(&question("Open the inbox"), priced("a", None), START_MS);
    assert!(found(&first, &question("Open the inbox"), START_MS + 1).is_some());
    assert_eq!(first.stats(START_MS).saved_usd, None, "no solver told what it costs");
    first.remember(&question("Call a taxi"), priced("b", Some(0.000_25)), START_MS);
    assert_eq!(first.stats(START_MS).saved_usd, Some(0.0), "known, and nothing yet");
    first.flush(&disk.store()).await.expect("written");

    let second = loaded(&disk.store(), START_MS + 10).await;
    assert_eq!(second.stats(START_MS + 10).saved_usd, Some(0.0));
    for _ in 0..4 {
        assert!(found(&second, &question("Call a taxi"), START_MS + 10).is_some());
    }
    assert!(found(&second, &question("Open the inbox"), START_MS + 10).is_some());
    let stats = second.stats(START_MS + 10);
    assert!((stats.saved_usd.expect("known") - 0.001).abs() < 1e-8, "{stats:?}");
    assert_eq!((stats.hits, stats.saved_s), (5, 10.0));
}

#[tokio::test]
async fn what_is_contradicted_or_forgotten_is_counted_once() {
    let disk = Disk::new();
    let store = disk.store();
    let cache = loaded(&store, START_MS).await;
    for prompt in ["Open the inbox", "Call a taxi", "Play some jazz"] {
        cache.remember(&question(prompt), answer("a"), START_MS);
    }
    let given = [1, 2].map(|ms| look(&cache, &question("Open the inbox"), START_MS + ms).request_id);
    for request_id in given {
        cache.judge(request_id, judged(false), START_MS + 3);
    }
    assert_eq!(cache.stats(START_MS).quarantined, 1, "two said so of one answer");
    let id = cache.entries(&EntryQuery { search: "taxi".into(), ..EntryQuery::default() }, START_MS).1[0].id;
    cache.forget(Forget::Entry(id), &store, START_MS + 4).await.expect("written");
    assert_eq!(cache.forget(Forget::Entry(id), &store, START_MS + 4).await.expect("nothing to do"), 0);
    assert_eq!(cache.stats(START_MS).forgotten, 1);
    cache.forget(Forget::All, &store, START_MS + 5_000).await.expect("written");
    assert_eq!((cache.stats(START_MS).forgotten, cache.stats(START_MS).evicted), (3, 0));
}

#[test]
fn the_share_of_wrong_hits_has_two_ends_and_a_row_where_it_was_said() {
    let cache = cache();
    assert_eq!((cache.stats(START_MS).false_hit_lower_pct, cache.reliability(START_MS)), (None, vec![]));
    cache.remember(&question("Show me details for the book 'Dune'"), answer("a"), START_MS);
    for right in [true, true, false] {
        let given = look(&cache, &question("Please show me details for the book 'Dune'"), START_MS);
        cache.judge(given.request_id, judged(right), START_MS + 1);
    }
    let stats = cache.stats(START_MS + 1);
    let [lower, share, upper] = [stats.false_hit_lower_pct, stats.false_hit_pct, stats.false_hit_upper_pct];
    assert!(0.0 < lower.expect("labels") && lower < share && share < upper, "{stats:?}");
    let rows = cache.reliability(START_MS + 1);
    let right_pct: f64 = rows.iter().map(|row| row.right_pct * row.labels).sum::<f64>() / stats.labels;
    assert!((right_pct + share.expect("labels") - 100.0).abs() < 1e-6, "{rows:?}");
}
