//! What charts draw: columns of figures over a common axis, and moments to mark. Pure.

use lode_shared::{ChainPoint, Decision, History, HistoryPoint, Range, Start, Step};

/// Least and greatest value of a scale; absent where it follows the figures.
pub type Bounds = Option<(f64, f64)>;

/// One chart's data. An absent figure is a gap: the page must not draw a line through hours it knows nothing about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    /// Along the bottom, ascending; seconds since the Unix epoch where that is time.
    pub xs: Vec<f64>,
    /// One column for each line.
    pub columns: Vec<Vec<Option<f64>>>,
    /// Oldest first.
    pub marks: Vec<Mark>,
    /// Of the left and of the right scale.
    pub bounds: [Bounds; 2],
    /// A horizontal mark on the left scale.
    pub target: Option<f64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub at_ms: u64,
    pub kind: MarkKind,
    /// What, and why.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// The tuner moved a setting.
    Decision,
    /// The miner was started, perhaps in a new version.
    Start,
}

impl MarkKind {
    /// As it is drawn, in the text beside the chart.
    pub fn sign(self) -> char {
        match self {
            Self::Decision => '◆',
            Self::Start => '▲',
        }
    }
}

impl Data {
    /// Figures over time, with an empty place where samples are missing for longer than `gap_ms`.
    pub fn over_time<T>(points: &[T], at_ms: fn(&T) -> u64, gap_ms: u64, lines: &[fn(&T) -> Option<f64>]) -> Self {
        let mut places: Vec<(u64, Option<&T>)> = Vec::with_capacity(points.len());
        for point in points {
            let at = at_ms(point);
            if let Some((last, _)) = places.last()
                && at.saturating_sub(*last) > gap_ms
            {
                places.push((last + 1, None));
            }
            places.push((at, Some(point)));
        }
        let column = |line: &fn(&T) -> Option<f64>| places.iter().map(|(_, point)| point.and_then(line)).collect();
        Self {
            xs: places.iter().map(|(at, _)| *at as f64 / 1e3).collect(),
            columns: lines.iter().map(column).collect(),
            ..Self::default()
        }
    }

    /// Whether there is a line to draw: two places with figures make the first.
    pub fn is_drawable(&self) -> bool {
        self.columns.iter().any(|column| column.iter().flatten().nth(1).is_some())
    }

    /// The value of a line at a place; the last where there is no place.
    pub fn at(&self, line: usize, place: Option<usize>) -> Option<f64> {
        let column = self.columns.get(line)?;
        match place {
            Some(place) => *column.get(place)?,
            None => *column.last()?,
        }
    }

    /// The mark nearest to a moment, if one lies within reach.
    pub fn mark_near(&self, at_ms: u64, reach_ms: u64) -> Option<&Mark> {
        self.marks
            .iter()
            .min_by_key(|mark| mark.at_ms.abs_diff(at_ms))
            .filter(|mark| mark.at_ms.abs_diff(at_ms) <= reach_ms)
    }
}

/// Decisions and starts, by time.
pub fn marks(decisions: &[Decision], starts: &[Start]) -> Vec<Mark> {
    let decisions = decisions.iter().map(|decision| Mark {
        at_ms: decision.at_ms,
        kind: MarkKind::Decision,
        text: moves_text(decision),
    });
    let started = |start: &Start| Mark {
        at_ms: start.at_ms,
        kind: MarkKind::Start,
        text: format!("the miner was started, version {}", start.version),
    };
    let mut marks: Vec<_> = decisions.chain(starts.iter().map(started)).collect();
    marks.sort_by_key(|mark| mark.at_ms);
    marks
}

/// How many decisions are kept on a chart, as many as the server sends.
const MAX_DECISIONS: usize = 200;

/// Longer than this between two samples is a gap: three steps, and never so short that one late sample tears the line.
pub fn gap_ms(step_s: u32) -> u64 {
    u64::from(step_s) * 3_000 + 15_000
}

