//! Charts as inline SVG, coloured by the page's style.

mod axis;
mod bars;
mod drawing;
mod heat_map;
mod intervals;
mod lines;
mod plot;
mod reliability;

pub(crate) use axis::Axis;
pub(crate) use bars::{Bar, BarLayout, bars};
pub(crate) use drawing::{About, escaped};
pub(crate) use heat_map::heat_map;
pub(crate) use intervals::{Measured, intervals};
pub(crate) use lines::{Series, Stroke, lines};
pub(crate) use reliability::{Range, reliability};
