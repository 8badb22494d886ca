//! What each chart shows: its lines, their scales, their words. Data for [`super::plot`] and [`super::figure`].

use lode_shared::{HistoryPoint, Limits, Setting, Targets};

use crate::format;

/// Least and greatest value of a scale; absent where it follows the figures.
pub type Bounds = Option<(f64, f64)>;

/// One chart.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub id: &'static str,
    /// What it shows, for those who do not see it.
    pub subject: &'static str,
    /// The line on the left scale and those on the right one.
    pub lines: &'static [Line],
    /// How the left and the right axis write their values.
    pub axes: [fn(f64) -> String; 2],
    /// Bounds of the left and of the right scale.
    pub bounds: fn(&Limits) -> [Bounds; 2],
    /// A horizontal mark on the left scale.
    pub target: Option<fn(&Targets) -> f64>,
}

/// One line of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub name: &'static str,
    pub value: fn(&HistoryPoint) -> Option<f64>,
    pub show: fn(f64) -> String,
    /// The number of its colour token, `--s1` to `--s4`.
    pub colour: u8,
    /// Dash pattern: lines differ by more than colour.
    pub dash: &'static [f64],
    pub scale: Scale,
    /// Whether it holds its value until the next sample.
    pub is_stepped: bool,
}

/// Which axis a line is read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Left,
    Right,
}

impl Scale {
    /// Its name in uPlot.
    pub fn key(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

fn share(value: f64) -> String {
    format!("{} %", format::percent(value))
}

/// How fast, how right, how often from memory.
pub const RESPONSE: Spec = Spec {
    id: "chart-response",
    subject: "Response time, success and hit rate",
    lines: &[
        Line {
            name: "response",
            value: |point| point.response_s,
            show: format::response_text,
            colour: 1,
            dash: &[],
            scale: Scale::Left,
            is_stepped: false,
        },
        Line {
            name: "cache hits",
            value: |point| point.hit_rate_pct,
            show: share,
            colour: 2,
            dash: &[7.0, 4.0],
            scale: Scale::Right,
            is_stepped: false,
        },
        Line {
            name: "success",
            value: |point| point.success_pct,
            show: share,
            colour: 3,
            dash: &[2.0, 3.0],
            scale: Scale::Right,
            is_stepped: false,
        },
    ],
    axes: [|value| format!("{} s", format::plain(value)), |value| format!("{value:.0} %")],
    bounds: |_| [None, Some((0.0, 100.0))],
    target: Some(Targets::response_s),
};

/// What the tuner moved.
pub const TUNER: Spec = Spec {
    id: "chart-tuner",
    subject: "Match threshold and time to live",
    lines: &[
        Line {
            name: "threshold",
            value: |point| Some(point.match_threshold),
            show: |value| Setting::MatchThreshold.show(value),
            colour: 1,
            dash: &[],
            scale: Scale::Left,
            is_stepped: true,
        },
        Line {
            name: "TTL",
            value: |point| Some(f64::from(point.ttl_s)),
            show: |value| Setting::Ttl.show(value),
            colour: 2,
            dash: &[7.0, 4.0],
            scale: Scale::Right,
            is_stepped: true,
        },
    ],
    axes: [|value| Setting::MatchThreshold.show(value), |value| Setting::Ttl.show(value)],
    // A step beyond each limit, so that a line at its limit is not lost in the frame.
    bounds: |limits| {
        let (step, ttl_step) = (limits.threshold_step, f64::from(limits.ttl_step_s));
        [
            Some((limits.threshold_min - step, limits.threshold_max + step)),
            Some((f64::from(limits.ttl_min_s) - ttl_step, f64::from(limits.ttl_max_s) + ttl_step)),
        ]
    },
    target: None,
};
