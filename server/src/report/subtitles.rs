//! Subtitles with the emotion of each utterance: SubRip (`.srt`) and WebVTT (<https://www.w3.org/TR/webvtt1/>).

use super::{FileReport, UtteranceReport};
use std::fmt::Write;

/// SubRip.
pub(crate) fn srt(report: &FileReport) -> String {
    let mut text = String::new();
    for (index, utterance) in report.utterances.iter().enumerate() {
        let (start, end) = (clock(utterance.start_s, ','), clock(utterance.end_s, ','));
        // Writing to a string cannot fail.
        let _ = write!(text, "{}\n{start} --> {end}\n{}\n\n", index + 1, line(utterance));
    }
    text
}

/// WebVTT.
pub(crate) fn vtt(report: &FileReport) -> String {
    let mut text = format!("WEBVTT\n\nNOTE {} {}\n\n", report.model, report.version);
    for utterance in &report.utterances {
        let (start, end) = (clock(utterance.start_s, '.'), clock(utterance.end_s, '.'));
        let _ = write!(text, "{start} --> {end}\n{}\n\n", line(utterance));
    }
    text
}

fn line(utterance: &UtteranceReport) -> String {
    let percent = utterance.confidence * 100.0;
    match utterance.abstained {
        true => format!("unsure ({} {percent:.0} %)", utterance.top),
        false => format!("{} {percent:.0} %", utterance.top),
    }
}

/// `HH:MM:SS` and milliseconds behind `separator`.
fn clock(seconds: f64, separator: char) -> String {
    let millis = (seconds * 1000.0).round() as u64;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{separator}{millis:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> FileReport {
        let utterance = |start_s, end_s, abstained| UtteranceReport {
            start_s,
            end_s,
            probabilities: Vec::new(),
            top: "angry".into(),
            confidence: 0.934,
            abstained,
            plausible: Vec::new(),
            prediction_id: None,
            updates: Vec::new(),
        };
        FileReport {
            model: "cnn".into(),
            version: "1.0.0".into(),
            utterances: vec![utterance(0.52, 1.9996, false), utterance(3725.25, 3726.0, true)],
            ..FileReport::named("a.wav".into())
        }
    }

    #[test]
    fn subrip_numbers_its_lines_and_has_commas() {
        let wanted = "1\n00:00:00,520 --> 00:00:02,000\nangry 93 %\n\n\
                      2\n01:02:05,250 --> 01:02:06,000\nunsure (angry 93 %)\n\n";
        assert_eq!(srt(&report()), wanted);
    }

    #[test]
    fn webvtt_begins_with_its_name_and_has_points() {
        let text = vtt(&report());
        assert!(
            text.starts_with("WEBVTT\n\nNOTE cnn 1.0.0\n\n00:00:00.520 --> 00:00:02.000\nangry 93 %\n"),
            "{text}"
        );
    }
}
