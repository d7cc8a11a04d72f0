//! Figures with their intervals and the single measurements behind them.

use super::axis::Axis;
use super::drawing::{About, Area, Drawing, WIDTH};

const TOP: f64 = 6.0;
const ROW: f64 = 46.0;
const LEFT: f64 = 66.0;
const RIGHT_MARGIN: f64 = 64.0;
const BOTTOM_MARGIN: f64 = 38.0;
const CAP: f64 = 6.0;

/// A share, its interval, and the shares of its parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub(crate) label: String,
    pub(crate) share: f64,
    pub(crate) interval: (f64, f64),
    pub(crate) parts: Vec<f64>,
}

/// Draws one figure per row: a dot with its interval, and below it a small dot per part. `chance` is where
/// guessing lies.
pub(crate) fn intervals(about: About<'_>, chance: f64, figures: &[Measured]) -> String {
    let height = ROW * figures.len() as f64;
    let area = Area { left: LEFT, top: TOP, width: WIDTH - LEFT - RIGHT_MARGIN, height };
    let mut drawing = Drawing::new(TOP + height + BOTTOM_MARGIN);
    let axis = Axis::share("");
    draw_axis(&mut drawing, area, &axis, chance);
    for (index, figure) in figures.iter().enumerate() {
        let row = Area { top: area.top + index as f64 * ROW, height: ROW, ..area };
        draw(&mut drawing, row, &axis, figure);
    }
    drawing.finish(about)
}

fn draw_axis(drawing: &mut Drawing, area: Area, axis: &Axis, chance: f64) {
    for (value, label) in &axis.ticks {
        let x = area.left + area.width * axis.position(*value);
        drawing.line((x, area.top), (x, area.bottom()), "grid");
        drawing.text((x, area.bottom() + 15.0), "axis middle", label);
    }
    let x = area.left + area.width * axis.position(chance);
    drawing.line((x, area.top), (x, area.bottom()), "line guide");
    let note = format!("dashed: guessing, {:.1} %; small dots: single folds", 100.0 * chance);
    drawing.text((WIDTH - 4.0, area.bottom() + 33.0), "axis end", &note);
}

fn draw(drawing: &mut Drawing, row: Area, axis: &Axis, figure: &Measured) {
    let x = |share: f64| row.left + row.width * axis.position(share);
    let (middle, below) = (row.top + 16.0, row.top + 33.0);
    let value = format!("{:.1} %", 100.0 * figure.share);
    drawing.text((row.left - 8.0, middle + 4.0), "label end", &figure.label);
    drawing.text((WIDTH - 4.0, middle + 4.0), "value end", &value);
    let (low, high) = (x(figure.interval.0), x(figure.interval.1));
    drawing.line((low, middle), (high, middle), "line main");
    for end in [low, high] {
        drawing.line((end, middle - CAP), (end, middle + CAP), "line main");
    }
    drawing.dot((x(figure.share), middle), 5.0, "mark", &format!("{}: {value}", figure.label));
    for part in &figure.parts {
        drawing.dot((x(*part), below), 2.5, "mark faint", &format!("{:.1} %", 100.0 * part));
    }
}