/// Adds the newest sample and the newest decisions, and drops what has left the window.
pub fn append(history: &mut History, point: HistoryPoint, decisions: &[Decision], range: Range) {
    if history.points.last().is_some_and(|last| point.at_ms <= last.at_ms) {
        return;
    }
    if is_last_provisional(history) {
        history.points.pop();
    }
    history.points.push(point);

    let newest = history.decisions.last().map_or(0, |decision| decision.at_ms);
    // The snapshot's decisions come newest first.
    let moved = decisions.iter().rev().filter(|decision| decision.at_ms > newest && is_move(decision));
    history.decisions.extend(moved.cloned());

    let start_ms = point.at_ms.saturating_sub(range.seconds() * 1_000);
    history.points.retain(|point| point.at_ms >= start_ms);
    history.decisions.retain(|decision| decision.at_ms >= start_ms);
    history.starts.retain(|start| start.at_ms >= start_ms);
    let excess = history.decisions.len().saturating_sub(MAX_DECISIONS);
    history.decisions.drain(..excess);
}

/// Live samples come every few seconds, thinned history every few minutes. A sample less than a step after the one
/// before it stands in for the step that is not over, and the next sample replaces it; otherwise a week's chart would
/// grow by thousands of points a day.
fn is_last_provisional(history: &History) -> bool {
    match history.points.as_slice() {
        [.., before, last] => last.at_ms - before.at_ms < u64::from(history.step_s) * 1_000,
        _ => false,
    }
}

/// Adds our place on the subnet as it is now, once for each sync, and drops what has left the window.
pub fn append_chain(points: &mut Vec<ChainPoint>, point: ChainPoint, range: Range) {
    if points.last().is_some_and(|last| point.at_ms <= last.at_ms) {
        return;
    }
    points.push(point);
    let start_ms = point.at_ms.saturating_sub(range.seconds() * 1_000);
    points.retain(|point| point.at_ms >= start_ms);
}

/// Whether a decision moved a setting; the others are no marks on a chart.
pub fn is_move(decision: &Decision) -> bool {
    matches!(decision.step, Step::Adjusted(_))
}

/// What a decision moved and why, in one line.
pub fn moves_text(decision: &Decision) -> String {
    match &decision.step {
        Step::Adjusted(moves) => moves.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Step::Held(reason) => format!("Held: {reason}"),
    }
}

/// Least and greatest of the measured values.
pub fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |seen, value| match seen {
        None => Some((value, value)),
        Some((least, most)) => Some((least.min(value), most.max(value))),
    })
}

