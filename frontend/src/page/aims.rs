//! The three targets: what was asked for, what is measured, and whether the one meets the other.

use leptos::prelude::*;
use lode_shared::PerformanceTuning;

use crate::format;
use crate::live::Live;
use crate::ui::{Big, Card, Meter, Tag};
use crate::verdict::{self, Better, Verdict};

/// A measured figure and its target.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Aim {
    now: Option<f64>,
    target: f64,
    samples: u32,
}

#[component]
pub fn Response() -> impl IntoView {
    let aim = |tuning: &PerformanceTuning| Aim {
        now: tuning.observed.response_s,
        target: tuning.targets.response_s(),
        samples: tuning.observed.samples,
    };
    view! {
        <Tile
            id="tile-response"
            title="Response time"
            aim=aim
            better=Better::Lower
            show=|value| format::response(value)
            target_text=|target| format!("under {} s", format::plain(target))
        />
    }
}

#[component]
pub fn Success() -> impl IntoView {
    let aim = |tuning: &PerformanceTuning| Aim {
        now: tuning.observed.success_pct,
        target: tuning.targets.success_pct(),
        samples: tuning.observed.samples,
    };
    view! { <Tile id="tile-success" title="Success" aim=aim better=Better::Higher show=share target_text=at_least /> }
}

#[component]
pub fn Hits() -> impl IntoView {
    let aim = |tuning: &PerformanceTuning| Aim {
        now: tuning.observed.hit_rate_pct,
        target: tuning.targets.hit_rate_pct(),
        samples: tuning.observed.samples,
    };
    view! { <Tile id="tile-hits" title="Cache hits" aim=aim better=Better::Higher show=share target_text=at_least /> }
}

fn share(value: f64) -> (String, &'static str) {
    (format::percent(value), "%")
}

fn at_least(target: f64) -> String {
    format!("at least {} %", format::plain(target))
}

#[component]
fn Tile(
    id: &'static str,
    title: &'static str,
    aim: fn(&PerformanceTuning) -> Aim,
    better: Better,
    show: fn(f64) -> (String, &'static str),
    target_text: fn(f64) -> String,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let aim = live.part(move |snapshot| aim(&snapshot.performance_tuning));
    let now = Memo::new(move |_| aim.get().and_then(|aim| aim.now));
    let target = Memo::new(move |_| aim.get().map(|aim| aim.target));
    let verdict = Signal::derive(move || match target.get() {
        Some(target) => verdict::against(now.get(), target, better),
        None => Verdict::UNKNOWN,
    });
    let shown = Memo::new(move |_| now.get().map(show));
    let figure = Signal::derive(move || shown.get().map(|(figure, _)| figure));
    let unit = Signal::derive(move || shown.get().map_or_else(String::new, |(_, unit)| unit.into()));
    let wanted = move || target.get().map_or_else(String::new, |target| format!("target {}", target_text(target)));
    let basis =
        move || aim.get().filter(|aim| aim.samples > 0).map(|aim| format!(" · over the last {} requests", aim.samples));
    // A share fills its own scale; a time is drawn on twice its target, which puts the mark in the middle.
    let scale_end = move || match better {
        Better::Lower => target.get().map_or(100.0, |target| target * 2.0),
        Better::Higher => 100.0,
    };
    let filled_pct = Signal::derive(move || now.get().map(|now| 100.0 * now / scale_end()));
    let mark_pct = Signal::derive(move || 100.0 * target.get().unwrap_or(0.0) / scale_end());
    let label = Signal::derive(move || {
        let now = shown.get().map_or_else(|| format::NO_DATA.into(), |(figure, unit)| format!("{figure} {unit}"));
        format!("{title}: {now}, {}", wanted())
    });
    view! {
        <Card id=id title=title class="third" aside=move || view! { <Tag verdict=verdict /> }>
            <Big figure=figure unit=unit />
            <p class="sub">{wanted} {basis}</p>
            <Meter
                filled_pct=filled_pct
                label=label
                tone=Signal::derive(move || verdict.get().tone.class())
                mark_pct=mark_pct
            />
        </Card>
    }
}
