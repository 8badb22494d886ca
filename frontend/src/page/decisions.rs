//! What the tuner decided, and why; also when it left everything as it was.

use leptos::prelude::*;
use lode_shared::{Decision, Mode, PerformanceTuning, Setting, Step};

use crate::live::Live;
use crate::ui::Card;
use crate::{clock, format};

#[component]
pub fn Decisions() -> impl IntoView {
    let live = expect_context::<Live>();
    let decisions = live.part(|snapshot| snapshot.performance_tuning.decisions.clone());
    let next_round = move || {
        let due_ms = live.part_now(|snapshot| Some(snapshot.performance_tuning.next_round_ms))?;
        let left_s = due_ms.saturating_sub(live.server_now_ms()).div_ceil(1_000);
        Some(if left_s == 0 { "next round is due".into() } else { format!("next round in {}", format::span(left_s)) })
    };
    let settings = live.part(|snapshot| in_force(&snapshot.performance_tuning));
    let list = move || {
        let decisions = decisions.get().unwrap_or_default();
        if decisions.is_empty() {
            return view! { <p class="sub">"No round has been held yet."</p> }.into_any();
        }
        view! {
            <ol class="why" tabindex="0" role="list" aria-label="Decisions, newest first">
                {decisions.iter().map(entry).collect_view()}
            </ol>
        }
        .into_any()
    };
    view! {
        <Card id="why" title="Tuner: why" class="five" aside=move || view! { <small>{next_round}</small> }>
            <p class="sub">{settings}</p>
            {list}
        </Card>
    }
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
        told.push(format!("mode {}", tuning.mode.label()));
    }
    match tuning.scopes.len() {
        0 => {}
        1 => told.push("1 scope with its own threshold".into()),
        count => told.push(format!("{count} scopes with their own thresholds")),
    }
    format!("In force: {}", told.join(", "))
}

fn entry(decision: &Decision) -> impl IntoView + use<> {
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
    let lines = lines.into_iter().chain(infeasible);
    let lines: Vec<_> = lines
        .map(|(what, why, class)| {
            view! {
                <p class=class>
                    <b>{what}</b>
                    " "
                    <span>{why}</span>
                </p>
            }
        })
        .collect();
    view! {
        <li>
            <time datetime=clock::iso(decision.at_ms)>{clock::minute(decision.at_ms)}</time>
            <div>{lines} <p class="basis">{basis}</p></div>
        </li>
    }
}
