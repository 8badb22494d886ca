//! One uPlot chart on an element: options from a [`Spec`], colours from the style sheet, marks for decisions.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use lode_shared::{Limits, Targets};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};

use super::look::Look;
use super::series::Row;
use super::spec::{Scale, Spec};
use super::uplot::{UPlot, number_at, numbers, object};
use super::{marks, options};

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
            move |chart: UPlot| marks::draw(&chart, &look, &marks_s.borrow(), target)
        });
        let on_time = AxisValues::new(options::time_labels);
        let on_values = spec.axes.map(|show| {
            AxisValues::new(move |_, splits: Array, _, _, _| {
                splits.iter().map(|split| split.as_f64().map_or(split, |value| show(value).into())).collect()
            })
        });

        let axes = Array::of3(
            &options::axis(&look, "x", on_time.as_ref(), 30.0, true),
            &options::axis(&look, Scale::Left.key(), on_values[0].as_ref(), 48.0, true),
            &options::axis(&look, Scale::Right.key(), on_values[1].as_ref(), 50.0, false),
        );
        let [left, right] = (spec.bounds)(&frame.limits);
        let settings = object([
            ("width", element.client_width().into()),
            ("height", element.client_height().into()),
            ("padding", numbers(&[14.0, 0.0, 0.0, 0.0]).into()),
            ("legend", object([("show", false.into())])),
            (
                "scales",
                object([
                    (Scale::Left.key(), options::scale(left, target)),
                    (Scale::Right.key(), options::scale(right, None)),
                ]),
            ),
            ("axes", axes.into()),
            ("series", options::series(spec, &look)?.into()),
            ("cursor", options::cursor()),
            (
                "hooks",
                object([
                    ("setCursor", Array::of1(on_cursor.as_ref()).into()),
                    ("draw", Array::of1(on_draw.as_ref()).into()),
                ]),
            ),
        ]);
        let chart = UPlot::new(&settings, &columns(spec, rows), element)?;

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

fn reading(chart: &UPlot) -> Option<Reading> {
    let cursor = chart.cursor();
    let (row, left) = (cursor.idx()?, cursor.left().filter(|left| *left >= 0.0)?);
    let at_s = chart.place_to_value(left, "x");
    // Eight pixels: about what a hand can aim at.
    let reach_s = chart.place_to_value(left + 8.0, "x") - at_s;
    Some(Reading { row: row as usize, at_ms: (at_s * 1e3) as u64, reach_ms: (reach_s * 1e3) as u64 })
}

fn observe(callback: &js_sys::Function, element: &HtmlElement) -> ResizeObserver {
    let observer = ResizeObserver::new(callback).expect("every browser that runs WASM has ResizeObserver");
    observer.observe(element);
    observer
}
