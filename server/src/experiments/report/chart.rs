//! The pictures of a report, as inline SVG.

use super::timeline::Timeline;
use std::fmt::{Result, Write};
use undertone_experiments::Interval;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 26.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 12.0;
/// About so many lines across a picture.
const LINES: f64 = 5.0;
/// Until this part of the answers, intervals may be cut.
const WIDE_UNTIL: usize = 4;
/// Width of the names in front of the intervals.
const NAMES: f64 = 110.0;
/// Between the intervals of one row.
const STEP: f64 = 13.0;
/// Around the rows.
const GAP: f64 = 12.0;

/// What an axis goes over, and what one of its lines is worth.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// From `low` to `high` or a little beyond, with lines at round numbers.
    fn over(low: f64, high: f64) -> Self {
        let rough = ((high - low) / LINES).max(f64::MIN_POSITIVE);
        let power = 10.0_f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(rough);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// Where a value lies, 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low).max(f64::EPSILON)
    }

    fn lines(&self) -> impl Iterator<Item = f64> {
        let count = ((self.high - self.low) / self.step).round() as usize;
        let (low, step) = (self.low, self.step);
        (0..=count).map(move |line| low + step * line as f64)
    }

    /// A line's value, with as many digits as tell the lines apart.
    fn told(&self, value: f64, signed: bool) -> String {
        let digits = (-self.step.log10().floor()).max(0.0) as usize;
        let value = if value.abs() < self.step / 2.0 { 0.0 } else { value };
        if signed && value != 0.0 { format!("{value:+.digits$}") } else { format!("{value:.digits$}") }
    }
}

/// The plausible differences over the judged answers, with a line at none. Values are multiplied by `factor`.
pub(super) fn sequence(timeline: &Timeline, factor: f64) -> String {
    let mut svg = String::new();
    // Writing into a String does not fail.
    let _ = write_sequence(&mut svg, timeline, factor);
    svg
}

fn write_sequence(svg: &mut String, timeline: &Timeline, factor: f64) -> Result {
    let looks = &timeline.looks;
    let Some(last) = looks.last() else { return Ok(()) };
    // The first intervals are so wide that nothing could be seen of the last.
    let later = || looks.iter().filter(|look| look.judged >= last.judged / WIDE_UNTIL);
    let bounds = || later().flat_map(|look| [look.interval.low * factor, look.interval.high * factor]);
    let up = Scale::over(bounds().fold(0.0, f64::min), bounds().fold(0.0, f64::max));
    let across = Scale::over(0.0, last.judged.max(1) as f64);
    let x = |judged: f64| LEFT + (WIDTH - LEFT - RIGHT) * across.place(judged);
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * up.place(value);
    write!(
        svg,
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="The interval over the judged answers: at the end {:+.1}, from {:+.1} to {:+.1}">"#,
        last.interval.value * factor,
        last.interval.low * factor,
        last.interval.high * factor
    )?;
    for value in up.lines() {
        let (at, told) = (y(value), up.told(value, true));
        let class = if told == up.told(0.0, true) { "zero" } else { "grid" };
        write!(
            svg,
            r#"<line class="{class}" x1="{LEFT}" x2="{}" y1="{at:.1}" y2="{at:.1}"/>"#,
            WIDTH - RIGHT
        )?;
        write!(svg, r#"<text x="{}" y="{:.1}" text-anchor="end">{told}</text>"#, LEFT - 6.0, at + 4.0)?;
    }
    for judged in across.lines() {
        let (at, told) = (x(judged), across.told(judged, false));
        write!(
            svg,
            r#"<text x="{at:.1}" y="{}" text-anchor="middle">{told}</text>"#,
            HEIGHT - BOTTOM + 16.0
        )?;
    }
    write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="end">judged answers</text>"#,
        WIDTH - RIGHT,
        HEIGHT - 6.0
    )?;
    let point = |look: &super::timeline::Look, value: f64| {
        (x(look.judged as f64), y((value * factor).clamp(up.low, up.high)))
    };
    let upper = looks.iter().map(|look| point(look, look.interval.high));
    let lower = looks.iter().rev().map(|look| point(look, look.interval.low));
    let middle = looks.iter().map(|look| point(look, look.interval.value));
    write!(svg, r#"<polygon class="band" points="{}"/>"#, points(upper.chain(lower)))?;
    write!(svg, r#"<polyline class="value" points="{}"/></svg>"#, points(middle))
}

fn points(all: impl Iterator<Item = (f64, f64)>) -> String {
    all.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

/// Shares with their intervals: a row per name, in it one interval per arm.
pub(super) fn shares(rows: &[(String, Vec<Option<Interval>>)]) -> String {
    let mut svg = String::new();
    // Writing into a String does not fail.
    let _ = write_shares(&mut svg, rows);
    svg
}

fn write_shares(svg: &mut String, rows: &[(String, Vec<Option<Interval>>)]) -> Result {
    let tall = |row: &(String, Vec<Option<Interval>>)| STEP * row.1.len() as f64 + GAP;
    let height = rows.iter().map(tall).sum::<f64>() + BOTTOM;
    let x = |share: f64| NAMES + (WIDTH - NAMES - RIGHT - 10.0) * share;
    write!(
        svg,
        r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Recall of every label by arm; the table below has the figures">"#
    )?;
    for percent in [0, 20, 40, 60, 80, 100] {
        let at = x(f64::from(percent) / 100.0);
        write!(
            svg,
            r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="0" y2="{:.1}"/>"#,
            height - BOTTOM + 4.0
        )?;
        write!(
            svg,
            r#"<text x="{at:.1}" y="{:.1}" text-anchor="middle">{percent} %</text>"#,
            height - BOTTOM + 18.0
        )?;
    }
    let mut top = GAP / 2.0;
    for (name, intervals) in rows {
        let middle = top + STEP * intervals.len() as f64 / 2.0 + 4.0;
        write!(svg, r#"<text x="{}" y="{middle:.1}" text-anchor="end">{name}</text>"#, NAMES - 10.0)?;
        for (place, interval) in intervals.iter().enumerate() {
            let at = top + STEP * (place as f64 + 0.5);
            if let Some(Interval { value, low, high }) = interval {
                let (value, low, high) = (x(*value), x(*low), x(*high));
                write!(
                    svg,
                    r#"<line class="arm{place}" x1="{low:.1}" x2="{high:.1}" y1="{at:.1}" y2="{at:.1}"/>"#
                )?;
                write!(svg, r#"<circle class="arm{place}" cx="{value:.1}" cy="{at:.1}" r="4"/>"#)?;
            }
        }
        top += STEP * intervals.len() as f64 + GAP;
    }
    svg.push_str("</svg>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stand_at_round_numbers_and_go_over_all_values() {
        let scale = Scale::over(-3.1, 8.4);
        assert_eq!(scale.lines().collect::<Vec<_>>(), [-5.0, 0.0, 5.0, 10.0]);
        let told: Vec<String> = scale.lines().map(|line| scale.told(line, true)).collect();
        assert_eq!(told, ["-5", "0", "+5", "+10"]);
        let small = Scale::over(0.0, 0.37);
        assert_eq!(small.told(0.1, false), "0.1");
    }
}
