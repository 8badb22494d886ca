//! One request: the time it spent at each stage, and whether its answer was right.

use std::sync::Arc;

use leptos::prelude::*;
use lode_shared::RequestRecord;

use super::explain;
use super::sources::{Share, colour, pieces};
use crate::admin::{Admin, Job};
use crate::api::{self, Call};
use crate::route::Page;
use crate::ui::{self, Card, button, sub};
use crate::{clock, format};

pub fn panel(id: u64, rows: RwSignal<Vec<RequestRecord>>) -> AnyView {
    let known = rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned());
    let (text, shares) = (RwSignal::new(None), RwSignal::new(Vec::new()));
    let show = move |row: &RequestRecord| {
        text.try_set(Some(told(row)));
        shares.try_set(stages(row));
    };
    match known {
        Some(row) => show(&row),
        None => {
            let url = format!("/api/v1/requests?limit=1&before={}", id.saturating_add(1));
            api::read(url, move |read: Result<Vec<RequestRecord>, _>| match read {
                Ok(rows) => match rows.iter().find(|row| row.id == id) {
                    Some(row) => show(row),
                    None => _ = text.try_set(Some("This request is no longer kept.".into())),
                },
                Err(failure) => _ = text.try_set(Some(failure.message().to_owned())),
            });
        }
    }
    view! {
        <Card id="request" title="The request" class="full" control=super::back_to(Page::Requests)>
            {sub(text.into())}
            {pieces("Time by stage", shares.into())}
            {verdict(id)}
            {explain::panel(id)}
        </Card>
    }
    .into_any()
}

/// Where its answer came from, or why there was none; and in which tone.
pub fn outcome(row: &RequestRecord) -> (String, &'static str) {
    match (row.source, &row.solver, &row.reason) {
        (Some(source), Some(solver), _) => (format!("{} by {solver}", source.label()), ""),
        (Some(source), None, _) => (source.label().to_owned(), ""),
        (None, _, Some(reason)) => (format::words(reason), "bad"),
        (None, _, None) => ("no answer".to_owned(), "bad"),
    }
}

fn told(row: &RequestRecord) -> String {
    let mut parts = vec![
        format!("request {}", row.id),
        format!("ended {}", clock::moment(row.at_ms, clock::now_ms())),
        outcome(row).0,
        format!("took {}", format::response_text(row.took_ms / 1e3)),
    ];
    parts.extend(row.synapse.iter().cloned());
    parts.extend(row.hotkey.iter().map(|hotkey| format!("from {hotkey}")));
    parts.extend(row.cost_usd.map(|cost| format!("cost {}", format::dollars(cost))));
    parts.extend(row.right.map(|right| {
        let by = row.judged_by.as_deref().unwrap_or("somebody");
        format!("found {} by {by}", if right { "right" } else { "wrong" })
    }));
    parts.join(" · ")
}

/// The time at each stage, as shares of the whole. What is not told of is the rest.
fn stages(row: &RequestRecord) -> Vec<Share> {
    let stages = [
        ("verify", row.verify_ms),
        ("look into memory", row.recall_ms),
        ("wait for a turn", row.queue_ms),
        ("solve", row.solve_ms),
    ];
    let known: f64 = stages.iter().filter_map(|(_, ms)| *ms).sum();
    // A solve that was shared may have begun before this request came.
    let whole = row.took_ms.max(known);
    if whole <= 0.0 {
        return Vec::new();
    }
    let rest = ("rest", Some(whole - known).filter(|rest| *rest > 0.0));
    let share = |(place, (label, ms)): (usize, (&str, Option<f64>))| {
        let ms = ms?;
        let figure = format!("{ms:.2} ms");
        Some(Share { label: label.into(), colour: colour(place), pct: 100.0 * ms / whole, figure })
    };
    stages.into_iter().chain([rest]).enumerate().filter_map(share).collect()
}

/// Says whether the answer was right.
fn verdict(id: u64) -> AnyView {
    let admin = expect_context::<Admin>();
    let status = RwSignal::new(String::new());
    let say = move |right: bool| {
        let call = Call {
            method: "POST",
            url: format!("/api/v1/requests/{id}/verdict"),
            body: Some(format!("{{\"right\":{right}}}")),
            ..Call::default()
        };
        let done = Arc::new(move |answer: Result<String, api::Failure>| {
            status.try_set(match answer {
                Ok(_) if right => "Kept: the answer was right.".to_owned(),
                Ok(_) => "Kept: the answer was wrong, and is given to nobody any more.".to_owned(),
                Err(failure) => format!("Not kept: {}", failure.message()),
            });
        });
        admin.change(Job { call, done });
    };
    view! {
        <div class="actions">
            "Was its answer right?"
            {button("Right", "quiet small", Callback::new(move |()| say(true)))}
            {button("Wrong", "quiet small", Callback::new(move |()| say(false)))}
            {ui::status("verdict-status", status.into(), Signal::stored("status".to_owned()))}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use lode_shared::Source;

    use super::*;

    fn record(took_ms: f64, verify_ms: Option<f64>, solve_ms: Option<f64>) -> RequestRecord {
        RequestRecord {
            id: 1,
            at_ms: 1,
            hotkey: None,
            synapse: None,
            source: Some(Source::Solved),
            solver: Some("llm".into()),
            reason: None,
            took_ms,
            verify_ms,
            recall_ms: None,
            queue_ms: None,
            solve_ms,
            cost_usd: None,
            right: None,
            judged_by: None,
        }
    }

    #[test]
    fn stages_fill_the_whole_and_what_is_not_told_is_the_rest() {
        let stages = stages(&record(10.0, Some(1.0), Some(6.0)));
        let told: Vec<_> = stages.iter().map(|share| (share.label.as_str(), share.pct)).collect();
        assert_eq!(told, [("verify", 10.0), ("solve", 60.0), ("rest", 30.0)]);
    }

    #[test]
    fn a_shared_solve_that_began_earlier_does_not_stick_out() {
        let stages = stages(&record(4.0, Some(1.0), Some(7.0)));
        assert!(stages.iter().map(|share| share.pct).sum::<f64>() <= 100.0);
        assert!(super::stages(&record(0.0, None, None)).is_empty());
    }

    #[test]
    fn an_outcome_names_its_solver_or_its_reason() {
        assert_eq!(outcome(&record(1.0, None, None)).0, "solved by llm");
        let failed = RequestRecord { source: None, reason: Some("solver_error".into()), ..record(1.0, None, None) };
        assert_eq!(outcome(&failed), ("solver error".into(), "bad"));
    }
}
