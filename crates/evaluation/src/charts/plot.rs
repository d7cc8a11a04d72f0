//! Two axes and the space between them.

use super::axis::Axis;
use super::drawing::{About, Area, Drawing, WIDTH};

const LEFT_MARGIN: f64 = 56.0;
const RIGHT_MARGIN: f64 = 18.0;
const BOTTOM_MARGIN: f64 = 42.0;
const LINE_HEIGHT: f64 = 18.0;

/// A drawing with a horizontal and a vertical axis.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) drawing: Drawing,
    pub(crate) area: Area,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// Draws the axes and their grid; `legend` lines above the space are left free.
    pub(crate) fn new(x: Axis, y: Axis, height: f64, legend: bool) -> Self {
        let top = if legend { LINE_HEIGHT + 10.0 } else { 10.0 };
        let width = WIDTH - LEFT_MARGIN - RIGHT_MARGIN;
        let area = Area { left: LEFT_MARGIN, top, width, height: height - top - BOTTOM_MARGIN };
        let mut plot = Self { drawing: Drawing::new(height), area, x, y };
        plot.draw_horizontal_axis();
        plot.draw_vertical_axis();
        plot
    }

    /// Where a point lies in the drawing.
    pub(crate) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = self.area.left + self.area.width * self.x.position(x);
        (across, self.area.bottom() - self.area.height * self.y.position(y))
    }

    /// Writes the names of line styles above the space, from left to right.
    pub(crate) fn draw_legend(&mut self, entries: &[(&str, &str)]) {
        let mut left = self.area.left;
        for (class, name) in entries {
            self.drawing.line((left, 12.0), (left + 18.0, 12.0), class);
            self.drawing.text((left + 24.0, 16.0), "axis start", name);
            left += 40.0 + 6.5 * name.chars().count() as f64;
        }
    }

    /// The SVG element.
    pub(crate) fn finish(self, about: About<'_>) -> String {
        self.drawing.finish(about)
    }

    fn draw_horizontal_axis(&mut self) {
        let (area, axis) = (self.area, self.x.clone());
        for (value, label) in &axis.ticks {
            let x = area.left + area.width * axis.position(*value);
            self.drawing.line((x, area.top), (x, area.bottom()), "grid");
            self.drawing.text((x, area.bottom() + 16.0), "axis middle", label);
        }
        let middle = area.left + area.width / 2.0;
        self.drawing.text((middle, area.bottom() + 35.0), "axis middle", &axis.label);
    }

    fn draw_vertical_axis(&mut self) {
        let (area, axis) = (self.area, self.y.clone());
        for (value, label) in &axis.ticks {
            let y = area.bottom() - area.height * axis.position(*value);
            self.drawing.line((area.left, y), (area.right(), y), "grid");
            self.drawing.text((area.left - 6.0, y + 4.0), "axis end", label);
        }
        self.drawing.upward_text((12.0, area.top + area.height / 2.0), &axis.label);
    }
}
