//! A disk that is full, and one that has room again; files that shrink; one process at a time.

use std::io;

use super::*;

const START_MS: u64 = 1_800_000_000_000;

/// A store whose file may have so many pages, written by hand, with a clock that stands still.
fn limited(folder: &Path, pages: i64) -> (Store, StoreWriter) {
    let (store, writer) = Store::recover(folder, Clock::from_fn(|| START_MS * 1_000_000)).expect("opened");
    allow(&writer, pages);
    (store, writer)
}

fn allow(writer: &StoreWriter, pages: i64) {
    let _: i64 =
        writer.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).expect("set");
}

/// What a durable write of so many bytes is answered with.
fn put(writer: &mut StoreWriter, bytes: usize) -> Result<(), StoreError> {
    let (done, mut written) = oneshot::channel();
    let what = Box::new(Together::default().value("targets", &"x".repeat(bytes)).expect("plain data"));
    writer.write(vec![Write::Together { what, done }]);
    written.try_recv().expect("told")
}

/// What was logged meanwhile.
fn logged(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Text(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Text {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let text = Text::default();
    let out = text.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || out.clone()).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(text.0.lock().clone()).expect("text")
}

#[test]
fn a_full_disk_is_told_once_and_its_end_too_and_durable_writes_are_refused_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut writer) = limited(folder.path(), 60);
    put(&mut writer, 10).expect("there is room");
    assert_eq!(store.health().failing_since_ms, None);
    let log = logged(|| {
        for _ in 0..5 {
            let error = put(&mut writer, 1_000_000).expect_err("there is no room").to_string();
            assert!(error.contains("full"), "{error}");
        }
        writer.write((0..20_000).map(|at_ms| Write::Point(point(at_ms))).collect());
    });
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("full") && log.contains("make room") && log.contains("lode.sqlite"), "{log}");
    let health = store.health();
    assert_eq!((health.failing_since_ms, health.dropped), (Some(START_MS), 20_000));
    assert!(health.fault.is_some_and(|fault| fault.contains("full")));
    assert_eq!(store.get::<String>("targets").expect("readable").map(|kept| kept.len()), Some(10), "it can be read");
    // Nothing to write is no sign that it could be.
    writer.write(vec![Write::Requests(Vec::new())]);
    assert_eq!(store.health().failing_since_ms, Some(START_MS));

    allow(&writer, 100_000);
    let log = logged(|| put(&mut writer, 1_000_000).expect("there is room again"));
    assert!(log.lines().count() == 1 && log.contains("again") && log.contains("20000 rows are lost"), "{log}");
    let health = store.health();
    assert_eq!((health.failing_since_ms, health.fault, health.last_commit_ms), (None, None, Some(START_MS)));
    assert_eq!(store.get::<String>("targets").expect("readable").map(|kept| kept.len()), Some(1_000_000));
}

#[test]
fn a_disk_that_fails_now_and_then_does_not_fill_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, mut writer) = limited(folder.path(), 60);
    let log = logged(|| {
        for _ in 0..50 {
            put(&mut writer, 1_000_000).expect_err("there is no room");
            put(&mut writer, 10).expect("there is room for that");
        }
    });
    assert_eq!(log.lines().count(), 2, "{log}");
}

#[test]
fn the_room_on_the_disk_is_known_from_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, _writer) = Store::open(folder.path()).expect("opened");
    let health = store.health();
    assert!(health.file_bytes.is_some_and(|bytes| bytes > 4_096), "{health:?}");
    assert!(health.free_bytes.is_some() && health.free_bytes <= health.disk_bytes, "{health:?}");
    assert_eq!(health.last_commit_ms, None);
}

#[test]
fn a_file_whose_rows_went_gives_their_room_back_bit_by_bit_and_keeps_some() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, mut writer) = Store::open(folder.path()).expect("opened");
    put(&mut writer, 40_000_000).expect("written");
    put(&mut writer, 10).expect("written");
    let pages = |pragma| schema::number(&writer.connection, pragma).expect("a number");
    let (mut count, mut rounds) = (pages("page_count"), 0);
    assert!(count > 9_000);
    loop {
        schema::shrink(&writer.connection).expect("shrunk");
        let left = pages("page_count");
        // Pages that list pages go along.
        assert!(count - left <= 2_060, "writers wait for it");
        if left == count {
            break;
        }
        (count, rounds) = (left, rounds + 1);
    }
    let free = pages("freelist_count");
    assert!((4..=10).contains(&rounds) && count < 200 && free > 0 && free <= count / 8, "{rounds} {count} {free}");
}

#[test]
fn a_small_file_of_an_older_version_can_shrink_from_now_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = Connection::open(folder.path().join(FILE)).expect("made");
    connection.execute_batch(schema::MIGRATIONS[0]).expect("the first version");
    connection.execute("INSERT INTO setting (key, json) VALUES ('a', '7')", []).expect("written");
    assert_eq!(schema::number(&connection, "auto_vacuum").expect("a number"), 0);
    drop(connection);
    let (store, writer) = Store::open(folder.path()).expect("opened");
    assert_eq!(schema::number(&writer.connection, "auto_vacuum").expect("a number"), 2);
    assert_eq!(store.get::<u32>("a").expect("readable"), Some(7));
}

#[test]
fn two_processes_never_use_one_folder_and_the_second_says_who_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(holder(folder.path()).expect("readable"), None);
    let lock = DataLock::take(folder.path()).expect("free");
    let api = "127.0.0.1:8080".parse().ok();
    lock.tell(api);
    let process = std::process::id();
    assert_eq!(holder(folder.path()).expect("readable"), Some(Holder { process, api }));
    let error = DataLock::take(folder.path()).expect_err("taken").to_string();
    let words = [&folder.path().display().to_string(), &format!("process {process}"), "--data-dir"];
    assert!(words.iter().all(|word| error.contains(*word)), "{error}");
    drop(lock);
    assert_eq!(holder(folder.path()).expect("readable"), None, "what is noted of one who has gone says nothing");
    DataLock::take(folder.path()).expect("free again");
}
