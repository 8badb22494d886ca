//! What is drawn over the lines: the target, and a mark where something happened.

use web_sys::CanvasRenderingContext2d;

use super::look::Look;
use super::series::MarkKind;
use super::spec::Scale;
use super::uplot::{UPlot, numbers};

pub fn draw(chart: &UPlot, look: &Look, marks: &[(f64, MarkKind)], target: Option<f64>) {
    let (context, area) = (chart.ctx(), chart.bbox());
    let (left, top) = (area.left(), area.top());
    let (right, bottom) = (left + area.width(), top + area.height());
    let pixel = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    context.save();
    context.set_line_width(pixel);
    if let Some(target) = target {
        let height = chart.value_to_place(target, Scale::Left.key(), true);
        context.set_stroke_style_str(&look.text);
        if (top..=bottom).contains(&height) {
            stroke(&context, &[4.0 * pixel, 4.0 * pixel], (left, height), (right, height));
        }
    }
    for (at_s, kind) in marks {
        let place = chart.value_to_place(*at_s, "x", true);
        if !(left..=right).contains(&place) {
            continue;
        }
        let colour = if *kind == MarkKind::Decision { &look.mark } else { &look.muted };
        context.set_stroke_style_str(colour);
        context.set_fill_style_str(colour);
        stroke(&context, &[2.0 * pixel, 3.0 * pixel], (place, top), (place, bottom));
        sign(&context, *kind, (place, top - 6.0 * pixel), 4.5 * pixel);
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

/// A diamond for a decision, a triangle for a start: they differ by more than colour.
fn sign(context: &CanvasRenderingContext2d, kind: MarkKind, (x, y): (f64, f64), reach: f64) {
    context.begin_path();
    context.move_to(x, y - reach);
    match kind {
        MarkKind::Decision => {
            context.line_to(x + reach, y);
            context.line_to(x, y + reach);
            context.line_to(x - reach, y);
        }
        MarkKind::Start => {
            context.line_to(x + reach, y + reach);
            context.line_to(x - reach, y + reach);
        }
    }
    context.fill();
}
