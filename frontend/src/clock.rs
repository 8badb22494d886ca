//! The present moment and the reader's time zone: what [`crate::format`] may not know.

use std::time::Duration;

use js_sys::Date;
use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// The browser's clock, milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    Date::now() as u64
}

/// A signal that follows the browser's clock once a second, so that ages grow even while nothing arrives.
pub fn ticking() -> ReadSignal<u64> {
    let (now, set_now) = signal(now_ms());
    if let Ok(interval) = set_interval_with_handle(move || set_now.set(now_ms()), Duration::from_secs(1)) {
        on_cleanup(move || interval.clear());
    }
    now
}

fn date(at_ms: u64) -> Date {
    Date::new(&JsValue::from_f64(at_ms as f64))
}

/// `07:41`.
pub fn minute(at_ms: u64) -> String {
    let date = date(at_ms);
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// `07:41:09`.
pub fn second(at_ms: u64) -> String {
    format!("{}:{:02}", minute(at_ms), date(at_ms).get_seconds())
}

/// `23 Nov`.
pub fn day(at_ms: u64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = date(at_ms);
    let month = MONTHS.get(date.get_month() as usize).copied().unwrap_or_default();
    format!("{} {month}", date.get_date())
}

/// The time of day, with the day before it when that is not today.
pub fn moment(at_ms: u64, now_ms: u64) -> String {
    let (then, today) = (day(at_ms), day(now_ms));
    if then == today { second(at_ms) } else { format!("{then} {}", minute(at_ms)) }
}

/// The same instant for the `datetime` attribute of `<time>`.
pub fn iso(at_ms: u64) -> String {
    date(at_ms).to_iso_string().into()
}
