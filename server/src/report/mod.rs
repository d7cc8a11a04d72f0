//! What the command line shows of an answer.

pub(crate) mod csv;
pub(crate) mod json;
mod palette;
pub(crate) mod parquet;
pub(crate) mod subtitles;
pub(crate) mod text;

pub(crate) use palette::Palette;

use undertone_proto::v1;

/// Everything that was said about one recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FileReport {
    pub(crate) file: String,
    pub(crate) model: String,
    pub(crate) version: String,
    pub(crate) seconds: f64,
    pub(crate) utterances: Vec<UtteranceReport>,
    pub(crate) warnings: Vec<String>,
    /// Updates of the utterance that is being spoken.
    updates: Vec<Snapshot>,
}

/// The final answer about an utterance, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UtteranceReport {
    pub(crate) start_s: f64,
    pub(crate) end_s: f64,
    pub(crate) probabilities: Vec<(String, f32)>,
    pub(crate) top: String,
    pub(crate) confidence: f32,
    pub(crate) abstained: bool,
    /// The most probable first; empty when the model gives no sets.
    pub(crate) plausible: Vec<String>,
    pub(crate) prediction_id: Option<String>,
    pub(crate) updates: Vec<Snapshot>,
}

/// The probabilities at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) at_s: f64,
    pub(crate) probabilities: Vec<f32>,
}

impl FileReport {
    /// Nothing is known yet but the name.
    pub(crate) fn named(file: String) -> Self {
        Self { file, ..Self::default() }
    }

    /// A whole answer at once.
    pub(crate) fn from_response(file: String, response: v1::RecognizeResponse) -> Self {
        let mut report = Self::named(file);
        let model = response.model.unwrap_or_default();
        (report.model, report.version) = (model.name, model.version);
        report.seconds = seconds(response.audio_duration.as_ref());
        for utterance in response.utterances {
            utterance.updates.into_iter().chain(utterance.result).for_each(|result| report.take(result));
        }
        report.warnings = response.warnings.into_iter().map(|warning| warning.message).collect();
        report
    }

    pub(crate) fn start(&mut self, started: v1::Started) {
        let model = started.model.unwrap_or_default();
        (self.model, self.version) = (model.name, model.version);
    }

    pub(crate) fn take(&mut self, result: v1::Result) {
        // A stream that breaks off never tells how long it was.
        self.seconds = self.seconds.max(seconds(result.end.as_ref()));
        if !result.is_final {
            let probabilities = result.probabilities.iter().map(|label| label.probability).collect();
            self.updates.push(Snapshot { at_s: seconds(result.end.as_ref()), probabilities });
            return;
        }
        self.utterances.push(UtteranceReport {
            start_s: seconds(result.start.as_ref()),
            end_s: seconds(result.end.as_ref()),
            probabilities: result
                .probabilities
                .into_iter()
                .map(|label| (label.label, label.probability))
                .collect(),
            top: result.top,
            confidence: result.confidence,
            abstained: result.abstained,
            plausible: result.plausible,
            prediction_id: Some(result.prediction_id).filter(|id| !id.is_empty()),
            updates: std::mem::take(&mut self.updates),
        });
    }

    /// The utterance that is being spoken will be heard again from its beginning.
    pub(crate) fn forget_updates(&mut self) {
        self.updates.clear();
    }

    pub(crate) fn end(&mut self, ended: &v1::Ended) {
        self.seconds = seconds(ended.audio_duration.as_ref());
    }
}

/// Seconds of a duration on the wire.
pub(crate) fn seconds(duration: Option<&prost_types::Duration>) -> f64 {
    duration.map_or(0.0, |duration| duration.seconds as f64 + f64::from(duration.nanos) * 1e-9)
}

/// Why a stream ended before its audio did; nothing when it did not.
pub(crate) fn cut(ended: &v1::Ended) -> Option<String> {
    use v1::ended::Reason;
    let heard = seconds(ended.audio_duration.as_ref());
    let why = match ended.reason() {
        Reason::Finished | Reason::Unspecified => return None,
        Reason::Longest => "a stream is no longer there (recognition.max_audio and recognition.max_duration)",
        Reason::IdleTimeout => "nothing was sent for too long (recognition.idle_timeout)",
        Reason::Drained => "the server is shutting down",
    };
    Some(format!("only the first {heard:.1} s were heard: {why}"))
}
