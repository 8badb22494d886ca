//! The miner's log as this tab has seen it: read once, then extended by the live stream.

use leptos::prelude::*;
use lode_shared::{LogLevel, LogLine};

use crate::api;
use crate::live::Live;
use crate::ui::effect;

/// Lines kept in the tab.
const MOST: usize = 500;
/// Lines read on opening.
const READ: usize = 500;

/// One for the page, in the context.
#[derive(Debug, Clone, Copy)]
pub struct LogTail {
    /// Oldest first.
    pub lines: RwSignal<Vec<LogLine>>,
}

impl LogTail {
    pub fn provide(live: Live) {
        let tail = Self { lines: RwSignal::new(Vec::new()) };
        effect(move || {
            if live.connections.get() == 0 {
                return;
            }
            api::read(format!("/api/v1/log?limit={READ}"), move |lines| {
                if let Ok(lines) = lines {
                    // A miner that was restarted counts anew.
                    tail.lines.set(lines);
                }
            });
        });
        effect(move || {
            live.snapshot.with(|snapshot| {
                let Some(snapshot) = snapshot else { return };
                let last = tail.lines.with_untracked(|lines| lines.last().map(|line| line.id));
                // A miner that was restarted counts anew.
                if snapshot.log.last().is_some_and(|line| Some(line.id) < last) {
                    return tail.lines.set(snapshot.log.clone());
                }
                if snapshot.log.last().is_some_and(|line| Some(line.id) > last) {
                    tail.lines.update(|lines| extend(lines, &snapshot.log));
                }
            });
        });
        provide_context(tail);
    }
}

/// Adds what is new, and drops what is too much.
fn extend(lines: &mut Vec<LogLine>, newest: &[LogLine]) {
    let last = lines.last().map_or(0, |line| line.id);
    lines.extend(newest.iter().filter(|line| line.id > last).cloned());
    lines.drain(..lines.len().saturating_sub(MOST));
}

/// Whether a line is among those looked for: at least as serious, from this file, with these words whatever their case.
pub fn matches(line: &LogLine, least: LogLevel, words: &str) -> bool {
    let words = words.trim().to_ascii_lowercase();
    let has = |text: &str| text.to_ascii_lowercase().contains(&words);
    line.level <= least && (words.is_empty() || has(&line.message) || line.file.as_deref().is_some_and(has))
}

/// A level by the word in the address.
pub fn level(word: &str) -> LogLevel {
    match word {
        "error" => LogLevel::Error,
        "warn" => LogLevel::Warn,
        "info" => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}

/// The word for a level.
pub fn word(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u64, level: LogLevel, message: &str) -> LogLine {
        LogLine { id, at_ms: id, level, message: message.into(), file: None }
    }

    #[test]
    fn a_line_is_added_once_and_the_oldest_make_room() {
        let mut lines = vec![line(1, LogLevel::Info, "a"), line(2, LogLevel::Info, "b")];
        extend(&mut lines, &(2..=1_500).map(|id| line(id, LogLevel::Info, "c")).collect::<Vec<_>>());
        assert_eq!((lines.len(), lines[0].id, lines[MOST - 1].id), (MOST, 1_001, 1_500));
    }

    #[test]
    fn a_level_lets_through_what_is_as_serious_or_more() {
        let warn = line(1, LogLevel::Warn, "The chain is out of reach");
        assert!(matches(&warn, LogLevel::Warn, "") && matches(&warn, LogLevel::Info, ""));
        assert!(!matches(&warn, LogLevel::Error, ""));
    }

    #[test]
    fn words_are_found_whatever_their_case_in_the_line_and_in_its_files_name() {
        let own = line(1, LogLevel::Info, "Solver answered");
        let tailed = LogLine { file: Some("vllm.log".into()), ..own.clone() };
        assert!(matches(&own, LogLevel::Debug, "SOLVER ") && !matches(&own, LogLevel::Debug, "vllm"));
        assert!(matches(&tailed, LogLevel::Debug, "vllm"));
    }

    #[test]
    fn every_level_has_a_word_of_its_own() {
        for each in [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug] {
            assert_eq!(level(word(each)), each);
        }
    }
}
