//! A run as a table for a person.

use super::load::Figures;
use super::report::Report;
use std::fmt::Write;

/// One row per load, and what was lost of it.
pub(super) fn render(report: &Report) -> String {
    let (load, question) = (&report.load, &report.load.question);
    let contents = if question.is_raw { "raw" } else { "typed" };
    let mut text = format!(
        "{} · {} · {} {:?}, {contents} · {} connections\n\n{:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}\n",
        load.server,
        question.model(),
        question.input,
        question.shape,
        load.connections,
        "rate",
        "answers",
        "mean",
        "p50",
        "p90",
        "p99",
        "max"
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{:>62}", "ms from when the request was due");
    for figures in report.found.by_size() {
        text.push_str(&row(figures));
    }
    if let Some(largest) = report.found.largest {
        let bound = report.bound.as_millis();
        let _ = writeln!(
            text,
            "\nMost requests per second of which 99 of 100 were answered within {bound} ms: {largest}"
        );
    }
    text
}

fn row(figures: &Figures) -> String {
    let tally = &figures.tally;
    let own = tally.latency.quantiles();
    let mut text = format!(
        "{:>8} {:>9} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
        figures.rate, tally.answered, own.mean_ms, own.p50_ms, own.p90_ms, own.p99_ms, own.max_ms
    );
    for (count, what) in
        [(tally.refused, "refused"), (tally.not_sent, "not sent"), (figures.held_up, "left late")]
    {
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    for (code, (count, message)) in &tally.failed {
        let _ = write!(text, "; {count} failed with {code} ({message})");
    }
    text.push('\n');
    text
}
