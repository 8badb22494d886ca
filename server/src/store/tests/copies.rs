//! Backups, of a file that is written meanwhile.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;

use super::*;

#[test]
fn a_copy_made_while_rows_are_written_is_whole_and_its_owners_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = open(folder.path());
    let stop = AtomicBool::new(false);
    let to = folder.path().join("copy.sqlite");
    let copied = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut id = 0;
            while !stop.load(Ordering::Relaxed) {
                id += 1;
                opened.store.point(point(id));
                opened.store.started(Start { at_ms: id, version: "x".repeat(500) });
            }
        });
        // Some of it is there before we begin.
        while opened.store.health().last_commit_ms.is_none() {
            std::thread::yield_now();
        }
        let mut told = Vec::new();
        let copied = backup(folder.path(), &to, |done, of| told.push((done, of)));
        stop.store(true, Ordering::Relaxed);
        assert!(told.last().is_some_and(|(done, of)| done == of && *of > 1), "{told:?}");
        copied.expect("copied")
    });
    opened.close();
    assert_eq!(std::fs::metadata(&to).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&to).expect("there").len(), copied.bytes);
    let rows = |table: &str| copied.rows.iter().find(|(name, _)| name == table).map(|(_, count)| *count);
    let points = rows("history").expect("every table is told of");
    assert!(points > 0 && rows("audit") == Some(0), "{copied:?}");

    // Put into the place of a data file it is one.
    let place = tempfile::tempdir().expect("a folder");
    std::fs::copy(&to, place.path().join(FILE)).expect("copied");
    let (store, _) = Store::recover(place.path(), Clock::system()).expect("opened");
    assert_eq!(store.history(0, u64::MAX / 4, 10_000_000).expect("readable").points.len() as u64, points);
    let beside_it = ["copy.sqlite-wal", "copy.sqlite.part"].map(|name| folder.path().join(name).exists());
    assert_eq!(beside_it, [false, false]);
}

#[test]
fn a_copy_never_takes_the_place_of_a_file_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close();
    let to = folder.path().join("copy");
    std::fs::write(&to, "precious").expect("written");
    let error = backup(folder.path(), &to, |_, _| ()).expect_err("refused").to_string();
    assert!(error.contains("there already"), "{error}");
    assert_eq!(std::fs::read_to_string(&to).expect("kept"), "precious");
}

#[test]
fn a_damaged_file_gives_no_copy_that_looks_good() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).close();
    let path = folder.path().join(FILE);
    let mut bytes = std::fs::read(&path).expect("there");
    bytes[8_192..12_288].fill(0xff);
    std::fs::write(&path, bytes).expect("written");
    let to = folder.path().join("copy");
    backup(folder.path(), &to, |_, _| ()).expect_err("refused");
    assert!(!to.exists() && !folder.path().join("copy.part").exists());
}

#[test]
fn without_a_data_file_there_is_nothing_to_copy() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = backup(folder.path(), &folder.path().join("copy"), |_, _| ()).expect_err("refused").to_string();
    assert!(error.contains("--data-dir"), "{error}");
}