/// The `d` of an SVG path through the values, in a box `width` by `height`; absent values break the line. Absent when
/// fewer than two values make no line.
pub fn spark_path(values: &[Option<f64>], width: f64, height: f64) -> Option<String> {
    if values.iter().flatten().count() < 2 {
        return None;
    }
    let (least, most) = extremes(values.iter().flatten().copied())?;
    let step = width / (values.len() - 1).max(1) as f64;
    let rise = if most > least { height / (most - least) } else { 0.0 };
    // A constant is a line in the middle, not at the bottom where it would read as nothing.
    let base = if most > least { height } else { height / 2.0 };
    let mut path = String::new();
    let mut is_pen_down = false;
    for (place, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let pen = if is_pen_down { 'L' } else { 'M' };
            path.push_str(&format!("{pen}{:.1} {:.1}", place as f64 * step, base - (value - least) * rise));
        }
        is_pen_down = value.is_some();
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lode_shared::{Adjustment, HoldReason, Observed, Reason, Setting, Targets};

    fn point(at_s: u64) -> HistoryPoint {
        HistoryPoint {
            at_ms: at_s * 1_000,
            requests_per_s: 1.0,
            response_s: Some(1.0),
            success_pct: None,
            hit_rate_pct: None,
            match_threshold: 0.95,
            ttl_s: 1_200,
            incentive_pct: None,
        }
    }

    fn history(step_s: u32, at_s: &[u64]) -> History {
        let points = at_s.iter().map(|at| point(*at)).collect();
        History { step_s, points, decisions: Vec::new(), starts: Vec::new() }
    }

    fn times(history: &History) -> Vec<u64> {
        history.points.iter().map(|point| point.at_ms / 1_000).collect()
    }

    fn moved(at_s: u64) -> Decision {
        let adjustment = Adjustment {
            setting: Setting::Ttl,
            scope: None,
            old: 1_200.0,
            new: 1_260.0,
            reason: Reason::Slow { response_s: 1.7 },
        };
        Decision {
            at_ms: at_s * 1_000,
            observed: Observed::default(),
            labels: None,
            targets: Targets::default(),
            step: Step::Adjusted(vec![adjustment]),
            infeasible: Vec::new(),
            reward: None,
        }
    }

    fn held(at_s: u64) -> Decision {
        Decision { step: Step::Held(HoldReason::OnTarget), ..moved(at_s) }
    }

    fn data(step_s: u32, at_s: &[u64]) -> Data {
        let history = history(step_s, at_s);
        Data::over_time(&history.points, |point| point.at_ms, gap_ms(step_s), &[|point| point.response_s, |_| None])
    }

    #[test]
    fn a_pause_of_the_miner_is_a_gap_and_a_late_sample_is_not() {
        let data = data(5, &[0, 5, 20, 100]);
        let is_gap: Vec<_> = data.columns[0].iter().map(Option::is_none).collect();
        assert_eq!(is_gap, [false, false, false, true, false]);
        assert!(data.xs.is_sorted());
        assert!(data.is_drawable());
        assert_eq!((data.at(0, None), data.at(0, Some(3)), data.at(1, None)), (Some(1.0), None, None));
    }

    #[test]
    fn one_sample_is_no_line() {
        assert!(!data(5, &[7]).is_drawable());
        assert!(!Data::default().is_drawable());
    }

    #[test]
    fn a_sample_already_shown_is_not_appended_twice() {
        let mut history = history(5, &[0, 5]);
        append(&mut history, point(5), &[], Range::Minutes15);
        append(&mut history, point(3), &[], Range::Minutes15);
        assert_eq!(times(&history), [0, 5]);
    }

    #[test]
    fn samples_that_leave_the_window_are_dropped() {
        let mut history = history(5, &[0, 5, 10]);
        history.decisions = vec![moved(1), moved(8)];
        append(&mut history, point(906), &[], Range::Minutes15);
        assert_eq!(times(&history), [10, 906]);
        assert_eq!(history.decisions, [moved(8)]);
    }

    #[test]
    fn live_samples_do_not_crowd_a_thinned_chart() {
        let mut history = history(100, &[0, 100]);
        for at in [105, 110, 199, 200, 205] {
            append(&mut history, point(at), &[], Range::Day);
        }
        assert_eq!(times(&history), [0, 100, 200, 205]);
    }

    #[test]
    fn only_new_decisions_that_moved_something_are_marked() {
        let mut history = history(5, &[0]);
        history.decisions = vec![moved(1)];
        append(&mut history, point(10), &[held(9), moved(6), moved(1)], Range::Hour);
        assert_eq!(history.decisions, [moved(1), moved(6)]);
    }

    #[test]
    fn a_sync_is_appended_once_and_leaves_with_the_window() {
        let at = |at_s: u64| ChainPoint { at_ms: at_s * 1_000, ..ChainPoint::default() };
        let mut points = vec![at(0), at(100)];
        append_chain(&mut points, at(100), Range::Hour);
        append_chain(&mut points, at(3_650), Range::Hour);
        assert_eq!(points, [at(100), at(3_650)]);
    }

    #[test]
    fn a_mark_is_found_only_within_reach() {
        let start = Start { at_ms: 20_000, version: "0.2.0".into() };
        let data = Data { marks: marks(&[moved(10), moved(30)], &[start]), ..Data::default() };
        let kinds: Vec<_> = data.marks.iter().map(|mark| mark.kind).collect();
        assert_eq!(kinds, [MarkKind::Decision, MarkKind::Start, MarkKind::Decision], "by time");
        assert_eq!(data.mark_near(18_000, 3_000), Some(&data.marks[1]));
        assert!(data.marks[1].text.contains("0.2.0"));
        assert_eq!(data.mark_near(15_000, 3_000), None);
        assert_eq!(Data::default().mark_near(15_000, 3_000), None);
    }

    #[test]
    fn a_spark_breaks_where_nothing_was_measured() {
        let path = spark_path(&[Some(0.0), Some(1.0), None, Some(1.0)], 30.0, 10.0);
        assert_eq!(path.as_deref(), Some("M0.0 10.0L10.0 0.0M30.0 0.0"));
    }

    #[test]
    fn a_constant_is_drawn_in_the_middle_and_one_value_is_no_line() {
        assert_eq!(spark_path(&[Some(7.0), Some(7.0)], 10.0, 10.0).as_deref(), Some("M0.0 5.0L10.0 5.0"));
        assert_eq!(spark_path(&[Some(7.0), None], 10.0, 10.0), None);
    }
}
