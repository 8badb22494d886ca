//! A damaged file is moved aside, and the miner starts.

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;

use lode_shared::{Change, Mode, RawMode};
use proptest::prelude::*;

use super::*;

const NOW_S: u64 = 1_800_000_000;

fn clock() -> Clock {
    Clock::from_fn(|| NOW_S * 1_000_000_000)
}

fn audit_row(version: u64) -> AuditRow {
    let change = Change::Mode(RawMode { mode: Mode::Hold });
    AuditRow { at_ms: version, who: "somebody".into(), version, old: change, new: change }
}

/// A folder whose file holds values, changes, requests and enough samples for many pages.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = open(folder.path());
    (1..=2_000).for_each(|at_ms| opened.store.point(point(at_ms)));
    for id in 1..=400 {
        opened.store.request(record(id, id));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for version in 1..=3 {
        let write = Together::default().value("targets", &version).expect("plain data").audit(audit_row(version));
        runtime.block_on(opened.store.write(write)).expect("written");
    }
    opened.close();
    folder
}

/// Overwrites the first page of a table.
fn damage(folder: &Path, table: &str) {
    let path = folder.join(FILE);
    let connection = Connection::open(&path).expect("opened");
    let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: i64 = connection.query_row(query, [table], |row| row.get(0)).expect("a table");
    let size = schema::number(&connection, "page_size").expect("a number");
    drop(connection);
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("there");
    file.write_all_at(&vec![0xff; size as usize], ((page - 1) * size) as u64).expect("written");
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

fn recovered(folder: &Path) -> Open {
    let (store, writer) = Store::recover(folder, clock()).expect("it starts");
    Open { store, writer: std::thread::spawn(move || writer.run()) }
}

#[test]
fn a_file_that_is_no_database_is_moved_aside_with_its_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "not a database, but long enough to be read as one";
    std::fs::write(folder.path().join("lode.sqlite"), text).expect("written");
    std::fs::write(folder.path().join("lode.sqlite-wal"), "its journal").expect("written");
    recovered(folder.path()).close();
    let aside = folder.path().join(format!("lode.sqlite.damaged-{NOW_S}"));
    assert_eq!(std::fs::read_to_string(&aside).expect("kept"), text);
    assert_eq!(std::fs::read_to_string(beside(&aside, "-wal")).expect("kept"), "its journal");
    let (store, _) = Store::open(folder.path()).expect("whole");
    assert_eq!(store.get::<u64>("targets").expect("readable"), None);
}

#[test]
fn what_the_operator_said_is_taken_over_where_something_else_is_damaged() {
    let folder = filled();
    damage(folder.path(), "history");
    let opened = recovered(folder.path());
    assert_eq!(opened.store.get::<u64>("targets").expect("readable"), Some(3));
    let versions: Vec<_> = opened.store.audit(9).expect("readable").iter().map(|row| row.version).collect();
    assert_eq!(versions, [3, 2, 1]);
    assert_eq!(opened.store.history(0, 9_999, 10).expect("readable").points, [], "the rest begins anew");
    assert_eq!(opened.store.last_request_id().expect("readable"), 0);
    opened.close();
    let aside = format!("lode.sqlite.damaged-{NOW_S}");
    assert_eq!(names(folder.path()), BTreeSet::from([FILE.to_owned(), aside]), "and nothing is left about");
}

#[test]
fn it_starts_with_nothing_where_even_that_is_damaged() {
    let folder = filled();
    damage(folder.path(), "setting");
    damage(folder.path(), "audit");
    let opened = recovered(folder.path());
    assert_eq!(opened.store.get::<u64>("targets").expect("readable"), None);
    assert_eq!(opened.store.audit(9).expect("readable"), []);
    opened.close();
}

#[test]
fn a_move_that_a_crash_cut_short_is_finished_at_the_next_start() {
    let aside = format!("{FILE}.damaged-{NOW_S}");
    let cut_short: [fn(&Path, &Path); 3] = [
        |file, aside| std::fs::hard_link(file, aside).expect("linked"),
        |file, aside| {
            std::fs::hard_link(file, aside).expect("linked");
            std::fs::rename(beside(file, "-wal"), beside(aside, "-wal")).expect("renamed");
        },
        |file, aside| std::fs::rename(file, aside).expect("renamed"),
    ];
    for (index, cut_short) in cut_short.into_iter().enumerate() {
        let (folder, saved) = (filled(), filled());
        let file = folder.path().join(FILE);
        std::fs::write(beside(&file, "-wal"), "its journal").expect("written");
        std::fs::rename(saved.path().join(FILE), beside(&file, ".new")).expect("renamed");
        let damaged = std::fs::read(&file).expect("readable");
        cut_short(&file, &folder.path().join(&aside));
        let opened = recovered(folder.path());
        assert_eq!(opened.store.get::<u64>("targets").expect("readable"), Some(3), "{index}");
        opened.close();
        let expected = [FILE.to_owned(), aside.clone(), format!("{aside}-wal")];
        assert_eq!(names(folder.path()), BTreeSet::from(expected), "{index}");
        assert_eq!(std::fs::read(folder.path().join(&aside)).expect("kept"), damaged, "{index}");
    }
}

