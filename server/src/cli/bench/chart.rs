//! Latency against load, in characters.

use super::curve::Curve;
use std::fmt::Write;

/// Width of the longest bar.
const BAR_WIDTH: usize = 48;

/// For several loads their 99th percentiles; for one load how its percentiles grow. Empty where nothing was measured.
pub(super) fn render(curve: &Curve<'_>) -> String {
    let bars: Vec<(String, f64)> = match curve.points.as_slice() {
        [(_, latency)] => {
            let quantiles = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0];
            let bar = |quantile: f64| (percentile(quantile), latency.at(quantile).as_secs_f64() * 1e3);
            if latency.count() == 0 { Vec::new() } else { quantiles.map(bar).to_vec() }
        }
        points => points
            .iter()
            .filter(|(_, latency)| latency.count() > 0)
            .map(|(size, latency)| (size.to_string(), latency.quantiles().p99_ms))
            .collect(),
    };
    draw(&bars, curve.bound_ms())
}

fn percentile(quantile: f64) -> String {
    if quantile >= 1.0 { "max".to_owned() } else { format!("p{}", (quantile * 1e6).round() / 1e4) }
}

/// One line per bar; a bar that is too long for the scale ends in an arrow.
fn draw(bars: &[(String, f64)], bound: f64) -> String {
    let longest = bars.iter().map(|(_, millis)| *millis).fold(0.0, f64::max);
    // An overloaded server must not press all other bars flat.
    let scale = longest.min(3.0 * bound).max(f64::MIN_POSITIVE);
    let mut text = String::new();
    for (name, millis) in bars {
        let cells = (millis.min(scale) / scale * BAR_WIDTH as f64).round() as usize;
        let end = if *millis > scale { "→" } else { "" };
        let mark = if *millis < bound { "" } else { "  beyond the bound" };
        let _ = writeln!(text, "{name:>8} {}{end} {millis:.1} ms{mark}", "█".repeat(cells));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_to_scale_and_one_beyond_it_says_so() {
        let text = draw(&[("10".into(), 25.0), ("20".into(), 1000.0)], 50.0);
        let lengths: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
        assert_eq!(lengths, [BAR_WIDTH / 6, BAR_WIDTH]);
        assert!(text.lines().last().unwrap().ends_with("→ 1000.0 ms  beyond the bound"), "{text}");
    }
}
