//! Remembered answers as lines of JSON: out of a data file, into another, and away.
//!
//! The first line says what follows: `{"lode_answers": 1, "exported_ms": …, "answers": …}`. Each other line is an answer
//! ([`Line`]), least recently used first. Vectors are left out: the next start makes them. So are patterns: they are learnt.

use std::io::{BufRead, Read, Write};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answers::{self, AnswerChange, AnswerRow, AnswerWrite, Epoch, ScopeRow};
use super::{DataLock, FILE, StoreError, existing, open, read};
use crate::domain::{Digest128, Posterior, Question};

/// What this version writes and reads.
const VERSION: u32 = 1;
/// An answer with its prompt takes less: 64 kilobytes at most, before it is escaped.
const MAX_LINE_BYTES: u64 = 1024 * 1024;
/// Bad lines that are told.
const MAX_FAULTS: usize = 10;

/// Why answers could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The data file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of lines.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Lines that are no answers, each with its number: nothing was taken in.
    #[error("{}", .0.iter().map(|(line, fault)| format!("line {line}: {fault}")).collect::<Vec<_>>().join("\n"))]
    Lines(Vec<(u64, String)>),
}

impl From<rusqlite::Error> for ExchangeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What came of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Answers that are there now and were not before.
    pub added: u64,
    /// Answers left out because the data file has one to the same question that is as new.
    pub older: u64,
    /// Answers left out because they were solved before the cache was cleared.
    pub cleared: u64,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    lode_answers: u32,
    exported_ms: u64,
    answers: u64,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The synapse's name.
    synapse: String,
    /// Digest of synapse and scope fields, hexadecimal.
    scope: String,
    /// The scope fields, cut to what can be shown.
    scope_text: String,
    /// Digest of the whole question, hexadecimal.
    key: String,
    prompt: String,
    /// Name and value of each field.
    answer: Map<String, Value>,
    solver: String,
    /// What the solve took, milliseconds.
    solve_ms: u64,
    /// What it cost, US dollars, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_usd: Option<f32>,
    /// When it was solved, milliseconds since the Unix epoch.
    stored_ms: u64,
    /// Times it was given.
    hits: u32,
    /// When last, milliseconds since the Unix epoch.
    last_used_ms: u64,
    /// How sure it is that it is right.
    posterior: Posterior,
    /// Whether only its own question gets it.
    is_lone: bool,
}