#[test]
fn no_more_than_three_damaged_files_are_kept_the_newest() {
    let folder = tempfile::tempdir().expect("a folder");
    for second in 1..=5_u64 {
        std::fs::write(folder.path().join(FILE), format!("no database: {second:0>60}")).expect("written");
        // The first two within one second.
        mend::mend(&folder.path().join(FILE), second.max(2)).expect("moved");
    }
    let kept = ["", ".damaged-4", ".damaged-5", ".damaged-6"].map(|suffix| format!("{FILE}{suffix}"));
    assert_eq!(names(folder.path()), BTreeSet::from(kept));
}

#[test]
fn a_whole_file_stays_as_it_is() {
    let folder = filled();
    recovered(folder.path()).close();
    let opened = recovered(folder.path());
    assert_eq!(opened.store.get::<u64>("targets").expect("readable"), Some(3));
    assert_eq!(opened.store.last_request_id().expect("readable"), 400);
    opened.close();
    assert_eq!(names(folder.path()), BTreeSet::from([FILE.to_owned()]));
}

#[test]
fn a_newer_file_is_refused_and_left_alone_even_if_it_looks_damaged() {
    let folder = filled();
    let connection = Connection::open(folder.path().join(FILE)).expect("opened");
    connection.pragma_update(None, "user_version", schema::SCHEMA_VERSION + 1).expect("written");
    drop(connection);
    damage(folder.path(), "history");
    assert!(matches!(Store::recover(folder.path(), clock()), Err(StoreError::Newer { .. })));
    assert_eq!(names(folder.path()), BTreeSet::from([FILE.to_owned()]));
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_and_nothing_is_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(FILE)).expect("made");
    let error = Store::recover(folder.path(), clock()).err().expect("refused").to_string();
    assert!(error.contains("--data-dir"), "{error}");
    assert_eq!(names(folder.path()), BTreeSet::from([FILE.to_owned()]));
}

#[test]
fn the_requests_of_a_large_file_are_looked_at_when_a_write_found_damage() {
    let folder = filled();
    damage(folder.path(), "request");
    let path = folder.path().join(FILE);
    assert_eq!(mend::fault(&path, false).expect("readable"), None);
    assert!(mend::fault(&path, true).is_ok_and(|fault| fault.is_some()));
    // As a miner whose file was too large to be looked at as a whole.
    let (store, mut writer) = Store::open(folder.path()).expect("opened");
    store.request(record(401, 401));
    writer.write(vec![Write::Requests(Vec::new())]);
    let health = store.health();
    assert!(health.fault.is_some_and(|fault| fault.contains("malformed")) && health.dropped == 1);
    drop((store, writer));
    assert!(beside(&path, ".suspect").exists());
    recovered(folder.path()).close();
    assert_eq!(names(folder.path()), BTreeSet::from([FILE.to_owned(), format!("{FILE}.damaged-{NOW_S}")]));
}

/// The bytes of a good file.
static GOOD: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::fs::read(filled().path().join(FILE)).expect("a file without a journal"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happened_to_the_file_it_starts_and_takes_writes(
        at in any::<prop::sample::Index>(), len in 1_usize..9_000, byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut bytes = GOOD.clone();
        let at = at.index(bytes.len());
        match cut {
            true => bytes.truncate(at),
            false => bytes.iter_mut().skip(at).take(len).for_each(|old| *old = byte),
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), bytes).expect("written");
        let started = Store::recover(folder.path(), clock());
        // The one thing that is not damage: a version number that happens to be newer.
        if let Err(StoreError::Newer { .. }) = started {
            return Ok(());
        }
        let (store, mut writer) = started.expect("it starts");
        let (done, mut written) = oneshot::channel();
        let what = Box::new(Together::default().value("targets", &7).expect("plain data"));
        writer.write(vec![Write::Together { what, done }]);
        written.try_recv().expect("told").expect("written");
        prop_assert_eq!(store.get::<u64>("targets").expect("readable"), Some(7));
    }
}
