//! One uPlot chart on an element: options from a [`Spec`], colours from the style sheet, marks for decisions.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, JsString};
use lode_shared::{Limits, Targets};
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlElement, ResizeObserver};

use super::series::Row;
use super::spec::{Line, Scale, Spec};
use super::uplot::{UPlot, number_at, object, stepped};
use crate::clock;

/// Where the crosshair stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The row under it.
    pub row: usize,
    /// The moment under it; between two rows.
    pub at_ms: u64,
    /// How much time a finger covers.
    pub reach_ms: u64,
}

/// What a chart is built from and must be rebuilt for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub limits: Limits,
    pub targets: Targets,
}

/// A drawn chart; taken off the page when dropped.
pub struct Plot {
    chart: UPlot,
    marks_s: Rc<RefCell<Vec<f64>>>,
    size: ResizeObserver,
    /// What uPlot and the observer call; they must outlive it.
    _callbacks: Vec<Box<dyn std::any::Any>>,
}

type Hook = Closure<dyn Fn(UPlot)>;
type AxisValues = Closure<dyn Fn(JsValue, Array, JsValue, JsValue, f64) -> Array>;

impl Plot {
    /// Fails only where uPlot itself is missing.
    pub fn draw(
        spec: &'static Spec,
        frame: Frame,
        element: &HtmlElement,
        rows: &[Row],
        on_move: impl Fn(Option<Reading>) + 'static,
    ) -> Result<Self, JsValue> {
        let look = Look::read(element);
        let marks_s = Rc::new(RefCell::new(Vec::new()));
        let target = spec.target.map(|target| target(&frame.targets));

        let on_cursor = Hook::new(move |chart: UPlot| on_move(reading(&chart)));
        let on_draw = Hook::new({
            let (marks_s, look) = (Rc::clone(&marks_s), look.clone());
            move |chart: UPlot| draw_marks(&chart, &look, &marks_s.borrow(), target)
        });
        let on_time = AxisValues::new(time_labels);
        let on_values = spec.axes.map(|show| {
            AxisValues::new(move |_, splits: Array, _, _, _| {
                splits.iter().map(|split| split.as_f64().map_or(split, |value| show(value).into())).collect()
            })
        });

        let axes = Array::of3(
            &axis(&look, "x", on_time.as_ref(), 30.0, true),
            &axis(&look, Scale::Left.key(), on_values[0].as_ref(), 48.0, true),
            &axis(&look, Scale::Right.key(), on_values[1].as_ref(), 50.0, false),
        );
        let [left, right] = (spec.bounds)(&frame.limits);
        let options = object([
            ("width", element.client_width().into()),
            ("height", element.client_height().into()),
            ("padding", numbers(&[14.0, 0.0, 0.0, 0.0]).into()),
            ("legend", object([("show", false.into())])),
            ("scales", object([(Scale::Left.key(), scale(left, target)), (Scale::Right.key(), scale(right, None))])),
            ("axes", axes.into()),
            ("series", series(spec, &look)?.into()),
            ("cursor", cursor()),
            (
                "hooks",
                object([
                    ("setCursor", Array::of1(on_cursor.as_ref()).into()),
                    ("draw", Array::of1(on_draw.as_ref()).into()),
                ]),
            ),
        ]);
        let chart = UPlot::new(&options, &columns(spec, rows), element)?;

        let on_resize = Closure::<dyn Fn()>::new({
            let (chart, element) = (UPlot::from(JsValue::from(&chart)), element.clone());
            move || {
                let size = [("width", element.client_width().into()), ("height", element.client_height().into())];
                chart.set_size(&object(size));
            }
        });
        let size = observe(on_resize.as_ref().unchecked_ref(), element);
        let [left_values, right_values] = on_values;
        let callbacks: Vec<Box<dyn std::any::Any>> = vec![
            Box::new(on_cursor),
            Box::new(on_draw),
            Box::new(on_time),
            Box::new(left_values),
            Box::new(right_values),
            Box::new(on_resize),
        ];
        Ok(Self { chart, marks_s, size, _callbacks: callbacks })
    }

