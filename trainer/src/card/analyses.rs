//! How good a model is.

use crate::shipment::{Origin, Shipment};
use std::fmt::Write;
use undertone_core::Emotion;
use undertone_evaluation::{Figures, Protocol, ProtocolSummary, Summary, VariantFigures};

const HEADING: &str = "## Quantitative analyses\n\n";

/// What is measured.
pub(super) fn metrics() -> String {
    format!(
        "## Metrics\n\nAccuracy is the share of clips named right; UAR, the unweighted average recall, is the mean of the recalls of {}. A clip in which no speech was found counts as wrong. Intervals (95 %) come \
         from drawing the speakers anew. ECE is the expected calibration error: how far confidence is from accuracy.\n",
        Emotion::ALL.map(Emotion::name).join(", ")
    )
}

/// The figures.
pub(super) fn figures(shipment: &Shipment<'_>) -> String {
    match &shipment.origin {
        Origin::Evidence(summary) => quoted(summary),
        Origin::HeldOut(measured) => {
            format!("{HEADING}{}", held_out(&Figures::of(&measured.judged)))
        }
    }
}

fn held_out(figures: &Figures) -> String {
    let mut text = format!(
        "{} test clips of held-out speakers: accuracy {:.3}, UAR {:.3}. One training, one split: with few test speakers the \
         figures are uncertain by several points.\n",
        figures.clips, figures.accuracy, figures.uar
    );
    text += &recalls(figures);
    text
}

/// The figures of a bundle whose weights learnt from every speaker.
pub(super) fn quoted(summary: &Summary) -> String {
    let mut text = format!(
        "{HEADING}These weights learnt from every speaker, so they cannot be measured themselves. The figures are those of the same \
         recipe in cross-validation.\n\n| protocol | seeds | accuracy | UAR | ECE |\n|---|---|---|---|---|\n",
    );
    for (protocol, own) in measured(summary) {
        let interval = |value: f64, low: f64, high: f64| format!("{value:.3} ({low:.3} to {high:.3})");
        let (accuracy, uar) = (&own.accuracy, &own.uar);
        let _ = writeln!(
            text,
            "| `{protocol}` | {} | {} | {} | {:.3} |",
            own.seeds.len(),
            interval(accuracy.value, accuracy.low, accuracy.high),
            interval(uar.value, uar.low, uar.high),
            own.calibration.expected_calibration_error
        );
        if let Some(VariantFigures { seeds, whole, .. }) = &own.narrowband {
            let seeds = seeds.len();
            let _ = writeln!(
                text,
                "| `{protocol}`, over a narrowband telephone line | {seeds} | {:.3} | {:.3} | |",
                whole.accuracy, whole.uar
            );
        }
    }
    text += "\n`speaker5` tells how well new people are understood; `random80` has the same speakers on both sides and flatters.\n";
    if let Some(own) = summary.protocol(Protocol::Speaker5) {
        text += &recalls(&own.figures);
        text += &people(own);
    }
    text
}

fn measured(summary: &Summary) -> impl Iterator<Item = (Protocol, &ProtocolSummary)> {
    Protocol::ALL.into_iter().filter_map(|protocol| Some((protocol, summary.protocol(protocol)?)))
}

fn recalls(figures: &Figures) -> String {
    let known = figures.emotions.iter().filter_map(|own| Some((own.emotion, own.recall?)));
    let said: Vec<String> = known.map(|(emotion, recall)| format!("{emotion} {recall:.2}")).collect();
    format!("\nRecall of new speakers' emotions: {}.\n", said.join(", "))
}

/// Errors are uneven over people.
fn people(own: &ProtocolSummary) -> String {
    let sexes: Vec<String> = own.sexes.iter().map(|of| format!("{} {:.3}", of.sex, of.accuracy)).collect();
    let accuracies = own.speakers.iter().map(|of| of.accuracy);
    let (least, most) = (accuracies.clone().fold(1.0, f64::min), accuracies.fold(0.0, f64::max));
    let by_sex = if sexes.is_empty() { String::new() } else { format!(" By sex: {}.", sexes.join(", ")) };
    format!("\nAccuracy of single speakers goes from {least:.2} to {most:.2}.{by_sex}\n")
}
