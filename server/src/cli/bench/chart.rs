//! Latency against load, in characters.

use super::curve::{Curve, Point};
use std::fmt::Write;

/// Width of the longest bar.
const BAR_WIDTH: usize = 48;

/// A line of the chart.
struct Bar {
    name: String,
    millis: f64,
    kept: bool,
}

/// For several loads their 99th percentiles; for one load how its percentiles grow. Empty where nothing was measured.
pub(super) fn render(curve: &Curve<'_>) -> String {
    let bars: Vec<Bar> = match curve.points.as_slice() {
        [Point { latency, .. }] => {
            let quantiles = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];
            let bar = |quantile: f64| Bar {
                name: percentile(quantile),
                millis: latency.at(quantile).as_secs_f64() * 1e3,
                kept: true,
            };
            if latency.count() == 0 { Vec::new() } else { quantiles.into_iter().map(bar).collect() }
        }
        points => points
            .iter()
            .filter(|point| point.latency.count() > 0)
            .map(|point| Bar {
                name: point.size.to_string(),
                millis: point.latency.quantiles().p99_ms,
                kept: point.kept,
            })
            .collect(),
    };
    draw(&bars, curve.bound_ms())
}

fn percentile(quantile: f64) -> String {
    if quantile >= 1.0 { "max".to_owned() } else { format!("p{}", (quantile * 1e6).round() / 1e4) }
}

/// One line per bar; a bar that is too long for the scale ends in an arrow.
fn draw(bars: &[Bar], bound: f64) -> String {
    let longest = bars.iter().map(|bar| bar.millis).fold(0.0, f64::max);
    // An overloaded server must not press all other bars flat.
    let scale = longest.min(3.0 * bound).max(f64::MIN_POSITIVE);
    let mut text = String::new();
    for Bar { name, millis, kept } in bars {
        let cells = (millis.min(scale) / scale * BAR_WIDTH as f64).round() as usize;
        let end = if *millis > scale { "→" } else { "" };
        let mark = match (*millis < bound, kept) {
            (true, true) => "",
            (true, false) => "  refused, lost or ended early",
            (false, _) => "  beyond the bound",
        };
        let _ = writeln!(text, "{name:>8} {}{end} {millis:.1} ms{mark}", "█".repeat(cells));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_to_scale_and_one_beyond_it_says_so() {
        let bar = |name: &str, millis, kept| Bar { name: name.into(), millis, kept };
        let text = draw(&[bar("10", 25.0, true), bar("15", 25.0, false), bar("20", 1000.0, false)], 50.0);
        let lengths: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths, [BAR_WIDTH / 6, BAR_WIDTH / 6, BAR_WIDTH]);
        assert!(text.lines().nth(1).unwrap().ends_with("25.0 ms  refused, lost or ended early"), "{text}");
        assert!(text.lines().last().unwrap().ends_with("→ 1000.0 ms  beyond the bound"), "{text}");
    }
}
