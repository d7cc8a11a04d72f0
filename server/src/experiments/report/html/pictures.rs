//! The pictures of the page.

use super::super::{Report, chart, is_shadow, wording};
use crate::markup::escaped;
use std::fmt::{Result, Write};
use undertone_experiments::{Interval, Metric};

/// Colours that there are for arms.
const COLOURS: usize = 5;

pub(super) fn pictures(out: &mut String, report: &Report) -> Result {
    let deciding = report.kept.experiment.definition().goals.first().map(|goal| goal.metric);
    for timeline in &report.timelines {
        let metric = deciding.filter(|_| !timeline.paired).unwrap_or(Metric::Accuracy);
        let (unit, factor) = wording::unit(metric);
        let unit = wording::of_difference(unit);
        let (arm, control) = (escaped(report.arm_name(timeline.arm)), escaped(report.control_name()));
        let name = wording::name(metric, &report.kept.document.labels);
        let same = if timeline.paired { " on the same audio" } else { "" };
        write!(out, "<h2>{}: {arm} less {control}{same}", escaped(&name))?;
        write!(
            out,
            "{}</h2><p class=\"quiet\">The line is the difference at each look, the band what is plausible, cut where it is \
             wide at the beginning. Above 0 {arm} has more.</p>",
            if unit.is_empty() { String::new() } else { format!(", in{unit}") }
        )?;
        out.push_str(&chart::sequence(timeline, factor));
    }
    recalls(out, report)
}

/// How often each label is recognised, by arm.
fn recalls(out: &mut String, report: &Report) -> Result {
    let labels = &report.kept.document.labels;
    let arms = &report.analysis.arms[..report.analysis.arms.len().min(COLOURS)];
    let of = |label: usize| -> Vec<Option<Interval>> {
        let wanted = Metric::Recall { label };
        let figure = arms.iter().map(|arm| arm.figures.iter().find(|figure| figure.metric == wanted));
        let told = figure.map(|figure| {
            let value = figure?.value?;
            Some(figure?.interval.unwrap_or(Interval { value, low: value, high: value }))
        });
        told.collect()
    };
    let rows: Vec<(String, Vec<Option<Interval>>)> =
        labels.iter().enumerate().map(|(place, label)| (escaped(label), of(place))).collect();
    if rows.iter().all(|(_, intervals)| intervals.iter().all(Option::is_none)) {
        return Ok(());
    }
    write!(
        out,
        "<h2>Recall of every emotion</h2><p class=\"quiet\">Of what has the label, the share that was answered with it.</p><p>"
    )?;
    for (place, arm) in arms.iter().enumerate() {
        let shadow = if is_shadow(report, arm.arm) { " (shadow)" } else { "" };
        write!(
            out,
            "<span class=\"key\"><svg viewBox=\"0 0 24 10\" aria-hidden=\"true\"><line class=\"arm{place}\" x1=\"0\" x2=\"24\" \
             y1=\"5\" y2=\"5\"/><circle class=\"arm{place}\" cx=\"12\" cy=\"5\" r=\"4\"/></svg> {}{shadow}</span>",
            escaped(report.arm_name(arm.arm))
        )?;
    }
    write!(out, "</p>{}", chart::shares(&rows))
}
