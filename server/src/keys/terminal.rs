//! Asking whoever started Lode by hand.

use std::io::IsTerminal;

use zeroize::Zeroizing;

/// Shows `prompt` on the terminal and reads one line without echo. None where nobody answers: there is no terminal, its
/// input has ended, or the line is empty. Ctrl-C ends the process, as anywhere.
pub fn ask_on_terminal(prompt: &str) -> Option<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    rpassword::prompt_password(prompt).ok().map(Zeroizing::new).filter(|password| !password.is_empty())
}
