//! What goes out comes in again, to the letter; what is no answer brings nothing in.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::store::Store;

const NOW_MS: u64 = 1_800_000_000_000;

fn row(number: u64, stored_ms: u64) -> (AnswerRow, ScopeRow) {
    let question = Question {
        synapse: "S".into(),
        prompt: format!("Open \"book\" {number}\u{e9}"),
        scope: format!("[\"site {}\"]", number % 3),
    };
    let row = AnswerRow {
        id: number,
        key: *question.digest().as_bytes(),
        scope: *question.scope_digest().as_bytes(),
        prompt: question.prompt,
        // Digits and their order as they were answered.
        answer: format!("{{\"z\":1.10,\"a\":[{number},1e+5,\"\\n\"]}}"),
        solve_ms: 100,
        cost_usd: number.is_multiple_of(2).then_some(0.1),
        solver: "web".into(),
        stored_ms,
        change: AnswerChange {
            hits: number as u32,
            last_used_ms: stored_ms + number,
            posterior: serde_json::to_string(&Posterior::new(stored_ms)).expect("plain data"),
            is_lone: !number.is_multiple_of(2),
        },
        vector: None,
    };
    let scope = ScopeRow { key: row.scope, synapse: "S".into(), text: question.scope };
    (row, scope)
}

/// A data folder with these writes.
fn folder(writes: Vec<AnswerWrite>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut connection = open(&folder.path().join(FILE)).expect("made");
    let transaction = connection.transaction().expect("begun");
    writes.iter().for_each(|write| answers::write(&transaction, write).expect("written"));
    transaction.commit().expect("kept");
    folder
}

fn filled(rows: impl IntoIterator<Item = (AnswerRow, ScopeRow)>) -> tempfile::TempDir {
    let writes = rows.into_iter().flat_map(|(row, scope)| [AnswerWrite::Scope(scope), AnswerWrite::Put(Box::new(row))]);
    folder(writes.collect())
}

fn exported(folder: &Path) -> String {
    let mut out = Vec::new();
    export_answers(folder, &mut out, NOW_MS, |_, _| ()).expect("written");
    String::from_utf8(out).expect("text")
}

fn imported(folder: &Path, lines: &str) -> Result<Imported, ExchangeError> {
    import_answers(folder, &mut lines.as_bytes(), NOW_MS, |_, _| ())
}

fn rows(folder: &Path) -> Vec<AnswerRow> {
    let (store, _) = Store::open(folder).expect("opened");
    let mut rows = Vec::new();
    store.kept_answers(|row| rows.push(row)).expect("readable");
    rows
}

#[test]
fn what_is_exported_is_imported_to_the_letter() {
    let from = filled((1..=9).map(|number| row(number, NOW_MS - 1_000 * number)));
    let lines = exported(from.path());
    assert_eq!(lines.lines().count(), 10);
    let to = filled([]);
    assert_eq!(imported(to.path(), &lines).expect("taken in"), Imported { added: 9, ..Imported::default() });
    let without_ids = |rows: Vec<AnswerRow>| rows.into_iter().map(|row| AnswerRow { id: 0, ..row }).collect::<Vec<_>>();
    assert_eq!(without_ids(rows(to.path())), without_ids(rows(from.path())));
    assert_eq!(exported(to.path()), lines);
    let again = imported(to.path(), &lines).expect("read");
    assert_eq!(again, Imported { older: 9, ..Imported::default() }, "twice is once");
}

#[test]
fn the_newer_of_two_answers_to_a_question_stays() {
    let lines = exported(filled([row(1, NOW_MS - 500), row(2, NOW_MS - 500)]).path());
    let to = filled([row(1, NOW_MS - 900), row(2, NOW_MS - 100), row(3, NOW_MS)]);
    let came = imported(to.path(), &lines).expect("taken in");
    assert_eq!(came, Imported { added: 1, older: 1, cleared: 0 });
    let mut stored: Vec<_> = rows(to.path()).iter().map(|row| (row.id, row.stored_ms)).collect();
    stored.sort_unstable();
    assert_eq!(stored, [(2, NOW_MS - 100), (3, NOW_MS), (4, NOW_MS - 500)], "ids only go up");
}