/// Writes every answer of the data file in `folder` as it is at one moment, beside a miner that runs. Tells how many.
/// `progress` hears of answers done and of all. Blocking.
pub fn export_answers(
    folder: &Path,
    out: &mut impl Write,
    now_ms: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, ExchangeError> {
    let connection = read::connect(&existing(folder)?)?;
    connection.execute_batch("BEGIN")?;
    let total: i64 = connection.query_row("SELECT count(*) FROM answer", [], |row| row.get(0))?;
    let header = Header { lode_answers: VERSION, exported_ms: now_ms, answers: total as u64 };
    write_line(out, &header)?;
    let mut names = connection.prepare("SELECT synapse, text FROM scope WHERE key = ?1")?;
    let (mut done, mut failed) = (0, None);
    answers::read_from(&connection, &mut |row| {
        if failed.is_some() {
            return;
        }
        let name = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let written = names.query_row([row.scope], name).map_err(ExchangeError::from).and_then(|name| {
            let line = line(row, name).map_err(|error| StoreError::Value { key: "answer".into(), error })?;
            Ok(write_line(out, &line)?)
        });
        failed = written.err();
        done += 1;
        progress(done, total as u64);
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok(done),
    }
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn line(row: AnswerRow, (synapse, scope_text): (String, String)) -> serde_json::Result<Line> {
    Ok(Line {
        synapse,
        scope: hex::encode(row.scope),
        scope_text,
        key: hex::encode(row.key),
        prompt: row.prompt,
        answer: serde_json::from_str(&row.answer)?,
        solver: row.solver,
        solve_ms: row.solve_ms,
        cost_usd: row.cost_usd,
        stored_ms: row.stored_ms,
        hits: row.change.hits,
        last_used_ms: row.change.last_used_ms,
        posterior: serde_json::from_str(&row.change.posterior)?,
        is_lone: row.change.is_lone,
    })
}

/// Takes the answers of `lines` into the data file in `folder`, all or, when one line is no answer, none. No miner may use the
/// folder meanwhile: it would not look at them before its next start. Blocking.
pub fn import_answers(
    folder: &Path,
    lines: &mut impl BufRead,
    now_ms: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<Imported, ExchangeError> {
    let _lock = DataLock::take(folder)?;
    let mut connection = open(&folder.join(FILE))?;
    let transaction = connection.transaction()?;
    let kept_epochs = epochs(&transaction)?;
    let mut next_id: i64 =
        transaction.query_row("SELECT coalesce(max(id), 0) + 1 FROM answer", [], |row| row.get(0))?;
    let mut imported = Imported::default();
    let mut faults = Vec::new();
    let Some(first) = next_line(lines)? else {
        return Err(ExchangeError::Lines(vec![(1, "the file is empty".into())]));
    };
    let header = header(&first).map_err(|fault| ExchangeError::Lines(vec![(1, fault)]))?;
    let (mut number, mut count) = (1, 0);
    while let Some(text) = next_line(lines)? {
        number += 1;
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        count += 1;
        match read_row(&text, next_id as u64, now_ms) {
            Ok((row, scope)) if faults.is_empty() => {
                next_id += i64::from(take_in(&transaction, row, scope, &kept_epochs, &mut imported)?);
            }
            Ok(_) => {}
            Err(fault) => faults.push((number, fault)),
        }
        if faults.len() == MAX_FAULTS {
            break;
        }
        progress(count, header.answers);
    }
    if faults.is_empty() && count != header.answers {
        faults.push((number, format!("the file has {count} answers where its first line says {}", header.answers)));
    }
    if !faults.is_empty() {
        return Err(ExchangeError::Lines(faults));
    }
    transaction.commit()?;
    Ok(imported)
}

fn next_line(lines: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = lines.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line)?;
    if line.len() as u64 > MAX_LINE_BYTES {
        let fault = "a line is longer than a megabyte: that is no file of answers";
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, fault));
    }
    Ok((read > 0).then_some(line))
}

fn header(text: &[u8]) -> Result<Header, String> {
    let header: Header =
        serde_json::from_slice(text).map_err(|error| format!("this is no file of answers: {error}"))?;
    match header.lode_answers {
        VERSION => Ok(header),
        other => Err(format!("the file is of version {other}, and this Lode reads {VERSION}")),
    }
}

/// A line as rows, or what is wrong with it.
fn read_row(text: &[u8], id: u64, now_ms: u64) -> Result<(AnswerRow, ScopeRow), String> {
    let line: Line = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let digest =
        |name: &str, text: &str| text.parse::<Digest128>().map_err(|_| format!("{name} must be 32 hexadecimal digits"));
    let (scope, key) = (digest("scope", &line.scope)?, digest("key", &line.key)?);
    let question =
        Question { synapse: line.synapse.as_str().into(), prompt: line.prompt.clone(), scope: line.scope_text.clone() };
    // Of a scope that was cut the digest cannot be made again.
    if question.scope_digest() == scope && question.digest() != key {
        return Err("key is not that of synapse, scope and prompt".into());
    }
    if line.stored_ms > now_ms {
        return Err("stored_ms is in the future".into());
    }
    if line.solve_ms > line.stored_ms {
        return Err("solve_ms is more than stored_ms".into());
    }
    if line.cost_usd.is_some_and(|cost| !cost.is_finite() || cost < 0.0) {
        return Err("cost_usd must be 0 or more".into());
    }
    let row = AnswerRow {
        id,
        key: *key.as_bytes(),
        scope: *scope.as_bytes(),
        prompt: line.prompt,
        answer: Value::Object(line.answer).to_string(),
        solve_ms: line.solve_ms,
        cost_usd: line.cost_usd,
        solver: line.solver,
        stored_ms: line.stored_ms,
        change: AnswerChange {
            hits: line.hits,
            last_used_ms: line.last_used_ms.min(now_ms),
            posterior: serde_json::to_string(&line.posterior).expect("plain data serialises"),
            is_lone: line.is_lone,
        },
        vector: None,
    };
    Ok((row, ScopeRow { key: *scope.as_bytes(), synapse: line.synapse, text: line.scope_text }))
}

/// Whether the row is there now: not when it was solved before an epoch, or the file has one as new.
fn take_in(
    transaction: &Transaction<'_>,
    row: AnswerRow,
    scope: ScopeRow,
    epochs: &[Epoch],
    imported: &mut Imported,
) -> rusqlite::Result<bool> {
    let began_ms = row.stored_ms.saturating_sub(row.solve_ms + 1);
    let forbids = |epoch: &Epoch| epoch.scope.is_none_or(|scope| scope == row.scope) && began_ms <= epoch.at_ms;
    let kept = transaction
        .prepare_cached("SELECT stored_ms FROM answer WHERE key = ?1")?
        .query_row([row.key], |found| found.get::<_, i64>(0))
        .optional()?;
    if epochs.iter().any(forbids) {
        imported.cleared += 1;
    } else if kept.is_some_and(|stored_ms| stored_ms as u64 >= row.stored_ms) {
        imported.older += 1;
    } else {
        imported.added += 1;
        answers::write(transaction, &AnswerWrite::Scope(scope))?;
        answers::write(transaction, &AnswerWrite::Put(Box::new(row)))?;
        return Ok(true);
    }
    Ok(false)
}

fn epochs(connection: &Connection) -> rusqlite::Result<Vec<Epoch>> {
    let mut epochs = connection.prepare("SELECT scope, at_ms FROM epoch")?;
    let rows = epochs.query_map(params![], answers::epoch)?;
    rows.collect()
}

/// Forgets every answer of the data file in `folder`, which no miner may use meanwhile. Tells how many there were. Blocking.
pub fn clear_answers(folder: &Path, now_ms: u64) -> Result<u64, StoreError> {
    let _lock = DataLock::take(folder)?;
    let mut connection = open(&existing(folder)?)?;
    let transaction = connection.transaction()?;
    let count: i64 = transaction.query_row("SELECT count(*) FROM answer", [], |row| row.get(0))?;
    answers::write(&transaction, &AnswerWrite::Epoch(Epoch { scope: None, at_ms: now_ms }))?;
    answers::write(&transaction, &AnswerWrite::ForgetPatterns(None))?;
    // Of a clock that was ahead when they were solved.
    transaction.execute("DELETE FROM answer", [])?;
    transaction.commit()?;
    Ok(count as u64)
}

#[cfg(test)]
mod tests;
