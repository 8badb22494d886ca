//! The part of uPlot that the charts use, bound as globals: its script is loaded before ours. Nothing else lives here.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = uPlot)]
    pub type UPlot;

    /// Throws when its script is missing; the page must survive that.
    #[wasm_bindgen(catch, constructor, js_class = "uPlot")]
    pub fn new(options: &JsValue, data: &Array, target: &HtmlElement) -> Result<UPlot, JsValue>;

    #[wasm_bindgen(method)]
    pub fn destroy(this: &UPlot);

    #[wasm_bindgen(method)]
    pub fn redraw(this: &UPlot);

    #[wasm_bindgen(method, js_name = setData)]
    pub fn set_data(this: &UPlot, data: &Array, fit: bool);

    /// Shows a line or hides it.
    #[wasm_bindgen(method, js_name = setSeries)]
    pub fn set_series(this: &UPlot, index: u32, options: &JsValue);

    #[wasm_bindgen(method, js_name = setSize)]
    pub fn set_size(this: &UPlot, size: &JsValue);

    /// Moves the crosshair and, when told to, reports it to the hooks and to the charts in sync.
    #[wasm_bindgen(method, js_name = setCursor)]
    pub fn set_cursor(this: &UPlot, place: &JsValue, fire: bool, publish: bool);

    #[wasm_bindgen(method, js_name = valToPos)]
    pub fn value_to_place(this: &UPlot, value: f64, scale: &str, in_canvas_pixels: bool) -> f64;

    #[wasm_bindgen(method, js_name = posToVal)]
    pub fn place_to_value(this: &UPlot, place: f64, scale: &str) -> f64;

    #[wasm_bindgen(method, getter)]
    pub fn cursor(this: &UPlot) -> Cursor;

    #[wasm_bindgen(method, getter)]
    pub fn scales(this: &UPlot) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub fn ctx(this: &UPlot) -> CanvasRenderingContext2d;

    #[wasm_bindgen(method, getter)]
    pub fn bbox(this: &UPlot) -> Area;

    /// Where the crosshair is.
    pub type Cursor;

    #[wasm_bindgen(method, getter)]
    pub fn left(this: &Cursor) -> Option<f64>;

    /// The nearest row; absent when the pointer is elsewhere.
    #[wasm_bindgen(method, getter)]
    pub fn idx(this: &Cursor) -> Option<u32>;

    /// The plotting area in canvas pixels.
    pub type Area;

    #[wasm_bindgen(method, getter)]
    pub fn left(this: &Area) -> f64;
    #[wasm_bindgen(method, getter)]
    pub fn top(this: &Area) -> f64;
    #[wasm_bindgen(method, getter)]
    pub fn width(this: &Area) -> f64;
    #[wasm_bindgen(method, getter)]
    pub fn height(this: &Area) -> f64;

    /// Draws a line in steps: a setting keeps its value until it moves.
    #[wasm_bindgen(catch, js_namespace = ["uPlot", "paths"])]
    pub fn stepped(options: &JsValue) -> Result<Function, JsValue>;
}

/// A JavaScript object from names and values.
pub fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in entries {
        // A fresh plain object takes every property.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &value);
    }
    object.into()
}

/// A number from an object, by its path.
pub fn number_at(object: &JsValue, path: &[&str]) -> Option<f64> {
    let mut value = object.clone();
    for name in path {
        value = Reflect::get(&value, &JsValue::from_str(name)).ok()?;
    }
    value.as_f64()
}

/// A JavaScript list of numbers.
pub fn numbers(values: &[f64]) -> Array {
    values.iter().copied().map(JsValue::from).collect()
}
