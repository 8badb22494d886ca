//! What each chart shows: its lines, their scales, their words. Data for [`super::plot`] and [`super::figure`].

use lode_shared::Setting;

use crate::format;

/// One chart.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub id: &'static str,
    /// What it shows, for those who do not see it.
    pub subject: &'static str,
    /// What runs along the bottom.
    pub axis: Axis,
    /// The line on the left scale and those on the right one.
    pub lines: &'static [Line],
    /// How the left and the right axis write their values.
    pub axes: [fn(f64) -> String; 2],
}

/// What runs along the bottom.
#[derive(Debug, Clone, Copy)]
pub enum Axis {
    /// Seconds since the Unix epoch.
    Time,
    /// A figure, written like this.
    Figure(&'static str, fn(f64) -> String),
}

impl Axis {
    pub fn is_time(self) -> bool {
        matches!(self, Self::Time)
    }
}

/// One line of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub name: &'static str,
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

const SOLID: &[f64] = &[];
const DASHED: &[f64] = &[7.0, 4.0];
const DOTTED: &[f64] = &[2.0, 3.0];
const FINE: &[f64] = &[1.0, 5.0];

const fn line(
    name: &'static str,
    show: fn(f64) -> String,
    colour: u8,
    dash: &'static [f64],
    scale: Scale,
    is_stepped: bool,
) -> Line {
    Line { name, show, colour, dash, scale, is_stepped }
}

fn share(value: f64) -> String {
    format!("{} %", format::percent(value))
}

fn whole_share(value: f64) -> String {
    format!("{value:.0} %")
}

fn fine_share(value: f64) -> String {
    format!("{value:.2} %")
}

fn plain_share(value: f64) -> String {
    format!("{} %", format::plain(value))
}

fn in_alpha(value: f64) -> String {
    format!("{} α", format::alpha(value))
}

fn threshold(value: f64) -> String {
    Setting::MatchThreshold.show(value)
}

fn ttl(value: f64) -> String {
    Setting::Ttl.show(value)
}

fn seconds(value: f64) -> String {
    format!("{} s", format::plain(value))
}

/// How fast, how right, how often from memory.
pub const RESPONSE: Spec = Spec {
    id: "chart-response",
    subject: "Response time, success and hit rate",
    axis: Axis::Time,
    lines: &[
        line("response", format::response_text, 1, SOLID, Scale::Left, false),
        line("cache hits", share, 2, DASHED, Scale::Right, false),
        line("success", share, 3, DOTTED, Scale::Right, false),
    ],
    axes: [seconds, whole_share],
};

/// What the tuner moved.
pub const TUNER: Spec = Spec {
    id: "chart-tuner",
    subject: "Match threshold and time to live",
    axis: Axis::Time,
    lines: &[
        line("threshold", threshold, 1, SOLID, Scale::Left, true),
        line("TTL", ttl, 2, DASHED, Scale::Right, true),
    ],
    axes: [threshold, ttl],
};

/// What the subnet thinks of us.
pub const EARNING: Spec = Spec {
    id: "chart-earning",
    subject: "Incentive and emission",
    axis: Axis::Time,
    lines: &[
        line("incentive", fine_share, 1, SOLID, Scale::Left, true),
        line("emission a day", in_alpha, 2, DASHED, Scale::Right, true),
    ],
    axes: [plain_share, |value| format!("{} α", format::plain(value))],
};

/// How far from being pruned, and how well off.
pub const STANDING: Spec = Spec {
    id: "chart-standing",
    subject: "Places above pruning and rank",
    axis: Axis::Time,
    lines: &[
        line("places above pruning", |value| format!("{value:.0}"), 3, SOLID, Scale::Left, true),
        line("rank", |value| format!("{value:.0}"), 2, DASHED, Scale::Right, true),
    ],
    axes: [|value| format!("{value:.0}"), |value| format!("{value:.0}")],
};

/// What another threshold would do.
pub const WHAT_IF: Spec = Spec {
    id: "chart-what-if",
    subject: "Hits and wrong hits by match threshold",
    axis: Axis::Figure("threshold", threshold),
    lines: &[
        line("wrong hits", fine_share, 1, SOLID, Scale::Left, false),
        line("at most", fine_share, 4, FINE, Scale::Left, false),
        line("similar prompts answered", whole_share, 2, DASHED, Scale::Right, false),
    ],
    axes: [plain_share, whole_share],
};

/// How right the verifier is where it says so.
pub const RELIABILITY: Spec = Spec {
    id: "chart-reliability",
    subject: "Right answers by what the verifier said",
    axis: Axis::Figure("said", share),
    lines: &[
        line("were right", share, 1, SOLID, Scale::Left, false),
        line("at least", share, 4, FINE, Scale::Left, false),
        line("at most", share, 4, FINE, Scale::Left, false),
        line("as said", share, 2, DASHED, Scale::Left, false),
    ],
    axes: [whole_share, whole_share],
};
