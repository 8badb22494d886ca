//! Why a request was answered from memory, or was not.

use leptos::prelude::*;
use lode_shared::{CandidateView, Explanation};

use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{dynamic, sub};
use crate::{api, format};

pub fn panel(id: u64) -> AnyView {
    let (told, lines) = (RwSignal::new(vec!["Looking into memory…".to_owned()]), RwSignal::new(Vec::new()));
    api::read(format!("/api/v1/requests/{id}/explain"), move |read: Result<Explanation, _>| match read {
        Ok(read) => {
            told.try_set(tell(&read));
            lines.try_set(read.candidates.iter().map(line).collect());
        }
        Err(failure) => _ = told.try_set(vec![format!("Not explained: {}", failure.message())]),
    });
    let columns = vec![
        Column::text("remembered prompt"),
        Column::number("cosine"),
        Column::number("holds"),
        Column::number("answer right"),
        Column::number("chance"),
        Column::number("age"),
    ];
    let class = Signal::derive(move || if lines.with(Vec::is_empty) { "gone" } else { "" }.to_owned());
    let text = dynamic(move || {
        let paragraph = |text: String| sub(Signal::stored(Some(text)));
        told.get().into_iter().map(paragraph).collect::<Vec<_>>().into_any()
    });
    view! {
        <h3>"Why"</h3>
        {text}
        <div class=class>
            <Table label="Remembered prompts that were considered" columns=columns lines=lines.into() />
        </div>
    }
    .into_any()
}

fn tell(read: &Explanation) -> Vec<String> {
    let mut told = vec![read.verdict.clone(), format!("It asked: {}", read.prompt)];
    if read.scope.len() > 2 {
        told.push(format!("In the scope {}", read.scope));
    }
    let pattern = read.pattern.as_ref().map(|pattern| format!(" · patterns: {pattern}")).unwrap_or_default();
    told.push(format!("threshold {} · time to live {} s{pattern}", format::plain(read.match_threshold), read.ttl_s));
    told
}

fn line(candidate: &CandidateView) -> Line {
    let share =
        |value: Option<f64>| value.map_or_else(|| format::DASH.into(), |value| format!("{:.1} %", 100.0 * value));
    let prompt = candidate.prompt.clone().unwrap_or_else(|| "gone by now".into());
    let features: Vec<_> =
        candidate.features.iter().map(|(name, value)| format!("{name} {:.2}", f64::from(*value))).collect();
    let note = candidate.conflict.as_ref().map(|conflict| format!(" never for this one: {conflict}"));
    let cells = vec![
        Cell { class: "wrap", note: note.unwrap_or_default(), ..Cell::text(prompt) },
        Cell::number(format!("{:.3}", f64::from(candidate.cosine))),
        Cell {
            title: Some(features.join(", ")),
            ..Cell::number(share(candidate.calibrated.or(candidate.probability)))
        },
        Cell::number(share(Some(candidate.standing))),
        Cell::number(share(candidate.chance)),
        Cell::number(candidate.age_s.map_or_else(|| format::DASH.into(), |age_s| format::age(age_s * 1_000))),
    ];
    Line { key: candidate.entry.to_string(), cells, class: "" }
}
