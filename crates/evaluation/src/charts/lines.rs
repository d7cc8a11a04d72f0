//! Values that change along an axis.

use super::axis::Axis;
use super::drawing::About;
use super::plot::Plot;

const HEIGHT: f64 = 250.0;
const MARK_RADIUS: f64 = 3.5;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// The colour of the protocol.
    Main,
    /// Grey.
    Quiet,
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// What the line is; lines of one name are named once.
    pub(crate) name: &'static str,
    /// How it looks.
    pub(crate) stroke: Stroke,
    /// The points, from left to right.
    pub(crate) points: Vec<(f64, f64)>,
    /// Whether each point has a dot.
    pub(crate) dotted: bool,
}

impl Stroke {
    const fn class(self) -> &'static str {
        match self {
            Self::Main => "line main",
            Self::Quiet => "line quiet",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Main => "mark",
            Self::Quiet => "mark pale-mark",
        }
    }
}

/// Draws `series` over two axes.
pub(crate) fn lines(about: About<'_>, x: Axis, y: Axis, series: &[Series]) -> String {
    let mut legend: Vec<(&str, &str)> = Vec::new();
    for own in series {
        if !legend.iter().any(|(_, name)| *name == own.name) {
            legend.push((own.stroke.class(), own.name));
        }
    }
    let mut plot = Plot::new(x, y, HEIGHT, true);
    plot.draw_legend(&legend);
    for own in series {
        let points: Vec<(f64, f64)> = own.points.iter().map(|point| plot.at(*point)).collect();
        plot.drawing.path(&points, own.stroke.class());
        for (place, (x, y)) in points.iter().zip(&own.points).filter(|_| own.dotted) {
            let tip = format!("{}: {y:.3} at {x:.2}", own.name);
            plot.drawing.dot(*place, MARK_RADIUS, own.stroke.mark(), &tip);
        }
    }
    plot.finish(about)
}
