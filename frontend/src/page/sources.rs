//! Where answers came from: one bar, and the same in words.

use leptos::prelude::*;
use lode_shared::SourceCount;

use crate::format;
use crate::live::Live;
use crate::ui::dynamic;

/// A part of a whole, as a piece of a bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    pub label: String,
    /// The number of its colour token, `--s1` to `--s7`; the same whatever else there is.
    pub colour: usize,
    pub pct: f64,
    /// What it is, in words.
    pub figure: String,
}

fn shares(sources: &[SourceCount]) -> Vec<Share> {
    let total: u64 = sources.iter().map(|count| count.answers).sum();
    let share = |(place, count): (usize, &SourceCount)| Share {
        label: count.source.label().into(),
        colour: colour(place),
        pct: 100.0 * count.answers as f64 / total as f64,
        figure: format::count(count.answers),
    };
    // Divided only when there is something to divide by.
    if total == 0 {
        Vec::new()
    } else {
        sources.iter().enumerate().filter(|(_, count)| count.answers > 0).map(share).collect()
    }
}

/// A colour by the place in a list.
pub fn colour(place: usize) -> usize {
    place % 7 + 1
}

pub fn bar() -> AnyView {
    let live = expect_context::<Live>();
    let of_sources = live.part(|snapshot| shares(&snapshot.traffic.sources));
    let shares = Signal::derive(move || of_sources.get().unwrap_or_default());
    view! {
        <p class="sub">"Where answers came from since start"</p>
        {pieces("Answers by source", shares)}
    }
    .into_any()
}

/// A bar of parts with its legend.
pub fn pieces(subject: &'static str, shares: Signal<Vec<Share>>) -> AnyView {
    let label = Signal::derive(move || {
        let words: Vec<_> = shares.get().iter().map(|share| format!("{} {:.0} %", share.label, share.pct)).collect();
        let words = if words.is_empty() { format::NO_DATA.to_owned() } else { words.join(", ") };
        format!("{subject}: {words}")
    });
    let piece = |share: Share| {
        view! { <i class=format!("s{}", share.colour) style:width=format!("{:.2}%", share.pct)></i> }.into_any()
    };
    let entry = |share: Share| {
        view! {
            <span class="item">
                <i class=format!("dab s{}", share.colour) aria-hidden="true"></i>
                {share.label}
                " "
                <b>{format!("{:.0} %", share.pct)}</b>
                <span class="count">{format!(" {}", share.figure)}</span>
            </span>
        }
        .into_any()
    };
    let each = move |show: fn(Share) -> AnyView| {
        dynamic(move || shares.get().into_iter().map(show).collect::<Vec<_>>().into_any())
    };
    view! {
        <div class="bar" role="img" aria-label=label>
            {each(piece)}
        </div>
        <div class="legend">{each(entry)}</div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use lode_shared::Source;

    use super::*;

    #[test]
    fn sources_without_an_answer_are_no_part_of_the_bar() {
        let count = |source, answers| SourceCount { source, answers };
        let shares = shares(&[count(Source::Exact, 3), count(Source::Semantic, 0), count(Source::Solved, 1)]);
        let told: Vec<_> = shares.iter().map(|share| (share.label.as_str(), share.pct)).collect();
        assert_eq!(told, [("exact", 75.0), ("solved", 25.0)]);
        assert_eq!(shares[1].colour, 3, "its own, whatever others have answered");
        assert!(super::shares(&[count(Source::Exact, 0)]).is_empty(), "nothing is divided by nothing");
    }
}
