//! What the keeper writes into the log: each change once, what lasts once in a while. An hour without an endpoint is a
//! handful of lines.

/// What lasts is told again after this long.
const AGAIN_MS: u64 = 600_000;
/// What changes all the time is not told more often than this.
const APART_MS: u64 = 60_000;

/// Remembers what was told.
#[derive(Default)]
pub(super) struct Told {
    last: Option<(String, u64)>,
    since: u64,
}

impl Told {
    /// Whether to tell `text` now: it is another than before, figures in it aside, or some time has passed.
    pub(super) fn is_due(&mut self, text: &str, now_ms: u64) -> bool {
        let kind: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        let is_due = self.last.as_ref().is_none_or(|(last, at_ms)| {
            let passed_ms = now_ms.saturating_sub(*at_ms);
            passed_ms >= if *last == kind { AGAIN_MS } else { APART_MS }
        });
        self.since += 1;
        if is_due {
            self.last = Some((kind, now_ms));
        }
        is_due
    }

    /// It is over: how often it was, if it was told at all.
    pub(super) fn over(&mut self) -> Option<u64> {
        let since = std::mem::take(&mut self.since);
        self.last.take().map(|_| since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_told_every_ten_minutes_and_its_end_once() {
        let mut told = Told::default();
        let lines = (0..3_600).filter(|second| told.is_due(&format!("dead for {second} s"), second * 1_000)).count();
        assert_eq!(lines, 6);
        assert_eq!((told.over(), told.over()), (Some(3_600), None));
    }

    #[test]
    fn what_changes_all_the_time_is_bounded_too() {
        let mut told = Told::default();
        let lines = (0..3_600)
            .filter(|second| told.is_due(if second % 2 == 0 { "dead" } else { "slow" }, second * 1_000))
            .count();
        assert_eq!(lines, 60);
    }
}
