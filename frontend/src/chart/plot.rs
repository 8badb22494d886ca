//! One uPlot chart on an element: options from a [`Spec`], colours from the style sheet, marks for what happened.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};

use super::look::Look;
use super::series::{Data, MarkKind};
use super::spec::{Scale, Spec};
use super::uplot::{UPlot, number_at, numbers, object};
use super::{marks, options};

/// Where the crosshair stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The place under it.
    pub place: usize,
    /// What lies under it along the bottom; between two places.
    pub x: f64,
    /// How much of that a finger covers.
    pub reach: f64,
}

/// A drawn chart; taken off the page when dropped.
pub struct Plot {
    chart: UPlot,
    marks: Rc<RefCell<Vec<(f64, MarkKind)>>>,
    /// The ends of what was drawn last.
    drawn: Cell<Option<(f64, f64)>>,
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
        element: &HtmlElement,
        data: &Data,
        on_move: Box<dyn Fn(Option<Reading>)>,
    ) -> Result<Self, JsValue> {
        let look = Look::read(element);
        let marks = Rc::new(RefCell::new(Vec::new()));
        let target = data.target;

        let on_cursor = Hook::new(move |chart: UPlot| on_move(reading(&chart)));
        let on_draw = Hook::new({
            let (marks, look) = (Rc::clone(&marks), look.clone());
            move |chart: UPlot| marks::draw(&chart, &look, &marks.borrow(), target)
        });
        let along = AxisValues::new(options::along(spec.axis));
        let on_values = spec.axes.map(|show| AxisValues::new(options::written(show)));

        let has_right = spec.lines.iter().any(|line| line.scale == Scale::Right);
        let axes = Array::of2(
            &options::axis(&look, "x", along.as_ref(), 30.0, true),
            &options::axis(&look, Scale::Left.key(), on_values[0].as_ref(), 52.0, true),
        );
        if has_right {
            axes.push(&options::axis(&look, Scale::Right.key(), on_values[1].as_ref(), 54.0, false));
        }
        let [left, right] = data.bounds;
        let settings = object([
            ("width", element.client_width().into()),
            ("height", element.client_height().into()),
            ("padding", numbers(&[14.0, if has_right { 0.0 } else { 16.0 }, 0.0, 0.0]).into()),
            ("legend", object([("show", false.into())])),
            (
                "scales",
                object([
                    ("x", options::along_scale(spec.axis)),
                    (Scale::Left.key(), options::scale(left, target)),
                    (Scale::Right.key(), options::scale(right, None)),
                ]),
            ),
            ("axes", axes.into()),
            ("series", options::series(spec, &look)?.into()),
            ("cursor", options::cursor(spec.axis)),
            (
                "hooks",
                object([
                    ("setCursor", Array::of1(on_cursor.as_ref()).into()),
                    ("draw", Array::of1(on_draw.as_ref()).into()),
                ]),
            ),
        ]);
        let chart = UPlot::new(&settings, &columns(data), element)?;

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
            Box::new(along),
            Box::new(left_values),
            Box::new(right_values),
            Box::new(on_resize),
        ];
        let plot = Self { chart, marks, drawn: Cell::new(None), size, _callbacks: callbacks };
        plot.show(data);
        Ok(plot)
    }

    /// Draws new figures and marks. A reader who has zoomed in keeps his view.
    pub fn show(&self, data: &Data) {
        let ends = data.xs.first().copied().zip(data.xs.last().copied());
        let is_zoomed =
            self.drawn.get().zip(ends).is_some_and(|(old, new)| is_same_view(old, new) && self.is_within(old));
        self.drawn.set(ends);
        *self.marks.borrow_mut() = data.marks.iter().map(|mark| (mark.at_ms as f64 / 1e3, mark.kind)).collect();
        self.chart.set_data(&columns(data), !is_zoomed);
        if is_zoomed {
            self.chart.redraw();
        }
    }

    /// Whether less than all between these ends is in view.
    fn is_within(&self, (first, last): (f64, f64)) -> bool {
        let scales = self.chart.scales();
        let edge = |name| number_at(&scales, &["x", name]);
        edge("min").zip(edge("max")).is_some_and(|(start, end)| start > first || end < last)
    }

    /// Shows a line, or hides it.
    pub fn show_line(&self, line: usize, is_shown: bool) {
        // The first series of uPlot is what runs along the bottom.
        self.chart.set_series(line as u32 + 1, &object([("show", is_shown.into())]));
    }

    /// Puts the crosshair on a place, here and in the charts in sync.
    pub fn point_at(&self, x: f64) {
        let left = self.chart.value_to_place(x, "x", false);
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

/// Time goes on, and the oldest leave: the view is the same. Another beginning is another range.
fn is_same_view(old: (f64, f64), new: (f64, f64)) -> bool {
    (0.0..(old.1 - old.0) / 10.0 + 1.0).contains(&(new.0 - old.0))
}

fn columns(data: &Data) -> Array {
    let columns = Array::of1(&numbers(&data.xs));
    for column in &data.columns {
        // null is a gap to uPlot; undefined would be drawn over.
        let values = column.iter().map(|value| value.map_or(JsValue::NULL, JsValue::from));
        columns.push(&values.collect::<Array>());
    }
    columns
}

fn reading(chart: &UPlot) -> Option<Reading> {
    let cursor = chart.cursor();
    let (place, left) = (cursor.idx()?, cursor.left().filter(|left| *left >= 0.0)?);
    let x = chart.place_to_value(left, "x");
    let reach = chart.place_to_value(left + 8.0, "x") - x;
    Some(Reading { place: place as usize, x, reach })
}

fn observe(callback: &js_sys::Function, element: &HtmlElement) -> ResizeObserver {
    let observer = ResizeObserver::new(callback).expect("every browser that runs WASM has ResizeObserver");
    observer.observe(element);
    observer
}
