//! The model card (Mitchell et al. 2019).

use crate::evaluation::{Figures, Report};
use crate::shipment::PROTOCOL;
use crate::{Architecture, DataSheet};
use std::fmt::Write;

/// Writes the card of a measured network.
pub(crate) fn card(name: &str, version: &str, report: &Report, sheet: &DataSheet) -> String {
    let sections = [
        introduction(name, version, report),
        data(report, sheet),
        protocol(report),
        results(report),
        calibration(report),
        USE.to_owned(),
    ];
    sections.join("\n")
}

const USE: &str = "\
## Intended use and limits

For research, for teaching and for trying Undertone out. The licence of the data forbids commercial use.

- The clips are **acted**: professional actors saying two fixed sentences in a studio, in North American \
English. Spontaneous speech, other languages, accents, ages, microphones and noise were not tested; expect \
worse figures there.
- The model hears how something is said, not what is felt. A label is the model's guess about a performance; \
it is no evidence about a person's inner state, and none about honesty, health or character.
- Do not use it to decide about people: not in hiring, schools, policing, insurance or at work. Recognising \
emotions of employees and pupils is forbidden in some places (in the European Union by the AI Act, article 5).
- Tell people when their voice is analysed, and ask them first.
- Errors are uneven over speakers and emotions; see the tables above before relying on one of them.
";

fn introduction(name: &str, version: &str, report: &Report) -> String {
    let (kind, shape) = match &report.architecture {
        Architecture::Cnn(shape) => (
            "A residual convolutional network over bins and time",
            format!("channels {:?}, attention {}", shape.channels, shape.attention),
        ),
        Architecture::Lstm(shape) => (
            "Three convolutions and two bidirectional LSTM layers",
            format!(
                "channels {:?}, {} hidden units per direction, attention {}",
                shape.channels, shape.hidden, shape.attention
            ),
        ),
    };
    format!(
        "# {name} {version}\n\n{kind}, with attentive statistics pooling over time ({shape}): {} learnt values. \
         It takes the log-mel frames of one utterance, as the extractor gives them (the normalisation is part \
         of the graph), and gives logits for {}.\n",
        report.learnt_values,
        report.labels.join(", "),
    )
}

fn data(report: &Report, sheet: &DataSheet) -> String {
    format!(
        "## Data and licence\n\nLearnt from {} clips of {}. Weights: {}, as the data.\n\n> {}\n",
        report.training_clips, sheet.dataset, sheet.licence, sheet.citation
    )
}

fn protocol(report: &Report) -> String {
    format!(
        "## Protocol\n\n{}{}.\n\n| part | speakers |\n|---|---|\n| training | {} |\n| validation | {} |\n\
         | test | {} |\n\n{} epochs, seed {}. One training, one split: with so few test speakers the figures are \
         uncertain by several points.\n\nAn utterance is what the segmenter finds, cut as in serving. A clip's \
         answer is the mean of its utterances' probabilities, weighted by their length; a clip in which no \
         speech is found counts as wrong.\n",
        PROTOCOL[..1].to_uppercase(),
        &PROTOCOL[1..],
        report.training_speakers.join(" "),
        report.validation_speakers.join(" "),
        report.test_speakers.join(" "),
        report.epochs,
        report.seed,
    )
}

fn results(report: &Report) -> String {
    let row = |part: &str, figures: &Figures| {
        let Figures { clips, without_answer, accuracy, uar, .. } = figures;
        format!("| {part} | {clips} | {accuracy:.3} | {uar:.3} | {without_answer} |\n")
    };
    let mut text = String::from(
        "## Results\n\n| part | clips | accuracy | UAR | without speech |\n|---|---|---|---|---|\n",
    );
    text += &row("test", &report.test);
    text += &row("validation", &report.validation);
    text += "\nUAR is the mean of the emotions' recalls.\n\n";
    text += &shares("Test speaker", "accuracy", &report.test);
    text += "\n### Confusion on the test clips\n\nRows: acted; columns: answered; last column: recall.\n\n";
    text += &confusion(report);
    text
}

fn shares(what: &str, share: &str, figures: &Figures) -> String {
    let mut text = format!("| {what} | {share} |\n|---|---|\n");
    for (name, value) in &figures.speaker_accuracy {
        let _ = writeln!(text, "| {name} | {value:.3} |");
    }
    text
}

fn confusion(report: &Report) -> String {
    let mut text = format!(
        "| | {} | recall |\n|---|{}\n",
        report.labels.join(" | "),
        "---|".repeat(report.labels.len() + 1)
    );
    for (label, row) in report.labels.iter().zip(&report.test.confusion) {
        let counts: Vec<String> = row.iter().map(usize::to_string).collect();
        let recall = report.test.recall.get(label).copied().unwrap_or(0.0);
        let _ = writeln!(text, "| {label} | {} | {recall:.3} |", counts.join(" | "));
    }
    text
}

fn calibration(report: &Report) -> String {
    let [before, after] = report.test_calibration_error;
    format!(
        "## Calibration\n\nLogits are divided by the temperature {:.3} before the softmax. Expected calibration \
         error on the test clips (15 bins): {before:.3} without the temperature, {after:.3} with it.\n",
        report.temperature
    )
}
