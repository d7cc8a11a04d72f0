//! A square table of counts as a map.

use super::drawing::{About, Area, Drawing, WIDTH};

const LEFT: f64 = 68.0;
/// Room for the last of the slanted labels.
const RIGHT: f64 = 22.0;
const TOP: f64 = 78.0;
const GAP: f64 = 1.0;
/// A cell stronger than this has its number in the colour of the ground.
const STRONG: f64 = 0.75;

/// Draws `counts`; each row's colours are shares of that row's `totals`, and the numbers are percent of it.
pub(crate) fn heat_map(about: About<'_>, labels: &[&str], counts: &[Vec<usize>], totals: &[usize]) -> String {
    let side = (WIDTH - LEFT - RIGHT) / labels.len().max(1) as f64;
    let mut drawing = Drawing::new(TOP + side * labels.len() as f64 + 6.0);
    drawing.text((LEFT - 8.0, TOP - 8.0), "axis end", "labelled");
    drawing.text((LEFT, 12.0), "axis start", "answered, in % of the clips of a row");
    for (index, label) in labels.iter().enumerate() {
        let middle = (index as f64 + 0.5) * side;
        drawing.text((LEFT - 8.0, TOP + middle + 4.0), "label end", label);
        let slanted = (LEFT + middle - 2.0, TOP - 7.0);
        drawing.slanted_text(slanted, label);
    }
    for (row, (counts, total)) in counts.iter().zip(totals).enumerate() {
        for (column, count) in counts.iter().enumerate() {
            let (left, top) = (LEFT + column as f64 * side, TOP + row as f64 * side);
            let area = Area { left, top, width: side - GAP, height: side - GAP };
            let share = *count as f64 / (*total).max(1) as f64;
            let tip = format!("{} answered as {}: {count} of {total}", labels[row], labels[column]);
            draw_cell(&mut drawing, area, share, &tip);
        }
    }
    drawing.finish(about)
}

fn draw_cell(drawing: &mut Drawing, area: Area, share: f64, tip: &str) {
    drawing.cell(area, share, tip);
    let percent = format!("{:.0}", 100.0 * share);
    if percent != "0" {
        let class = if share > STRONG { "value middle strong" } else { "value middle" };
        drawing.text((area.left + area.width / 2.0, area.top + area.height / 2.0 + 4.5), class, &percent);
    }
}