    /// Draws new figures, and the moments of the decisions. A reader who has zoomed in keeps his view.
    pub fn show(&self, spec: &Spec, rows: &[Row], marks_ms: &[u64], is_zoomed: bool) {
        *self.marks_s.borrow_mut() = marks_ms.iter().copied().map(seconds).collect();
        self.chart.set_data(&columns(spec, rows), !is_zoomed);
        if is_zoomed {
            self.chart.redraw();
        }
    }

    /// Whether less than all of `rows`, the rows drawn last, is in view.
    pub fn is_zoomed(&self, rows: &[Row]) -> bool {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return false };
        let scales = self.chart.scales();
        let edge = |name| number_at(&scales, &["x", name]);
        match (edge("min"), edge("max")) {
            (Some(start), Some(end)) => start > seconds(first.at_ms) || end < seconds(last.at_ms),
            _ => false,
        }
    }

    /// Puts the crosshair on a row, here and in the charts in sync.
    pub fn point_at(&self, row: &Row) {
        let left = self.chart.value_to_place(seconds(row.at_ms), "x", false);
        self.chart.set_cursor(&object([("left", left.into()), ("top", 1.into())]), true, true);
    }

    /// Takes the crosshair away.
    pub fn point_nowhere(&self) {
        self.chart.set_cursor(&object([("left", (-10).into()), ("top", (-10).into())]), true, true);
    }
}

impl Drop for Plot {
    fn drop(&mut self) {
        self.size.disconnect();
        self.chart.destroy();
    }
}

/// uPlot's time axis counts seconds.
fn seconds(at_ms: u64) -> f64 {
    at_ms as f64 / 1e3
}

fn columns(spec: &Spec, rows: &[Row]) -> Array {
    let columns = Array::of1(&rows.iter().map(|row| JsValue::from(seconds(row.at_ms))).collect::<Array>());
    for line in spec.lines {
        // null is a gap to uPlot; undefined would be drawn over.
        let value = |row: &Row| row.point.as_ref().and_then(line.value).map_or(JsValue::NULL, JsValue::from);
        columns.push(&rows.iter().map(value).collect::<Array>());
    }
    columns
}

fn series(spec: &Spec, look: &Look) -> Result<Array, JsValue> {
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

fn axis(look: &Look, scale: &str, values: &JsValue, size: f64, has_grid: bool) -> JsValue {
    // uPlot counts sides like CSS: top, right, bottom, left.
    let side = match scale {
        "x" => 2,
        _ if scale == Scale::Right.key() => 1,
        _ => 3,
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
        ("values", values.clone()),
        ("grid", ruler(has_grid)),
        ("ticks", ruler(false)),
    ])
}

/// Fixed bounds, or from zero to a little over the figures and the target.
fn scale(bounds: Option<(f64, f64)>, target: Option<f64>) -> JsValue {
    let range = match bounds {
        Some((least, most)) => numbers(&[least, most]).into(),
        None => {
            let end = |soft: f64, pad: f64| object([("soft", soft.into()), ("mode", 1.into()), ("pad", pad.into())]);
            object([("min", end(0.0, 0.0)), ("max", end(target.unwrap_or(0.0) * 1.2, 0.1))])
        }
    };
    object([("range", range)])
}

fn cursor() -> JsValue {
    object([
        // A single line: the row is what is read, the height is not.
        ("y", false.into()),
        ("sync", object([("key", "lode".into())])),
        ("drag", object([("x", true.into()), ("y", false.into())])),
        ("points", object([("size", 7.into())])),
    ])
}

/// Clock times, dates where a day begins, seconds only where minutes would repeat.
fn time_labels(_: JsValue, splits: Array, _: JsValue, _: JsValue, apart_s: f64) -> Array {
    let label = |split: JsValue| {
        let Some(at_s) = split.as_f64() else { return split };
        let at_ms = (at_s * 1e3) as u64;
        let minute = clock::minute(at_ms);
        match apart_s {
            86_400.0.. => clock::day(at_ms),
            ..60.0 => clock::second(at_ms),
            _ if minute == "00:00" => clock::day(at_ms),
            _ => minute,
        }
        .into()
    };
    splits.iter().map(label).collect()
}

