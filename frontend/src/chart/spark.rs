//! A line the height of a word: how a figure got where it is. Decoration only; the figure stands beside it in words.

use leptos::prelude::*;
use lode_shared::HistoryPoint;

use super::series::spark_path;
use crate::past::Past;

const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 28.0;

#[component]
pub fn Spark(value: fn(&HistoryPoint) -> Option<f64>, class: &'static str) -> impl IntoView {
    let past = expect_context::<Past>();
    let path = Memo::new(move |_| {
        let data = past.lines(&[value]);
        data.columns.first().and_then(|values| spark_path(values, WIDTH, HEIGHT)).unwrap_or_default()
    });
    view! {
        <svg class=format!("spark {class}") viewBox="0 -2 200 32" preserveAspectRatio="none" aria-hidden="true">
            <path d=path vector-effect="non-scaling-stroke"></path>
        </svg>
    }
}
