//! What the tuner decided, and why; also when it left everything as it was.

use leptos::prelude::*;
use lode_shared::{Decision, Setting, Step};

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
    let settings = live.part(|snapshot| {
        let settings = snapshot.performance_tuning.settings;
        let (threshold, ttl) = (Setting::MatchThreshold, Setting::Ttl);
        let (threshold, ttl) = (threshold.show(settings.match_threshold), ttl.show(settings.ttl_s.into()));
        format!("In force: threshold {threshold}, TTL {ttl}")
    });
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
        Step::Adjusted(moves) => moves
            .iter()
            .map(|step| {
                let (old, new) = (step.setting.show(step.old), step.setting.show(step.new));
                (format!("{} {old} → {new}", step.setting.label()), step.reason.to_string(), "moved")
            })
            .collect(),
    };
    let lines = lines.into_iter().map(|(what, why, class)| {
        view! {
            <p class=class>
                <b>{what}</b>
                " "
                <span>{why}</span>
            </p>
        }
    });
    view! {
        <li>
            <time datetime=clock::iso(decision.at_ms)>{clock::minute(decision.at_ms)}</time>
            <div>{lines.collect_view()} <p class="basis">{basis}</p></div>
        </li>
    }
}
