//! Finds utterances in a stream of samples.

mod voice_tracker;
mod whole_tracker;

use crate::Endpointing;
use undertone_core::SampleRange;
use voice_tracker::VoiceTracker;
use whole_tracker::WholeTracker;

/// Why an utterance ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndCause {
    /// Silence followed.
    Silence,
    /// It reached the longest duration; what follows is another utterance.
    MaxLength,
    /// The client asked.
    Requested,
    /// The stream ended.
    StreamEnd,
}

impl EndCause {
    /// Stable name for records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::MaxLength => "max_length",
            Self::Requested => "requested",
            Self::StreamEnd => "stream_end",
        }
    }
}

/// The beginning or end of an utterance. Positions are samples at 16 kHz from the stream's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentEvent {
    /// Somebody began to speak.
    SpeechBegin {
        /// Where the utterance begins.
        at: u64,
        /// How many samples had to be heard to know.
        detected_at: u64,
    },
    /// The utterance under way ended.
    SpeechEnd {
        /// The whole utterance; never empty, never overlapping another one.
        utterance: SampleRange,
        /// How many samples had to be heard to know.
        detected_at: u64,
        /// Why it ended.
        cause: EndCause,
    },
}

/// Finds utterances. How the samples are cut into pushes never changes the events.
pub struct Segmenter {
    tracker: Tracker,
    position: u64,
}

enum Tracker {
    Voice(Box<VoiceTracker>),
    Whole(WholeTracker),
}

impl Segmenter {
    /// A segmenter at the start of a stream. Settings that [`Endpointing::validate`] refuses give
    /// useless utterances, but no panic.
    pub fn new(settings: &Endpointing) -> Self {
        Self::going_on(settings, 0, 0)
    }

    /// A segmenter that takes up a stream at `position`. What lies before `answered_until` was heard already and begins
    /// no utterance; it only tunes the ear.
    pub fn going_on(settings: &Endpointing, position: u64, answered_until: u64) -> Self {
        let tracker = match settings.enabled {
            true => Tracker::Voice(Box::new(VoiceTracker::new(settings, answered_until))),
            false => Tracker::Whole(WholeTracker::new(settings, answered_until)),
        };
        Self { tracker, position }
    }

    /// Takes the next samples, in [-1, 1], and appends what became known.
    pub fn push(&mut self, samples: &[f32], events: &mut Vec<SegmentEvent>) {
        match &mut self.tracker {
            Tracker::Voice(tracker) => tracker.push(samples, self.position, events),
            Tracker::Whole(tracker) => tracker.push(samples.len() as u64, self.position, events),
        }
        self.position += samples.len() as u64;
    }

    /// Ends the utterance under way at the current position; nothing happens when there is none.
    pub fn end_utterance(&mut self, events: &mut Vec<SegmentEvent>) {
        match &mut self.tracker {
            Tracker::Voice(tracker) => tracker.end_utterance(self.position, events),
            Tracker::Whole(tracker) => tracker.end(self.position, EndCause::Requested, events),
        }
    }

    /// The stream has no more samples: ends the utterance under way behind its last speech.
    pub fn finish(&mut self, events: &mut Vec<SegmentEvent>) {
        match &mut self.tracker {
            Tracker::Voice(tracker) => tracker.finish(self.position, events),
            Tracker::Whole(tracker) => tracker.end(self.position, EndCause::StreamEnd, events),
        }
    }

    /// Samples heard so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Where the utterance under way begins.
    pub fn open_utterance(&self) -> Option<u64> {
        match &self.tracker {
            Tracker::Voice(tracker) => tracker.open(),
            Tracker::Whole(tracker) => tracker.open(),
        }
    }

    /// The utterance under way, up to the end that it would have if nothing more were said.
    pub fn spoken_so_far(&self) -> Option<SampleRange> {
        match &self.tracker {
            Tracker::Voice(tracker) => tracker.spoken_so_far(self.position),
            Tracker::Whole(tracker) => tracker.open().map(|start| SampleRange { start, end: self.position }),
        }
    }

    /// No utterance that has not ended yet begins before this sample, neither the one under way nor a
    /// later one; what lies before it may be forgotten. Never goes back.
    pub fn earliest_start(&self) -> u64 {
        match &self.tracker {
            Tracker::Voice(tracker) => tracker.earliest_start(self.position),
            Tracker::Whole(tracker) => tracker.earliest_start(self.position),
        }
    }
}
