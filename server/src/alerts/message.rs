//! What a webhook is sent.

use lode_shared::Snapshot;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Format, Note, State};

/// Discord takes 2,000 characters: ten notes and a head.
const MAX_CHARS: usize = 1_900;
/// Who speaks, in the first line.
const HEAD_CHARS: usize = 80;
/// A note's mark and name.
const NAME_CHARS: usize = 30;

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miner {
    /// Its hotkey, SS58.
    pub hotkey: String,
    /// The network's name.
    pub network: String,
    /// The subnet.
    pub netuid: u16,
    /// Version of the binary.
    pub version: String,
}

impl Miner {
    /// The one that the snapshot is of.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            hotkey: snapshot.miner.hotkey.clone(),
            network: snapshot.chain.network.clone(),
            netuid: snapshot.chain.netuid,
            version: snapshot.miner.version.clone(),
        }
    }

    fn line(&self) -> String {
        let hotkey: String = self.hotkey.chars().take(8).collect();
        format!("Lode, subnet {} of {}, {hotkey}…", self.netuid, self.network)
    }
}

/// The body of the request that tells `notes`.
pub fn body(format: Format, miner: &Miner, notes: &[Note]) -> Value {
    match format {
        Format::Discord => discord(&text(miner, notes.iter().map(|note| line(note, "**", room(notes))))),
        Format::Slack => slack(&text(miner, notes.iter().map(|note| line(note, "*", room(notes))))),
        Format::Json => json!({"miner": miner, "alerts": notes}),
    }
}

/// The body of one that says only that it arrives.
pub fn test_body(format: Format, miner: &Miner) -> Value {
    let says = "this is a test: alerts arrive here";
    let text = text(miner, std::iter::once(format!("\n🔵 {says}")));
    match format {
        Format::Discord => discord(&text),
        Format::Slack => slack(&text),
        Format::Json => json!({"miner": miner, "alerts": [], "test": says}),
    }
}

/// Nobody is pinged, whatever a text holds.
fn discord(text: &str) -> Value {
    json!({"username": "Lode", "content": text, "allowed_mentions": {"parse": []}})
}

fn slack(text: &str) -> Value {
    json!({"text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")})
}

/// Characters for what each note says, so that a long one takes no other's place.
fn room(notes: &[Note]) -> usize {
    (MAX_CHARS - HEAD_CHARS) / notes.len().max(1) - NAME_CHARS
}

fn line(note: &Note, bold: &str, room: usize) -> String {
    let mark = match note.state {
        State::Firing => "🔴",
        State::Recovered => "🟢",
    };
    format!("\n{mark} {bold}{}{bold}: {}", note.kind.word(), cut(&note.text, room))
}

fn text(miner: &Miner, lines: impl Iterator<Item = String>) -> String {
    cut(&std::iter::once(miner.line()).chain(lines).collect::<String>(), MAX_CHARS)
}

fn cut(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
