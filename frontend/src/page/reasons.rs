//! Requests by how they ended: answered, failed and refused, each with its reason.

use leptos::prelude::*;
use lode_shared::Traffic;

use crate::format;
use crate::live::Live;
use crate::ui::Card;
use crate::ui::table::{Cell, Column, Line, Table};

pub fn panel(class: &'static str) -> AnyView {
    let live = expect_context::<Live>();
    let lines = live.lines(|snapshot, _| lines(&snapshot.traffic));
    let columns = vec![Column::text("outcome"), Column::number("requests"), Column::number("share")];
    let empty = "No request has arrived yet.";
    view! {
        <Card id="reasons" title="How requests ended, since start" class=class>
            <Table label="Requests by outcome" columns=columns lines=lines empty=Signal::stored(empty.to_owned()) />
        </Card>
    }
    .into_any()
}

fn lines(traffic: &Traffic) -> Vec<Line> {
    if traffic.requests == 0 {
        return Vec::new();
    }
    let line = |kind: &str, reason: &str, count: u64, class: &'static str| Line {
        key: format!("{kind} {reason}"),
        cells: vec![
            Cell { note: format!(" {}", format::words(reason)), class, ..Cell::text(kind) },
            Cell::number(format::count(count)),
            Cell::number(format!("{:.1} %", 100.0 * count as f64 / traffic.requests as f64)),
        ],
        class: "",
    };
    let mut lines = vec![line("answered", "", traffic.answered, "good")];
    for (kind, reasons, class) in [("failed", &traffic.failed, "bad"), ("refused", &traffic.refused, "warn")] {
        let mut reasons: Vec<_> = reasons.iter().filter(|(_, count)| **count > 0).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        lines.extend(reasons.into_iter().map(|(reason, count)| line(kind, reason, *count, class)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_most_frequent_first_and_those_that_never_happened_not_at_all() {
        let traffic = Traffic {
            requests: 10,
            answered: 5,
            failed: [("timeout".into(), 2), ("solver_error".into(), 0)].into(),
            refused: [("no_permit".into(), 1), ("bad_signature".into(), 2)].into(),
            ..Traffic::default()
        };
        let told: Vec<_> = lines(&traffic).into_iter().map(|line| (line.key, line.cells[2].text.clone())).collect();
        let expected = [
            ("answered ", "50.0 %"),
            ("failed timeout", "20.0 %"),
            ("refused bad_signature", "20.0 %"),
            ("refused no_permit", "10.0 %"),
        ];
        assert_eq!(told, expected.map(|(key, share)| (key.to_owned(), share.to_owned())));
        assert!(lines(&Traffic::default()).is_empty());
    }
}
