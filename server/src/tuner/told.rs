//! What is told of a decision.

use lode_shared::{Adjustment, Decision, HoldReason, Moves, Step};

/// Counts how often each setting was moved.
pub(super) fn count_moves(moves: &mut Vec<Moves>, decision: &Decision) {
    let Step::Adjusted(adjustments) = &decision.step else { return };
    for Adjustment { setting, .. } in adjustments {
        match moves.iter_mut().find(|moved| moved.setting == *setting) {
            Some(moved) => moved.count += 1,
            None => moves.push(Moves { setting: *setting, count: 1 }),
        }
    }
}

/// What was decided, for the log.
pub(super) fn log(decision: &Decision) {
    tracing::info!("{}", decision.observed.status_line());
    match &decision.step {
        Step::Held(reason @ HoldReason::Mode(_)) => tracing::debug!("Performance Tuner: held, {reason}"),
        Step::Held(reason) => tracing::info!("Performance Tuner: held, {reason}"),
        Step::Adjusted(adjustments) => {
            for adjustment in adjustments {
                tracing::info!("Performance Tuner: {adjustment}");
            }
        }
    }
    for infeasible in &decision.infeasible {
        tracing::info!("Performance Tuner: {infeasible}");
    }
}
