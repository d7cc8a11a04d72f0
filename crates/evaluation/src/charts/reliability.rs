//! Confidence beside accuracy.

use super::axis::Axis;
use super::drawing::{About, Area};
use super::plot::Plot;

const HEIGHT: f64 = 330.0;

/// The answers of one range of confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Mean confidence.
    pub(crate) confidence: f64,
    /// Share that is right.
    pub(crate) accuracy: f64,
    pub(crate) answers: usize,
}

/// Draws a bar of accuracy per range, and a dot at its mean confidence, the larger the more answers. On the
/// diagonal, probabilities mean what they say.
pub(crate) fn reliability(about: About<'_>, ranges: &[Range]) -> String {
    let (x, y) = (Axis::share("confidence"), Axis::share("accuracy"));
    let mut plot = Plot::new(x, y, HEIGHT, true);
    plot.draw_legend(&[("line guide", "perfectly calibrated"), ("line main", "measured")]);
    let most = ranges.iter().map(|range| range.answers).max().unwrap_or(1).max(1);
    for range in ranges {
        let tip = told(range);
        let ((left, top), (right, bottom)) =
            (plot.at((range.low, range.accuracy)), plot.at((range.high, 0.0)));
        let body = Area { left: left + 0.5, top, width: right - left - 1.0, height: bottom - top };
        plot.drawing.rectangle(body, "bar pale", &tip);
    }
    let (start, end) = (plot.at((0.0, 0.0)), plot.at((1.0, 1.0)));
    plot.drawing.line(start, end, "line guide");
    let points: Vec<_> = ranges.iter().map(|range| plot.at((range.confidence, range.accuracy))).collect();
    plot.drawing.path(&points, "line main");
    for (point, range) in points.into_iter().zip(ranges) {
        let radius = 2.5 + 4.5 * (range.answers as f64 / most as f64).sqrt();
        plot.drawing.dot(point, radius, "mark", &told(range));
    }
    plot.finish(about)
}

fn told(range: &Range) -> String {
    let (confidence, accuracy) = (100.0 * range.confidence, 100.0 * range.accuracy);
    format!("{} answers: confidence {confidence:.1} %, accuracy {accuracy:.1} %", range.answers)
}
