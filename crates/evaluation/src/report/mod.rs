//! Pages about what was measured.

mod abstention;
mod accuracy;
mod calibration;
mod confusion;
mod cost;
mod facts;
mod headline;
mod html;
mod learning;
mod limits;
mod markdown;
mod number;
mod patience;
mod people;
mod pooled;
mod recall;
mod section;
mod sets;
mod table;
mod variant;

pub use facts::{Facts, GraphFacts};

use crate::evidence::Evidence;
use crate::summary::Summary;
use section::Section;

/// One HTML page with every figure and chart. It loads nothing, runs no script, follows the reader's choice
/// of light or dark, and has a table behind each chart. The same evidence and facts give the same bytes.
pub fn report_html(evidence: &Evidence, facts: &Facts) -> String {
    html::page(facts, &sections(evidence, facts))
}

/// The words and tables of [`report_html`] as Markdown.
pub fn report_markdown(evidence: &Evidence, facts: &Facts) -> String {
    markdown::text(facts, &sections(evidence, facts))
}

fn sections(evidence: &Evidence, facts: &Facts) -> Vec<Section> {
    let summary = Summary::of(evidence);
    let sections = [
        Some(headline::section(&summary, facts)),
        Some(accuracy::section(&summary)),
        Some(confusion::section(&summary)),
        Some(recall::section(&summary)),
        Some(people::section(&summary)),
        learning::section(evidence),
        Some(calibration::section(&summary)),
        Some(abstention::section(&summary)),
        sets::section(&summary),
        pooled::section(&summary),
        patience::section(&summary),
        variant::int8(&summary),
        variant::narrowband(&summary),
        Some(cost::section(facts)),
        Some(limits::section(facts)),
    ];
    sections.into_iter().flatten().collect()
}
