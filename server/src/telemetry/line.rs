//! A line of somebody else's log file: what is shown of it, and how serious it is.

use lode_shared::LogLevel;

/// A line is cut here.
const MAX_LINE_CHARS: usize = 500;

/// Cut to what is shown of a line.
pub fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// What is shown of a line's bytes: text without colours and other orders to a terminal, cut. What is no UTF-8 is replaced.
pub fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut line = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' => match chars.next() {
                Some('[') => skip_sequence(&mut chars),
                Some(']' | 'P' | '^' | '_' | 'X') => skip_string(&mut chars),
                // Two characters, or three when the second only announces a third.
                Some(' '..='/') => _ = chars.next(),
                _ => {}
            },
            '\u{9b}' => skip_sequence(&mut chars),
            '\t' => line.push(' '),
            // What turns the direction of writing could make a line look like another.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            char if char.is_control() => {}
            char => line.push(char),
        }
    }
    cut(line.trim_end())
}

/// Up to the letter that ends an order such as a colour.
fn skip_sequence(chars: &mut impl Iterator<Item = char>) {
    chars.find(|char| ('@'..='~').contains(char));
}

/// Up to the end of an order that carries a text, such as a window's title.
fn skip_string(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) {
    while let Some(char) = chars.next() {
        if char == '\u{7}' || (char == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
            return;
        }
    }
}

/// How serious a line is, by its first word that says so: in capitals, or after the word `level` as in `level=error` and
/// `"level":"error"`. Prose about errors is none.
pub fn level(line: &str) -> LogLevel {
    let mut before = "";
    for word in line.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let is_named = ["level", "lvl", "levelname", "severity"].iter().any(|name| name.eq_ignore_ascii_case(before));
        let level = match is_named {
            true => of_word(&word.to_ascii_uppercase()),
            false => of_word(word),
        };
        if let Some(level) = level {
            return level;
        }
        before = word;
    }
    LogLevel::Info
}

fn of_word(word: &str) -> Option<LogLevel> {
    Some(match word {
        "ERROR" | "CRITICAL" | "FATAL" => LogLevel::Error,
        "WARN" | "WARNING" => LogLevel::Warn,
        "INFO" | "NOTICE" => LogLevel::Info,
        "DEBUG" | "TRACE" => LogLevel::Debug,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_level_is_said_in_capitals_or_after_its_name() {
        for (line, wanted) in [
            ("2026-01-01 12:00:00,123 ERROR worker: no answer", LogLevel::Error),
            ("[CRITICAL] out of memory", LogLevel::Error),
            ("FATAL: exit", LogLevel::Error),
            ("WARNING:root:slow", LogLevel::Warn),
            ("12:00 |WARN| slow", LogLevel::Warn),
            ("INFO  the word ERROR comes later", LogLevel::Info),
            ("TRACE in", LogLevel::Debug),
            ("DEBUG in", LogLevel::Debug),
            (r#"{"ts":1,"level":"error","msg":"x"}"#, LogLevel::Error),
            ("time=1 level=warning msg=x", LogLevel::Warn),
            ("no error was found", LogLevel::Info),
            ("ERRORS: 0", LogLevel::Info),
            ("", LogLevel::Info),
        ] {
            assert_eq!(level(line), wanted, "{line}");
        }
    }

    #[test]
    fn colours_titles_and_other_orders_to_a_terminal_are_not_shown() {
        for (bytes, wanted) in [
            (&b"\x1b[1;31mERROR\x1b[0m no answer\r"[..], "ERROR no answer"),
            (b"\x1b]0;a title\x07a\x1b]8;;http://x\x1b\\b", "ab"),
            (b"\x1b(Ba\x1b7b\x1b=", "ab"),
            (b"a\tb\x00\x07\x7fc  ", "a bc"),
            (b"a\xffb", "a\u{fffd}b"),
            ("a\u{9b}31mb\u{202e}c".as_bytes(), "abc"),
            (b"\x1b[", ""),
            (b"\x1b", ""),
        ] {
            assert_eq!(shown(bytes), wanted, "{bytes:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_two_characters() {
        let line = shown("é".repeat(600).as_bytes());
        assert_eq!((line.chars().count(), line.ends_with("é…")), (501, true));
        assert_eq!(shown("é".repeat(500).as_bytes()).chars().count(), 500);
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_shown_without_control_characters(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let line = shown(&bytes);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert!(line.chars().count() <= 501);
            level(&line);
        }
    }
}
