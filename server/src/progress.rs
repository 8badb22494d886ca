//! How far long work is: a bar on a terminal, a line for each tenth elsewhere. On standard error, so that standard output
//! stays what was asked for.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Lines are written when so many hundredths more are done.
const STEP_PCT: u64 = 10;

/// Tells how far one piece of work is.
pub struct Progress {
    what: String,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    /// The next hundredths at which a line is due.
    Lines(u64),
}

impl Progress {
    /// Of work that is called `what`, such as "copying".
    pub fn new(what: &str) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} %, {eta} left");
            let style = style.expect("the template is right").progress_chars("=> ");
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style);
            bar.set_message(what.to_owned());
            Shown::Bar(bar)
        } else {
            Shown::Lines(STEP_PCT)
        };
        Self { what: what.to_owned(), shown }
    }

    /// So many of so many are done.
    pub fn at(&mut self, done: u64, of: u64) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                if bar.length() != Some(of) {
                    bar.set_length(of);
                }
                bar.set_position(done);
            }
            Shown::Lines(due_pct) => {
                if let Some(pct) = due(done, of, due_pct) {
                    // Whoever reads it may have gone; the work goes on.
                    let _ = writeln!(std::io::stderr(), "{}: {pct} %", self.what);
                }
            }
        }
    }
}

impl Drop for Progress {
    /// The bar goes; what came of the work is told by whoever did it.
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

/// The hundredths to tell of, if enough were done since the last time.
fn due(done: u64, of: u64, due_pct: &mut u64) -> Option<u64> {
    let pct = (u128::from(done.min(of)) * 100).checked_div(u128::from(of))? as u64;
    if pct < *due_pct {
        return None;
    }
    let pct = pct - pct % STEP_PCT;
    *due_pct = pct + STEP_PCT;
    Some(pct)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(steps: impl IntoIterator<Item = (u64, u64)>) -> Vec<u64> {
        let mut due_pct = STEP_PCT;
        steps.into_iter().filter_map(|(done, of)| due(done, of, &mut due_pct)).collect()
    }

    #[test]
    fn a_line_is_due_for_each_tenth_however_small_or_large_the_steps() {
        assert_eq!(lines((1..=1_000).map(|done| (done, 1_000))), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        assert_eq!(lines([(1, 3), (2, 3), (3, 3)]), [30, 60, 100]);
        assert!(lines([(0, 0), (5, 0)]).is_empty(), "of nothing nothing is done");
        assert_eq!(lines([(u64::MAX, u64::MAX), (u64::MAX, 1)]), [100]);
    }

    proptest! {
        #[test]
        fn lines_only_go_up_and_there_are_ten_at_most(steps in prop::collection::vec((0_u64..2_000, 0_u64..1_000), 0..200)) {
            let told = lines(steps);
            prop_assert!(told.len() <= 10 && told.is_sorted_by(|a, b| a < b), "{told:?}");
        }
    }
}
