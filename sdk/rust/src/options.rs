//! What can be asked of the server.

use crate::session::to_wire;
use std::collections::HashMap;
use std::time::Duration;
use undertone_proto::v1;

/// What can be asked of the server about any audio.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// `NAME` or `NAME@VERSION`; empty: the server's choice.
    pub model: String,
    /// Whether updates are sent while an utterance is being spoken.
    pub interim: bool,
    /// Audio time between updates; none: the server's default.
    pub hop: Option<Duration>,
    /// When an utterance begins and ends; what is not set is the server's default.
    pub endpointing: Option<v1::Endpointing>,
    /// Your key for the person or device; hashed by the server when it is so configured.
    pub subject: String,
    /// Your own labels, recorded with the stream.
    pub labels: HashMap<String, String>,
    /// How much more probable another label must be, 0 to 1, before `shown` changes to it.
    pub hysteresis: f32,
    /// The experiment that chooses the model; empty: whichever takes the stream.
    pub experiment: String,
    /// For testers: the arm of that experiment, whatever the subject would get. It is left out of the experiment's report.
    pub arm: String,
}

/// How a stream is carried.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamOptions {
    /// What is asked.
    pub asked: Options,
    /// Whether the stream is taken up again when it breaks off. It takes audio without a header.
    pub resume: bool,
    /// Audio in bytes that may wait for its acknowledgement; at that bound the source is not read. The server acknowledges
    /// with every final result, and once a second in silence; what the longest utterance takes has room in any case.
    pub replay_bytes: usize,
    /// Events that may wait for their reader; at that bound no more replies are read, and the server drops updates.
    pub event_queue: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { asked: Options::default(), resume: true, replay_bytes: 64 * 1024 * 1024, event_queue: 64 }
    }
}

impl From<Options> for StreamOptions {
    fn from(asked: Options) -> Self {
        Self { asked, ..Self::default() }
    }
}

impl Options {
    /// As a message, about audio of this format.
    pub fn to_config(&self, audio: Option<v1::AudioFormat>) -> v1::RecognitionConfig {
        v1::RecognitionConfig {
            audio,
            model: self.model.clone(),
            interim_results: self.interim,
            interim_hop: self.hop.map(to_wire),
            endpointing: self.endpointing,
            subject_key: self.subject.clone(),
            labels: self.labels.clone().into_iter().collect(),
            hysteresis: self.hysteresis,
            experiment: self.experiment.clone(),
            arm: self.arm.clone(),
            ..v1::RecognitionConfig::default()
        }
    }
}
