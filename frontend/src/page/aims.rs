//! The three targets: what was asked for, what is measured, and whether the one meets the other.

use leptos::prelude::*;
use lode_shared::PerformanceTuning;

use crate::format;
use crate::live::Live;
use crate::ui::{Big, Card, Meter, sub};
use crate::verdict::{self, Better, Verdict};

/// One target.
#[derive(Clone, Copy)]
struct Aim {
    id: &'static str,
    title: &'static str,
    now: fn(&PerformanceTuning) -> Option<f64>,
    target: fn(&PerformanceTuning) -> f64,
    better: Better,
}

pub fn tiles() -> AnyView {
    let aims = [
        Aim {
            id: "tile-response",
            title: "Response time",
            now: |tuning| tuning.observed.response_s,
            target: |tuning| tuning.targets.response_s(),
            better: Better::Lower,
        },
        Aim {
            id: "tile-success",
            title: "Success",
            now: |tuning| tuning.observed.success_pct,
            target: |tuning| tuning.targets.success_pct(),
            better: Better::Higher,
        },
        Aim {
            id: "tile-hits",
            title: "Cache hits",
            now: |tuning| tuning.observed.hit_rate_pct,
            target: |tuning| tuning.targets.hit_rate_pct(),
            better: Better::Higher,
        },
    ];
    aims.map(tile).into_iter().collect::<Vec<_>>().into_any()
}

fn tile(aim: Aim) -> AnyView {
    let live = expect_context::<Live>();
    let figures = Signal::derive(move || {
        live.snapshot.with(|snapshot| {
            let tuning = &snapshot.as_ref()?.performance_tuning;
            Some(((aim.now)(tuning), (aim.target)(tuning), tuning.observed.samples))
        })
    });
    let shown = move || figures.get().and_then(|(now, ..)| now).map(|now| show(aim.better, now));
    let verdict = Signal::derive(move || match figures.get() {
        Some((now, target, _)) => verdict::against(now, target, aim.better),
        None => Verdict::UNKNOWN,
    });
    let wanted = move |target: f64| match aim.better {
        Better::Lower => format!("target under {} s", format::plain(target)),
        Better::Higher => format!("target at least {} %", format::plain(target)),
    };
    let basis = Signal::derive(move || {
        figures.get().map(|(_, target, samples)| match samples {
            0 => wanted(target),
            samples => format!("{} · over the last {samples} requests", wanted(target)),
        })
    });
    // A share fills its own scale; a time is drawn on twice its target, which puts the mark in the middle.
    let end = move |target: f64| if aim.better == Better::Lower { target * 2.0 } else { 100.0 };
    let filled = Signal::derive(move || figures.get().and_then(|(now, target, _)| Some(100.0 * now? / end(target))));
    let mark = Signal::derive(move || figures.get().map_or(0.0, |(_, target, _)| 100.0 * target / end(target)));
    let label = Signal::derive(move || {
        let now = shown().map_or_else(|| format::NO_DATA.into(), |(figure, unit)| format!("{figure} {unit}"));
        format!("{}: {now}, {}", aim.title, figures.get().map(|(_, target, _)| wanted(target)).unwrap_or_default())
    });
    view! {
        <Card id=aim.id title=aim.title class="third" verdict=Some(verdict)>
            <Big
                figure=Signal::derive(move || shown().map(|(figure, _)| figure))
                unit=Signal::derive(move || shown().map_or_else(String::new, |(_, unit)| unit.into()))
            />
            {sub(basis)}
            <Meter
                filled_pct=filled
                label=label
                tone=Signal::derive(move || verdict.get().tone.class().to_owned())
                mark_pct=mark
            />
        </Card>
    }
    .into_any()
}

fn show(better: Better, value: f64) -> (String, &'static str) {
    match better {
        Better::Lower => format::response(value),
        Better::Higher => (format::percent(value), "%"),
    }
}
