//! One thing that was looked at.

use std::fmt;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Well.
    Good,
    /// It cannot be told from here, or need not be.
    Unsure,
    /// Something outside is not well: a chain, a service, a registration.
    Outside,
    /// The operator can mend it here: a wallet, a folder, a port, a clock.
    Mend,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it is.
    pub verdict: Verdict,
    /// What it is.
    pub what: String,
    /// What was seen, and what to do.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => '✓',
            Verdict::Unsure => '·',
            Verdict::Outside | Verdict::Mend => '✗',
        };
        write!(f, "{mark} {:<13} {}", self.what, self.text)
    }
}

pub(super) fn good(what: &str, text: String) -> Line {
    Line { verdict: Verdict::Good, what: what.into(), text }
}

pub(super) fn unsure(what: &str, text: String) -> Line {
    Line { verdict: Verdict::Unsure, what: what.into(), text }
}

pub(super) fn outside(what: &str, text: String) -> Line {
    Line { verdict: Verdict::Outside, what: what.into(), text }
}

pub(super) fn mend(what: &str, text: String) -> Line {
    Line { verdict: Verdict::Mend, what: what.into(), text }
}
