//! What is drawn over the lines: the target, and a mark where the tuner moved something.

use web_sys::CanvasRenderingContext2d;

use super::look::Look;
use super::spec::Scale;
use super::uplot::{UPlot, numbers};

pub fn draw(chart: &UPlot, look: &Look, marks_s: &[f64], target: Option<f64>) {
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
