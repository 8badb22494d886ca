//! A [`Spec`] in uPlot's own words.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::look::Look;
use super::series::Bounds;
use super::spec::{Axis, Line, Scale, Spec};
use super::uplot::{numbers, object, stepped};
use crate::clock;

pub fn series(spec: &Spec, look: &Look) -> Result<Array, JsValue> {
    let series = Array::of1(&object([]));
    for line in spec.lines {
        series.push(&one_series(line, look)?);
    }
    Ok(series)
}

fn one_series(line: &Line, look: &Look) -> Result<JsValue, JsValue> {
    let path = if line.is_stepped { stepped(&object([("align", 1.into())]))?.into() } else { JsValue::UNDEFINED };
    Ok(object([
        ("label", line.name.into()),
        ("scale", line.scale.key().into()),
        ("stroke", look.line(line.colour).into()),
        ("width", 1.8.into()),
        ("dash", numbers(line.dash).into()),
        ("points", object([("size", 4.into())])),
        ("paths", path),
    ]))
}

pub fn axis(look: &Look, scale: &str, values: &JsValue, size: f64, has_grid: bool) -> JsValue {
    // uPlot counts sides like CSS: top, right, bottom, left. Between two labels: times are wide, figures are low.
    let (side, space_px) = match scale {
        "x" => (2, 84),
        _ if scale == Scale::Right.key() => (1, 30),
        _ => (3, 30),
    };
    let ruler =
        |show: bool| object([("show", show.into()), ("stroke", look.grid.as_str().into()), ("width", 1.into())]);
    object([
        ("scale", scale.into()),
        ("side", side.into()),
        ("stroke", look.muted.as_str().into()),
        ("font", look.font.as_str().into()),
        ("size", size.into()),
        ("gap", 6.into()),
        ("space", space_px.into()),
        ("values", values.clone()),
        ("grid", ruler(has_grid)),
        ("ticks", ruler(false)),
    ])
}

/// Fixed bounds, or from zero to a little over the figures and the target.
pub fn scale(bounds: Bounds, target: Option<f64>) -> JsValue {
    let range = match bounds {
        Some((least, most)) => numbers(&[least, most]).into(),
        None => {
            let end = |soft: f64, pad: f64| object([("soft", soft.into()), ("mode", 1.into()), ("pad", pad.into())]);
            object([("min", end(0.0, 0.0)), ("max", end(target.unwrap_or(0.0) * 1.2, 0.1))])
        }
    };
    object([("range", range)])
}

/// Time, or a figure that is none.
pub fn along_scale(axis: Axis) -> JsValue {
    object([("time", (axis.is_time()).into())])
}

/// A crosshair shared by all charts over time; dragging zooms, a double click zooms out.
pub fn cursor(axis: Axis) -> JsValue {
    let sync = if axis.is_time() { object([("key", "lode".into())]) } else { JsValue::UNDEFINED };
    object([
        // A single line: the row is what is read, the height is not.
        ("y", false.into()),
        ("sync", sync),
        ("drag", object([("x", true.into()), ("y", false.into())])),
        ("points", object([("size", 7.into())])),
    ])
}

/// What uPlot asks for to label an axis: the places of its labels, and how far they are apart.
type Labels = Box<dyn Fn(JsValue, Array, JsValue, JsValue, f64) -> Array>;

/// Labels of the bottom axis.
pub fn along(axis: Axis) -> Labels {
    match axis {
        Axis::Time => Box::new(|_, splits, _, _, apart_s| {
            splits.iter().map(|split| split.as_f64().map_or(split, |at_s| time_label(at_s, apart_s).into())).collect()
        }),
        Axis::Figure(_, show) => written(show),
    }
}

/// Labels of an axis whose figures are written like this.
pub fn written(show: fn(f64) -> String) -> Labels {
    Box::new(move |_, splits, _, _, _| {
        splits.iter().map(|split| split.as_f64().map_or(split, |value| show(value).into())).collect()
    })
}

/// Clock times, dates where a day begins, seconds only where minutes would repeat.
fn time_label(at_s: f64, apart_s: f64) -> String {
    let at_ms = (at_s * 1e3) as u64;
    let minute = clock::minute(at_ms);
    match apart_s {
        86_400.0.. => clock::day(at_ms),
        ..60.0 => clock::second(at_ms),
        _ if minute == "00:00" => clock::day(at_ms),
        _ => minute,
    }
}
