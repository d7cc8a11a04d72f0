//! The picture of a confidence sequence, as inline SVG.

use super::timeline::Timeline;
use std::fmt::Write;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 10.0;

/// The plausible differences over the judged answers, with a line at none. Values are multiplied by `factor`.
pub(super) fn sequence(timeline: &Timeline, factor: f64) -> String {
    let looks = &timeline.looks;
    let Some(last) = looks.last() else { return String::new() };
    let bound = |pick: fn(f64, f64) -> f64, start: f64| {
        looks.iter().flat_map(|look| [look.interval.low, look.interval.high]).fold(start, pick) * factor
    };
    let (low, high) = (bound(f64::min, 0.0), bound(f64::max, 0.0));
    let span = (high - low).max(f64::EPSILON);
    let x = |judged: usize| LEFT + (WIDTH - LEFT) * judged as f64 / last.judged.max(1) as f64;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / span;
    let upper = looks.iter().map(|look| (x(look.judged), y(look.interval.high * factor)));
    let lower = looks.iter().rev().map(|look| (x(look.judged), y(look.interval.low * factor)));
    let middle = looks.iter().map(|look| (x(look.judged), y(look.interval.value * factor)));
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="The interval over the judged answers">"#
    );
    // Writing into a String does not fail.
    let _ = write!(svg, r#"<polygon class="band" points="{}"/>"#, points(upper.chain(lower)));
    let _ = write!(svg, r#"<polyline class="value" points="{}"/>"#, points(middle));
    let zero = y(0.0);
    let _ = write!(svg, r#"<line class="zero" x1="{LEFT}" x2="{WIDTH}" y1="{zero:.1}" y2="{zero:.1}"/>"#);
    for value in [low, 0.0, high] {
        let at = y(value) + 4.0;
        let _ = write!(svg, r#"<text x="{}" y="{at:.1}" text-anchor="end">{value:+.1}</text>"#, LEFT - 6.0);
    }
    for judged in [last.judged / 2, last.judged] {
        let at = x(judged);
        let _ = write!(svg, r#"<text x="{at:.1}" y="{}" text-anchor="end">{judged}</text>"#, HEIGHT - 8.0);
    }
    svg.push_str("</svg>");
    svg
}

fn points(all: impl Iterator<Item = (f64, f64)>) -> String {
    all.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}
