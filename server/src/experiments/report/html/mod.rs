//! A report as a page that needs nothing beside itself.

mod evidence;
mod pictures;
mod tables;

use super::Report;
use crate::markup::escaped;
use std::fmt::{Result, Write};

const STYLE: &str = include_str!("page.css");

/// A report as a page that needs nothing beside itself.
pub(crate) fn html(report: &Report) -> String {
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = page(&mut out, report);
    out
}

fn page(out: &mut String, report: &Report) -> Result {
    let kept = &report.kept;
    let name = escaped(kept.name());
    write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{name}</title><style>{STYLE}</style></head><body><main><h1>Experiment {name}</h1>\
         <p class=\"quiet\">{} · revision {}</p>",
        kept.state, kept.revision
    )?;
    if !kept.document.hypothesis.is_empty() {
        write!(out, "<p>Hypothesis: {}</p>", escaped(&kept.document.hypothesis))?;
    }
    for sentence in report.decisions() {
        let class = if sentence.contains("stop: yes") { "decision decided" } else { "decision" };
        write!(out, "<p class=\"{class}\">{}</p>", escaped(&sentence))?;
    }
    for stopped in &kept.progress.stopped {
        let (arm, reason) = (escaped(&stopped.arm), escaped(&stopped.reason));
        write!(out, "<p class=\"warning\">Arm {arm} was stopped: {reason}</p>")?;
    }
    for warning in &report.warnings {
        write!(out, "<p class=\"warning\">{}</p>", escaped(warning))?;
    }
    pictures::pictures(out, report)?;
    tables::arms(out, report)?;
    tables::differences(out, report)?;
    evidence::pairs(out, report)?;
    evidence::beside(out, report)?;
    evidence::segments(out, report)?;
    evidence::checks(out, report)?;
    let percent = report.confidence_percent();
    writeln!(
        out,
        "<p class=\"quiet\">Intervals hold for {percent:.0} % of experiments, at every look and for all comparisons with the \
         control together; those of calibration error, kappa and quantiles of latency hold for one look. Of many figures \
         some differ by chance: the first one decides.</p></main></body></html>"
    )
}

/// A row of a table of two columns.
fn row(out: &mut String, name: &str, told: &str) -> Result {
    write!(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escaped(name), escaped(told))
}
