//! Patterns across restarts.

use serde::{Deserialize, Serialize};

use super::index::Key;
use super::known::Known;
use super::proof::Doubts;
use super::{Limits, Patterns};

/// The version of what is stored and of how prompts are cut into tokens. Another one is not read: its templates might
/// fit other prompts than they were proven with.
const VERSION: u32 = 1;

/// The patterns of one scope, to be kept as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored {
    version: u32,
    next_id: u64,
    known: Vec<Known>,
    doubts: Doubts,
}

impl Patterns {
    /// What to keep.
    pub fn store(&self) -> Stored {
        Stored {
            version: VERSION,
            next_id: self.next_id,
            known: self.known.values().cloned().collect(),
            doubts: self.doubts.clone(),
        }
    }

    /// The patterns kept, as many as fit `limits`, those with most evidence first. Those of another version, and any that
    /// are damaged, are left out.
    pub fn load(stored: Stored, limits: Limits) -> Self {
        let mut patterns = Self::new(limits);
        patterns.next_id = stored.next_id.max(1);
        if stored.version != VERSION {
            return patterns;
        }
        patterns.doubts = stored.doubts;
        let mut known: Vec<_> = stored.known.into_iter().filter(Known::holds).collect();
        known
            .sort_by_key(|known| std::cmp::Reverse((known.is_proven(), known.right, known.served, known.last_used_ms)));
        let mut bytes = patterns.size_bytes();
        for known in known {
            bytes += known.size_bytes();
            if patterns.known.len() == limits.patterns || bytes > limits.bytes {
                break;
            }
            let key = Key::of(&known.template);
            let index = if known.is_proven() { &mut patterns.proven } else { &mut patterns.candidates };
            patterns.next_id = patterns.next_id.max(known.id.saturating_add(1));
            // An id twice is damage as well: the one with less evidence goes.
            if patterns.known.contains_key(&known.id) {
                continue;
            }
            index.insert(key, known.id);
            patterns.known.insert(known.id, known);
        }
        patterns
    }
}