#[test]
fn what_was_cleared_does_not_come_back_by_an_import() {
    let lines = exported(filled([row(1, NOW_MS - 500), row(2, NOW_MS - 500), row(3, NOW_MS - 50)]).path());
    let (of_one, _) = row(1, 0);
    let epoch = |scope, at_ms| AnswerWrite::Epoch(Epoch { scope, at_ms });
    let to = folder(vec![epoch(Some(of_one.scope), NOW_MS - 550)]);
    let came = imported(to.path(), &lines).expect("taken in");
    assert_eq!(came, Imported { added: 2, older: 0, cleared: 1 }, "its solve began before");
    let cleared = folder(Vec::new());
    clear_answers(cleared.path(), NOW_MS - 151).expect("cleared");
    assert_eq!(imported(cleared.path(), &lines).expect("taken in").added, 0, "the third was asked at that moment");
}

#[test]
fn one_bad_line_and_nothing_is_imported() {
    let lines = exported(filled((1..=3).map(|number| row(number, NOW_MS - 1_000))).path());
    let line = |number: usize, from: &str, to: &str| {
        let changed = lines.lines().enumerate().map(|(at, line)| match at + 1 == number {
            true => line.replacen(from, to, 1),
            false => line.to_owned(),
        });
        changed.collect::<Vec<_>>().join("\n")
    };
    for (number, text, words) in [
        (1, String::new(), "empty"),
        (1, line(1, "lode_answers", "answers_of"), "no file of answers"),
        (1, line(1, ":1,", ":2,"), "version 2"),
        (2, line(2, "\"prompt\"", "\"promt\""), "promt"),
        (2, line(2, "book", "boot"), "key"),
        (3, line(3, "{\"z\"", "[{\"z\""), "expected"),
        (3, line(3, "\"solve_ms\":100", "\"solve_ms\":-1"), "-1"),
        (3, line(3, &format!("{}", NOW_MS - 1_000), &format!("{}", NOW_MS + 1)), "future"),
        (4, line(4, "\"scope\":\"", "\"scope\":\"x"), "scope must be"),
        (4, line(4, "}", ""), "EOF"),
        (3, lines.lines().take(3).collect::<Vec<_>>().join("\n"), "2 answers where its first line says 3"),
    ] {
        let to = filled([row(9, NOW_MS - 1)]);
        let error = imported(to.path(), &text).expect_err("refused");
        assert!(matches!(&error, ExchangeError::Lines(faults) if faults[0].0 == number), "{number} {words}: {error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(rows(to.path()).len(), 1, "{words}");
    }
}

#[test]
fn a_line_without_end_is_not_read_into_memory() {
    let header = r#"{"lode_answers":1,"exported_ms":1,"answers":1}"#;
    let endless = format!("{header}\n{}", "x".repeat(3 * 1024 * 1024));
    let error = imported(filled([]).path(), &endless).expect_err("refused").to_string();
    assert!(error.contains("longer than a megabyte"), "{error}");
}

#[test]
fn while_a_miner_uses_the_folder_nothing_is_imported_or_cleared_and_an_export_goes_on() {
    let folder = filled([row(1, NOW_MS - 5)]);
    let lines = exported(folder.path());
    let lock = DataLock::take(folder.path()).expect("free");
    let (store, _writer) = Store::recover(folder.path(), Clock::system()).expect("opened");
    assert!(matches!(imported(folder.path(), &lines), Err(ExchangeError::Store(StoreError::InUse { .. }))));
    assert!(matches!(clear_answers(folder.path(), NOW_MS), Err(StoreError::InUse { .. })));
    assert_eq!(exported(folder.path()), lines);
    drop((store, lock));
    assert_eq!(clear_answers(folder.path(), NOW_MS).expect("free again"), 1);
    assert_eq!(rows(folder.path()), []);
}

#[test]
fn without_a_data_file_it_says_which_flag_to_give() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = export_answers(folder.path(), &mut Vec::new(), 0, |_, _| ()).expect_err("absent").to_string();
    assert!(error.contains("--data-dir"), "{error}");
    assert!(!folder.path().join(FILE).exists(), "looking makes nothing");
}

/// Three answers.
static THREE: LazyLock<String> =
    LazyLock::new(|| exported(filled((1..=3).map(|number| row(number, NOW_MS - 1_000))).path()));

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_was_cut_or_changed_never_panics_and_never_comes_in_by_half(at in 0_usize..2_000, byte in any::<u8>()) {
        let lines = THREE.clone();
        let at = at % lines.len();
        let mut changed = lines.clone().into_bytes();
        changed[at] = byte;
        for text in [&lines.as_bytes()[..at], &changed] {
            let to = filled([]);
            let came = import_answers(to.path(), &mut &text[..], NOW_MS, |_, _| ());
            let kept = rows(to.path()).len() as u64;
            prop_assert_eq!(kept, came.map_or(0, |came| came.added));
            prop_assert!(kept == 0 || kept == 3, "{}", kept);
        }
    }
}
