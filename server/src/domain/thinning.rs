//! Fewer samples for a chart, with nothing lost that stood out: a mean would hide the one slow minute of a week.

use lode_shared::HistoryPoint;

/// At most two points of each `bucket_ms`: at its first sample and at its last, with the least and the most of each figure
/// in between, in the order that follows the way it went. Settings are as they were at these two. `points` come oldest first.
pub fn thin(points: impl IntoIterator<Item = HistoryPoint>, bucket_ms: u64) -> Vec<HistoryPoint> {
    let number = |point: &HistoryPoint| point.at_ms / bucket_ms.max(1);
    let mut thinned = Vec::new();
    let mut open: Option<Bucket> = None;
    for point in points {
        match &mut open {
            Some(bucket) if number(&bucket.first) == number(&point) => bucket.add(point),
            _ => thinned.extend(open.replace(Bucket::new(point)).into_iter().flat_map(Bucket::ends)),
        }
    }
    thinned.extend(open.into_iter().flat_map(Bucket::ends));
    thinned
}

const FIGURES: usize = 5;

fn figures(point: &HistoryPoint) -> [Option<f64>; FIGURES] {
    [Some(point.requests_per_s), point.response_s, point.success_pct, point.hit_rate_pct, point.incentive_pct]
}

fn with(point: HistoryPoint, figures: [Option<f64>; FIGURES]) -> HistoryPoint {
    let [requests_per_s, response_s, success_pct, hit_rate_pct, incentive_pct] = figures;
    let requests_per_s = requests_per_s.unwrap_or(point.requests_per_s);
    HistoryPoint { requests_per_s, response_s, success_pct, hit_rate_pct, incentive_pct, ..point }
}

/// What a figure did in a bucket.
#[derive(Clone, Copy)]
struct Spread {
    first: f64,
    last: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn new(value: f64) -> Self {
        Self { first: value, last: value, least: value, most: value }
    }

    fn with(self, value: f64) -> Self {
        Self { last: value, least: self.least.min(value), most: self.most.max(value), ..self }
    }

    fn ends(self) -> [f64; 2] {
        if self.first <= self.last { [self.least, self.most] } else { [self.most, self.least] }
    }
}

struct Bucket {
    first: HistoryPoint,
    last: HistoryPoint,
    spreads: [Option<Spread>; FIGURES],
}

impl Bucket {
    fn new(point: HistoryPoint) -> Self {
        Self { first: point, last: point, spreads: figures(&point).map(|value| value.map(Spread::new)) }
    }

    fn add(&mut self, point: HistoryPoint) {
        self.last = point;
        for (spread, value) in self.spreads.iter_mut().zip(figures(&point)) {
            if let Some(value) = value {
                *spread = Some(spread.map_or(Spread::new(value), |spread| spread.with(value)));
            }
        }
    }

    fn ends(self) -> impl Iterator<Item = HistoryPoint> {
        let end = |place: usize| self.spreads.map(|spread| spread.map(|spread| spread.ends()[place]));
        let first = with(self.first, end(0));
        let last = (self.last.at_ms > self.first.at_ms).then(|| with(self.last, end(1)));
        std::iter::once(first).chain(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at_ms: u64, response_s: Option<f64>) -> HistoryPoint {
        HistoryPoint {
            at_ms,
            requests_per_s: 1.0,
            response_s,
            success_pct: None,
            hit_rate_pct: None,
            match_threshold: 0.95,
            ttl_s: at_ms as u32,
            incentive_pct: None,
        }
    }

    fn told(points: &[HistoryPoint]) -> Vec<(u64, Option<f64>)> {
        points.iter().map(|point| (point.at_ms, point.response_s)).collect()
    }

    #[test]
    fn the_least_and_the_most_of_each_bucket_are_kept_in_the_order_they_tend_to() {
        let values = [1.0, 9.0, 0.5, 2.0, 4.0, 7.0, 0.1, 3.0];
        let samples = values.iter().zip((0..).step_by(10)).map(|(value, at_ms)| point(at_ms, Some(*value)));
        let thinned = thin(samples, 40);
        assert_eq!(told(&thinned), [(0, Some(0.5)), (30, Some(9.0)), (40, Some(7.0)), (70, Some(0.1))]);
        assert_eq!(
            thinned.iter().map(|point| point.ttl_s).collect::<Vec<_>>(),
            [0, 30, 40, 70],
            "settings as they were"
        );
    }

    #[test]
    fn a_lone_sample_stays_as_it_is_and_what_was_never_measured_stays_absent() {
        assert_eq!(
            told(&thin([point(5, Some(1.0)), point(95, None), point(97, None)], 40)),
            [(5, Some(1.0)), (95, None), (97, None)]
        );
        let partly = thin([point(0, None), point(10, Some(2.0)), point(20, None)], 40);
        assert_eq!(told(&partly), [(0, Some(2.0)), (20, Some(2.0))]);
        assert!(thin([], 40).is_empty());
    }

    #[test]
    fn buckets_of_a_millisecond_change_nothing() {
        let samples = [point(1, Some(1.0)), point(2, None), point(3, Some(3.0))];
        assert_eq!(thin(samples, 1), samples);
    }
}
