//! One line per utterance (RFC 4180).

use super::FileReport;
use std::borrow::Cow;
use std::fmt::Write;

const COLUMNS: &str = "file,model,version,start_s,end_s,top,confidence,abstained,prediction_id";

/// The header with the labels of the recording's model, which one without speech does not tell.
pub(crate) fn header(report: &FileReport) -> String {
    let labels = report.utterances.first().into_iter().flat_map(|utterance| &utterance.probabilities);
    labels.fold(COLUMNS.to_owned(), |header, (label, _)| header + "," + &quoted(label)) + "\r\n"
}

/// One line per utterance; none for a recording without speech.
pub(crate) fn rows(report: &FileReport) -> String {
    let mut text = String::new();
    for utterance in &report.utterances {
        let id = utterance.prediction_id.as_deref().unwrap_or_default();
        let (start, end) = (utterance.start_s, utterance.end_s);
        let recording = [&report.file, &report.model, &report.version].map(|value| quoted(value));
        // Writing to a string cannot fail.
        let _ = write!(text, "{},{start:.3},{end:.3},", recording.join(","));
        let _ =
            write!(text, "{},{},{},{id}", quoted(&utterance.top), utterance.confidence, utterance.abstained);
        for (_, probability) in &utterance.probabilities {
            let _ = write!(text, ",{probability}");
        }
        text.push_str("\r\n");
    }
    text
}

/// A field, in quotation marks where it needs them.
pub(crate) fn quoted(value: &str) -> Cow<'_, str> {
    if value.contains([',', '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", value.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_quotes_in_a_file_name_are_quoted() {
        assert_eq!(quoted("plain.wav"), "plain.wav");
        assert_eq!(quoted("a,\"b\".wav"), "\"a,\"\"b\"\".wav\"");
    }
}
