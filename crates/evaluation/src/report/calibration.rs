//! Whether probabilities can be believed.

use super::number::{decimal, optional_percent, percent};
use super::section::{Card, Section};
use super::table::Table;
use crate::charts::{About, Range, reliability};
use crate::evidence::Protocol;
use crate::statistics::{Calibration, ReliabilityBin};
use crate::summary::Summary;

pub(super) fn section(summary: &Summary) -> Section {
    let text = vec![
        "A probability of 70 % should mean right seven times in ten. Each bar is the accuracy of the answers \
         in one range of confidence; bars under the diagonal show overconfidence, bars over it caution. ECE, the expected calibration \
         error, is the mean distance, weighted by answers (15 ranges). Larger dots stand for more answers."
            .to_owned(),
    ];
    let cards = summary.measured().map(|(protocol, own)| card(protocol, &own.calibration)).collect();
    Section { anchor: "calibration", title: "Calibration", text, cards }
}

fn card(protocol: Protocol, own: &Calibration) -> Card {
    let ranges: Vec<Range> = own.bins.iter().filter_map(range).collect();
    let note = format!(
        "ECE {}, Brier score {} (0 to 2), negative log likelihood {} nats.",
        decimal(own.expected_calibration_error),
        decimal(own.brier),
        decimal(own.negative_log_likelihood)
    );
    let rows = own.bins.iter().filter(|bin| bin.answers > 0).map(|bin| {
        let name = format!("{:.0} to {:.0}\u{a0}%", 100.0 * bin.low, 100.0 * bin.high);
        vec![name, bin.answers.to_string(), optional_percent(bin.confidence), optional_percent(bin.accuracy)]
    });
    let table = Table::new(&["range", "answers", "confidence", "accuracy"], rows.collect());
    let told = ranges.iter().map(|range| {
        format!("confidence {}: accuracy {}", percent(range.confidence), percent(range.accuracy))
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let chart = reliability(About { title: "Reliability diagram", summary: &told }, &ranges);
    Card { chart: Some(chart), table: Some(table), ..Card::of(protocol, note) }
}

fn range(bin: &ReliabilityBin) -> Option<Range> {
    let (confidence, accuracy) = (bin.confidence?, bin.accuracy?);
    Some(Range { low: bin.low, high: bin.high, confidence, accuracy, answers: bin.answers })
}
