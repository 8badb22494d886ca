//! Once an epoch, one sentence in the log: how the miner did since the one before.

mod sentence;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use sentence::{Moment, sentence};

use crate::domain::Counted;
use crate::figures::Figures;

/// Says the sentence after each epoch of the chain, until `stop`.
pub async fn report_epochs(figures: Arc<Figures>, stop: CancellationToken) {
    let mut chain = figures.chain.clone();
    let mut before = now(&figures);
    let mut ends_at = None;
    // Nothing to follow ends this wait at once; the task must not end before the others.
    while let Some(Ok(())) = stop.run_until_cancelled(chain.changed()).await {
        let Some((block, Some(left))) =
            chain.borrow_and_update().as_ref().map(|view| (view.block, view.next_epoch_blocks()))
        else {
            continue;
        };
        if is_over(ends_at, block, left) {
            let after = now(&figures);
            tracing::info!("{}", sentence(&before, &after));
            before = after;
        }
        ends_at = Some(block + left);
    }
    stop.cancelled().await;
}

/// Whether the epoch that was to end at a block is over at `block`, with so many blocks `left` to the next end. One that is
/// late has none left until it ends.
fn is_over(ends_at: Option<u64>, block: u64, left: u64) -> bool {
    left > 0 && ends_at.is_some_and(|ends_at| block >= ends_at)
}

fn now(figures: &Figures) -> Moment {
    let timed = figures.recorder.timed();
    let answers = timed.sources.iter().filter(|(source, _)| source != "none");
    let took = answers.fold(Counted::default(), |all, (_, counted)| all.with(counted));
    Moment::new(&figures.snapshot(), took)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks at which it is told, of (block, left) as they are read.
    fn told(read: &[(u64, u64)]) -> Vec<u64> {
        let mut ends_at = None;
        let mut told = Vec::new();
        for (block, left) in read {
            if is_over(ends_at, *block, *left) {
                told.push(*block);
            }
            ends_at = Some(block + left);
        }
        told
    }

    #[test]
    fn each_epoch_is_told_once_and_none_at_the_start() {
        assert_eq!(told(&[(100, 10)]), [0; 0]);
        assert_eq!(told(&[(100, 10), (109, 1), (110, 0), (111, 360), (112, 359)]), [111], "counted from the netuid");
        assert_eq!(told(&[(100, 10), (109, 1), (110, 360), (111, 359)]), [110], "counted from the last one");
        assert_eq!(told(&[(100, 10), (2_000, 20), (2_001, 19)]), [2_000], "several were missed");
    }

    #[test]
    fn one_that_is_late_is_not_told_before_it_ends() {
        assert_eq!(told(&[(100, 2), (102, 0), (114, 0), (126, 0), (138, 350)]), [138]);
    }
}
