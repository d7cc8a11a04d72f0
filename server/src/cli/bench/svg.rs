//! Latency against load as a picture.

use super::curve::Curve;
use crate::markup::escaped;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Room for names and numbers: left, top, right, bottom.
const MARGIN: [f64; 4] = [64.0, 48.0, 96.0, 52.0];
/// Most steps of an axis.
const GRID_STEPS: f64 = 6.0;
const INK: &str = "#333";

/// A percentile of all loads.
struct Line {
    name: &'static str,
    colour: &'static str,
    points: Vec<Mark>,
}

/// A percentile of a load.
#[derive(Clone, Copy)]
struct Mark {
    size: f64,
    millis: f64,
    /// Whether the load kept within the bound.
    kept: bool,
}

/// Names of lines are written at least so far apart.
const LINE_HEIGHT: f64 = 14.0;

/// Where numbers lie in the picture.
struct Scale {
    largest: f64,
    most_millis: f64,
}

/// Median, 90th and 99th percentile of the latency against the size of the load, with the bound.
pub(super) fn draw(curve: &Curve<'_>) -> String {
    let measured: Vec<_> = curve.points.iter().filter(|point| point.latency.count() > 0).collect();
    let line = |name, colour, quantile| Line {
        name,
        colour,
        points: measured
            .iter()
            .map(|point| Mark {
                size: point.size as f64,
                millis: point.latency.at(quantile).as_secs_f64() * 1e3,
                kept: point.kept,
            })
            .collect(),
    };
    let lines = [line("p50", "#4c9f70", 0.5), line("p90", "#e0a030", 0.9), line("p99", "#c0392b", 0.99)];
    picture((&curve.title, curve.unit), &lines, curve.bound_ms())
}

fn picture((title, unit): (&str, &str), lines: &[Line], bound: f64) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let scale = Scale {
        largest: points().map(|point| point.size).fold(1.0, f64::max),
        // An overloaded server must not press everything else flat.
        most_millis: points().map(|point| point.millis).fold(bound, f64::max).min(3.0 * bound) * 1.05,
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"{INK}\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    text(&mut svg, (MARGIN[0], 26.0), "start", &escaped(title));
    grid(&mut svg, &scale, unit);
    bound_line(&mut svg, &scale, bound);
    if points().any(|point| !point.kept) {
        let words = "hollow: beyond the bound, refused, lost or ended early";
        text(&mut svg, (WIDTH - MARGIN[2], 26.0), "end", words);
    }
    lines.iter().for_each(|line| polyline(&mut svg, &scale, line));
    names(&mut svg, &scale, lines);
    svg.push_str("</svg>\n");
    svg
}

fn grid(svg: &mut String, scale: &Scale, unit: &str) {
    let (left, right) = (scale.x(0.0), scale.x(scale.largest));
    for millis in marks(scale.most_millis) {
        let y = scale.y(millis as f64);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>"
        );
        text(svg, (left - 8.0, y + 4.0), "end", &millis.to_string());
    }
    for size in marks(scale.largest) {
        let place = (scale.x(size as f64), HEIGHT - MARGIN[3] + 18.0);
        text(svg, place, "middle", &size.to_string());
    }
    text(svg, (left - 8.0, MARGIN[1] - 8.0), "end", "ms");
    text(svg, ((left + right) / 2.0, HEIGHT - 12.0), "middle", unit);
}

/// Whole numbers from 0 to `most`, in steps of 1, 2 or 5 times a power of ten.
fn marks(most: f64) -> impl Iterator<Item = u64> {
    let powers = (0..).map(|power| 10_u64.pow(power));
    let mut steps = powers.take(18).flat_map(|power| [power, 2 * power, 5 * power]);
    let step = steps.find(|&step| most / step as f64 <= GRID_STEPS).unwrap_or(u64::MAX);
    (0..=(most / step as f64) as u64).map(move |number| number * step)
}

fn bound_line(svg: &mut String, scale: &Scale, bound: f64) {
    let (left, right, y) = (scale.x(0.0), scale.x(scale.largest), scale.y(bound));
    let _ = writeln!(
        svg,
        "<line x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{INK}\" \
         stroke-dasharray=\"4 4\"/>"
    );
    text(svg, (right + 8.0, y + 4.0), "start", &format!("bound {bound:.0} ms"));
}

fn polyline(svg: &mut String, scale: &Scale, line: &Line) {
    let place = |point: &Mark| (scale.x(point.size), scale.y(point.millis));
    let points: Vec<String> = line.points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
        points.join(" "),
        line.colour
    );
    for mark in &line.points {
        let ((x, y), colour) = (place(mark), line.colour);
        let fill = if mark.kept { colour } else { "white" };
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" stroke=\"{colour}\" fill=\"{fill}\"/>"
        );
    }
}

/// The names of the lines behind their ends, from the lowest one up and none over another.
fn names(svg: &mut String, scale: &Scale, lines: &[Line]) {
    let mut lowest = f64::INFINITY;
    for line in lines {
        let Some(mark) = line.points.last() else { continue };
        let y = scale.y(mark.millis).min(lowest);
        lowest = y - LINE_HEIGHT;
        text(svg, (scale.x(mark.size) + 8.0, y + 4.0), "start", line.name);
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

impl Scale {
    fn x(&self, size: f64) -> f64 {
        MARGIN[0] + size / self.largest * (WIDTH - MARGIN[0] - MARGIN[2])
    }

    /// What lies beyond the scale is drawn at its upper edge.
    fn y(&self, millis: f64) -> f64 {
        let share = (millis / self.most_millis).min(1.0);
        HEIGHT - MARGIN[3] - share * (HEIGHT - MARGIN[1] - MARGIN[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_marked_at_round_numbers() {
        let all = |most| marks(most).collect::<Vec<u64>>();
        assert_eq!(all(1.0), [0, 1]);
        assert_eq!(all(4.0), [0, 1, 2, 3, 4]);
        assert_eq!(all(52.5), [0, 10, 20, 30, 40, 50]);
        assert_eq!(all(1_000.0), [0, 200, 400, 600, 800, 1_000]);
    }

    #[test]
    fn names_of_lines_that_end_together_stand_above_one_another() {
        let line =
            |name| Line { name, colour: "red", points: vec![Mark { size: 1.0, millis: 5.0, kept: true }] };
        let svg = picture(("load", "streams"), &[line("p50"), line("p90")], 50.0);
        let height = |name: &str| {
            let end = svg.find(&format!(">{name}</text>")).expect("it is named");
            let y = svg[..end].rfind(" y=\"").expect("it has a place") + 4;
            svg[y..].split('"').next().and_then(|y| y.parse::<f64>().ok()).expect("a number")
        };
        assert!(height("p50") - height("p90") >= LINE_HEIGHT, "{svg}");
    }

    #[test]
    fn a_picture_names_its_lines_and_escapes_what_a_server_says() {
        let points = vec![
            Mark { size: 10.0, millis: 5.0, kept: true },
            Mark { size: 20.0, millis: 900.0, kept: false },
        ];
        let svg = picture(("a < b", "streams"), &[Line { name: "p99", colour: "red", points }], 50.0);
        assert!(svg.contains("a &lt; b") && svg.contains(">p99</text>") && svg.contains("bound 50 ms"));
        assert_eq!((svg.matches("fill=\"red\"").count(), svg.matches("hollow").count()), (1, 1), "{svg}");
        assert!(svg.contains(&format!("{:.1}\" r=\"3\"", MARGIN[1])), "900 ms lies at the upper edge: {svg}");
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }
}
