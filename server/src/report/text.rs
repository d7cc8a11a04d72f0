//! A timeline that a person can read.

use super::{FileReport, Palette, UtteranceReport};
use std::fmt::Write;
use undertone_proto::v1;

/// Width of a full bar in characters.
const BAR_WIDTH: usize = 24;
/// Most columns of the development over time.
const MOST_COLUMNS: usize = 40;
/// Labels with less are not shown, but for the first two.
const SHOWN_FROM: f32 = 0.03;
/// Most labels shown.
const MOST_LABELS: usize = 4;
/// Stands in the place of a label where the model abstained.
const UNSURE: &str = "unsure";
const RISING: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const FILLING: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// The recording's utterances, each with its probabilities over time and at its end.
pub(crate) fn render(report: &FileReport, palette: Palette) -> String {
    let mut text = format!(
        "{}  {}\n",
        palette.strong(&report.file),
        palette.faint(&format!("{:.1} s · {} {}", report.seconds, report.model, report.version))
    );
    if report.utterances.is_empty() {
        text.push_str("\n  no speech was found\n");
    }
    for utterance in &report.utterances {
        text.push('\n');
        render_utterance(utterance, palette, &mut text);
    }
    for warning in &report.warnings {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n  note: {warning}");
    }
    text
}

/// One line about an update: where, what is to be shown, how sure.
pub(crate) fn update_line(result: &v1::Result, palette: Palette) -> String {
    let end = super::seconds(result.end.as_ref());
    let name = if result.abstained {
        palette.faint(&format!("{UNSURE:<10}"))
    } else {
        palette.label(&result.shown, &format!("{:<10}", result.shown))
    };
    let shown = result.probabilities.iter().find(|own| own.label == result.shown);
    let probability = shown.map_or(result.confidence, |own| own.probability);
    let percent = probability * 100.0;
    let kind = if result.is_final { "final" } else { "so far" };
    format!("  {end:>6.2} s  {name} {percent:>3.0} %  {} {}", bar(probability), palette.faint(kind))
}

fn render_utterance(utterance: &UtteranceReport, palette: Palette, text: &mut String) {
    let (start, end) = (utterance.start_s, utterance.end_s);
    let _ = writeln!(text, "  {start:.2} – {end:.2} s  {}", verdict(utterance, palette));
    let columns = columns(utterance);
    for label in shown_labels(utterance) {
        let (name, probability) = &utterance.probabilities[label];
        let development: String = columns.iter().map(|column| rising(column[label])).collect();
        let name_shown = palette.label(name, &format!("{name:<10}"));
        let percent = probability * 100.0;
        let _ = writeln!(
            text,
            "    {name_shown} {}  {percent:>3.0} %  {}",
            palette.label(name, &development),
            palette.label(name, &bar(*probability)).trim_end()
        );
    }
}

/// The answer and its confidence; where the model abstained, what is plausible in its place.
fn verdict(utterance: &UtteranceReport, palette: Palette) -> String {
    let percent = utterance.confidence * 100.0;
    if !utterance.abstained {
        return format!("{}  {percent:.0} %", palette.label(&utterance.top, &utterance.top));
    }
    let unsure = palette.faint(UNSURE);
    if utterance.plausible.is_empty() {
        return format!("{unsure}  {percent:.0} %");
    }
    let plausible: Vec<String> =
        utterance.plausible.iter().map(|label| palette.label(label, label)).collect();
    format!("{unsure}  {percent:.0} %  {} {}", palette.faint("plausible:"), plausible.join(", "))
}

/// Labels to show, the most probable first.
fn shown_labels(utterance: &UtteranceReport) -> Vec<usize> {
    let probability = |label: &usize| utterance.probabilities[*label].1;
    let mut labels: Vec<usize> = (0..utterance.probabilities.len()).collect();
    labels.sort_by(|a, b| probability(b).total_cmp(&probability(a)));
    let worth_showing = labels.iter().take_while(|label| probability(label) >= SHOWN_FROM).count();
    labels.truncate(worth_showing.clamp(2, MOST_LABELS));
    labels
}

/// The probabilities over time, thinned to fit, with the final ones last.
fn columns(utterance: &UtteranceReport) -> Vec<Vec<f32>> {
    let mut columns: Vec<Vec<f32>> =
        utterance.updates.iter().map(|snapshot| snapshot.probabilities.clone()).collect();
    columns.push(utterance.probabilities.iter().map(|(_, probability)| *probability).collect());
    let every = columns.len().div_ceil(MOST_COLUMNS);
    let last = columns.len() - 1;
    columns
        .into_iter()
        .enumerate()
        .filter(|(index, _)| (last - index).is_multiple_of(every))
        .map(|(_, column)| column)
        .collect()
}

fn rising(probability: f32) -> char {
    let step = (probability.clamp(0.0, 1.0) * RISING.len() as f32) as usize;
    RISING[step.min(RISING.len() - 1)]
}

/// A bar of [`BAR_WIDTH`] characters, filled to an eighth of a character, padded with spaces.
pub(crate) fn bar(share: f32) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (BAR_WIDTH * 8) as f32).round() as usize;
    let mut bar: String = std::iter::repeat_n('█', eighths / 8).collect();
    if !eighths.is_multiple_of(8) {
        bar.push(FILLING[eighths % 8 - 1]);
    }
    let filled = bar.chars().count();
    bar.extend(std::iter::repeat_n(' ', BAR_WIDTH - filled));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Snapshot;

    fn utterance() -> UtteranceReport {
        UtteranceReport {
            start_s: 0.5,
            end_s: 2.0,
            probabilities: vec![("sad".into(), 0.02), ("angry".into(), 0.93), ("happy".into(), 0.05)],
            top: "angry".into(),
            confidence: 0.93,
            abstained: false,
            plausible: vec!["angry".into()],
            prediction_id: None,
            updates: vec![Snapshot { at_s: 1.0, probabilities: vec![0.5, 0.3, 0.2] }],
        }
    }

    #[test]
    fn the_most_probable_labels_come_first_and_faint_ones_are_left_out() {
        assert_eq!(shown_labels(&utterance()), [1, 2]);
    }

    #[test]
    fn bars_are_always_equally_wide() {
        for percent in 0..=100 {
            assert_eq!(bar(percent as f32 / 100.0).chars().count(), BAR_WIDTH);
        }
    }

    #[test]
    fn a_plain_timeline_has_no_escape_sequences() {
        let report =
            FileReport { file: "talk.wav".into(), utterances: vec![utterance()], ..FileReport::default() };
        let text = render(&report, Palette::Plain);
        assert!(text.contains("0.50 – 2.00 s  angry  93 %"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn an_abstained_answer_is_unsure_and_names_what_is_plausible() {
        let unsure = |plausible: &[&str]| {
            let plausible = plausible.iter().map(|label| (*label).to_owned()).collect();
            verdict(&UtteranceReport { abstained: true, plausible, ..utterance() }, Palette::Plain)
        };
        assert_eq!(unsure(&["angry", "happy"]), "unsure  93 %  plausible: angry, happy");
        assert_eq!(unsure(&[]), "unsure  93 %");
    }

    #[test]
    fn long_developments_are_thinned_and_keep_their_end() {
        let mut long = utterance();
        long.updates = vec![Snapshot { at_s: 0.0, probabilities: vec![1.0, 0.0, 0.0] }; 500];
        let columns = columns(&long);
        assert!(columns.len() <= MOST_COLUMNS);
        assert_eq!(columns.last().map(|column| column[1]), Some(0.93));
    }
}
