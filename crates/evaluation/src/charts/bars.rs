//! One share per row.

use super::axis::Axis;
use super::drawing::{About, Area, Drawing, WIDTH};

const TOP: f64 = 6.0;
const RIGHT_MARGIN: f64 = 64.0;
const BOTTOM_MARGIN: f64 = 38.0;
const LETTER_WIDTH: f64 = 6.8;

/// A share and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// From 0 to 1.
    pub(crate) share: f64,
}

/// How rows of bars are laid out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BarLayout<'a> {
    /// What the shares are.
    pub(crate) axis: &'a str,
    /// Height of a row.
    pub(crate) row: f64,
    /// A dashed line at this share, with its name.
    pub(crate) reference: Option<(f64, &'a str)>,
}

/// Draws one bar per row, the first on top.
pub(crate) fn bars(about: About<'_>, layout: &BarLayout<'_>, bars: &[Bar]) -> String {
    let letters = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let left = letters as f64 * LETTER_WIDTH + 12.0;
    let height = bars.len() as f64 * layout.row;
    let area = Area { left, top: TOP, width: WIDTH - left - RIGHT_MARGIN, height };
    let mut drawing = Drawing::new(TOP + height + BOTTOM_MARGIN);
    let axis = Axis::share(layout.axis);
    draw_axis(&mut drawing, area, &axis);
    for (index, bar) in bars.iter().enumerate() {
        let row = Area { top: area.top + index as f64 * layout.row, height: layout.row, ..area };
        draw_bar(&mut drawing, row, bar);
    }
    if let Some((share, name)) = layout.reference {
        let x = area.left + area.width * axis.position(share);
        drawing.line((x, area.top), (x, area.bottom()), "line guide");
        drawing.text((WIDTH - 4.0, area.bottom() + 32.0), "axis end", &format!("dashed: {name}"));
    }
    drawing.finish(about)
}

fn draw_axis(drawing: &mut Drawing, area: Area, axis: &Axis) {
    for (value, label) in &axis.ticks {
        let x = area.left + area.width * axis.position(*value);
        drawing.line((x, area.top), (x, area.bottom()), "grid");
        drawing.text((x, area.bottom() + 15.0), "axis middle", label);
    }
    drawing.text((area.left, area.bottom() + 32.0), "axis start", &axis.label);
}

fn draw_bar(drawing: &mut Drawing, row: Area, bar: &Bar) {
    let share = bar.share.clamp(0.0, 1.0);
    let value = format!("{:.1} %", 100.0 * bar.share);
    let thickness = row.height * 0.66;
    let body = Area {
        top: row.top + (row.height - thickness) / 2.0,
        width: row.width * share,
        height: thickness,
        ..row
    };
    drawing.rectangle(body, "bar", &format!("{}: {value}", bar.label));
    let base = row.top + row.height / 2.0 + 4.0;
    drawing.text((row.left - 8.0, base), "label end", &bar.label);
    drawing.text((WIDTH - 4.0, base), "value end", &value);
}