fn reading(chart: &UPlot) -> Option<Reading> {
    let cursor = chart.cursor();
    let (row, left) = (cursor.idx()?, cursor.left().filter(|left| *left >= 0.0)?);
    let at_s = chart.place_to_value(left, "x");
    // Eight pixels: about what a hand can aim at.
    let reach_s = chart.place_to_value(left + 8.0, "x") - at_s;
    Some(Reading { row: row as usize, at_ms: (at_s * 1e3) as u64, reach_ms: (reach_s * 1e3) as u64 })
}

fn draw_marks(chart: &UPlot, look: &Look, marks_s: &[f64], target: Option<f64>) {
    let (context, area) = (chart.ctx(), chart.bbox());
    let (left, top) = (area.left(), area.top());
    let (right, bottom) = (left + area.width(), top + area.height());
    let pixel = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    context.save();
    context.set_line_width(pixel);
    if let Some(target) = target {
        let height = chart.value_to_place(target, Scale::Left.key(), true);
        context.set_stroke_style_str(&look.text);
        stroke(&context, &[4.0 * pixel, 4.0 * pixel], (left, height), (right, height));
    }
    context.set_stroke_style_str(&look.mark);
    context.set_fill_style_str(&look.mark);
    for at_s in marks_s {
        let place = chart.value_to_place(*at_s, "x", true);
        if (left..=right).contains(&place) {
            stroke(&context, &[2.0 * pixel, 3.0 * pixel], (place, top), (place, bottom));
            diamond(&context, (place, top - 6.0 * pixel), 4.5 * pixel);
        }
    }
    context.restore();
}

fn stroke(context: &CanvasRenderingContext2d, dash: &[f64], from: (f64, f64), to: (f64, f64)) {
    // Fails only on a dash that is no list.
    let _ = context.set_line_dash(&numbers(dash));
    context.begin_path();
    context.move_to(from.0, from.1);
    context.line_to(to.0, to.1);
    context.stroke();
}

fn diamond(context: &CanvasRenderingContext2d, (x, y): (f64, f64), reach: f64) {
    context.begin_path();
    context.move_to(x, y - reach);
    context.line_to(x + reach, y);
    context.line_to(x, y + reach);
    context.line_to(x - reach, y);
    context.fill();
}

fn numbers(values: &[f64]) -> Array {
    values.iter().copied().map(JsValue::from).collect()
}

fn observe(callback: &js_sys::Function, element: &HtmlElement) -> ResizeObserver {
    let observer = ResizeObserver::new(callback).expect("every browser that runs WASM has ResizeObserver");
    observer.observe(element);
    observer
}

/// Colours and type as the style sheet has them now. A canvas knows no `var()`, hence they are read once, and the chart
/// is drawn anew when the theme changes.
#[derive(Debug, Clone)]
struct Look {
    lines: Vec<String>,
    text: String,
    muted: String,
    grid: String,
    mark: String,
    font: String,
}

impl Look {
    fn read(element: &HtmlElement) -> Self {
        // A token's own text is `light-dark(…)`; only a property that uses it is resolved to a colour.
        let token = |name: &str| resolve(element, &format!("var(--{name})")).unwrap_or_else(|| "gray".into());
        let family = computed(element, "font-family").unwrap_or_else(|| "sans-serif".into());
        Self {
            lines: ["s1", "s2", "s3", "s4"].map(token).into(),
            text: token("text"),
            muted: token("muted"),
            grid: token("line"),
            mark: token("mark"),
            font: format!("12px {family}"),
        }
    }

    fn line(&self, colour: u8) -> &str {
        self.lines.get(usize::from(colour).saturating_sub(1)).map_or("gray", String::as_str)
    }
}

fn resolve(element: &HtmlElement, colour: &str) -> Option<String> {
    let style = element.style();
    style.set_property("color", colour).ok()?;
    let resolved = computed(element, "color");
    style.remove_property("color").ok()?;
    resolved
}

fn computed(element: &HtmlElement, property: &str) -> Option<String> {
    let style = web_sys::window()?.get_computed_style(element).ok()??;
    style.get_property_value(property).ok().map(|value| JsString::from(value).into())
}
