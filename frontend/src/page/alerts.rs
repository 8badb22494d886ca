//! What is wrong now, above every page. Nothing at all while nothing is.

use leptos::prelude::*;
use lode_shared::Alert;

use crate::live::Live;
use crate::ui::{self, dynamic};
use crate::{clock, format};

/// The alerts, and how many there are for those who cannot see them: their figures change too often to be read aloud.
#[component]
pub fn Alerts() -> impl IntoView {
    let live = expect_context::<Live>();
    let alerts = Memo::new(move |_| {
        live.snapshot.with(|snapshot| snapshot.as_ref().map(|snapshot| snapshot.alerts.clone()).unwrap_or_default())
    });
    // That all is well is told to those who were told that something is not.
    let told = Memo::new(move |before: Option<&String>| match alerts.with(|alerts| summary(alerts)) {
        none if none.is_empty() && before.is_some_and(|before| !before.is_empty()) => "No alerts any more".to_owned(),
        told => told,
    });
    let list = dynamic(move || match alerts.with(|alerts| alerts.iter().map(row).collect::<Vec<_>>()) {
        rows if rows.is_empty() => ().into_any(),
        rows => view! {
            <ul class="alerts" role="list" aria-label="Alerts">
                {rows}
            </ul>
        }
        .into_any(),
    });
    view! {
        {ui::status("alerts-status", told.into(), Signal::stored("sr-only".to_owned()))}
        {list}
    }
}

fn summary(alerts: &[Alert]) -> String {
    let kinds: Vec<_> = alerts.iter().map(|alert| format::words(&alert.kind)).collect();
    match kinds.len() {
        0 => String::new(),
        1 => format!("Alert: {}", kinds[0]),
        count => format!("{count} alerts: {}", kinds.join(", ")),
    }
}

fn row(alert: &Alert) -> AnyView {
    view! {
        <li>
            <strong class="bad">{format::words(&alert.kind)}</strong>
            <span>{alert.text.clone()}</span>
            <time class="quiet" datetime=clock::iso(alert.since_ms)>
                {format!("since {}", clock::moment(alert.since_ms, clock::now_ms()))}
            </time>
        </li>
    }
    .into_any()
}
