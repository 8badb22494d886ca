//! What an operator does to a data folder from the command line, beside a miner that runs or without one.

mod backup;
mod cache;

use std::io::{BufRead, IsTerminal, Write};

pub use backup::backup;
pub use cache::{clear, export, import};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The operator can mend it, and the text says how.
    #[error("{0}")]
    Refused(String),
    /// Something failed on the way.
    #[error("{0}")]
    Failed(String),
}

impl AdminError {
    fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }

    fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Whoever cannot be asked has to say `--yes`.
fn ask(question: &str, yes: bool) -> Result<(), AdminError> {
    if yes {
        return Ok(());
    }
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !stdin.is_terminal() {
        return Err(AdminError::Refused(format!("{question} There is nobody to ask here; say --yes")));
    }
    let mut answer = String::new();
    let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    asked.and_then(|()| stdin.lock().read_line(&mut answer)).map_err(AdminError::failed)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(AdminError::Refused("nothing was done".into())),
    }
}
