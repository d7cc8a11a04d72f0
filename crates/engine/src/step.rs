//! What a session asks its worker for.

use crate::{Checkpoint, Event, Trigger};
use std::ops::Range;
use undertone_core::{Heard, SampleRange};

/// What a session asks for, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Tell the client.
    Tell(Event),
    /// Score these frames.
    Score(ScoreRequest),
    /// Tell the client what it may forget.
    Acknowledge(Checkpoint),
}

/// Frames to be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRequest {
    /// Which utterance of the stream, from 1.
    pub utterance: u32,
    /// Why.
    pub trigger: Trigger,
    /// The samples that the frames stand for.
    pub interval: SampleRange,
    /// Rows of [`crate::Session::frames`]; valid until [`crate::Session::forget_answered`].
    pub rows: Range<usize>,
    /// Which frames of the utterance these are.
    pub scope: Scope,
    /// Samples heard so far.
    pub audio_processed: u64,
    /// What the utterance sounds like; final requests only.
    pub heard: Option<Heard>,
    /// Where the stream can be taken up once this is answered; final requests of acknowledging sessions only.
    pub checkpoint: Option<Checkpoint>,
}

/// Which frames of an utterance a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All so far.
    Whole,
    /// Those behind the utterance's request before; none when it is asked about again.
    GoingOn {
        /// Whether there was none before.
        first: bool,
    },
}
