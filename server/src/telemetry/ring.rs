//! The last log lines: our own, and those of the files that are followed, each in a ring of its own.

use std::collections::VecDeque;
use std::sync::Arc;

use lode_shared::LogLine;
use parking_lot::RwLock;

use super::counts::LogCounts;

/// Lines kept of ours, and as many of the files'.
pub const RING_LINES: usize = 500;

/// The last log lines. A file that says much cannot push out what we say, nor the other way round.
#[derive(Clone, Default)]
pub struct LogRing(Arc<Shared>);

#[derive(Default)]
struct Shared {
    rings: RwLock<Rings>,
    counts: LogCounts,
}

#[derive(Default)]
struct Rings {
    last_id: u64,
    own: VecDeque<LogLine>,
    files: VecDeque<LogLine>,
}

impl LogRing {
    /// Of a log that is counted so.
    pub(super) fn counting(counts: LogCounts) -> Self {
        Self(Arc::new(Shared { rings: RwLock::default(), counts }))
    }

    /// What was logged so far.
    pub fn counts(&self) -> &LogCounts {
        &self.0.counts
    }

    /// The newest `count` lines in the order in which they came. When there are more, ours and the files' get half of it each,
    /// as far as they need it.
    pub fn last(&self, count: usize) -> Vec<LogLine> {
        let rings = self.0.rings.read();
        let least = |ring: &VecDeque<LogLine>| ring.len().min(count / 2);
        let mut room = [count - least(&rings.files), count - least(&rings.own)];
        let (mut own, mut files) = (rings.own.iter().rev().peekable(), rings.files.iter().rev().peekable());
        let mut newest = Vec::with_capacity(count.min(rings.own.len() + rings.files.len()));
        while newest.len() < count {
            let next = [own.peek(), files.peek()].map(|line| line.map_or(0, |line| line.id));
            // The newer one, of what has room left.
            let [is_own, is_file] = [next[0] > 0 && room[0] > 0, next[1] > 0 && room[1] > 0];
            let line = match (is_own, is_file) {
                (true, true) if next[0] > next[1] => own.next(),
                (true, false) => own.next(),
                (_, true) => files.next(),
                (false, false) => break,
            };
            let Some(line) = line else { break };
            room[usize::from(line.file.is_some())] -= 1;
            newest.push(line.clone());
        }
        newest.sort_by_key(|line| line.id);
        newest
    }

    /// Adds a line, and gives it its number: they count up over both rings.
    pub fn push(&self, mut line: LogLine) {
        let mut rings = self.0.rings.write();
        rings.last_id += 1;
        line.id = rings.last_id;
        let ring = if line.file.is_some() { &mut rings.files } else { &mut rings.own };
        if ring.len() == RING_LINES {
            ring.pop_front();
        }
        ring.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use lode_shared::LogLevel;

    use super::*;

    fn line(file: bool) -> LogLine {
        let file = file.then(|| "a.log".to_owned());
        LogLine { id: 0, at_ms: 7, level: LogLevel::Info, message: String::new(), file }
    }

    fn ids(ring: &LogRing, count: usize) -> Vec<u64> {
        ring.last(count).iter().map(|line| line.id).collect()
    }

    #[test]
    fn lines_of_both_kinds_come_in_the_order_in_which_they_were_said() {
        let ring = LogRing::default();
        assert_eq!(ids(&ring, 10), [0; 0]);
        [false, true, true, false, true].into_iter().for_each(|file| ring.push(line(file)));
        assert_eq!(ids(&ring, 10), [1, 2, 3, 4, 5]);
        assert_eq!(ids(&ring, 3), [3, 4, 5]);
        assert_eq!(ids(&ring, 0), [0; 0]);
    }

    #[test]
    fn a_file_that_never_rests_leaves_our_own_lines_where_they_are() {
        let ring = LogRing::default();
        (0..40).for_each(|_| ring.push(line(false)));
        (0..5_000).for_each(|_| ring.push(line(true)));
        let shown = ring.last(50);
        assert_eq!(shown.iter().filter(|line| line.file.is_none()).count(), 25);
        assert!(shown.is_sorted_by_key(|line| line.id));
        assert_eq!(shown[24].id, 40, "the newest of ours");
        assert_eq!(shown[49].id, 5_040);
        assert_eq!(ring.last(10_000).len(), 40 + RING_LINES);
    }

    #[test]
    fn whoever_has_little_to_say_leaves_the_room_to_the_other() {
        let ring = LogRing::default();
        ring.push(line(true));
        (0..100).for_each(|_| ring.push(line(false)));
        let shown = ring.last(50);
        assert_eq!((shown.len(), shown[0].id, shown[1].id), (50, 1, 53));
    }
}
