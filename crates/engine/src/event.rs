//! What a stream tells its client.

use crate::ResumePoint;
use std::time::Duration;
use undertone_core::{EndReason, ErrorKind, Frames, Heard, Probabilities, SampleRange, TimeParts};

/// One thing that a stream tells its client, in the order in which it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Somebody began or stopped speaking.
    Speech(SpeechEdge),
    /// The model answered.
    Answer(Box<Answer>),
    /// Something about the audio that the client should know.
    Warning(Warning),
    /// What the client may forget; only for clients that come back.
    Acknowledged(ResumePoint),
    /// The last event of a stream that ended in order.
    Ended(Summary),
    /// The last event of a stream that failed.
    Failed(StreamFailure),
}

/// Where speech begins or ends, in samples at 16 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechEdge {
    /// Speech began here.
    Begin(u64),
    /// Speech ended here.
    End(u64),
}

/// Why an answer was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// An interim hop was over.
    Interval,
    /// The client asked for an update.
    Flush,
    /// Silence ended the utterance.
    Silence,
    /// The utterance reached its longest allowed length.
    MaxLength,
    /// The client ended the utterance.
    EndUtterance,
    /// The audio ended.
    EndOfStream,
}

impl Trigger {
    /// Whether answers with this trigger are the last word on their utterance.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Interval | Self::Flush)
    }
}

/// What the model says about an utterance, or about its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Grows by one with every answer of the stream, from 1; a dropped update leaves a gap.
    pub sequence: u64,
    /// Which utterance of the stream, from 1.
    pub utterance: u32,
    /// Why it was made.
    pub trigger: Trigger,
    /// One minus the total variation distance to the utterance's answer before; 0 for its first update, 1 when final.
    pub stability: f32,
    /// The utterance, or what was heard of it.
    pub interval: SampleRange,
    /// One probability per label.
    pub probabilities: Probabilities,
    /// Index of the label to show: the most probable one, unless the stream's hysteresis keeps the one shown before.
    pub shown: usize,
    /// Whether the model is too unsure to name an emotion.
    pub abstained: bool,
    /// Indices of the plausible labels, the most probable first; empty when the model gives no sets.
    pub plausible: Vec<usize>,
    /// Samples heard when the answer was made.
    pub audio_processed: u64,
    /// What the utterance sounds like; final answers only.
    pub heard: Option<Heard>,
    /// Where the time went.
    pub time_parts: TimeParts,
    /// Where the stream can be taken up behind this answer; of final answers to clients that come back.
    pub resume: Option<ResumePoint>,
    /// What the model was shown; of final answers of streams whose frames are handed out.
    pub frames: Option<Frames>,
}

/// Something about the audio that the client should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What was noticed.
    pub kind: WarningKind,
    /// A sentence for a person.
    pub message: String,
    /// Where in the audio, in samples at 16 kHz.
    pub at: u64,
}

/// What a [`Warning`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarningKind {
    /// Many samples are at full scale.
    Clipping,
    /// The speech is very quiet.
    LowLevel,
    /// An utterance was too short to be scored.
    TooShort,
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Why.
    pub reason: EndReason,
    /// Samples heard, at 16 kHz.
    pub samples: u64,
    /// Final answers given.
    pub utterances: u32,
    /// Updates dropped because the reader was slow.
    pub updates_dropped: u64,
    /// Updates left out because the worker was behind.
    pub updates_thinned: u64,
    /// Where the stream can be taken up again; of a drained stream whose client comes back.
    pub resume: Option<ResumePoint>,
}

/// Why a stream failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFailure {
    /// The kind for the caller.
    pub kind: ErrorKind,
    /// What and where.
    pub message: String,
    /// When a retry may help, how long to wait before it.
    pub retry_after: Option<Duration>,
}
