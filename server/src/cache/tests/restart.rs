//! What survives a restart, and what must not.

use std::collections::BTreeSet;
use std::sync::Arc;

use lode_shared::Source;
use serde_json::json;

use super::*;
use crate::store::Store;

pub(super) struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub(super) fn store(&self) -> Store {
        let (store, writer) = Store::open(self.folder.path()).expect("a data folder");
        std::thread::spawn(move || writer.run());
        store
    }
}

pub(super) async fn loaded(store: &Store, now_ms: u64) -> Arc<AnswerCache> {
    let cache = Arc::new(cache());
    cache.load(store, now_ms).await.expect("readable");
    cache
}

#[tokio::test]
async fn a_restart_keeps_answers_their_use_their_labels_and_the_patterns() {
    let disk = Disk::new();
    let first = loaded(&disk.store(), START_MS).await;
    first.remember(&question("Show me details for the book 'Dune'"), answer("a"), START_MS);
    first.remember(&question("Open the inbox"), answer("b"), START_MS);
    let given = look(&first, &question("Open the inbox"), START_MS + 1);
    first.judge(given.request_id, judged(false), START_MS + 2);
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara"].iter().zip(0..) {
        let plan = answer_of(json!({"text": name, "field": "name"}));
        first.remember(&question(&format!("Type '{name}' into the name field")), plan, START_MS + at);
    }
    first.flush(&disk.store()).await.expect("written");

    let second = loaded(&disk.store(), START_MS + 10).await;
    assert_eq!(reply(&second, "Show me details for the book 'Dune'", START_MS + 10), Some((Source::Exact, "a".into())));
    let similar = reply(&second, "Please show me details for the book 'Dune'", START_MS + 10);
    assert_eq!(similar, Some((Source::Semantic, "a".into())));
    assert_eq!(reply(&second, "Open the inbox", START_MS + 10), None, "contradicted it stays");
    let (source, fields) =
        found(&second, &question("Type 'Tony' into the name field"), START_MS + 10).expect("a pattern");
    assert_eq!((source, &fields["text"]), (Source::Pattern, &json!("Tony")));
    let (total, rows) = second.entries(&EntryQuery { search: "inbox".into(), ..EntryQuery::default() }, START_MS + 10);
    assert_eq!((total, rows[0].hits, rows[0].quarantined, &*rows[0].solver), (1, 1, true, "web"));
    second.remember(&question("Call a taxi"), answer("c"), START_MS + 20);
    let (_, rows) = second.entries(&EntryQuery::default(), START_MS + 20);
    let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "ids go on counting");
}

#[tokio::test]
async fn what_is_forgotten_stays_forgotten_after_a_restart() {
    for what in ["all", "scope", "before", "entry"] {
        let disk = Disk::new();
        let store = disk.store();
        let first = loaded(&store, START_MS).await;
        let (old, new) = (question("Open the inbox"), asked_at("Play some jazz", "[]"));
        first.remember(&old, answer("a"), START_MS);
        first.remember(&new, answer("b"), START_MS + 5_000);
        first.flush(&store).await.expect("written");
        let id = first.entries(&EntryQuery { search: "inbox".into(), ..EntryQuery::default() }, START_MS).1[0].id;
        let what_is_meant = match what {
            "all" => Forget::All,
            "scope" => Forget::Scope(old.scope_digest()),
            "before" => Forget::Before(START_MS + 100),
            _ => Forget::Entry(id),
        };
        let expected = if what == "all" { 2 } else { 1 };
        assert_eq!(first.forget(what_is_meant, &store, START_MS + 6_000).await.expect("written"), expected, "{what}");
        // As after SIGKILL: nothing more is written.
        let second = loaded(&disk.store(), START_MS + 7_000).await;
        for cache in [&first, &second] {
            assert_eq!(found(cache, &old, START_MS + 7_000), None, "{what}");
            assert_eq!(found(cache, &new, START_MS + 7_000).is_some(), what != "all", "{what}");
        }
    }
}

#[tokio::test]
async fn a_forgotten_answer_leaves_no_older_one_to_its_question_on_disk() {
    let disk = Disk::new();
    let store = disk.store();
    let first = loaded(&store, START_MS).await;
    let asked = question("Open the inbox");
    first.remember(&asked, answer("older"), START_MS);
    first.flush(&store).await.expect("written");
    // It waits for the disk when it is forgotten, and the older one's row is still there.
    first.remember(&asked, answer("newer"), START_MS + 5_000);
    let id = first.entries(&EntryQuery { search: "inbox".into(), ..EntryQuery::default() }, START_MS + 5_000).1[0].id;
    assert_eq!(first.forget(Forget::Entry(id), &store, START_MS + 5_001).await.expect("written"), 1);
    let second = loaded(&disk.store(), START_MS + 5_002).await;
    assert_eq!(found(&second, &asked, START_MS + 5_002), None);
}

#[tokio::test]
async fn forgotten_patterns_stay_forgotten_also_those_that_waited_for_the_disk() {
    let disk = Disk::new();
    let store = disk.store();
    let first = loaded(&store, START_MS).await;
    let ask = |name: &str| question(&format!("Type '{name}' into the name field"));
    for (name, at) in ["Ada", "Grace", "Alan", "Edsger", "Barbara"].iter().zip(0..) {
        first.remember(&ask(name), answer_of(json!({"text": name, "field": "name"})), START_MS + at);
    }
    assert!(found(&first, &ask("Tony"), START_MS + 10).is_some());
    // Nothing is on disk yet.
    let scope = Forget::Scope(ask("Tony").scope_digest());
    assert_eq!(first.forget(scope, &store, START_MS + 11).await.expect("written"), 5);
    first.flush(&store).await.expect("written");
    let second = loaded(&disk.store(), START_MS + 12).await;
    for cache in [&first, &second] {
        assert_eq!(found(cache, &ask("Tony"), START_MS + 12), None);
        assert_eq!(found(cache, &ask("Ada"), START_MS + 12), None);
    }
}

#[tokio::test]
async fn a_row_that_reaches_the_disk_after_its_scope_was_forgotten_is_not_read_back() {
    let disk = Disk::new();
    let store = disk.store();
    let first = loaded(&store, START_MS).await;
    let old = question("Open the inbox");
    first.remember(&old, answer("a"), START_MS);
    // The epoch is on disk before the row is.
    let epoch = crate::store::Epoch { scope: Some(*old.scope_digest().as_bytes()), at_ms: START_MS + 1 };
    store.answers(vec![crate::store::AnswerWrite::Epoch(epoch)]).await.expect("written");
    first.flush(&store).await.expect("written");
    let second = loaded(&disk.store(), START_MS + 2).await;
    assert_eq!(found(&second, &old, START_MS + 2), None);
}

#[tokio::test]
async fn a_solve_that_began_before_its_scope_was_forgotten_is_not_kept() {
    let disk = Disk::new();
    let store = disk.store();
    let cache = loaded(&store, START_MS).await;
    let asked = question("Open the inbox");
    cache.forget(Forget::Scope(asked.scope_digest()), &store, START_MS).await.expect("written");
    // Answers here take two seconds to solve.
    cache.remember(&asked, answer("stale"), START_MS + 1_000);
    assert_eq!(found(&cache, &asked, START_MS + 1_000), None);
    cache.remember(&asked, answer("fresh"), START_MS + 2_002);
    assert_eq!(reply(&cache, "Open the inbox", START_MS + 2_002), Some((Source::Exact, "fresh".into())));
}
