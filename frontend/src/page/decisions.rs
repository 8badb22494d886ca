//! What the tuner decided, and why; also when it left everything as it was.

use leptos::prelude::*;
use lode_shared::{Decision, Mode, PerformanceTuning, Setting, Step};

use crate::live::Live;
use crate::ui::{Card, dynamic, sub};
use crate::{clock, format};

pub fn panel(class: &'static str) -> AnyView {
    let live = expect_context::<Live>();
    let newest = live.figure(|snapshot| Some(snapshot.performance_tuning.decisions.first()?.at_ms as f64));
    let next_round = live.tell(|snapshot, now_ms| {
        let left_s = snapshot.performance_tuning.next_round_ms.saturating_sub(now_ms).div_ceil(1_000);
        Some(if left_s == 0 { "next round is due".into() } else { format!("next round in {}", format::span(left_s)) })
    });
    let settings = live.tell(|snapshot, _| Some(in_force(&snapshot.performance_tuning)));
    let list = dynamic(move || {
        if newest.get().is_none() {
            return sub(Signal::stored(Some("No round has been held yet.".to_owned())));
        }
        let entries = live.snapshot.with_untracked(|snapshot| {
            let decisions = snapshot.iter().flat_map(|snapshot| &snapshot.performance_tuning.decisions);
            decisions.map(entry).collect::<Vec<_>>()
        });
        view! {
            <ol class="why" tabindex="0" role="list" aria-label="Decisions, newest first">
                {entries}
            </ol>
        }
        .into_any()
    });
    view! {
        <Card id="why" title="Tuner: why" class=class aside=next_round>
            {sub(settings)}
            {list}
        </Card>
    }
    .into_any()
}

/// What is set, in a line or two.
fn in_force(tuning: &PerformanceTuning) -> String {
    let settings = &tuning.settings;
    let show = |setting: Setting| format!("{} {}", setting.label(), setting.show(settings.get(setting)));
    let mut told = vec![
        show(Setting::MatchThreshold),
        show(Setting::Ttl),
        show(Setting::ShadowShare),
        show(Setting::Capacity),
        format!("budget {} % wrong", tuning.budget_pct),
    ];
    if settings.exact_only {
        told.push("similar answers off".into());
    }
    if tuning.mode != Mode::Auto {
        told.push(format!("mode {}", format::words(tuning.mode.label())));
    }
    match tuning.scopes.len() {
        0 => {}
        1 => told.push("1 scope with its own threshold".into()),
        count => told.push(format!("{count} scopes with their own thresholds")),
    }
    format!("In force: {}", told.join(", "))
}

fn entry(decision: &Decision) -> AnyView {
    let seen = &decision.observed;
    let basis = match (seen.response_s, seen.success_pct, seen.hit_rate_pct) {
        (None, None, None) => String::new(),
        (response_s, success_pct, hit_rate_pct) => {
            let share = |value: Option<f64>| value.map_or(format::DASH.into(), |value| format!("{value:.0} %"));
            format!(
                "saw {} · success {} · hits {}",
                response_s.map_or(format::DASH.into(), format::response_text),
                share(success_pct),
                share(hit_rate_pct)
            )
        }
    };
    let lines: Vec<(String, String, &'static str)> = match &decision.step {
        Step::Held(reason) => vec![("Held".into(), reason.to_string(), "held")],
        Step::Adjusted(moves) => moves.iter().map(|step| (step.what(), step.reason.to_string(), "moved")).collect(),
    };
    let infeasible = decision.infeasible.iter().map(|target| ("Out of reach".into(), target.to_string(), "held"));
    let line = |(what, why, class): (String, String, &'static str)| {
        view! {
            <p class=class>
                <b>{what}</b>
                " "
                <span>{why}</span>
            </p>
        }
        .into_any()
    };
    view! {
        <li>
            <time datetime=clock::iso(decision.at_ms)>{clock::minute(decision.at_ms)}</time>
            <div>
                {lines.into_iter().chain(infeasible).map(line).collect::<Vec<_>>()} <p class="basis">{basis}</p>
            </div>
        </li>
    }
    .into_any()
}
