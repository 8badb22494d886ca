//! Which requests are asked for.

use lode_shared::Source;

use super::{Outcome, Record};
use crate::keys::Hotkey;

/// What a request must be like. What is absent may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Its sender.
    pub hotkey: Option<Hotkey>,
    /// Its synapse.
    pub synapse: Option<String>,
    /// Where its answer came from.
    pub source: Option<Source>,
    /// Whether it was answered. What was turned away was not.
    pub answered: Option<bool>,
    /// Whether its answer was right. One that nobody has judged is neither.
    pub right: Option<bool>,
}

impl Filter {
    /// Whether a request is like that.
    pub fn matches(&self, record: &Record) -> bool {
        let source = match record.outcome {
            Outcome::Answered { source, .. } => Some(source),
            Outcome::Failed { .. } | Outcome::Refused(_) => None,
        };
        let right = record.label.map(|(right, _)| right);
        self.hotkey.is_none_or(|hotkey| record.hotkey == Some(hotkey))
            && self.synapse.as_deref().is_none_or(|synapse| record.synapse.as_deref() == Some(synapse))
            && self.source.is_none_or(|wanted| source == Some(wanted))
            && self.answered.is_none_or(|answered| answered == source.is_some())
            && self.right.is_none_or(|wanted| right == Some(wanted))
    }
}
